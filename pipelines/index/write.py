"""New generations of a history index: the empty one, one with a run more, one with what other indexes hold."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import xxhash

from crawlsieve.pipelines.ask.digest import digest
from crawlsieve.pipelines.ask.views import manifest
from crawlsieve.pipelines.engines import local
from crawlsieve.pipelines.engines.engine import nobody
from crawlsieve.schemas.history import FILTER, FILTER_FILE, keyed
from crawlsieve.stages.files import join, writing
from crawlsieve.stages.gone import PATHS
from crawlsieve.stages.history.filters import AddKeys, LoadTexts, MergeFilters, copy_file, file_name
from crawlsieve.stages.history.head import Head, HistoryError, LostRaceError, check_swaps, read_head, swap_head
from crawlsieve.stages.history.index import (
    FilterFile,
    Generation,
    IdFile,
    Made,
    Run,
    differences,
    digest_of,
    head_of,
    open_index,
    serialised,
)
from crawlsieve.stages.plan import Exchange, Map, Plan
from crawlsieve.stages.read.places import failures, protocol

KEYS_PER_PARTITION = 4_000_000
"""Of the exchange between texts and filters: what is sorted at a time."""


@dataclass(frozen=True)
class Written:
    """What became of a command.

    Attributes:
        generation: the present one.
        told: one line for the user.
        changed: whether it is a new one.
    """

    generation: Generation
    told: str
    changed: bool


def create(index: str, made: Made) -> Generation:
    """Make an empty index; no filter takes any space yet.

    Raises:
        HistoryError: there is one already, or the store has no conditional write that we know.
    """
    check_swaps(index)
    if read_head(index) is not None:
        raise HistoryError(f"'{index}' is a history index already. Choose another address.")
    try:
        return _commit(Generation(index, 0, made), None)
    except LostRaceError:
        raise HistoryError(f"'{index}' is a history index by now: somebody else has just made it.") from None


def publish(index: str, run: str, *, workers: int = 1) -> Written:
    """Add the documents of a finished run to an index, under its parameters, as a new generation.

    Band keys are computed from the texts of `documents/`; what the run itself compared does not matter. The keys travel
    through files in the folder for temporary files (TMPDIR): 12 bytes for each key, 28 with ids.

    Raises:
        HistoryError: no index, or it is full; LostRaceError: somebody else has published meanwhile. HEAD is as it was.
        CrawlsieveError: the run is not finished, or its files are damaged.
    """
    check_swaps(index)
    before, head = open_index(index)
    told, number = manifest(run), digest(run)["all"]
    known = next((one for one in before.runs if one["digest"] == number), None)
    if known is not None:
        return Written(before, f"{known['generation']} holds {run} already: nothing to do.", changed=False)
    paths = [join(run, file["path"]) for file in told["files"] if file["table"] == "documents"]
    attempt = _attempt(before)
    steps = (
        Map(LoadTexts(before), writes=keyed(ids=before.made.ids)),
        Exchange(by=("filter",), partitions=_partitions(before, told), then=keyed(ids=before.made.ids).names[1:]),
        Map(AddKeys(before, attempt), writes=FILTER_FILE),
    )
    source = pa.RecordBatch.from_arrays([pa.array(paths, pa.string())], schema=PATHS)
    files = _written(index, Plan(source, steps), workers)
    entry: Run = {
        "digest": number,
        "name": told["name"],
        "key": told["key"],
        "inputs": inputs_of(told["inputs"]),
        "documents": told["balance"]["documents"],
        "generation": f"gen-{before.number + 1}",
    }
    after = _next(before, files, (*before.runs, entry), attempt)
    return Written(_commit(after, head), f"{after.name} holds {run}: {entry['documents']:,} documents.", changed=True)


def merge(index: str, others: Iterable[str], *, workers: int = 1) -> Written:
    """Add what other indexes of equal parameters hold, as a new generation.

    Raises:
        HistoryError: one is not there, has other parameters, or both together hold too much. HEAD is as it was.
    """
    check_swaps(index)
    before, head = open_index(index)
    opened = [open_index(other)[0] for other in others]
    for other in opened:
        wrong = differences(other.made.describe(), before.made.describe(), (f"'{other.index}'", f"'{index}'"))
        if wrong:
            raise HistoryError(f"'{other.index}' cannot be merged into '{index}': {'; '.join(wrong)}.")
    name = f"gen-{before.number + 1}"
    runs = {run["digest"]: run for run in before.runs}
    new = [other for other in opened if any(run["digest"] not in runs for run in other.runs)]
    if not new:
        return Written(before, f"{before.name} holds all that is in them already: nothing to do.", changed=False)
    for run in (run for other in new for run in other.runs):
        runs.setdefault(run["digest"], {**run, "generation": name})
    attempt = _attempt(before)
    numbers = sorted({number for other in new for number in other.filters})
    source = pa.RecordBatch.from_arrays([pa.array(np.array(numbers, np.int32))], schema=FILTER)
    plan = Plan(source, (Map(MergeFilters(before, tuple(new), attempt), writes=FILTER_FILE),))
    after = _next(before, _written(index, plan, workers), tuple(runs.values()), attempt)
    after = replace(after, ids=_copied(before, new, attempt))
    return Written(_commit(after, head), f"{after.name} holds {len(after.runs)} runs.", changed=True)


def inputs_of(inputs: Iterable[Any]) -> str:
    """What tells that two runs read the same: paths and sizes of their inputs, whatever their recipes are."""
    found = sorted((item["path"], item["size"]) for item in inputs)
    return xxhash.xxh3_128_hexdigest(json.dumps(found))


def _partitions(before: Generation, told: dict[str, Any]) -> int:
    keys = int(told["balance"]["documents"]) * before.made.size.bands
    return min(before.made.size.filters, keys // KEYS_PER_PARTITION + 1)


def _attempt(before: Generation) -> str:
    """A folder that nobody else writes into."""
    return join(f"gen-{before.number + 1}", f"{os.getpid()}-{os.urandom(4).hex()}")


def _written(index: str, plan: Plan, workers: int) -> list[dict[str, Any]]:
    """Rows of FILTER_FILE that a plan gives."""
    with local.started(workers) as engine:
        try:
            rows: list[dict[str, Any]] = engine.run(plan, nobody).to_pylist()
        except failures(protocol(index)) as error:
            raise HistoryError(f"'{index}' cannot be written: {error}. It is as it was.") from error
    return rows


def _next(before: Generation, files: list[dict[str, Any]], runs: tuple[Run, ...], attempt: str) -> Generation:
    """The generation after `before`, whose other files it shares."""
    filters, ids = dict(before.filters), dict(before.ids)
    for row in files:
        number = row["filter"]
        filters[number] = FilterFile(row["path"], row["bytes"], row["inserted"], tuple(row["counts"]))
        if row["ids_path"] is not None:
            ids[number] = (*ids.get(number, ()), IdFile(row["ids_path"], row["ids_bytes"]))
    named = {"name": before.name, "path": before.path, "digest": before.digest}
    path = join(attempt, "generation.json")
    return replace(
        before,
        number=before.number + 1,
        runs=runs,
        earlier=(*before.earlier, named),
        filters=filters,
        ids=ids,
        path=path,
    )


def _copied(before: Generation, others: list[Generation], attempt: str) -> dict[int, tuple[IdFile, ...]]:
    """The files of ids of all, those of others copied: an index needs nothing but what is below its address."""
    ids = dict(before.ids)
    for place, other in enumerate(others):
        for number, files in sorted(other.ids.items()):
            for part, file in enumerate(files):
                path = f"{file_name(attempt, before, number)}-{place}-{part}.parquet"
                copied = IdFile(path, copy_file(join(other.index, file.path), join(before.index, path)))
                ids[number] = (*ids.get(number, ()), copied)
    return ids


def _commit(after: Generation, head: Head | None) -> Generation:
    """Write the generation's own file, then swap HEAD: the last thing that happens."""
    path = after.path or join(after.name, f"{os.getpid()}-{os.urandom(4).hex()}", "generation.json")
    content = serialised(after)
    named = replace(after, path=path, digest=digest_of(content))
    try:
        with writing(join(after.index, path)) as file:
            file.write(content)
        swap_head(after.index, head, head_of(named))
    except failures(protocol(after.index)) as error:
        raise HistoryError(f"'{after.index}' cannot be written: {error}. It is as it was.") from error
    return named
