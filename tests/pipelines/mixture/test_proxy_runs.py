"""`mix train`, without PyTorch: the n-gram proxy, and the plan with a model that is made up."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from crawlsieve.pipelines.engines import local
from crawlsieve.pipelines.engines.engine import nobody
from crawlsieve.pipelines.engines.options import LocalOptions
from crawlsieve.pipelines.mixture.proxy import command, counting
from crawlsieve.pipelines.mixture.proxy.outcome import Look, Outcome, read_outcome, write_outcome
from crawlsieve.pipelines.mixture.proxy.runs import Design, TrainRuns, loaded, result_path
from crawlsieve.pipelines.mixture.proxy.settings import Settings
from crawlsieve.pipelines.mixture.proxy.texts import texts_of
from crawlsieve.pipelines.mixture.proxy.tokens import prepare
from crawlsieve.pipelines.mixture.regression.tables import MixtureError, read_mixtures, read_table
from crawlsieve.pipelines.mixture.train_cli import train_command
from crawlsieve.schemas.proxy import PROXY_DONE, PROXY_RUN
from crawlsieve.stages.plan import Map, Plan
from tests.pipelines.mixture.domain_folders import write_design, write_domains


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_domains(tmp_path_factory.mktemp("data") / "domains")


@pytest.fixture
def design(tmp_path):
    return write_design(tmp_path / "design.csv")


@pytest.fixture
def wanted(data, design, tmp_path):
    return command.Wanted(str(design), (str(data),), str(tmp_path / "runs"), steps=5, batch=4)


class Untrained:
    """In the place of training: counts its calls, and says a loss that tells the mixture."""

    def __init__(self, monkeypatch, diverges=(), breaks=None):
        self.calls, self._diverges, self._breaks = [], diverges, breaks
        monkeypatch.setattr(TrainRuns, "_train", lambda _, weights: self(weights.tolist()))
        monkeypatch.setattr(command, "find_spec", lambda _: object())

    def __call__(self, weights):
        self.calls.append(weights)
        if len(self.calls) == self._breaks:
            raise KeyboardInterrupt
        losses = [] if weights in self._diverges else [1 + weight for weight in weights]
        return Outcome(losses, [Look(5, 2.0, losses)] if losses else [], [0.5] * 3, 1.0, 0.1, 5 if losses else 2)


def trained(wanted):
    told = []
    command.train_design(wanted, LocalOptions(workers=1), told.append)
    return told


def test_losses_are_in_regmix_layout(wanted, monkeypatch, tmp_path):
    Untrained(monkeypatch)

    told = trained(wanted)
    losses, mixtures = (read_table(str(tmp_path / "runs" / name)) for name in ("losses.csv", "mixtures.csv"))

    assert losses.columns == ("metric/cats_val_loss", "metric/dogs_val_loss", "metric/fish_val_loss")
    assert losses.index == mixtures.index == (10, 11, 12, 13)
    assert mixtures.columns == ("dogs", "fish", "cats")
    assert losses.values.tolist() == [[2, 1, 1], [1, 2, 1], [1, 1, 2], [1.2, 1.3, 1.5]]
    assert any("4 mixtures of 3 domains" in line for line in told)
    assert any("run 13 (4 of 4): 1.3333 nats/byte, 1.0 s" in line for line in told)


def test_runs_that_are_done_are_not_repeated(wanted, monkeypatch, tmp_path):
    broken = Untrained(monkeypatch, breaks=3)
    with pytest.raises(KeyboardInterrupt):
        trained(wanted)
    assert not (tmp_path / "runs" / "losses.csv").exists()

    rest = Untrained(monkeypatch)
    told = trained(wanted)
    again = Untrained(monkeypatch)
    trained(wanted)

    assert rest.calls == [[0, 0, 1], [0.2, 0.3, 0.5]]
    assert broken.calls[:2] + rest.calls == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.2, 0.3, 0.5]]
    assert "2 of 4 runs are done already" in told
    assert again.calls == []


def test_another_seed_is_another_run(wanted, monkeypatch):
    Untrained(monkeypatch)
    trained(wanted)
    again = Untrained(monkeypatch)
    trained(replace(wanted, seed=1))

    assert len(again.calls) == 4


def test_a_run_that_diverged_is_told_and_in_no_table_of_losses(wanted, monkeypatch, tmp_path):
    Untrained(monkeypatch, diverges=([0, 1, 0],))

    told = trained(wanted)
    runs = pq.read_table(tmp_path / "runs" / "runs.parquet").to_pylist()

    assert read_table(str(tmp_path / "runs" / "losses.csv")).index == (10, 12, 13)
    assert read_table(str(tmp_path / "runs" / "mixtures.csv")).index == (10, 12, 13)
    assert told[-1] == "1 of 4 runs diverged, and are in no table but runs.parquet: 11"
    assert [(run["status"], run["mean"]) for run in runs][:2] == [("done", 4 / 3), ("diverged", None)]


def test_no_run_that_did_not_diverge_is_an_error(wanted, monkeypatch):
    Untrained(monkeypatch, diverges=([1, 0, 0], [0, 1, 0], [0, 0, 1], [0.2, 0.3, 0.5]))

    with pytest.raises(MixtureError, match="All 4 runs diverged"):
        trained(wanted)


def test_no_table_of_other_runs_is_left_when_all_diverge(wanted, monkeypatch, tmp_path):
    Untrained(monkeypatch)
    trained(wanted)
    Untrained(monkeypatch, diverges=([1, 0, 0], [0, 1, 0], [0, 0, 1], [0.2, 0.3, 0.5]))

    with pytest.raises(MixtureError, match="All 4 runs diverged"):
        trained(replace(wanted, seed=1))

    assert {path.name for path in (tmp_path / "runs").glob("*.*")} == {"runs.parquet"}


def test_texts_that_change_are_read_anew_in_the_same_process(wanted, tmp_path):
    """`loaded` is cached, and the folder of the tokens stays the same."""
    ngram = replace(wanted, proxy="ngram", data=(str(write_domains(tmp_path / "in")),))
    trained(ngram)
    before = read_table(str(tmp_path / "runs" / "losses.csv"))
    (tmp_path / "in" / "dogs" / "train-2.jsonl").write_text(json.dumps({"text": "other words of dogs " * 99}) + "\n")

    trained(ngram)

    assert not np.allclose(read_table(str(tmp_path / "runs" / "losses.csv")).values, before.values)


def test_tokens_of_other_texts_are_not_trained_on(wanted):
    """As when a second command writes them anew while the first one's workers begin."""
    tokens = prepare_tokens(wanted)
    assert loaded(str(tokens.folder), tokens.key).domains == tokens.domains

    with pytest.raises(MixtureError, match=r"runs/tokens changed while runs were trained on it"):
        loaded(str(tokens.folder), "another key")


def test_a_domain_that_is_counted_is_not_counted_again(wanted, monkeypatch, tmp_path):
    seen, count = [], counting.count_domain
    monkeypatch.setattr(counting, "count_domain", lambda *given: (seen.append(given[1]), count(*given))[1])
    ngram = replace(wanted, proxy="ngram")
    trained(ngram)
    first = (tmp_path / "runs" / "losses.csv").read_bytes()
    (gone, *_) = sorted((tmp_path / "runs" / "results").glob("*.npy"))
    gone.unlink()

    trained(ngram)

    assert sorted(seen[:3]) == ["cats", "dogs", "fish"]
    assert len(seen) == 4
    assert (tmp_path / "runs" / "losses.csv").read_bytes() == first


def test_workers_train_what_one_process_does(data, design, tmp_path):
    """With outcomes that stand already, as processes of their own have no `Untrained`."""
    tokens = prepare(texts_of([str(data)], None, 0.1, 0), None, tmp_path / "tokens", lambda _: None)
    runs = Design(read_mixtures(str(design)), Settings(), tokens)
    source_keys = runs.keys()
    assert len({*source_keys}) == 4
    step = TrainRuns(runs.settings, runs.table.columns, str(tokens.folder), tokens.key, str(tmp_path / "results"))
    for number, key in enumerate(source_keys):
        write_outcome(result_path(step.results, key), Outcome([float(number)], [], [], 1.0, 0.0, 1))

    source = pa.RecordBatch.from_pylist([runs._row(n, key) for n, key in enumerate(source_keys)], schema=PROXY_RUN)
    with local.started(2, str(tmp_path)) as engine:
        found = engine.run(Plan(source, (Map(step, PROXY_DONE),)), nobody)

    assert found["mean"].to_pylist() == [0, 1, 2, 3]


def test_an_outcome_is_read_as_it_was_written(tmp_path):
    outcome = Outcome([1.5, 1 / 3], [Look(3, 2.5, [2.0, 1.0])], [0.1], 2.0, 0.5, 5)
    write_outcome(tmp_path / "results" / "a.json", outcome)

    assert read_outcome(tmp_path / "results" / "a.json") == outcome
    assert read_outcome(tmp_path / "results" / "b.json") is None
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["a.json"]


def command_line(*arguments):
    app = typer.Typer()
    app.command()(train_command)
    return CliRunner().invoke(app, [*map(str, arguments)])


def test_a_folder_that_design_wrote_is_a_design(wanted, design, monkeypatch, tmp_path):
    Untrained(monkeypatch)
    (tmp_path / "designed").mkdir()
    with pytest.raises(MixtureError, match=r"designed has no mixtures\.csv.*crawlsieve mix design"):
        trained(replace(wanted, design=str(tmp_path / "designed")))
    design.rename(tmp_path / "designed" / "mixtures.csv")

    trained(replace(wanted, design=str(tmp_path / "designed")))

    assert (tmp_path / "runs" / "losses.csv").exists()


def test_the_ngram_proxy_needs_no_pytorch(data, design, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)

    result = command_line(design, "--data", data, "--output", tmp_path / "runs", "--proxy", "ngram", "--steps", 20)
    losses = read_table(str(tmp_path / "runs" / "losses.csv"))

    assert result.exit_code == 0, result.output
    assert losses.values[:3].argmin(axis=0).tolist() == [2, 0, 1]
    assert pq.read_table(tmp_path / "runs" / "runs.parquet")["looks"].to_pylist() == [[]] * 4


def test_without_pytorch_the_extra_is_named(wanted, monkeypatch):
    monkeypatch.setattr(command, "find_spec", lambda _: None)

    with pytest.raises(MixtureError, match=r"pip install 'crawlsieve\[proxy\]'.*--proxy ngram"):
        trained(wanted)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": "tinny"}, "There is no size 'tinny'. Did you mean 'tiny'"),
        ({"design": "nowhere.csv"}, "nowhere.csv: there is no such file or folder"),
        ({"tokenizer": "nowhere.json"}, "nowhere.json: there is no such file"),
        ({"data": ("a", "b")}, "--data names 2 inputs; without --domain"),
        ({"data": ("nowhere",)}, "nowhere is no folder"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_trained(wanted, monkeypatch, change, message):
    untrained = Untrained(monkeypatch)

    with pytest.raises(MixtureError, match=message):
        trained(replace(wanted, **change))
    assert untrained.calls == []


def test_epochs_are_told_where_texts_are_repeated(wanted, monkeypatch):
    Untrained(monkeypatch)

    assert any("epochs, at most, of domains that are repeated" in line for line in trained(replace(wanted, steps=500)))
    told = command.epochs_of(read_mixtures(wanted.design), Settings(steps=1, batch=1), prepare_tokens(wanted))
    assert np.all(told[0, 1:] == 0)
    assert told[0, 0] > 0


def prepare_tokens(wanted):
    return prepare(texts_of(wanted.data, None, 0.05, 0), None, Path(wanted.output) / "tokens", lambda _: None)


def test_settings_are_plain_json():
    assert json.loads(json.dumps(Settings().plain())) == Settings().plain()
