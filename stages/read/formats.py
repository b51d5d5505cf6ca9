"""Which format a file has: by its name, or by how its content begins."""

from crawlsieve.stages.read.arc import Arc
from crawlsieve.stages.read.source import Format
from crawlsieve.stages.read.warc import Warc

_COMPRESSED = (".gz", ".zst", ".zstd")
_SUFFIXES: dict[str, Format] = {
    ".warc": "warc",
    ".wat": "warc",
    ".wet": "wet",
    ".arc": "arc",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}


def named_format(path: str) -> Format | None:
    """The format that the name tells, compression aside; null if it tells none."""
    name = path.lower().split("?")[0] if "://" in path else path.lower()
    for end in _COMPRESSED:
        name = name.removesuffix(end)
    return next((kind for suffix, kind in _SUFFIXES.items() if name.endswith(suffix)), None)


def sniffed_format(content: bytes) -> Format | None:
    """The format of a file whose (decompressed) content begins so; null if it is none of ours."""
    content = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    if content.startswith(b"PAR1"):
        return "parquet"
    if Warc().begins(content):
        return "warc"
    if Arc().begins(content):
        return "arc"
    return "jsonl" if content.startswith(b"{") else None
