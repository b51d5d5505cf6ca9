"""The demo, as `make demo` leaves it, for the commands of the documentation to work on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.snippets import ROOT

PROGRAMS = Path(sys.executable).parent


def call(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of a shell in `folder`, with this environment's programs first in the path."""
    env = os.environ | {"PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(  # noqa: S602 - lines of our own documentation
        command, shell=True, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=600
    )


@pytest.fixture(scope="session")
def workplace(tmp_path_factory) -> Path:
    """A folder that looks like the repository's root after `make demo`."""
    folder = tmp_path_factory.mktemp("docs")
    (folder / "pipelines").symlink_to(ROOT / "pipelines")
    done = call("sh {} crawlsieve".format(ROOT / "infra" / "demo.sh"), folder)
    assert done.returncode == 0, done.stderr
    (folder / "demo.txt").write_text(done.stdout + done.stderr)
    return folder
