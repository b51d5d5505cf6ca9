"""The folder of a run loads by `load_dataset`, and the columns are those that its card declares."""

import pyarrow.dataset as ds
import pytest

from crawlsieve.pipelines.engines.options import LocalOptions
from tests.pipelines.cards.made import made, pages
from tests.pipelines.runs import ran, recipe, write_shards

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture
def load(tmp_path, monkeypatch):
    """`load_dataset` without a network, with a cache of its own."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from datasets import load_dataset

    return lambda *given, **options: load_dataset(*given, cache_dir=str(tmp_path / "cache"), **options)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Documents in several files, a mixture of them in which some are twice, and duplicates with their texts."""
    folder = tmp_path_factory.mktemp("loads")
    steps = [
        {"exact_duplicates": {"by": ["text"]}},
        {"mix": {"domain": "CASE WHEN source_offset = 0 THEN 'first' ELSE 'rest' END",
                 "weights": {"first": 0.4, "rest": 0.6}, "tokens": 60}},
    ]  # fmt: skip
    write_shards(folder, pages(10), pages(10, begin=8))
    place = recipe(folder, steps=steps, keep_rejected="text")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("crawlsieve.pipelines.curate.TEXT_BYTES_PER_FILE", 30)
        ran(place)
    return folder / "run"


@pytest.mark.parametrize(
    ("config", "table"), [(None, "documents"), ("default", "documents"), ("mixture", "mixture"), ("duplicates",) * 2]
)
@pytest.mark.parametrize("streaming", [False, True])
def test_each_table_loads_by_name(load, run, config, table, streaming):
    loaded = load(str(run), config, split="train", streaming=streaming)

    rows = ds.dataset(run / table).to_table()
    assert rows.num_rows > 0
    assert list(loaded) == rows.to_pylist()
    assert {name: feature.dtype for name, feature in loaded.features.items()} == {
        field.name: {"double": "float64"}.get(str(field.type), str(field.type)) for field in rows.schema
    }


def test_documents_are_in_several_files(run):
    assert len(list((run / "documents").glob("*.parquet"))) > 1


def test_an_empty_run_streams_with_its_columns(load, tmp_path):
    folder, _ = made(tmp_path, [])
    loaded = load(str(folder), split="train", streaming=True)

    assert list(loaded) == []
    assert list(loaded.features) == ds.dataset(folder / "documents").schema.names


def test_files_load_without_the_card(load, run):
    loaded = load("parquet", data_files=f"{run}/documents/*.parquet", split="train")

    assert list(loaded) == ds.dataset(run / "documents").to_table().to_pylist()


@pytest.mark.parametrize("streaming", [False, True])
def test_columns_that_are_null_everywhere_keep_their_types(load, tmp_path, streaming):
    folder, _ = made(tmp_path, [{"id": "1", "text": "a"}])
    loaded = load(str(folder), split="train", streaming=streaming)

    assert [row["url"] for row in loaded] == [None]
    assert str(loaded.features["language_score"].dtype) == "float64"


def test_a_wrong_count_in_the_card_would_be_noticed(load, tmp_path):
    from datasets.exceptions import DatasetGenerationError
    from datasets.utils.info_utils import NonMatchingSplitsSizesError

    folder, _ = made(tmp_path, pages(3))
    card = (folder / "README.md").read_text()
    (folder / "README.md").write_text(card.replace("num_examples: 3", "num_examples: 4"))

    with pytest.raises((NonMatchingSplitsSizesError, DatasetGenerationError)):
        load(str(folder), split="train")


def test_the_card_is_the_same_whoever_runs(tmp_path):
    cards = []
    for workers in (1, 2):
        output = tmp_path / str(workers)
        write_shards(tmp_path, pages(5), pages(5, begin=3))
        ran(recipe(tmp_path, output=str(output)), engine=LocalOptions(workers=workers))
        cards.append([(output / name).read_bytes() for name in ("README.md", "croissant.json")])

    assert cards[0] == cards[1]
