"""`crawlsieve explain`: what happened to a page, found by its URL or id."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
from rich.console import Console

from crawlsieve.filters.url import canonical_site, canonical_url
from crawlsieve.pipelines.ask.explain_text import print_explanation
from crawlsieve.pipelines.ask.explanation import Copy, Explanation, Sighting
from crawlsieve.pipelines.ask.macros import RuleMacro, rule_macros
from crawlsieve.pipelines.ask.printed import cell
from crawlsieve.pipelines.ask.verdict import verdict
from crawlsieve.pipelines.ask.views import asking, manifest
from crawlsieve.stages.errors import CrawlsieveError

_RECORDS = """
    CREATE VIEW records AS
    SELECT 'documents' AS outcome, * FROM documents UNION ALL BY NAME
    SELECT 'rejected' AS outcome, * FROM rejected UNION ALL BY NAME
    SELECT 'duplicates' AS outcome, * FROM duplicates UNION ALL BY NAME
    SELECT 'failed' AS outcome, * FROM failed
"""
_FIND = """
    SELECT * EXCLUDE (text), count(*) OVER () AS total FROM records
    WHERE list_contains($names, CASE $column WHEN 'id' THEN id WHEN 'source_id' THEN source_id ELSE url END)
    ORDER BY source_path, source_offset LIMIT 20
"""
_URLS_LIKE = """
    SELECT DISTINCT url FROM records
    WHERE contains(lower(url), $label) AND (
        (contains(lower(url), $word_1) AND contains(lower(url), $word_2) AND contains(lower(url), $word_3))
        OR contains(url, '%')
        OR contains(url, chr(9)) OR contains(url, chr(10)) OR contains(url, chr(13))
    )
"""
_NEAREST = """
    SELECT url FROM (SELECT DISTINCT url FROM records WHERE url IS NOT NULL)
    ORDER BY jaro_winkler_similarity(url, $page) DESC, url LIMIT 3
"""
_SIGNALS = "SELECT * FROM signals WHERE id = $id AND source_path = $source_path AND source_offset = $source_offset"
_COPY = "SELECT url, outcome FROM records WHERE id = $id ORDER BY outcome = 'documents' DESC LIMIT 1"
_COPIES = "SELECT id, url FROM duplicates WHERE kept_id = $id ORDER BY id, url LIMIT 10"
_MIXED = "SELECT any_value(domain) AS domain, count(*) AS copies FROM mixture WHERE id = $id"
_WORD = re.compile("[a-z0-9]+")
_ENCODED = re.compile("%[0-9a-f]{2}")
_NOT_OF_A_RECORD = ("outcome", "reasons", "total")


def explain(run: str, page: str) -> Explanation:
    """What happened to the records that `page` names: an id, a source id or a URL, else an equal canonical URL.

    Raises:
        CrawlsieveError: `run` is no finished run, or has no such record; with the nearest URLs.
    """
    told = manifest(run)
    with asking(run) as tables:
        tables.execute(_RECORDS)
        for found_by, names in _questions(tables, page):
            records = _rows(tables, _FIND, names=names, column=found_by) if names else []
            if records:
                if "mixture" in told.get("rows", {}):
                    records = [record | _mixed(tables, record) for record in records]
                macros = rule_macros(told)
                sightings = tuple(_sighting(tables, record, macros) for record in records)
                keeps = told["recipe"]["keep_rejected"] != "none"
                return Explanation(page, found_by, records[0]["total"], keeps, sightings)
        near = [cell(row["url"]).plain for row in _rows(tables, _NEAREST, page=page)]
    listed = "".join(f"\n  {url}" for url in near)
    raise CrawlsieveError(
        f"{run}: no record has the id, source id or URL '{page}'." + (f" The nearest URLs:{listed}" if near else "")
    )


def explain_command(run: str, page: str) -> None:
    """Print what happened to a page.

    Raises:
        CrawlsieveError: as `explain`.
    """
    print_explanation(explain(run, page), Console())


def _questions(tables: duckdb.DuckDBPyConnection, page: str) -> Iterator[tuple[str, list[str]]]:
    """(what is compared, with which names), from the sharpest to the widest."""
    yield "id", [page.strip().lower()]
    yield "source_id", [page.strip().removeprefix("<urn:uuid:").removesuffix(">")]
    yield "url", [page]
    yield "canonical url", _equal_urls(tables, page)


def _equal_urls(tables: duckdb.DuckDBPyConnection, page: str) -> list[str]:
    """URLs of the run with the canonical form of `page`.

    Only those are compared that have the longest label of its host and the longest words behind it, or characters
    that a canonical form decodes or leaves out.
    """
    site = canonical_site(page)
    if site is None:
        return []
    label = max(site.split("."), key=len)
    if label.startswith("xn--") or ":" in site or site.replace(".", "").isdigit():
        label = ""  # a host that has other spellings
    wanted = canonical_url(page)
    words = sorted(_WORD.findall(_ENCODED.sub(" ", wanted.partition(")")[2])), key=len)
    word_3, word_2, word_1 = ["", "", "", *words][-3:]
    found = _rows(tables, _URLS_LIKE, label=label, word_1=word_1, word_2=word_2, word_3=word_3)
    return [row["url"] for row in found if canonical_url(row["url"]) == wanted]


def _sighting(tables: duckdb.DuckDBPyConnection, record: dict[str, Any], macros: Sequence[RuleMacro]) -> Sighting:
    outcome = record["outcome"]
    found = _rows(tables, _SIGNALS, **{name: record[name] for name in ("id", "source_path", "source_offset")})
    signals = found[0] if found else None
    reasons = record["reasons"] or []
    judged = {macro.step for macro in macros if macro.rule.name in reasons}
    verdicts = tuple(verdict(macro, signals, reasons, judged) for macro in macros) if signals or reasons else ()
    decided = {each.rule for each in verdicts if each.rejects}
    return Sighting(
        outcome=outcome,
        record={name: record[name] for name in record if record[name] is not None and name not in _NOT_OF_A_RECORD},
        signals=signals,
        verdicts=verdicts,
        reasons=tuple(reason for reason in reasons if reason not in decided),
        twin=_copy(tables, record["twin_id"]),
        kept=_copy(tables, record["kept_id"]),
        stands_for=_copies(tables, record["id"]) if outcome == "documents" else (),
    )


def _mixed(tables: duckdb.DuckDBPyConnection, record: dict[str, Any]) -> dict[str, Any]:
    """The domain of a kept document and how often it is in the mixture."""
    return _rows(tables, _MIXED, id=record["id"])[0] if record["outcome"] == "documents" else {}


def _copy(tables: duckdb.DuckDBPyConnection, name: str | None) -> Copy | None:
    """The document of an id, in documents/ if it is there."""
    if name is None:
        return None
    found = _rows(tables, _COPY, id=name)
    return Copy(name, found[0]["url"], found[0]["outcome"]) if found else Copy(name, None, "")


def _copies(tables: duckdb.DuckDBPyConnection, name: str) -> tuple[Copy, ...]:
    """The first removed documents that the kept document `name` stands for."""
    return tuple(Copy(row["id"], row["url"], "duplicates") for row in _rows(tables, _COPIES, id=name))


def _rows(tables: duckdb.DuckDBPyConnection, sql: str, **values: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tables.sql(sql, params=values).to_arrow_table().to_pylist()
    return found
