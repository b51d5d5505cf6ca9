"""The step `mix` of a recipe: a mixture beside the tables of the run, which stay as they are."""

import json

import pytest

from crawlsieve.pipelines.ask.digest import digest
from crawlsieve.pipelines.ask.explain import explain
from crawlsieve.pipelines.ask.sql import query
from crawlsieve.pipelines.engines.options import LocalOptions
from crawlsieve.pipelines.plan_text import plan_text
from crawlsieve.pipelines.recipe.load import load
from crawlsieve.stages.errors import CrawlsieveError, RecipeError
from tests.pipelines.mixture.slow import applied, rows
from tests.pipelines.runs import ran, recipe, write_shards

WEIGHTS = {"even": 0.75, "odd": 0.25}
MIX = {"weights": WEIGHTS, "domain": "CASE WHEN source_id::INT % 2 = 0 THEN 'even' ELSE 'odd' END", "tokens": 2_000}
DOCUMENTS = [{"id": str(n), "url": f"http://a.example/{n}", "text": f"{n} words " * (1 + n % 5)} for n in range(60)]
TWICE = DOCUMENTS[0] | {"id": "60"}


@pytest.fixture
def folder(tmp_path):
    write_shards(tmp_path, DOCUMENTS[:25], [*DOCUMENTS[25:], TWICE])
    return tmp_path


def mixed(folder, **changes):
    return ran(recipe(folder, steps=[{"exact_duplicates": {"by": ["text"]}}, {"mix": {**MIX, **changes}}]))


def made_files(folder, *names):
    return {
        path: path.stat().st_mtime_ns for name in names for path in (folder / "run" / name).rglob("*") if path.is_file()
    }


def test_the_five_tables_stay_as_they_are(folder):
    ran(recipe(folder, steps=[{"exact_duplicates": {"by": ["text"]}}]))
    before = digest(str(folder / "run"))

    manifest = mixed(folder)

    after = digest(str(folder / "run"))
    assert {table: after[table] for table in before if table != "all"} | {"all": before["all"]} == before
    assert after["all"] != before["all"]
    assert after["mixture"].startswith(f"{manifest['mixture']['documents']}-")
    assert manifest["balance"] == {"records": 61, "documents": 60, "rejected": 0, "duplicates": 1, "failed": 0}


def test_the_manifest_lists_the_mixture_and_its_shares(folder):
    manifest = mixed(folder)

    (file,) = [file for file in manifest["files"] if file["table"] == "mixture"]
    assert (folder / "run" / file["path"]).stat().st_size == file["bytes"]
    assert manifest["rows"]["mixture"] == file["rows"] == manifest["mixture"]["documents"]
    told = manifest["mixture"]["domains"]
    assert told["even"]["weight"] == 0.75
    assert told["even"]["share"] == pytest.approx(0.75, abs=0.02)
    assert manifest["recipe"]["steps"][-1]["mix"]["weights"] == WEIGHTS
    card = (folder / "run" / "README.md").read_text()
    assert "path: mixture/*.parquet" in card
    assert "| even | 0.75 |" in card


def test_a_mix_of_the_finished_run_is_the_same_one(folder):
    mixed(folder)

    applied(folder / "alone", str(folder / "run"), **MIX)

    assert rows(folder / "run", "mixture") == rows(folder / "alone")


def test_another_mix_curates_nothing_again(folder):
    mixed(folder)
    first, before = rows(folder / "run", "mixture"), made_files(folder, "documents", "_work/curated", "_work/published")

    manifest = mixed(folder, seed=1)

    assert made_files(folder, "documents", "_work/curated", "_work/published") == before
    assert rows(folder / "run", "mixture") != first
    assert len(made_files(folder, "mixture")) == 1
    assert manifest["mixture"]["seed"] == 1


def test_a_finished_run_is_not_mixed_again(folder):
    mixed(folder)
    before = made_files(folder, "mixture")

    mixed(folder)

    assert made_files(folder, "mixture") == before
    assert not (folder / "run" / "_work" / "mix" / "staged").exists()


def test_a_lost_file_of_the_mixture_is_made_again(folder):
    mixed(folder)
    (file,) = (folder / "run" / "mixture").iterdir()
    content = file.read_bytes()
    file.unlink()

    mixed(folder)

    assert file.read_bytes() == content


def test_without_the_step_the_mixture_goes(folder):
    mixed(folder)

    manifest = ran(recipe(folder, steps=[{"exact_duplicates": {"by": ["text"]}}]))

    assert "mixture" not in manifest
    assert not made_files(folder, "mixture", "_work/mix")


def test_weights_in_a_file_are_read_anew(folder):
    place = folder / "weights.yaml"
    place.write_text("even: 0.75\nodd: 0.25\n")
    first = mixed(folder, weights=str(place))["mixture"]["domains"]["even"]["weight"]
    place.write_text("even: 0.5\nodd: 0.5\n")

    second = mixed(folder, weights=str(place))["mixture"]["domains"]["even"]["weight"]

    assert (first, second) == (0.75, 0.5)


def test_weights_that_do_not_fit_leave_a_run_that_can_go_on(folder):
    with pytest.raises(CrawlsieveError, match=r"domain 'odd': 30 documents .* goes on with the mixture"):
        mixed(folder, weights={"even": 1.0})
    assert not (folder / "run" / "manifest.json").exists()
    assert not made_files(folder, "mixture", "_work/mix/staged", "_work/mix/published")
    done = ("documents", "_work/curated", "_work/published", "_work/mix/measured")
    before = made_files(folder, *done)
    assert {path.relative_to(folder / "run").parts[0] for path in before} == {"documents", "_work"}

    mixed(folder)

    assert made_files(folder, *done) == before
    assert made_files(folder, "mixture")


def test_weights_that_do_not_fit_leave_the_mixture_before_them(folder):
    mixed(folder)
    before = made_files(folder, "mixture")

    with pytest.raises(CrawlsieveError, match="max_epochs 4 allows"):
        mixed(folder, tokens=10**9)

    assert made_files(folder, "mixture") == before


def test_sql_and_explain_know_the_mixture(folder):
    mixed(folder, tokens=4_000)
    run = str(folder / "run")

    most = query(run, "SELECT id, domain, count(*) AS n FROM mixture GROUP BY ALL ORDER BY n DESC, id").to_pylist()[0]
    (sighting,) = explain(run, most["id"]).sightings

    assert (sighting.record["domain"], sighting.record["copies"]) == (most["domain"], most["n"])


def test_a_plan_shows_the_mixture(folder):
    loaded = load(str(recipe(folder, steps=["exact_duplicates", {"mix": MIX}])))

    told = plan_text(loaded, [], "new", LocalOptions(workers=1))

    assert "  4. mix: 2,000 bytes of 2 domains by CASE WHEN" in told
    assert "(even 0.75, odd 0.25), at most 4 epochs;" in told
    assert "at least 500 bytes (even 375, odd 125);" in told
    assert "  2. mix: weights:" in told
    assert "  mixture: id, source_id" in told


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([{"mix": MIX}, "exact_duplicates"], "step 1 (mix): weights what is left in the end. Move it behind step 2"),
        ([{"mix": MIX}, {"mix": MIX}], "step 2 (mix): step 1 is one already. Remove one; `crawlsieve mix apply`"),
        ([{"mix": {**MIX, "weights": {"a": 0.5}}}], "step 1 (mix): weights: the 1 weights sum to 0.5, not to 1"),
        ([{"mix": {**MIX, "token": 5}}], "no option 'token'. Did you mean 'tokens'?"),
        ([{"mix": {**MIX, "unit": "words"}}], "'unit' = 'words': no such choice. Choices: bytes, tokens."),
        (["mix"], "needs option 'weights'"),
    ],
)
def test_what_is_wrong_with_the_step_is_told(folder, steps, said):
    with pytest.raises(RecipeError) as told:
        load(str(recipe(folder, steps=steps)))

    assert said in str(told.value)


def test_files_and_expressions_are_looked_at_before_the_run(folder):
    from crawlsieve.pipelines.recipe.check import check

    weights = folder / "weights.yaml"
    weights.write_text("even: 0.5\n")
    for changes, said in [
        ({"weights": str(weights)}, "step 1 (mix): " + f"{weights}: the 1 weights sum to 0.5, not to 1"),
        ({"weights": str(folder / "weight.yaml")}, "Did you mean"),
        ({"domain": "langage"}, "step 1 (mix): domain: 'langage': Binder Error: Referenced column"),
    ]:
        with pytest.raises(RecipeError) as told:
            check(load(str(recipe(folder, steps=[{"mix": {**MIX, **changes}}]))))

        assert said in str(told.value)


def test_the_seed_of_the_recipe_is_that_of_the_step(folder):
    manifest = ran(recipe(folder, seed=7, steps=[{"mix": MIX}]))

    assert manifest["mixture"]["seed"] == 7
    assert json.loads((folder / "run" / "manifest.json").read_text())["mixture"] == manifest["mixture"]
