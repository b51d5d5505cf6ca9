"""Every engine that runs here, as one fixture."""

from functools import partial

import pytest

from crawlsieve.pipelines.engines import local

ENGINES = {"local": local.run, "local-2-workers": partial(local.run, workers=2)}


@pytest.fixture(params=ENGINES)
def engine(request, tmp_path):
    """A function from a plan to its last table."""
    run = ENGINES[request.param]
    calls = iter(range(100))
    return lambda plan: run(plan, str(tmp_path / f"scratch-{next(calls)}"))
