"""What a recipe may say of near-duplicates, what it is told otherwise, and what `plan` prints of them."""

import pytest

from crawlsieve.dedup.bands import Bands, from_recall
from crawlsieve.pipelines.engines.options import LocalOptions
from crawlsieve.pipelines.plan_text import plan_text
from crawlsieve.pipelines.recipe.load import load
from crawlsieve.stages.errors import RecipeError
from crawlsieve.stages.near.keys import Verify

HEAD = "name: cc\nseed: 7\nsource: {paths: [a.jsonl]}\noutput: out\nsteps:\n"


@pytest.fixture
def near(tmp_path, monkeypatch):
    """Load a recipe with these steps."""
    monkeypatch.chdir(tmp_path)

    def loaded(steps):
        (tmp_path / "cc.yaml").write_text(HEAD + steps)
        return load("cc.yaml")

    return loaded


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("bands: 9", "'bands' and 'rows' go together: give both, or a 'threshold'."),
        ("bands: 9, rows: 13, threshold: 0.8", "'threshold' chooses bands and rows: give it, or 'bands', not both."),
        ("layout: fineweb, threshold: 0.8", "'threshold' chooses bands and rows: give it, or 'layout', not both."),
        ("recall: 0.9", "'recall' is that of pairs of a similarity: give this as 'threshold'."),
        ("layout: rpv2_0.6", "'layout' = 'rpv2_0.6': no such choice."),
        (
            "threshold: 0.01, recall: 0.9999",
            "no layout of 128 permutations finds 0.9999 of the pairs of similarity 0.01:"
            " 128 bands of 1 row find 0.724.",
        ),
        ("bands: 20, rows: 8, permutations: 128", "20 bands of 8 rows need 160 permutations, not 128."),
        (
            "method: lshbloom, verify: 0.8",
            "a Bloom filter holds nothing to verify with: use 'method: minhash_lsh', or no 'verify'.",
        ),
        ("verify: 1.5", "'verify' = 1.5: Input should be less than or equal to 1"),
        ("verify: {measure: jaccard, at_least: 0.8}", "'verify.measure' = 'jaccard': no such choice."),
        ("verify: {measure: exact}", "needs option 'verify.at_least'."),
        ("band: 14", "no option 'band'. Did you mean 'bands'?"),
        ("priority: [word_count]", "needs column 'word_count', which no step before it adds."),
    ],
)
def test_wrong_options_are_told(near, options, message):
    with pytest.raises(RecipeError) as caught:
        near(f"- near_duplicates: {{{options}}}\n")

    assert str(caught.value).startswith(f"cc.yaml step 1 (near_duplicates): {message}")


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (
            "- near_duplicates\n- exact_duplicates\n",
            "step 1 (near_duplicates): compares what is left of equal documents."
            " Move `exact_duplicates`, which costs less, before it.",
        ),
        (
            "- near_duplicates\n- redact\n",
            "step 1 (near_duplicates): compares what documents are in the end. Move it behind step 2 (redact).",
        ),
        (
            "- near_duplicates\n- near_duplicates\n",
            "step 2 (near_duplicates): step 1 is one already. Remove the other.",
        ),
        (
            "- exact_duplicates: {priority: [date]}\n- near_duplicates: {priority: [-date]}\n",
            "step 2 (near_duplicates): documents have one order, and an earlier step has priority [date]."
            " Write it in one place only.",
        ),
    ],
)
def test_steps_in_the_wrong_order_are_told(near, steps, message):
    with pytest.raises(RecipeError) as caught:
        near(steps)

    assert str(caught.value) == f"cc.yaml {message}"


@pytest.mark.parametrize(
    ("options", "layout", "permutations"),
    [
        ("{}", Bands(14, 8), 112),
        ("{bands: 9, rows: 13}", Bands(9, 13), 117),
        ("{bands: 9, rows: 13, permutations: 128}", Bands(9, 13), 128),
        ("{threshold: 0.8}", Bands(9, 13), 128),
        ("{threshold: 0.8, recall: 0.95}", from_recall(0.8, 0.95, 128), 128),
        ("{layout: rpv2_0.7}", Bands(14, 9), 128),
        ("{layout: fineweb}", Bands(14, 8), 128),
    ],
)
def test_bands_are_chosen_by_hand_or_by_a_threshold(near, options, layout, permutations):
    step = near(f"- near_duplicates: {options}\n").near

    assert step.banding == layout
    assert step.minhash.permutations == permutations
    assert step.seed == 7


def test_a_number_to_verify_is_the_smallest_estimated_similarity(near):
    assert near("- near_duplicates: {verify: 0.8}\n").near.verification == Verify(at_least=0.8)
    assert near("- near_duplicates: {verify: 1}\n").near.verification == Verify(at_least=1.0)


def test_either_step_may_name_the_one_order(near):
    for steps in (
        "- exact_duplicates: {priority: [date]}\n- near_duplicates\n",
        "- exact_duplicates\n- near_duplicates: {priority: [date]}\n",
        "- exact_duplicates: {priority: [date]}\n- near_duplicates: {priority: [date]}\n",
    ):
        assert near(steps).near is not None


def test_the_plan_prints_the_curve(near):
    text = plan_text(near("- exact_duplicates\n- near_duplicates\n"), [], "new", LocalOptions(workers=1))

    assert "then near-duplicates (minhash_lsh, 14 bands of 8, 5 words a shingle); keys only, no text" in text
    assert (
        "near-duplicates found, by Jaccard similarity: 5.3% at 0.5, 21.1% at 0.6, 56.5% at 0.7, 92.4% at 0.8," in text
    )


def test_the_plan_names_the_history_between_exact_and_near_duplicates(near):
    text = plan_text(
        near("- exact_duplicates\n- near_duplicates: {history: s3://corpus/history}\n"),
        [],
        "new",
        LocalOptions(workers=1),
    )

    assert "then equal text, then published before (s3://corpus/history), then near-duplicates (" in text
