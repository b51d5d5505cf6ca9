"""The transformer. Needs PyTorch (extra `proxy`), which the development environment has not."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from crawlsieve.pipelines.mixture.proxy.settings import SIZES, Settings
from crawlsieve.pipelines.mixture.proxy.texts import VALID, texts_of
from crawlsieve.pipelines.mixture.proxy.tokens import prepare
from tests.pipelines.mixture.domain_folders import write_design, write_domains

torch = pytest.importorskip("torch")

from crawlsieve.pipelines.mixture.proxy import train as training  # noqa: E402 - imports torch
from crawlsieve.pipelines.mixture.proxy.model import Transformer  # noqa: E402

SMALL = replace(SIZES["tiny"], layers=1, width=32, heads=2, hidden=64, context=32)
SETTINGS = Settings(SMALL, steps=150, batch=8, rate=1e-2, device="cpu", windows=16, looks=3)


@pytest.fixture(scope="module")
def tokens(tmp_path_factory):
    folder = tmp_path_factory.mktemp("domains")
    texts = texts_of([str(write_domains(folder / "in"))], None, 0.1, 0)
    return prepare(texts, None, folder / "out", lambda _: None)


def trained(tokens, weights=(1.0, 0.0, 0.0), **changes):
    return training.train(replace(SETTINGS, **changes), tokens, tokens.domains, np.array(weights))


def unigram_entropy(tokens, domain):
    """In nats a byte."""
    share = np.bincount(tokens.of(domain, VALID)) / len(tokens.of(domain, VALID))
    return -(share[share > 0] * np.log(share[share > 0])).sum() / tokens.bytes_a_token(domain)


def test_a_model_learns_more_than_how_often_letters_are(tokens):
    found = trained(tokens)

    assert found.losses[0] < 0.8 * unigram_entropy(tokens, "cats")
    assert min(found.losses[1:]) > 2 * found.losses[0]
    assert [look.step for look in found.looks] == [50, 100, 150]
    assert found.looks[-1].losses == found.losses
    assert found.looks[0].losses[0] > found.losses[0]
    assert found.epochs[1:] == [0, 0]


def test_the_same_seed_is_the_same_loss_and_another_is_not(tokens):
    first, again, other = (trained(tokens, steps=20, seed=seed).losses for seed in (3, 3, 4))

    assert first == again
    assert first != other


@pytest.mark.parametrize("size", SIZES)
def test_a_first_model_knows_nothing_at_any_width(size):
    torch.manual_seed(0)
    model = Transformer(SIZES[size], 257)

    loss = model.loss(torch.randint(0, 257, (8, 65))).item()

    assert np.log(257) < loss < 2 * np.log(257)


def test_a_token_is_predicted_from_those_before_it_only():
    torch.manual_seed(0)
    model, tokens = Transformer(SMALL, 257), torch.randint(0, 257, (1, 32))
    changed = tokens.clone()
    changed[0, 20] = (changed[0, 20] + 1) % 257

    before, after = model(tokens), model(changed)

    assert torch.equal(before[0, :20], after[0, :20])
    assert not torch.allclose(before[0, 20:], after[0, 20:])


def test_a_loss_that_is_no_number_ends_the_run(tokens):
    found = trained(tokens, rate=float("inf"))

    assert found.diverged
    assert found.losses == []
    assert found.steps < SETTINGS.steps


def test_the_learning_rate_rises_then_falls():
    shares = [training.rate_share(step, 100) for step in range(1, 101)]

    assert shares[4] == 1
    assert shares[:5] == sorted(shares[:5])
    assert shares[4:] == sorted(shares[4:], reverse=True)
    assert shares[-1] == pytest.approx(training.LAST_RATE)


def test_what_was_killed_goes_on_with_the_same_losses(tmp_path):
    data, design = write_domains(tmp_path / "data"), write_design(tmp_path / "design.csv")

    def command(output):
        arguments = ["--data", data, "--output", tmp_path / output, "--steps", "60", "--workers", "1"]
        program = "import sys; from crawlsieve.pipelines.cli import main; main()"
        return [sys.executable, "-c", program, "mix", "train", str(design), *map(str, arguments)]

    with subprocess.Popen(command("killed"), stderr=subprocess.DEVNULL) as process:
        while not list((tmp_path / "killed" / "results").glob("*.json")):
            assert process.poll() is None
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
    done = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "killed" / "results").glob("*.json")}
    assert process.returncode != 0
    assert not (tmp_path / "killed" / "losses.csv").exists()

    told = subprocess.run(command("killed"), check=True, capture_output=True, text=True).stderr
    subprocess.run(command("whole"), check=True, capture_output=True)

    after = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "killed" / "results").glob("*.json")}
    assert f"{len(done)} of 4 runs are done already" in told
    assert len(after) == 4
    assert after | done == after
    assert (tmp_path / "killed" / "losses.csv").read_text() == (tmp_path / "whole" / "losses.csv").read_text()
    for path in (tmp_path / "killed" / "results").glob("*.json"):
        whole = tmp_path / "whole" / "results" / path.name
        assert json.loads(path.read_text())["losses"] == json.loads(whole.read_text())["losses"]
