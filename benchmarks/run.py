"""Every measurement, one after the other. Prints Markdown; what the pages of docs/ say of it is written by people."""

import argparse
import datetime as dt
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent

SECTIONS = (
    ("main_job.py", True),
    ("signals.py", True),
    ("extraction.py", False),
    ("language.py", False),
    ("signatures.py", True),
    ("bloom.py", True),
    ("near_selection.py", False),
    ("near_false_positives.py", True),
    ("near_index_size.py", True),
    ("near_quality.py", True),
    ("near_chains.py", False),
    ("near_scale.py", False),
    ("mixture.py", False),
    ("mix_apply.py", False),
    ("engines.py", False),
    ("engine_exchange.py", False),
    ("forecast.py", False),
    ("report.py", False),
    ("scale.py", False),
)
"""Script, and whether it calls the peers. An hour in all; near_scale.py takes 6 GiB of memory."""


def machine() -> str:
    """What was measured on, in one line."""
    info = Path("/proc/cpuinfo")
    models = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
    return f"{len(models)} cores of {models[0] if models else platform.processor()}, Python {platform.python_version()}"


def main() -> None:
    """Print all, or the sections that are named."""
    names = [script.removesuffix(".py") for script, _ in SECTIONS]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", help=f"of {', '.join(names)}; all if none is named")
    parser.add_argument("--peers", required=True, help="the Python that has datatrove and the other peers")
    asked = parser.parse_args()
    unknown = sorted({*asked.sections} - {*names})
    if unknown:
        parser.error(f"no section {', '.join(unknown)}; there are {', '.join(names)}")
    today = dt.datetime.now(tz=dt.UTC).date()
    print(f"# Benchmarks\n\nMeasured on {today}, {machine()}, by `make bench`.\n", flush=True)
    for script, calls_peers in SECTIONS:
        if asked.sections and script.removesuffix(".py") not in asked.sections:
            continue
        command = [sys.executable, str(HERE / script), *(["--peers", asked.peers] if calls_peers else [])]
        print(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout, flush=True)


if __name__ == "__main__":
    main()
