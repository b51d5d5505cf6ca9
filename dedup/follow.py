"""Following removed documents to the kept one: walks over links sorted by key, in NumPy, with a carry over batches."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crawlsieve.dedup.partition import words_of
from crawlsieve.schemas.candidate import ANSWER, QUESTION, STANDS_FOR
from crawlsieve.schemas.keys import DECISION, ID


def follow(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Give every question the `kept_id` of the answer with the same key, where there is one.

    Args:
        batches: rows of LINK, sorted by `key`, then `kind`; at most one answer a key, which comes first. Where its
            `kept_id` is null, nobody knows, and so it is for the question.
    """
    carried_key, carried_value = pa.nulls(1, ID), pa.nulls(1, ID)
    for batch in batches:
        if len(batch) == 0:
            continue
        keys, values = batch.column("key"), batch.column("kept_id")
        answer = batch.column("kind").to_numpy() == ANSWER
        latest = np.maximum.accumulate(np.where(answer, np.arange(1, len(batch) + 1), 0))
        answer_key = pa.concat_arrays([carried_key, keys]).take(pa.array(latest))
        answer_value = pa.concat_arrays([carried_value, values]).take(pa.array(latest))
        asks = batch.column("kind").to_numpy() == QUESTION
        hit = pc.and_(pc.fill_null(pc.equal(answer_key, keys), fill_value=False), pa.array(asks))
        carried_key, carried_value = answer_key.slice(len(batch) - 1), answer_value.slice(len(batch) - 1)
        place = batch.schema.get_field_index("kept_id")
        yield batch.set_column(place, batch.schema.field(place), pc.if_else(hit, answer_value, values))


def stand_for(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Decisions: one for each removed document, and one for each kept document with how many it stands for.

    Args:
        batches: rows of LINK, sorted by `key`, then `kind` (QUESTION or NOBODY: a removed document; STANDS_FOR: one
            removed document that `key` stands for).

    Yields:
        Batches of DECISION, none of them empty. A kept document is named by id alone: its shard and row are -1.
    """
    held = _Held()
    for batch in batches:
        gone = batch.filter(pc.not_equal(batch.column("kind"), STANDS_FOR))
        if len(gone):
            yield _removed(gone)
        behind = batch.filter(pc.equal(batch.column("kind"), STANDS_FOR))
        kept, numbers = held.add(behind.column("key"))
        if len(kept):
            yield _kept(kept, numbers)
    if held.number:
        yield _kept(held.key, np.array([held.number]))


class _Held:
    """The run of equal keys at the end of what was seen, which the next batch may go on with."""

    def __init__(self) -> None:
        self.key = pa.nulls(0, ID)
        self.number = 0

    def add(self, keys: pa.Array) -> tuple[pa.Array, np.ndarray]:
        """Keys of the runs that have ended, and the length of each."""
        if len(keys) == 0:
            return keys, np.empty(0, np.int64)
        words = words_of(pa.concat_arrays([self.key, keys]))
        starts = np.flatnonzero(np.concatenate([[True], (words[1:] != words[:-1]).any(axis=1)]))
        lengths = np.diff(np.append(starts, len(words)))
        if self.number:
            lengths[0] += self.number - 1
        heads = pa.concat_arrays([self.key, keys]).take(pa.array(starts))
        self.key, self.number = heads.slice(len(heads) - 1), int(lengths[-1])
        return heads.slice(0, len(heads) - 1), lengths[:-1]


def _removed(gone: pa.RecordBatch) -> pa.RecordBatch:
    n = len(gone)
    columns = [gone.column(name) for name in ("shard", "row", "id", "method")]
    columns += [gone.column(name) for name in ("band", "similarity", "twin_id", "kept_id")]
    return pa.RecordBatch.from_arrays([*columns, pa.array(np.zeros(n, np.int64))], schema=DECISION)


def _kept(keys: pa.Array, numbers: np.ndarray) -> pa.RecordBatch:
    n = len(keys)
    nowhere = [pa.array(np.full(n, -1, np.int32)), pa.array(np.full(n, -1, np.int64))]
    nothing = [pa.nulls(n, DECISION.field(place).type) for place in range(3, 8)]
    return pa.RecordBatch.from_arrays([*nowhere, keys, *nothing, pa.array(numbers)], schema=DECISION)
