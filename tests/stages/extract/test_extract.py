import pyarrow as pa
import pytest

from crawlsieve.schemas.record import RECORD
from crawlsieve.stages.errors import RecipeError
from crawlsieve.stages.extract import Extract
from crawlsieve.stages.extract import step as extract_step
from tests.pages import outcome, pages

PAGE = (
    b"<html><head><title>T</title><script>var x = '<p>no</p>'</script></head><body><nav><a href=/>Home</a></nav>"
    b"<main><h1>A heading</h1><p>One paragraph of the main text, long enough to be one.</p><ul><li>an item</li></ul>"
    b"<img alt='a picture'></main><footer>Imprint</footer></body></html>"
)


def text_of(payload, step=None, **fields):
    ((text, reasons, error),) = outcome((step or Extract())(pages([payload], **fields)))
    assert (reasons, error) == ([], None)
    return text


def error_of(payload, step):
    ((text, reasons, error),) = outcome(step(pages([payload])))
    assert (text, reasons) == (None, [])
    return error


def test_the_main_text_is_found():
    text = text_of(PAGE)

    assert text.startswith("A heading")
    assert "One paragraph of the main text" in text
    assert "Home" not in text
    assert "var x" not in text


def test_alt_texts_and_bullets_are_off_unless_asked_for():
    assert "a picture" not in text_of(PAGE)
    assert "•" not in text_of(PAGE, Extract(main_content=False))
    assert "a picture" in text_of(PAGE, Extract(alt_texts=True))
    assert "• an item" in text_of(PAGE, Extract(list_bullets=True, main_content=False))
    assert "Home" in text_of(PAGE, Extract(main_content=False))


def test_the_payload_is_dropped_and_nothing_else_changes():
    before = pages([PAGE, b"<p>x"])
    after = Extract()(before)

    assert after.schema.equals(RECORD, check_metadata=True)
    assert after.column("payload").null_count == 2
    untouched = [name for name in RECORD.names if name not in ("payload", "text")]
    assert after.select(untouched).equals(before.select(untouched))


def test_it_needs_no_column_and_no_file_and_adds_none():
    assert (Extract().reads, Extract().adds, Extract().files) == ((), pa.schema([]), ())


def test_a_record_that_has_text_passes_as_it_is():
    before = pages([None], text=" <b>a text</b> ")

    assert Extract()(before).equals(before)


def test_records_with_and_without_text_keep_their_places():
    parts = [pages([b"<p>one"]), pages([None], text="two"), pages([b"<p>three"])]
    (mixed,) = pa.Table.from_batches(parts).combine_chunks().to_batches()

    assert outcome(Extract()(mixed)) == [("one", [], None), ("two", [], None), ("three", [], None)]


def test_plain_text_is_taken_as_it_is_but_for_line_ends_and_nul():
    text = text_of(b"a <b>\r\nline &amp;\rnext\0", content_type="text/plain")

    assert text == "a <b>\nline &amp;\nnext\ufffd"


@pytest.mark.parametrize("payload", [b"", b" \n ", b"<html><body></body></html>", b"<script>only</script>", None])
def test_a_page_without_text_is_rejected_and_settled(payload):
    after = Extract()(pages([payload]))

    assert after.column("reasons").to_pylist() == [["empty_text"]]
    assert after.column("settled").to_pylist() == [True]


def test_text_is_composed():
    assert text_of("<p>Caf\u0065\u0301".encode()) == "Caf\u00e9"


@pytest.mark.parametrize(
    ("limit", "name", "page"),
    [
        ("max_bytes", "extract_too_many_bytes", lambda n: b"<p>" + b"x" * (n - 3)),
        ("max_nodes", "extract_too_many_nodes", lambda n: b"x<br>" * n),
        ("max_depth", "extract_too_deep", lambda n: b"<div>" * n + b"x"),
        ("max_attributes", "extract_too_many_attributes", lambda n: b"<p " + b"a " * n + b">x"),
        ("max_options", "extract_too_many_options", lambda n: b"x<select>" + b"<option>" * n),
    ],
)
def test_a_page_at_the_limit_passes_and_one_beyond_fails(limit, name, page):
    step = Extract(**{limit: 100})

    assert text_of(page(100), step)
    assert error_of(page(101), step) == f"{name}: 101 over 100"


def test_a_failed_page_is_settled_and_loses_its_payload():
    after = Extract(max_bytes=10)(pages([b"<p>eleven chars"]))

    assert after.column("settled").to_pylist() == [True]
    assert after.column("payload").to_pylist() == [None]


def test_plain_text_has_no_tags_to_count():
    assert text_of(b"<br>" * 200, Extract(max_nodes=100), content_type="text/plain")


def test_one_bad_page_costs_one_record():
    bomb = b"<div>" * 100_000
    rows = outcome(Extract()(pages([PAGE, bomb, b"<p>next", b"\xff\xfe\x00", bomb])))

    assert [error is None for _, _, error in rows] == [True, False, True, True, False]
    assert rows[2][0] == "next"


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_tags_in_utf_16_are_counted_too(codec):
    charset = None if codec == "utf-16" else codec
    step = Extract(max_depth=100)
    wide = ["<p>é".encode(codec), ("<div>" * 200).encode(codec)]

    first, second = outcome(step(pages(wide, charset=charset)))

    assert first == ("é", [], None)
    assert second[2] == "extract_too_deep: 101 over 100"


def test_a_slice_of_a_batch_is_read_at_its_place():
    batch = pages([b"<p>a", b"<p>b", b"<p>c"]).slice(1, 1)

    assert outcome(Extract()(batch)) == [("b", [], None)]


def test_an_empty_batch_stays_empty():
    assert len(Extract()(pages([]))) == 0


def test_the_charset_of_the_header_counts():
    assert text_of("<p>Привет".encode("koi8-r"), charset="koi8-r") == "Привет"


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"favor": "precision"}, "favor"),
        ({"fast": True}, "fast"),
        ({"engine": "trafilatura", "alt_texts": True}, "alt_texts"),
        ({"engine": "trafilatura", "main_content": False}, "main_content"),
    ],
)
def test_an_option_of_the_other_engine_is_refused(options, name):
    with pytest.raises(ValueError, match=f"'{name}' is no option of {options.get('engine', 'resiliparse')}"):
        Extract(**options)


def test_trafilatura_is_missed_before_anything_is_read(monkeypatch):
    monkeypatch.setattr(extract_step, "find_spec", lambda _: None)

    with pytest.raises(RecipeError, match=r'pip install "crawlsieve\[html\]"'):
        Extract(engine="trafilatura")


@pytest.mark.parametrize(
    "options", [{}, {"favor": "precision"}, {"favor": "recall"}, {"fast": True}, {"comments": False}]
)
def test_trafilatura_finds_the_main_text(options):
    pytest.importorskip("trafilatura")
    paragraphs = b"".join(
        b"<p>Sentence number %d of the article is about something else again.</p>" % i for i in range(9)
    )
    page = b"<html><body><nav>Home</nav><article><h1>Head</h1>" + paragraphs + b"</article></body></html>"

    text = text_of(page, Extract(engine="trafilatura", **options))

    assert "number 8 of the article" in text
    assert "Home" not in text


def test_trafilatura_has_no_memory_of_earlier_pages():
    pytest.importorskip("trafilatura")
    page = b"<html><body><article>" + b"<p>The same long sentence stands here on every page of it.</p>" * 5

    texts = {text for text, _, _ in outcome(Extract(engine="trafilatura")(pages([page] * 8)))}

    assert len(texts) == 1
