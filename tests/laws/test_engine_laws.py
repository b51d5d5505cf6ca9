"""Laws of the local engine: how numbers are cut into shards, batches and partitions changes no sum."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlsieve.pipelines.engines import local
from crawlsieve.pipelines.engines.engine import nobody
from tests.engines.test_conformance import rows, summed, totals

SIZES = st.lists(st.integers(0, 60), max_size=6)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """In this process: worker processes are the conformance suite's."""
    with local.started(1, str(tmp_path_factory.mktemp("work"))) as started:
        yield started


@settings(max_examples=60, deadline=None)
@given(sizes=SIZES, keys=st.integers(1, 40), partitions=st.integers(1, 9), batch=st.integers(1, 80))
def test_every_key_has_its_sum_whatever_the_shape_of_the_plan(engine, sizes, keys, partitions, batch):
    found = rows(engine.run(summed(sizes, keys, partitions=partitions, batch=batch), nobody))

    assert found == totals(sizes, keys)
    assert engine.retried == []
