"""The script that most letters of a text are written in.

The data stand in `scripts.txt`, made by `infra/make_scripts.py`.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from crawlsieve.filters.codepoints import ALPHA, CODE_POINTS, code_points, decode
from crawlsieve.filters.strings import text_buffers
from crawlsieve.kernel import kernel

_NONE = 255
_KANA_AT_LEAST = 0.05
"""Han with so large a share of kana is Japanese. Chinese pages have a の here and there, Japanese ones a third."""


@cache
def script_table() -> tuple[np.ndarray, tuple[str, ...]]:
    """(uint8[0x110000]: place in the codes, 255 for what is no letter of one script; ISO 15924 codes, sorted)."""
    path = Path(__file__).with_name("scripts.txt")
    runs = [line.split() for line in path.read_text("ascii").splitlines() if not line.startswith("#")]
    codes = sorted({code for _, code in runs} - {"-"})
    places = {code: place for place, code in enumerate(codes)} | {"-": _NONE}
    first = np.array([0, *(int(start, 16) for start, _ in runs)])
    place = np.array([_NONE, *(places[code] for _, code in runs)], np.uint8)
    table = np.repeat(place, np.diff(first, append=CODE_POINTS))
    table[code_points() & ALPHA == 0] = _NONE
    table.setflags(write=False)
    return table, tuple(codes)


def scripts(texts: pa.Array) -> pa.Array:
    """string[n]: ISO 15924 code of the script of most letters, null where there is no letter.

    Marks, digits and punctuation do not count, nor do letters that several scripts share. Han, Hiragana and Katakana
    together are Jpan if at least 5 % of them are kana, else Hani; simplified and traditional Han are not told apart. Of
    equally many, the first in the alphabet.

    Args:
        texts: large_string[n] or string[n]; null is a text without letters.

    Cost: 1 ns a byte.
    """
    table, codes = script_table()
    counts = np.zeros((len(texts), len(codes)), np.int64)
    data, bounds = text_buffers(texts)
    _count_letters(data, bounds, table, codes.index("Latn"), counts)

    han, kana = codes.index("Hani"), [codes.index("Hira"), codes.index("Kana")]
    kana_letters = counts[:, kana].sum(axis=1)
    counts[:, han] += kana_letters
    counts[:, kana] = 0
    most = counts.argmax(axis=1)
    names = np.array([*codes, "Jpan"])
    is_japanese = (most == han) & (kana_letters >= _KANA_AT_LEAST * counts[:, han])
    return pa.array(names[np.where(is_japanese, len(codes), most)], pa.string(), mask=counts.max(axis=1) == 0)


@kernel
def _count_letters(data: np.ndarray, bounds: np.ndarray, table: np.ndarray, latin: int, counts: np.ndarray) -> None:
    for text in range(len(bounds) - 1):
        i, end = bounds[text], bounds[text + 1]
        ascii_letters = 0
        while i < end:
            byte = data[i]
            if byte < 0x80:
                ascii_letters += 97 <= byte | 32 <= 122
                i += 1
                continue
            point, size = decode(data, i, end)
            i += size
            place = table[point]
            if place != _NONE:
                counts[text, place] += 1
        counts[text, latin] += ascii_letters
