"""A cluster of two nodes on this machine, of which one is lost, and clusters that are not there."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from crawlsieve.pipelines.engines.engine import nobody
from crawlsieve.pipelines.engines.options import RayOptions
from crawlsieve.pipelines.engines.start import started
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.plan import Batch, Exchange, Map, Plan
from tests.engines.plans import NUMBERS, RUNS, Count, InOrder, Total, shards

ray = pytest.importorskip("ray")
from ray.cluster_utils import Cluster  # noqa: E402 - after the check that it is there

ROWS = 300_000
"""Of each of two shards: in 24 pieces of 200 kB: Ray keeps those of less than 100 kB in the driver."""


@dataclass(frozen=True)
class Where:
    """Tells in a file which node does the shard."""

    folder: str

    def __call__(self, rows: Iterator[Batch]) -> Iterator[Batch]:
        for row in rows:
            shard, node = row.column("first")[0].as_py(), ray.get_runtime_context().get_node_id()
            count = len(list(Path(self.folder).iterdir()))
            (Path(self.folder) / f"{count}-{shard}-{node}").touch()
            yield row


@pytest.fixture
def two_nodes():
    """The cluster, and its second node."""
    found = Cluster(
        initialize_head=True,
        head_node_args={
            "num_cpus": 1,
            "object_store_memory": 200 << 20,
            "include_dashboard": False,
            "_system_config": {
                "health_check_initial_delay_ms": 0,
                "health_check_period_ms": 300,
                "health_check_failure_threshold": 3,
            },
        },
    )
    second = found.add_node(num_cpus=1, object_store_memory=200 << 20)
    yield found, second
    found.shutdown()


def test_a_node_that_is_lost_takes_no_row_along(two_nodes, tmp_path):
    cluster, second = two_nodes
    plan = Plan(
        shards(ROWS, ROWS),
        (
            Map(Where(str(tmp_path)), writes=shards().schema),
            Map(Count(200, 10_000), writes=NUMBERS),
            Exchange(by=("key",), partitions=24, then=("value",)),
            Map(InOrder(), writes=NUMBERS),
            Map(Total(), writes=RUNS),
        ),
    )
    done = []

    def lose(batch):
        if not done:
            cluster.remove_node(second, allow_graceful=False)
        done.append(batch)

    with started(RayOptions(address=cluster.address), "", "test") as engine:
        found = engine.run(plan, lose)

    first, again = sorted(tmp_path.iterdir())[:2], sorted(tmp_path.iterdir())[2:]
    lost = {file.name.split("-")[1] for file in first if file.name.split("-")[2] == second.node_id}
    assert len(lost) == 1
    assert {file.name.split("-")[1] for file in again} == lost
    totals = dict(zip(found["key"].to_pylist(), found["total"].to_pylist(), strict=True))
    assert totals == {key: sum(range(key, 2 * ROWS, 200)) for key in range(200)}


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("127.0.0.1:1", r"127\.0\.0\.1:1 cannot be used: .*refused. Is it running"),
        ("ray://127.0.0.1:1", "ray://127.0.0.1:1 cannot be used"),
        ("head", "an address is auto, host:port or ray://host:port"),
        ("head.invalid:6379", "cannot be used"),
    ],
)
def test_a_cluster_that_is_not_there_is_an_error_with_advice(address, message):
    with (
        pytest.raises(CrawlsieveError, match=message),
        started(RayOptions(address=address), "", "test") as engine,
    ):
        engine.run(Plan(shards(1), (Map(Count(1), writes=NUMBERS),)), nobody)
