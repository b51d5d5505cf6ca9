"""The passes that make a mixture: measure, find the cuts, stage copies, publish them in shuffled order."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crawlsieve.pipelines.engines.engine import Engine, nobody
from crawlsieve.pipelines.mixture.weighted.shares import Weighed, shares_of
from crawlsieve.pipelines.mixture.weighted.weights import DomainSize, portions
from crawlsieve.pipelines.mixture.weighted.work import Mixture
from crawlsieve.schemas.mix import BOUNDARY, CUT, DOMAIN_SIZE, HISTOGRAM, NAMED, STAGED
from crawlsieve.schemas.tables import FILES
from crawlsieve.stages.errors import BalanceError, CrawlsieveError
from crawlsieve.stages.mix.cut import BINS, AtCut, CountBins, FindBins, FindCuts, Taken, Wanted
from crawlsieve.stages.mix.domain import Domain
from crawlsieve.stages.mix.measure import Measure, ReadNames, Repeated, SumDomains
from crawlsieve.stages.mix.publish import PublishMixture
from crawlsieve.stages.mix.stage_text import StageCopies
from crawlsieve.stages.plan import Exchange, Map, Plan
from crawlsieve.stages.publish import RANGES
from crawlsieve.stages.staging import buckets_for

TEXT_BYTES_PER_FILE = 768 << 20
"""Text of this size is a Parquet file of about 256 MB."""

TEXT_BYTES_HELD = 128 << 20
"""Text of a file that is held at a time, to bring it into order."""

ROWS_PER_PARTITION = 1_000_000
"""Of keys, histograms and documents at a cut."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Passes:
    """A mixture, who makes it, and who is told."""

    mixture: Mixture
    engine: Engine
    say: Say

    def weighed(self) -> Weighed:
        """Decide which documents the mixture has, how often. Nothing final is touched.

        Raises:
            CrawlsieveError: weights and domains do not fit, ids are there twice, too much repetition is needed, ...
        """
        there = self.measure()
        if not self.mixture.unique:
            self.check_unique(sum(size.documents for size in there.values()))
        mix = self.mixture.mix
        found = portions(self.mixture.weights, there, (mix.tokens, mix.unit), mix.max_epochs)
        whole, rest = (tuple(getattr(part, what) for part in found.values()) for what in ("whole", "rest"))
        wanted = Wanted(tuple(found), whole, rest, mix.seed)
        taken, last = self.cuts(wanted, there)
        weighed = Weighed(taken, shares_of(self.mixture, there, found, last))
        if not weighed.documents:
            raise CrawlsieveError(
                f"{mix.tokens:,} {mix.unit} are less than half a document of each domain that has a weight: the "
                "mixture would have none"
            )
        return weighed

    def written(self, weighed: Weighed) -> pa.Table:
        """Write the mixture. Returns FILES.

        Raises:
            BalanceError: an input has changed, or a row was lost on the way.
        """
        files = max(1, math.ceil(weighed.bytes / TEXT_BYTES_PER_FILE))
        self.stage(weighed, files)
        return self.publish(weighed, files)

    def measure(self) -> dict[str, DomainSize]:
        """Every input read once: what there is of each domain."""
        mixture = self.mixture
        self.say(f"mixing: {len(mixture.inputs)} files of documents to measure")
        step = Measure(Domain(mixture.mix.domain), mixture.size, mixture.folder("measured"))
        rows = len(mixture.inputs) * len(mixture.weights)
        steps = (Map(step, DOMAIN_SIZE), Exchange(("key",), _partitions(rows)), Map(SumDomains(), DOMAIN_SIZE))
        told = self.engine.run(Plan(mixture.source(), steps, "mix-measure"), nobody)
        return {
            row["domain"]: DomainSize(row["documents"], row["unsized"], row["size"], row["bytes"])
            for row in sorted(told.to_pylist(), key=lambda row: str(row["domain"]))
        }

    def check_unique(self, documents: int) -> None:
        """Look for an id that is there twice: such documents would be chosen together, and weighed twice.

        Raises:
            CrawlsieveError: there is one; says where.
        """
        self.say(f"mixing: {documents} ids to compare")
        steps = (Map(ReadNames(), NAMED), Exchange(("key",), _partitions(documents)), Map(Repeated(), NAMED))
        found = self.engine.run(Plan(self.mixture.source(), steps, "mix-unique"), nobody).to_pylist()
        if found:
            first = min(row["id"] for row in found)
            paths = " and in ".join(sorted(row["path"] for row in found if row["id"] == first))
            raise CrawlsieveError(
                f"the id '{first}' is in {paths}: a mixture takes documents by their ids, so each may be there once. "
                "`crawlsieve dedup` makes one run, without copies, of several."
            )

    def cuts(self, wanted: Wanted, there: dict[str, DomainSize]) -> tuple[Taken, np.ndarray]:
        """Which documents are taken, and int64[domains, 3]: documents, size and bytes that last epochs take."""
        count = len(wanted.names)
        last, sums = [(-1, bytes(16))] * count, np.zeros((count, 3), np.int64)
        cut = [number for number, rest in enumerate(wanted.rest) if rest]
        if not cut:
            return Taken(wanted, tuple(last)), sums
        self.say(f"mixing: the last epoch of {len(cut)} domains to cut")
        documents = sum(there[wanted.names[number]].documents for number in cut)
        bins, rest = [-1] * count, list(wanted.rest)
        for row in self._bins(wanted, min(documents, len(cut) * BINS * len(self.mixture.inputs))).to_pylist():
            bins[row["domain"]] = row["bin"]
            rest[row["domain"]] -= row["size"]
            sums[row["domain"]] += [row["documents"], row["size"], row["bytes"]]
        for row in self._cuts(wanted, tuple(bins), tuple(rest), documents // BINS).to_pylist():
            last[row["domain"]] = (row["place"], row["id"])
            sums[row["domain"]] += [row["documents"], row["size"], row["bytes"]]
        return Taken(wanted, tuple(last)), sums

    def stage(self, weighed: Weighed, files: int) -> None:
        """Every copy of every document, by its place in the shuffle.

        Raises:
            BalanceError: there are not as many as the weights make; an input has changed.
        """
        mixture = self.mixture
        self.say(f"mixing: {weighed.documents} documents to stage")
        domain, buckets = Domain(mixture.mix.domain), buckets_for(files * self._parts)
        counted = mixture.folder("measured") if mixture.size.tokenizer else None
        step = StageCopies(domain, weighed.taken, mixture.folder("staged"), buckets, counted)
        told = self.engine.run(Plan(mixture.source(), (Map(step, STAGED),), "mix-stage"), nobody).to_pydict()
        for name, wanted in (("documents", weighed.documents), ("bytes", weighed.bytes)):
            if sum(told[name]) != wanted:
                staged = sum(told[name])
                raise BalanceError(f"the mixture has {wanted} {name}, {staged} were staged: did an input change?")

    def publish(self, weighed: Weighed, files: int) -> pa.Table:
        """The final files. Returns FILES.

        Raises:
            BalanceError: a row was lost on the way.
        """
        mixture = self.mixture
        self.say(f"mixing: {files} files to write")
        source = pa.RecordBatch.from_arrays([pa.array(np.arange(files, dtype=np.int32))], schema=RANGES)
        place = (mixture.output, mixture.table, mixture.work)
        step = PublishMixture(*place, mixture.staged, files, self._parts, mixture.key)
        written = self.engine.run(Plan(source, (Map(step, FILES),), "mix-publish"), nobody)
        rows = pa.compute.sum(written["rows"]).as_py()
        if rows != weighed.documents:
            raise BalanceError(f"the mixture has {weighed.documents} documents, {rows} were written")
        return written

    @property
    def _parts(self) -> int:
        return max(1, math.ceil(TEXT_BYTES_PER_FILE / TEXT_BYTES_HELD))

    def _bins(self, wanted: Wanted, rows: int) -> pa.Table:
        count = Map(CountBins(wanted, self.mixture.folder("measured")), HISTOGRAM)
        exchange = Exchange(("domain",), _partitions(rows), then=("bin",))
        steps = (count, exchange, Map(FindBins(wanted.rest), HISTOGRAM))
        return self.engine.run(Plan(self.mixture.source(), steps, "mix-bins"), nobody)

    def _cuts(self, wanted: Wanted, bins: tuple[int, ...], rest: tuple[int, ...], rows: int) -> pa.Table:
        at_cut = Map(AtCut(wanted, bins, self.mixture.folder("measured")), BOUNDARY)
        exchange = Exchange(("domain",), _partitions(rows), then=("place", "id"))
        steps = (at_cut, exchange, Map(FindCuts(bins, rest), CUT))
        return self.engine.run(Plan(self.mixture.source(), steps, "mix-cuts"), nobody)


def _partitions(rows: int) -> int:
    return 1 + rows // ROWS_PER_PARTITION
