"""What a wrong recipe is told, word for word."""

import pytest

from tests.pipelines.recipe.told import OPTIONS, told

pytestmark = pytest.mark.usefixtures("small_steps")

ANYTHING = "- measure: {signals: [gopher]}\n"


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
