"""Where the texts of domains come from: a folder a domain, or finished runs and an expression."""

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from crawlsieve.pipelines.dedup_command import documents_of
from crawlsieve.pipelines.mixture.regression.tables import MixtureError, listed
from crawlsieve.stages.mix.documents import is_text, read_documents, schema_of
from crawlsieve.stages.mix.domain import Domain
from crawlsieve.stages.read import Source, survey

TRAIN, VALID = "train", "valid"
SUFFIXES = (".parquet", ".jsonl", ".jsonl.gz")
_PLACES = 2**64


@dataclass(frozen=True)
class Text:
    """Texts of one domain and part (`train` or `valid`), a few at a time."""

    domain: str
    part: str
    texts: list[str]


class Texts(Protocol):
    """Texts by domain."""

    @property
    def identity(self) -> list[str]:
        """What tells these inputs from others, for a key: paths, sizes, versions, how they are parted."""
        ...

    def read(self) -> Iterator[Text]:
        """All texts, in an order that is always the same."""
        ...


@dataclass(frozen=True)
class Folders:
    """`folder/DOMAIN/train*` and `folder/DOMAIN/valid*`: Parquet, JSONL or gzipped JSONL, with a `text` each row."""

    files: tuple[tuple[str, str, Path], ...]

    @property
    def identity(self) -> list[str]:
        """As `Texts.identity`."""
        states = ((domain, part, path, path.stat()) for domain, part, path in self.files)
        return [f"{domain} {part} {path.name} {at.st_size} {at.st_mtime_ns}" for domain, part, path, at in states]

    def read(self) -> Iterator[Text]:
        """As `Texts.read`.

        Raises:
            MixtureError: a file is damaged, or has rows without a text.
        """
        for domain, part, path in self.files:
            rows = _parquet(path) if path.suffix == ".parquet" else _jsonl(path)
            for texts in rows:
                yield Text(domain, part, texts)


@dataclass(frozen=True)
class Runs:
    """Documents of runs, parted by a hash of their ids: the same ones are for validation in every run."""

    paths: tuple[tuple[str, str], ...]
    domain: Domain
    valid_share: float
    seed: int

    @property
    def identity(self) -> list[str]:
        """As `Texts.identity`."""
        how = f"domain {self.domain.expression!r}, {self.valid_share} for validation by seed {self.seed}"
        return [*(f"{path} {version}" for path, version in self.paths), how]

    def read(self) -> Iterator[Text]:
        """As `Texts.read`."""
        last = int(self.valid_share * _PLACES)
        for path, _ in self.paths:
            columns = dict.fromkeys(["id", "text", *self.domain.columns(schema_of(path))])
            with self.domain.evaluating() as domain_of:
                for rows in read_documents(path, list(columns)):
                    found: dict[tuple[str, str], list[str]] = {}
                    ids, texts = rows["id"].to_pylist(), rows["text"].to_pylist()
                    for name, domain, text in zip(ids, domain_of(rows).to_pylist(), texts, strict=True):
                        place = xxhash.xxh3_64_intdigest(str(name).encode(), self.seed)
                        found.setdefault((domain, VALID if place < last else TRAIN), []).append(text)
                    for (domain, part), some in sorted(found.items()):
                        yield Text(domain, part, some)


def texts_of(data: Sequence[str], domain: str | None, valid_share: float, seed: int) -> Texts:
    """What `--data` and `--domain` name.

    Raises:
        MixtureError: there are no domains, or one lacks a part.
        CrawlsieveError: an input is missing, or the expression does not fit.
    """
    if domain is None:
        if len(data) > 1:
            raise MixtureError(
                f"--data names {len(data)} inputs; without --domain it is one folder, with one a domain."
            )
        return _folders(Path(data[0]))
    inputs = survey(Source(paths=tuple(documents_of(one) for one in data)))
    strange = next((item for item in inputs if item.format != "parquet"), None)
    if strange:
        raise MixtureError(f"{strange.path} is {strange.format}; with --domain, --data are runs or Parquet files.")
    expression = Domain(domain)
    for item in inputs[:1]:
        expression.columns(schema_of(item.path))
    return Runs(tuple((item.path, f"{item.size} {item.version}") for item in inputs), expression, valid_share, seed)


def _folders(folder: Path) -> Folders:
    if not folder.is_dir():
        raise MixtureError(
            f"{folder} is no folder. Of runs and Parquet files, say how domains are told: --domain EXPR."
        )
    domains = sorted(one for one in folder.iterdir() if one.is_dir())
    files = [
        (domain.name, part, path)
        for domain in domains
        for part in (TRAIN, VALID)
        for path in sorted(domain.glob(f"{part}*"))
        if path.name.endswith(SUFFIXES)
    ]
    there = {(domain, part) for domain, part, _ in files}
    named = sorted({domain for domain, _ in there})
    lacking = [f"{domain}/{part}" for domain in named for part in (TRAIN, VALID) if (domain, part) not in there]
    if lacking or not named:
        wanted = f"DOMAIN/{TRAIN}* and DOMAIN/{VALID}*, each {', '.join(SUFFIXES)}"
        raise MixtureError(f"{folder} should have {wanted}. It lacks {listed(lacking) if lacking else 'all of them'}.")
    return Folders(tuple(files))


def _jsonl(path: Path) -> Iterator[list[str]]:
    number = 0
    try:
        with path.open("rb") as raw, gzip.open(raw) if path.suffix == ".gz" else raw as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield [_text(line, f"{path} line {number}")]
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        said = f"{type(error).__name__} {str(error)[:120]}"
        raise MixtureError(f"{path} is damaged behind line {number}: {said}") from None


def _text(line: bytes, where: str) -> str:
    """The text of a line of JSONL.

    Raises:
        MixtureError: it has none.
    """
    try:
        text = json.loads(line)["text"]
    except (ValueError, KeyError, TypeError) as error:
        raise MixtureError(f"{where} is no JSON object with a 'text': {type(error).__name__}") from None
    if not isinstance(text, str):
        raise MixtureError(f"{where}: 'text' is {type(text).__name__}, not a string")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise MixtureError(f"{where}: 'text' has half a surrogate pair, and so is no text") from None
    return text


def _parquet(path: Path) -> Iterator[list[str]]:
    try:
        with pq.ParquetFile(path) as file:
            if "text" not in file.schema_arrow.names:
                raise MixtureError(f"{path} has no column 'text'. It has: {listed(file.schema_arrow.names)}")
            kind = file.schema_arrow.field("text").type
            if not is_text(kind):
                raise MixtureError(f"{path}: column 'text' is {kind}, and should be string")
            for batch in file.iter_batches(1024, columns=["text"]):
                if batch.column(0).null_count:
                    raise MixtureError(f"{path} has rows without a text")
                yield batch.column(0).to_pylist()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        said = (str(error).splitlines() or [""])[0][:120]
        raise MixtureError(f"{path} is no Parquet file that can be read: {said}") from error
