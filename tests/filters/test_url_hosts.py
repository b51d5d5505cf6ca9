import pyarrow as pa
import pytest

from crawlsieve.filters.strings import text_buffers
from crawlsieve.filters.url_hosts import hosts_of


def hosts(*urls):
    found = hosts_of(pa.array(urls, pa.string()))
    spans = zip(found.start.tolist(), found.stop.tolist(), strict=True)
    return [found.data[start:stop].tobytes().decode() for start, stop in spans]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://example.com", "example.com"),
        ("https://Example.com:443/a", "Example.com"),
        ("http://example.com?a", "example.com"),
        ("http://example.com#a", "example.com"),
        ("http://a_b.example.com:/", "a_b.example.com"),
        ("http://user@example.com/", "example.com"),
        ("http://example.com.", "example.com"),
        ("http://example.com\\a", "example.com"),
        ("http://example.com /", "example.com%20"),
        ("http://example.com:80x/", "example.com"),
        ("http://example.com:99999/", "example.com"),
        ("http://user@example.com:99999/", "example.com"),
        ("http://bücher.example/", "xn--bcher-kva.example"),
        ("http://0x7f.1/", "127.0.0.1"),
        ("http://[::1]/", "::1"),
        ("http://localhost/", "localhost"),
        ("http://http://example.com/", "example.com"),
        ("1http://example.com/", "1http"),
        ("mailto:a@example.com", ""),
        ("", ""),
    ],
)
def test_each_url_has_its_host(url, host):
    assert hosts(url) == [host]


def test_plain_and_odd_urls_keep_their_places():
    assert hosts("http://[::2]/", "http://b.example/", "", "http://127.1/", "http://e.example") == [
        "::2",
        "b.example",
        "",
        "127.0.0.1",
        "e.example",
    ]


def test_a_slice_is_its_own_array():
    urls = pa.array(["http://a.example/", "http://b.example/", "http://[::1]/"]).slice(1)
    found = hosts_of(urls)

    assert found.data[found.start[0] : found.stop[0]].tobytes() == b"b.example"
    assert text_buffers(urls)[1].tolist() == [17, 34, 47]


def test_no_urls_have_no_hosts():
    assert hosts() == []
