"""Why the other run has not kept what one run keeps.

`why_a` (what A alone keeps) and `why_b` have `key, id, other_id, kind, reasons, kept_id`: a row for each key, with the
first id that the keeper has of it, the row of the other run that says why, and, if that one is a copy, the document
that the other run keeps in its place.
"""

from dataclasses import dataclass

from crawlsieve.pipelines.compare.pair import Pair, Side

KINDS = {
    "rejected": "rejected by a rule",
    "duplicate": "a copy of a document that both keep",
    "other_copy": "the same cluster is kept through another document: no loss",
    "published_before": "a copy of a document of another run (history)",
    "failed": "could not be read or processed",
    "other_text": "the same record is kept with another text",
    "absent": "not in its inputs",
}
"""What may have become of a document in the other run, and how that is said."""

_ONLY = """
    CREATE TEMP TABLE only_{own} AS
    SELECT key, {own}_id AS id, {other}_id AS other_id, {other} AS outcome FROM matched
    WHERE {own} = 0 AND {other} IS DISTINCT FROM 0
"""
_BY_ID = """
    CREATE OR REPLACE TEMP TABLE only_{own} AS
    SELECT key, only_{own}.id AS id, coalesce(other_id, found.id) AS other_id,
        coalesce(only_{own}.outcome, found.outcome) AS outcome
    FROM only_{own} LEFT JOIN (SELECT id, min(outcome) AS outcome FROM rows_{other} GROUP BY id) AS found
        ON other_id IS NULL AND found.id = only_{own}.id
"""
_WHY = """
    CREATE TEMP TABLE why_{own} AS
    WITH rejected AS (
        SELECT id::UUID AS id, list_sort(list_distinct(any_value(reasons))) AS reasons FROM {rejected}
        WHERE id::UUID IN (SELECT other_id FROM only_{own} WHERE outcome = 2) GROUP BY id),
    copies AS (
        SELECT id::UUID AS id, min({{'method': method, 'kept': kept_id}}) AS copy FROM {duplicates}
        WHERE id::UUID IN (SELECT other_id FROM only_{own} WHERE outcome = 1) GROUP BY id),
    failed AS (
        SELECT id::UUID AS id, min(split_part(error, ':', 1)) AS error FROM {failed}
        WHERE id::UUID IN (SELECT other_id FROM only_{own} WHERE outcome = 3) GROUP BY id),
    kept AS (
        SELECT DISTINCT rows.id AS id FROM rows_{other} AS rows JOIN matched USING (key)
        WHERE rows.outcome = 0 AND matched.{own} = 0
            AND rows.id IN (SELECT copy.kept::UUID FROM copies WHERE copy.kept IS NOT NULL))
    SELECT key, only_{own}.id AS id, other_id, copy.kept AS kept_id,
        CASE outcome
            WHEN 2 THEN 'rejected' WHEN 3 THEN 'failed' WHEN 0 THEN 'other_text'
            WHEN 1 THEN CASE WHEN copy.kept IS NULL THEN 'published_before'
                WHEN kept.id IS NULL THEN 'other_copy' ELSE 'duplicate' END
            ELSE 'absent' END AS kind,
        CASE outcome WHEN 2 THEN reasons WHEN 1 THEN [copy.method] WHEN 3 THEN [error] ELSE [] END AS reasons
    FROM only_{own} LEFT JOIN rejected ON rejected.id = other_id AND outcome = 2
        LEFT JOIN copies ON copies.id = other_id AND outcome = 1
        LEFT JOIN failed ON failed.id = other_id AND outcome = 3
        LEFT JOIN kept ON kept.id = copy.kept::UUID
"""
_KINDS = """
    SELECT kind, count(*) AS documents, coalesce(sum(bytes), 0)::BIGINT AS bytes
    FROM why_{own} LEFT JOIN texts_{own} USING (id) GROUP BY kind
"""
_REASONS = """
    SELECT kind, reason, count(*) AS documents, count(*) FILTER (many = 1) AS alone,
        coalesce(sum(bytes), 0)::BIGINT AS bytes
    FROM (SELECT kind, unnest(reasons) AS reason, len(reasons) AS many, id FROM why_{own})
        LEFT JOIN texts_{own} USING (id)
    GROUP BY kind, reason ORDER BY documents DESC, kind, reason
"""


@dataclass(frozen=True)
class Reason:
    """One reason of the run that has not kept them.

    Attributes:
        kind: of KINDS.
        reason: the rule, the method by which a copy was found, the kind of failure; empty for the sum of a kind.
        documents: how many have it; one with two reasons counts in both.
        alone: how many have no other reason.
        bytes: UTF-8 bytes of their texts, as the keeper has them.
    """

    kind: str
    reason: str
    documents: int
    alone: int
    bytes: int


def find_reasons(pair: Pair) -> None:
    """Make `why_a` and `why_b`."""
    for own, other in pair.ways:
        names = {"own": own.letter, "other": other.letter}
        pair.connection.execute(_ONLY.format(**names))
        pair.connection.execute(_BY_ID.format(**names))
        sources = {table: other.files(table) for table in ("rejected", "duplicates", "failed")}
        pair.connection.execute(_WHY.format(**names, **sources))


def kinds_of(pair: Pair, own: Side, share: float) -> tuple[Reason, ...]:
    """How many of each kind, in the order of KINDS. Needs `texts_a` and `texts_b`."""
    rows = {row["kind"]: row for row in pair.rows(_KINDS.format(own=own.letter))}
    return tuple(
        Reason(kind, "", row["documents"], row["documents"], round(row["bytes"] / share))
        for kind in KINDS
        if (row := rows.get(kind))
    )


def reasons_of(pair: Pair, own: Side, share: float) -> tuple[Reason, ...]:
    """The reasons, the most frequent first. Needs `texts_a` and `texts_b`."""
    rows = pair.rows(_REASONS.format(own=own.letter))
    return tuple(
        Reason(row["kind"], row["reason"], row["documents"], row["alone"], round(row["bytes"] / share)) for row in rows
    )
