"""croissant.json is Croissant 1.0: the library of its makers accepts it, and reads from it what the tables hold."""

import datetime as dt
import logging

import pyarrow.dataset as ds
import pytest

from crawlsieve.pipelines.cards.croissant import CONTEXT
from tests.pipelines.cards.made import CARD, croissant, made, pages

pytestmark = pytest.mark.filterwarnings("ignore")  # of rdflib, about its own names


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Two shards with duplicates, of which texts are kept, and a signal."""
    shards = [*pages(20), pages(1)[0] | {"id": "without a date", "date": None, "url": None}], pages(15, begin=5)[:10]
    steps = [{"language": {}}, {"measure": {"signals": ["gopher"]}}, {"exact_duplicates": {"by": ["url", "text"]}}]
    return made(tmp_path_factory.mktemp("croissant"), *shards, card=CARD, steps=steps, keep_rejected="text")


@pytest.fixture
def read(caplog, monkeypatch):
    """A run as `mlcroissant` reads it, and what it complains about."""

    def dataset(run):
        import absl.logging
        import mlcroissant

        monkeypatch.setattr(absl.logging.get_absl_logger(), "propagate", True)
        with caplog.at_level(logging.WARNING):
            found = mlcroissant.Dataset(jsonld=str(run / "croissant.json"))
        issues = found.metadata.ctx.issues
        return found, sorted(issues.errors | issues.warnings) + [record.message for record in caplog.records]

    return dataset


def plain(value):
    """What `mlcroissant` gives, as Arrow has it."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dt.datetime):
        return value.to_pydatetime()
    return value.item() if hasattr(value, "item") else value


def test_there_is_nothing_to_complain_about(run, read):
    found, complaints = read(run[0])

    assert complaints == []
    assert found.metadata.name == "Pages of nobody"
    assert found.metadata.license == ["cc-by-4.0"]
    assert found.metadata.version == "1.2.0"
    assert [creator.name for creator in found.metadata.creators] == ["Ada"]
    assert found.metadata.cite_as == CARD["citation"]
    assert found.metadata.url == CARD["homepage"]
    assert found.metadata.date_published == dt.datetime(2025, 7, 1)  # noqa: DTZ001 - as the library has it
    assert found.metadata.conforms_to[0] == "http://mlcommons.org/croissant/1.0"


@pytest.mark.parametrize("table", ["documents", "duplicates", "rejected", "failed", "signals"])
def test_records_are_the_rows_of_the_table(run, read, table):
    folder, manifest = run
    found, _ = read(folder)

    records = [{key: plain(value) for key, value in record.items()} for record in found.records(table)]
    rows = ds.dataset(folder / table).to_table().to_pylist()
    assert len(rows) == manifest["rows"][table]
    assert records == [{f"{table}/{key}": value for key, value in row.items()} for row in rows]


def test_what_only_the_recipe_can_say_is_all_that_is_missing_without_a_card(tmp_path, read):
    folder, _ = made(tmp_path, pages(2))
    _, complaints = read(folder)

    missing = {complaint.split('"')[1].rpartition("/")[2] for complaint in complaints if complaint.startswith("[")}
    assert missing == {"license", "version", "datePublished", "citeAs"}


def test_an_empty_run_is_a_dataset_without_records(tmp_path, read):
    folder, _ = made(tmp_path, [], card=CARD)
    found, complaints = read(folder)

    assert complaints == []
    assert list(found.records("documents")) == []
    assert not croissant(folder).keys() & {
        "inLanguage", "rai:dataCollectionTimeframe", "rai:dataCollectionTimeFrame"
    }  # fmt: skip


def test_the_context_is_the_standard_one():
    from mlcroissant._src.core.context import Context, CroissantVersion
    from mlcroissant._src.core.rdf import make_context

    assert make_context(Context(conforms_to=CroissantVersion.V_1_0)) == CONTEXT


def test_the_days_of_capture_are_read_whoever_spells_them(run, read):
    said, (found, _) = croissant(run[0]), read(run[0])

    first, last = said["rai:dataCollectionTimeframe"]
    assert first < last
    assert [day.date().isoformat() for day in found.metadata.data_collection_timeframe] == [first, last]


def test_responsible_ai_is_told_from_what_ran(run):
    said, documents = croissant(run[0]), ds.dataset(run[0] / "documents").to_table()

    days = sorted(day.date().isoformat() for day in documents["date"].to_pylist() if day)
    assert said["rai:dataCollection"].startswith("31 records of 2 inputs (jsonl).")
    assert said["rai:dataCollectionTimeframe"] == [days[0], days[-1]]
    assert [step.partition(":")[0] for step in said["rai:dataPreprocessingProtocol"]] == [
        "language", "measure", "exact_duplicates"
    ]  # fmt: skip
    assert said["rai:personalSensitiveInformation"] == ["No step of the recipe removes personal data."]
    assert any("lid.176" in limit for limit in said["rai:dataLimitations"])


def test_files_are_named_relative_to_the_card(run):
    assert {files["includes"] for files in croissant(run[0])["distribution"]} == {
        f"{table}/*.parquet" for table in ("documents", "duplicates", "rejected", "failed", "signals")
    }
    assert str(run[0].parent) not in str(croissant(run[0])["distribution"])


def test_a_licence_with_an_address_is_its_address(tmp_path):
    card = CARD | {"license": "Ours", "license_url": "https://a.example/licence"}
    folder, _ = made(tmp_path, pages(2), card=card)

    assert croissant(folder)["license"] == "https://a.example/licence"
