"""The documented queries, and the rules as macros, on the run of the demo."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from crawlsieve.pipelines import curate
from crawlsieve.pipelines.ask.queries import QUERIES, named
from crawlsieve.pipelines.ask.sql import query
from crawlsieve.pipelines.engines.options import LocalOptions
from crawlsieve.pipelines.recipe.check import check
from crawlsieve.pipelines.recipe.load import load
from crawlsieve.stages.errors import CrawlsieveError

ROOT = Path(__file__).parents[3]
MIX = {
    "domain": "CASE WHEN url LIKE '%docs%' THEN 'docs' ELSE 'rest' END",
    "weights": {"docs": 0.4, "rest": 0.6},
    "tokens": 200_000,
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory, sample_crawl):
    """The run of the demo with a mixture of two domains, and its manifest."""
    folder = tmp_path_factory.mktemp("queries")
    (folder / "pipelines").symlink_to(ROOT / "pipelines")
    (folder / "demo").mkdir()
    (folder / "demo" / "crawl").symlink_to(sample_crawl)
    recipe = yaml.safe_load((ROOT / "pipelines" / "recipes" / "sample.yaml").read_text())
    recipe["steps"].append({"mix": MIX})
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        loaded = load("recipe.yaml", {"output": "demo/run"})
        manifest = curate.run(loaded, check(loaded), engine=LocalOptions(workers=1))
        yield str(folder / "demo" / "run"), manifest


def answer(demo, name):
    """The rows of a documented query."""
    return query(demo[0], named(name).sql).to_pylist()


@pytest.mark.parametrize("name", [each.name for each in QUERIES])
def test_every_query_answers_with_rows(demo, name):
    assert len(answer(demo, name)) > 0


def test_yields_are_those_of_the_balance(demo):
    balance = demo[1]["balance"]
    by_input = answer(demo, "yield_by_input")

    assert sum(row["records"] for row in by_input) == balance["records"]
    for table, column in (("documents", "kept"), ("rejected",) * 2, ("duplicates",) * 2, ("failed",) * 2):
        assert sum(row[column] for row in by_input) == balance[table]
    assert sum(row["kept"] for row in answer(demo, "yield_by_language")) == balance["documents"]


def test_rules_remove_what_was_counted(demo):
    counted = demo[1]["counts"]["sink"]

    for row in answer(demo, "removed_by_rule_alone"):
        assert row["rejected"] == counted[f"reason/{row['rule']}"]
        assert row["alone"] <= row["rejected"]


def test_a_pair_of_rules_overlaps_as_its_sets_do(demo):
    reasons = [set(names) for names in query(demo[0], "SELECT reasons FROM rejected")["reasons"].to_pylist()]
    row = answer(demo, "overlap_of_rules")[-1]

    both = sum({row["rule"], row["other"]} <= names for names in reasons)
    either = sum(bool({row["rule"], row["other"]} & names) for names in reasons)
    assert (row["together"], row["overlap"]) == (both, round(both / either, 4))


def test_the_longest_documents_are_the_longest(demo):
    texts = query(demo[0], "SELECT text FROM documents")["text"].to_pylist()

    assert [row["bytes"] for row in answer(demo, "longest_documents")] == sorted(
        (len(text.encode()) for text in texts), reverse=True
    )[:20]


def test_the_mixture_has_its_epochs(demo):
    rows = answer(demo, "mixture_by_epoch")

    assert {row["domain"] for row in rows} == {"docs", "rest"}
    assert sum(row["documents"] for row in rows) == demo[1]["mixture"]["documents"]


def test_another_bound_gives_the_documents_that_it_should(demo):
    found = Counter()
    for row in query(demo[0], "SELECT reasons, word_count FROM judged()").to_pylist():
        others = [reason for reason in row["reasons"] if reason != "gopher_word_count"]
        reached = row["word_count"] is not None
        found[not others and (not reached or row["word_count"] >= 80)] += 1

    asked = Counter()
    for row in answer(demo, "another_threshold"):
        asked[row["passes"]] += row["documents"]
    assert asked == found


def test_with_the_bounds_of_the_run_every_reason_of_the_demo_is_the_stored_one(demo):
    found = query(demo[0], "SELECT reasons, reasons_now FROM judged()").to_pydict()

    assert len(found["reasons"]) == demo[1]["rows"]["signals"]
    assert found["reasons_now"] == found["reasons"]


def test_names_are_unique_and_a_dozen():
    assert len({each.name for each in QUERIES}) == len(QUERIES) >= 12
    assert all(each.sql.rstrip().endswith(";") for each in QUERIES)


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(CrawlsieveError, match="Did you mean 'near_misses'"):
        named("near_mises")
