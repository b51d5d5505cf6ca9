"""What `--set` of `crawlsieve judge` means, and what it says to what it does not understand."""

import pytest
import yaml

from crawlsieve.pipelines.judge.asked import NO_BOUND, changed_recipe
from crawlsieve.pipelines.recipe.load import load
from crawlsieve.pipelines.recipe.order import key_of
from crawlsieve.stages.errors import RecipeError

MEASURE = {"measure": {"signals": ["gopher", "c4"]}}
ONE = [MEASURE, {"judge": {"rules": ["gopher_quality", "gopher_repetition"], "without": ["gopher_hashes"]}}]
TWO = [*ONE, {"judge": {"rules": ["gopher_quality@datatrove", "c4"]}}]


@pytest.fixture
def changed(tmp_path):
    """A function from steps and changes to the options of the judge steps."""

    def change(steps, *changes):
        place = tmp_path / "recipe.yaml"
        given = {"name": "a", "source": {"paths": ["a.jsonl"]}, "output": "out", "steps": steps}
        place.write_text(yaml.safe_dump(given))
        recipe = changed_recipe(load(str(place)), "a run", changes, "other")
        assert recipe.output == "other"
        return [named.step for named in recipe.chain if key_of(named.name) == "judge"]

    return change


def bounds(step, rule):
    return next((one.at_least, one.at_most) for one in step.resolved if one.name == rule)


@pytest.mark.parametrize(
    "key",
    [
        "gopher_quality.word_count",
        "gopher_quality@datatrove.word_count",
        "gopher_quality.gopher_word_count",
        "gopher_word_count",
        "word_count",
        "judge.gopher_word_count",
        "judge.gopher_quality.word_count",
    ],
)
def test_a_rule_is_named_by_itself_or_its_column_behind_its_set_or_not(changed, key):
    (step,) = changed(ONE, f"{key}.at_least=80")

    assert bounds(step, "gopher_word_count") == (80, 100_000)


def test_both_ends_of_a_rule_can_be_changed(changed):
    (step,) = changed(ONE, "gopher_word_count.at_least=80", "gopher_word_count.at_most=1_000")

    assert bounds(step, "gopher_word_count") == (80, 1000)


def test_an_end_that_the_recipe_has_overridden_stays(changed):
    steps = [MEASURE, {"judge": {"rules": ["gopher_quality"], "override": {"gopher_word_count": {"at_most": 500}}}}]

    assert bounds(changed(steps, "gopher_word_count.at_least=80")[0], "gopher_word_count") == (80, 500)


@pytest.mark.parametrize("word", ["none", "None", "null", "~"])
def test_none_lifts_a_bound_for_every_number(changed, word):
    (step,) = changed(ONE, f"gopher_word_count.at_least={word}", f"gopher_word_count.at_most={word}")

    assert bounds(step, "gopher_word_count") == (-NO_BOUND, NO_BOUND)


def test_rules_are_left_out(changed):
    (step,) = changed(ONE, "without=gopher_ellipses, gopher_bullet_lines", "without=gopher_stop_words")

    assert step.without == ("gopher_hashes", "gopher_ellipses", "gopher_bullet_lines", "gopher_stop_words")


def test_the_second_judge_is_named_by_its_step(changed):
    one, two = changed(TWO, "judge_2.gopher_quality.word_count.at_least=80", "judge_2.without=c4_sentences")

    assert bounds(one, "gopher_word_count") == (50, 100_000)
    assert bounds(two, "gopher_word_count") == (80, 100_000)
    assert two.without == ("c4_sentences",)


@pytest.mark.parametrize(
    ("steps", "change", "said"),
    [
        (ONE, "gopher_word_count.at_least", "write KEY=VALUE"),
        (
            ONE,
            "gopher_word_cont.at_least=1",
            "no rule 'gopher_word_cont'. Did you mean 'gopher_word_count'? Rules: gop",
        ),
        (ONE, "gopher_qualty.word_count.at_least=1", "no set 'gopher_qualty' judges. Did you mean 'gopher_quality'?"),
        (ONE, "c4.c4_sentences.at_least=1", "no set 'c4' judges. Sets: gopher_quality, gopher_repetition."),
        (ONE, "gopher_quality.word_coun.at_least=1", "Did you mean 'word_count'?"),
        (ONE, "gopher_word_count.atleast=1", "'atleast' is no end of a bound. Did you mean 'at_least'?"),
        (ONE, "at_least=1", "'at_least' is no end of a bound."),
        (ONE, "judge_2.gopher_word_count.at_least=1", "no set 'judge_2' judges."),
        (ONE, "a.b.c.d.at_least=1", "no end of a bound"),
        (ONE, "gopher_word_count.at_least=many", "a bound is a number, or 'none'"),
        (ONE, "gopher_word_count.at_least=true", "a bound is a number, or 'none'"),
        (ONE, "gopher_word_count.at_least=.nan", "a bound is a number, or 'none'"),
        (ONE, "gopher_word_count.at_least=.inf", "a bound is a number, or 'none'"),
        (ONE, "gopher_word_count.at_least=200_000", "gopher_word_count: nothing is at least 200000"),
        (ONE, "gopher_hashes.at_most=1", "leaves 'gopher_hashes' out"),
        (ONE, "without=gopher_hash", "no rule 'gopher_hash'. Did you mean 'gopher_hashes'?"),
        (
            TWO,
            "gopher_word_count.at_least=1",
            "judge.gopher_quality.gopher_word_count, judge_2.gopher_quality@datatrove.",
        ),
        (
            [MEASURE, {"judge": {"rules": ["c4"]}}],
            "without=c4_characters,c4_lorem_ipsum,c4_curly_bracket,c4_sentences",
            "no rule is left to judge by",
        ),
    ],
)
def test_what_names_no_rule_or_no_bound_is_told_what_does(changed, steps, change, said):
    with pytest.raises(RecipeError) as caught:
        changed(steps, change)

    assert said in str(caught.value)
