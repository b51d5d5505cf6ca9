"""A Dockerfile, read as far as its rules need it: stages, and the instructions of each."""

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.snippets import ROOT

PATH = ROOT / "infra" / "container" / "Dockerfile"


@dataclass
class Stage:
    name: str
    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, instruction: str) -> list[str]:
        return [rest for name, rest in self.steps if name == instruction]


def stages(text: str) -> dict[str, Stage]:
    """Name -> stage, in their order.

    Raises:
        ValueError: a stage has no name.
    """
    found: dict[str, Stage] = {}
    for name, rest in instructions(text):
        if name == "FROM":
            match = re.fullmatch(r"(\S+) AS (\S+)", rest)
            if match is None:
                message = f"FROM {rest}: say AS what"
                raise ValueError(message)
            found[match[2]] = Stage(match[2], match[1])
        else:
            list(found.values())[-1].steps.append((name, rest))
    return found


def instructions(text: str) -> list[tuple[str, str]]:
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(line.split(None, 1)[0].upper(), line.split(None, 1)[1].strip()) for line in joined.splitlines()]


def line_of(stage: str, found: dict[str, Stage]) -> list[Stage]:
    """A stage and those that it is made from, the last first."""
    line = [found[stage]]
    while line[-1].base in found:
        line.append(found[line[-1].base])
    return line


def problems(text: str, root: Path) -> list[str]:
    """What is wrong with a Dockerfile."""
    found = stages(text)
    wrong: list[str] = []
    before: set[str] = set()
    for stage in found.values():
        if stage.base not in before and not re.search(r"[^/]:[\w.-]*\d[\w.-]*(@sha256:[0-9a-f]{64})?$", stage.base):
            wrong.append(f"{stage.name}: {stage.base} has no version")
        wrong += [f"{stage.name}: ADD {rest}: COPY does what is needed" for rest in stage.all("ADD")]
        for rest in stage.all("COPY"):
            wrong += [f"{stage.name}: {problem}" for problem in copied(rest, before, root)]
        for rest in stage.all("RUN"):
            wrong += [f"{stage.name}: {problem}" for problem in ran(rest)]
        before.add(stage.name)
    return wrong


def copied(rest: str, before: set[str], root: Path) -> list[str]:
    *sources, _ = words = shlex.split(rest)
    if words[0].startswith("--from="):
        stage = words[0].removeprefix("--from=")
        return [] if stage in before else [f"--from={stage} is no stage before this one"]
    return [f"COPY {name}: there is no such file" for name in sources if not (root / name).exists()]


def ran(rest: str) -> list[str]:
    wrong = []
    for command in re.split(r"&&|\|\||;", rest):
        if re.search(r"\bpip install\b", command) and "-c constraints.txt" not in command:
            wrong.append(f"'{command.strip()}' is not constrained")
        if re.search(r"\b(pip (install|wheel))\b", command) and "--no-cache-dir" not in command:
            wrong.append(f"'{command.strip()}' leaves its cache")
        if re.search(r"\b(curl|sudo|chmod -R 777|gcc|build-essential)\b", command):
            wrong.append(f"'{command.strip()}' has no place in an image")
        if "apt-get install" in command and "--no-install-recommends" not in command:
            wrong.append(f"'{command.strip()}' installs more than it says")
    return wrong


def user_of(stage: str, found: dict[str, Stage]) -> str:
    """Who a stage's processes run as."""
    users = [user for part in reversed(line_of(stage, found)) for user in part.all("USER")]
    return users[-1] if users else "root"
