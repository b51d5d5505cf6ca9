"""What an earlier run left, and why some of it runs again."""

import json
from typing import Any

from crawlsieve.pipelines.job import Job
from crawlsieve.stages.files import join, read_json, remove, write_json
from crawlsieve.stages.read import hash_input


def remember(job: Job) -> None:
    """Note what the run's keys are made of, for the next run to compare."""
    write_json(join(job.work, "state.json"), _state(job))


def what_runs_again(job: Job) -> str:
    """One line for the user: how many shards are done, how many run, and what changed since."""
    curated = join(job.work, "curated")
    left = [
        item.path
        for item, key in zip(job.inputs, job.task_keys, strict=True)
        if read_json(join(curated, key, "done.json")) is None
    ]
    before = read_json(join(job.work, "state.json"))
    if before is None:
        return f"{len(job.inputs)} shards to read"
    told = f"{len(job.inputs) - len(left)} of {len(job.inputs)} shards are done, {len(left)} to read"
    reasons = changes(before, _state(job))
    return f"{told}: {'; '.join(reasons)}" if reasons else told


def verify_inputs(job: Job) -> list[str]:
    """Hash every input that a finished shard came from again; forget what was made of those that differ.

    Returns:
        The paths of the inputs whose bytes changed although size and time, or ETag, did not.
    """
    curated = join(job.work, "curated")
    changed = []
    for item, key in zip(job.inputs, job.task_keys, strict=True):
        done = read_json(join(curated, key, "done.json"))
        if done is not None and done["sha256"] is not None and done["sha256"] != hash_input(item, job.recipe.source):
            remove(join(curated, key))
            changed.append(item.path)
    if changed:
        remove(join(job.work, "published", job.key))
        remove(join(job.recipe.output, "manifest.json"))
    return changed


def changes(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What differs between two states, one phrase each."""
    found = [f"{path} changed" for path in _differing(before["common"], now["common"])]
    old, new = before["inputs"], now["inputs"]
    found += [f"input {path} is new" for path in sorted(new.keys() - old.keys())]
    found += [f"input {path} is gone" for path in sorted(old.keys() - new.keys())]
    found += [f"input {path} changed" for path in sorted(new.keys() & old.keys()) if old[path] != new[path]]
    return found


def _state(job: Job) -> dict[str, Any]:
    inputs = {item.path: {"size": item.size, "version": item.version} for item in job.inputs}
    state: dict[str, Any] = json.loads(json.dumps({"name": job.recipe.name, "common": job.common, "inputs": inputs}))
    return state


def _differing(before: Any, now: Any, path: str = "") -> list[str]:  # noqa: ANN401 - any JSON value
    """Paths of the values that differ, by name of step where there is one."""
    if isinstance(before, dict) and isinstance(now, dict):
        names = sorted(before.keys() | now.keys())
        return [
            place
            for name in names
            if before.get(name) != now.get(name)
            for place in _differing(before.get(name), now.get(name), f"{path}.{name}".lstrip("."))
        ]
    if path == "steps":
        old, new = ({step["name"]: step for step in steps} for steps in (before, now))
        if list(old) == list(new):
            return _differing(old, new, path)
    return [path]
