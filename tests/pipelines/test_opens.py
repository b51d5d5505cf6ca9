"""The kept documents open, as they are, in the tools that people train and look with."""

import duckdb
import pandas as pd
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from tests.pipelines.runs import ran, recipe, write_shards

PAGES = [
    {"id": str(n), "url": f"http://{n}.example/", "date": "2025-06-14T10:00:00Z", "text": f"text {n} ü", "more": n}
    for n in range(50)
]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("opens")
    write_shards(folder, PAGES[:20], PAGES[20:])
    ran(recipe(folder))
    return folder / "run"


TEXTS = sorted(page["text"] for page in PAGES)


def test_pyarrow(run):
    assert sorted(ds.dataset(run / "documents").to_table(columns=["text"])["text"].to_pylist()) == TEXTS


def test_pandas(run):
    frame = pd.read_parquet(run / "documents")

    assert sorted(frame["text"]) == TEXTS
    assert str(frame["date"].dtype) == "datetime64[us, UTC]"


def test_duckdb(run):
    found = duckdb.execute(
        "SELECT text, metadata->>'more' FROM read_parquet(?)", [f"{run}/documents/*.parquet"]
    ).fetchall()

    assert sorted(found) == sorted((page["text"], str(page["more"])) for page in PAGES)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_hugging_face_datasets_by_file_and_by_the_card(run, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from datasets import load_dataset

    files = load_dataset("parquet", data_files=f"{run}/documents/*.parquet", split="train", cache_dir=tmp_path / "a")
    folder = load_dataset(str(run), split="train", cache_dir=str(tmp_path / "b"))

    assert sorted(files["text"]) == TEXTS == sorted(folder["text"])


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_datatrove(run):
    from datatrove.pipeline.readers import ParquetReader

    documents = list(ParquetReader(str(run / "documents"), id_key="id", text_key="text")())

    assert sorted(document.text for document in documents) == TEXTS
    assert {len(document.id) for document in documents} == {32}


def test_every_file_is_zstd_with_a_page_index(run):
    for file in run.glob("*/*.parquet"):
        with pq.ParquetFile(file) as parquet:
            for number in range(parquet.num_row_groups):
                column = parquet.metadata.row_group(number).column(0)
                assert column.compression == "ZSTD"
                assert column.has_column_index
