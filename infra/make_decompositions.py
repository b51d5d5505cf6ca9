"""Write filters/decompositions.txt from the Unicode data of this Python, and of the `regex` module for the marks.

Run it to move to another version of Unicode: `python infra/make_decompositions.py`. Hashes of normalised words change
with the table, so `VERSION` in filters/normalised.py has to be raised with it.
"""

import sys
import unicodedata
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import regex

TARGET = Path(__file__).resolve().parents[1] / "filters" / "decompositions.txt"
HEAD = f"""\
# Marks, and canonical decompositions (Unicode {unicodedata.unidata_version}); made by infra/make_decompositions.py.
# first-last n: marks without a width of their own (category Mn); first-last m: other marks (Mc, Me)
# code point=what its full canonical decomposition is without marks of category Mn; hexadecimal. Hangul is a formula.
"""
HANGUL = range(0xAC00, 0xAC00 + 11172)


def runs(points: list[int], letter: str) -> Iterator[str]:
    """A line for each run of neighbours."""
    for _, group in groupby(enumerate(points), lambda pair: pair[1] - pair[0]):
        run = [point for _, point in group]
        yield f"{run[0]:X}-{run[-1]:X} {letter}\n"


def main() -> None:
    """Write the marks, then the decompositions."""
    text = "".join(chr(c) for c in range(sys.maxunicode + 1) if not 0xD800 <= c < 0xE000)
    thin = set(regex.findall(r"\p{Mn}", text))
    lines = [HEAD]
    lines += runs([ord(char) for char in text if char in thin], "n")
    lines += runs([ord(char) for char in regex.findall(r"[\p{Mc}\p{Me}]", text)], "m")
    for char in text:
        parts = unicodedata.normalize("NFD", char)
        if parts != char and char not in thin and ord(char) not in HANGUL:
            lines.append(f"{ord(char):X}={' '.join(f'{ord(part):X}' for part in parts if part not in thin)}\n")
    TARGET.write_text("".join(lines), encoding="ascii")


if __name__ == "__main__":
    main()
