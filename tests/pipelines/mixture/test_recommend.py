import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlsieve.pipelines.mixture.recommendation.budget import Budget
from crawlsieve.pipelines.mixture.recommendation.certainty import covered
from crawlsieve.pipelines.mixture.recommendation.optimum import mean_of, ranked, search, simulate
from crawlsieve.pipelines.mixture.recommendation.recommend import Asked, recommend
from crawlsieve.pipelines.mixture.recommendation.simplex import hellinger, project
from crawlsieve.pipelines.mixture.recommendation.told import rounded
from crawlsieve.pipelines.mixture.regression.fit import Fit, fit_runs
from crawlsieve.pipelines.mixture.regression.regressors.choice import REGRESSORS
from crawlsieve.pipelines.mixture.regression.runs import Runs
from crawlsieve.pipelines.mixture.regression.store import claim, load, save
from crawlsieve.pipelines.mixture.regression.tables import MixtureError
from tests.pipelines.mixture.regmix import runs_of, weights_of

FEW = {"samples": 2000, "best": 20, "resamples": 10}
BEST = np.array([0.5, 0.3, 0.2])


def bowl(runs=80, noise=0.0):
    """One metric with its lowest loss, 2, at BEST."""
    weights = weights_of(runs, 3)
    loss = 2 + ((weights - BEST) ** 2).sum(axis=1) + noise * np.random.default_rng(4).standard_normal(runs)
    return Runs(tuple(range(runs)), ("a", "b", "c"), weights, ("loss",), loss[:, None])


@pytest.fixture(scope="module")
def bowl_fit():
    return fit_runs(bowl(), "loss", "gp")


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 8), st.integers(0, 2**32), st.floats(0.01, 2))
def test_the_projection_is_a_mixture_below_the_caps_and_the_nearest(domains, seed, slack):
    rng = np.random.default_rng(seed)
    caps = rng.dirichlet(np.ones(domains)) * (1 + slack)
    points = rng.normal(0, 1, (3, domains))
    found = project(points, caps)
    others = project(rng.normal(0, 1, (40, domains)), caps)

    assert (found >= 0).all()
    assert (found <= caps + 1e-12).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-9)
    for point, near in zip(points, found, strict=True):
        assert ((others - point) ** 2).sum(axis=1).min() >= ((near - point) ** 2).sum() - 1e-9


def test_what_is_below_the_caps_already_stays():
    weights = weights_of(20, 4)

    np.testing.assert_allclose(project(weights, np.ones(4)), weights, atol=1e-12)


def test_distances_are_0_of_equal_mixtures_and_1_of_strangers():
    corners = np.eye(2)

    assert hellinger(corners, corners).tolist() == [[0, 1], [1, 0]]


def test_simulated_mixtures_are_around_the_prior_and_below_the_caps():
    prior, caps = np.array([0.6, 0.3, 0.1, 0.0]), np.array([0.7, 1, 1, 1])
    free = simulate(prior, np.ones(4), 20_000, 0)
    held = simulate(prior, caps, 20_000, 0)

    np.testing.assert_allclose(free.mean(axis=0), prior, atol=0.01)
    np.testing.assert_allclose(held.sum(axis=1), 1)
    assert held[:, 0].max() <= 0.7 + 1e-12
    assert (simulate(prior, caps, 100, 0) == simulate(prior, caps, 100, 0)).all()


@pytest.mark.parametrize("name", ["gp", "lightgbm"])
def test_the_lowest_place_is_found(name):
    runs = bowl(200)
    fitted = REGRESSORS[name].fit(runs.weights, runs.losses[:, 0])
    caps = np.ones(3)
    near = 0.15 if name == "lightgbm" else 0.05
    found = search(fitted, [np.ones(3) / 3], caps, smooth=name != "lightgbm", seed=0)
    averaged = mean_of(ranked(fitted, simulate(np.ones(3), caps, 5000, 0))[:50])

    assert found.sum() == pytest.approx(1)
    assert np.abs(found - BEST).max() < near
    assert np.abs(averaged - BEST).max() < near


def test_the_search_ends_within_the_caps(bowl_fit):
    caps = np.array([0.4, 1, 0.3])
    found = search(bowl_fit.surrogate, [np.ones(3) / 3], caps, smooth=True, seed=0)

    assert (found <= caps + 1e-9).all()
    assert found == pytest.approx([0.4, 0.35, 0.25], abs=0.02)


def test_a_recommendation_is_the_lowest_place_and_its_intervals_hold_it(bowl_fit):
    found = recommend(bowl_fit, Asked(**FEW))

    np.testing.assert_allclose(found.taken.weights, BEST, atol=0.03)
    for ends in (found.bootstrap, found.posterior):
        assert (ends[0] <= found.taken.weights + 0.01).all()
        assert (ends[1] >= found.taken.weights - 0.01).all()
    assert found.coverage.inside
    assert found.warnings == ()


def test_noise_widens_the_intervals(bowl_fit):
    noisy = recommend(fit_runs(bowl(noise=0.05), "loss", "gp"), Asked(**FEW))
    clean = recommend(bowl_fit, Asked(**FEW))

    assert np.ptp(noisy.bootstrap, axis=0).mean() > 3 * np.ptp(clean.bootstrap, axis=0).mean()
    assert np.ptp(noisy.posterior, axis=0).mean() > 3 * np.ptp(clean.posterior, axis=0).mean()


def test_equal_seeds_give_equal_recommendations(bowl_fit):
    first, second = (recommend(bowl_fit, Asked(**FEW)) for _ in range(2))

    assert (first.taken.weights == second.taken.weights).all()
    assert (first.bootstrap == second.bootstrap).all()
    assert (first.posterior == second.posterior).all()


def test_a_budget_caps_what_is_recommended(bowl_fit):
    budget = Budget(100.0, np.array([10.0, 30.0, 30.0]), 2.0)
    found = recommend(bowl_fit, Asked(budget=budget, **FEW))

    assert found.taken.weights[0] <= 0.2 + 1e-9
    assert (budget.epochs(found.taken.weights) <= 2 + 1e-6).all()
    assert (found.bootstrap[1] <= budget.caps + 1e-9).all()
    np.testing.assert_allclose(found.prior, budget.unique / 70)


def test_a_budget_that_cannot_be_met_is_told(bowl_fit):
    with pytest.raises(MixtureError, match="tokens are asked"):
        recommend(bowl_fit, Asked(budget=Budget(1000.0, np.ones(3), 4.0), **FEW))


def test_a_best_run_below_what_is_expected_is_warned_of():
    runs = bowl()
    runs.losses[5] = 1.5

    found = recommend(fit_runs(runs, "loss", "linear"), Asked(**FEW))

    assert any("above 1.5000 of run 5, already observed" in said for said in found.warnings)


def one_sided():
    """Runs of nine tenths or more of the first domain, whose loss falls with the second."""
    weights = np.column_stack([0.9 + 0.1 * weights_of(60, 2)[:, 0], 0.1 * weights_of(60, 2)[:, 1]])
    return Runs(tuple(range(60)), ("a", "b"), weights, ("loss",), 3 - 2 * weights[:, 1:])


def test_a_place_without_runs_is_warned_of():
    found = recommend(fit_runs(one_sided(), "loss", "gp"), Asked(prior=np.ones(2), **FEW))

    assert not covered(np.array([0.0, 1.0]), one_sided().weights).inside
    assert not found.coverage.inside
    assert any("No run is near" in said for said in found.warnings)


@pytest.mark.parametrize("name", ["linear", "loglinear"])
def test_a_law_is_only_asked_where_runs_are_near(name):
    runs = one_sided()
    found = recommend(fit_runs(runs, "loss", name), Asked(prior=np.ones(2), **FEW))

    assert found.coverage.inside
    assert found.taken.weights[1] == pytest.approx(runs.weights[:, 1].max(), abs=0.01)
    assert found.taken.expected > runs.losses.min() - 0.05
    assert (found.bootstrap[1] <= 0.12).tolist() == [False, True]


def test_a_law_is_refused_where_repetition_allows_nothing_near_a_run():
    fitted = fit_runs(one_sided(), "loss", "linear")

    with pytest.raises(MixtureError, match=r"linear is a law.*near a run\. Fit with --regressor gp"):
        recommend(fitted, Asked(budget=Budget(100.0, np.array([10.0, 90.0]), 1.0), **FEW))


@pytest.mark.parametrize("name", ["linear", "loglinear"])
def test_a_fit_that_errs_more_than_losses_vary_is_refused(name):
    """Nearly as many unknowns as runs, and a loss that no law has."""
    losses = np.random.default_rng(0).standard_normal((13, 2))
    fitted = fit_runs(replace(runs_of(13, 10), losses=losses), "one", name)

    with pytest.raises(MixtureError, match=rf"{name} errs by .* \(rms\) on unseen runs, whose losses vary by"):
        recommend(fitted, Asked(**FEW))


def test_a_process_that_learnt_nothing_is_warned_of_and_not_refused():
    runs = bowl()
    noise = replace(runs, losses=np.random.default_rng(0).standard_normal((80, 1)))
    found = recommend(fit_runs(noise, "loss", "gp"), Asked(**FEW))

    assert any("ranks unseen mixtures with a correlation of" in said for said in found.warnings)


def test_a_loss_far_below_all_that_was_seen_is_warned_of():
    corners = np.eye(3)[np.arange(60) % 3]  # as small Dirichlet strengths give
    weights = 0.85 * corners + 0.15 * weights_of(60, 3)
    runs = Runs(tuple(range(len(weights))), ("a", "b", "c"), weights, ("loss",), (weights**2).sum(axis=1)[:, None])
    found = recommend(fit_runs(runs, "loss", "gp"), Asked(prior=np.ones(3), **FEW))

    assert any("times the fit's error on unseen runs" in said for said in found.warnings)


def test_a_domain_that_no_run_has_gets_nothing():
    weights = np.column_stack([weights_of(60, 3), np.zeros(60)])
    runs = Runs(
        tuple(range(60)), tuple("abcd"), weights, ("loss",), ((weights[:, :3] - BEST) ** 2).sum(axis=1)[:, None]
    )
    fitted = fit_runs(runs, "loss", "gp")
    found = recommend(fitted, Asked(prior=np.ones(4), **FEW))

    assert found.taken.weights[3] == 0
    assert "d has weight 0 in all runs: nothing can be learnt of it" in fitted.notes


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 9), st.integers(0, 2**32))
def test_weights_in_the_file_sum_to_exactly_one(domains, seed):
    weights = np.random.default_rng(seed).dirichlet(np.ones(domains))
    units = [round(one * 10**6) for one in rounded(weights, np.ones(domains))]

    assert sum(units) == 10**6
    assert np.abs(np.array(units) / 10**6 - weights).max() <= 1.1e-6


@pytest.mark.parametrize("name", REGRESSORS)
def test_a_fit_that_was_written_predicts_the_same(tmp_path, name):
    fitted = fit_runs(runs_of(30), "mean", name)
    save(fitted, tmp_path / "FIT")
    read = load(tmp_path / "FIT")
    other = weights_of(20, 4, 9)

    assert isinstance(read, Fit)
    for before, after in zip(fitted.models, read.models, strict=True):
        assert (before.predict(other) == after.predict(other)).all()
    assert (fitted.surrogate.predict(other) == read.surrogate.predict(other)).all()
    assert (read.checks, read.regressor, read.runs.index) == (fitted.checks, name, fitted.runs.index)
    assert (read.predicted_loss == fitted.predicted_loss).all()
    assert not list((tmp_path / "FIT").rglob("*.pkl"))


def test_an_older_fit_is_overwritten_but_nothing_else(tmp_path):
    (tmp_path / "FIT").mkdir()
    (tmp_path / "FIT" / "thesis.tex").write_text("")
    fitted = fit_runs(runs_of(30), "mean", "linear")

    with pytest.raises(MixtureError, match="has files in it, and is no fit"):
        save(fitted, tmp_path / "FIT")
    save(fitted, tmp_path / "other")
    save(fitted, tmp_path / "other")


def test_a_fit_that_was_stopped_while_an_older_one_was_replaced_can_be_written_again(tmp_path):
    fitted = fit_runs(runs_of(30), "mean", "linear")
    save(fitted, tmp_path / "FIT")
    (tmp_path / "FIT" / "predicted.png").write_bytes(b"")
    (tmp_path / "FIT" / "fit.json").unlink()

    save(fitted, tmp_path / "FIT")

    assert load(tmp_path / "FIT").regressor == "linear"


def test_a_fit_is_not_written_over_a_file(tmp_path):
    (tmp_path / "FIT").write_text("mine")

    with pytest.raises(MixtureError, match="FIT is a file"):
        claim(tmp_path / "FIT")


def test_what_is_no_fit_is_told(tmp_path):
    with pytest.raises(MixtureError, match="holds no fit"):
        load(tmp_path)
    save(fit_runs(runs_of(30), "mean", "linear"), tmp_path / "FIT")
    head = json.loads((tmp_path / "FIT" / "fit.json").read_text())
    (tmp_path / "FIT" / "fit.json").write_text(json.dumps(head | {"format": 99}))
    with pytest.raises(MixtureError, match="is a fit of format 99; this version reads 2"):
        load(tmp_path / "FIT")
