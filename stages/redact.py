"""`redact`: e-mail and public IP addresses give way to ones that belong to nobody."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crawlsieve.filters.pii import EMAIL_SHAPE, IPV4_SHAPE, IPV6_SHAPE, redact_emails, redact_ip_addresses
from crawlsieve.schemas.column import column
from crawlsieve.stages.plan import Batch
from crawlsieve.stages.step import append, replace

_COUNTS = {
    "emails": column(
        "emails_redacted", pa.int64(), "e-mail addresses replaced by `redact`", unit="addresses", nullable=True
    ),
    "ip_addresses": column(
        "ip_addresses_redacted", pa.int64(), "public IP addresses replaced by `redact`", unit="addresses", nullable=True
    ),
}


@dataclass(frozen=True, kw_only=True)
class Redact:
    """Replaces addresses in `text`; what stands there instead depends on the address and the seed, on nothing else.

    Only `text` is touched: `url` and `metadata` stay as they are.

    Args:
        emails: replace e-mail addresses by ones at example.com, example.net and example.org (RFC 2606).
        ip_addresses: replace public IPv4 and IPv6 addresses by ones for documentation (RFC 5737, RFC 3849).
        seed: the recipe's, unless given.

    Raises:
        ValueError: nothing is to be replaced.
    """

    version: ClassVar[int] = 3

    emails: bool = True
    ip_addresses: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        if not (self.emails or self.ip_addresses):
            raise ValueError("replaces nothing; set `emails` or `ip_addresses` to true, or remove the step")

    @property
    def reads(self) -> tuple[str, ...]:
        """Nothing but `text`."""
        return ()

    @property
    def adds(self) -> pa.Schema:
        """How many addresses of each kind were replaced, null where there is no text."""
        return pa.schema([_COUNTS[name] for name in _COUNTS if getattr(self, name)])

    @property
    def files(self) -> tuple[str, ...]:
        """None."""
        return ()

    def check(self) -> None:
        """Nothing beyond the options."""

    def __call__(self, batch: Batch) -> Batch:
        """The same rows with their text redacted, and the counts."""
        texts = batch.column("text")
        known = pc.is_valid(texts)
        counts = []
        if self.emails:
            texts, count = _redacted(texts, _may_have_email(texts), partial(redact_emails, seed=self.seed))
            counts.append(pc.if_else(known, count, None))
        if self.ip_addresses:
            maybe = pc.match_substring_regex(texts, f"{IPV4_SHAPE}|{IPV6_SHAPE}")
            texts, count = _redacted(texts, maybe, partial(redact_ip_addresses, seed=self.seed))
            counts.append(pc.if_else(known, count, None))
        return append(replace(batch, "text", texts), self.adds, counts)


def _may_have_email(texts: pa.Array) -> pa.Array:
    """bool[n], never null. The search for one byte is fast, so the pattern sees only what has it."""
    maybe = pc.fill_null(pc.match_substring(texts, "@"), fill_value=False)
    return pc.replace_with_mask(maybe, maybe, pc.match_substring_regex(texts.filter(maybe), EMAIL_SHAPE))


def _redacted(texts: pa.Array, maybe: pa.Array, redact: Callable[[str], tuple[str, int]]) -> tuple[pa.Array, pa.Array]:
    """The texts, those that are `maybe` redacted one by one, and int64[n] counts."""
    mask = pc.fill_null(maybe, fill_value=False)
    done = [redact(text) for text in texts.filter(mask).to_pylist()]
    counts = np.zeros(len(texts), np.int64)
    counts[mask.to_numpy(zero_copy_only=False)] = [count for _, count in done]
    changed = pa.array(counts > 0)
    found = [text for text, count in done if count]
    return pc.replace_with_mask(texts, changed, pa.array(found, texts.type)) if found else texts, pa.array(counts)
