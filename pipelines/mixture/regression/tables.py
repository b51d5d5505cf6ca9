"""Mixtures and losses of proxy runs, from CSV or Parquet in RegMix's layout, and all that can be wrong with them.

A table has a column `index`, which names the run, and then one column of numbers a domain, or a metric.
"""

import csv
import difflib
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from crawlsieve.pipelines.mixture.regression.regressors.regressor import Floats
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import writing

INDEX = "index"
SUM_TOLERANCE = 0.01
"""How far from 1 weights may sum and be taken as rounded: 17 weights of 3 decimals can be 0.0085 off."""
SAME_DECIMALS = 6
"""Weights that agree to so many decimals are the same mixture."""
SHOWN = 5
"""Names that a message lists before it says how many more there are."""


class MixtureError(CrawlsieveError):
    """A table of mixtures, losses or weights is wrong, or what is asked of it cannot be had."""


@dataclass(frozen=True)
class Table:
    """Numbers by run and column, float64[n, c]; `notes` say what was done to them."""

    where: str
    index: tuple[int | str, ...]
    columns: tuple[str, ...]
    values: Floats
    notes: tuple[str, ...] = ()


def read_table(path: str) -> Table:
    """Read `index` and the columns of numbers.

    Raises:
        MixtureError: it is no such table, has an index twice, or a cell that is no finite number.
    """
    try:
        table = pq.read_table(path) if path.endswith(".parquet") else pa_csv.read_csv(path)
    except pa.ArrowInvalid as error:
        raise MixtureError(f"{path} is no table that can be read as {_kind(path)}: {error}") from error
    names = table.column_names
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise MixtureError(f"{path} has {listed(twice)} as a column more than once.")
    if INDEX not in names:
        raise MixtureError(f"{path} has no column '{INDEX}', which names the runs. Columns: {listed(names)}.")
    columns = tuple(name for name in names if name != INDEX)
    if not columns or not table.num_rows:
        raise MixtureError(f"{path} has {table.num_rows} rows and {len(columns)} columns beside '{INDEX}'.")
    index = tuple(table[INDEX].to_pylist())
    again = [name for name, count in Counter(map(str, index)).items() if count > 1]
    if again:
        raise MixtureError(f"{path} has {len(again)} indexes more than once: {listed(again)}. Each run needs its own.")
    values = np.column_stack([_numbers(path, name, table[name], index) for name in columns])
    _check_finite(path, index, columns, values)
    return Table(path, index, columns, values)


def read_mixtures(path: str) -> Table:
    """Read weights; each row is divided by its sum, which must be within SUM_TOLERANCE of 1.

    Raises:
        MixtureError: as `read_table`; a weight is negative, a sum is off, or there is one domain only.
    """
    table = read_table(path)
    if len(table.columns) < 2:
        raise MixtureError(f"{path} has one domain, {table.columns[0]}: there is nothing to mix.")
    bad = np.argwhere(table.values < 0)
    if len(bad):
        row, column = bad[0]
        at = f"run {table.index[row]}, {table.columns[column]}: {table.values[row, column]:g}"
        raise MixtureError(f"{path} has {len(bad)} negative weights. The first: {at}.")
    sums = table.values.sum(axis=1)
    off = np.flatnonzero(np.abs(sums - 1) > SUM_TOLERANCE + 1e-12)
    if len(off):
        seen = listed([f"run {table.index[row]}: {sums[row]:.6g}" for row in off])
        raise MixtureError(f"{path}: weights of {len(off)} of {len(sums)} runs do not sum to 1. {seen}.")
    rounded = int(np.sum(np.abs(sums - 1) > 1e-9))
    note = (
        f"weights of {rounded} of {len(sums)} runs sum to {sums.min():.4g} to {sums.max():.4g}, not 1, "
        "as rounded ones do; each is divided by its sum"
    )
    return Table(path, table.index, table.columns, table.values / sums[:, None], (note,) if rounded else ())


def aligned(table: Table, columns: Sequence[str], whose: str) -> Floats:
    """The columns of a table in another order.

    Raises:
        MixtureError: a column is in one of the two only.
    """
    missing, unknown = [c for c in columns if c not in table.columns], [c for c in table.columns if c not in columns]
    if missing or unknown:
        said = [f"only {whose} has {listed(missing)}"] if missing else []
        said += [f"only {table.where} has {listed(unknown)}"] if unknown else []
        hint = nearest(unknown[0], missing) if unknown else ""
        raise MixtureError(f"{table.where} has other domains than {whose}: {'; '.join(said)}.{hint}")
    return table.values[:, [table.columns.index(column) for column in columns]]


def write_table(path: Path, index: Iterable[int | str], columns: Sequence[str], values: Floats) -> None:
    """Write `index` and the columns: as Parquet where the name ends so, else as CSV with all digits."""
    names = [INDEX, *columns]
    with writing(str(path)) as file:
        if path.suffix == ".parquet":
            pq.write_table(pa.table([pa.array(list(index)), *(pa.array(one) for one in values.T)], names=names), file)
            return
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([run, *row.tolist()] for run, row in zip(index, values, strict=True))
        file.write(text.getvalue().encode())


def listed(names: Sequence[object]) -> str:
    """The first few, and how many more."""
    more = len(names) - SHOWN
    return ", ".join(map(str, names[:SHOWN])) + (f" and {more} more" if more > 0 else "")


def nearest(name: str, names: Sequence[str]) -> str:
    """' Did you mean ...?', or nothing."""
    close = difflib.get_close_matches(name, names, 1, 0.5)
    return f" Did you mean '{close[0]}'?" if close else ""


def _kind(path: str) -> str:
    return "Parquet" if path.endswith(".parquet") else "CSV"


def _numbers(path: str, name: str, column: pa.ChunkedArray, index: Sequence[int | str]) -> Floats:
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_null(kind):
        values: Floats = column.cast(pa.float64()).fill_null(np.nan).to_numpy()
        return values
    for run, cell in zip(index, column.to_pylist(), strict=True):
        try:
            float(cell)
        except (TypeError, ValueError):
            raise MixtureError(f"{path}: {name} of run {run} is {str(cell)[:40]!r}, which is no number.") from None
    raise MixtureError(f"{path}: column {name} is of type {kind}, not of numbers.")


def _check_finite(path: str, index: Sequence[int | str], columns: Sequence[str], values: Floats) -> None:
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = bad[0]
        at = f"run {index[row]}, {columns[column]}"
        raise MixtureError(
            f"{path}: {len(bad)} of {values.size} cells are empty, NaN or infinite. The first: {at}. "
            "A run that failed has no place in the table."
        )
