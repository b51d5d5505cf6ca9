"""Plans that cross Beam's job API: to a job service in another process, with workers here, or in Beam's worker pool."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from crawlsieve.pipelines.engines.engine import Retried, nobody
from crawlsieve.pipelines.engines.options import BeamOptions
from crawlsieve.pipelines.engines.start import started
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.plan import Map, Plan
from tests.engines.plans import NUMBERS, Count, FailAt, shards
from tests.engines.test_conformance import flaky, rows, summed, totals
from tests.engines.test_workers import wait_for

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def launch(tmp_path_factory):
    """Starts a module of Beam's as a process, which lives as long as these tests."""
    begun = []
    surroundings = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),  # the pool calls `python`
    }
    log = (tmp_path_factory.mktemp("log") / "log").open("wb")

    def launched(module, *options):
        command = [sys.executable, "-m", f"apache_beam.runners.{module}", *options]
        begun.append(subprocess.Popen(command, env=surroundings, stdout=log, stderr=log))

    yield launched
    for process in reversed(begun):
        process.terminate()
        process.wait()
    log.close()


@pytest.fixture(scope="module")
def service(launch, tmp_path_factory):
    """The address of a job service."""
    place = tmp_path_factory.mktemp("service") / "port"
    launch("portability.local_job_service_main", "--port_file", str(place))
    wait_for(lambda: [place] if place.exists() else [], 1)
    return f"localhost:{place.read_text()}"


@pytest.fixture(scope="module", params=["LOOPBACK", "EXTERNAL"])
def engine(request, service, launch, tmp_path_factory):
    options = {"job_endpoint": service, "environment_type": request.param}
    if request.param == "EXTERNAL":
        with socket.socket() as found:
            found.bind(("localhost", 0))
            port = found.getsockname()[1]
        launch("worker.worker_pool_main", f"--service_port={port}")
        wait_for(lambda: [port] if listens(port) else [], 1)
        options["environment_config"] = f"localhost:{port}"
    work = tmp_path_factory.mktemp("work")
    with started(BeamOptions(runner="PortableRunner", options=options), str(work), "portable") as found:
        yield found
    assert list(work.iterdir()) == []


def listens(port):
    with socket.socket() as found:
        return found.connect_ex(("localhost", port)) == 0


def test_rows_meet_in_order(engine):
    assert rows(engine.run(summed((500, 700), 7), nobody)) == totals((500, 700), 7)


def test_a_verdict_arrives_as_it_was_said(engine):
    plan = Plan(shards(5, 5, 5), (Map(FailAt(5), writes=shards().schema), Map(Count(3), writes=NUMBERS)))

    with pytest.raises(CrawlsieveError, match=r"^this shard cannot be read$"):
        engine.run(plan, nobody)


def test_a_plan_that_fails_is_begun_again(engine, tmp_path):
    before = len(engine.retried)

    assert rows(engine.run(flaky(summed((5, 5, 5), 4), tmp_path, 1, "EIO"), nobody)) == totals((5, 5, 5), 4)
    assert engine.retried[before:] == [Retried("partition 1", "Input/output error")]
