"""What becomes of a cluster that a run started, when its driver is stopped or killed."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.engines.test_workers import alive, wait_for

pytest.importorskip("ray")

SCRIPT = textwrap.dedent(
    """
    import sys
    from crawlsieve.pipelines.engines.engine import nobody
    from crawlsieve.pipelines.engines.options import RayOptions
    from crawlsieve.pipelines.engines.start import started
    from crawlsieve.stages.plan import Map, Plan
    from tests.engines.plans import NUMBERS, shards
    from tests.engines.test_workers import Sleep

    with started(RayOptions(workers=2, object_store_memory=100 << 20), "", "test") as engine:
        engine.run(Plan(shards(1, 1), (Map(Sleep(sys.argv[1]), writes=NUMBERS),)), nobody)
    """
)


@pytest.fixture
def driver(tmp_path):
    """A run that goes on for a minute, and the process ids of its workers and of the cluster's servers."""
    (tmp_path / "driver.py").write_text(SCRIPT)
    root = str(Path(__file__).parents[2])
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "driver.py"), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": root},
        stderr=subprocess.PIPE,
        text=True,
    )
    workers = wait_for(lambda: [int(file.stem) for file in tmp_path.glob("*.pid")], 2)
    servers = [pid for pid in children(process.pid) if not reports(pid)]
    assert set(workers) < set(servers)
    yield process, servers
    process.kill()
    process.communicate()


def children(pid):
    """All processes below one."""
    found = [int(word) for word in (Path("/proc") / str(pid) / "task" / str(pid) / "children").read_text().split()]
    return [*found, *(below for child in found for below in children(child))]


def reports(pid):
    """Whether it is one of Ray's two agents, which try for a minute to report that their node is gone, and end then."""
    return b"agent" in (Path("/proc") / str(pid) / "cmdline").read_bytes().lower()


def test_a_killed_driver_takes_its_cluster_along(driver):
    process, cluster = driver
    process.kill()
    process.wait()

    wait_for(lambda: [pid for pid in cluster if not alive(pid)], len(cluster))


def test_an_interrupt_ends_the_cluster_and_the_run(driver):
    process, cluster = driver
    process.send_signal(signal.SIGINT)
    _, shown = process.communicate(timeout=60)

    assert shown.rstrip().endswith("KeyboardInterrupt")
    assert process.returncode == -signal.SIGINT
    wait_for(lambda: [pid for pid in cluster if not alive(pid)], len(cluster))
