"""Languages and sites of which the two runs keep more or less."""

from dataclasses import dataclass

from crawlsieve.pipelines.compare.pair import Pair, Side
from crawlsieve.pipelines.report.content import HOST

_SHOWN = 15
_NAME = 100
_LANGUAGE_OF = "coalesce(language, '')"
_SITE_OF = "lower(coalesce(regexp_extract(url, $host, 1), ''))"

_NAMED = """
    CREATE OR REPLACE TEMP TABLE named_{side} AS
    SELECT left(name, {most}) AS name, count(*) AS kept, count(why.id) AS alone
    FROM (SELECT id::UUID AS id, {name} AS name FROM {files}) AS kept LEFT JOIN why_{side} AS why USING (id)
    GROUP BY ALL
"""
_SHIFTS = """
    SELECT name, coalesce(named_a.kept, 0)::BIGINT AS kept_a, coalesce(named_b.kept, 0)::BIGINT AS kept_b,
        coalesce(named_a.alone, 0)::BIGINT AS only_a, coalesce(named_b.alone, 0)::BIGINT AS only_b
    FROM named_a FULL JOIN named_b USING (name)
    WHERE name <> '' AND (kept_a <> kept_b OR only_a > 0 OR only_b > 0)
    ORDER BY abs(kept_a - kept_b) DESC, only_a + only_b DESC, name LIMIT {most}
"""


@dataclass(frozen=True)
class Shift:
    """A language or a site.

    Attributes:
        name: label of the language model, or host without a leading www.
        kept_a, kept_b: its documents in each run.
        only_a, only_b: those that the run alone keeps.
    """

    name: str
    kept_a: int
    kept_b: int
    only_a: int
    only_b: int


def languages(pair: Pair) -> tuple[Shift, ...]:
    """The 15 languages whose number of kept documents differs most; those that neither run identified are left out."""
    return _shifts(pair, _LANGUAGE_OF)


def sites(pair: Pair) -> tuple[Shift, ...]:
    """The 15 sites whose number of kept documents differs most."""
    return _shifts(pair, _SITE_OF)


def _shifts(pair: Pair, name: str) -> tuple[Shift, ...]:
    for side in (pair.a, pair.b):
        _make(pair, side, name)
    return tuple(Shift(**row) for row in pair.rows(_SHIFTS.format(most=_SHOWN)))


def _make(pair: Pair, side: Side, name: str) -> None:
    made = _NAMED.format(side=side.letter, name=name, files=side.files("documents"), most=_NAME)
    pair.connection.execute(made, {"host": HOST} if "$host" in made else {})
