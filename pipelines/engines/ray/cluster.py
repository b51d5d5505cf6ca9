"""A cluster of Ray: started for the run, or found at an address; and whether it has a node for a task."""

import logging
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import ray

from crawlsieve.pipelines.engines.choice import cores
from crawlsieve.pipelines.engines.options import RayOptions
from crawlsieve.stages.errors import CrawlsieveError

CONNECT_SECONDS = 10.0
"""For the first word with a cluster; Ray itself would try for minutes."""

PATIENCE_SECONDS = 300.0
"""How long a cluster at an address may be without a node for a task: an autoscaler may be starting one."""

REFRESH_SECONDS = 5.0
"""Between two looks at the nodes of a cluster, which may come and go."""

_CLIENT = "ray://"

_RAY: Any = ray
"""For what has no types there."""


@contextmanager
def connected(options: RayOptions) -> Iterator[None]:
    """A connection for the length of the block; a cluster that was started for it ends with it.

    Who has called `ray.init` already and says "auto" keeps that connection.

    Raises:
        CrawlsieveError: the cluster cannot be reached, or started.
    """
    if ray.is_initialized():
        if options.address is None:
            raise CrawlsieveError("ray is started in this process already: to use that cluster, set address: auto")
        yield
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_IGNORE_UNHANDLED_ERRORS", "1")  # of objects that nobody reads: a task says what it did
    try:
        if options.address is None:
            _start(options)
        else:
            _connect(options.address, options)
    except (OSError, RuntimeError, ValueError) as error:  # ConnectionError and TimeoutError are OSErrors
        where = f"the cluster at {options.address}" if options.address else "a cluster on this machine"
        advice = ". Is it running (`ray status`), and does it want a token (RAY_AUTH_MODE, RAY_AUTH_TOKEN)?"
        advice = f"{advice} Without --address, a cluster is started here" if options.address else ""
        raise CrawlsieveError(f"ray: {where} cannot be used: {_first_line(error)}{advice}") from error
    try:
        yield
    finally:
        ray.shutdown()


@dataclass
class Cluster:
    """What a task asks of a cluster, and what the cluster has."""

    options: RayOptions
    _slots: int = 1
    _looked: float = field(default=float("-inf"))
    _able: float = field(default_factory=time.monotonic)

    @property
    def slots(self) -> int:
        """Tasks that the nodes of today can do at a time, by their CPUs."""
        if time.monotonic() - self._looked > REFRESH_SECONDS:
            self._looked = time.monotonic()
            self._slots = max(1, int(_RAY.cluster_resources().get("CPU", 0) / self.options.cpus_per_task))
        return self._slots

    def check(self) -> None:
        """See that there is a node for a task.

        Raises:
            CrawlsieveError: there is none, and on a cluster at an address there was none for a while.
        """
        now = time.monotonic()
        nodes = [node["Resources"] for node in _RAY.nodes() if node["Alive"]]
        cpus, memory = self.options.cpus_per_task, self.options.memory_per_task
        if any(node.get("CPU", 0) >= cpus and node.get("memory", 0) >= memory for node in nodes):
            self._able = now
            return
        waited = now - self._able
        if self.options.address is not None and waited < PATIENCE_SECONDS:
            return
        has = ", ".join(f"{node.get('CPU', 0):g} CPUs and {node.get('memory', 0):.0f} bytes" for node in nodes[:5])
        raise CrawlsieveError(
            f"ray: no node can do a task, which reserves {cpus:g} CPUs (cpus_per_task) and {memory} bytes of memory "
            f"(memory_per_task); the nodes have {has or 'nothing: there is none'}"
        )


def _start(options: RayOptions) -> None:
    ray.init(
        address="local",  # without it, RAY_ADDRESS of the environment would be used
        num_cpus=options.workers or cores(),
        object_store_memory=options.object_store_memory or None,
        include_dashboard=False,
        **_common(options),
    )


def _connect(address: str, options: RayOptions) -> None:
    if address not in {"auto", "local"}:
        host, _, port = address.removeprefix(_CLIENT).rpartition(":")
        if not host or not port.isdecimal():
            message = "an address is auto, host:port or ray://host:port"
            raise ValueError(message)
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    ray.init(address=address, **_common(options))


def _common(options: RayOptions) -> dict[str, Any]:
    return {
        "log_to_driver": False,
        "logging_level": logging.ERROR,
        "runtime_env": options.runtime_env or None,
    }


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
