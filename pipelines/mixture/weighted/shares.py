"""What a mixture takes of each domain, and how a manifest tells it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from crawlsieve.dedup.quotas import Portion
from crawlsieve.pipelines.mixture.weighted.weights import DomainSize
from crawlsieve.pipelines.mixture.weighted.work import Mixture
from crawlsieve.stages.mix.cut import Taken

NOTHING = DomainSize(0, 0, 0, 0)


@dataclass(frozen=True)
class Share:
    """What a mixture takes of one domain.

    Attributes:
        name: of the domain.
        weight: as asked.
        there: what there is of it.
        portion: quota, whole epochs and the rest.
        last: documents, size and bytes that its last epoch takes, which is cut.
    """

    name: str
    weight: float
    there: DomainSize
    portion: Portion
    last: tuple[int, int, int]

    @property
    def documents(self) -> int:
        """Copies, all epochs together."""
        return self.portion.whole * self.there.documents + self.last[0]

    @property
    def size(self) -> int:
        """Of the copies, in the unit."""
        return self.portion.whole * self.there.size + self.last[1]

    @property
    def bytes(self) -> int:
        """Of the texts of the copies."""
        return self.portion.whole * self.there.bytes + self.last[2]


@dataclass(frozen=True)
class Weighed:
    """Which documents a mixture has, and what they sum to by domain."""

    taken: Taken
    shares: tuple[Share, ...]

    @property
    def documents(self) -> int:
        """Copies in all."""
        return sum(share.documents for share in self.shares)

    @property
    def bytes(self) -> int:
        """Of their texts."""
        return sum(share.bytes for share in self.shares)


def shares_of(
    mixture: Mixture, there: dict[str, DomainSize], found: dict[str, Portion], last: np.ndarray
) -> tuple[Share, ...]:
    """The shares, in order of name.

    Args:
        mixture: what is made.
        there: what there is of each domain.
        found: the portion of each domain that has a weight.
        last: int64[domains, 3]: documents, size and bytes that last epochs take.
    """
    return tuple(
        Share(name, mixture.weights[name], there.get(name, NOTHING), part, (sums[0], sums[1], sums[2]))
        for (name, part), sums in zip(found.items(), last.tolist(), strict=True)
    )


def report(mixture: Mixture, weighed: Weighed) -> dict[str, Any]:
    """What a manifest says of a mixture."""
    size = sum(share.size for share in weighed.shares)
    return {
        "key": mixture.key,
        "table": mixture.table,
        "domain": mixture.mix.domain,
        "unit": mixture.mix.unit,
        **({"tokenizer": mixture.files_read} if mixture.mix.tokenizer else {}),
        "tokens": mixture.mix.tokens,
        "seed": mixture.mix.seed,
        "max_epochs": mixture.mix.max_epochs,
        "documents": weighed.documents,
        "size": size,
        "bytes": weighed.bytes,
        "domains": {
            share.name: {
                "weight": share.weight,
                "share": share.size / size if size else 0.0,
                "quota": share.portion.quota,
                "size": share.size,
                "documents": share.documents,
                "bytes": share.bytes,
                "epochs": share.size / share.there.size if share.there.size else 0.0,
                "unique_documents": share.there.documents,
                "unique_size": share.there.size,
            }
            for share in weighed.shares
        },
    }
