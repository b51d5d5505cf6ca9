"""Every engine that runs here, as one fixture."""

import pytest

from crawlsieve.pipelines.engines.engine import nobody
from crawlsieve.pipelines.engines.options import BeamOptions, LocalOptions, RayOptions
from crawlsieve.pipelines.engines.start import started
from tests.pipelines.index.conftest import bucket  # noqa: F401 - a fixture
from tests.stages.read.conftest import site  # noqa: F401 - a fixture

ENGINES = {
    "local": LocalOptions(workers=1),
    "local-2-workers": LocalOptions(workers=2),
    "ray": RayOptions(workers=2, object_store_memory=500 << 20),
    "beam": BeamOptions(),
    "beam-2-workers": BeamOptions(workers=2),
}


@pytest.fixture(scope="module", params=ENGINES)
def started_engine(request, tmp_path_factory):
    """An engine as a run has it."""
    with started(ENGINES[request.param], str(tmp_path_factory.mktemp("work")), "conformance") as engine:
        yield engine


@pytest.fixture(scope="session")
def ray_cluster():
    """A cluster of Ray to which runs connect, one after the other: to start one takes longer than they do."""
    from ray.cluster_utils import Cluster

    size = {"num_cpus": 2, "object_store_memory": ENGINES["ray"].object_store_memory}
    cluster = Cluster(initialize_head=True, head_node_args={**size, "include_dashboard": False})
    yield RayOptions(address=cluster.address)
    cluster.shutdown()


@pytest.fixture(params=ENGINES)
def engine_options(request):
    """What a recipe and a command say about an engine."""
    if request.param == "ray" and "bucket" not in request.fixturenames:  # a bucket's address is in the environment
        return request.getfixturevalue("ray_cluster")
    return ENGINES[request.param]


@pytest.fixture
def engine(started_engine):
    """A function from a plan to its last table."""
    return lambda plan: started_engine.run(plan, nobody)
