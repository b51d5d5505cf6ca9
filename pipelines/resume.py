"""What an earlier run left, and why some of it runs again."""

import json
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Any

from crawlsieve.pipelines.job import Job
from crawlsieve.pipelines.standing import manifest_path, standing_state, state_path
from crawlsieve.stages.files import join, read_json, remove, write_json
from crawlsieve.stages.read import hash_input

UNREACHABLE = "error/unreachable"
"""What the sink counts where an input could not be read: its shard is tried again whenever the run is started."""


def begin(job: Job) -> str:
    """Make the output one that is being written, and note what the run's keys are made of, for the next to compare.

    Returns:
        One line for the user: how many shards are done, how many run, and why.
    """
    remove(manifest_path(job.recipe.output))  # from here on its tables may be of two runs
    done = _done(job)
    missed = {key for key, told in done.items() if _missed(told)}
    for key in sorted(missed):
        forget(job, key)
    line = _what_runs(job, done.keys() - missed, missed)
    write_json(state_path(job.recipe.output), _state(job))
    return line


def forget(job: Job, key: str) -> None:
    """Remove what was made of an input. Whenever this is stopped, what still stands is found again and forgotten."""
    remove(manifest_path(job.recipe.output))
    remove(join(job.work, "published", job.key))
    remove(join(job.work, "curated", key))


def verify_inputs(job: Job) -> Iterator[str]:
    """Hash every input that a finished shard came from again; forget what was made of those that differ.

    Yields:
        A line for each input whose bytes changed although size and time, or ETag, did not, and one that says how many
        were read in parts only, so that there is no hash to compare.
    """
    unhashed = []
    for item, key in zip(job.inputs, job.task_keys, strict=True):
        done = read_json(join(job.work, "curated", key, "done.json"))
        if done is None or _missed(done):
            continue  # it is read again anyway
        if done["sha256"] is None:
            unhashed.append(item.path)
        elif done["sha256"] != hash_input(item, job.recipe.source):
            forget(job, key)
            yield f"{item.path} is not the file that was read: it is read again"
    if unhashed:
        told = f"{len(unhashed)} of {len(job.inputs)} inputs cannot be verified, the first is {unhashed[0]}"
        yield f"{told}: not every byte was read, so there is no sha256 to compare"


def changes(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What differs between two states, one phrase each."""
    found = [f"{path} changed" for path in _differing(before["common"], now["common"])]
    found += ["the history changed"] if before.get("history") != now.get("history") else []
    old, new = before["inputs"], now["inputs"]
    found += [f"input {path} is new" for path in sorted(new.keys() - old.keys())]
    found += [f"input {path} is gone" for path in sorted(old.keys() - new.keys())]
    found += [f"input {path} changed" for path in sorted(new.keys() & old.keys()) if old[path] != new[path]]
    return found


def _done(job: Job) -> dict[str, dict[str, Any]]:
    """Key -> what was noted at its end, of every task that is done."""
    read = {key: read_json(join(job.work, "curated", key, "done.json")) for key in dict.fromkeys(job.task_keys)}
    return {key: told for key, told in read.items() if told is not None}


def _missed(done: dict[str, Any]) -> bool:
    """Whether a part of the input could not be reached."""
    return any(step == "sink" and name == UNREACHABLE for step, name, _ in done["counts"])


def _what_runs(job: Job, done: AbstractSet[str], missed: AbstractSet[str]) -> str:
    before = standing_state(job.recipe.output)
    if before is None:
        return f"{len(job.inputs)} shards to read"
    left = sum(key not in done for key in job.task_keys)
    told = f"{len(job.inputs) - left} of {len(job.inputs)} shards are done, {left} to read"
    reasons = changes(before, _state(job))
    reasons += [
        f"{item.path} could not be reached"
        for item, key in zip(job.inputs, job.task_keys, strict=True)
        if key in missed
    ]
    return f"{told}: {'; '.join(reasons)}" if reasons else told


def _state(job: Job) -> dict[str, Any]:
    inputs = {item.path: {"size": item.size, "version": item.version} for item in job.inputs}
    made = {"name": job.recipe.name, "common": job.common, "inputs": inputs, "history": job.pin}
    made |= {name: told for name, told in job.told.items() if name == "made_from"}
    state: dict[str, Any] = json.loads(json.dumps(made))
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
