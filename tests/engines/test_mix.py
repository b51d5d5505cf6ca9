"""A mixture on every engine: the same rows in the same order, to the last bit."""

import pyarrow.dataset as ds
import xxhash

from tests.pipelines.mixture.slow import applied, corpus, rows, slow_mixture, write
from tests.pipelines.mixture.words import in_words, word_tokenizer

CORPUS = corpus(
    books=[1 + n * n % 900 for n in range(60)],
    code=[1 + n * n % 90 for n in range(90)],
    web=[200 + n * n % 200 for n in range(120)],
)
WEIGHTS = {"books": 0.5, "code": 0.2, "web": 0.3}
GOLDEN = "7ef1c5670437986e"
"""Of ids, domains and epochs in their order: changed by what decides a row or its place, and by nothing else."""

GOLDEN_TOKENS = "f51922b5b432e77e"
"""The same of a mixture that is weighed in tokens."""


def made_at(folder, output, engine):
    runs = write(folder, CORPUS[::3], [], CORPUS[1::3], CORPUS[2::3])
    return applied(output, runs, engine=engine, weights=WEIGHTS, tokens=20_000, seed=5)


def test_a_mixture_is_the_same_on_every_engine(engine_options, tmp_path, monkeypatch):
    monkeypatch.setattr("crawlsieve.pipelines.mixture.weighted.passes.TEXT_BYTES_PER_FILE", 8_000)
    monkeypatch.setattr("crawlsieve.pipelines.mixture.weighted.passes.TEXT_BYTES_HELD", 3_000)
    monkeypatch.setattr("crawlsieve.pipelines.mixture.weighted.passes.ROWS_PER_PARTITION", 70)

    manifest = made_at(tmp_path / "in", tmp_path / "out", engine_options)

    found = rows(tmp_path / "out")
    assert (manifest["retried"], len(manifest["files"])) == ([], 3)
    assert found == slow_mixture(CORPUS, WEIGHTS, 20_000, 5)
    assert xxhash.xxh3_64_hexdigest(repr(found).encode()) == GOLDEN


def test_tokens_are_counted_the_same_on_every_engine(engine_options, tmp_path, monkeypatch):
    monkeypatch.setattr("crawlsieve.pipelines.mixture.weighted.passes.TEXT_BYTES_PER_FILE", 8_000)
    monkeypatch.setattr("crawlsieve.stages.mix.documents.MOST_ROWS", 17)
    runs, words = write(tmp_path / "in", CORPUS[::3], [], CORPUS[1::3], CORPUS[2::3]), word_tokenizer(tmp_path / "w")
    mix = {"weights": WEIGHTS, "tokens": 4_000, "seed": 5, "unit": "tokens", "tokenizer": words}

    manifest = applied(tmp_path / "out", runs, engine=engine_options, **mix)

    found = rows(tmp_path / "out")
    counted = ds.dataset(tmp_path / "out" / "documents").to_table(columns=["text", "token_count"]).to_pylist()
    assert found == slow_mixture(CORPUS, WEIGHTS, 4_000, 5, in_words)
    assert xxhash.xxh3_64_hexdigest(repr(found).encode()) == GOLDEN_TOKENS
    assert all(row["token_count"] == in_words(row["text"]) for row in counted)
    assert sum(row["token_count"] for row in counted) == manifest["mixture"]["size"]


def test_input_and_output_may_be_objects(tmp_path, bucket):
    place = f"s3://crawl/{tmp_path.name}"
    runs = write(tmp_path, CORPUS[::3], CORPUS[1::3], CORPUS[2::3])
    for file in tmp_path.glob("*.parquet"):
        bucket.upload_file(str(file), "crawl", f"{tmp_path.name}/in/{file.name}")

    manifest = applied(f"{place}/out", f"{place}/in/*.parquet", weights=WEIGHTS, tokens=20_000, seed=5)

    local = applied(tmp_path / "out", runs, weights=WEIGHTS, tokens=20_000, seed=5)
    listed = bucket.list_objects_v2(Bucket="crawl", Prefix=f"{tmp_path.name}/out/documents/")["Contents"]
    assert [entry["Size"] for entry in listed] == [file["bytes"] for file in manifest["files"]]
    assert manifest["mixture"]["domains"] == local["mixture"]["domains"]
    content = bucket.get_object(Bucket="crawl", Key=listed[0]["Key"])["Body"].read()
    (tmp_path / "copy" / "documents").mkdir(parents=True)
    (tmp_path / "copy" / "documents" / "a.parquet").write_bytes(content)
    assert rows(tmp_path / "copy") == rows(tmp_path / "out")
