"""How large a sample somebody asks for: a part of the inputs, or so many of them."""

import re
from dataclasses import dataclass

from crawlsieve.stages.errors import CrawlsieveError

_PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?%")
_PART = re.compile(r"\d*\.\d+")
_SHARDS = re.compile(r"(\d+) ?shards?")
_FORMS = "Write a percentage (1%), a part (0.01) or a number of inputs ('8 shards')."


@dataclass(frozen=True)
class SampleSize:
    """One of the two is set.

    Attributes:
        part: of all records, over 0 and at most 1.
        shards: inputs that are read as a whole, at least 2: one says nothing of how inputs differ.
    """

    part: float | None = None
    shards: int | None = None


def sample_size(text: str) -> SampleSize:
    """What `--sample` was given.

    Raises:
        CrawlsieveError: it is no size, nothing at all, or more than there can be.
    """
    given = text.strip().lower()
    if found := _SHARDS.fullmatch(given):
        shards = int(found[1])
        if shards < 2:
            raise CrawlsieveError(f"--sample '{text}': at least 2 shards, since one says nothing of how inputs differ.")
        return SampleSize(shards=shards)
    if found := _PERCENT.fullmatch(given):
        part = float(found[1]) / 100
    elif _PART.fullmatch(given):
        part = float(given)
    elif given.isdecimal() and int(given) > 0:
        count = max(2, int(given))
        raise CrawlsieveError(f"--sample '{text}' may mean two things. Write '{given}%' or '{count} shards'.")
    else:
        raise CrawlsieveError(f"--sample '{text}' is no size of a sample. {_FORMS}")
    if not 0 < part <= 1:
        raise CrawlsieveError(f"--sample '{text}' is not over 0 and at most 100%. {_FORMS}")
    return SampleSize(part=part)
