import pytest

from crawlsieve.stages.extract.engines import finish, load_engine, plain

PAGE = "<html><body><nav>Home</nav><article><h1>Head</h1>" + "<p>A sentence of the article, long enough.</p>" * 9


def test_resiliparse_is_given_its_options():
    html = "<main><p>text <img alt=picture></p></main>"

    with_alt, _ = load_engine("resiliparse", {"alt_texts": True})
    without, _ = load_engine("resiliparse", {"alt_texts": False})

    assert ("picture" in with_alt(html), "picture" in without(html)) == (True, False)


def test_trafilatura_is_given_its_options():
    pytest.importorskip("trafilatura")
    options = {"comments": True, "tables": True, "favor": "balance", "fast": False}
    engine, raises = load_engine("trafilatura", options)

    assert "A sentence of the article" in engine(PAGE)
    assert engine("") == ""
    assert ValueError in raises


@pytest.mark.parametrize(
    ("text", "finished"),
    [
        (" \n a \n", "a"),
        ("e\u0301", "\u00e9"),
        ("a\ud800b", "a\ufffdb"),
        ("\ud83d\ude00", "\U0001f600"),
        ("\u00a0\u3000", ""),
    ],
)
def test_a_finished_text_is_composed_and_fits_into_utf_8(text, finished):
    assert finish(text) == finished
    finish(text).encode()


def test_plain_text_has_line_feeds_only():
    assert plain("a\r\nb\rc\nd\0") == "a\nb\nc\nd\ufffd"
