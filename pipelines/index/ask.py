"""The passes that ask a history about what exact duplicates left of a run."""

from crawlsieve.pipelines.near import ROWS_PER_PARTITION, Near
from crawlsieve.schemas.history import ASKED, HIT
from crawlsieve.schemas.near import GONE
from crawlsieve.stages.decide import HISTORY
from crawlsieve.stages.history.index import Generation
from crawlsieve.stages.history.query import LoadKeys, Look
from crawlsieve.stages.near.rounds import FirstTwin
from crawlsieve.stages.plan import Exchange, Map


def known_before(run: Near, history: Generation, folder: str) -> None:
    """Rows of GONE of documents that share a band key with the history, in files by shard under `folder`."""
    size = history.made.size
    keys = run.sizes.documents * size.bands
    by_filter = Exchange(
        by=("filter",),
        partitions=min(size.filters, keys // ROWS_PER_PARTITION + 1),
        then=("band_key", "shard", "row"),
    )
    by_document = Exchange(by=("shard",), partitions=run.sizes.partitions, then=("row", "band"))
    steps = (
        Map(LoadKeys(run.staged(size.bands), history), writes=ASKED),
        by_filter,
        Map(Look(history), writes=HIT),
        by_document,
        Map(FirstTwin(HISTORY), writes=GONE),
    )
    run.to_shards("history", steps, folder, GONE)
