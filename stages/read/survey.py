"""What there is to read: files, globs and lists resolved, formats told, versions noted, before anything is read."""

import glob
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from crawlsieve.stages.errors import MissingError, SourceError, UnreachableError
from crawlsieve.stages.read import hints, parquet
from crawlsieve.stages.read.formats import named_format, sniffed_format
from crawlsieve.stages.read.framing import Unreadable
from crawlsieve.stages.read.jsonl import lines
from crawlsieve.stages.read.places import filesystem, is_http, local, local_version, protocol, version_of
from crawlsieve.stages.read.source import COMMON_CRAWL, UNREACHABLE, Format, Input, Source
from crawlsieve.stages.read.stored import Stored, persist
from crawlsieve.stages.read.unpack import Damage, Unpacking, codec_of

_LISTS = (".paths", ".paths.gz", ".paths.zst", ".paths.txt")
_LONGEST_ADDRESS = 64 << 10


class _Found(NamedTuple):
    """An address, and what the store said of it while it was listed."""

    path: str
    info: Mapping[str, object] | None


def survey(source: Source) -> list[Input]:
    """Every input of a recipe, sorted by path. A path that is named twice is there twice.

    Reads lists, Parquet footers, and the first bytes of files whose name does not tell their format.

    Raises:
        SourceError: a path is missing, a directory, of no known format, or unreachable (unless `on_unreachable` is
            `record`: then it is an input of version "unreachable"); a Parquet file has no text.
    """
    found = [place for path in source.paths for place in _resolve(path, source)]
    if not found:
        raise SourceError(f"{', '.join(source.paths)}: the list is empty, there is nothing to read")
    for path in {protocol(place.path): place.path for place in found}.values():
        filesystem(path, source).invalidate_cache()  # made here, so that the threads share it
    with ThreadPoolExecutor(source.connections_per_host) as pool:
        known = pool.map(lambda place: _fingerprint(place, source), found)
        inputs = [
            _reached(place.path, size, version, source) for place, (size, version) in zip(found, known, strict=True)
        ]
    return sorted(inputs, key=lambda item: item.path)


def _resolve(path: str, source: Source) -> Iterator[_Found]:
    """What one entry of `paths` stands for."""
    here = local(path)
    if any(mark in path for mark in "*?[") and not is_http(path) and not (here is not None and here.exists()):
        yield from _globbed(path, source)
    elif path.lower().endswith(_LISTS):
        yield from (_Found(address, None) for address in _listed(path, source))
    else:
        yield _Found(path, None)


def _globbed(pattern: str, source: Source) -> Iterator[_Found]:
    if local(pattern) is not None:
        names = sorted(glob.glob(pattern.removeprefix("file://"), recursive=True))  # noqa: PTH207 - Path.glob drops "./"
        found = [_Found(name, None) for name in names if Path(name).is_file()]
    else:
        store = filesystem(pattern, source)
        store.invalidate_cache()
        matches = persist(lambda: store.glob(pattern, detail=True), pattern, source)
        found = [
            _Found(f"{protocol(pattern)}://{name}", info)
            for name, info in sorted(matches.items())
            if info["type"] == "file"
        ]
    if not found:
        raise SourceError(f"{pattern} matches no file{hints.nearby(pattern)}")
    yield from found


def _listed(path: str, source: Source) -> Iterator[str]:
    """The addresses in a list of paths, one a line, joined with the base."""
    base = COMMON_CRAWL if source.base is None else source.base
    size, version = _fingerprint(_Found(path, None), source)
    with Stored(Input(path=path, format="jsonl", size=size, version=version), source) as stored:
        codec = codec_of(path.lower(), stored.peek())
        for line in lines(Unpacking(stored, codec, None), _LONGEST_ADDRESS):
            if isinstance(line, Unreadable) or line.content is None:
                raise SourceError(f"{path} is not a list of paths, or is damaged, at byte {line.offset}")
            address = line.content.decode(errors="replace").strip()
            if address:
                absolute = "://" in address or address.startswith("/")
                yield address if absolute else f"{base.rstrip('/')}/{address}"


def _fingerprint(place: _Found, source: Source) -> tuple[int | None, str]:
    """Size and version of a file.

    Raises:
        SourceError: it is missing, a directory, or unreachable and that is an error.
    """
    path = place.path
    here = local(path)
    if here is not None:
        if here.is_dir():
            raise SourceError(f"{path} is a directory{hints.inside(here)}")
        if not here.is_file():
            raise SourceError(f"{path} does not exist{hints.nearby(path)}")
        return local_version(here)
    try:
        store = filesystem(path, source)
        info = place.info or persist(lambda: store.info(path), path, source)
    except UnreachableError as error:
        if source.on_unreachable == "fail" or isinstance(error, MissingError):
            raise  # a name that leads nowhere is a slip of the pen, however patient the recipe is
        return None, UNREACHABLE
    if info.get("type") == "directory":
        raise SourceError(f"{path} is a directory; did you mean {path.rstrip('/')}/*.warc.gz?")
    size = info.get("size")
    return (size if isinstance(size, int) else None), version_of(info)


def _reached(path: str, size: int | None, version: str, source: Source) -> Input:
    """The input, also if it could not be reached and that is to be recorded."""
    try:
        if version != UNREACHABLE:
            return _complete(path, size, version, source)
    except UnreachableError:
        if source.on_unreachable == "fail":
            raise
    kind = named_format(path) or "warc"
    kind = kind if source.format == "auto" else source.format
    return Input(path=path, format=kind, size=None, version=UNREACHABLE)


def _complete(path: str, size: int | None, version: str, source: Source) -> Input:
    """The input, its format told and, for Parquet, its columns checked."""
    if source.format != "auto":
        kind = source.format
    else:
        kind = named_format(path) or _sniff(Input(path=path, format="warc", size=size, version=version), source)
    item = Input(path=path, format=kind, size=size, version=version)
    if kind == "parquet" and size != 0:
        with Stored(item, source) as stored:
            parquet.check_columns(stored, source)
    return item


def _sniff(item: Input, source: Source) -> Format:
    """The format of a file whose name does not tell it, by its first bytes."""
    if item.size == 0:
        return "warc"  # whatever it is, it has no records
    with Stored(item, source) as stored:
        codec = codec_of(item.path.lower(), stored.peek())
        piece = next(iter(Unpacking(stored, codec, None)), None)
    content = b"" if piece is None or isinstance(piece, Damage) else piece.data
    kind = sniffed_format(content)
    if kind is None:
        raise SourceError(
            f"{item.path}: neither its name nor its first bytes tell what it holds. "
            "Say so: source: {format: warc | arc | wet | jsonl | parquet}"
        )
    return kind
