"""Which engine a command uses: what the command line says, over what the recipe says, over the defaults."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from crawlsieve.pipelines.engines.options import BeamOptions, EngineOptions, Engines, LocalOptions, RayOptions
from crawlsieve.pipelines.recipe.parse import scalar
from crawlsieve.stages.errors import RecipeError

T = TypeVar("T")


@dataclass(frozen=True)
class Asked:
    """The options of a command that are about its engine; None where one was not given."""

    engine: str = "local"
    workers: int | None = None
    runner: str | None = None
    address: str | None = None
    beam_options: Mapping[str, str] | None = None


def chosen(engines: Engines, asked: Asked) -> EngineOptions:
    """The engine of a run.

    Args:
        engines: what the recipe says.
        asked: what the command line says, which goes before.

    Raises:
        RecipeError: an option of another engine was given.
    """
    found: EngineOptions = getattr(engines, asked.engine)
    if asked.workers is not None:
        found = replace(found, workers=asked.workers)
    if asked.runner is not None:
        found = replace(_of(found, BeamOptions, "--runner", asked), runner=asked.runner)
    if asked.beam_options:
        beam = _of(found, BeamOptions, "--beam-option", asked)
        added = {key: scalar(value) for key, value in asked.beam_options.items()}
        found = replace(beam, options={**beam.options, **added})
    if asked.address is not None:
        found = replace(_of(found, RayOptions, "--address", asked), address=asked.address)
    if found.workers is None:
        found = replace(found, workers=cores())
    return found


def engine_text(engine: EngineOptions) -> str:
    """What `plan` says will be launched, on one line."""
    if isinstance(engine, LocalOptions):
        return "local, in this process" if engine.workers == 1 else f"local, {engine.workers} worker processes"
    if isinstance(engine, BeamOptions):
        where = f"{engine.workers} worker processes" if engine.workers > 1 else "in this process"
        ours = engine.runner in {"FnApiRunner", "DirectRunner"}
        options = ", ".join(f"{name}={value}" for name, value in sorted(engine.options.items()))
        return ", ".join(
            part for part in (f"beam, {engine.runner}", where if ours else "a job a pass", options) if part
        )
    if engine.address is None:
        return f"ray, a cluster of {engine.workers} CPUs on this machine, for the run only"
    return f"ray, the cluster at {engine.address}, {engine.cpus_per_task:g} CPUs a task"


def cores() -> int:
    """CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _of(found: object, kind: type[T], option: str, asked: Asked) -> T:
    if not isinstance(found, kind):
        raise RecipeError(f"{option} says nothing to the engine '{asked.engine}'")
    return found
