"""A sample goes through the real passes, and the whole is told from it."""

import dataclasses
from pathlib import Path

import pytest
import yaml

from crawlsieve.pipelines import curate
from crawlsieve.pipelines.engines.options import LocalOptions
from crawlsieve.pipelines.forecast.asked import sample_size
from crawlsieve.pipelines.forecast.forecast import Wanted, forecast
from crawlsieve.pipelines.index.write import publish
from crawlsieve.pipelines.recipe import load as recipes
from crawlsieve.pipelines.recipe.load import load
from crawlsieve.stages.errors import BalanceError, CrawlsieveError, SourceError
from crawlsieve.stages.judge import Judge
from crawlsieve.stages.read import survey
from tests.pipelines.index.conftest import made
from tests.pipelines.runs import Loses, ran, recipe, write_shards

RECIPE = Path(__file__).parents[3] / "pipelines" / "recipes" / "sample.yaml"
JUDGED = [
    {"measure": {"signals": ["gopher"]}},
    {"judge": {"rules": ["gopher_quality"]}},
    {"exact_duplicates": {"by": ["text"]}},
]


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """A temporary folder of the test's own, in which nothing may be left."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


@pytest.fixture(scope="module")
def crawl(tmp_path_factory, sample_crawl):
    """The sample crawl, its recipe, and the manifest of its run."""
    folder = tmp_path_factory.mktemp("crawl")
    given = yaml.safe_load(RECIPE.read_text())
    given |= {"source": {"paths": [f"{sample_crawl}/*"]}, "output": str(folder / "run")}
    given["steps"][0] = {"url_filter": {"blocklists": [str(RECIPE.parent / "sample_blocklist.txt")]}}
    given["steps"].append({"near_duplicates": {}})
    place = folder / "recipe.yaml"
    place.write_text(yaml.safe_dump(given))
    return place, ran(place)


@pytest.fixture(scope="module")
def everything(crawl):
    """The forecast from all of the sample crawl, and the manifest of its run."""
    place, manifest = crawl
    return told(place, "100%", output=str(place.parent / "other")), manifest


def told(place, size, seed=0, workers=1, **changes):
    loaded = load(str(place), changes)
    wanted = Wanted(sample_size(size), seed)
    return forecast(loaded, survey(loaded.source), wanted, LocalOptions(workers=workers))


def numbers(shards, of_each):
    """Shards of documents that all differ: sentences about numbers."""
    return [
        [
            {
                "url": f"http://{shard}.example/{number}",
                "text": " ".join(f"there is line{word} that they have of page{shard}x{number}" for word in range(12)),
            }
            for number in range(of_each)
        ]
        for shard in range(shards)
    ]


def counts(found):
    """All that is counted: no seconds."""
    plain = dataclasses.asdict(found.yields)
    for step in plain["steps"]:
        del step["seconds"]
    return plain


def exactly(amount):
    """The estimate, which must be no estimate."""
    assert amount.low == amount.estimate == amount.high == amount.seen
    return amount.estimate


def test_a_sample_of_everything_is_the_run(everything):
    found, manifest = everything
    sink, text, yields = manifest["counts"]["sink"], manifest["counts"]["text_bytes"], found.yields

    assert found.whole
    assert exactly(yields.records) == manifest["balance"]["records"]
    for name in ("rejected", "failed"):
        assert exactly(getattr(yields, name).documents) == manifest["balance"][name]
    assert exactly(yields.documents.documents) == manifest["balance"]["documents"]
    assert exactly(yields.duplicates) == manifest["balance"]["duplicates"]
    assert exactly(yields.passed.documents) == sink["documents"]
    assert exactly(yields.passed.text_bytes) == text["documents"]
    assert exactly(yields.rejected.text_bytes) == text["rejected"]
    files = [file for file in manifest["files"] if file["table"] == "documents"]
    assert exactly(yields.documents.text_bytes) == sum(file["text_bytes"] for file in files)
    rules = {rule.name: (exactly(rule.documents), exactly(rule.text_bytes)) for rule in yields.rules}
    assert {name: both for name, both in rules.items() if both[0]} == {
        name.removeprefix("reason/"): (count, text[name]) for name, count in sink.items() if name.startswith("reason/")
    }
    assert {error.name: exactly(error.documents) for error in yields.errors} == {
        name.removeprefix("error/"): count for name, count in sink.items() if name.startswith("error/")
    }
    methods = {f"method/{name}": exactly(amount) for name, amount in yields.methods}
    assert methods == {name: count for name, count in manifest["counts"]["decide"].items() if "method" in name}
    assert len(methods) == 4


def test_each_step_of_everything_sees_and_settles_what_it_does_in_the_run(everything):
    found, manifest = everything

    for step in found.yields.steps[1:]:
        counted = manifest["counts"][step.step]
        assert exactly(step.records) == counted["rows_in"]
        assert exactly(step.settled) == counted.get("settled", 0)
    assert found.yields.steps[0].settled.estimate == manifest["balance"]["records"] - found.yields.steps[1].records.seen


def test_the_tables_of_everything_take_what_they_take_in_the_run(everything):
    found, manifest = everything
    sizes = {}
    for file in manifest["files"]:
        sizes[file["table"]] = sizes.get(file["table"], 0) + file["bytes"]

    assert {table: exactly(amount) for table, amount in found.disk.tables} == sizes
    assert exactly(found.disk.output) == sum(sizes.values())


def test_a_part_holds_the_truth_of_most_of_what_it_tells(crawl):
    place, manifest = crawl
    found = told(place, "30%", seed=2, output=str(place.parent / "other"))
    sink = manifest["counts"]["sink"]
    rules = [rule for rule in found.yields.rules if f"reason/{rule.name}" in sink]

    assert not found.whole
    assert 0.2 < found.sampled / manifest["balance"]["records"] < 0.4
    assert found.yields.passed.documents.low <= sink["documents"] <= found.yields.passed.documents.high
    held = [rule.documents.low <= sink[f"reason/{rule.name}"] <= rule.documents.high for rule in rules]
    assert len(held) > 10
    assert sum(held) >= 0.8 * len(held)


def test_the_same_sample_on_any_number_of_workers(crawl):
    place, _ = crawl
    one, two = (told(place, "20%", output=str(place.parent / "other"), workers=workers) for workers in (1, 2))

    assert counts(one) == counts(two)
    assert one.disk == two.disk
    assert (one.time.workers, two.time.workers) == (1, 2)
    assert two.memory.workers == 2 * two.memory.worker > 0


def test_another_seed_is_another_sample(tmp_path):
    write_shards(tmp_path, *numbers(4, 100))
    place = recipe(tmp_path, steps=JUDGED)
    first, same, other = (told(place, "10%", seed=seed) for seed in (1, 1, 2))

    assert counts(first) == counts(same)
    assert first.sampled != other.sampled or counts(first) != counts(other)


def test_a_rule_that_nothing_broke_may_still_reject_something(tmp_path):
    write_shards(tmp_path, *numbers(4, 100))
    found = told(recipe(tmp_path, steps=JUDGED), "25%")
    unbroken = {rule.name: rule.documents for rule in found.yields.rules if rule.documents.seen == 0}

    assert set(unbroken) <= {rule.name for rule in Judge(rules=("gopher_quality",)).resolved}
    for amount in unbroken.values():
        assert (amount.estimate, amount.low) == (0, 0)
        assert 8 <= amount.high <= 25


def test_duplicates_are_a_lower_bound_and_documents_an_upper_one(tmp_path):
    shards = numbers(20, 50)
    for shard in range(0, 20, 2):  # every text is in two shards
        shards[shard + 1] = [dict(row, url=row["url"] + "?again") for row in shards[shard]]
    write_shards(tmp_path, *shards)
    found = told(recipe(tmp_path, steps=[{"exact_duplicates": {"by": ["text"]}}]), "30%")

    assert found.yields.passed.documents.low <= 1000 <= found.yields.passed.documents.high
    assert found.yields.duplicates.high is None
    assert 0 < found.yields.duplicates.seen < found.yields.duplicates.estimate < 500
    assert found.yields.documents.documents.low is None
    assert found.yields.documents.documents.high > 500
    assert found.disk.output.low is None


def test_what_other_inputs_hold_is_told_by_their_size(tmp_path):
    """Twenty whole shards of a hundred: the larger ones stand for more."""
    shards = [rows[: 5 + number % 20] for number, rows in enumerate(numbers(100, 25))]
    write_shards(tmp_path, *shards)
    found = told(recipe(tmp_path, steps=JUDGED), "20 shards")
    truth = sum(map(len, shards))

    assert found.strata[0].rate == 1
    assert len(found.strata[0].chosen) == 20
    assert found.yields.records.low <= truth <= found.yields.records.high
    assert found.yields.records.high - found.yields.records.low < 0.1 * truth


def test_nothing_is_written_where_the_recipe_says(tmp_path):
    write_shards(tmp_path, *numbers(2, 10))
    place = recipe(tmp_path, steps=JUDGED)
    told(place, "50%")

    assert not (tmp_path / "run").exists()


def test_a_run_that_stands_is_left_alone(tmp_path):
    write_shards(tmp_path, *numbers(2, 10))
    place = recipe(tmp_path, steps=JUDGED)
    ran(place)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*")}
    told(place, "50%")

    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*")} == before


def test_scratch_is_where_it_was_asked_for_and_goes_away(tmp_path, monkeypatch):
    write_shards(tmp_path, *numbers(2, 10))
    loaded = load(str(recipe(tmp_path, steps=JUDGED)))
    seen = []
    really = curate.publish
    monkeypatch.setattr(
        "crawlsieve.pipelines.forecast.passes.publish",
        lambda job, *rest: seen.append(job.recipe.output) or really(job, *rest),
    )
    forecast(
        loaded,
        survey(loaded.source),
        Wanted(sample_size("50%"), 1, str(tmp_path / "here")),
        LocalOptions(workers=1),
    )

    assert Path(seen[0]).parent == tmp_path / "here"
    assert list((tmp_path / "here").iterdir()) == []


@pytest.mark.parametrize("raised", [KeyboardInterrupt, CrawlsieveError("no")])
def test_nothing_is_left_of_a_sample_that_was_stopped(tmp_path, monkeypatch, raised):
    write_shards(tmp_path, *numbers(2, 10))
    place = recipe(tmp_path, steps=JUDGED)

    def stops(*_):
        raise raised

    monkeypatch.setattr("crawlsieve.pipelines.forecast.passes.publish", stops)

    with pytest.raises(raised if isinstance(raised, type) else type(raised)):
        told(place, "50%")
    assert not (tmp_path / "run").exists()


def test_a_step_that_loses_rows_is_found_out_as_in_the_run(tmp_path):
    write_shards(tmp_path, *numbers(2, 10))
    loaded = load(str(recipe(tmp_path, steps=[])))
    loaded = dataclasses.replace(loaded, chain=(recipes.NamedStep("loses", Loses()),))

    with pytest.raises(BalanceError, match="step loses took"):
        forecast(loaded, survey(loaded.source), Wanted(sample_size("100%"), 1), LocalOptions(workers=1))


@pytest.mark.parametrize("steps", [[], [{"measure": {"signals": ["gopher"]}}]])
def test_a_recipe_without_rules_keeps_everything(tmp_path, steps):
    write_shards(tmp_path, *numbers(3, 40))
    found = told(recipe(tmp_path, steps=steps), "50%")

    assert found.yields.rules == ()
    assert found.yields.passed.documents.estimate == 120
    assert found.yields.rejected.documents.estimate == 0
    assert found.yields.rejected.documents.high > 0


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_inputs_without_a_record_give_nothing(tmp_path, text):
    (tmp_path / "empty.jsonl").write_text(text)
    found = told(recipe(tmp_path, steps=JUDGED), "10%")

    assert found.sampled == 0
    assert found.yields.records.estimate == 0
    assert found.yields.passed.documents.high == 0


def test_one_tiny_shard_has_a_forecast(tmp_path):
    write_shards(tmp_path, *numbers(1, 3))
    found = told(recipe(tmp_path, steps=JUDGED), "99%")

    assert found.yields.records.estimate == 3
    assert found.yields.passed.documents.low <= 3 <= found.yields.passed.documents.high
    assert found.yields.passed.documents.seen == 3


def test_a_sample_of_no_record_tells_nothing(tmp_path):
    write_shards(tmp_path, *numbers(2, 3))

    with pytest.raises(CrawlsieveError, match=r"6 records were read in 2 inputs, and none .* larger --sample"):
        told(recipe(tmp_path, steps=JUDGED), "0.0001%")


def test_a_format_that_the_sample_missed_is_named(tmp_path):
    write_shards(tmp_path, *numbers(2, 300))
    (tmp_path / "few.wet").write_bytes(
        b"WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Record-ID: <urn:uuid:1>\r\nContent-Length: 4\r\n\r\ntext\r\n\r\n"
    )
    place = recipe(tmp_path, steps=JUDGED, source={"paths": [f"{tmp_path}/*.jsonl", f"{tmp_path}/*.wet"]})
    found = told(place, "5%")

    assert found.unseen == ("wet",)
    assert found.yields.records.estimate == 601


@pytest.mark.parametrize("given", ["fail", "record"])
def test_an_input_that_is_gone_costs_what_the_recipe_says(tmp_path, given):
    write_shards(tmp_path, *numbers(3, 10))
    place = recipe(tmp_path, steps=JUDGED, source={"paths": [f"{tmp_path}/*.jsonl"], "on_unreachable": given})
    loaded = load(str(place))
    inputs = survey(loaded.source)
    (tmp_path / "shard-001.jsonl").unlink()
    wanted = Wanted(sample_size("100%"), 1)

    if given == "fail":
        with pytest.raises(SourceError, match=r"shard-001\.jsonl: not found"):
            forecast(loaded, inputs, wanted, LocalOptions(workers=1))
    else:
        found = forecast(loaded, inputs, wanted, LocalOptions(workers=1))
        assert [(error.name, error.documents.estimate) for error in found.yields.errors] == [("unreachable", 1)]
        assert found.yields.records.estimate == 21


def test_seconds_and_memory_are_of_this_machine(tmp_path, monkeypatch):
    monkeypatch.setattr("crawlsieve.pipelines.forecast.sample_shard._READY", set())
    write_shards(tmp_path, *numbers(4, 100))
    found = told(recipe(tmp_path, steps=JUDGED), "50%")
    time, memory = found.time, found.memory

    assert 0 < time.curate.seen < time.curate.estimate < time.curate.high
    assert time.start > 0
    assert time.wall.estimate >= time.start + time.curate.estimate
    assert time.core_hours.estimate == pytest.approx(time.wall.estimate / 3600, abs=1e-5)
    assert memory.worker > 50 << 20
    assert memory.selection is None


def test_the_selection_takes_what_it_takes_a_document(tmp_path):
    write_shards(tmp_path, *numbers(4, 100))
    steps = [{"near_duplicates": {"bands": 14, "rows": 8}}]
    found = told(recipe(tmp_path, steps=steps), "50%")

    assert found.memory.selection.estimate == 400 * (12 * 14 + 130)
    assert found.memory.selection_bound == 4 << 30


def test_what_was_published_before_is_told_as_it_is_for_the_whole(tmp_path):
    """Half of the documents are in the history: the sample finds each of its own there, whatever its size."""
    steps = [{"near_duplicates": {"bands": 6, "rows": 4}}]
    shards = numbers(6, 100)
    write_shards(tmp_path / "old", *shards[:3])
    ran(recipe(tmp_path / "old", name="old", steps=steps))
    address = made(str(tmp_path / "index"))
    publish(address, str(tmp_path / "old" / "run"))
    new = tmp_path / "new"
    write_shards(new, *shards)
    place = recipe(new, name="new", steps=[{"near_duplicates": {"bands": 6, "rows": 4, "history": address}}])
    truth = ran(place)["counts"]["decide"]["method/history"]
    found = told(place, "30%", output=str(tmp_path / "other")).yields

    assert truth >= 300
    assert found.published_before.high is not None
    assert found.published_before.low <= truth <= found.published_before.high
    assert found.published_before.seen > 50
    assert "history" not in dict(found.methods)
    assert found.documents.documents.high < 600


def test_a_mixture_is_not_made(tmp_path):
    write_shards(tmp_path, *numbers(2, 50))
    steps = [*JUDGED, {"mix": {"domain": "'all'", "weights": {"all": 1}, "tokens": 1000}}]

    assert told(recipe(tmp_path, steps=steps), "50%").yields.records.estimate == 100


@pytest.mark.parametrize("kept", ["none", "text"])
def test_whatever_is_kept_of_what_is_rejected_the_tables_are_told(tmp_path, kept):
    shards = numbers(3, 40)
    shards[0] += [{"text": f"too short {number}"} for number in range(20)]
    write_shards(tmp_path, *shards)
    place = recipe(tmp_path, steps=JUDGED, keep_rejected=kept)
    sizes = {}
    for file in ran(place)["files"]:
        sizes[file["table"]] = sizes.get(file["table"], 0) + file["bytes"]
    found = told(place, "100%")

    assert {table: amount.estimate for table, amount in found.disk.tables} == sizes
    assert found.yields.rejected.documents.estimate == 20
