"""Where a judged run is written, where not, and what a stopped one leaves."""

import json
import re
from pathlib import Path

import pytest
import yaml

from crawlsieve.pipelines import curate
from crawlsieve.pipelines.ask.digest import digest
from crawlsieve.pipelines.index.write import publish
from crawlsieve.pipelines.judge import replay as replaying
from crawlsieve.pipelines.judge import write
from crawlsieve.pipelines.judge.finished import finished_run
from crawlsieve.pipelines.recipe.check import check
from crawlsieve.pipelines.recipe.load import load
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.publish import Publish
from tests.pipelines.index.conftest import bucket  # noqa: F401 - a fixture
from tests.pipelines.index.conftest import made as made_index
from tests.pipelines.judge.conftest import JUDGE, LOOSER, MEASURE, STRICTER, shards
from tests.pipelines.runs import ran, recipe, write_shards

pytestmark = pytest.mark.usefixtures("no_reports")

HUNDRED = {"override": {"gopher_word_count": {"at_least": 100}}}
NEAR = [MEASURE, JUDGE, "exact_duplicates", {"near_duplicates": {"ngram": 2, "bands": 10, "rows": 4}}]


@pytest.fixture
def never_read(monkeypatch):
    """From now on no input can be opened."""

    def forbidden(*_):
        raise AssertionError("an input was read")

    monkeypatch.setattr("crawlsieve.stages.curate_shard.open_input", forbidden)


def test_a_full_run_into_the_folder_has_nothing_to_do(made, judged, full, request):
    run, place = made()
    out, manifest = judged(run, STRICTER, name="full")
    files = {path: path.stat().st_mtime_ns for path in Path(out).rglob("*.parquet")}
    request.getfixturevalue("never_read")

    _, told = full(place, [HUNDRED])

    assert told == manifest
    assert {path: path.stat().st_mtime_ns for path in Path(out).rglob("*.parquet")} == files


def test_the_manifest_says_what_the_run_was_made_from(made, judged):
    run, _ = made()
    original = json.loads((Path(run) / "manifest.json").read_text())

    out, manifest = judged(run, STRICTER, "without=gopher_ellipses")

    changes = [STRICTER, "without=gopher_ellipses"]
    assert manifest["made_from"] == {"run": run, "key": original["key"], "changes": changes}
    assert manifest["inputs"] == original["inputs"]
    assert json.loads((Path(out) / "manifest.json").read_text()) == manifest
    assert not list((Path(out) / "_work" / "curated").glob("*"))


def test_a_judged_run_is_judged_again(made, judged, full):
    run, place = made(steps=NEAR)
    other, _ = full(place, [HUNDRED])
    first, _ = judged(run, LOOSER, name="first")

    second, _ = judged(first, STRICTER, name="second")
    back, _ = judged(second, "gopher_word_count.at_least=50", name="back")

    assert digest(second) == digest(other)
    assert digest(back) == digest(run)


def test_a_run_of_many_ranges_is_judged(made, full, judged, asked, monkeypatch):
    monkeypatch.setattr("crawlsieve.pipelines.curate.TEXT_BYTES_PER_FILE", 10_000)
    run, place = made(steps=NEAR)
    other, _ = full(place, [HUNDRED])
    before = {path.relative_to(run) for path in Path(run).rglob("*") if path.is_file()}

    told, _ = asked(run, STRICTER)
    out, manifest = judged(run, STRICTER)

    assert len(list(Path(out).glob("documents/*.parquet"))) > 3
    assert digest(out) == digest(other)
    assert told["kept"]["after"] == manifest["balance"]["documents"]
    assert {path.relative_to(run) for path in Path(run).rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("change", ["gopher_word_count.at_least=100000", "gopher_word_count.at_most=0"])
def test_a_run_that_keeps_nothing_is_a_run(made, judged, change):
    run, _ = made(steps=NEAR)

    out, manifest = judged(run, *([change] if "least" in change else ["gopher_word_count.at_least=0", change]))

    assert manifest["balance"]["documents"] == manifest["balance"]["duplicates"] == 0
    assert (
        judged(out, "gopher_word_count.at_least=50", "gopher_word_count.at_most=100000", name="b")[1]["balance"]
        == (json.loads((Path(run) / "manifest.json").read_text())["balance"])
    )


def test_a_run_over_nothing_is_judged(tmp_path, judged):
    write_shards(tmp_path, [], [])
    ran(recipe(tmp_path, steps=NEAR, keep_rejected="text"))

    _, manifest = judged(str(tmp_path / "run"), STRICTER)

    assert set(manifest["balance"].values()) == {0}


@pytest.mark.parametrize(
    ("owner", "method"),
    [(replaying.Restage, "_run"), (Publish, "_publish"), (write.CopyKeys, "_copied"), (write, "close")],
)
def test_a_judged_run_that_was_killed_is_no_run_and_goes_on(made, full, judged, monkeypatch, owner, method):
    monkeypatch.setattr("crawlsieve.pipelines.curate.TEXT_BYTES_PER_FILE", 10_000)
    run, place = made()
    other, _ = full(place, [HUNDRED])
    real, calls = getattr(owner, method), []

    def dies(*arguments):
        calls.append(arguments)
        if len(calls) == 2 or method == "close":
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(owner, method, dies)
    with pytest.raises(KeyboardInterrupt):
        judged(run, STRICTER)
    assert not (Path(run).parent / "judged" / "manifest.json").exists()
    monkeypatch.setattr(owner, method, real)

    out, _ = judged(run, STRICTER)

    assert digest(out) == digest(other)


def test_a_folder_that_was_written_by_other_rules_is_written_anew(made, full, judged):
    run, place = made()
    other, _ = full(place, [HUNDRED])
    judged(run, LOOSER)

    out, manifest = judged(run, STRICTER)

    assert digest(out) == digest(other)
    assert {path.name for path in Path(out).glob("*/*.parquet")} == {Path(f["path"]).name for f in manifest["files"]}


def test_what_is_no_folder_of_ours_is_refused(made, judged, tmp_path, crawl):
    run, place = made()
    (tmp_path / "file").touch()
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "thesis.txt").write_text("two years of work")
    given = yaml.safe_load(place.read_text()) | {"output": str(tmp_path / "reads")}
    (tmp_path / "reads.yaml").write_text(yaml.safe_dump(given))
    ran(tmp_path / "reads.yaml")

    for name, said in {
        "run": "is the run itself",
        "run/inside": "lies in the other",
        "files": "holds files that are no run of crawlsieve (thesis.txt)",
        "reads": "holds a run that has read its inputs itself",
        ".": "lies in the other",
        "file": "is a file",
        str(crawl): "which the run has read, lies in",
    }.items():
        with pytest.raises(CrawlsieveError, match=re.escape(said)):
            judged(run, STRICTER, name=name)


@pytest.mark.parametrize("keep", ["none", "signals"])
def test_a_run_that_kept_no_texts_cannot_be_written_anew(made, judged, tmp_path, keep):
    run, _ = made(keep_rejected=keep)

    with pytest.raises(CrawlsieveError, match=f"`keep_rejected: {keep}`.*`keep_rejected: text`"):
        judged(run, STRICTER)

    assert not (tmp_path / "judged").exists()


def test_a_run_from_before_keys_were_kept_is_judged_by_its_rules(made, judged, asked):
    run, _ = made()
    path = Path(run) / "manifest.json"
    told = json.loads(path.read_text())
    path.write_text(json.dumps(told | {"files": [file for file in told["files"] if file["table"] != "keys"]}))

    with pytest.raises(CrawlsieveError, match="it was made before keys were kept"):
        judged(run, STRICTER)

    assert "the run was made before keys were kept" in asked(run, STRICTER)[1]


def test_a_run_that_this_crawlsieve_would_not_make_is_not_imitated(made, judged, monkeypatch):
    run, _ = made()
    monkeypatch.setattr("crawlsieve.stages.measure.Measure.version", 99)

    with pytest.raises(CrawlsieveError, match="Run the changed recipe instead"):
        judged(run, STRICTER)


def test_packages_and_models_are_those_of_the_run(made, judged, monkeypatch):
    run, _ = made()
    original = json.loads((Path(run) / "manifest.json").read_text())
    monkeypatch.setattr("crawlsieve.pipelines.job._versions", lambda: {"resiliparse": "99"})
    monkeypatch.setattr("crawlsieve.pipelines.job.__version__", "99")

    _, manifest = judged(run, STRICTER)

    assert (manifest["packages"], manifest["crawlsieve"]) == (original["packages"], original["crawlsieve"])


def test_history_is_asked_as_it_was_when_the_run_began(tmp_path, full, judged):
    steps = [MEASURE, JUDGE, "exact_duplicates", {"near_duplicates": {"bands": 6, "rows": 4}}]
    first, empty, last = shards()
    write_shards(tmp_path / "jan", first, empty)
    ran(recipe(tmp_path / "jan", name="jan", steps=steps))
    index = made_index(str(tmp_path / "index"), slices=2)
    publish(index, str(tmp_path / "jan" / "run"))
    write_shards(tmp_path, last)
    steps[-1] = {"near_duplicates": {"bands": 6, "rows": 4, "history": index}}
    place = recipe(tmp_path, steps=steps, keep_rejected="text")
    ran(place)
    other, told = full(place, [HUNDRED])
    publish(index, str(tmp_path / "run"))

    out, manifest = judged(str(tmp_path / "run"), STRICTER)

    assert digest(out) == digest(other)
    assert (manifest["key"], manifest["history"]) == (told["key"], told["history"])
    assert manifest["counts"]["decide"]["method/history"] > 0


def test_a_mixture_is_made_of_the_documents_that_are_left(made, full, judged):
    mix = {
        "mix": {
            "weights": {"even": 0.75, "odd": 0.25},
            "tokens": 5_000,
            "domain": "CASE WHEN word_count % 2 = 0 THEN 'even' ELSE 'odd' END",
        }
    }
    run, place = made(steps=[*NEAR, mix])
    other, told = full(place, [{"override": {"gopher_word_count": {"at_least": 60}}}])

    out, manifest = judged(run, "gopher_word_count.at_least=60")

    assert digest(out) == digest(other)
    assert manifest["mixture"]["key"] == told["mixture"]["key"]


def test_the_files_of_a_mixture_are_no_ranges_of_the_run(made):
    run, _ = made()
    path = Path(run) / "manifest.json"
    told = json.loads(path.read_text())
    told["files"].append({"table": "mixture", "path": "mixture/mixture-00006-of-00007-ab.parquet", "rows": 1})
    path.write_text(json.dumps(told))

    found = finished_run(run)

    assert (found.ranges, "mixture" in found.files) == (1, False)


def test_what_could_not_be_reached_is_not_reached_now(made, judged, crawl):
    paths = [str(crawl / "*.jsonl"), "http://127.0.0.1:9/away.jsonl"]
    source = {"paths": paths, "on_unreachable": "record", "retries": 0, "backoff_seconds": 0.01}
    run, _ = made(source=source)

    out, manifest = judged(run, STRICTER)

    assert manifest["counts"]["sink"]["error/unreachable"] == 1
    assert manifest["balance"]["failed"] == 2
    assert manifest["deterministic"] is False
    assert digest(out) != digest(run)


@pytest.mark.usefixtures("bucket")
def test_run_and_folder_may_be_objects(tmp_path, crawl, made, judged, full, asked):
    source = {"paths": [str(crawl / "*.jsonl")]}
    store = f"s3://crawl/{tmp_path.name}"
    loaded = load(str(recipe(tmp_path, source=source, steps=NEAR, keep_rejected="text", output=f"{store}/run")))
    curate.run(loaded, check(loaded))
    _, place = made(steps=NEAR)
    local, _ = full(place, [HUNDRED])

    told, _ = asked(loaded.output, STRICTER)
    out, manifest = judged(loaded.output, STRICTER, name=f"{store}/judged")

    assert digest(out) == digest(local)
    assert told["kept"]["after"] == manifest["balance"]["documents"]
