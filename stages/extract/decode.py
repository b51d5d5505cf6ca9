"""Bytes of a page to text, in the encoding that a browser would take."""

import re
from codecs import utf_8_decode

from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_WIDER = {
    "shift_jis": "cp932",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "iso8859-11": "cp874",
}
"""Browsers read more characters under these labels than Python's codecs of that name (WHATWG Encoding, section 4.2)."""
_MISSING = {"x-mac-cyrillic": "mac-cyrillic", "x-mac-ukrainian": "mac-cyrillic", "x-user-defined": "cp1252"}

_HEAD = 65536
"""Bytes in which a declaration counts. Browsers look at 1,024 before they parse, and start again at a later one."""
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_META = re.compile(rb"<meta[\s/]([^>]*)")
_ATTRIBUTE = re.compile(rb"""([^\s"'>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
_IN_CONTENT = re.compile(rb"""charset\s*=\s*["']?\s*([^\s"';]+)""")
_IN_XML = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([^"']+)["']""")
_SAMPLE = 131_072


def decode_page(data: bytes, charset: str | None = None, *, is_html: bool = True) -> str:
    """The characters of a page; U+FFFD where bytes mean nothing in its encoding.

    The first of these says which it is, as in HTML (section 13.2.3): the byte order mark, the charset of the HTTP
    header, <meta> or an XML declaration in the first 64 KiB, then what the bytes look like: UTF-8 if they are that
    without a mistake, else the guess of uchardet. Labels mean what the WHATWG Encoding standard says (ISO-8859-1 is
    windows-1252), unknown ones nothing.

    Args:
        data: the body.
        charset: parameter of the Content-Type header.
        is_html: whether <meta> is looked for.

    Returns:
        Text that fits into UTF-8: no lone surrogate.
    """
    for mark, codec in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(codec, "replace")
    codec = _codec(charset) or (_declared(data[:_HEAD]) if is_html else None) or _guess(data)
    return data.decode(codec, "replace").removeprefix("\ufeff")


def is_utf16(data: bytes, charset: str | None) -> bool:
    """Whether the page is in the only encoding of the web that does not contain ASCII."""
    if data.startswith(_BOMS[0][0]):
        return False
    return data.startswith((_BOMS[1][0], _BOMS[2][0])) or (_codec(charset) or "").startswith("utf-16")


def _codec(label: str | None) -> str | None:
    """Python's codec for a label; null if browsers know no such label."""
    label = (label or "").strip(" \t\r\n\f\"'").lower()
    if not label.isascii() or not label.isprintable() or not label:
        return None
    name: str | None = map_encoding_to_html5(label, fallback_utf8=False) or _MISSING.get(label)
    return _WIDER.get(name, name) if name else None


def _declared(head: bytes) -> str | None:
    """The encoding that the document itself names."""
    head = head.lower()
    if b"<meta" in head:
        for meta in _META.finditer(_COMMENT.sub(b"", head)):
            attributes = {name: a or b or c for name, a, b, c in reversed(_ATTRIBUTE.findall(meta[1]))}
            label = attributes.get(b"charset")
            if label is None and attributes.get(b"http-equiv") == b"content-type":
                found = _IN_CONTENT.search(attributes.get(b"content", b""))
                label = found[1] if found else None
            codec = _codec(label.decode("latin-1")) if label else None
            if codec:
                return _ascii_based(codec)
    xml = _IN_XML.match(head)
    codec = _codec(xml[1].decode("latin-1")) if xml else None
    return _ascii_based(codec) if codec else None


def _ascii_based(codec: str) -> str:
    """A declaration that can be read as ASCII is wrong if it says UTF-16."""
    return "utf-8" if codec.startswith("utf-16") else codec


def _guess(data: bytes) -> str:
    if b"\x1b$" not in data:  # how ISO-2022-JP begins, which is ASCII to the eye
        try:
            utf_8_decode(data, "strict", False)  # noqa: FBT003 - crawlers cut pages, also inside a character
        except UnicodeDecodeError:
            pass
        else:
            return "utf-8"
    return _codec(detect_encoding(data, _SAMPLE, html5_compatible=False)) or "cp1252"
