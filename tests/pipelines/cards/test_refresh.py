"""A card is no part of any key: what it says changes without a document being read again."""

import json

import pytest
from huggingface_hub import metadata_load
from typer.testing import CliRunner

from crawlsieve.pipelines.cards.command import rewrite_cards
from crawlsieve.pipelines.cli import app
from crawlsieve.stages.errors import CrawlsieveError, RecipeError
from tests.pipelines.cards.made import croissant, made, pages
from tests.pipelines.runs import ran, recipe


def files(run):
    """Path and time of every file of the tables and of the work."""
    return {path: path.stat().st_mtime_ns for path in run.rglob("*") if path.is_file() and path.parent != run}


def test_a_run_with_another_card_writes_the_cards_and_nothing_else(tmp_path):
    run, before = made(tmp_path, pages(5))
    there = files(run)

    after = ran(recipe(tmp_path, card={"license": "odc-by", "title": "Other"}))

    assert metadata_load(run / "README.md")["license"] == "odc-by"
    assert croissant(run)["name"] == "Other"
    stored = json.loads((run / "manifest.json").read_text())
    assert stored == after
    assert stored["recipe"]["card"]["license"] == "odc-by"
    stored["recipe"]["card"] = before["recipe"]["card"]
    assert stored == before
    assert {path for path, time in files(run).items() if there.get(path) != time} <= {run / "_work" / "lock"}


def test_a_run_with_the_same_card_writes_nothing(tmp_path):
    run, _ = made(tmp_path, pages(2), card={"title": "A"})
    before = [(run / name).stat().st_mtime_ns for name in ("README.md", "croissant.json", "manifest.json")]

    ran(recipe(tmp_path, card={"title": "A"}))

    assert [(run / name).stat().st_mtime_ns for name in ("README.md", "croissant.json", "manifest.json")] == before


@pytest.mark.parametrize("name", ["README.md", "croissant.json"])
def test_a_card_that_is_gone_comes_back(tmp_path, name):
    run, _ = made(tmp_path, pages(2))
    before = (run / name).read_bytes()
    (run / name).unlink()

    ran(recipe(tmp_path))

    assert (run / name).read_bytes() == before


def test_the_command_changes_what_it_is_told_and_keeps_the_rest(tmp_path):
    run, before = made(tmp_path, pages(3), card={"title": "A", "license": "mit"})

    told = CliRunner().invoke(app, ["card", str(run), "--set", "card.license=CC0-1.0"])

    assert (told.exit_code, told.output.split()) == (0, [f"{run}/README.md", f"{run}/croissant.json"])
    assert metadata_load(run / "README.md")["license"] == "cc0-1.0"
    assert metadata_load(run / "README.md")["pretty_name"] == "A"
    stored = json.loads((run / "manifest.json").read_text())
    assert stored["recipe"]["card"] == before["recipe"]["card"] | {"license": "CC0-1.0"}
    assert stored["files"] == before["files"]


def test_the_command_writes_nothing_that_no_card_can_say(tmp_path):
    run, _ = made(tmp_path, pages(1))
    before = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()}

    for changes, told in [
        ({"card.licence": "mit"}, "no option 'licence'. Did you mean 'license'?"),
        ({"card.license": "cc-by-40"}, "Did you mean 'cc-by-4.0'?"),
        ({"seed": "8"}, "--set seed: only what stands under `card` may change"),
    ]:
        with pytest.raises(RecipeError) as error:
            rewrite_cards(str(run), changes)
        assert told in str(error.value)

    assert {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()} == before


def test_a_run_with_a_damaged_file_is_told_by_name(tmp_path):
    run, manifest = made(tmp_path, pages(1))
    (run / manifest["files"][0]["path"]).write_bytes(b"no Parquet at all")

    with pytest.raises(CrawlsieveError, match="its tables cannot be read"):
        rewrite_cards(str(run), {})


def test_what_is_no_run_has_no_card(tmp_path):
    with pytest.raises(CrawlsieveError, match="not a run directory"):
        rewrite_cards(str(tmp_path), {})


def test_a_run_in_an_object_store_has_the_cards_of_a_local_one(tmp_path):
    import fsspec

    local, _ = made(tmp_path, pages(4), card={"title": "A"})
    ran(recipe(tmp_path, card={"title": "A"}, output="memory://cards/run"))

    store = fsspec.filesystem("memory")
    for name in ("README.md", "croissant.json"):
        assert store.cat(f"/cards/run/{name}") == (local / name).read_bytes()
    rewrite_cards("memory://cards/run", {"card.title": "B"})
    assert json.loads(store.cat("/cards/run/croissant.json"))["name"] == "B"
    assert json.loads(store.cat("/cards/run/manifest.json"))["recipe"]["card"]["title"] == "B"


def test_no_library_of_the_tests_is_imported_by_a_run():
    import subprocess
    import sys

    check = (
        "import sys, crawlsieve.pipelines.curate, crawlsieve.pipelines.cards.command; "
        "print({'huggingface_hub', 'mlcroissant', 'datasets', 'rdflib'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"
