"""The rules as macros: with the bounds of the run they say what the run said, with others what it would have."""

import json
import math
import re
from itertools import product
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crawlsieve.filters.rule import Bounds, Rule
from crawlsieve.pipelines.ask.macros import judged, rule_macros
from crawlsieve.pipelines.ask.session import session
from crawlsieve.pipelines.ask.sql import query
from crawlsieve.stages.errors import CrawlsieveError
from tests.pipelines.runs import ran, recipe, write_shards

WORDS = ["The", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog", "and", "then", "it", "sleeps", "well."]


def documents():
    """Texts of every quality, good ones among them."""
    licence = re.split(r"\n\s*\n", (Path(__file__).parents[3] / "LICENSE").read_text())
    prose = [" ".join(part.split()) for part in licence]
    return [
        {"id": f"d{n}", "url": f"http://example.org/{n}", "text": text}
        for n, text in enumerate(
            [
                *(" ".join((WORDS * 40)[:length]) + "." for length in (3, 20, 49, 50, 51, 79, 80, 200)),
                *("\n".join([" ".join(WORDS)] * lines) for lines in (4, 8, 20)),
                *("# " * n + " ".join(WORDS * 8) for n in (1, 20, 60)),
                " ".join(["Donaudampfschifffahrtsgesellschaft"] * 60),
                "Der schnelle braune Fuchs springt über den faulen Hund. " * 12,
                "{ var x = 1; }\n" * 20,
                "lorem ipsum dolor " * 30,
                "123 456 789 " * 40,
                "word",
                *("\n".join(prose[place : place + 12]) for place in range(0, len(prose), 12)),
            ]
        )
    ]


@pytest.fixture(scope="module")
def judged_run(tmp_path_factory):
    """A run with two judge steps that share rules."""
    folder = tmp_path_factory.mktemp("judged")
    write_shards(folder, documents()[:9], documents()[9:])
    steps = [
        {"measure": {"signals": ["gopher", "c4", "fineweb"]}},
        {"judge": {"rules": ["gopher_quality", "gopher_repetition"]}},
        {"judge": {"rules": ["gopher_quality", "c4", "fineweb"], "override": {"gopher_word_count": {"at_least": 80}}}},
        {"exact_duplicates": {"by": ["url", "text"]}},
    ]
    manifest = ran(recipe(folder, steps=steps, keep_rejected="text"))
    assert manifest["balance"]["rejected"] > 5
    assert manifest["balance"]["documents"] >= 1
    return str(folder / "run")


def rows(run, sql):
    """What SQL answers, as tuples."""
    found = query(run, sql)
    return list(zip(*found.to_pydict().values(), strict=True))


def test_with_the_bounds_of_the_run_every_reason_is_the_stored_one(judged_run):
    found = rows(judged_run, "SELECT reasons, reasons_now, passes, outcome FROM judged()")

    assert len(found) == len(documents())
    for stored, now, passes, outcome in found:
        assert now == stored
        assert passes == (outcome != "rejected")


def test_each_macro_says_what_its_rule_said(judged_run):
    with session(judged_run) as asked:
        for macro in asked.macros:
            sql = f"SELECT * EXCLUDE (passes), {macro.call} AS rejects FROM judged()"  # noqa: S608 - our own macro
            with asked.ask_last(sql) as found:
                table = pa.Table.from_batches(found.batches, schema=found.schema).to_pylist()
            same = sum(macro.rule.name == other.rule.name for other in asked.macros)
            for row in table:
                if same == 1:
                    assert row["rejects"] == (macro.rule.name in row["reasons"]), (macro.name, row["id"])
            assert len(table) == len(documents())


def test_steps_with_the_same_rule_have_a_macro_each(judged_run):
    sql = "SELECT judge_gopher_word_count(60) AS first, judge_2_gopher_word_count(60) AS second"

    assert rows(judged_run, sql) == [(False, True)]
    with pytest.raises(CrawlsieveError, match="gopher_word_count does not exist"):
        query(judged_run, "SELECT gopher_word_count(60)")


def test_another_bound_changes_what_it_should(judged_run):
    sql = "SELECT word_count, list_count(list_filter(reasons_now, lambda x: x = 'gopher_word_count')) FROM judged({})"
    asked = "judge_gopher_word_count_at_least := 80, judge_2_gopher_word_count_at_least := 81"

    assert all(times == (words < 80) + (words < 81) for words, times in rows(judged_run, sql.format(asked)))


def test_a_document_that_never_reached_the_judge_is_not_judged(small_run):
    with session(str(small_run)) as asked:
        found = asked.connection.execute(
            "SELECT source_id, reasons, reasons_now, passes FROM judged() ORDER BY source_id"
        ).fetchall()

    both = ["gopher_short_doc", "gopher_word_length"]
    assert found == [("b8-1", [], [], True), ("b8-2", [], [], True), ("b8-3", both, both, False)]


def test_a_document_that_another_step_stopped_keeps_its_reasons(small_run):
    """Its values are out of bounds, and no judge has said so: it left the chain before."""
    (path,) = (small_run / "rejected").iterdir()
    table = pq.read_table(path)
    reasons = [["url_domain"] if names[0].startswith("gopher") else names for names in table["reasons"].to_pylist()]
    place = table.schema.get_field_index("reasons")
    pq.write_table(table.set_column(place, table.schema.field(place), pa.array(reasons)), path)

    assert rows(str(small_run), "SELECT reasons_now FROM judged() WHERE source_id = 'b8-3'") == [(["url_domain"],)]


RULES = [
    Rule("both_ends", "x", at_least=0.1, at_most=0.3),
    Rule("thin", "x", at_least=0.1 + 0.2, at_most=0.1 + 0.2),
    Rule("low_only", "x", at_least=50),
    Rule("high_only", "x", at_most=1e22),
    Rule("none", "x"),
    Rule(
        "spoken",
        "x",
        at_least=3,
        at_most=10,
        exceptions=(
            ("de", Bounds(at_least=3, at_most=15)),
            ("zh", Bounds(at_least=1.1, at_most=5)),
            ("it's", Bounds()),
        ),
    ),
]


def around(rule):
    """Each bound with its neighbours, and what is no number."""
    ends = [end for bounds in (rule.bounds, *(own for _, own in rule.exceptions)) for end in bounds.ends]
    near = [near for end in ends for near in (np.nextafter(end, -math.inf), end, np.nextafter(end, math.inf))]
    return [None, math.nan, math.inf, -math.inf, 0.0, *map(float, near)]


def macro_of(rule, **told):
    """The one macro of a manifest that has this rule."""
    exceptions = [
        {"language": label, "at_least": own.at_least, "at_most": own.at_most} for label, own in rule.exceptions
    ]
    stored = {
        "step": "judge",
        "name": rule.name,
        "column": rule.column,
        "at_least": rule.at_least,
        "at_most": rule.at_most,
        "exceptions": exceptions,
    }
    manifest = {"rules": [stored], "recipe": {"steps": [{"language": {}}, {"judge": {}}]}} | told
    (macro,) = rule_macros(json.loads(json.dumps(manifest)))
    return macro


def verdicts(macro, values, languages, bounds=""):
    """What the macro says of each pair."""
    batch = pa.table({"x": pa.array(values, pa.float64()), "language": pa.array(languages, pa.string())})
    with duckdb.connect() as connection:
        connection.register("given", batch)
        connection.execute(macro.create)
        columns = ", ".join(macro.columns)
        asked = f'SELECT "{macro.name}"({columns}{bounds}) FROM given'  # noqa: S608 - our own macro
        return [said for (said,) in connection.execute(asked).fetchall()], batch.to_batches()[0]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_macro_agrees_with_its_rule_at_each_bound_and_beside_it(rule):
    values, languages = zip(
        *[(x, label) for x in around(rule) for label in (None, "en", "de", "zh", "it's")], strict=True
    )

    said, batch = verdicts(macro_of(rule), values, languages)

    assert said == rule.rejects(batch).to_pylist()


@pytest.mark.parametrize(
    ("rule", "bounds"),
    [
        (RULES[0], Bounds(at_least=0.2)),
        (RULES[0], Bounds(at_least=-1, at_most=1)),
        (RULES[2], Bounds(at_least=80)),
        (RULES[4], Bounds(at_least=80)),
        (RULES[5], Bounds(at_least=0.3)),
        (RULES[5], Bounds(at_most=12.5)),
        (RULES[5], Bounds(at_least=4, at_most=4)),
    ],
)
def test_a_macro_with_other_bounds_agrees_with_a_recipe_that_overrides_them(rule, bounds):
    other = rule.with_bounds(bounds)
    values, languages = zip(*product(around(other), (None, "en", "de", "zh")), strict=True)
    given = {"at_least": bounds.at_least, "at_most": bounds.at_most}
    asked = "".join(f", {name} := {value}" for name, value in given.items() if value is not None)

    said, batch = verdicts(macro_of(rule), values, languages, asked)

    assert said == other.rejects(batch).to_pylist()


def test_null_is_no_bound_but_what_cannot_be_measured_stays_rejected():
    said, _ = verdicts(
        macro_of(RULES[0]), [-1e300, 1e300, None, math.nan], ["en"] * 4, ", at_least := NULL, at_most := NULL"
    )

    assert said == [False, False, True, True]


def test_exceptions_hold_only_where_the_language_was_known_before_the_judge():
    known = macro_of(RULES[-1])
    unknown = macro_of(RULES[-1], recipe={"steps": [{"judge": {}}, {"language": {}}]})

    assert (known.columns, unknown.columns) == (("x", "language"), ("x",))
    assert verdicts(known, [12.0], ["de"])[0] == [False]
    assert verdicts(unknown, [12.0], ["de"])[0] == [True]


def test_there_is_no_macro_for_all_rules_where_signals_lack_a_column():
    macro = macro_of(RULES[0])

    assert judged((macro,), ["id", "y"]) is None
    assert judged((), ["x"]) is None
    assert judged((macro,), ["x"]) is not None


def test_a_run_without_rules_or_signals_still_answers(small_run):
    (small_run / "signals" / "part-00000.parquet").unlink()

    assert rows(str(small_run), "SELECT gopher_short_doc(49)") == [(True,)]
    with pytest.raises(CrawlsieveError, match="judged does not exist"):
        query(str(small_run), "FROM judged()")
