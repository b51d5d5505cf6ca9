import pyarrow as pa
import pytest

from crawlsieve.dedup.exact import LAST
from crawlsieve.schemas.record import RECORD
from crawlsieve.stages.errors import RecipeError
from crawlsieve.stages.keys import DuplicateKeys, ExactDuplicates, text_keys, url_keys
from crawlsieve.stages.near.keys import NearDuplicates
from crawlsieve.stages.total_order import TotalOrder

SIGNALS = pa.schema([pa.field("word_count", pa.int64()), pa.field("quality", pa.float64())])


def batch(*rows):
    """Rows of (url, text, word_count, quality)."""
    given = [
        {
            "shard": 3,
            "row": number,
            "id": number.to_bytes(16, "big"),
            "source_path": "x",
            "source_offset": 0,
            "url": url,
            "text": text,
            "reasons": [],
            "settled": False,
            "word_count": words,
            "quality": quality,
        }
        for number, (url, text, words, quality) in enumerate(rows)
    ]
    return pa.RecordBatch.from_pylist(given, schema=pa.schema([*RECORD, *SIGNALS]))


def test_a_document_becomes_its_address_its_order_and_its_keys():
    made = DuplicateKeys(TotalOrder(("word_count", "-quality")), ExactDuplicates(by=("url", "text")))
    rows = made.rows(batch(("http://a.example/", "Some text", 7, 0.25), (None, None, None, None)))
    keys = rows["keys"]

    assert rows.keys() == {"keys"}
    assert keys.schema.equals(made.schemas()["keys"], check_metadata=True)
    assert keys.schema.names == ["row", "id", "order_0", "order_1", "url_key", "text_key"]
    assert keys.select(["row", "id"]).to_pylist()[1] == {"row": 1, "id": (1).to_bytes(16, "big")}
    assert keys.column("order_0").to_pylist() == [~7, LAST]
    assert keys.column("order_1").to_pylist() == [250_000, LAST]
    assert keys.column("url_key")[1].as_py() is keys.column("text_key")[1].as_py() is None


@pytest.mark.parametrize(
    ("by", "names"),
    [((), []), (("text",), ["text_key"]), (("text", "url"), ["text_key", "url_key"])],
)
def test_only_the_keys_that_are_asked_for_are_made_in_their_order(by, names):
    assert ExactDuplicates(by=by).schema().names == names


def test_equal_pages_have_equal_keys_and_others_do_not():
    urls = url_keys(pa.array(["http://A.example/x/", "https://www.a.example/X#y", "http://a.example/y", None, ""]))
    texts = text_keys(pa.array(["One  text", "one\nTEXT ", "one text.", None, "", " "], pa.large_string()))

    assert urls[0] == urls[1] != urls[2]
    assert urls.null_count == 2
    assert texts[0] == texts[1] != texts[2]
    assert texts.to_pylist()[3] is None
    assert texts[4] == texts[5]


def test_keys_are_the_same_on_every_machine():
    """XXH3-128 of `example,a)/x` and of `one text`, as its reference implementation says."""
    assert url_keys(pa.array(["http://A.example/x/"]))[0].as_py().hex() == "7a3739f5349067174dc0d01fc3f77a59"
    assert text_keys(pa.array(["One\ntext"], pa.large_string()))[0].as_py().hex() == "8fae8c29d5ec01638362d4b8a4d06a45"


def test_a_batch_of_no_rows_and_a_slice_are_batches():
    made = DuplicateKeys(TotalOrder(("word_count",)), ExactDuplicates(), NearDuplicates(verify=0.8))
    rows = batch(("http://a.example/", "A", 1, 1.0), (None, "B", 2, 1.0), ("http://c.example/", None, 3, 1.0))

    for name, keys in made.rows(rows).items():
        assert len(made.rows(rows.slice(0, 0))[name]) == 0
        assert made.rows(rows.slice(1))[name].equals(keys.slice(1))


def test_the_step_reads_the_signals_of_its_order_and_no_column_of_the_reader():
    assert ExactDuplicates(priority=("word_count", "-date", "quality")).reads == ("word_count", "quality")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"by": ("url", "url")}, "'by' names url more than once"),
        ({"priority": ("word_count", "-word_count")}, "'priority' names word_count more than once"),
        ({"priority": ("-",)}, "empty name"),
    ],
)
def test_wrong_options_are_named(options, problem):
    with pytest.raises(ValueError, match=problem):
        ExactDuplicates(**options)


@pytest.mark.parametrize(
    ("column", "problem"),
    [
        ("word_cuont", "'word_cuont' is no column that a step measures. Did you mean 'word_count'?"),
        ("url", "'url' is string, which has no order"),
        ("row", "'row' says where a record lay"),
        ("-source_offset", "'source_offset' says where a record lay"),
    ],
)
def test_an_order_needs_a_column_with_an_order(column, problem):
    with pytest.raises(RecipeError) as caught:
        TotalOrder((column,)).check("exact_duplicates", SIGNALS)

    assert problem in str(caught.value)
    assert "Columns: date, word_count, quality" in str(caught.value)


def test_a_measured_column_and_the_date_are_orders():
    TotalOrder(("word_count", "-quality", "date")).check("exact_duplicates", SIGNALS)
