"""What every file in the repository has to respect; a pre-commit hook, and a test over all tracked files.

A text file ends with exactly one line break, has no white space at the end of a line and no mark of an unfinished
merge; no file is larger than 800 kB (data is made by code or fetched, not stored).
"""

import sys
from pathlib import Path

LARGEST = 800_000
_MERGE = (b"<<<<<<< ", b">>>>>>> ")


def problems(path: Path) -> list[str]:
    """What is wrong with the file: `PATH:LINE: what`."""
    data = path.read_bytes()
    found = [f"{path}: {len(data)} bytes, {LARGEST} are allowed"] if len(data) > LARGEST else []
    if not data or b"\0" in data:
        return found
    for number, line in enumerate(data.split(b"\n"), 1):
        if line != line.rstrip():
            found.append(f"{path}:{number}: white space at the end of the line")
        if line.startswith(_MERGE):
            found.append(f"{path}:{number}: mark of an unfinished merge")
    if not data.endswith(b"\n") or data.endswith(b"\n\n"):
        found.append(f"{path}: does not end with exactly one line break")
    return found


def main() -> int:
    """Check the files named on the command line; 1 if there is a problem."""
    found = [problem for name in sys.argv[1:] for problem in problems(Path(name))]
    sys.stdout.writelines(f"{problem}\n" for problem in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
