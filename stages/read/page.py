"""A record of an archive to a row: what it is, and what already decides about it."""

import json
import re

from crawlsieve.stages.read.framing import Block
from crawlsieve.stages.read.http import (
    Response,
    TooLargeError,
    UndecodableError,
    charset,
    decode_body,
    media_type,
    parse_response,
)
from crawlsieve.stages.read.rows import Row, clean_url

PAGES = frozenset({"text/html", "application/xhtml+xml", "text/plain"})
"""Media types that the extraction takes."""

_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body)[\s>]", re.IGNORECASE)
_UUID = re.compile(r"^<?(?:urn:uuid:)?([^>]*)>?$", re.IGNORECASE)
_KEPT_FIELDS = {"warc-truncated": "truncated", "warc-identified-content-language": "languages"}


def to_row(block: Block, limit: int) -> Row:
    """The row of an input record.

    Reasons, in this order: `revisit`; `http_status` (not 200), `content_type` (neither HTML nor plain text),
    `empty_payload`. Errors: `record_too_large`, `bad_http` (an HTTP record without status line), `content_encoding`.

    Args:
        block: a record of an input type.
        limit: most bytes of a decoded payload.
    """
    head = block.head
    fields = head.fields
    identifier = _UUID.match(fields.get("warc-record-id", ""))
    row = Row(
        offset=block.offset,
        source_id=(identifier[1].strip() if identifier else fields["warc-record-id"]) or None,
        url=clean_url(fields.get("warc-target-uri", "")),
        date=fields.get("warc-date") or None,
        metadata=_metadata(head.kind, fields),
    )
    if block.content is None:
        row.error = f"record_too_large: {head.length} bytes"
        return row
    row.raw = block.content
    if head.kind == "revisit":
        row.reasons = ("revisit",)
    elif head.kind != "conversion" and _is_http(fields, block.content):
        _fill_http(row, fields, block.content, limit)
    else:
        _fill_plain(row, head.kind, fields.get("content-type", ""), block.content)
    return row


def _metadata(kind: str, fields: dict[str, str]) -> str | None:
    said = {new: fields[old] for old, new in _KEPT_FIELDS.items() if fields.get(old)}
    if kind != "response":
        said["warc_type"] = kind
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"), sort_keys=True) if said else None


def _is_http(fields: dict[str, str], block: bytes) -> bool:
    """WARC names it; ARC gives the payload's own type, so there the block has to speak for itself."""
    kind = fields.get("content-type", "")
    return kind.lower().startswith("application/http") or block.lstrip()[:4].upper() == b"HTTP"


def _fill_http(row: Row, fields: dict[str, str], block: bytes, limit: int) -> None:
    response = parse_response(block)
    if response is None:
        row.error = "bad_http: no status line"
        return
    row.raw = response.body
    stated = response.fields.get("content-type", "")
    row.content_type = media_type(stated) or media_type(fields.get("warc-identified-payload-type", ""))
    row.charset = charset(stated)
    reasons = [] if response.status == 200 else ["http_status"]
    if row.content_type not in PAGES and (row.content_type or response.body.strip()):
        if row.content_type is None and _HTML.search(response.body, 0, 1024):
            row.content_type = "text/html"
        else:
            reasons.append("content_type")
    row.reasons = tuple(reasons)
    if not reasons:
        _fill_body(row, response, limit)
    elif not response.body.strip():
        row.reasons += ("empty_payload",)


def _fill_body(row: Row, response: Response, limit: int) -> None:
    try:
        row.payload = decode_body(response, limit)
    except TooLargeError as error:
        row.error = f"record_too_large: more than {limit} bytes decoded, {error} so far"
        return
    except UndecodableError as error:
        row.error = f"content_encoding: the body is said to be {error} and cannot be decoded"
        return
    if not row.payload.strip():
        row.reasons = ("empty_payload",)


def _fill_plain(row: Row, kind: str, content_type: str, block: bytes) -> None:
    """A record whose block is the payload itself."""
    row.content_type = media_type(content_type)
    row.charset = charset(content_type)
    reasons = (
        [] if row.content_type in PAGES or (kind == "conversion" and row.content_type is None) else ["content_type"]
    )
    if not block.strip():
        reasons.append("empty_payload")
    row.reasons = tuple(reasons)
    if kind == "conversion":
        row.text = block.decode(errors="replace")
    else:
        row.payload = block
