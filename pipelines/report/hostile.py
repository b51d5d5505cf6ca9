"""Text of strangers, as a page may show it: what would act on a reader's screen is made visible."""

import re

_KEPT = "\t\n"
_PICTURES = {code: 0x2400 + code for code in range(32) if chr(code) not in _KEPT} | {0x7F: 0x2421}
_NAMED = [*range(0x80, 0xA0), 0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A), 0xFEFF]
_SHOWN = _PICTURES | {code: f"‹U+{code:04X}›" for code in _NAMED}
_MARKS = re.compile(
    r"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{4})[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)


def shown(text: str | None, most: int) -> str | None:
    """At most `most` code points of a text, an ellipsis where it is cut; None stays None.

    Controls become their pictures (NUL is U+2400), marks that turn the direction of text and breaks of U+2028 become
    their numbers in angle quotes, and of a pile of more than four combining marks four stay.
    """
    if text is None:
        return None
    cut = text if len(text) <= most else text[:most] + "…"
    return _MARKS.sub(r"\1", cut).translate(_SHOWN)
