"""The run that is judged again: its recipe, its files by range of ids, and what it has kept to judge by."""

import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from crawlsieve.pipelines.ask.views import manifest
from crawlsieve.pipelines.recipe.load import Recipe, from_mapping
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import join, reading
from crawlsieve.stages.judge import Judge
from crawlsieve.stages.plan import Batch
from crawlsieve.stages.publish import KEYS, TABLES
from crawlsieve.stages.read.places import failures, protocol

_RANGE = re.compile(r"-(\d{5,})-of-(\d{5,})-")
_TEXTS, _ROWS_OF_KEYS = 512, 8192  # at once


@dataclass(frozen=True)
class Finished:
    """A finished run.

    Attributes:
        run: its address.
        manifest: as it stands there.
        recipe: as it was run.
        files: table -> range of ids -> the file's row of FILES.
        ranges: of ids; a table has at most one file for each.
    """

    run: str
    manifest: dict[str, Any]
    recipe: Recipe
    files: dict[str, dict[int, dict[str, Any]]]
    ranges: int

    @property
    def keeps_keys(self) -> bool:
        """Whether duplicates can be found anew and a new run can be written."""
        return KEYS in self.files

    @property
    def keeps_signals(self) -> bool:
        """Whether rejected documents have signals, too."""
        return self.recipe.keep_rejected != "none"

    def table(self, table: str, number: int, columns: Sequence[str]) -> pa.Table:
        """Columns of the rows of a range; no rows where it has no file.

        Raises:
            CrawlsieveError: the file is gone, damaged, another one, or lacks a column.
        """
        file = self.files.get(table, {}).get(number)
        if file is None and number == 0:
            raise CrawlsieveError(f"{self.run}: its manifest lists no files of {table}/.")
        if file is None:
            return self.table(table, 0, columns).slice(0, 0)
        try:
            with reading(join(self.run, file["path"])) as opened, pq.ParquetFile(opened, pre_buffer=True) as stored:
                self._check(stored, file, columns)
                return stored.read([*columns]).combine_chunks()
        except (pa.ArrowInvalid, *failures(protocol(self.run))) as error:
            raise self._unreadable(file, error) from error

    def batches(self, table: str, number: int, columns: Sequence[str] | None = None) -> Iterator[Batch]:
        """The rows of a range, a few at a time; more where no text is among the columns that are asked for.

        Raises:
            CrawlsieveError: as `table`.
        """
        file = self.files.get(table, {}).get(number)
        if file is None:
            return
        try:
            with reading(join(self.run, file["path"])) as opened, pq.ParquetFile(opened) as stored:
                self._check(stored, file, columns or ())
                yield from stored.iter_batches(_ROWS_OF_KEYS if columns else _TEXTS, columns=columns and [*columns])
        except (pa.ArrowInvalid, *failures(protocol(self.run))) as error:
            raise self._unreadable(file, error) from error

    def _check(self, stored: pq.ParquetFile, file: dict[str, Any], columns: Sequence[str]) -> None:
        if stored.metadata.num_rows != file["rows"]:
            raise CrawlsieveError(
                f"{join(self.run, file['path'])} has {stored.metadata.num_rows} rows, and the manifest says"
                f" {file['rows']}: it is not the file that the run wrote."
            )
        missing = [name for name in columns if name not in stored.schema_arrow.names]
        if missing:
            raise CrawlsieveError(f"{join(self.run, file['path'])} has no column {', '.join(missing)}: it was dropped.")

    def _unreadable(self, file: dict[str, Any], error: BaseException) -> CrawlsieveError:
        why = "it is gone" if isinstance(error, FileNotFoundError) else str(error)
        return CrawlsieveError(f"{join(self.run, file['path'])} cannot be read: {why}.")


def finished_run(run: str) -> Finished:
    """The run at an address, to be judged again.

    Raises:
        CrawlsieveError: it is no finished run of a recipe with `judge`, or of a recipe that is understood no more.
    """
    told = manifest(run)
    if "steps" not in told.get("recipe", {}) or "files" not in told:
        raise CrawlsieveError(f"{run}: it was not made by a recipe, so there are no rules to judge it by.")
    recipe = from_mapping(deepcopy(told["recipe"]), run)
    if not any(isinstance(named.step, Judge) for named in recipe.chain):
        steps = ", ".join(named.name for named in recipe.chain) or "none"
        raise CrawlsieveError(
            f"{run}: its recipe has no step `judge`, so there are no rules to change. Steps: {steps}."
        )
    files: dict[str, dict[int, dict[str, Any]]] = {}
    ranges = 1
    for file in told["files"]:
        found = _RANGE.search(file["path"])
        if found and file["table"] in {*TABLES, KEYS}:  # a mixture is cut into files of its own
            files.setdefault(file["table"], {})[int(found[1])] = file
            ranges = max(ranges, int(found[2]))
    return Finished(run, told, recipe, files, ranges)
