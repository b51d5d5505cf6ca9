"""What a wrong file and a wrong `--set` are told, word for word."""

import pytest

from crawlsieve.pipelines.recipe.load import load
from tests.pipelines.recipe.told import OPTIONS, told

pytestmark = pytest.mark.usefixtures("small_steps")

ANYTHING = "- measure: {signals: [gopher]}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "cc.yaml line 3: 'a' is given twice; the first is in line 1."),
        (
            "steps:\n- extract: {engine: a, engine: b}\n",
            "cc.yaml line 2: 'engine' is given twice; the first is in line 2.",
        ),
        (
            "a:\n\t- b",
            "cc.yaml line 2, column 1: found character '\\t' that cannot start any token while scanning for the next "
            "token. Indent with spaces, not with tabs.",
        ),
        (
            "a: [b",
            "cc.yaml line 1, column 6: expected ',' or ']', but got '<stream end>' while parsing a flow sequence that "
            "begins in line 1.",
        ),
        (
            "name: cc: en",
            "cc.yaml line 1, column 9: mapping values are not allowed here. "
            "Indent the keys of one mapping alike; quote a value that holds ': '.",
        ),
        (
            "a: @b",
            "cc.yaml line 1, column 4: found character '@' that cannot start any token while scanning for the next "
            "token. Quote a value that begins with a sign.",
        ),
        ("a: 1\n---\nb: 2\n", "cc.yaml line 2, column 1: a recipe is one document, and a second one begins here."),
        ("1: b\n", "cc.yaml line 1: a key has to be text; write it in quotes if it looks otherwise."),
        ("? [a]\n: b\n", "cc.yaml line 1: a key has to be text; write it in quotes if it looks otherwise."),
        (
            "a: !!python/object:os.system x\n",
            "cc.yaml line 1: tags (tag:yaml.org,2002:python/object:os.system) are not used in recipes.",
        ),
        ("a: !env HOME\n", "cc.yaml line 1: tags (!env) are not used in recipes."),
        ("a: &x\n- *x\n", "cc.yaml line 1: what the anchor here names contains itself."),
        ("a: *x\n", "cc.yaml line 1, column 4: found undefined alias 'x'."),
        ("a: b\n\x07\n", "cc.yaml line 2: the character #x0007 is not allowed."),
        ("[" * 5000, "cc.yaml: nested too deeply for a recipe."),
    ],
)
def test_a_file_that_is_no_yaml_is_told_where(write, text, message):
    assert told(load, write(head=text)) == message


def test_a_file_that_is_not_there_is_told_with_the_nearest_recipe(write):
    write(name="cc_en.yaml")

    assert told(load, "cc_em.yaml") == "cc_em.yaml: no such file. Did you mean 'cc_en.yaml'?"
    assert told(load, "none/cc.yaml") == "none/cc.yaml: no such file."


def test_a_folder_is_told_with_the_recipes_in_it(write, tmp_path):
    write()
    (tmp_path / "empty").mkdir()

    assert told(load, ".") == ".: a folder, not a recipe. Recipes in it: cc.yaml."
    assert told(load, "empty") == "empty: a folder, not a recipe. Recipes in it: none."


def test_a_file_that_is_no_text_is_told(write, tmp_path):
    write()
    (tmp_path / "a.warc.gz").write_bytes(b"\x1f\x8b\x08")
    (tmp_path / "big.warc").write_bytes(b" " * ((1 << 20) + 1))

    assert told(load, "a.warc.gz") == "a.warc.gz: no UTF-8 text (byte 1). A recipe is a YAML file."
    assert told(load, "big.warc") == "big.warc: 1,048,577 bytes are no recipe. A recipe is a YAML file."
    assert told(load, "cc.yaml/x") == "cc.yaml/x: cannot be read: Not a directory."


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("surce.paths", "a", f"--set surce.paths: no option 'surce'. Did you mean 'source'? {OPTIONS}"),
        ("steps", "[]", "--set steps: name a step and its option, as in steps.language.at_least."),
        ("steps.measure", "x", "--set steps.measure: name a step and its option, as in steps.language.at_least."),
        (
            "steps.mesure.signals",
            "c4",
            "--set steps.mesure.signals: the recipe has no step 'mesure'. Did you mean 'measure'? Steps: measure.",
        ),
        (
            "steps.measure.prefx",
            "raw_",
            "--set steps.measure.prefx: no option 'prefx'. Did you mean 'prefix'? Options: signals, prefix.",
        ),
        (
            "steps.measure.signals",
            "c4,gofer",
            "--set steps.measure.signals: 'signals[1]' = 'gofer': no such choice. Did you mean 'gopher'? "
            "Choices: gopher, c4.",
        ),
        ("seed", "x", "--set seed: 'seed' = 'x': Input should be a valid integer."),
        ("source", "x", "--set source: 'source' = 'x': Input should be a mapping."),
        ("name.x", "1", "--set name.x: 'name' = 'cc' has no options."),
        (
            "steps.measure.signals",
            "[c4",
            "--set steps.measure.signals line 1, column 4: expected ',' or ']', but got '<stream end>' while parsing a "
            "flow sequence that begins in line 1.",
        ),
    ],
)
def test_a_wrong_change_is_told_as_it_was_typed(loaded, key, value, message):
    assert told(loaded, ANYTHING, {key: value}) == message


def test_a_change_to_a_recipe_without_steps_is_told(loaded):
    head = "name: cc\nsource: {paths: [a]}\noutput: out\n"

    assert told(loaded, "", {"steps.judge.lines": "3"}, head) == (
        "--set steps.judge.lines: the recipe has no step 'judge'. Steps: none."
    )


def test_a_change_to_a_step_without_options_is_told(loaded):
    head = "name: cc\nsource: {paths: [a]}\noutput: out\n"

    assert told(loaded, "- judge: 5\n", {"steps.judge.lines": "3"}, head) == (
        "--set steps.judge.lines: the options of 'judge' are a mapping, `judge: {option: value}`; this is 5."
    )
