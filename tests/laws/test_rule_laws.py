import duckdb
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from crawlsieve.filters.rule import Bounds, Rule

numbers = st.floats(allow_nan=False)
values = st.one_of(st.none(), st.floats(), st.integers(-100, 100).map(float))


@st.composite
def rules(draw):
    def ends():
        pair = sorted((draw(numbers), draw(numbers)))
        keep = draw(st.tuples(st.booleans(), st.booleans()))
        return [end if kept else None for end, kept in zip(pair, keep, strict=True)]

    low, high = ends()
    labels = draw(st.lists(st.sampled_from(["de", "zh", "th"]), unique=True))
    exceptions = tuple((label, Bounds(at_least=a, at_most=b)) for label in labels for a, b in [ends()])
    return Rule("rule", "value", low, high, exceptions)


@given(rules(), st.lists(st.tuples(values, st.sampled_from(["de", "zh", "en", None])), min_size=1, max_size=20))
def test_sql_and_arrow_agree_on_any_rule_and_any_number(rule, rows):
    bounds = [end for own in (rule.bounds, *dict(rule.exceptions).values()) for end in (own.at_least, own.at_most)]
    rows = rows + [(end, language) for end in bounds for language in ("de", "zh", "th", "en")]
    table = pa.table(
        {
            "value": pa.array([value for value, _ in rows], pa.float64()),
            "language": pa.array([language for _, language in rows], pa.string()),
        }
    )

    said = duckdb.connect().from_arrow(table).project(rule.sql()).fetchall()

    assert [row[0] for row in said] == rule.rejects(table.to_batches()[0]).to_pylist()
