"""A history index at rest: generations of Bloom filters over the band keys of everything published before.

    INDEX/HEAD                              JSON: the present generation, its file, that file's digest
    INDEX/gen-2/ATTEMPT/generation.json     parameters, runs, filters with their files, the generations before
    INDEX/gen-2/ATTEMPT/b03-s00017.bloom    one filter, as `stages.bloom_file` writes it
    INDEX/gen-2/ATTEMPT/b03-s00017.parquet  with ids: the keys that this generation added, and whose they are

ATTEMPT is random. Only what can be reached from HEAD is ever read, so whatever a publisher left that was killed, or
that lost the race for HEAD, is nobody's.
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypedDict

import numpy as np
import xxhash

from crawlsieve.dedup.bloom import Bloom, WhenFull
from crawlsieve.dedup.bloom_kernel import HASHING
from crawlsieve.dedup.history import HistorySize
from crawlsieve.stages.bloom_file import load_bloom
from crawlsieve.stages.files import join, reading
from crawlsieve.stages.history.head import Head, HistoryError, read_head
from crawlsieve.stages.near.keys import NearDuplicates
from crawlsieve.stages.read.places import failures, protocol

FORMAT = 1
"""Version of the layout. Another one is not read."""

_KEY_OPTIONS = ("unit", "ngram", "ignore", "seed")


class Run(TypedDict):
    """A published run: what a generation remembers of it."""

    digest: str
    name: str
    key: str
    inputs: str
    documents: int
    generation: str


@dataclass(frozen=True)
class FilterFile:
    """A filter of a generation: its file, which may be one of an earlier generation, and what it holds."""

    path: str
    bytes: int
    inserted: int
    counts: tuple[int, ...]


@dataclass(frozen=True)
class IdFile:
    """Keys with their ids that one publication added to a filter."""

    path: str
    bytes: int


@dataclass(frozen=True)
class Made:
    """What an index is made for; the same in all its generations.

    Attributes:
        keys: how texts become band keys; of its options only those that decide a key count.
        size: documents, rate, slices.
        when_full: what happens when a filter has more keys than it is made for.
        ids: whether the ids of documents are remembered beside the filters.
    """

    keys: NearDuplicates
    size: HistorySize
    when_full: WhenFull
    ids: bool

    @property
    def grows(self) -> bool:
        """Whether full filters get further layers."""
        return self.when_full == "grow"

    def describe(self) -> dict[str, Any]:
        """All that two indexes must have in common to be merged."""
        size = dataclasses.asdict(self.size)
        size.pop("bands")
        return {**self.keys.describe(), **size, "when_full": self.when_full, "ids": self.ids, "hashing": HASHING}

    def plain(self) -> dict[str, Any]:
        """As JSON values, for the generation's file."""
        layout, options = self.keys.banding, {name: getattr(self.keys, name) for name in _KEY_OPTIONS}
        options |= {"bands": layout.bands, "rows": layout.rows, "permutations": self.keys.minhash.permutations}
        return {"options": options, "describe": self.describe()}


def made_of(plain: Mapping[str, Any]) -> Made:
    """What `Made.plain` wrote."""
    described = plain["describe"]
    options = plain["options"] | {"ignore": tuple(plain["options"]["ignore"])}
    size = HistorySize(described["documents"], described["rate"], options["bands"], described["slices"])
    return Made(NearDuplicates(**options), size, described["when_full"], described["ids"])


@dataclass(frozen=True)
class Generation:
    """A generation of an index, as it was published: it never changes.

    Attributes:
        index: its address.
        number: 0 for the empty one that `create` makes.
        made: what the index is made for.
        runs: published so far.
        earlier: name, path and digest of each generation before.
        filters: number -> file; one that is missing is empty.
        ids: number -> files, the first published first.
        path: of its own file, below the index.
        digest: of its own file: all that it holds, wherever it is stored.
    """

    index: str
    number: int
    made: Made
    runs: tuple[Run, ...] = ()
    earlier: tuple[dict[str, str], ...] = ()
    filters: Mapping[int, FilterFile] = field(default_factory=dict)
    ids: Mapping[int, tuple[IdFile, ...]] = field(default_factory=dict)
    path: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """`gen-N`."""
        return f"gen-{self.number}"

    @property
    def parameters(self) -> dict[str, Any]:
        """What the header of each filter says beside its size."""
        return self.made.describe()

    @cached_property
    def counts(self) -> dict[int, tuple[int, ...]]:
        """Number -> set bits of each layer."""
        return {number: stored.counts for number, stored in self.filters.items()}

    @property
    def rate(self) -> float:
        """Share of new documents that are found by mistake at present, estimated."""
        return self.made.size.rate_now(self.counts, grows=self.made.grows)

    @property
    def documents(self) -> int:
        """Of all its runs, as they were counted."""
        return sum(run["documents"] for run in self.runs)

    def load(self, number: int, *, writable: bool = False) -> Bloom:
        """A filter.

        Raises:
            HistoryError, BloomFileError: its file is not there, is damaged, or is not the one that was published.
        """
        stored = self.filters.get(number)
        if stored is None:
            return Bloom(self.made.size.filter, self.made.when_full)
        path = join(self.index, stored.path)
        parameters = {**self.parameters, "filter": number}
        bloom, _ = load_bloom(path, size=self.made.size.filter, parameters=parameters, writable=writable)
        if tuple(int(layer.counts[0]) for layer in bloom.layers) != stored.counts:
            raise HistoryError(f"{path} is not the file that {self.name} lists. Restore it.")
        return bloom

    def asked(self, keys: np.ndarray) -> np.ndarray:
        """int32[n, bands]: the filter of each key."""
        return self.made.size.filter_of(keys)

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "format": FORMAT,
            "number": self.number,
            "made": self.made.plain(),
            "runs": list(self.runs),
            "earlier": list(self.earlier),
            "filters": {str(number): dataclasses.asdict(stored) for number, stored in sorted(self.filters.items())},
            "ids": {str(n): [dataclasses.asdict(one) for one in files] for n, files in sorted(self.ids.items())},
        }


def serialised(generation: Generation) -> bytes:
    """The file of a generation."""
    return json.dumps(generation.plain(), indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def digest_of(content: bytes) -> str:
    """Of a generation's file."""
    return xxhash.xxh3_128_hexdigest(content)


def head_of(generation: Generation) -> bytes:
    """The HEAD that names a generation."""
    named = {"format": FORMAT, "name": generation.name, "path": generation.path, "digest": generation.digest}
    return json.dumps(named, indent=1, sort_keys=True).encode() + b"\n"


def open_index(index: str, name: str | None = None) -> tuple[Generation, Head]:
    """The present generation of an index, or the one of this name, and the HEAD that was read.

    Raises:
        HistoryError: there is no such index or generation, it is damaged, of a newer format, or its keys are those of
            another version of crawlsieve; each parameter that differs is named.
    """
    head = read_head(index)
    if head is None:
        raise HistoryError(f"'{index}' is no history index: it has no HEAD. `crawlsieve index create` makes one.")
    named = _parsed(head.content, join(index, "HEAD"))
    current = _read(index, named)
    if name is None or name == current.name:
        return current, head
    for one in current.earlier:
        if one["name"] == name:
            return _read(index, one), head
    known = ", ".join([*(one["name"] for one in current.earlier), current.name])
    raise HistoryError(f"'{index}' has no generation '{name}'. Generations: {known}.")


def differences(theirs: Mapping[str, Any], ours: Mapping[str, Any], names: tuple[str, str]) -> list[str]:
    """Each parameter that differs, such as `ngram is 5 in the index, 3 in the recipe`."""
    found = []
    for name in sorted({*theirs, *ours}):
        there, here = (json.dumps(of[name], sort_keys=True) if name in of else "missing" for of in (theirs, ours))
        if there != here:
            found.append(f"{name} is {there} in {names[0]}, {here} in {names[1]}")
    return found


def _read(index: str, named: Mapping[str, str]) -> Generation:
    path = join(index, named["path"])
    try:
        with reading(path) as file:
            content = file.read()
    except FileNotFoundError:
        raise HistoryError(f"{path} is not there, and {named['name']} is stored in it. Restore it.") from None
    except failures(protocol(index)) as error:
        raise HistoryError(f"{path} cannot be read: {error}.") from None
    if digest_of(content) != named["digest"]:
        raise HistoryError(f"{path} is damaged: it has another digest than HEAD says. Restore it.")
    plain = _parsed(content, path)
    made = made_of(plain["made"])
    wrong = differences(plain["made"]["describe"], made.describe(), ("the index", "this crawlsieve"))
    if wrong:
        raise HistoryError(f"'{index}' was made by a crawlsieve whose keys are others: {'; '.join(wrong)}.")
    return Generation(
        index,
        plain["number"],
        made,
        tuple(plain["runs"]),
        tuple(plain["earlier"]),
        {int(n): FilterFile(**(one | {"counts": tuple(one["counts"])})) for n, one in plain["filters"].items()},
        {int(n): tuple(IdFile(**one) for one in files) for n, files in plain["ids"].items()},
        named["path"],
        named["digest"],
    )


def _parsed(content: bytes, path: str) -> dict[str, Any]:
    """A JSON object of this format."""
    try:
        found: Any = json.loads(content)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("format"), int):
        raise HistoryError(f"{path} is damaged: it is no JSON of a history index. Restore it.")
    if found["format"] != FORMAT:
        newer = " Update crawlsieve." if found["format"] > FORMAT else ""
        raise HistoryError(
            f"{path} has version {found['format']} of the format, this crawlsieve reads {FORMAT}.{newer}"
        )
    return found
