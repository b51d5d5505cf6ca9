"""The end of a run: the balance, the strays, the cards, the report and the manifest."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from crawlsieve.pipelines.ask.catalog import write_catalog
from crawlsieve.pipelines.cards.write import write_cards
from crawlsieve.pipelines.engines.engine import Retried
from crawlsieve.pipelines.job import Job
from crawlsieve.pipelines.mixture.weighted.card import share_lines
from crawlsieve.pipelines.mixture.weighted.step import MIXTURE, mix_work, mixture_of
from crawlsieve.pipelines.progress import Progress
from crawlsieve.pipelines.report.write import report_at_close
from crawlsieve.pipelines.resume import UNREACHABLE
from crawlsieve.pipelines.standing import manifest_path, standing_manifest
from crawlsieve.stages.curate_shard import staged_done
from crawlsieve.stages.errors import BalanceError
from crawlsieve.stages.files import join, remove, sizes, write_json
from crawlsieve.stages.judge import Judge
from crawlsieve.stages.publish import KEYS, TABLES

OUTCOMES = ("documents", "rejected", "duplicates", "failed")

NOT_DETERMINISTIC = ("error/extract_watchdog", "error/extract_crashed", UNREACHABLE)
"""Outcomes that the machine or the network decides, not the input; a run that has one says so."""

_TIMES = ("microseconds", "retries")


def finished(job: Job) -> dict[str, Any] | None:
    """The manifest of this very run, if its files stand, no others do, and every input could be reached.

    Raises:
        CrawlsieveError: the manifest is not of crawlsieve.
    """
    manifest = standing_manifest(job.recipe.output)
    if manifest is None or manifest["key"] != job.key or UNREACHABLE in manifest["counts"].get("sink", {}):
        return None
    mixed = mixture_of(job, manifest["files"])
    if manifest.get("mixture", {}).get("key") != (mixed and mixed.key):
        return None
    listed = {file["path"]: file["bytes"] for file in manifest["files"]}
    return manifest if listed == _standing(job) else None


def close(
    job: Job,
    counted: pa.Table,
    files: pa.Table,
    retried: Sequence[Retried],
    shown: Progress,
    mixture: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Compare the counts, remove strays, write what describes the run; the manifest is the last file of it.

    Raises:
        BalanceError: records went in that did not come out.
    """
    steps = totals(counted)
    rows: Counter[str] = Counter(dict.fromkeys(TABLES, 0))
    for file in files.to_pylist():
        rows[file["table"]] += file["rows"]
    check_balance(steps, rows)
    done = {key: staged_done(join(job.work, "curated"), key) for key in dict.fromkeys(job.staged)}
    manifest = _manifest(job, steps, rows)
    manifest |= job.told if "inputs" in job.told else {"inputs": _inputs(job, counted, done)}
    manifest["files"] = files.to_pylist()
    manifest["retried"] = [task._asdict() for task in retried]
    manifest |= {} if mixture is None else {"mixture": mixture}
    _remove_strays(job, {file["path"] for file in manifest["files"]}, done)
    manifest["published"] = write_cards(job.recipe.output, manifest)
    no_report = report_at_close(job.recipe.output, manifest)
    write_catalog(job.recipe.output, manifest)
    write_json(manifest_path(job.recipe.output), manifest)
    remove(join(mix_work(job), "staged"))
    shown.funnel(manifest)
    for line in share_lines(mixture) if mixture else ():
        shown.say(line)
    if no_report:
        shown.say(no_report)
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


def _manifest(job: Job, steps: dict[str, dict[str, int]], rows: Counter[str]) -> dict[str, Any]:
    return {
        "name": job.recipe.name,
        "crawlsieve": job.common["crawlsieve"],
        "key": job.key,
        "packages": job.common["packages"],
        "recipe": job.recipe.options,
        "files_read": job.files,
        "history": job.pin,
        "rules": [
            {"step": named.name, **rule}
            for named in job.recipe.chain
            if isinstance(named.step, Judge)
            for rule in named.step.bounds()
        ],
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


def _inputs(job: Job, counted: pa.Table, done: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
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
            "sha256": done[key]["sha256"],
            **{name: value for name, value in sorted(read[number].items()) if name not in _TIMES},
        }
        for number, (item, key) in enumerate(zip(job.inputs, job.task_keys, strict=True))
    ]


def _standing(job: Job) -> dict[str, int]:
    """Path below the output -> bytes, of every file in a table."""
    return {
        join(table, path): size
        for table in (*TABLES, KEYS, MIXTURE)
        for path, size in sizes(join(job.recipe.output, table)).items()
    }


def _remove_strays(job: Job, known: set[str], done: dict[str, dict[str, Any]]) -> None:
    """Files in the tables that are not of this run, and work that it does not use."""
    for path in _standing(job).keys() - known:
        remove(join(job.recipe.output, path))
    for path in sizes(join(job.work, "curated")):
        key, _, name = path.partition("/")
        if key not in done:
            remove(join(job.work, "curated", key))
        elif name != "done.json" and done[key]["attempt"] not in name:
            remove(join(job.work, "curated", path))
    remove(join(job.work, "blocks"))
    if job.recipe.mix is None:
        remove(mix_work(job))
    for path in {path.partition("/")[0] for path in sizes(join(job.work, "published"))} - {job.key}:
        remove(join(job.work, "published", path))
