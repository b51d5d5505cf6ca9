"""Where rows go when they leave the chain: one staged table for each outcome, signals and keys."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from crawlsieve.schemas import tables
from crawlsieve.schemas.keys import ID
from crawlsieve.stages.chain import Tally, added, text_bytes
from crawlsieve.stages.files import join
from crawlsieve.stages.keys import DuplicateKeys
from crawlsieve.stages.plan import Batch
from crawlsieve.stages.staging import StagedTable, staging
from crawlsieve.stages.step import Step, aligned, fail

MEASURED = "measured"
"""Staged table of what becomes `keys/`."""

STAGED = ("documents", "rejected", "failed", "signals", MEASURED)
"""Staged tables that become tables at rest; the others are keys of kept documents."""


def staged_schema(table: pa.Schema) -> pa.Schema:
    """A table at rest as it is staged: the id as 16 bytes, and the row's place in its shard in front."""
    return pa.schema(
        [
            pa.field("row", pa.int64(), nullable=False),
            *(pa.field("id", ID, nullable=False) if field.name == "id" else field for field in table),
        ]
    )


def signals_schema(steps: tuple[tuple[str, Step], ...]) -> pa.Schema:
    """`signals/` of a recipe: its head, then every column that a step appends."""
    return pa.schema([*tables.SIGNALS_HEAD, *added(steps)])


def keys_schema(keys: DuplicateKeys) -> pa.Schema:
    """`keys/` of a recipe: its head, then the columns of the order and all keys, null where a step settled the row."""
    return pa.schema([*tables.KEYS_HEAD, *(field.with_nullable(nullable=True) for field in keys.schema())])


def measured_schema(keys: DuplicateKeys) -> pa.Schema:
    """`keys/` as it is staged. The shard is not there: staged rows outlive the list in which it is a position."""
    staged = [field for field in keys_schema(keys) if field.name not in {"shard", "row"}]
    return staged_schema(pa.schema(staged))


@dataclass(frozen=True)
class OutcomePlan:
    """What decides the shape of the staged tables.

    Attributes:
        steps: of the chain.
        duplicates: keys of documents.
        keep_rejected: as the recipe says.
        makes_keys: whether keys are made of the rows; not where they stand on file already.
    """

    steps: tuple[tuple[str, Step], ...]
    duplicates: DuplicateKeys
    keep_rejected: str
    makes_keys: bool = True

    @property
    def publishes_keys(self) -> bool:
        """Whether the run has a table `keys/`: where texts are kept, rules can be changed and duplicates found anew."""
        return self.makes_keys and self.keep_rejected == "text"

    def without_keys(self) -> "OutcomePlan":
        """The same where keys stand on file already."""
        return replace(self, makes_keys=False)

    def schemas(self) -> dict[str, pa.Schema]:
        """The schema of each staged table."""
        return {
            "documents": staged_schema(tables.DOCUMENTS),
            "rejected": staged_schema(tables.REJECTED),
            "failed": staged_schema(tables.FAILED),
            "signals": staged_schema(signals_schema(self.steps)),
            **(self.duplicates.schemas() if self.makes_keys else {}),
            **({MEASURED: measured_schema(self.duplicates)} if self.publishes_keys else {}),
        }


class Outcomes:
    """Sorts rows into staged tables. Every row that is added ends in exactly one of documents, rejected, failed."""

    def __init__(self, staged: dict[str, StagedTable], plan: OutcomePlan) -> None:
        self._tables = staged
        self._plan = plan
        self._schemas = plan.schemas()
        self._signals = [field.name for field in added(plan.steps)]
        self._counted: Tally = Tally()
        self._text_bytes = 0

    def add(self, batch: Batch, passed: int) -> None:
        """Sort the rows of a batch that has left the chain into the tables.

        Args:
            batch: as `run_chain` yields it.
            passed: how many steps left its rows open.
        """
        batch = _fail_without_text(batch)
        failed = pc.is_valid(batch.column("error"))
        broken = pc.greater(pc.list_value_length(batch.column("reasons")), 0)
        rejected = pc.and_(broken, pc.invert(failed))
        kept = pc.invert(pc.or_(broken, failed))
        for name, mask in (("failed", failed), ("rejected", rejected), ("documents", kept)):
            part = batch.filter(mask)
            if len(part) == 0:
                continue
            self._tables[name].add(self._shaped(part, name))
            if name != "failed":
                self._add_measured(part, name, passed)
            size = text_bytes(part)
            self._counted["text_bytes", name] += size
            if name == "documents" or (name == "rejected" and self._plan.keep_rejected == "text"):
                self._text_bytes += size
            if name != "documents":
                self._count_reasons(part, name)

    def count(self, tally: Tally) -> None:
        """Rows and text bytes of each outcome and reason, rows of each kind of error, into the tally of the shard."""
        for name in ("documents", "rejected", "failed"):
            tally["sink", name] = self._tables[name].rows
        tally["sink", "text_bytes"] = self._text_bytes
        tally.update(self._counted)

    def _add_measured(self, part: Batch, outcome: str, passed: int) -> None:
        """Signals and keys of rows that did not fail."""
        measured = any(name in part.schema.names for name in self._signals)
        if measured and (outcome == "documents" or self._plan.keep_rejected != "none"):
            self._tables["signals"].add(self._shaped(part, "signals", outcome))
        if not self._plan.makes_keys:
            return
        keeps = measured and self._plan.publishes_keys
        ended = outcome == "documents" or (keeps and not pc.any(part.column("settled")).as_py())
        columns = self._plan.duplicates.columns(part) if ended else None
        if columns is not None and outcome == "documents":
            for table, rows in self._plan.duplicates.rows(part, columns).items():
                self._tables[table].add(rows)
        if keeps:
            self._tables[MEASURED].add(self._keys(part, passed, columns))

    def _keys(self, part: Batch, passed: int, columns: list[pa.Array] | None) -> Batch:
        """Rows of `keys/`, as staged, with the order and keys of documents that reached the end."""
        made = dict(zip(self._plan.duplicates.schema().names, columns or (), strict=False))
        made["steps_passed"] = pa.repeat(pa.scalar(passed, pa.int32()), len(part))
        if columns is not None:
            made["text_bytes"] = pc.binary_length(part.column("text"))
        return aligned(part, self._schemas[MEASURED], made)

    def _count_reasons(self, part: Batch, table: str) -> None:
        """A reason that two judges give a document counts once."""
        if table == "failed":
            kinds = pc.list_element(pc.split_pattern(part.column("error"), ":", max_splits=1), 0)
            for pair in pc.value_counts(kinds).to_pylist():
                self._counted["sink", f"error/{pair['values']}"] += pair["counts"]
            return
        row = pc.list_parent_indices(part.column("reasons"))
        sizes = pc.fill_null(pc.binary_length(part.column("text")), 0)
        given = pa.table([part.column("reasons").flatten(), row, sizes.take(row)], ["reason", "row", "size"])
        once = given.group_by(["reason", "row"]).aggregate([("size", "max")])
        counted = once.group_by("reason").aggregate([("size_max", "count"), ("size_max", "sum")])
        for told in counted.to_pylist():
            self._counted["sink", f"reason/{told['reason']}"] += told["size_max_count"]
            self._counted["text_bytes", f"reason/{told['reason']}"] += told["size_max_sum"]

    def _shaped(self, part: Batch, table: str, outcome: str = "") -> Batch:
        """The columns of a staged table, null where the batch never got them."""
        columns = []
        for field in self._schemas[table]:
            if field.name == "outcome":
                column = pa.repeat(pa.scalar(outcome), len(part))
            elif field.name == "duplicates":
                column = pa.repeat(pa.scalar(0, pa.int64()), len(part))
            elif field.name == "text" and table == "rejected" and self._plan.keep_rejected != "text":
                column = pa.nulls(len(part), field.type)
            elif field.name in part.schema.names:
                column = part.column(field.name).cast(field.type)
            else:
                column = pa.nulls(len(part), field.type)
            columns.append(column)
        return pa.RecordBatch.from_arrays(columns, schema=self._schemas[table])


def _fail_without_text(batch: Batch) -> Batch:
    """A record that no step gave a text is not a document, even if no rule rejects it."""
    lost = pc.and_(pc.is_null(batch.column("text")), pc.invert(batch.column("settled")))
    return fail(batch, pc.if_else(lost, "no_text: no step of the recipe extracts text from this record", None))


@contextmanager
def staging_outcomes(folder: str, attempt: str, plan: OutcomePlan, buckets: int) -> Iterator[Outcomes]:
    """The staged tables of one shard, which appear when the block ends without an error.

    All but the keys, which are only read as a whole, are cut into `buckets` ranges of ids.
    """
    with ExitStack() as stack:
        schemas = plan.schemas()
        tables = {
            name: staging(staged_path(folder, attempt, name), schema, buckets if name in STAGED else 1)
            for name, schema in schemas.items()
        }
        yield Outcomes({name: stack.enter_context(table) for name, table in tables.items()}, plan)


def staged_path(folder: str, attempt: str, table: str) -> str:
    """The file of a staged table: an attempt never writes into the file of another."""
    return join(folder, f"{table}-{attempt}.staged")
