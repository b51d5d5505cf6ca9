"""Labels of language models as the codes that cards use: ISO 639-1, or ISO 639-3 where there is none."""

import re
from functools import cache
from importlib.resources import files

_WIKIPEDIA = {"als": "gsw", "bh": "bih", "sh": "hbs"}
"""lid.176 was taught with Wikipedias: three of its labels are codes of Wikipedia and of nobody else."""

_CODE = re.compile(r"([a-z]{2,3})(?:[_-][A-Za-z0-9_-]+)?")
_UNKNOWN = {"und", "mis", "mul", "zxx"}


def code_of(label: str | None) -> str | None:
    """The ISO 639 code of a label, such as `en`, `eng_Latn` or `zh-Hans`; None where it names no language."""
    found = _CODE.fullmatch(label or "")
    if found is None or found[1] in _UNKNOWN:
        return None
    return _WIKIPEDIA.get(found[0], _short().get(found[1], found[1]))


@cache
def _short() -> dict[str, str]:
    """ISO 639-3 -> ISO 639-1; arb, cmn, pes and the like stand for their macrolanguages, as models use them."""
    lines = files("crawlsieve.pipelines.cards").joinpath("iso639.txt").read_text("utf-8").splitlines()
    return dict(line.split() for line in lines)
