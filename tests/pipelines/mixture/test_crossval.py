from dataclasses import replace

import numpy as np
import pytest

from crawlsieve.pipelines.mixture.regression import fit as fit_module
from crawlsieve.pipelines.mixture.regression.calibration import NORMAL, extra_spread
from crawlsieve.pipelines.mixture.regression.crossval import (
    BASELINE,
    _resampled_spearman,
    bootstrap_interval,
    by_best_domain,
    fold_numbers,
    pearson,
    ranked_by,
    repeats_of,
    spearman,
    unseen,
)
from crawlsieve.pipelines.mixture.regression.fit import fit_runs
from crawlsieve.pipelines.mixture.regression.regressors.choice import REGRESSORS
from crawlsieve.pipelines.mixture.regression.runs import read_runs
from tests.pipelines.mixture.regmix import LOSSES, MIXTURES, curved, runs_of, weights_of


@pytest.mark.parametrize("runs", [10, 24, 25, 63, 512])
def test_each_run_is_in_one_fold_and_folds_are_even(runs):
    folds = fold_numbers(runs, 0, 4)

    for row in folds:
        sizes = np.bincount(row)
        assert sizes.sum() == runs
        assert sizes.max() - sizes.min() <= 1
        assert sizes.min() >= 5
    assert not (folds[0] == folds[1]).all()
    assert (folds == fold_numbers(runs, 0, 4)).all()


@pytest.mark.parametrize(("runs", "metrics", "repeats"), [(32, 1, 5), (128, 13, 3), (512, 1, 3), (512, 13, 1)])
def test_few_runs_are_checked_more_often(runs, metrics, repeats):
    assert repeats_of(runs, metrics) == repeats


@pytest.mark.parametrize("name", [*REGRESSORS, BASELINE])
def test_a_run_s_own_loss_does_not_reach_its_prediction(name):
    weights, loss = weights_of(40, 3), curved(weights_of(40, 3))
    folds = fold_numbers(40, 0, 1)
    out = folds[0] == 2
    changed = np.where(out, 1e3 + np.arange(40), loss)

    assert (unseen(name, weights, loss, folds)[0][0, out] == unseen(name, weights, changed, folds)[0][0, out]).all()


@pytest.mark.parametrize("name", [*REGRESSORS, BASELINE])
def test_shuffled_losses_cannot_be_ranked(name):
    weights = weights_of(100, 4)
    values = []
    for seed in range(2 if name == "gp" else 4):
        loss = np.random.default_rng(seed).permutation(curved(weights))
        folds = fold_numbers(100, seed, 1)
        values.append(ranked_by(name, unseen(name, weights, loss, folds)[0], loss, folds).spearman)

    assert abs(np.mean(values)) < 0.2


def test_the_baseline_ranks_by_one_domain_s_weight_of_either_sign():
    weights = weights_of(50, 3)

    assert spearman(by_best_domain(weights, -weights[:, 1], weights), -weights[:, 1]) == pytest.approx(1)
    assert spearman(by_best_domain(weights, weights[:, 2] ** 3, weights), weights[:, 2]) == pytest.approx(1)


def test_correlations_are_scipy_s_and_0_of_a_constant():
    from scipy.stats import pearsonr, spearmanr

    a, b = np.random.default_rng(0).integers(0, 9, (2, 30)).astype(float)

    assert spearman(a, b) == pytest.approx(spearmanr(a, b).statistic)
    assert pearson(a, b) == pytest.approx(pearsonr(a, b).statistic)
    assert spearman(a, np.ones(30)) == 0


def test_resampled_correlations_are_those_of_repeated_values():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 6, 12).astype(float), rng.standard_normal(12)
    counts = rng.multinomial(12, np.full(12, 1 / 12), 5)
    expected = [spearman(np.repeat(a, row), np.repeat(b, row)) for row in counts]

    np.testing.assert_allclose(_resampled_spearman(a, b, counts.astype(float)), expected)


def test_the_interval_holds_the_figure_and_narrows_with_runs():
    widths = []
    for runs in (40, 400):
        rng = np.random.default_rng(1)
        loss = rng.standard_normal(runs)
        folds = fold_numbers(runs, 0, 2)
        ranked = ranked_by("some", np.stack([loss + rng.standard_normal(runs)] * 2), loss, folds)
        low, high = bootstrap_interval(ranked, loss, folds, 0)
        assert low < ranked.spearman < high
        widths.append(high - low)

    assert widths[1] < 0.5 * widths[0]


def test_intervals_are_widened_to_hold_95_percent_of_held_out_runs():
    rng = np.random.default_rng(3)
    errors, spreads = 3 * rng.standard_normal((1, 4000)), np.ones((1, 4000))
    extra = extra_spread(errors, spreads)

    assert np.hypot(extra, 1) == pytest.approx(3, rel=0.05)
    assert np.mean(np.abs(errors) <= NORMAL * np.hypot(extra, spreads)) == pytest.approx(0.95, abs=0.002)
    assert extra_spread(errors, 4 * spreads) == 0
    assert extra_spread(errors[:, :12], 0 * spreads[:, :12]) == pytest.approx(np.abs(errors[:, :12]).max() / NORMAL)
    assert extra_spread(np.zeros((2, 30)), np.zeros((2, 30))) == 0


def test_fits_that_are_sure_of_nonsense_do_not_widen_all_others_alike():
    errors = np.random.default_rng(3).standard_normal((1, 1000))
    spreads = np.where(np.arange(1000) % 8 == 0, 1e-6, 1.0)[None]

    assert extra_spread(errors, spreads) < 1.2


def test_a_process_of_few_runs_says_95_percent_and_holds_it():
    """Fitted to 40 of 300 runs; without widening it is too sure."""
    held = {True: [], False: []}
    for seed in range(4):
        runs = runs_of(300, 6, seed, noise=0.02)
        runs = replace(runs, losses=runs.losses + 0.3 * np.sin(9 * runs.weights[:, :2]))
        few = replace(runs, index=runs.index[:40], weights=runs.weights[:40], losses=runs.losses[:40])
        fit = fit_runs(few, "mean", "gp")
        for widened, model in ((True, fit.surrogate), (False, fit.surrogate.model)):
            off = np.abs(model.predict(runs.weights[40:]) - runs.losses[40:].mean(axis=1))
            held[widened].append(np.mean(off < NORMAL * model.spread(runs.weights[40:])))

    assert np.mean(held[False]) < 0.93
    assert 0.93 < np.mean(held[True]) < 0.99


def test_auto_takes_what_ranks_the_metrics_best_by_themselves(monkeypatch):
    """Ranks of the mean are one figure, which may be good by chance; those of the metrics are several."""
    runs = runs_of(40)
    off = np.random.default_rng(0).normal(0, 0.02, 40)

    def made_up(name, _, loss, folds):
        row = runs.losses.mean(axis=1) if name == "linear" else loss + off
        return np.tile(row, (len(folds), 1)), None

    monkeypatch.setattr(fit_module, "unseen", made_up)
    found = fit_runs(runs, "mean")

    assert found.checks[0].name == "linear"
    assert found.checks[0].spearman > found.check.spearman
    assert found.regressor != "linear"


@pytest.mark.shared
@pytest.mark.skipif(not MIXTURES.exists(), reason="needs ../shared")
def test_on_published_runs_the_process_ranks_best_and_a_line_less_well():
    runs = read_runs(str(MIXTURES), str(LOSSES))
    loss = runs.losses[:, runs.metrics.index("metric/the_pile_pile_cc_val_loss")]
    folds = fold_numbers(512, 0, 1)
    found = {
        name: ranked_by(name, unseen(name, runs.weights, loss, folds)[0], loss, folds).spearman
        for name in (*REGRESSORS, BASELINE)
    }

    assert found["gp"] >= 0.98
    assert found["gp"] > found["lightgbm"] > 0.97
    assert 0.93 < found["loglinear"] < found["lightgbm"]
    assert 0.85 < found["linear"] < 0.92
    assert 0.80 < found[BASELINE] < found["linear"]
