"""What a recipe may say under `source:`, what a survey finds there, and what a reading counts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, MinLen

Format = Literal["warc", "arc", "wet", "jsonl", "parquet"]
Role = Literal["text", "id", "url", "date"]

COMMON_CRAWL = "https://data.commoncrawl.org/"
"""Where the lines of Common Crawl's `*.paths.gz` lists begin."""

UNREACHABLE = "unreachable"
"""Version of an input that the survey could not reach and that is to be recorded, not to fail the run."""

_SECRETS = frozenset({"key", "secret", "token", "password", "username", "credentials"})


@dataclass(frozen=True, kw_only=True)
class Source:
    """The options of a recipe's `source`.

    Attributes:
        paths: files, globs (local and object stores), and `*.paths[.gz]` lists; local, https, s3, gs.
        format: what the files hold; `auto` goes by the name and, where the name says nothing, by the first bytes.
        base: what the lines of a `*.paths` list are relative to; null means Common Crawl.
        columns: where JSONL and Parquet keep text, id, url and date, if not under those names.
        storage: options of the object store's fsspec file system, such as `endpoint_url` or `anon`.
        connections_per_host: connections that one process opens to one host at a time.
        retries: attempts in a row that may fail on one place of one file before the file counts as unreachable.
        backoff_seconds: upper bound of the first pause; doubles with each failure, up to a minute, with full jitter.
        timeout_seconds: silence on a connection after which it counts as broken.
        max_record_bytes: a record whose block, decoded payload, line or text is larger fails.
        batch_rows: most rows in one batch.
        batch_bytes: most bytes of payload, text, metadata, addresses in one batch; a larger record travels alone.
        on_unreachable: whether a file that cannot be fetched after all retries fails the run, or becomes one `failed`
            row; one that does not exist when the run begins always fails it.
    """

    paths: Annotated[tuple[str, ...], MinLen(1)]
    format: Literal["auto", "warc", "arc", "wet", "jsonl", "parquet"] = "auto"
    base: str | None = None
    columns: Mapping[Role, str] = field(default_factory=dict)
    storage: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    connections_per_host: Annotated[int, Ge(1), Le(64)] = 2
    retries: Annotated[int, Ge(0), Le(100)] = 8
    backoff_seconds: Annotated[float, Gt(0)] = 0.5
    timeout_seconds: Annotated[float, Gt(0)] = 60.0
    max_record_bytes: Annotated[int, Ge(1)] = 64 << 20
    batch_rows: Annotated[int, Ge(1), Le(65_536)] = 1024
    batch_bytes: Annotated[int, Ge(1)] = 16 << 20
    on_unreachable: Literal["fail", "record"] = "fail"

    def __post_init__(self) -> None:
        secrets = sorted(_SECRETS & set(self.storage))
        if secrets:
            raise ValueError(
                f"storage: {', '.join(secrets)} would be copied into the manifest. "
                "Put credentials into the environment (AWS_ACCESS_KEY_ID, GOOGLE_APPLICATION_CREDENTIALS, ...)."
            )

    def column(self, role: Role) -> str:
        """The name under which JSONL and Parquet keep `role`."""
        return self.columns.get(role, role)


@dataclass(frozen=True, kw_only=True)
class Input:
    """One file to read, and its fingerprint.

    Attributes:
        path: the address as the recipe names it, a glob resolved.
        format: what it holds.
        size: stored bytes; null where the server does not say.
        version: ETag, generation or time of change; empty where there is none, UNREACHABLE if nobody could ask.
    """

    path: str
    format: Format
    size: int | None
    version: str


@dataclass(kw_only=True)
class Tally:
    """What a reading counted, complete once its last batch is out.

    Attributes:
        records: input records, each of which became one row; counted before anything else is done with them.
        not_documents: records that are no input (WARC types beside the four, `filedesc`, `blank_line`), by type.
        bytes_read: stored bytes received, a second reading of damaged places included.
        bytes_decoded: bytes after decompression (Parquet: bytes of text).
        sha256: of the stored bytes, hex; null if not every byte was read in its turn (Parquet mostly, unreachable).
        retries: requests that were repeated.
        unreadable_rows: rows lost with Parquet row groups that broke; one failed row stands for all of a group.
    """

    records: int = 0
    not_documents: Counter[str] = field(default_factory=Counter)
    bytes_read: int = 0
    bytes_decoded: int = 0
    sha256: str | None = None
    retries: int = 0
    unreadable_rows: int = 0
