"""What a wrong recipe is told, word for word."""

import pytest

from crawlsieve.pipelines.recipe.load import load
from crawlsieve.stages.errors import RecipeError

pytestmark = pytest.mark.usefixtures("small_steps")

ANYTHING = "- measure: {signals: [gopher]}\n"
OPTIONS = "Options: name, seed, source, output, keep_rejected, steps."


def told(act, *given, **named):
    with pytest.raises(RecipeError) as caught:
        act(*given, **named)
    return str(caught.value)


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (
            "- language: {keeep: [en]}",
            "cc.yaml: 2 problems.\n"
            "  cc.yaml step 1 (language): needs option 'keep'. Options: keep, at_least, model.\n"
            "  cc.yaml step 1 (language): no option 'keeep'. Did you mean 'keep'? Options: keep, at_least, model.",
        ),
        (
            "- judge: {line: 3}",
            "cc.yaml step 1 (judge): no option 'line'. Did you mean 'lines'? "
            "Options: rules, bounds, limit, lines, strict.",
        ),
        ("- judge: {xyz: 3}", "cc.yaml step 1 (judge): no option 'xyz'. Options: rules, bounds, limit, lines, strict."),
        (
            "- judge: {lines: '14'}",
            "cc.yaml step 1 (judge): 'lines' = '14': Input should be a valid integer. Write 14.",
        ),
        (
            "- judge: {lines: 1e3}",
            "cc.yaml step 1 (judge): 'lines' = 1000.0: Input should be a valid integer. Write 1000.",
        ),
        (
            "- judge: {lines: 010}",
            "cc.yaml step 1 (judge): 'lines' = '010': Input should be a valid integer. Write 10.",
        ),
        ("- judge: {lines: 10:30}", "cc.yaml step 1 (judge): 'lines' = '10:30': Input should be a valid integer."),
        ("- judge: {lines: 1.5}", "cc.yaml step 1 (judge): 'lines' = 1.5: Input should be a valid integer."),
        ("- judge: {lines: true}", "cc.yaml step 1 (judge): 'lines' = true: Input should be a valid integer."),
        ("- judge: {lines: .inf}", "cc.yaml step 1 (judge): 'lines' = Infinity: Input should be a valid integer."),
        ("- judge: {lines: 0}", "cc.yaml step 1 (judge): 'lines' = 0: Input should be greater than or equal to 1."),
        (
            "- judge: {strict: yes}",
            "cc.yaml step 1 (judge): 'strict' = 'yes': Input should be a valid boolean. Write true.",
        ),
        (
            "- judge: {strict: off}",
            "cc.yaml step 1 (judge): 'strict' = 'off': Input should be a valid boolean. Write false.",
        ),
        ("- judge: {strict: maybe}", "cc.yaml step 1 (judge): 'strict' = 'maybe': Input should be a valid boolean."),
        ("- judge: {strict: }", "cc.yaml step 1 (judge): 'strict' = null: Input should be a valid boolean."),
        (
            "- judge: {rules: [gophr]}",
            "cc.yaml step 1 (judge): 'rules[0]' = 'gophr': no such choice. Did you mean 'gopher'? Choices: gopher, c4.",
        ),
        ("- judge: {rules: c4}", "cc.yaml step 1 (judge): 'rules' = 'c4': Input should be a list. Write [c4]."),
        ("- judge: {rules: {c4: 1}}", "cc.yaml step 1 (judge): 'rules' = {\"c4\": 1}: Input should be a list."),
        (
            "- judge: {rules: [c4], bounds: [{column: x}]}",
            "cc.yaml step 1 (judge): give either 'rules' or 'bounds'.",
        ),
        ("- judge: {lines: 99}", "cc.yaml step 1 (judge): needs a package that is not installed."),
        (
            "- judge: {bounds: [{column: x, at_most: 3}]}",
            "cc.yaml step 1 (judge): no option 'bounds[0].at_most'. Did you mean 'at_least'? "
            "Options: column, at_least.",
        ),
        (
            "- judge: {bounds: [{}]}",
            "cc.yaml step 1 (judge): needs option 'bounds[0].column'. Options: column, at_least.",
        ),
        (
            "- judge: {bounds: [{column: x, at_least: '1_0.5'}]}",
            "cc.yaml step 1 (judge): 'bounds[0].at_least' = '1_0.5': Input should be a valid number. Write 10.5.",
        ),
        (
            "- judge: {bounds: [{column: x, at_least: many}]}",
            "cc.yaml step 1 (judge): 'bounds[0].at_least' = 'many': Input should be a valid number.",
        ),
        (
            "- judge: {limit: x}",
            "cc.yaml step 1 (judge): 'limit' = 'x': Input should be a valid integer or a mapping of options.",
        ),
        ("- judge: {limit: {}}", "cc.yaml step 1 (judge): needs option 'limit.column'. Options: column, at_least."),
        (
            "- language: {keep: [en], at_least: 65}",
            "cc.yaml step 1 (language): 'at_least' = 65: Input should be less than or equal to 1.",
        ),
        (
            "- language: {keep: [en], at_least: .nan}",
            "cc.yaml step 1 (language): 'at_least' = NaN: Input should be a finite number.",
        ),
        (
            "- language: {keep: [false]}",
            "cc.yaml step 1 (language): 'keep[0]' = false: Input should be a valid string. "
            "Write it in quotes: 'false' (Norwegian is a plain no).",
        ),
        (
            "- language: {keep: [en, 7]}",
            "cc.yaml step 1 (language): 'keep[1]' = 7: Input should be a valid string. Write it in quotes: '7'.",
        ),
        (
            '- language: {keep: ["\\uD800"]}',
            "cc.yaml step 1 (language): a value holds characters that are not Unicode text.",
        ),
        (
            f"- language: {{keep: {'x' * 99}}}",
            f"cc.yaml step 1 (language): 'keep' = '{'x' * 56}...: Input should be a list. Write [{'x' * 99}].",
        ),
    ],
)
def test_a_wrong_option_is_told_with_the_right_one(loaded, steps, message):
    assert told(loaded, steps + "\n") == message


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (
            "- langage: {keep: [en]}",
            "cc.yaml step 1: no step 'langage'. Did you mean 'language'? "
            "Steps: extract, language, measure, judge, redact, exact_duplicates.",
        ),
        (
            "- extract:\n  engine: resiliparse",
            "cc.yaml step 1: one entry has 2 keys (extract, engine). "
            "Indent the options of 'extract' deeper than 'extract' itself, or begin a new step with '- '.",
        ),
        (
            "- extract: resiliparse",
            "cc.yaml step 1: the options of 'extract' are a mapping, `extract: {option: value}`; "
            "this is 'resiliparse'.",
        ),
        ("- 3", "cc.yaml step 1: 3 is no step. A step is its name and its options: `- language: {keep: [en]}`."),
        ("- {}", "cc.yaml step 1: {} is no step. A step is its name and its options: `- language: {keep: [en]}`."),
        ("-", "cc.yaml step 1: null is no step. A step is its name and its options: `- language: {keep: [en]}`."),
    ],
)
def test_an_entry_that_is_no_step_is_told(loaded, steps, message):
    assert told(loaded, steps + "\n") == message


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (
            "- judge: {rules: [gopher]}",
            "cc.yaml step 1 (judge): needs column 'word_count', which no step before it adds. "
            "Put `measure: {signals: [gopher]}` before `judge`.",
        ),
        (
            "- judge: {rules: [c4]}\n- measure: {signals: [c4]}",
            "cc.yaml step 1 (judge): needs column 'sentence_count', which step 2 (measure) adds. "
            "Move that before `judge`.",
        ),
        (
            "- judge: {rules: [c4]}\n- measure: {signals: [gopher]}\n- exact_duplicates",
            "cc.yaml step 1 (judge): needs column 'sentence_count', which no step before it adds. "
            "Put `measure: {signals: [c4]}` before `judge`.",
        ),
        (
            "- judge: {bounds: [{column: nothing}]}",
            "cc.yaml step 1 (judge): needs column 'nothing', which no step before it adds. "
            "No step adds a column of that name.",
        ),
        (
            "- measure: {signals: [c4]}\n- measure: {signals: [gopher, c4]}",
            "cc.yaml step 2 (measure): adds column 'sentence_count', which step 1 (measure) adds already. "
            "Give one of them a prefix, `prefix: raw_`.",
        ),
        (
            "- language: {keep: [en]}\n- redact:\n- language: {keep: [en]}",
            "cc.yaml step 3 (language): adds column 'language', which step 1 (language) adds already. "
            "Remove one of them.",
        ),
        (
            "- language: {keep: [en]}\n- extract: {}",
            "cc.yaml step 1 (language): reads text, which step 2 (extract) makes. Move `extract` before it.",
        ),
        (
            "- extract\n- extract: {engine: trafilatura}",
            "cc.yaml step 2 (extract): step 1 makes the text already. Remove one of the two.",
        ),
        (
            "- redact\n- redact: {}",
            "cc.yaml step 2 (redact): repeats step 1 with the same options. Remove one of the two.",
        ),
        (
            "- exact_duplicates: {by: [url]}\n- redact",
            "cc.yaml step 1 (exact_duplicates): compares what documents are in the end. "
            "Move it behind step 2 (redact).",
        ),
        (
            "- exact_duplicates: {by: [url]}\n- exact_duplicates: {by: [text]}",
            "cc.yaml step 2 (exact_duplicates): step 1 is one already. "
            "Put all keys into one list, `by: [url, text]`, and remove the other.",
        ),
        (
            "- exact_duplicates: {priority: [word_count]}",
            "cc.yaml step 1 (exact_duplicates): needs column 'word_count', which no step before it adds. "
            "Put `measure: {signals: [gopher]}` before `exact_duplicates`.",
        ),
    ],
)
def test_steps_that_do_not_fit_together_are_told(loaded, steps, message):
    assert told(loaded, steps + "\n") == message


def test_an_order_by_a_column_without_order_is_told(loaded):
    message = told(loaded, "- exact_duplicates: {priority: [-url]}\n")

    assert message.startswith("cc.yaml step 1 (exact_duplicates): priority 'url' is string, which has no order.")


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("", "cc.yaml: a recipe is a mapping with name, source, output and steps; the file is empty."),
        ("- a\n", 'cc.yaml: a recipe is a mapping with name, source, output and steps; this is ["a"].'),
        (
            "name: cc\nsource: {paths: [a.jsonl]}\nsteps: []\n",
            f"cc.yaml: needs option 'output'. {OPTIONS}",
        ),
        (
            "name: cc\nsource: {paths: [a.jsonl]}\nsteps: []\noutput: out\nsed: 3\n",
            f"cc.yaml: no option 'sed'. Did you mean 'seed'? {OPTIONS}",
        ),
        (
            "name: 2025_26\nseed: -1\nsource: [a]\nsteps: {extract: {}}\noutput: ''\nkeep_rejected: no\n",
            "cc.yaml: 5 problems.\n"
            "  cc.yaml: 'seed' = -1: Input should be greater than or equal to 0.\n"
            "  cc.yaml: 'source' = [\"a\"]: Input should be a mapping.\n"
            "  cc.yaml: 'output' = '': String should have at least 1 character.\n"
            "  cc.yaml: 'keep_rejected' = 'no': no such choice. Did you mean 'none'? Choices: none, signals, text.\n"
            "  cc.yaml: 'steps' = {\"extract\": {}}: Input should be a list.",
        ),
        (
            "name: 1.10\nsource: {paths: [a.jsonl]}\nsteps: []\noutput: out\n",
            "cc.yaml: 'name' = 1.1: Input should be a valid string. Write it in quotes: '1.1'.",
        ),
        (
            "name: a b\nsource: {paths: [a.jsonl]}\nsteps: []\noutput: out\n",
            "cc.yaml: 'name' = 'a b': String should match pattern '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'.",
        ),
        (
            "name: cc\nsource: {pats: [a], format: wrac}\nsteps: []\noutput: out\n",
            "cc.yaml: 3 problems.\n"
            "  cc.yaml source: needs option 'paths'. {options}\n"
            "  cc.yaml source: 'format' = 'wrac': no such choice. Did you mean 'warc'? "
            "Choices: auto, warc, arc, wet, jsonl, parquet.\n"
            "  cc.yaml source: no option 'pats'. Did you mean 'paths'? {options}",
        ),
        (
            "name: cc\nsource: {paths: [a], columns: {txt: body}}\nsteps: []\noutput: out\n",
            "cc.yaml source: no option 'columns.txt'. Did you mean 'text'? Options: text, id, url, date.",
        ),
        (
            "name: cc\nsource: {paths: [a], format: arc}\nsteps:\n- redact\noutput: out\n",
            "cc.yaml source: arc inputs hold pages, not text. Put the step `extract` before `redact` into the recipe.",
        ),
        (
            "name: cc\nsource: {paths: [a], format: warc}\nsteps: []\noutput: out\n",
            "cc.yaml source: warc inputs hold pages, not text. Put the step `extract` into the recipe.",
        ),
    ],
)
def test_a_wrong_head_is_told(loaded, head, message):
    options = told(loaded, head="name: cc\nsource: {}\nsteps: []\noutput: out\n").partition("'paths'. ")[2]

    assert told(loaded, head=head) == message.replace("{options}", options)


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
