import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlsieve.pipelines.mixture.proxy.grams import ask, count, table_for
from crawlsieve.pipelines.mixture.proxy.ngram import ORDERS, asked_of, count_domain, gathered, losses
from crawlsieve.pipelines.mixture.proxy.texts import TRAIN, texts_of
from crawlsieve.pipelines.mixture.proxy.tokens import prepare
from tests.pipelines.mixture.domain_folders import write_domains

TRAINED = 5_000


@pytest.fixture(scope="module")
def tokens(tmp_path_factory):
    folder = tmp_path_factory.mktemp("domains")
    texts = texts_of([str(write_domains(folder / "in"))], None, 0.1, 0)
    return prepare(texts, None, folder / "out", lambda _: None)


def count_domains(tokens, domains, count, length, orders=ORDERS):
    asked = asked_of(tokens, count, length, orders)
    return gathered(tokens, domains, count, length, [count_domain(tokens, name, asked) for name in domains])


def slow_counts(tokens, orders):
    """n-grams and contexts where there is a whole context, by tuple."""
    grams, contexts = Counter(), Counter()
    for i in range(orders - 1, len(tokens)):
        for k in range(orders):
            grams[tuple(tokens[i - k : i + 1])] += 1
            contexts[tuple(tokens[i - k : i])] += 1
    return grams, contexts


def slow_loss(counted, scales, windows, orders, vocabulary, strength):
    """The mean of -log of the recursion, token by token."""
    nats = []
    for window in windows.tolist():
        for i in range(orders - 1, len(window)):
            chance = 1 / vocabulary
            for k in range(orders):
                gram, context = tuple(window[i - k : i + 1]), tuple(window[i - k : i])
                both = sum(scale * one[gram] for scale, (one, _) in zip(scales, counted, strict=True))
                all_ = sum(scale * one[context] for scale, (_, one) in zip(scales, counted, strict=True))
                chance = (both + strength * chance) / (all_ + strength)
            nats.append(-math.log(chance))
    return math.fsum(nats) / len(nats)


@settings(deadline=None)  # the first call compiles
@given(st.lists(st.integers(0, 3), min_size=3, max_size=60), st.lists(st.integers(0, 3), min_size=0, max_size=60))
def test_what_is_asked_for_is_counted(asked, text):
    asked, text = np.array(asked), np.array(text, np.int64)
    table, slots = table_for(6 * len(asked)), np.empty((len(asked) - 2, 3, 2), np.int64)
    ask(asked, 3, table, slots)
    counts = np.zeros(len(table), np.int64)
    count(text, 3, table, counts)
    grams, contexts = slow_counts(text.tolist(), 3)

    for row, i in enumerate(range(2, len(asked))):
        for k in range(3):
            assert counts[slots[row, k, 0]] == contexts[tuple(asked[i - k : i].tolist())]
            assert counts[slots[row, k, 1]] == grams[tuple(asked[i - k : i + 1].tolist())]


def test_losses_are_those_of_the_slow_reading(tokens):
    names, orders = ("fish", "dogs"), 4
    windows = [tokens.windows(name, 3, 40) for name in tokens.domains]
    weights = np.array([[0.25, 0.75], [1.0, 0.0]])
    counted = [slow_counts(tokens.of(name, TRAIN).tolist(), orders) for name in names]

    found = losses(count_domains(tokens, names, 3, 40, orders), weights, TRAINED, 2.0)

    for row, mixture in enumerate(weights):
        scales = [w * TRAINED / len(tokens.of(name, TRAIN)) for name, w in zip(names, mixture, strict=True)]
        for column, name in enumerate(tokens.domains):
            slow = slow_loss(counted, scales, windows[column], orders, tokens.vocabulary, 2.0)
            assert found[row, column] == pytest.approx(slow / tokens.bytes_a_token(name), rel=1e-4)


def test_the_domain_itself_is_the_best_to_learn_it_from(tokens):
    found = losses(count_domains(tokens, tokens.domains, 20, 65), np.eye(3), TRAINED)

    assert found.argmin(axis=0).tolist() == [0, 1, 2]
    assert (np.diag(found) < 1).all()
    assert (found[~np.eye(3, dtype=bool)] > 2).all()


def test_blocks_of_positions_do_not_matter(tokens, monkeypatch):
    counted = count_domains(tokens, tokens.domains, 5, 40)
    weights = np.random.default_rng(0).dirichlet(np.ones(3), 7)
    whole = losses(counted, weights, TRAINED)
    monkeypatch.setattr("crawlsieve.pipelines.mixture.proxy.ngram.BLOCK", 70)

    assert losses(counted, weights, TRAINED) == pytest.approx(whole, rel=1e-6)
