import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import fsspec
import numpy as np
import pytest

from crawlsieve.pipelines.mixture.picture_files import SUFFIXES, TITLES, picture, pictures_beside
from crawlsieve.pipelines.mixture.pictures import draw_recommendation, short_names, short_number
from crawlsieve.pipelines.mixture.recommendation.budget import Budget
from crawlsieve.pipelines.mixture.recommendation.loss_curve import loss_curve
from crawlsieve.pipelines.mixture.recommendation.recommend import Asked, recommend
from crawlsieve.pipelines.mixture.regression.fit import fit_runs
from tests.pipelines.mixture.regmix import runs_of

BUDGET = Budget(50e9, np.array([20e9, 8e9, 10e9, 3e9]))
FEW = {"samples": 500, "best": 10, "resamples": 10}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Two folders with the same pictures, and what they are of."""
    fit = fit_runs(runs_of(30), "mean", "linear")
    found = recommend(fit, Asked(budget=BUDGET, **FEW))
    folders = [tmp_path_factory.mktemp("drawn") for _ in range(2)]
    for folder in folders:
        draw_recommendation(fit, found, folder / "W.yaml")
    return folders, fit, found


def curve_in(path, name):
    """float64[2, n]: the points of a curve of that name in an SVG, in its own units."""
    groups = [one for one in ET.parse(path).iter() if one.get("id") == name]  # noqa: S314 - ours
    (line,) = [one.get("d") for one in groups[0].iter() if one.tag.endswith("path")]
    return np.array(re.findall(r"[ML] (\S+) (\S+)", line), float).T


@pytest.mark.parametrize(("name", "values"), [("loss-repeated", "loss"), ("loss-new", "new")])
def test_the_picture_of_loss_has_the_law_s_curve(drawn, name, values):
    (folder, _), _, found = drawn
    curve = loss_curve(BUDGET, found.taken.weights)
    across, down = curve_in(folder / "W_loss.svg", name)

    assert len(across) == len(curve.tokens)
    for seen, wanted in ((across, np.log(curve.tokens)), (-down, getattr(curve, values))):
        slope, level = np.polyfit(wanted, seen, 1)
        assert slope > 0
        np.testing.assert_allclose(level + slope * wanted, seen, atol=1e-3)


def test_the_picture_of_loss_names_the_budget_and_the_domain_seen_most(drawn):
    (folder, _), fit, found = drawn
    text = " ".join(ET.parse(folder / "W_loss.svg").getroot().itertext())  # noqa: S314 - ours
    curve = loss_curve(BUDGET, found.taken.weights)

    assert f"50B tokens, {short_number(curve.parameters)} parameters: {curve.at_budget[0]:.3f}" in text
    assert f"epochs of {short_names(list(fit.runs.domains))[curve.most_seen]}, which is seen most often" in text


def test_each_picture_opens_and_equal_data_give_equal_bytes(drawn):
    from matplotlib.image import imread

    first, second = drawn[0]
    for kind in TITLES:
        assert np.ptp(imread(first / f"W_{kind}.png")) > 0.5
        for suffix in SUFFIXES:
            assert (first / f"W_{kind}{suffix}").read_bytes() == (second / f"W_{kind}{suffix}").read_bytes()


def test_a_recommendation_without_a_budget_leaves_no_picture_of_an_older_one(drawn, tmp_path):
    _, fit, found = drawn
    draw_recommendation(fit, found, tmp_path / "W.yaml")
    (tmp_path / "W_mine.svg").write_text("mine")
    draw_recommendation(fit, recommend(fit, Asked(**FEW)), tmp_path / "W.yaml")

    assert {path.name for path in tmp_path.iterdir()} == {
        "W_weights.png", "W_weights.svg", "W_predicted.png", "W_predicted.svg", "W_mine.svg"
    }  # fmt: skip


def test_names_of_domains_are_drawn_as_they_are(tmp_path):
    from dataclasses import replace

    runs = replace(runs_of(30, noise=0.01), domains=("a$_{$", "<b>&", "\x1b[31mred", "x" * 300))
    fit = fit_runs(runs, "mean", "linear")
    draw_recommendation(fit, recommend(fit, Asked(budget=BUDGET, **FEW)), tmp_path / "W.yaml")
    text = " ".join(ET.parse(tmp_path / "W_weights.svg").getroot().itertext())  # noqa: S314 - ours

    assert "a$_{$" in text
    assert "<b>&" in text
    assert " [31mred" in text
    assert f"{'x' * 40}…" in text


@pytest.mark.parametrize(
    ("weights", "name"),
    [("W.yaml", "W_loss"), ("a.b/W", "a.b/W_loss"), ("s3://b/v1.2.yaml", "s3://b/v1.2_loss"), ("./.w", "./.w_loss")],
)
def test_a_picture_is_called_after_the_weights(weights, name):
    assert picture(weights, "loss") == name


def test_pictures_beside_weights_are_found_in_order_on_any_address(drawn):
    (folder, _), _, _ = drawn
    memory = fsspec.filesystem("memory")
    memory.pipe("/mixa/W_loss.svg", b"<svg/>")
    memory.pipe("/mixa/W_weights.svg", b"<svg/>")
    memory.pipe("/mixa/W_other.svg", b"<svg/>")

    assert list(pictures_beside(str(folder / "W.yaml"))) == list(TITLES.values())
    assert {Path(path) for path in pictures_beside(str(folder / "W.yaml")).values()} == {*folder.glob("W_*.svg")}
    assert pictures_beside("memory://mixa/W.yaml") == {
        TITLES["weights"]: "memory://mixa/W_weights.svg",
        TITLES["loss"]: "memory://mixa/W_loss.svg",
    }
    assert pictures_beside(str(folder / "V.yaml")) == {}
    assert pictures_beside("memory://nowhere/W.yaml") == {}


def test_finding_pictures_loads_nothing_that_draws():
    code = (
        "import sys; from crawlsieve.pipelines.mixture.picture_files import pictures_beside; "
        "pictures_beside('W.yaml'); sys.exit(bool({'matplotlib', 'scipy', 'lightgbm'} & {*sys.modules}))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("value", "shown"), [(0.25, "0.25"), (999.7, "1k"), (1e6, "1M"), (2.554e9, "2.55B"), (1e12, "1T"), (12, "12")]
)
def test_numbers_are_short(value, shown):
    assert short_number(value) == shown
