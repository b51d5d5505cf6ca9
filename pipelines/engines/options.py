"""What a recipe may say about engines, under `engine:`. None of it changes a row."""

from dataclasses import dataclass, field
from typing import Annotated, TypeAlias

from annotated_types import Ge, Gt, Le

from crawlsieve.pipelines.recipe.parse import Yaml

Workers: TypeAlias = Annotated[int, Ge(1), Le(1024)]


@dataclass(frozen=True, kw_only=True)
class LocalOptions:
    """The embedded engine: processes on this machine."""

    workers: Workers | None = None
    """Worker processes; as many as there are cores if null."""


@dataclass(frozen=True, kw_only=True)
class BeamOptions:
    """Apache Beam (extra `beam`; for Dataflow also `gcp`)."""

    runner: str = "FnApiRunner"
    """FnApiRunner is in this process; others are called as Beam calls them: DataflowRunner, FlinkRunner, ..."""

    workers: Workers = 1
    """With FnApiRunner or DirectRunner: worker processes; with 1, everything happens in this one."""

    options: dict[str, Yaml] = field(default_factory=dict, hash=False)
    """Beam's own pipeline options, passed on as they are: region, temp_location, max_num_workers, ..."""


@dataclass(frozen=True, kw_only=True)
class RayOptions:
    """Ray (extra `ray`)."""

    address: str | None = None
    """Of a cluster: host:port, ray://host:port, or auto. If null, a cluster on this machine is started for the run."""

    workers: Workers | None = None
    """CPUs of a cluster that is started; as many as there are cores if null."""

    cpus_per_task: Annotated[float, Gt(0)] = 1.0
    """CPUs that a task reserves."""

    memory_per_task: Annotated[int, Ge(0)] = 0
    """Bytes of memory that a task reserves of its node; nothing is reserved with 0."""

    object_store_memory: Annotated[int, Ge(0)] = 0
    """Bytes of shared memory for rows between tasks, of a cluster that is started; with 0, Ray takes 30 % of the
    machine's. What exceeds them goes to disk."""

    runtime_env: dict[str, Yaml] = field(default_factory=dict, hash=False)
    """Ray's own runtime_env, passed on as it is: env_vars, pip, py_modules, ..."""


EngineOptions: TypeAlias = LocalOptions | BeamOptions | RayOptions

ENGINES: dict[str, type[EngineOptions]] = {"local": LocalOptions, "beam": BeamOptions, "ray": RayOptions}
"""Every engine, as recipes and `--engine` call it."""


@dataclass(frozen=True, kw_only=True)
class Engines:
    """Options of every engine."""

    local: LocalOptions = field(default_factory=LocalOptions)
    """Of the embedded one, which runs a recipe if no other is asked for."""

    beam: BeamOptions = field(default_factory=BeamOptions)
    """Of Apache Beam."""

    ray: RayOptions = field(default_factory=RayOptions)
    """Of Ray."""
