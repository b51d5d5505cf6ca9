"""Which document of one run is which of the other: a key for each row, and what both runs say of each key.

Tables that are made here, and live in DuckDB only:

* `rows_a`, `rows_b`: `key, id, outcome` of each row of a run. The key of a row without URL is its id; it is null for a
  row without text, which no text of the other run can be compared with.
* `state_a`, `state_b`: `key, outcome, id`: a key once, with its best outcome and the first id that has it.
* `matched`: `key, a, b, a_id, b_id`: a key of either run once; null where a run does not know it.
"""

from collections.abc import Callable, Iterator

import pyarrow as pa

from crawlsieve.pipelines.compare.pair import By, Pair, Question, Side
from crawlsieve.stages.keys import text_keys, url_keys

OUTCOMES = ("documents", "duplicates", "rejected", "failed")
"""Tables by the number that `outcome` has; the smallest number is what becomes of a key."""
_BATCH_ROWS = {"url": 65_536, "text": 1_024}
_KEYED = pa.schema([pa.field("key", pa.binary(16)), pa.field("id", pa.string()), pa.field("outcome", pa.int8())])

_BY_ID = "SELECT id::UUID AS key, id::UUID AS id, {outcome}::TINYINT AS outcome FROM {files}"
_STATE_BY_ID = """
    CREATE TEMP TABLE state_{side} AS SELECT key, min(outcome) AS outcome, key AS id FROM rows_{side} GROUP BY key
"""
_STATE = """
    CREATE TEMP TABLE state_{side} AS SELECT key, best.outcome AS outcome, best.id AS id FROM (
        SELECT key, min({{'outcome': outcome, 'id': id}}) AS best FROM rows_{side} WHERE key IS NOT NULL GROUP BY key)
"""
_MATCHED = """
    CREATE TEMP TABLE matched AS
    SELECT key, state_a.outcome AS a, state_b.outcome AS b, state_a.id AS a_id, state_b.id AS b_id
    FROM state_a FULL JOIN state_b USING (key)
"""
_COUNTED = """
    SELECT count(*) FILTER (a = 0 AND b = 0) AS both,
        count(*) FILTER (a = 0 AND b IS DISTINCT FROM 0) AS only_a,
        count(*) FILTER (b = 0 AND a IS DISTINCT FROM 0) AS only_b,
        count(*) FILTER (a IS DISTINCT FROM 0 AND b IS DISTINCT FROM 0) AS neither,
        count(*) FILTER (a IS NOT NULL AND b IS NOT NULL) AS common,
        count(*) FILTER (a IS DISTINCT FROM b) AS elsewhere
    FROM matched
"""


def match(pair: Pair, question: Question) -> dict[str, int]:
    """Make the tables; how many keys both keep, one keeps, neither keeps, both know, and where the outcome differs."""
    for side in (pair.a, pair.b):
        if question.by == "id":
            union = " UNION ALL ".join(
                _BY_ID.format(outcome=number, files=side.files(table)) for number, table in enumerate(OUTCOMES)
            )
            pair.connection.execute(f"CREATE TEMP TABLE rows_{side.letter} AS {union}")
        else:
            _keyed(pair, side, question.by)
        made = _STATE_BY_ID if question.by == "id" else _STATE
        pair.connection.execute(made.format(side=side.letter))
    pair.connection.execute(_MATCHED)
    (counted,) = pair.rows(_COUNTED)
    return counted


def _keyed(pair: Pair, side: Side, by: By) -> None:
    """`rows_a` or `rows_b` with keys that Python makes, a batch at a time."""
    batches = pa.RecordBatchReader.from_batches(_KEYED, _key_batches(side, by))
    cursor = pair.connection
    cursor.execute(f"CREATE TEMP TABLE rows_{side.letter} (key UUID, id UUID, outcome TINYINT)")
    key = "coalesce(hex(key)::UUID, id::UUID)" if by == "url" else "hex(key)::UUID"
    made = f"INSERT INTO rows_{side.letter} SELECT {key}, id::UUID, outcome FROM keyed"  # noqa: S608 - own text
    cursor.register("keyed", batches)
    cursor.execute(made)
    cursor.unregister("keyed")


def _key_batches(side: Side, by: By) -> Iterator[pa.RecordBatch]:
    keys: Callable[[pa.Array], pa.Array] = url_keys if by == "url" else _text_keys
    for number, table in enumerate(OUTCOMES):
        value = "NULL::VARCHAR" if by == "text" and table == "failed" else by  # the one table without texts
        # A cursor of its own: a connection has one result at a time, and this one is read while rows are written.
        with side.tables.connection.cursor() as cursor:
            asked = cursor.sql(f"SELECT id, {value} AS value FROM {_source(side, table)}")  # noqa: S608 - own text
            for batch in asked.to_arrow_reader(_BATCH_ROWS[by]):
                outcome = pa.array([number] * len(batch), pa.int8())
                yield pa.RecordBatch.from_arrays(
                    [keys(batch.column("value")), batch.column("id"), outcome], schema=_KEYED
                )


def _source(side: Side, table: str) -> str:
    """Its files for any cursor: what is registered with a connection is known to that one alone."""
    if any(file["table"] == table for file in side.manifest["files"]):
        return side.files(table)
    return "(SELECT NULL::VARCHAR AS id, NULL::VARCHAR AS url, NULL::VARCHAR AS text WHERE false)"


def _text_keys(texts: pa.Array) -> pa.Array:
    return text_keys(texts.cast(pa.large_string()))
