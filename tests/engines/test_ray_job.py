"""A recipe on a cluster that somebody else started: as a job of the cluster, and from outside through Ray's client."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crawlsieve.pipelines.ask.digest import digest
from tests.engines.test_workers import wait_for
from tests.pipelines.near_corpus import corpus
from tests.pipelines.runs import ran, recipe, write_shards

pytest.importorskip("ray")

BIN = Path(sys.executable).parent

NOT_YET = ("No available agent", "Initialization failure from server")
"""What a head node answers that is up, and not ready for jobs or clients: soon after its start, or when busy."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """(Environment, job server, client server) of a head node with two CPUs."""
    folder = tmp_path_factory.mktemp("ray")
    env = {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",  # entry points of jobs are looked up there
        "RAY_AUTH_MODE": "disabled",
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    port, jobs, client, agent = free_ports(4)
    command = ["start", "--head", "--block", "--num-cpus=2", f"--object-store-memory={100 << 20}"]
    ports = [f"--port={port}", f"--dashboard-port={jobs}", f"--ray-client-server-port={client}"]
    ports.append(f"--dashboard-agent-listen-port={agent}")  # else that of another test's cluster is taken for free
    with (folder / "log").open("w") as log:
        head = subprocess.Popen([BIN / "ray", *command, *ports], env=env, stdout=log, stderr=log)
    wait_for(lambda: [1] if answers(jobs) and answers(client) else [], 1)
    yield env, f"http://127.0.0.1:{jobs}", f"ray://127.0.0.1:{client}"
    head.terminate()
    head.wait(timeout=60)


def free_ports(count):
    found = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in found]
    for one in found:
        one.close()
    return ports


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("way", ["client", "job"])
def test_a_recipe_runs_on_a_cluster_from_the_command_line(cluster, tmp_path, way):
    env, jobs, client = cluster
    documents = corpus()
    write_shards(tmp_path, documents[:50], documents[50:])
    place = recipe(tmp_path, steps=["exact_duplicates", "near_duplicates"])
    ran(place)
    expected = digest(str(tmp_path / "run"))
    (tmp_path / "run").rename(tmp_path / "local")

    command = [BIN / "crawlsieve", "run", place, "--engine", "ray", "--address"]
    if way == "job":
        command = [BIN / "ray", "job", "submit", "--address", jobs, "--", *command, "auto"]
    else:
        command = [*command, client]
    for _ in range(30):
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)
        if not any(said in done.stderr for said in NOT_YET):
            break
        time.sleep(1)

    assert done.returncode == 0, done.stdout + done.stderr
    assert digest(str(tmp_path / "run")) == expected
    assert json.loads((tmp_path / "run" / "manifest.json").read_text())["retried"] == []
