"""Making, publishing, merging and telling about indexes, and everything that is refused."""

import errno
import json
import os
import re
import shutil
from pathlib import Path

import pytest

from crawlsieve.pipelines.ask.digest import digest
from crawlsieve.pipelines.index import write
from crawlsieve.pipelines.index.info import info_text
from crawlsieve.pipelines.index.make import keys_of, made_for, size_of
from crawlsieve.pipelines.index.write import create, merge, publish
from crawlsieve.stages import bloom_file
from crawlsieve.stages.errors import CrawlsieveError, RecipeError
from crawlsieve.stages.history import head as history_head
from crawlsieve.stages.history.head import HistoryError, swap_head
from crawlsieve.stages.history.index import open_index
from tests.pipelines.index.conftest import OPTIONS, STEPS, made
from tests.pipelines.runs import recipe


def state(address):
    """Every file below an index, with its bytes."""
    return {str(file.relative_to(address)): file.read_bytes() for file in Path(address).rglob("*") if file.is_file()}


def filters(address):
    """What the filters of the present generation hold."""
    current, _ = open_index(address)
    return {number: current.load(number).layers[0].bits.tobytes() for number in sorted(current.filters)}


def test_an_empty_index_has_two_small_files(index):
    assert sum(len(content) for name, content in state(index).items() if name != "lock") < 4096
    assert open_index(index)[0].runs == ()
    assert open_index(index)[0].rate == 0


def test_publishing_lists_the_digest_of_the_run(index, runs):
    told = publish(index, runs["jan"])

    current, _ = open_index(index)
    [run] = current.runs
    assert told.changed
    assert current.name == "gen-1"
    assert (run["digest"], run["name"], run["generation"]) == (digest(runs["jan"])["all"], "jan", "gen-1")
    assert run["documents"] == current.documents > 20


def test_publishing_a_run_twice_does_nothing_and_says_so(index, runs):
    publish(index, runs["jan"])
    publish(index, runs["feb"])
    before = state(index)

    told = publish(index, runs["jan"])

    assert not told.changed
    assert told.told == f"gen-1 holds {runs['jan']} already: nothing to do."
    assert state(index) == before


def test_a_generation_never_changes_and_the_next_one_holds_both_runs(index, runs):
    publish(index, runs["jan"])
    before = state(index)
    publish(index, runs["feb"])

    after = state(index)
    assert {name: after[name] for name in before if name != "HEAD"} == {
        name: content for name, content in before.items() if name != "HEAD"
    }
    assert [len(open_index(index, f"gen-{n}")[0].runs) for n in range(3)] == [0, 1, 2]


@pytest.mark.parametrize("workers", [1, 2])
def test_the_order_of_publishing_and_the_workers_do_not_change_the_filters(tmp_path, runs, workers, monkeypatch):
    monkeypatch.setattr(write, "KEYS_PER_PARTITION", 10)
    one, two = made(str(tmp_path / "one")), made(str(tmp_path / "two"))
    for name in ("jan", "feb"):
        publish(one, runs[name])
    for name in ("feb", "jan"):
        publish(two, runs[name], workers=workers)

    assert filters(one) == filters(two)


def test_filters_that_get_no_key_are_those_of_the_generation_before(tmp_path, runs):
    index = made(str(tmp_path / "many"), slices=400)
    publish(index, runs["jan"])
    publish(index, runs["feb"])

    folders = {file.path.split("/")[0] for file in open_index(index)[0].filters.values()}
    assert folders == {"gen-1", "gen-2"}


def test_the_union_of_two_indexes_is_the_index_of_both_runs(tmp_path, index, runs):
    other, both = made(str(tmp_path / "other")), made(str(tmp_path / "both"))
    publish(index, runs["jan"])
    publish(other, runs["feb"])
    publish(both, runs["jan"])
    publish(both, runs["feb"])

    told = merge(index, [other], workers=2)

    assert told.changed
    assert filters(index) == filters(both)
    assert {run["name"]: run["generation"] for run in open_index(index)[0].runs} == {"jan": "gen-1", "feb": "gen-2"}
    assert not merge(index, [other]).changed


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"slices": 4}, "slices is 4"),
        ({"documents": 2000}, "documents is 2000"),
        ({"when_full": "grow"}, 'when_full is "grow"'),
        ({"ids": True}, "ids is true"),
        ({"ngram": 3, "seed": 9}, "ngram is 3 in '.*', 5 in '.*'; seed is 9 in '.*', 0 in '.*'"),
    ],
)
def test_only_indexes_of_equal_parameters_are_merged(tmp_path, index, runs, changed, named):
    other = made(str(tmp_path / "other"), **changed)
    publish(other, runs["jan"])

    with pytest.raises(HistoryError, match=named):
        merge(index, [other])


def test_merging_what_is_too_much_changes_nothing(tmp_path, runs):
    documents = max(json.loads((Path(run) / "manifest.json").read_text())["rows"]["documents"] for run in runs.values())
    one, two = (made(str(tmp_path / name), documents=documents, slices=1) for name in ("one", "two"))
    publish(one, runs["jan"])
    publish(two, runs["feb"])
    before = filters(one)

    with pytest.raises(HistoryError, match=f"is full: it is made for {documents} documents"):
        merge(one, [two])
    assert filters(one) == before
    assert open_index(one)[0].name == "gen-1"


@pytest.mark.parametrize("when_full", ["refuse", "grow", "warn"])
def test_a_full_index_refuses_grows_or_warns(tmp_path, runs, when_full):
    index = made(str(tmp_path / "small"), documents=10, slices=1, when_full=when_full)
    if when_full == "refuse":
        with pytest.raises(HistoryError, match="is full: it is made for 10 documents"):
            publish(index, runs["jan"])
        assert open_index(index)[0].name == "gen-0"
    else:
        publish(index, runs["jan"])
        current, _ = open_index(index)
        assert (current.rate > 1e-5) == (when_full == "warn")
        assert (len(current.filters[0].counts) > 1) == (when_full == "grow")


def test_info_tells_generations_runs_fill_rate_and_bytes(tmp_path, runs):
    index = made(str(tmp_path / "told"), ids=True)
    for name in runs:
        publish(index, runs[name])
    text = info_text(index)

    assert "made for    1,000 documents, of new ones 1e-05 found by mistake" in text
    assert "cut into    6 bands x 2 slices" in text
    assert re.search(r"gen-2  2 runs, \d+ documents, fill 0\.\d{3}, about .* by mistake, .* and .* of ids", text)
    for name in runs:
        assert f"run  {digest(runs[name])['all']}  {name}, since gen-" in text


def test_info_tells_of_a_generation_that_was_removed(index, runs):
    publish(index, runs["jan"])
    shutil.rmtree(Path(index) / "gen-0")

    assert re.search(r"gen-0  cannot be used: .*gen-0.* is not there", info_text(index))


@pytest.mark.parametrize(("module", "full_at"), [(bloom_file, 1), (bloom_file, 5), (write, 1), (history_head, 1)])
def test_a_full_disk_leaves_the_index_as_it_was(index, runs, monkeypatch, module, full_at):
    publish(index, runs["jan"])
    before, head = filters(index), (Path(index) / "HEAD").read_bytes()
    written = iter(range(1, 100))
    real = module.writing

    def fails(path):
        if next(written) >= full_at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(path)

    monkeypatch.setattr(module, "writing", fails)
    with pytest.raises(CrawlsieveError, match="No space left on device"):
        publish(index, runs["feb"])
    monkeypatch.undo()

    assert (Path(index) / "HEAD").read_bytes() == head
    assert filters(index) == before
    assert publish(index, runs["feb"]).generation.name == "gen-2"


def test_no_index_and_no_generation_are_told(tmp_path, index):
    with pytest.raises(
        HistoryError, match=r"is no history index: it has no HEAD\. `crawlsieve index create` makes one"
    ):
        open_index(str(tmp_path / "nowhere"))
    with pytest.raises(HistoryError, match=r"has no generation 'gen-7'\. Generations: gen-0"):
        open_index(index, "gen-7")
    with pytest.raises(HistoryError, match="is a history index already"):
        made(index)


def test_a_run_that_is_not_finished_is_not_published(index, runs):
    (Path(runs["jan"]) / "manifest.json").unlink()

    with pytest.raises(CrawlsieveError, match="not finished"):
        publish(index, runs["jan"])


def test_a_run_whose_documents_are_damaged_is_not_published(index, runs):
    file = next((Path(runs["jan"]) / "documents").glob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-100])

    with pytest.raises(CrawlsieveError, match="cannot be read"):
        publish(index, runs["jan"])


def test_head_is_swapped_only_if_it_is_the_one_that_was_read(index):
    _, head = open_index(index)
    swap_head(index, head, b"one")

    with pytest.raises(HistoryError, match="somebody else has published"):
        swap_head(index, head, b"two")
    assert (Path(index) / "HEAD").read_bytes() == b"one"


def test_keys_are_made_as_a_recipe_says_or_as_options_do(tmp_path):
    place = str(recipe(tmp_path, seed=3, steps=STEPS))

    assert keys_of(place, {}).describe() == keys_of(None, OPTIONS | {"seed": 3}).describe()
    assert keys_of(None, {"ignore": "none"}).ignore == ()
    with pytest.raises(RecipeError, match="--recipe says how keys are made, and so does --bands"):
        keys_of(place, OPTIONS)
    with pytest.raises(RecipeError, match="there is no step near_duplicates"):
        keys_of(str(recipe(tmp_path, steps=[])), {})
    with pytest.raises(RecipeError, match="'bands' and 'rows' go together"):
        keys_of(None, {"bands": 3})


@pytest.mark.parametrize(("rate", "slices"), [(0.0, None), (1.0, None), (1e-5, 1 << 17)])
def test_sizes_out_of_bounds_are_told(rate, slices):
    with pytest.raises(HistoryError, match="index create: "):
        size_of(keys_of(None, {}), 1000, rate, slices)


def test_an_index_is_written_where_head_can_be_swapped():
    keys = keys_of(None, OPTIONS)
    with pytest.raises(HistoryError, match="is written to a local folder or to s3://"):
        create("memory://index", made_for(keys, size_of(keys, 1000, 1e-5, 1), "refuse", ids=False))
