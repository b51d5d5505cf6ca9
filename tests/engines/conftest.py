"""Every engine that runs here, as one fixture."""

import pytest

from crawlsieve.pipelines.engines import local
from crawlsieve.pipelines.engines.workers import hire


@pytest.fixture(params=[1, 2], ids=["local", "local-2-workers"])
def engine(request, tmp_path):
    """A function from a plan to its last table."""
    calls = iter(range(100))
    with hire(request.param) as crew:
        yield lambda plan: local.run(plan, str(tmp_path / f"scratch-{next(calls)}"), crew=crew)
