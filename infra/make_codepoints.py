"""Write filters/codepoints.txt from the Unicode data of the `regex` module and of this Python.

Run it to move to another version of Unicode: `python infra/make_codepoints.py`. Signals change with the table, so the
`version` of the steps that measure has to be raised with it.
"""

import sys
from pathlib import Path

import regex

SPACE_BEYOND_UNICODE = "\x1c\x1d\x1e\x1f"  # str.isspace() and str.splitlines() treat the separators as white space
PUNCTUATION_BEYOND_P = "$+<=>^`|~´∶～"  # category S, used as punctuation (all of ASCII, and what looks like it)
TERMINAL_BEYOND_UNICODE = "\u17d6\u17d9\u17da"  # Khmer signs that end a passage
TARGET = Path(__file__).resolve().parents[1] / "filters" / "codepoints.txt"
HEAD = """\
# Classes of code points; made by infra/make_codepoints.py.
# first code point of the run (hex), letters of its classes, distance to the simple case folding (decimal)
# s white space  a letter (L*)  n number (N*)  m mark or format character  o one word per code point
# p punctuation  t ends a sentence  u upper or title case  l lower case
"""


def matches(text: str, pattern: str) -> set[str]:
    """Characters of `text` that the pattern matches."""
    return set(regex.findall(pattern, text))


def fold(char: str) -> int:
    """Code point that stands for `char` where case does not matter; one for one."""
    for folded in (char.casefold(), char.lower()):
        if len(folded) == 1:
            return ord(folded)
    return ord(char)


def main() -> None:
    """Write one line per run of code points of the same classes and folding distance."""
    text = "".join(chr(c) for c in range(sys.maxunicode + 1) if not 0xD800 <= c < 0xE000)
    continuous = matches(text, r"[\p{Line_Break=SA}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]")
    classes = {
        "s": matches(text, r"\p{White_Space}") | set(SPACE_BEYOND_UNICODE),
        "a": matches(text, r"\p{L}"),
        "n": matches(text, r"\p{N}"),
        "m": matches(text, r"[\p{M}\p{Cf}\p{Emoji_Modifier}]"),
        "o": continuous & matches(text, r"[\p{L}\p{Nl}]"),
        "p": matches(text, r"[\p{P}\p{Cc}]") | set(PUNCTUATION_BEYOND_P),
        "t": matches(text, r"\p{Sentence_Terminal}") | set(TERMINAL_BEYOND_UNICODE),
        "u": matches(text, r"[\p{Lu}\p{Lt}]"),
        "l": matches(text, r"\p{Ll}"),
    }
    lines, last = [HEAD], ("", 0)
    for char in text:
        run = ("".join(name for name, members in classes.items() if char in members), fold(char) - ord(char))
        if run != last:
            lines.append(f"{ord(char):X} {run[0] or '-'} {run[1]}\n")
            last = run
    TARGET.write_text("".join(lines), encoding="ascii")


if __name__ == "__main__":
    main()
