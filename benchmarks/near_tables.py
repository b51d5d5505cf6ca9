"""What the measurements of near-duplicates print and ask: tables, the peers, and how much memory was taken."""

import json
import resource
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

PEER = Path(__file__).with_name("peer_near.py")


def table(head: Sequence[str], rows: Iterable[Sequence[object]], words: int = 1) -> None:
    """Print a Markdown table whose first columns, `words` of them, are text, and all others numbers."""
    print(f"| {' | '.join(head)} |")
    print(f"|{' --- |' * words}{' ---: |' * (len(head) - words)}")
    for row in rows:
        print(f"| {' | '.join(map(cell, row))} |", flush=True)
    print()


def cell(value: object) -> str:
    """Whole numbers with commas, others with three digits that say something, null as a dash."""
    if value is None:
        return "-"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)


def ask(peers: str, *arguments: object) -> dict[str, Any]:
    """What peer_near.py answers, run by the peers' Python."""
    command = [peers, str(PEER), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def peak_gib() -> float:
    """Most memory that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
