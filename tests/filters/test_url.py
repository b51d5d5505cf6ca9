import socket

import pytest
from fastwarc.warc import ArchiveIterator

from crawlsieve.filters.url import canonical_host, canonical_site, canonical_url

SESSION = "0123456789abcdef0123456789ABCDEF"


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("http://example.com", "com,example)/"),
        ("http://www.Example.com:80/B/?y=2&x=1#top", "com,example)/b?x=1&y=2"),
        ("https://user:pw@example.co.uk:8443/a", "uk,co,example:8443)/a"),
        ("http://1.2.3.4/a", "4,3,2,1)/a"),
        ("http://[2001:DB8::0:1]:8080/a", "2001:db8::1:8080)/a"),
        ("ftp://example.com/a", "com,example)/a"),
        ("example.com/a", "com,example)/a"),
        ("http://example.com/%7Ejoe/%E4%BD%A0", "com,example)/~joe/%e4%bd%a0"),
        ("http://bücher.example/ü?ö=ä", "example,xn--bcher-kva)/%c3%bc?%c3%b6=%c3%a4"),
        ("http://example.com/a b", "com,example)/a%20b"),
        ("http://example.com/%", "com,example)/%25"),
    ],
)
def test_the_canonical_form_is_the_surt(url, canonical):
    assert canonical_url(url) == canonical


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://example.com/a", "https://example.com/a"),
        ("http://example.com/a", "http://me:secret@example.com/a"),
        ("http://example.com/a", "http://example.com:80/a"),
        ("https://example.com/a", "https://example.com:443/a"),
        ("http://example.com/a", "http://example.com:/a"),
        ("http://example.com:8080/a", "http://example.com:08080/a"),
        ("http://example.com/a", "http://www.example.com/a"),
        ("http://example.com/a", "http://www2.example.com/a"),
        ("http://example.com/a", "HTTP://EXAMPLE.COM/A"),
        ("http://example.com/a?q=b", "http://example.com/a?Q=B"),
        ("http://example.com/ä", "http://example.com/%C3%A4"),
        ("http://example.com/a", "http://example.com/%61"),
        ("http://example.com/a", "http://example.com/%2561"),
        ("http://example.com/a", "http://example.com/%25%36%31"),
        ("http://example.com/a", "http://%65xample.com/a"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://bücher.example/", "http://BÜCHER.example/"),
        ("http://127.0.0.1/", "http://2130706433/"),
        ("http://127.0.0.1/", "http://0x7f.1/"),
        ("http://127.0.0.1/", "http://0177.0.0.1/"),
        ("http://0.0.0.1/", "http://0000000000000001/"),
        ("http://example.com/a", "http://example.com./a"),
        ("http://example.com/a", "http://.example..com/a"),
        ("http://example.com/a/b", "http://example.com//a///b"),
        ("http://example.com/a/b", "http://example.com/a/./c/../b"),
        ("http://example.com/a", "http://example.com/a/"),
        ("http://example.com", "http://example.com/"),
        ("http://example.com/?a=1&b=2", "http://example.com/?b=2&a=1"),
        ("http://example.com/a", "http://example.com/a?"),
        ("http://example.com/a", "http://example.com/a#b"),
        ("http://example.com/a", "http://example.com/a#b?c=%20"),
        ("http://example.com/a", "  http://example.com/a\n"),
        ("http://example.com/a", "http://exam\tple.com/\na"),
        ("http://example.com/a", "http:example.com/a"),
        ("http://example.com/a", "http:///example.com/a"),
        ("http://example.com/a", "http://http://example.com/a"),
        ("http://example.com/a", "//example.com/a"),
        ("http://example.com/a/b", "http://example.com\\a\\b"),
        ("http://example.com/a", "https:\\\\example.com\\a"),
        ("http://example.com/a?b\\c", "http://example.com\\a?b\\c#\\d"),
        ("ftp://example.com/a", "ftp://example.com\\a"),
        ("http://example.com:8080/a", "example.com:8080/a"),
        ("http://example.com/a", f"http://example.com/a?PHPSESSID={SESSION}"),
        ("http://example.com/a?b=1&c=2", f"http://example.com/a?b=1&jsessionid={SESSION}&c=2"),
        ("http://example.com/a?b=1", f"http://example.com/a?b=1&sid={SESSION}"),
        ("http://example.com/a?b=1", f"http://example.com/a?aspsessionidabcdefgh={'x' * 24}&b=1"),
        ("http://example.com/a?b=1", "http://example.com/a?cfid=1&b=1&cftoken=2"),
        ("http://example.com/a/b.aspx", f"http://example.com/a/({'x' * 24})/b.aspx"),
        ("http://example.com/a/b.aspx", f"http://example.com/a/(S({'x' * 24}))/b.aspx"),
    ],
)
def test_these_are_one_page(one, other):
    assert canonical_url(one) == canonical_url(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://example.com/a", "http://example.org/a"),
        ("http://example.com/a", "http://news.example.com/a"),
        ("http://example.com/a", "http://wwww.example.com/a"),
        ("http://com/", "http://www.com/"),
        ("http://example.com\\a/x", "http://example.com\\b/x"),
        ("http://example.com/a?b/c", "http://example.com/a?b\\c"),
        ("gopher://example.com\\a/x", "gopher://example.com\\b/x"),
        ("http://example.com/a", "http://example.com:443/a"),
        ("https://example.com/a", "https://example.com:80/a"),
        ("http://example.com/a", "http://example.com/b"),
        ("http://example.com/a", "http://example.com/a/b"),
        ("http://example.com/a", "http://example.com/a.html"),
        ("http://example.com/a?b", "http://example.com/a?b="),
        ("http://example.com/?a=1", "http://example.com/?a=2"),
        ("http://example.com/?a=1", "http://example.com/?a=1&a=1"),
        ("http://example.com/a", f"http://example.com/a?sid={SESSION[:-1]}"),
        ("http://example.com/a", f"http://example.com/a?mysid={SESSION}"),
        ("http://example.com/a", "http://example.com/a?cfid=1"),
        ("http://999.1.1.1/", "http://1.1.1.1/"),
        ("http://09.1.1.1/", "http://9.1.1.1/"),
        ("http://00000000000000001/", "http://1/"),
        ("http://1.2.3.4.5/", "http://1.2.3.4/"),
    ],
)
def test_these_are_two_pages(one, other):
    assert canonical_url(one) != canonical_url(other)


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "http://",
        "http:///",
        "://",
        "http://:80/",
        "http://example.com:99999/",
        "http://example.com:http/",
        "http://example.com:１/",
        "http://[::1/",
        "http://[nonsense]/",
        "http://exa[mple.com/",
        "mailto:Joe@example.com",
        "urn:uuid:X",
        "javascript:alert(1)",
        "http://\ud800.example/\udfff",
        "http://" + "a" * 300 + ".example/",
        "http://٣.example/",
        "\0",
    ],
)
def test_no_url_raises(url):
    canonical = canonical_url(url)

    assert canonical_url(f" {url}\n") == canonical
    assert canonical_host(url) is None or canonical_host(url)


@pytest.mark.parametrize("port", ["99999", "65536", "00000000099999", "http", "１", "8" * 5000])
def test_a_port_that_is_not_legal_leaves_the_host_and_no_canonical_form(port):
    url = f"http://www.Example.com:{port}/A"

    assert canonical_url(url) == url.lower()
    assert (canonical_host(url), canonical_site(url)) == ("www.example.com", "example.com")
    assert canonical_host(f"http://[::1]:{port}/") == "::1"


@pytest.mark.parametrize(("port", "canonical"), [("65535", ":65535"), ("0" * 5000 + "1", ":1"), ("000", ":0")])
def test_a_port_is_legal_up_to_65535_whatever_zeros_stand_before_it(port, canonical):
    assert canonical_url(f"http://example.com:{port}/") == f"com,example{canonical})/"


def test_what_has_no_host_is_stripped_and_in_lower_case():
    assert canonical_url(" MailTo:Joe@Example.com ") == "mailto:joe@example.com"
    assert canonical_host("mailto:joe@example.com") is None


def test_a_url_that_is_encoded_many_times_takes_no_longer():
    assert canonical_url("http://example.com/%" + "25" * 200_000 + "41") == "com,example)/a"


@pytest.mark.parametrize(("more", "path"), [(15, "a"), (16, "%252541"), (100_000, "%252" + "%253" * 99_984 + "541")])
def test_a_url_is_decoded_sixteen_times_at_most(more, path):
    """Each time, the last %35 becomes the 5 of the one before it."""
    assert canonical_url("http://example.com/%2" + "%3" * more + "541") == f"com,example)/{path}"


@pytest.mark.parametrize(
    "shape", ["/(" + "x" * 24 + ")", "/a.aspx", "/..", "%2%35", "/%", "?&", "&a=", "http://", "www.", "@"]
)
def test_a_long_url_takes_no_longer_than_its_length(shape):
    repeated = shape * (500_000 // len(shape))

    assert canonical_url("http://example.com" + repeated)
    assert canonical_url(repeated + "http://example.com")


@pytest.mark.parametrize(
    ("url", "host", "site"),
    [
        ("https://WWW.Example.com.:443/a", "www.example.com", "example.com"),
        ("http://www.com/", "www.com", "www.com"),
        ("http://u@[2001:0DB8::1]/", "2001:db8::1", "2001:db8::1"),
        ("http://0x7f000001/", "127.0.0.1", "127.0.0.1"),
        ("http://localhost/", "localhost", "localhost"),
        ("bücher.example", "xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_a_host_has_one_spelling(url, host, site):
    assert canonical_host(url) == host
    assert canonical_site(url) == site


@pytest.mark.shared
def test_real_urls_have_the_form_that_the_internet_archives_package_gives_them(shared, monkeypatch):
    """The package asks the DNS for hosts made of digits; here it gets no answer."""
    package = pytest.importorskip("surt")
    monkeypatch.setattr("socket.gethostbyname_ex", refuse)
    urls = set()
    for path in ("whirlwind.warc.gz", "cc-main-2020-34-warcfile.warc.gz", "ia-blackbook-2008.warc.gz"):
        records = ArchiveIterator(str(shared / "data" / "warc" / path), parse_http=False)
        urls |= {record.headers.get("WARC-Target-URI") for record in records}
    urls -= {None, ""}

    assert len(urls) > 300
    assert [url for url in sorted(urls) if canonical_url(url) != package.surt(url)] == []


def refuse(_host):
    raise socket.gaierror
