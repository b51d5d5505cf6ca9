import numpy as np
import pytest

from crawlsieve.pipelines.mixture.recommendation.budget import Budget, budget_of, read_by_domain
from crawlsieve.pipelines.mixture.recommendation.loss_curve import loss_curve, mixture_loss
from crawlsieve.pipelines.mixture.recommendation.repetition import PUBLISHED, effective_tokens
from crawlsieve.pipelines.mixture.recommendation.repetition_fit import (
    DATA,
    LEVEL,
    Trained,
    agreement,
    before_overfitting,
    refit,
)
from crawlsieve.pipelines.mixture.regression.tables import MixtureError
from tests.pipelines.mixture.regmix import csv_of

DOMAINS = ("web", "books", "code")


@pytest.mark.parametrize(
    ("parameters", "tokens", "unique", "loss"),
    [(6.34e9, 242e9, 25e9, 2.2256440889984477), (8.67e9, 178e9, 25e9, 2.2269634075087867)],
)
def test_the_law_gives_its_authors_losses(parameters, tokens, unique, loss):
    assert float(PUBLISHED.loss(parameters, tokens, unique)) == pytest.approx(loss, rel=1e-12)


def test_the_best_use_of_a_budget_is_its_authors():
    """1e22 FLOP (6 N D) and 25e9 unique tokens: 7.02e9 parameters, 237.3e9 tokens, 9.49 epochs."""
    parameters = np.geomspace(1e9, 5e10, 200_001)
    tokens = 1e22 / 6 / parameters
    best = int(np.argmin(PUBLISHED.loss(parameters, tokens, 25e9)))

    assert tokens[best] == pytest.approx(237.3e9, rel=1e-3)
    assert tokens[best] / 25e9 == pytest.approx(9.49, rel=1e-3)
    assert parameters[best] == pytest.approx(7.02e9, rel=1e-3)


def test_the_first_epoch_is_all_new_and_later_ones_are_worth_ever_less():
    unique = np.full(100, 7.0)
    tokens = 7.0 * np.arange(1, 101)
    worth = effective_tokens(unique, tokens)

    assert worth[0] == 7
    assert (np.diff(worth) > 0).all()
    assert (np.diff(worth, 2) < 0).all()
    assert worth[3] / tokens[3] == pytest.approx(0.93, abs=0.01)
    assert worth[-1] < 7 * (1 + PUBLISHED.data_decay)


def test_fewer_tokens_than_there_are_count_as_they_are_and_none_as_none():
    assert effective_tokens(np.array([10.0, 10, 0]), np.array([3.0, 0, 5])).tolist() == [3, 0, 0]


def test_a_cap_is_what_repetition_allows():
    budget = Budget(100.0, np.array([50.0, 10, 5]), 2.0)

    assert budget.caps.tolist() == [1, 0.2, 0.1]
    assert budget.epochs(np.array([0.7, 0.2, 0.1])).tolist() == pytest.approx([1.4, 2, 2])


def test_more_tokens_than_repetition_allows_are_told_with_the_numbers():
    with pytest.raises(MixtureError) as told:
        _ = Budget(1000.0, np.array([50.0, 10, 5]), 4.0).caps

    assert "1,000 tokens are asked. 65 unique ones, each seen at most 4 times, make 260." in str(told.value)
    assert "allow 15.39 epochs or more" in str(told.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((1e9, None, None), "--tokens (to train on) and --unique"),
        ((None, "U.csv", None), "--tokens (to train on) and --unique"),
        ((None, None, 4.0), "--tokens (to train on) and --unique"),
        ((1e9, "U.csv", 0.0), "--max-epochs 0: it must be a number above 0"),
        ((float("inf"), "U.csv", None), "--tokens inf: it must be a number above 0"),
        ((float("nan"), "U.csv", None), "--tokens nan: it must be a number above 0"),
    ],
)
def test_options_of_repetition_belong_together_and_are_numbers(tmp_path, monkeypatch, given, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "U.csv").write_text("domain,tokens\nweb,1\nbooks,2\ncode,3\n")
    with pytest.raises(MixtureError) as told:
        budget_of(*given, DOMAINS)

    assert said in str(told.value)
    assert budget_of(None, None, None, DOMAINS) is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("U.csv", "domain,documents,tokens\ncode,1,3\nweb,1,1\nbooks,1,2\n"),
        ("U.csv", "domain,share\nweb,1\nbooks,2\ncode,3\n"),
        ("U.yaml", "web: 1\nbooks: 2\ncode: 3\n"),
        ("U.yaml", "train: {web: 1, books: 2.0, code: 3}\nmodel_name: tiny\n"),
        ("U.yml", "weights: {code: 3, web: 1, books: 2}\n"),
    ],
)
def test_numbers_by_domain_come_from_a_table_or_yaml(tmp_path, name, text):
    (tmp_path / name).write_text(text)

    assert read_by_domain(str(tmp_path / name), DOMAINS).tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "U.csv",
            "domain,tokens\nweb,1\nbook,2\ncode,3\n",
            "it lacks books; the fit knows no book. Did you mean 'books'?",
        ),
        ("U.csv", "domain,tokens\nweb,1\nbooks,-2\ncode,3\n", "books is '-2'. A number that is 0 or more is needed"),
        ("U.csv", "domain,tokens\nweb,0\nbooks,0\ncode,0\n", "all 3 domains are 0"),
        ("U.csv", "domain,tokens\nweb,1\nweb,1\nbooks,0\ncode,0\n", "a domain more than once: web, web"),
        ("U.csv", "name,tokens\nweb,1\n", "needs the columns 'domain' and 'tokens'. Its columns: name, tokens."),
        ("U.csv", "", "cannot be read"),
        ("U.yaml", "web: [", "is no YAML"),
        ("U.yaml", "- web\n", "a number for each domain is needed"),
        ("U.yaml", "{web: many, books: 1, code: 1}", "web is 'many'"),
    ],
)
def test_what_is_no_number_by_domain_is_told(tmp_path, name, text, said):
    (tmp_path / name).write_text(text)

    with pytest.raises(MixtureError) as told:
        read_by_domain(str(tmp_path / name), DOMAINS)

    assert said in str(told.value)


def made_up(data_decay):
    from dataclasses import replace

    parameters, unique, epochs = (
        one.ravel() for one in np.meshgrid([1e8, 1e9, 8e9], [1e9, 1e10], [1, 2, 4, 8, 16, 32])
    )
    law = replace(PUBLISHED, data_decay=data_decay, e=0.7)
    return Trained(parameters, unique * epochs, unique, law.loss(parameters, unique * epochs, unique))


def test_constants_are_found_from_their_own_losses():
    found = refit(made_up(25.0), (*LEVEL, *DATA))

    assert found.data_decay == pytest.approx(25.0, rel=1e-3)
    assert found.parameters_decay == pytest.approx(PUBLISHED.parameters_decay, rel=1e-2)
    assert found.e == pytest.approx(0.7, rel=1e-4)


def test_agreement_is_r_squared_error_and_its_mean():
    trained = made_up(PUBLISHED.data_decay)
    shift = float(np.exp(0.7) - np.exp(PUBLISHED.e))
    found = agreement(PUBLISHED, trained)

    assert (found.rmse, found.bias) == pytest.approx((shift, shift))
    assert found.r_squared == pytest.approx(1 - shift**2 / trained.loss.var())


def test_runs_past_their_lowest_loss_are_not_the_law_s():
    trained = Trained(np.full(4, 1e9), np.array([1.0, 2, 3, 4]) * 1e9, np.full(4, 1e9), np.array([4.0, 3, 3.5, 5]))

    assert before_overfitting(trained).tolist() == [True, True, False, False]


def test_a_mixture_of_one_domain_or_of_equal_epochs_has_the_paper_s_loss():
    tokens, one, three = np.array([1e9, 25e9, 242e9]), np.array([25e9]), np.array([5e9, 15e9, 5e9])
    paper = PUBLISHED.loss(6.34e9, tokens, 25e9)

    np.testing.assert_allclose(mixture_loss(PUBLISHED, 6.34e9, tokens, np.ones(1), one), paper, rtol=1e-12)
    np.testing.assert_allclose(mixture_loss(PUBLISHED, 6.34e9, tokens, three / 25e9, three), paper, rtol=1e-12)


def test_a_mixture_that_repeats_one_domain_more_has_a_higher_loss():
    unique = np.array([5e9, 20e9])
    even, uneven = (
        mixture_loss(PUBLISHED, 1e9, np.array([100e9]), np.array(one), unique) for one in ([0.2, 0.8], [0.6, 0.4])
    )

    assert uneven > even


def test_a_curve_of_loss_has_its_budget_in_the_middle_and_the_domain_that_is_seen_most():
    curve = loss_curve(Budget(50e9, np.array([20e9, 3e9, 0]), 8.0), np.array([0.7, 0.3, 0.0]))

    assert curve.most_seen == 1
    assert curve.tokens[64] == 50e9
    assert curve.epochs[64] == pytest.approx(5.0)
    assert curve.epochs[[0, -1]] == pytest.approx([5 / 16, 80])
    assert curve.parameters == pytest.approx(float(PUBLISHED.fitting_parameters(np.array(50e9))))
    assert (np.diff(curve.loss) < 0).all()
    assert (curve.loss >= curve.new - 1e-12).all()
    assert curve.loss[0] == pytest.approx(curve.new[0])  # nothing is repeated yet
    assert curve.at_budget == (curve.loss[64], curve.new[64])
    assert loss_curve(Budget(50e9, np.ones(1) * 1e10, 8.0, 7e9), np.ones(1)).parameters == 7e9


def test_a_csv_without_any_domain_is_told(tmp_path):
    with pytest.raises(MixtureError, match="needs the columns"):
        read_by_domain(csv_of(tmp_path / "U.csv", ["index", "a", "b"], [[1, 2, 3]]), DOMAINS)
