"""Ray: plain tasks, one object for each partition of an Exchange. Ray Data is not used: its group-by is far slower.

crawlsieve has to be installed on the cluster's nodes, in the version of the driver: nothing is shipped to them, unless
`runtime_env` says so. Credentials and models have to be there too; tables and shards are read from where they are.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from crawlsieve.pipelines.engines.options import RayOptions
from crawlsieve.pipelines.engines.ray.cluster import Cluster, connected
from crawlsieve.pipelines.engines.ray.engine import Ray


@contextmanager
def started(options: RayOptions, _work: str, _name: str) -> Iterator[Ray]:
    """The engine for the length of a block.

    Args:
        options: which cluster, and what a task reserves of it.

    Raises:
        CrawlsieveError: the cluster cannot be reached, or has no node for a task.
    """
    with connected(options):
        cluster = Cluster(options)
        cluster.check()
        yield Ray(cluster)
