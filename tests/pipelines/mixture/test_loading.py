"""A mixture loads in the tools that train: the real libraries where they can be installed beside crawlsieve's."""

import base64
import json
import struct
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from crawlsieve.pipelines.mixture.cli import app
from crawlsieve.pipelines.mixture.hand_over.mds import COLUMNS, write_shards
from crawlsieve.stages.errors import CrawlsieveError
from tests.pipelines.mixture.domain_runs import documents, run_of
from tests.pipelines.mixture.slow import applied, corpus, rows, write

WEIGHTS = {"books": 0.5, "code": 0.2, "web": 0.3}
GOLDEN = Path(__file__).parent / "mds_golden.json"
"""What `streaming.MDSWriter` 0.13.0 wrote of the rows in it."""


@pytest.fixture(scope="module")
def mixture(tmp_path_factory):
    """A mixture that `mix apply` made, in which books are seen more than once."""
    folder = tmp_path_factory.mktemp("loading")
    made = corpus(books=[40] * 5, code=[50] * 20, web=[60] * 20)
    applied(folder / "mix", write(folder, made), weights=WEIGHTS, tokens=1000)
    return folder / "mix"


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("streaming", [False, True])
def test_hugging_face_datasets(mixture, tmp_path, monkeypatch, streaming):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from datasets import load_dataset

    files = f"{mixture}/documents/*.parquet"
    loaded = load_dataset("parquet", data_files=files, split="train", cache_dir=str(tmp_path), streaming=streaming)

    assert [(row["id"], row["domain"], row["epoch"]) for row in loaded] == rows(mixture)
    assert max(row["epoch"] for row in loaded) >= 1


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("workers", [0, 2])
def test_pytorch_data_loader(mixture, tmp_path, monkeypatch, workers):
    torch = pytest.importorskip("torch", reason="PyTorch is in no extra that tests need")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from datasets import load_dataset

    files = f"{mixture}/documents/*.parquet"
    loaded = load_dataset("parquet", data_files=files, split="train", cache_dir=str(tmp_path))
    loader = torch.utils.data.DataLoader(loaded.select_columns(["id", "text"]), batch_size=4, num_workers=workers)

    assert [one for batch in loader for one in batch["id"]] == [row[0] for row in rows(mixture)]


def read_mds(folder):
    """Every row, by a plain reading of the format."""
    index = json.loads((folder / "index.json").read_text())
    assert index["version"] == 2
    for shard in index["shards"]:
        raw = (folder / shard["raw_data"]["basename"]).read_bytes()
        assert len(raw) == shard["raw_data"]["bytes"]
        (count,) = struct.unpack_from("<I", raw)
        offsets = struct.unpack_from(f"<{count + 1}I", raw, 4)
        assert count == shard["samples"]
        assert offsets[-1] == len(raw)
        sized = shard["column_sizes"].count(None)
        for begin, end in pairwise(offsets):
            sizes = iter(struct.unpack_from(f"<{sized}I", raw, begin))
            at, row = begin + 4 * sized, {}
            for name, fixed in zip(shard["column_names"], shard["column_sizes"], strict=True):
                size = fixed or next(sizes)
                value = raw[at : at + size]
                row[name] = struct.unpack("<q", value)[0] if fixed else value.decode()
                at += size
            assert at == end
            yield row


def test_shards_hold_every_document_in_order(mixture, tmp_path):
    count = write_shards([str(mixture)], tmp_path / "mds", shard_bytes=2048)

    found = list(read_mds(tmp_path / "mds"))
    assert [(row["id"], row["domain"], row["epoch"]) for row in found] == rows(mixture)
    assert count == len(found)
    assert len(list((tmp_path / "mds").glob("*.mds"))) > 1
    assert max(path.stat().st_size for path in (tmp_path / "mds").glob("*.mds")) <= 2048


def test_shards_are_those_of_mosaicml_to_the_byte(tmp_path):
    golden = json.loads(GOLDEN.read_text())
    schema = pa.schema([("id", pa.string()), ("text", pa.string()), ("domain", pa.string()), ("epoch", pa.int32())])
    pq.write_table(pa.Table.from_pylist(golden["rows"], schema=schema), tmp_path / "d.parquet", row_group_size=3)

    write_shards([str(tmp_path / "d.parquet")], tmp_path / "mds", shard_bytes=golden["size_limit"])

    written = {path.name: path.read_bytes() for path in (tmp_path / "mds").glob("*.mds")}
    assert written == {name: base64.b64decode(text) for name, text in golden["shards"].items()}
    assert json.loads((tmp_path / "mds" / "index.json").read_text()) == golden["index"]


def test_missing_values_and_columns_of_a_run(tmp_path):
    run = run_of(tmp_path / "run", documents())

    write_shards([run], tmp_path / "mds", ["language", "text", "token_count"])
    write_shards([run], tmp_path / "few")

    assert [row["language"] for row in read_mds(tmp_path / "mds")] == ["web"] * 3 + ["code"] * 2 + [""] * 2
    assert [row["token_count"] for row in read_mds(tmp_path / "mds")] == [2, 3, 1, 3, 2, 2, 1]
    assert set(next(read_mds(tmp_path / "few"))) == {"id", "text"} <= {*COLUMNS}


def test_a_document_larger_than_a_shard_has_one_of_its_own(tmp_path):
    run = run_of(tmp_path / "run", documents({"web": ["a", "b" * 5000, "c"]}))

    write_shards([run], tmp_path / "mds", ["text"], shard_bytes=1024)

    assert [len(row["text"]) for row in read_mds(tmp_path / "mds")] == [1, 5000, 1]
    assert [shard["samples"] for shard in json.loads((tmp_path / "mds" / "index.json").read_text())["shards"]] == [
        1
    ] * 3


@pytest.mark.parametrize("broken", [{"epoch": 2**63}, {"text": None}])
def test_an_error_leaves_no_shard_behind(tmp_path, broken):
    rows = [{"id": str(number), "text": "a" * 500, "epoch": 0} for number in range(20)]
    schema = pa.schema([("id", pa.string()), ("text", pa.string()), ("epoch", pa.uint64())])
    for name, some in (("a", rows), ("b", [rows[0] | broken])):
        pq.write_table(pa.Table.from_pylist(some, schema=schema), tmp_path / f"{name}.parquet")
    folder = tmp_path / "mds"

    with pytest.raises(CrawlsieveError, match=r"b\.parquet.*(64 bits|has no text)"):
        write_shards([str(tmp_path / "*.parquet")], folder, shard_bytes=1024)
    assert list(folder.iterdir()) == []

    write_shards([str(tmp_path / "a.parquet")], folder, shard_bytes=1024)
    assert len(list(read_mds(folder))) == 20


def test_a_shard_is_as_large_as_asked_and_no_larger(tmp_path):
    run = run_of(tmp_path / "run", documents({"web": ["a" * 700, "b" * 800]}))
    write_shards([run], tmp_path / "one", ["text"], shard_bytes=9999)  # a limit of as many digits, which it holds too
    (whole,) = (tmp_path / "one").glob("*.mds")

    write_shards([run], tmp_path / "fits", ["text"], shard_bytes=whole.stat().st_size)
    write_shards([run], tmp_path / "not", ["text"], shard_bytes=whole.stat().st_size - 1)

    assert [len(list((tmp_path / name).glob("*.mds"))) for name in ("fits", "not")] == [1, 2]


@pytest.mark.parametrize(
    ("columns", "said"), [(["texd"], "Did you mean 'text'"), (["language_score"], "double; shards hold")]
)
def test_columns_that_shards_cannot_hold_are_refused(tmp_path, columns, said):
    with pytest.raises(CrawlsieveError, match=said):
        write_shards([run_of(tmp_path / "run", documents())], tmp_path / "mds", columns)


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path):
    (tmp_path / "mds").mkdir()
    (tmp_path / "mds" / "x").touch()

    with pytest.raises(CrawlsieveError, match="not empty"):
        write_shards([run_of(tmp_path / "run", documents())], tmp_path / "mds")


@pytest.mark.parametrize("size", [1023, 1 << 32])
def test_offsets_have_32_bits(tmp_path, size):
    with pytest.raises(CrawlsieveError, match="bytes"):
        write_shards([run_of(tmp_path / "run", documents())], tmp_path / "mds", shard_bytes=size)


def test_the_command_writes_shards(mixture, tmp_path):
    done = CliRunner().invoke(app, ["shards", str(mixture), "--output", str(tmp_path / "mds"), "--columns", "id, text"])

    assert done.exit_code == 0, done.output
    assert f"{len(rows(mixture))} documents" in done.stdout
    assert [set(row) for row in read_mds(tmp_path / "mds")] == [{"id", "text"}] * len(rows(mixture))
