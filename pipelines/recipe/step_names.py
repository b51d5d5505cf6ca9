"""What the steps of a recipe are called where names have to be unique: judge, judge_2, ..."""

from collections import Counter
from collections.abc import Sequence
from typing import Any


def step_names(steps: Sequence[Any]) -> list[str]:
    """A unique name for each entry; that of a malformed entry is empty."""
    seen: Counter[str] = Counter()
    names: list[str] = []
    for item in steps:
        key = next(iter(item)) if isinstance(item, dict) and len(item) == 1 else ""
        seen[key] += 1
        names.append(f"{key}_{seen[key]}" if seen[key] > 1 and key else key)
    return names
