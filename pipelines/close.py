"""The end of a run: the balance, the strays, the manifest and the card."""

from collections import Counter, defaultdict
from typing import Any

import fsspec
import pyarrow as pa

from crawlsieve import __version__
from crawlsieve.pipelines.card import card
from crawlsieve.pipelines.job import Job
from crawlsieve.pipelines.progress import Progress
from crawlsieve.stages.curate_shard import staged_done
from crawlsieve.stages.errors import BalanceError
from crawlsieve.stages.files import join, read_json, remove, sizes, write_json, writing
from crawlsieve.stages.judge import Judge
from crawlsieve.stages.publish import TABLES

OUTCOMES = ("documents", "rejected", "duplicates", "failed")

NOT_DETERMINISTIC = ("error/extract_watchdog", "error/extract_crashed")
"""Outcomes that the machine decides, not the input; a run that has one says so."""

_TIMES = ("microseconds", "retries")


def finished(job: Job) -> dict[str, Any] | None:
    """The manifest of this very run, if all of its files stand."""
    manifest = read_json(join(job.recipe.output, "manifest.json"))
    if manifest is None or manifest["key"] != job.key:
        return None
    for file in manifest["files"]:
        system, place = fsspec.core.url_to_fs(join(job.recipe.output, file["path"]))
        if not system.exists(place) or system.size(place) != file["bytes"]:
            return None
    return manifest


def close(job: Job, counted: pa.Table, files: pa.Table, shown: Progress) -> dict[str, Any]:
    """Compare the counts, remove strays, write card and manifest; the manifest is the last file of a run.

    Raises:
        BalanceError: records went in that did not come out.
    """
    steps = totals(counted)
    rows: Counter[str] = Counter(dict.fromkeys(TABLES, 0))
    for file in files.to_pylist():
        rows[file["table"]] += file["rows"]
    check_balance(steps, rows)
    manifest = _manifest(job, counted, steps, rows)
    manifest["files"] = files.to_pylist()
    _remove_strays(job, manifest["files"])
    with writing(join(job.recipe.output, "README.md")) as file:
        file.write(card(manifest).encode())
    write_json(join(job.recipe.output, "manifest.json"), manifest)
    shown.funnel(manifest)
    return manifest


def totals(counted: pa.Table) -> dict[str, dict[str, int]]:
    """Step -> what is counted -> sum over all shards."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in counted.group_by(["step", "name"], use_threads=False).aggregate([("value", "sum")]).to_pylist():
        found[row["step"]][row["name"]] = row["value_sum"]
    return {step: dict(names) for step, names in found.items()}


def check_balance(steps: dict[str, dict[str, int]], rows: Counter[str]) -> None:
    """Every record that was read is a row of exactly one table, and no step gained or lost one.

    Raises:
        BalanceError: says where they went missing.
    """
    wrong = [
        f"step {name} took {counts['rows_in']} rows and gave {counts['rows_out']}"
        for name, counts in steps.items()
        if counts.get("rows_in", 0) != counts.get("rows_out", 0)
    ]
    records = steps.get("read", {}).get("records", 0)
    ended = sum(rows[name] for name in OUTCOMES)
    if records != ended:
        told = ", ".join(f"{rows[name]} {name}" for name in OUTCOMES)
        wrong.append(f"{records} records were read, {ended} are in the tables ({told})")
    staged = sum(steps.get("sink", {}).get(name, 0) for name in ("documents", "rejected", "failed"))
    if records != staged:
        wrong.append(f"{records} records were read, {staged} came out of the chain")
    if wrong:
        raise BalanceError("the run does not balance, so it has no manifest: " + "; ".join(wrong))


def _manifest(job: Job, counted: pa.Table, steps: dict[str, dict[str, int]], rows: Counter[str]) -> dict[str, Any]:
    return {
        "name": job.recipe.name,
        "crawlsieve": __version__,
        "key": job.key,
        "recipe": job.recipe.options,
        "files_read": job.files,
        "rules": [
            {"step": named.name, **rule}
            for named in job.recipe.chain
            if isinstance(named.step, Judge)
            for rule in named.step.bounds()
        ],
        "inputs": _inputs(job, counted),
        "counts": {
            step: {name: value for name, value in sorted(names.items()) if name not in _TIMES}
            for step, names in sorted(steps.items())
        },
        "seconds": {
            step: names["microseconds"] / 1e6 for step, names in sorted(steps.items()) if "microseconds" in names
        },
        "retries": steps.get("read", {}).get("retries", 0),
        "balance": {
            "records": steps.get("read", {}).get("records", 0),
            **{name: rows[name] for name in OUTCOMES},
        },
        "rows": dict(sorted(rows.items())),
        "deterministic": not any(name in steps.get("sink", {}) for name in NOT_DETERMINISTIC),
    }


def _inputs(job: Job, counted: pa.Table) -> list[dict[str, Any]]:
    """Each input with its fingerprint, the hash of what was read, and how many records it held."""
    read: dict[int, dict[str, int]] = defaultdict(dict)
    for row in counted.filter(pa.compute.equal(counted["step"], "read")).to_pylist():
        read[row["shard"]][row["name"]] = row["value"]
    return [
        {
            "path": item.path,
            "format": item.format,
            "size": item.size,
            "version": item.version,
            "sha256": staged_done(join(job.work, "curated"), key)["sha256"],
            **{name: value for name, value in sorted(read[number].items()) if name not in _TIMES},
        }
        for number, (item, key) in enumerate(zip(job.inputs, job.task_keys, strict=True))
    ]


def _remove_strays(job: Job, files: list[dict[str, Any]]) -> None:
    """Files in the tables that are not of this run, and work that it does not use."""
    known = {file["path"] for file in files}
    for table in TABLES:
        for path in sizes(join(job.recipe.output, table)):
            if join(table, path) not in known:
                remove(join(job.recipe.output, table, path))
    needed = set(job.task_keys)
    for path in sizes(join(job.work, "curated")):
        key, _, name = path.partition("/")
        if key not in needed:
            remove(join(job.work, "curated", key))
        elif name != "done.json" and staged_done(join(job.work, "curated"), key)["attempt"] not in name:
            remove(join(job.work, "curated", path))
    for path in {path.partition("/")[0] for path in sizes(join(job.work, "published"))} - {job.key}:
        remove(join(job.work, "published", path))
