"""Whether a run may write where its recipe says."""

import os
from pathlib import Path
from typing import Protocol

import fsspec
from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

from crawlsieve.pipelines.standing import opened, standing_manifest, standing_state
from crawlsieve.stages.errors import CrawlsieveError, RecipeError
from crawlsieve.stages.files import join
from crawlsieve.stages.read.places import failures, is_http, protocol

_OTHER = "Choose another folder with --output."


class Writes(Protocol):
    """What writes a run directory: a recipe, or a command that makes a run without one."""

    @property
    def name(self) -> str:
        """Of the run."""

    @property
    def output(self) -> str:
        """The run directory."""

    @property
    def path(self) -> str:
        """What messages call it."""


def output_problem(recipe: Writes, *, writes: bool) -> str:
    """Why the run cannot write to its output, with what to do; empty if it can.

    A folder that holds a run of the same name, finished or not, is gone on with. One that holds another run, or files
    that are no run at all, is left alone.
    """
    if is_http(recipe.output):
        return f"nothing can be written to web addresses. {_OTHER}"
    try:
        system, place = opened(recipe.output)
        if isinstance(system, LocalFileSystem):
            return _folder_problem(Path(place)) or _other_run(recipe, system, place)
        problem = _other_run(recipe, system, place)
        if writes and not problem:
            _probe(recipe.output)
    except CrawlsieveError as error:
        return str(error)
    except (NotImplementedError, ValueError) as error:
        return f"'{recipe.output}': {error}."
    except failures(protocol(recipe.output)) as error:
        return f"'{recipe.output}' cannot be reached: {error}."
    return problem


def refuse_other_run(recipe: Writes) -> None:
    """Look once more, now that nobody else can begin a run there.

    Raises:
        RecipeError: since `output_problem` looked, somebody has.
    """
    problem = output_problem(recipe, writes=False)
    if problem:
        raise RecipeError(f"{recipe.path} output: {problem}")


def output_state(recipe: Writes) -> str:
    """What stands at the output of a recipe that `output_problem` found nothing wrong with, in a few words."""
    if standing_manifest(recipe.output) is not None:
        return "holds a finished run of this name; what is unchanged is not repeated"
    if standing_state(recipe.output) is not None:
        return "holds an unfinished run of this name, which goes on"
    return "new"


def _folder_problem(folder: Path) -> str:
    """Why nothing can be made in a local folder, which need not exist yet."""
    standing = next(path for path in (folder, *folder.parents) if path.exists())
    if not standing.is_dir():
        return f"'{standing}' is a file, and the output is a folder. {_OTHER}"
    if not os.access(standing, os.W_OK | os.X_OK):
        return f"'{standing}' may not be written by this user. {_OTHER}"
    return ""


def _other_run(recipe: Writes, system: AbstractFileSystem, place: str) -> str:
    """Whether the folder is somebody else's."""
    if not system.exists(place):
        return ""
    try:
        records = (standing_manifest(recipe.output), standing_state(recipe.output))
    except CrawlsieveError as error:
        return f"{error}. {_OTHER}"
    for found in records:
        if found is not None and found["name"] != recipe.name:
            return f"'{recipe.output}' holds the run '{found['name']}', and this recipe is '{recipe.name}'. {_OTHER}"
    names = sorted(entry.rstrip("/").rpartition("/")[2] for entry in system.ls(place, detail=False))
    strange = [name for name in names if not name.startswith(".")]
    if strange and not {"manifest.json", "_work"} & {*strange}:
        return f"'{recipe.output}' holds files that are no run of crawlsieve ({', '.join(strange[:3])}). {_OTHER}"
    return ""


def _probe(output: str) -> None:
    """Write a small file to a store and remove it; raises what the store does if that cannot be."""
    system, place = fsspec.core.url_to_fs(join(output, "_work", "probe"))
    system.pipe_file(place, b"")
    system.rm_file(place)
