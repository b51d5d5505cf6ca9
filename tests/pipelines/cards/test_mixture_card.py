"""A weighted dataset has the same cards as a run."""

import json

import pytest
from huggingface_hub import metadata_load

from crawlsieve.pipelines.cards.command import rewrite_cards
from tests.pipelines.cards.made import body, croissant
from tests.pipelines.mixture.slow import applied, corpus, rows, write

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def mixture(tmp_path):
    """Two domains, of which one is seen more than once and has a hostile name."""
    made = corpus(**{"a|<b>": [40] * 5, "web": [60] * 20})
    shares = {"a|<b>": 0.5, "web": 0.5}
    runs = write(tmp_path, made)
    again = lambda: applied(tmp_path / "mix", runs, weights=shares, tokens=600)  # noqa: E731 - one line, called twice
    again()
    return tmp_path / "mix", again


def test_a_mixture_has_a_card_with_its_shares(mixture):
    run, _ = mixture

    said = metadata_load(run / "README.md")
    assert said["dataset_info"][0]["splits"][0]["num_examples"] == len(rows(run))
    assert [column["name"] for column in said["dataset_info"][0]["features"]][-2:] == ["domain", "epoch"]
    assert "| a\\|&lt;b&gt; | 0.5 | " in body(run)
    assert "## Rules and reasons" not in body(run)
    assert "crawlsieve mix apply" in body(run)


def test_croissant_reads_the_copies(mixture):
    import mlcroissant

    run, _ = mixture
    found = mlcroissant.Dataset(jsonld=str(run / "croissant.json"))

    copies = [
        (record["documents/id"].decode(), int(record["documents/epoch"])) for record in found.records("documents")
    ]
    assert copies == [(identity, epoch) for identity, _, epoch in rows(run)]
    assert found.metadata.ctx.issues.errors == set()


def test_what_the_command_card_said_stays_and_a_lost_card_comes_back(mixture):
    run, again = mixture
    rewrite_cards(str(run), {"card.license": "mit"})
    before = croissant(run)
    (run / "croissant.json").unlink()

    again()

    assert croissant(run) == before
    assert before["license"] == "mit"
    assert json.loads((run / "manifest.json").read_text())["recipe"]["card"]["license"] == "mit"
