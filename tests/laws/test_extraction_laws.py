"""Extraction of anything: no page raises, none changes its neighbours, and every text fits into a Parquet file."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawlsieve.filters.markup import markup_counts
from crawlsieve.stages.extract import Extract
from crawlsieve.stages.extract.decode import decode_page
from tests.pages import outcome, pages

NAMES = (
    "div p a b i font span table tr td ul li select option h1 svg math script style textarea br img dl dd form title"
)
TAGS = st.builds(
    "<{}{}{}>".format,
    st.sampled_from(["", "/"]),
    st.sampled_from(NAMES.split()),
    st.sampled_from(["", " a", " a=1", " a='<p>'", "/", ' a="', " a>b"]),
)
ODD = st.sampled_from(
    [
        "&#xD800;",
        "&#0;",
        "&#x110000;",
        "&amp;",
        "\0",
        "\r\n",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?x",
        "<",
        ">",
        "é",
        "漢",
    ]
)
SOUP = st.lists(TAGS | ODD | st.text(max_size=8), max_size=40).map(
    lambda parts: "".join(parts).encode("utf-8", "replace")
)
CHARSETS = st.none() | st.sampled_from(["utf-8", "utf-16", "shift_jis", "gb18030", "windows-1251", "iso-2022-jp", "x"])
PAGES = SOUP | st.binary(max_size=200) | st.builds(lambda a, b: b"<p>" + a + b, SOUP, st.binary(max_size=20))

relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@relaxed
@given(st.lists(PAGES, max_size=4), CHARSETS)
def test_every_page_ends_as_text_a_reason_or_an_error(payloads, charset):
    after = Extract()(pages(payloads, charset=charset))

    after.validate(full=True)
    assert len(after) == len(payloads)
    for text, reasons, error in outcome(after):
        assert (error is None) == (text is not None)
        assert (reasons == ["empty_text"]) == (text == "")


@relaxed
@given(st.lists(PAGES, min_size=2, max_size=5), st.data())
def test_batch_boundaries_do_not_matter(payloads, data):
    cut = data.draw(st.integers(1, len(payloads) - 1))

    parts = outcome(Extract()(pages(payloads[:cut]))) + outcome(Extract()(pages(payloads[cut:])))

    assert parts == outcome(Extract()(pages(payloads)))


@given(st.binary(max_size=300), st.none() | st.text(max_size=12) | CHARSETS, st.booleans())
def test_all_bytes_decode(data, charset, is_html):
    decode_page(data, charset, is_html=is_html).encode()


@given(SOUP | st.binary(max_size=300))
def test_counts_stay_within_what_the_bytes_allow(page):
    spans = np.array([[0, len(page)]])
    (elements, depth, attributes, options), *_ = markup_counts(np.frombuffer(page, np.uint8), spans, 10_000, 1_000)

    tags = page.count(b"<")
    assert 0 <= depth <= max(elements, 0)
    assert elements <= tags * (tags + 1)
    assert 0 <= attributes <= len(page)
    assert 0 <= options <= tags


@given(st.lists(SOUP, min_size=2, max_size=4))
def test_a_page_is_counted_as_if_it_were_alone(payloads):
    bounds = np.cumsum([0, *map(len, payloads)])
    spans = np.column_stack([bounds[:-1], bounds[1:]])

    together = markup_counts(np.frombuffer(b"".join(payloads), np.uint8), spans, 10_000, 1_000)

    alone = [
        markup_counts(np.frombuffer(page, np.uint8), np.array([[0, len(page)]]), 10_000, 1_000) for page in payloads
    ]
    assert together.tolist() == np.concatenate(alone).tolist()
