"""The work itself: failures, time, what went in, and by which recipe."""

from typing import Any

import yaml

from crawlsieve.pipelines.recipe.step_names import step_names
from crawlsieve.pipelines.report.blocks import Block, bars, note, section, table
from crawlsieve.pipelines.report.hostile import shown
from crawlsieve.pipelines.report.samples import ADDRESS
from crawlsieve.pipelines.report.tables import Tables

_EACH = 3
_INPUTS = 100
_MOST_FAILED = 1_000_000

_KINDS = "SELECT split_part(error, ':', 1) AS kind, count(*) AS records FROM {part} GROUP BY kind"
_FAILED = """
    SELECT split_part(error, ':', 1) AS kind, source_path, source_offset, url, error FROM {part}
    QUALIFY row_number() OVER (PARTITION BY kind ORDER BY md5(id || $seed), source_path, source_offset) <= $each
    ORDER BY kind, source_path, source_offset, id
"""


def failures(tables: Tables) -> Block | None:
    """Kinds of failure, and where some of each stood."""
    part = tables.part("failed", _MOST_FAILED)
    if not part.rows:
        return None
    counted = tables.manifest.get("counts", {}).get("sink", {})
    kinds = {name.removeprefix("error/"): count for name, count in counted.items() if name.startswith("error/")}
    kinds = kinds or {row["kind"]: row["records"] for row in tables.rows(_KINDS.format(part=part.sql))}
    seed = str(tables.manifest["recipe"].get("seed", 0))
    rows = tables.rows(_FAILED.format(part=part.sql), each=_EACH, seed=seed)
    return section(
        "failures",
        "Failures",
        f"{part.all_rows:,} records could not be read or processed. Each cost itself only.",
        note(part.sampled, "sampled"),
        bars("Failed records by kind", ["failed"], [(name, [count]) for name, count in _most_first(kinds)]),
        table(
            [("kind", "code"), ("input", "text"), ("place", "number"), ("address", "text"), ("what is known", "text")],
            [
                (row["kind"], shown(row["source_path"], ADDRESS), row["source_offset"], shown(row["url"], ADDRESS),
                 shown(row["error"], ADDRESS))
                for row in rows
            ],
            f"Where: at most {_EACH} of each kind, chosen by a hash of id and seed",
        ),
    )  # fmt: skip


def _most_first(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def speed(tables: Tables) -> Block | None:
    """Seconds of a core in each step, and what it did in one."""
    seconds = tables.manifest.get("seconds", {})
    names = [name for name in step_names(tables.manifest["recipe"].get("steps", [])) if name in seconds]
    names += sorted(seconds.keys() - set(names))
    if not names:
        return None
    total = sum(seconds[name] for name in names)
    return section(
        "speed",
        "Time",
        f"{total:,.1f} seconds of a core in the steps over batches, all workers together. Reading, decompressing and "
        "writing are not in it.",
        bars("Seconds by step", ["seconds"], [(name, [seconds[name]]) for name in names], unit="seconds"),
        table(
            [("step", "code"), ("seconds", "seconds"), ("documents", "number"), ("documents a second", "number"),
             ("text left, a second", "bytes")],
            [_rate(name, seconds[name], tables.manifest["counts"].get(name, {})) for name in names],
            "Time and throughput of each step, on one core",
        ),
    )  # fmt: skip


def _rate(name: str, seconds: float, counts: dict[str, int]) -> tuple[Any, ...]:
    documents, size = counts.get("rows_in", 0), counts.get("text_bytes")
    if not seconds:
        return name, seconds, documents, None, None
    return name, seconds, documents, round(documents / seconds), None if size is None else size / seconds


def about(tables: Tables) -> Block:
    """Inputs, retries, versions and the recipe."""
    manifest = tables.manifest
    inputs, retried = manifest.get("inputs", []), manifest.get("retried", [])
    versions = [("crawlsieve", manifest["crawlsieve"]), ("key of the run", manifest["key"])]
    versions += sorted({**manifest.get("packages", {}), **manifest.get("files_read", {})}.items())
    if manifest.get("history"):
        versions.append(("history", str(manifest["history"])))
    recipe = yaml.safe_dump(manifest["recipe"], allow_unicode=True)
    return section(
        "about",
        "About this run",
        f"{len(inputs):,} inputs, {manifest.get('retries', 0):,} requests sent again, {len(retried):,} tasks begun "
        "again.",
        _inputs(inputs) if inputs else None,
        _retried(retried) if retried else None,
        table([("what", "text"), ("version, or sha256", "code")], versions, "Versions"),
        {"kind": "code", "caption": "Recipe", "text": recipe},
    )


def _inputs(inputs: list[dict[str, Any]]) -> Block:
    more = f": the first {_INPUTS} of {len(inputs):,}; the manifest has all" if len(inputs) > _INPUTS else ""
    return table(
        [("input", "text"), ("format", "code"), ("stored", "bytes"), ("records", "number"), ("sha256", "code")],
        [
            (_said(item.get("path")), item.get("format"), item.get("size"), item.get("records"), item.get("sha256"))
            for item in inputs[:_INPUTS]
        ],
        f"Inputs{more}",
    )


def _retried(retried: list[dict[str, Any]]) -> Block:
    more = f": {_INPUTS} of {len(retried):,}" if len(retried) > _INPUTS else ""
    rows = [(_said(task.get("task")), _said(task.get("why"))) for task in retried[:_INPUTS]]
    return table([("task", "text"), ("why", "text")], rows, f"Tasks begun again{more}")


def _said(value: object) -> str | None:
    return shown(str(value), ADDRESS)
