"""Every measurement, one after the other. Prints Markdown, and with `--write` keeps it as docs/benchmarks.md."""

import argparse
import datetime as dt
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"

SECTIONS = (
    ("main_job.py", True),
    ("signals.py", True),
    ("extraction.py", False),
    ("language.py", False),
)
"""Script, and whether it calls the peers."""


def machine() -> str:
    """What was measured on, in one line."""
    info = Path("/proc/cpuinfo")
    models = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
    return f"{len(models)} cores of {models[0] if models else platform.processor()}, Python {platform.python_version()}"


def main() -> None:
    """Print the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", required=True, help="the Python that has datatrove")
    parser.add_argument("--write", action="store_true", help=f"keep the page as {PAGE.name}")
    asked = parser.parse_args()
    today = dt.datetime.now(tz=dt.UTC).date()
    parts = [f"# Benchmarks\n\nMeasured on {today}, {machine()}, by `make bench`.\n"]
    print(parts[0], flush=True)
    for script, calls_peers in SECTIONS:
        command = [sys.executable, str(HERE / script), *(["--peers", asked.peers] if calls_peers else [])]
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        print(told, flush=True)
        parts.append(told)
    if asked.write:
        PAGE.write_text("\n".join(parts))


if __name__ == "__main__":
    main()
