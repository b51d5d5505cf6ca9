"""The repository itself: what each file respects, what each command names."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.docs.snippets import ROOT

CHECK = [sys.executable, str(ROOT / "infra" / "check_files.py")]


def tracked() -> list[str]:
    done = subprocess.run(["git", "ls-files", "-s"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    return [line.split("\t")[1] for line in done.stdout.splitlines() if not line.startswith("120000")]


def checked(*names: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*CHECK, *names], cwd=cwd, capture_output=True, text=True, check=False)


def test_every_tracked_file_is_clean():
    there = [name for name in tracked() if (ROOT / name).exists()]

    assert checked(*there).stdout == ""


@pytest.mark.parametrize(("content", "problem"), [
    (b"x", "does not end"), (b"x\n\n", "does not end"), (b"x \ny\n", ":1: white space"), (b"a\n\tb\t\n", ":2: white"),
    (b"<<<<<<< ours\n", "unfinished merge"), (b"\0" * 800_001, "800000 are allowed"),
])  # fmt: skip
def test_an_unclean_file_is_named(content, problem, tmp_path):
    (tmp_path / "file").write_bytes(content)

    done = checked("file", cwd=tmp_path)

    assert done.returncode == 1
    assert problem in done.stdout


@pytest.mark.parametrize("content", [b"", b"x\n", b"\0 \n\n", b"caf\xe9\n"])
def test_a_clean_file_passes(content, tmp_path):
    (tmp_path / "file").write_bytes(content)

    assert checked("file", cwd=tmp_path).returncode == 0


def test_the_gate_checks_and_then_tests():
    script = (ROOT / ".ci" / "run").read_text()

    assert script.index("make check") < script.index("make test")
    assert "set -euo pipefail" in script


def test_constraints_are_plain_pins():
    for name in ("constraints.txt", "constraints-peers.txt"):
        pins = [line for line in (ROOT / "infra" / name).read_text().splitlines() if not line.startswith("#")]
        assert all(re.fullmatch(r"[a-z0-9-]+==[\w.+!]+", pin) for pin in pins), name
        assert pins == sorted(pins, key=lambda pin: pin.split("==")[0])


def test_hooks_run_tools_of_the_environment():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())

    assert [repo["repo"] for repo in config["repos"]] == ["local"]
    assert all(hook["entry"].startswith(".venv/bin/") for repo in config["repos"] for hook in repo["hooks"])


def test_every_change_has_a_kind():
    kinds = {"added", "changed", "deprecated", "removed", "fixed", "security"}
    names = [path.name for path in (ROOT / "changelog.d").iterdir() if path.name != "README.md"]

    assert names
    assert all(re.fullmatch(rf"\w+\.({'|'.join(kinds)})\.md", name) for name in names)
