from dataclasses import replace

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from crawlsieve.pipelines.cli import app
from crawlsieve.pipelines.mixture import regression_cli
from crawlsieve.pipelines.mixture.picture_files import SUFFIXES, TITLES
from crawlsieve.pipelines.mixture.pictures import short_names
from crawlsieve.pipelines.mixture.regression.tables import read_table, write_table
from crawlsieve.stages.errors import CrawlsieveError
from tests.pipelines.mixture.regmix import files_of, runs_of, weights_of


def call(*words):
    """What a command printed, and its exit status; a user's mistake is raised."""
    done = CliRunner().invoke(app, ["mix", *map(str, words)], catch_exceptions=True)
    if isinstance(done.exception, CrawlsieveError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fit")
    mixtures, losses = files_of(folder, runs_of(40, noise=0.01))
    said = call("fit", "--mixtures", mixtures, "--losses", losses, "--output", folder / "FIT")
    return folder / "FIT", said


def test_fit_prints_each_regressor_the_baseline_and_the_best_run(fitted):
    folder, said = fitted

    assert all(f" {name} " in said for name in ("linear", "loglinear", "lightgbm", "gp", "best domain"))
    assert "40 runs, objective mean." in said
    assert "Best run observed: " in said
    assert {"fit.json", "models.npz", "mixtures.parquet", "losses.parquet", "predicted.png", "predicted.svg"} <= {
        path.name for path in folder.iterdir()
    }


def test_predictions_have_the_losses_layout_whatever_the_order_of_domains(fitted, tmp_path):
    weights = weights_of(7, 4, 3)
    names = ["web_a", "web_b", "web_c", "web_d"]
    write_table(tmp_path / "T.csv", range(100, 107), names, weights)
    write_table(tmp_path / "turned.parquet", range(100, 107), names[::-1], weights[:, ::-1])
    call("predict", fitted[0], "--mixtures", tmp_path / "T.csv", "--output", tmp_path / "P.csv")
    call("predict", fitted[0], "--mixtures", tmp_path / "turned.parquet", "--output", tmp_path / "P.parquet")
    first, second = read_table(str(tmp_path / "P.csv")), read_table(str(tmp_path / "P.parquet"))

    assert first.columns == ("loss/one", "loss/two", "objective")
    assert first.index == tuple(range(100, 107))
    assert (first.values == second.values).all()
    np.testing.assert_allclose(first.values[:, 2], first.values[:, :2].mean(axis=1))


def test_recommend_writes_weights_that_sum_to_one_with_intervals_and_pictures(fitted, tmp_path):
    (tmp_path / "U.csv").write_text("domain,tokens\nweb_a,100\nweb_b,200\nweb_c,300\nweb_d,50\n")
    few = ["--samples", 500, "--best", 10, "--resamples", 10, "--quiet"]
    budget = ["--tokens", 600, "--unique", tmp_path / "U.csv", "--max-epochs", 2]
    said = call("recommend", fitted[0], "--output", tmp_path / "W.yaml", *few, *budget)
    told = yaml.safe_load((tmp_path / "W.yaml").read_text())

    assert sum(round(1e6 * weight) for weight in told["weights"].values()) == 10**6
    assert told["weights"]["web_d"] <= 100 / 600
    assert max(told["repetition"]["epochs"].values()) <= 2 + 1e-5
    for domain, weight in told["weights"].items():
        low, high = told["interval_95_bootstrap"][domain]
        assert low - 0.1 <= weight <= high + 0.1
    assert "600 tokens are worth" in said
    assert told["repetition"]["loss_by_the_law"]["repeated"] > told["repetition"]["loss_by_the_law"]["if_all_were_new"]
    assert {f"W_{kind}{suffix}" for kind in TITLES for suffix in SUFFIXES} <= {path.name for path in tmp_path.iterdir()}


def test_equal_commands_write_equal_bytes(tmp_path):
    mixtures, losses = files_of(tmp_path, runs_of(30))
    for name in ("one", "two"):
        folder = tmp_path / name
        call("fit", "--mixtures", mixtures, "--losses", losses, "--regressor", "loglinear", "--output", folder)
        call("recommend", folder, "--output", folder / "W.yaml", "--samples", 500, "--resamples", 10)

    for path in (tmp_path / "one").glob("*.*"):
        if path.suffix != ".npz":  # a zip has the time in it
            assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


@pytest.mark.parametrize(
    ("runs", "options", "said"),
    [
        (30, ["--regressor", "forest"], "There is no regressor 'forest'. Regressors: auto, linear, loglinear"),
        (30, ["--objective", "loss/thre"], "there is no such metric"),
        (11, ["--regressor", "loglinear"], "loglinear needs 12 runs for 10 domains, there are 11"),
    ],
)
def test_what_cannot_be_fitted_is_told(tmp_path, runs, options, said):
    mixtures, losses = files_of(tmp_path, runs_of(runs, 10 if runs == 11 else 4))

    with pytest.raises(CrawlsieveError) as told:
        call("fit", "--mixtures", mixtures, "--losses", losses, "--output", tmp_path / "FIT", *options)

    assert said in str(told.value)


def test_fewer_runs_than_domains_are_noted_and_lines_not_tried(tmp_path):
    mixtures, losses = files_of(tmp_path, runs_of(10, 10))
    said = call("fit", "--mixtures", mixtures, "--losses", losses, "--output", tmp_path / "FIT", "--objective", "one")

    assert "10 runs are fewer than needed to tell 10 domains apart" in said
    assert "too few runs for linear and loglinear: not tried" in said


def test_a_mixture_of_other_domains_is_told(fitted, tmp_path):
    write_table(tmp_path / "T.csv", [1], ["web_a", "web_b", "web_c", "books"], np.full((1, 4), 0.25))

    with pytest.raises(CrawlsieveError, match=r"only the fit has web_d; only .*T\.csv has books"):
        call("predict", fitted[0], "--mixtures", tmp_path / "T.csv", "--output", tmp_path / "P.csv")


def test_a_missing_package_is_told_with_its_extra(monkeypatch, fitted, tmp_path):
    monkeypatch.setattr(regression_cli.importlib.util, "find_spec", lambda _: None)

    with pytest.raises(CrawlsieveError, match=r"\(lightgbm, scipy\): pip install 'crawlsieve\[mix\]'"):
        call("predict", fitted[0], "--mixtures", "T.csv", "--output", tmp_path / "P.csv")


def test_help_loads_no_regressor():
    import subprocess
    import sys

    heavy = "{'scipy', 'lightgbm', 'matplotlib'}"
    code = f"import sys; import crawlsieve.pipelines.cli; sys.exit(bool({heavy} & {{*sys.modules}}))"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["train_the_pile_arxiv", "train_the_pile_enron_emails"], ["arxiv", "enron_emails"]),
        (["web", "books"], ["web", "books"]),
        (["web_a", "web_ab"], ["a", "ab"]),
        (["alone"], ["alone"]),
    ],
)
def test_names_are_shown_without_what_all_share(names, shown):
    assert short_names(names) == shown


def test_input_that_is_wrong_leaves_no_folder(tmp_path):
    mixtures, losses = files_of(tmp_path, runs_of(30))
    with pytest.raises(CrawlsieveError):
        call("fit", "--mixtures", mixtures, "--losses", losses, "--output", tmp_path / "FIT", "--objective", "none")

    assert not (tmp_path / "FIT").exists()


def test_what_is_written_makes_the_folder_that_it_is_in(fitted, tmp_path):
    write_table(tmp_path / "T.csv", [1], ["web_a", "web_b", "web_c", "web_d"], np.full((1, 4), 0.25))
    call("predict", fitted[0], "--mixtures", tmp_path / "T.csv", "--output", tmp_path / "new" / "P.csv")
    few = ["--samples", 500, "--best", 10, "--resamples", 10, "--quiet"]
    call("recommend", fitted[0], "--output", tmp_path / "newer" / "W.yaml", *few)

    assert read_table(str(tmp_path / "new" / "P.csv")).index == (1,)
    assert yaml.safe_load((tmp_path / "newer" / "W.yaml").read_text())["weights"]


def test_weights_that_cannot_be_written_are_told_before_anything_takes_time(fitted, tmp_path):
    with pytest.raises(CrawlsieveError, match="is a folder"):
        call("recommend", fitted[0], "--output", tmp_path, "--samples", 10_000_000)


def test_a_metric_called_mean_is_not_taken_for_the_mean(tmp_path):
    runs = runs_of(30)
    mixtures, losses = files_of(tmp_path, replace(runs, metrics=("mean", "loss/two")))
    command = ["fit", "--mixtures", mixtures, "--losses", losses, "--regressor", "linear", "--output", tmp_path / "FIT"]
    with pytest.raises(CrawlsieveError, match="--objective mean=1` is the metric"):
        call(*command)

    assert f"loss {runs.losses[:, 0].min():.4f}." in call(*command, "--objective", "mean=1")
