"""A mixture in tokens of a tokenizer: exact quotas, and the counts in the mixture."""

import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crawlsieve.pipelines.mixture.weighted.options import mix_of
from crawlsieve.stages.errors import CrawlsieveError, RecipeError
from tests.pipelines.mixture.slow import applied, corpus, rows, slow_mixture, write
from tests.pipelines.mixture.words import in_words, word_tokenizer
from tests.pipelines.runs import ran, recipe, write_shards

CORPUS = corpus(books=[1 + n * n % 900 for n in range(40)], code=[1 + n * n % 90 for n in range(70)])
WEIGHTS = {"books": 0.6, "code": 0.4}
TOKENS = {"weights": WEIGHTS, "tokens": 1_500, "unit": "tokens", "max_epochs": None}


@pytest.fixture
def words(tmp_path):
    return word_tokenizer(tmp_path / "words.json")


def counts(output, table="documents"):
    return [
        (row["text"], row["token_count"])
        for file in sorted((output / table).glob("*.parquet"))
        for row in pq.read_table(file, columns=["text", "token_count"]).to_pylist()
    ]


def test_quotas_are_met_in_tokens_of_the_file(tmp_path, words):
    runs = write(tmp_path / "in", CORPUS[::2], [], CORPUS[1::2])

    manifest = applied(tmp_path / "out", runs, **TOKENS, tokenizer=words)

    assert rows(tmp_path / "out") == slow_mixture(CORPUS, WEIGHTS, 1_500, 0, in_words)
    for name, told in manifest["mixture"]["domains"].items():
        assert abs(told["size"] - told["quota"]) <= max(in_words(row["text"]) for row in CORPUS) / 2, name
    assert manifest["mixture"]["size"] == sum(count for _, count in counts(tmp_path / "out"))


@pytest.mark.parametrize("there", [False, True])
def test_the_counts_are_the_token_count_of_the_mixture(tmp_path, words, monkeypatch, there):
    """Also where the documents have another one, and whatever the batches of the two readings are."""
    runs = write(tmp_path / "in", CORPUS)
    if there:
        table = pq.read_table(tmp_path / "in" / "part-0.parquet")
        pq.write_table(table.append_column("token_count", pa.array([7] * len(table))), tmp_path / "in/part-0.parquet")
    monkeypatch.setattr("crawlsieve.stages.mix.documents.MOST_ROWS", 11)

    applied(tmp_path / "out", runs, **TOKENS, tokenizer=words)

    found = counts(tmp_path / "out")
    assert len(found) > 50
    assert found == [(text, in_words(text)) for text, _ in found]


def test_the_file_of_the_tokenizer_is_in_manifest_and_key(tmp_path, words):
    runs = write(tmp_path / "in", CORPUS)
    first = applied(tmp_path / "out", runs, **TOKENS, tokenizer=words)
    moved = word_tokenizer(tmp_path / "moved.json")
    again = applied(tmp_path / "out", runs, **TOKENS, tokenizer=moved)
    other = applied(tmp_path / "out", runs, **TOKENS, tokenizer=word_tokenizer(tmp_path / "other.json", splits="o"))

    assert list(first["files_read"]) == [words]
    assert len(first["files_read"][words]) == 64
    assert first["mixture"]["tokenizer"] == first["files_read"]
    assert again["key"] == first["key"] != other["key"]
    there = [made["mixture"]["domains"]["code"]["unique_size"] for made in (first, again, other)]
    assert there[0] == there[1] < there[2]


def test_a_tokenizer_that_changes_on_the_way_is_refused(tmp_path, words, monkeypatch):
    from crawlsieve.pipelines.mixture.weighted.passes import Passes

    measure = Passes.measure

    def changing(self):
        assert self.mixture.size
        word_tokenizer(words, splits="o")
        return measure(self)

    monkeypatch.setattr(Passes, "measure", changing)

    with pytest.raises(RecipeError, match=r"words\.json' has the sha256 .*: it changed"):
        applied(tmp_path / "out", write(tmp_path / "in", CORPUS), **TOKENS, tokenizer=words)


def test_an_input_that_changes_between_counting_and_staging_is_an_error(tmp_path, words, monkeypatch):
    from crawlsieve.pipelines.mixture.weighted.passes import Passes

    stage, runs = Passes.stage, write(tmp_path / "in", CORPUS)

    def changing(self, weighed, files):
        write(tmp_path / "in", CORPUS[::-1])
        return stage(self, weighed, files)

    monkeypatch.setattr(Passes, "stage", changing)

    with pytest.raises(CrawlsieveError, match=r"part-0\.parquet changed while it was read: its documents are others"):
        applied(tmp_path / "out", runs, **TOKENS, tokenizer=words)


def test_the_step_counts_as_the_command_does(tmp_path, words):
    documents = [{"id": str(n), "url": f"http://a.example/{n}", "text": f"{n} words " * (1 + n % 5)} for n in range(60)]
    write_shards(tmp_path, documents)
    mix = {
        "weights": {"even": 0.75, "odd": 0.25},
        "domain": "CASE WHEN source_id::INT % 2 = 0 THEN 'even' ELSE 'odd' END",
        "tokens": 200,
        "unit": "tokens",
        "tokenizer": words,
    }

    manifest = ran(recipe(tmp_path, steps=["exact_duplicates", {"mix": mix}]))
    applied(tmp_path / "alone", str(tmp_path / "run"), **mix)

    assert counts(tmp_path / "run", "mixture") == counts(tmp_path / "alone")
    assert list(manifest["mixture"]["tokenizer"]) == [words]
    assert manifest["mixture"]["domains"]["even"]["size"] == pytest.approx(150, abs=5)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"unit": "bytes"}, "'tokenizer' counts tokens, and 'unit' is bytes: write tokens"),
        ({"tokenizer": "no.json"}, r"tokenizer: 'no\.json' cannot be read: No such file or directory"),
        ({"tokenizer": __file__}, r"test_apply_tokens\.py' is no tokenizer\.json of Hugging Face tokenizers"),
        ({"tokenizer": "odd://no.json"}, r"'odd://no\.json' cannot be read: Protocol not known: odd"),
    ],
)
def test_what_is_wrong_with_the_tokenizer_is_told_before_a_document_is_read(tmp_path, words, changes, said):
    runs = write(tmp_path / "in", CORPUS)

    with pytest.raises(RecipeError, match=said):
        applied(tmp_path / "out", runs, **{**TOKENS, "tokenizer": words, **changes})

    assert not (tmp_path / "out").exists()


def test_without_the_package_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    mix = mix_of({**TOKENS, "domain": "language", "tokenizer": str(tmp_path / "never-loaded.json")})

    with pytest.raises(RecipeError, match=r"pip install 'crawlsieve\[mix\]'"):
        mix.check()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["1", "2"], "column 'token_count' is string; numbers of tokens are whole"),
        ([1.5, 2.0], "column 'token_count' is double; numbers of tokens are whole"),
        ([1, -2], "column 'token_count' has a number below 0"),
    ],
)
def test_a_column_that_counts_no_tokens_is_refused(tmp_path, values, said):
    runs = write(tmp_path / "in", CORPUS[:2])
    table = pq.read_table(tmp_path / "in" / "part-0.parquet")
    pq.write_table(table.append_column("token_count", pa.array(values)), tmp_path / "in" / "part-0.parquet")

    with pytest.raises(CrawlsieveError, match=r"in/part-0\.parquet: " + said):
        applied(tmp_path / "out", runs, **{**TOKENS, "weights": {"books": 1.0}})
