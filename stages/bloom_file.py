"""Bloom filters in a file, on any address that fsspec knows.

Little-endian: `crlsblom`, version and length of the header (uint32 each), XXH3-128 of the header and of these two, the
header (JSON), zeros up to a multiple of 4,096 bytes, then the words (uint64) of each layer, band by band. The header
has the payload's XXH3-128, so one digest vouches for all.
"""

import json
import mmap
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import IO, Any

import fsspec
import numpy as np
import xxhash
from fsspec.implementations.local import LocalFileSystem

from crawlsieve.dedup.bloom import Bloom, Layer
from crawlsieve.dedup.bloom_kernel import HASHING
from crawlsieve.dedup.bloom_sizes import BloomSize
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import reading, writing

MAGIC = b"crlsblom"
VERSION = 1

_PREFIX = struct.Struct("<8sII16s")
_PAGE = 4096
_CHUNK = 1 << 24
"""Bytes that are hashed, written and read at a time."""

_AGAIN = "Restore it, or build it again."

Parameters = Mapping[str, Any]
"""Whatever the caller's keys depend on: shingles, seed, versions. A JSON object."""


class BloomFileError(CrawlsieveError):
    """A file of Bloom filters cannot be read or written, or was made with other parameters."""


def save_bloom(path: str, bloom: Bloom, parameters: Parameters) -> None:
    """Write all of `bloom`, so that the file appears whole or stays as it was.

    Raises:
        BloomFileError: it cannot be written; a full disk too.
        TypeError, ValueError: the parameters are not JSON.
    """
    prefix = _prefix(_header(bloom, parameters))
    try:
        with writing(path) as file:
            file.write(prefix)
            for chunk in _chunks(bloom):
                file.write(chunk)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BloomFileError(f"{path} cannot be written ({reason}). What was there before still is.") from error


def load_bloom(
    path: str,
    *,
    size: BloomSize | None = None,
    parameters: Parameters | None = None,
    writable: bool = False,
    verify: bool = True,
) -> tuple[Bloom, dict[str, Any]]:
    """The filters of a file, and the caller's parameters that it was saved with.

    Args:
        path: any address. A local file is mapped into memory, if not `writable`; others are read into it.
        size: what the filters must have been made for; anything if left out.
        parameters: what the caller's parameters must be; anything if left out.
        writable: whether documents can be added. The file stays as it is: filters are saved again.
        verify: whether the payload's checksum is computed, which reads all of it. The header's always is, and so is
            the length of the file.

    Raises:
        BloomFileError: the file is not there, is cut off or damaged, is of another version, or differs in a parameter.
    """
    try:
        with reading(path) as file:
            header, start = _read_header(path, file)
            bloom = _check_made_for(path, header, size, parameters)
            payload = _payload(path, file, start, sum(layer.bytes for layer in bloom), writable=writable)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BloomFileError(f"{path} cannot be read ({reason}).") from error
    if verify and xxhash.xxh3_128_hexdigest(payload) != header["payload"]:
        raise BloomFileError(f"{path} is damaged: its payload has another checksum. {_AGAIN}")
    return _bloom(header, bloom, payload), header["parameters"]


def _header(bloom: Bloom, parameters: Parameters) -> bytes:
    """The header as JSON, with the payload's digest."""
    digest = xxhash.xxh3_128()
    for chunk in _chunks(bloom):
        digest.update(chunk)
    size = bloom.size
    layers = [
        {"hashes": layer.size.hashes, "words": layer.size.words, "counts": layer.counts.tolist()}
        for layer in bloom.layers
    ]
    header = {
        "hashing": HASHING,
        "documents": size.documents,
        "rate": size.rate,
        "bands": size.bands,
        "when_full": bloom.when_full,
        "inserted": bloom.inserted,
        "layers": layers,
        "payload": digest.hexdigest(),
        "parameters": dict(parameters),
    }
    return json.dumps(header, sort_keys=True, allow_nan=False, ensure_ascii=False).encode()


def _prefix(header: bytes) -> bytes:
    """All before the payload."""
    start = _start(len(header))
    body = header.ljust(start - _PREFIX.size, b"\0")
    return _PREFIX.pack(MAGIC, VERSION, len(header), _header_digest(len(header), body)) + body


def _start(length: int) -> int:
    """Where the payload begins behind a header of so many bytes."""
    return -(-(_PREFIX.size + length) // _PAGE) * _PAGE


def _header_digest(length: int, body: bytes) -> bytes:
    return xxhash.xxh3_128_digest(struct.pack("<II", VERSION, length) + body)


def _chunks(bloom: Bloom) -> Iterator[memoryview]:
    """The payload."""
    for layer in bloom.layers:
        view = layer.bits.data.cast("B")
        for start in range(0, len(view), _CHUNK):
            yield view[start : start + _CHUNK]


def _read_header(path: str, file: IO[bytes]) -> tuple[dict[str, Any], int]:
    """The header, and where the payload begins."""
    prefix = file.read(_PREFIX.size)
    if prefix[: len(MAGIC)] != MAGIC[: len(prefix)]:
        raise BloomFileError(f"{path} is no file of Bloom filters.")
    if len(prefix) < _PREFIX.size:
        raise BloomFileError(f"{path} is cut off within its header. {_AGAIN}")
    _, version, length, digest = _PREFIX.unpack(prefix)
    if version != VERSION:
        newer = "Update crawlsieve." if version > VERSION else _AGAIN
        raise BloomFileError(f"{path} has version {version} of the format, this crawlsieve reads {VERSION}. {newer}")
    start = _start(length)
    if file.seek(0, os.SEEK_END) < start:
        raise BloomFileError(f"{path} is cut off within its header. {_AGAIN}")
    file.seek(_PREFIX.size)
    body = file.read(start - _PREFIX.size)
    if _header_digest(length, body) != digest:
        raise BloomFileError(f"{path} is damaged: its header has another checksum. {_AGAIN}")
    header: dict[str, Any] = json.loads(body[:length])
    return header, start


def _check_made_for(
    path: str, header: dict[str, Any], size: BloomSize | None, parameters: Parameters | None
) -> list[BloomSize]:
    """The sizes of the layers, if all is as asked."""
    stored = {name: header[name] for name in ("documents", "rate", "bands")}
    made = BloomSize(**stored)
    sizes = [made.layer(i) if header["when_full"] == "grow" else made for i in range(len(header["layers"]))]
    pairs = [({"hashing": header["hashing"]}, {"hashing": HASHING})]
    pairs += [
        ({name: layer[name] for name in ("hashes", "words")}, {"hashes": computed.hashes, "words": computed.words})
        for layer, computed in zip(header["layers"], sizes, strict=True)
    ]
    if size is not None:
        pairs.append((stored, asdict(size)))
    if parameters is not None:
        pairs.append((header["parameters"], dict(parameters)))
    differ = [text for theirs, ours in pairs for text in _differences(theirs, ours)]
    if differ:
        raise BloomFileError(f"{path} was made with other parameters: {'; '.join(differ)}.")
    return sizes


def _differences(theirs: Parameters, ours: Parameters) -> Iterator[str]:
    """Each name whose values differ, as JSON tells them apart."""
    for name in sorted({*theirs, *ours}):
        there, here = (json.dumps(of[name], sort_keys=True) if name in of else "missing" for of in (theirs, ours))
        if there != here:
            yield f"{name} is {there} in the file, {here} here"


def _payload(path: str, file: IO[bytes], start: int, length: int, *, writable: bool) -> memoryview:
    """The words' bytes, mapped or read; they can be written only if they were to be."""
    found = file.seek(0, os.SEEK_END)
    if found != start + length:
        wrong = "is cut off" if found < start + length else "goes on behind its end"
        raise BloomFileError(f"{path} {wrong}: it has {found:,} bytes, its header says {start + length:,}. {_AGAIN}")
    local = isinstance(fsspec.core.url_to_fs(path)[0], LocalFileSystem)
    if local and not writable:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))[start:]
    payload = np.empty(length, np.uint8).data
    file.seek(start)
    for begin in range(0, length, _CHUNK):
        part = payload[begin : begin + _CHUNK]
        read = file.read(len(part))
        part[:] = read.ljust(len(part), b"\0")  # shorter than a moment ago: the checksum tells
    return payload if writable else payload.toreadonly()


def _bloom(header: dict[str, Any], sizes: list[BloomSize], payload: memoryview) -> Bloom:
    layers = []
    for stored, size in zip(header["layers"], sizes, strict=True):
        bits = np.frombuffer(payload[: size.bytes], "<u8").reshape(size.bands, size.words)
        layers.append(Layer(size, bits, np.array(stored["counts"], np.int64)))
        payload = payload[size.bytes :]
    made = BloomSize(header["documents"], header["rate"], header["bands"])
    return Bloom(made, header["when_full"], layers, header["inserted"])
