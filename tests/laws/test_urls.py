"""Laws of URLs: the canonical form is one, the fast paths agree with the slow ones, no input raises."""

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from crawlsieve.filters.url import canonical_host, canonical_url
from crawlsieve.filters.url_hosts import hosts_of

PIECES_OF_URLS = r"""
    http:// https:// ftp: // www. a B example .com . .. : 80 443 / ? # & = % %41 %25 %2F @ [ ] ::1 0x7f 1 ü ☃ \ - _ ~ (
    sid= cfid= cftoken= .aspx localhost İ 。
"""
PIECES = st.sampled_from([*PIECES_OF_URLS.split(), " ", "\t", "\x00", "x" * 32])
URLS = st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=30)
WEB_URLS = st.builds(
    lambda scheme, host, path, query: f"{scheme}://{host}{path}{query}",
    st.sampled_from(["http", "https", "HTTP"]),
    st.lists(st.text("abW1-_", min_size=1, max_size=4), min_size=1, max_size=4).map(".".join),
    st.lists(st.text("aB.~%2", max_size=4), max_size=4).map(lambda parts: "".join(f"/{part}" for part in parts)),
    st.text("aB=&?1", max_size=8).map(lambda query: f"?{query}" if query else ""),
)


@given(URLS | WEB_URLS)
@example("http://a.com/%2525252541")
@example("http://0.0x.0/")
def test_the_canonical_form_is_reached_and_never_raises(url):
    canonical = canonical_url(url)

    assert isinstance(canonical, str)
    assert canonical_url(url) == canonical
    assert canonical == canonical.lower()


@given(WEB_URLS)
def test_plain_urls_have_the_same_form_on_the_long_way(url):
    """An escaped letter forbids the short way and changes nothing else."""
    scheme, rest = url.split("://", 1)
    host, slash, path = rest.partition("/")

    if slash:
        assert canonical_url(f"{scheme}://{host}/.{slash}{path}") == canonical_url(url)
    assert canonical_url(f"\t{url}") == canonical_url(url)


@given(WEB_URLS)
def test_a_fragment_never_matters(url):
    assert canonical_url(f"{url}#A/../%20?b") == canonical_url(url)


@given(st.lists(URLS | WEB_URLS, max_size=6))
@example(["http://a.b/", "http://1.2/", "x://y.z:1"])
def test_the_scan_of_hosts_agrees_with_the_host_of_each(urls):
    urls = [url.encode("utf-8", "replace").decode() for url in urls]
    found = hosts_of(pa.array(urls, pa.string()))

    for url, start, stop in zip(urls, found.start.tolist(), found.stop.tolist(), strict=True):
        assert found.data[start:stop].tobytes().decode().lower() == (canonical_host(url) or "")
