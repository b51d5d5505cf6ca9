from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlsieve.pipelines.mixture.proxy.sampling import Sample, Stream, sample
from crawlsieve.pipelines.mixture.proxy.texts import texts_of
from crawlsieve.pipelines.mixture.proxy.tokens import BYTES, prepare
from crawlsieve.pipelines.mixture.regression.tables import MixtureError
from crawlsieve.stages.errors import CrawlsieveError
from tests.pipelines.mixture.domain_folders import write_domains
from tests.pipelines.mixture.domain_runs import tokenizer_file


def said(_):
    """Nobody listens."""


@pytest.fixture(scope="module")
def tokens(tmp_path_factory):
    folder = tmp_path_factory.mktemp("domains")
    return prepare(texts_of([str(write_domains(folder / "in"))], None, 0.1, 0), None, folder / "out", said)


def test_tokens_are_bytes_and_a_document_ends_with_one_more(tmp_path):
    for part in ("train", "valid"):
        (tmp_path / "in" / "d").mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / "d" / f"{part}.jsonl").write_text('{"text": "aé"}\n{"text": ""}\n')

    found = prepare(texts_of([str(tmp_path / "in")], None, 0.1, 0), None, tmp_path / "out", said)

    assert found.of("d", "train").tolist() == [*"aé".encode(), BYTES, BYTES]
    assert found.sizes == {"d": {"train": (2, 3, 5), "valid": (2, 3, 5)}}
    assert found.bytes_a_token("d") == 3 / 5


def test_texts_are_read_once_and_again_when_they_change(tmp_path):
    write_domains(tmp_path / "in")
    told = []

    def ready():
        return prepare(texts_of([str(tmp_path / "in")], None, 0.1, 0), None, tmp_path / "out", told.append).key

    first = ready()
    assert ready() == first
    (tmp_path / "in" / "dogs" / "train-2.jsonl").write_text('{"text": "more"}\n')
    assert ready() != first
    assert told == ["reading texts"] * 2


def test_documents_of_runs_are_parted_by_their_ids(tmp_path):
    rows = [{"id": f"{n:032x}", "text": f"text {n}", "kind": "ab"[n % 2]} for n in range(400)]
    for name, some in (("one", rows), ("two", rows[::-1])):
        pq.write_table(pa.Table.from_pylist(some), tmp_path / f"{name}.parquet")

    def parts(name):
        texts = texts_of([str(tmp_path / f"{name}.parquet")], "upper(kind)", 0.1, 7)
        return {(some.domain, some.part, text) for some in texts.read() for text in some.texts}

    assert parts("one") == parts("two")
    assert {domain for domain, _, _ in parts("one")} == {"A", "B"}
    assert 20 <= sum(part == "valid" for _, part, _ in parts("one")) <= 60


def open_files():
    """Of this process."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_many_domains_need_few_open_files(tmp_path, monkeypatch):
    for name in ("one", "two"):
        rows = [{"id": f"{name}{n}", "text": f"text {n}", "url": f"u{n % 30:02}"} for n in range(300)]
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / f"{name}.parquet")
    given = texts_of([str(tmp_path / "*.parquet")], "url", 0.3, 0)
    whole = prepare(given, None, tmp_path / "at once", said)
    most = open_files() + 6  # two of the tokens, the rest of what reads

    def counted(text):
        assert open_files() <= most
        return np.frombuffer(text.encode(), np.uint8)

    monkeypatch.setattr("crawlsieve.pipelines.mixture.proxy.tokens._MOST_OPEN", 2)
    monkeypatch.setattr("crawlsieve.pipelines.mixture.proxy.tokens._bytes", counted)
    found = prepare(given, None, tmp_path / "a few", said)

    assert found.sizes == whole.sizes
    assert len(found.domains) == 30
    for domain in found.domains:
        for part in ("train", "valid"):
            assert found.of(domain, part).tobytes() == whole.of(domain, part).tobytes()


def test_too_many_domains_are_refused_with_their_number(tmp_path, monkeypatch):
    rows = [{"id": str(n), "text": "text", "url": f"u{n}"} for n in range(3)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "d.parquet")
    monkeypatch.setattr("crawlsieve.pipelines.mixture.proxy.tokens.MOST_DOMAINS", 2)

    with pytest.raises(MixtureError, match=r"more than 2 domains; 'u\d' is one"):
        prepare(texts_of([str(tmp_path / "d.parquet")], "url", 0.1, 0), None, tmp_path / "tokens", said)


def test_a_tokenizer_file_makes_the_tokens(tmp_path):
    tokenizers = pytest.importorskip("tokenizers")
    coder = tokenizers.Tokenizer(tokenizers.models.WordLevel({"a": 0, "b": 1, "?": 2}, unk_token="?"))
    coder.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    coder.save(str(tmp_path / "tokenizer.json"))
    for part in ("train", "valid"):
        (tmp_path / "in" / "d").mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / "d" / f"{part}.jsonl").write_text('{"text": "b a zzz"}\n')

    found = prepare(
        texts_of([str(tmp_path / "in")], None, 0.1, 0), str(tmp_path / "tokenizer.json"), tmp_path / "out", said
    )

    assert found.of("d", "train").tolist() == [1, 0, 2, 3]
    assert (found.vocabulary, found.bytes_a_token("d")) == (4, 7 / 4)


@pytest.mark.parametrize("changes", [{"padding": 50}, {"truncation": 3}])
def test_padding_and_truncation_of_the_tokenizer_are_not_done(tmp_path, changes):
    file = tokenizer_file(tmp_path / "t.json", **changes)
    for part in ("train", "valid"):
        (tmp_path / "in" / "d").mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / "d" / f"{part}.jsonl").write_text('{"text": "long text"}\n')

    found = prepare(texts_of([str(tmp_path / "in")], None, 0.1, 0), file, tmp_path / "out", said)

    assert found.sizes["d"]["train"] == (1, 9, 10)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "lacks all of them"),
        ({"d/train.jsonl": '{"text": "a"}'}, "lacks d/valid"),
        ({"d/train.jsonl": "no json", "d/valid.jsonl": ""}, "train.jsonl line 1 is no JSON object with a 'text'"),
        ({"d/train.jsonl": '{"text": 3}', "d/valid.jsonl": ""}, "line 1: 'text' is int, not a string"),
        ({"d/train.jsonl": '\n{"text": "\\ud800"}', "d/valid.jsonl": ""}, "line 2: 'text' has half a surrogate pair"),
        (
            {"d/train.jsonl.gz": "no gzip", "d/valid.jsonl": ""},
            r"train\.jsonl\.gz is damaged behind line 0: BadGzipFile",
        ),
        ({"d/train.parquet": "PAR", "d/valid.jsonl": ""}, "is no Parquet file"),
    ],
)
def test_what_is_wrong_with_texts_is_said(tmp_path, files, message):
    for name, text in files.items():
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "in").mkdir(exist_ok=True)

    with pytest.raises(CrawlsieveError, match=message):
        prepare(texts_of([str(tmp_path / "in")], None, 0.1, 0), None, tmp_path / "out", said)


def test_a_file_that_ends_too_early_is_named(tmp_path):
    write_domains(tmp_path / "in")
    place = tmp_path / "in" / "dogs" / "train.jsonl.gz"
    place.write_bytes(place.read_bytes()[:-20])

    with pytest.raises(MixtureError, match=r"dogs/train\.jsonl\.gz is damaged behind line [0-9]+: EOFError"):
        prepare(texts_of([str(tmp_path / "in")], None, 0.1, 0), None, tmp_path / "out", said)


def test_texts_of_parquet_are_texts(tmp_path):
    write_domains(tmp_path / "in")
    pq.write_table(pa.table({"text": [1, 2]}), tmp_path / "in" / "dogs" / "train.parquet")

    with pytest.raises(MixtureError, match=r"train\.parquet: column 'text' is int64, and should be string"):
        prepare(texts_of([str(tmp_path / "in")], None, 0.1, 0), None, tmp_path / "out", said)


def test_a_domain_without_texts_is_said_with_the_nearest(tokens):
    with pytest.raises(MixtureError, match=r"The design has dog, of which there is no text\. Did you mean 'dogs'"):
        tokens.check(("dog", "cats"), 64)
    with pytest.raises(MixtureError, match=r"cats has [0-9]+ tokens to train; a sequence takes 999999"):
        tokens.check(("cats",), 999_999)


def test_validation_windows_are_the_same_and_do_not_overlap(tokens):
    windows = tokens.windows("dogs", 8, 33)

    assert windows.shape == (8, 33)
    assert (tokens.windows("dogs", 8, 33) == windows).all()
    assert len(tokens.windows("dogs", 10**6, 33)) == len(tokens.of("dogs", "valid")) // 33


@given(st.integers(2, 300), st.integers(2, 20), st.integers(0, 5))
def test_an_epoch_has_each_window_once(size, length, seed):
    stream = Stream(np.arange(max(size, length), dtype=np.uint16), length, (seed,))

    for _ in range(2):
        starts = sorted(int(stream.next()[0]) for _ in range(stream.windows))
        assert (np.diff(starts) == length).all()
        assert starts[-1] + length <= max(size, length)
    assert stream.epochs == 2


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda some: sum(some) > 0.01), st.integers(0, 3))
def test_a_batch_has_each_domains_share(weights, seed):
    weights = np.array(weights) / sum(weights)
    streams = tuple(Stream(np.full(50, number, np.uint16), 5, (seed, number)) for number in range(3))
    mixture = Sample(streams, weights, 32, seed)

    for batch in mixture.batches(3):
        counts = np.bincount(batch[:, 0], minlength=3)
        assert batch.shape == (32, 5)
        assert (np.abs(counts - 32 * weights) < 2).all()
        assert (counts[weights == 0] == 0).all()
    assert mixture.epochs == [stream.taken / 9 for stream in streams]


def test_equal_seeds_draw_equal_batches_and_others_do_not(tokens):
    def drawn(seed):
        mixture = sample(tokens, ("dogs", "cats"), np.array([0.5, 0.5]), (4, 17), seed)
        return np.stack(list(mixture.batches(5)))

    assert (drawn(1) == drawn(1)).all()
    assert (drawn(1) != drawn(2)).any()
