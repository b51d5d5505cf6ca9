"""What the HTML parser's rules say of each element, as bits, looked up by a hash of the name."""

from functools import cache

import numpy as np

from crawlsieve.kernel import inlined, kernel

VOID = 1
"""Has no content, so no end tag."""
RAW = 2
"""Its content is no markup."""
FORMAT = 4
"""Opened again by the parser where something else closed it too early ("active formatting elements")."""
SPECIAL = 8
"""An end tag of an ordinary element does not reach beyond it."""
SCOPE = 16
"""An end tag of a special element does not reach beyond it either."""
BLOCK = 32
"""Its start tag ends an open paragraph."""
PARAGRAPH = 64
ITEM = 128
TERM = 256
CELL = 512
ROW = 1024
GROUP = 2048
TABLE = 4096
OPTION = 8192
SELECT = 16384
FOREIGN = 32768
"""svg and math: inside, `<name/>` has no content."""
ROOT = 65536
"""html, head, body: one of each, however many tags."""
LIST = 131072
"""Holds items of its own."""
BARRIER = 262144
"""Special, and an item or term that begins inside does not end one outside."""
HEADING = 524288
"""An end tag of one level ends a heading of any."""
FORM = 1048576
"""Never inside another; its end tag ends nothing else."""

_KINDS = {
    VOID: "area base br col embed hr img input link meta param source track wbr basefont bgsound frame keygen",
    RAW: "script style textarea title iframe noembed noframes xmp",
    FORMAT: "a b big code em font i nobr s small strike strong tt u",
    SPECIAL: "address applet article aside base basefont bgsound blockquote body br button caption center col"
    " colgroup dd details dir div dl dt embed fieldset figcaption figure footer form frame frameset h1 h2"
    " h3 h4 h5 h6 head header hgroup hr html iframe img input keygen li link listing main marquee menu"
    " meta nav noembed noframes noscript object ol p param plaintext pre script search section select"
    " source style summary table tbody td template textarea tfoot th thead title tr track ul wbr xmp",
    SCOPE: "applet caption html table td th marquee object template",
    BLOCK: "address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer"
    " header hgroup main menu nav ol p search section summary ul h1 h2 h3 h4 h5 h6 pre listing form li dd"
    " dt plaintext table hr xmp",
    PARAGRAPH: "p",
    ITEM: "li",
    TERM: "dd dt",
    CELL: "td th caption",
    ROW: "tr",
    GROUP: "tbody thead tfoot colgroup",
    TABLE: "table",
    OPTION: "option",
    SELECT: "select",
    FOREIGN: "svg math",
    ROOT: "html head body",
    LIST: "ul ol",
    HEADING: "h1 h2 h3 h4 h5 h6",
    FORM: "form",
}
"""Lists of the HTML standard, sections 13.1.2 and 13.2.4.2 to 13.2.4.3."""

_PRIME = 0x100000001B3
_SPREAD = 0x1E3779B97F4A7C15
_SLOTS = 512


@inlined
def extend(key: int, byte: int) -> int:
    """The hash of a name with one more lower-case byte; the hash of no name is 0."""
    return key * _PRIME ^ byte


@inlined
def _slot(key: int) -> int:
    return (key * _SPREAD >> 40) & (_SLOTS - 1)


def name_hash(name: str) -> int:
    """The hash of a lower-case name, as `extend` makes it."""
    key = 0
    for byte in name.encode("ascii"):
        key = (key * _PRIME) % 2**64 ^ byte
    return key - 2**64 if key >= 2**63 else key


@cache
def name_table() -> np.ndarray:
    """int64[512, 2]: hash of a name or 0, and its bits; open addressing."""
    kinds: dict[str, int] = {}
    for bit, names in _KINDS.items():
        for name in names.split():
            kinds[name] = kinds.get(name, 0) | bit
    for name in set(_KINDS[SPECIAL].split()) - {"address", "div", "p"}:
        kinds[name] |= BARRIER
    table = np.zeros((_SLOTS, 2), np.int64)
    for name, kind in kinds.items():
        slot = _slot(name_hash(name))
        while table[slot, 0]:
            slot = (slot + 1) % _SLOTS
        table[slot] = name_hash(name), kind
    table.setflags(write=False)
    return table


@kernel
def bits_of(key: int, table: np.ndarray) -> int:
    """The bits of a name, 0 for any that is not listed (ordinary elements)."""
    slot = _slot(key)
    while table[slot, 0] != 0:
        if table[slot, 0] == key:
            return int(table[slot, 1])
        slot = (slot + 1) % _SLOTS
    return 0
