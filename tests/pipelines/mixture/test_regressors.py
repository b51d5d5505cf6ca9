import numpy as np
import pytest

from crawlsieve.pipelines.mixture.regression.regressors.choice import REGRESSORS
from crawlsieve.pipelines.mixture.regression.regressors.combined import Combined
from crawlsieve.pipelines.mixture.regression.regressors.gaussian_process import GaussianProcess, unlikelihood
from crawlsieve.pipelines.mixture.regression.regressors.trees import leaf_runs
from tests.pipelines.mixture.regmix import curved, weights_of


def straight(weights):
    return weights @ np.linspace(1, 3, weights.shape[1])


def test_least_squares_find_a_straight_law():
    fitted = REGRESSORS["linear"].fit(weights_of(30, 5), straight(weights_of(30, 5)))

    np.testing.assert_allclose(fitted.predict(weights_of(9, 5, 1)), straight(weights_of(9, 5, 1)), rtol=1e-9)


def test_the_mixing_law_is_found_from_its_own_losses():
    fitted = REGRESSORS["loglinear"].fit(weights_of(60, 5), curved(weights_of(60, 5)))

    np.testing.assert_allclose(fitted.predict(weights_of(9, 5, 1)), curved(weights_of(9, 5, 1)), rtol=1e-4)


def test_a_gaussian_process_interpolates():
    weights = weights_of(60, 4)
    fitted = REGRESSORS["gp"].fit(weights, curved(weights))

    assert np.abs(fitted.predict(weights) - curved(weights)).max() < 2e-3
    assert fitted.spread(weights).max() < 0.01
    assert fitted.spread(np.eye(4)).min() > 2 * fitted.spread(weights).max()


def test_trees_learn_steps():
    weights = weights_of(400, 3)
    loss = np.where(weights[:, 0] > 0.3, 2.0, 3.0)
    other = weights_of(50, 3, 1)
    clear = np.abs(other[:, 0] - 0.3) > 0.05

    found = REGRESSORS["lightgbm"].fit(weights, loss).predict(other)[clear]

    np.testing.assert_allclose(found, np.where(other[clear, 0] > 0.3, 2.0, 3.0), atol=0.02)


@pytest.mark.parametrize(("runs", "leaf"), [(32, 4), (128, 8), (319, 19), (320, 20), (512, 20)])
def test_leaves_are_regmix_s_where_there_are_runs_enough(runs, leaf):
    assert leaf_runs(runs) == leaf


@pytest.mark.parametrize("name", ["linear", "loglinear", "gp"])
def test_the_spread_covers_new_runs(name):
    law = straight if name == "linear" else curved
    noise = np.random.default_rng(5).normal(0, 0.05, 600)
    weights = weights_of(600, 4)
    fitted = REGRESSORS[name].fit(weights[:100], law(weights[:100]) + noise[:100])
    off = np.abs(fitted.predict(weights[100:]) - law(weights[100:]) - noise[100:])

    # the likeliest hyperparameters are surer than all likely ones together: 90 % rather than 95 %
    assert 0.88 < np.mean(off < 1.96 * fitted.spread(weights[100:])) < 0.99


@pytest.mark.parametrize("name", REGRESSORS)
def test_equal_runs_give_equal_fits_also_from_plain_data(name):
    weights, loss = weights_of(50, 3), curved(weights_of(50, 3))
    first, second = (REGRESSORS[name].fit(weights, loss) for _ in range(2))
    read = REGRESSORS[name].of_plain(first.plain())

    assert (first.predict(weights) == second.predict(weights)).all()
    assert (first.predict(weights) == read.predict(weights)).all()


@pytest.mark.parametrize("name", ["linear", "loglinear", "gp"])
def test_a_domain_that_no_run_has_is_neutral(name):
    weights = np.column_stack([weights_of(40, 3), np.zeros(40)])
    fitted = REGRESSORS[name].fit(weights, curved(weights))
    with_it = np.array([[0.3, 0.3, 0.3, 0.1]])

    assert curved(weights).min() < fitted.predict(with_it)[0] < curved(weights).max()


def test_our_gaussian_process_is_scikit_learn_s():
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

    weights, other = weights_of(40, 3), weights_of(7, 3, 1)
    loss = curved(weights) + 0.01 * np.random.default_rng(3).standard_normal(40)
    ours = GaussianProcess().fit(weights, loss)
    variance, noise, *lengths = np.exp(ours.logs)
    kernel = ConstantKernel(variance) * Matern(lengths, nu=2.5) + WhiteKernel(noise)
    theirs = GaussianProcessRegressor(kernel, normalize_y=True, optimizer=None, alpha=0).fit(np.sqrt(weights), loss)
    expected, spread = theirs.predict(np.sqrt(other), return_std=True)

    np.testing.assert_allclose(ours.predict(other), expected, rtol=1e-6)
    np.testing.assert_allclose(ours.spread(other), spread, rtol=1e-4)


def test_the_gradient_of_the_likelihood_is_its_slope():
    from scipy.optimize import check_grad

    roots = np.sqrt(weights_of(20, 3))
    squares = np.stack([np.subtract.outer(root, root).ravel() ** 2 for root in roots.T])
    wanted = np.random.default_rng(0).standard_normal(20)
    at = np.log([1.3, 0.2, 0.5, 0.7, 2.0])

    slope = unlikelihood(at, squares, wanted)[1]
    off = check_grad(lambda x: unlikelihood(x, squares, wanted)[0], lambda x: unlikelihood(x, squares, wanted)[1], at)

    assert off < 1e-5 * np.abs(slope).max()


def test_draws_scatter_as_the_posterior_says():
    weights, other = weights_of(12, 3), weights_of(20, 3, 1)
    fitted = GaussianProcess().fit(weights, curved(weights) + np.random.default_rng(2).normal(0, 0.1, 12))
    drawn = fitted.draws(other, 4000, 0)
    noise = np.exp(fitted.logs[1]) * fitted.loss.var()

    np.testing.assert_allclose(drawn.mean(axis=0), fitted.predict(other), atol=4 * fitted.loss.std() / 60)
    np.testing.assert_allclose(drawn.var(axis=0) + noise, fitted.spread(other) ** 2, rtol=0.1)
    assert (drawn == fitted.draws(other, 4000, 0)).all()


def test_parts_that_err_together_spread_more():
    weights = weights_of(12, 3)
    part = GaussianProcess().fit(weights, curved(weights) + np.random.default_rng(2).normal(0, 0.1, 12))
    shares, other = np.array([0.5, 0.5]), weights_of(5, 3, 1)
    together = Combined([part, part], shares, np.ones((2, 2)))
    apart = Combined([part, part], shares, np.eye(2))

    np.testing.assert_allclose(together.predict(other), part.predict(other))
    np.testing.assert_allclose(together.spread(other), part.spread(other))
    np.testing.assert_allclose(apart.spread(other), part.spread(other) / np.sqrt(2))
    np.testing.assert_allclose(
        together.draws(other, 4000, 0).std(axis=0) / apart.draws(other, 4000, 0).std(axis=0), np.sqrt(2), rtol=0.1
    )


def test_trees_know_no_spread_nor_do_their_sums():
    weights = weights_of(30, 3)
    part = REGRESSORS["lightgbm"].fit(weights, curved(weights))

    assert part.spread(weights) is None
    assert Combined([part, part], np.ones(2) / 2, np.eye(2)).spread(weights) is None
    assert Combined([part, part], np.ones(2) / 2, np.eye(2)).draws(weights, 3, 0) is None
