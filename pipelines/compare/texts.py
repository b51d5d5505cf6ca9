"""The kept texts: how many bytes each has, and whether both runs keep the same one.

`texts_a` and `texts_b` have `id, bytes, digest` of kept documents. Where there are more than MOST_TEXTS, or more than
MOST_BYTES of them, only documents whose id is small are read: ids are hashes, so that is a random choice, the same in
both runs.
"""

import math
from dataclasses import dataclass
from typing import Any

from crawlsieve.pipelines.compare.pair import Pair, Side

MOST_TEXTS = 1_000_000
MOST_BYTES = 4 << 30
"""Of text, in each of the runs."""
_STEPS = 1 << 32

_TEXTS = """
    CREATE TEMP TABLE texts_{side} AS
    SELECT id::UUID AS id, strlen(text)::BIGINT AS bytes, hash(text) AS digest FROM {files} WHERE {chosen}
"""
_ONE_OF_EACH = """
    CREATE OR REPLACE TEMP TABLE texts_{side} AS
    SELECT id, min(bytes) AS bytes, min(digest) AS digest FROM texts_{side} GROUP BY id
"""
_CHANGED = """
    CREATE TEMP TABLE changed AS
    SELECT a_id, b_id, texts_a.bytes AS a_bytes, texts_b.bytes AS b_bytes,
        texts_a.digest <> texts_b.digest OR texts_a.bytes <> texts_b.bytes AS differs
    FROM matched JOIN texts_a ON texts_a.id = a_id JOIN texts_b ON texts_b.id = b_id WHERE a = 0 AND b = 0
"""
_COUNTED = """
    SELECT count(*) AS compared, count(*) FILTER (differs) AS changed,
        count(*) FILTER (differs AND b_bytes > a_bytes) AS longer,
        count(*) FILTER (differs AND b_bytes < a_bytes) AS shorter,
        coalesce(sum(a_bytes) FILTER (differs), 0)::BIGINT AS a_bytes,
        coalesce(sum(b_bytes) FILTER (differs), 0)::BIGINT AS b_bytes,
    FROM changed
"""


@dataclass(frozen=True)
class Texts:
    """Documents that both keep, with the same text or another one.

    Attributes:
        share: part of all ids whose texts were read; 1 for all.
        compared: documents of which both texts were read.
        changed: those whose texts differ.
        longer, shorter: those of which B has more or fewer bytes.
        a_bytes, b_bytes: UTF-8 bytes of the texts that differ.
    """

    share: float
    compared: int
    changed: int
    longer: int
    shorter: int
    a_bytes: int
    b_bytes: int


def read_texts(pair: Pair) -> Texts:
    """Make `texts_a`, `texts_b` and `changed`, and count."""
    share = min(_share(side) for side in (pair.a, pair.b))
    for side in (pair.a, pair.b):
        made = _TEXTS.format(side=side.letter, files=side.files("documents"), chosen=_chosen(share))
        pair.connection.execute(made)
        pair.connection.execute(_ONE_OF_EACH.format(side=side.letter))
    pair.connection.execute(_CHANGED)
    (counted,) = pair.rows(_COUNTED)
    return Texts(share, **counted)


def _share(side: Side) -> float:
    """Part of the ids of which the texts may be read."""
    files = [file for file in side.manifest["files"] if file["table"] == "documents"]
    rows, size = sum(file["rows"] for file in files), sum(file.get("text_bytes") or 0 for file in files)
    share: float = min(1.0, MOST_TEXTS / max(rows, 1), MOST_BYTES / max(size, 1))
    return max(1, math.floor(share * _STEPS)) / _STEPS


def _chosen(share: float) -> str:
    """The ids below a bound, as SQL; files and row groups beyond it are not read."""
    return "true" if share >= 1 else f"id < '{math.floor(share * _STEPS):08x}'"


def kept_bytes(pair: Pair) -> dict[str, Any]:
    """UTF-8 bytes of what both keep (as A and as B has it), and of what A alone and B alone keep.

    As in the sample, divided by its share; `share` of `read_texts` says whether there is one.
    """
    (counted,) = pair.rows("""
        SELECT (SELECT coalesce(sum(bytes), 0)::BIGINT FROM texts_a JOIN matched ON id = a_id WHERE a = 0 AND b = 0)
            AS both_a,
            (SELECT coalesce(sum(bytes), 0)::BIGINT FROM texts_b JOIN matched ON id = b_id WHERE a = 0 AND b = 0)
            AS both_b,
            (SELECT coalesce(sum(bytes), 0)::BIGINT FROM texts_a JOIN why_a USING (id)) AS only_a,
            (SELECT coalesce(sum(bytes), 0)::BIGINT FROM texts_b JOIN why_b USING (id)) AS only_b
    """)
    return counted
