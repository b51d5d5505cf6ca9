"""URLs: the host that a list can name, and the canonical form under which two URLs are one page.

The canonical form is the SURT of the Internet Archive (Sort-friendly URI Reordering Transform), as it keys the index of
Common Crawl: host reversed, then the path and the sorted query, in lower case. It is written here, not imported: the
reference package asks the DNS for hosts made of digits, and is under the AGPL.
"""

import ipaddress
import re
from urllib.parse import quote_from_bytes, unquote_to_bytes

import idna

_CONTROLS_AND_SPACE = "".join(map(chr, range(33)))
_LINE_CHARACTERS = str.maketrans("", "", "\t\n\r")
_PORT_OF = {"http": "80", "https": "443"}
_WITH_BACKSLASHES = ("http", "https", "ftp", "ws", "wss")
"""Schemes in which browsers read a backslash as a slash (WHATWG URL, special schemes; file has no host)."""
_MOST_PORT = 65535

_PLAIN = re.compile(  # nothing to decode, escape or resolve, and no port: most URLs of a crawl
    r"https?://(?:www\d*\.)?((?:[a-z0-9_-]+\.)+[a-z][a-z0-9-]*)"
    r"((?:/[\w!$&'()*+,;=:@~-][\w.!$&'()*+,;=:@~-]*)*)/?(?:\?([\w.!$&'*+,;=:@/~-]*))?(?:#.*)?",
    re.ASCII | re.DOTALL | re.IGNORECASE,
)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_HOST_AND_PORT = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+:\d+(?:[/?#]|$)|localhost:\d+(?:[/?#]|$)", re.IGNORECASE)
_REPEATED_SCHEME = re.compile(r"^(?:https?://)+(?=https?://)", re.IGNORECASE)
_BEFORE_QUERY = re.compile(r"[^?#]*")
_PARTS = re.compile(r"(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?", re.DOTALL)
_WWW = re.compile(r"www\d*\.(?=[^.]+\.)", re.ASCII)
_NUMBER = re.compile(r"0x[0-9a-f]*|\d+", re.ASCII)

_NESTED_PERCENT = re.compile(rb"%(?:25)+")
_MOST_DECODINGS = 16
_KEPT_UNESCAPED = "!\"$&'()*+,-./:;<=>?@[\\]^_`{|}~"
_ASPX_SESSION = re.compile(r"/\((?:[0-9a-z]{24}|(?:[a-z]\([0-9a-z]{24}\))+)\)(?=/)")
_SESSION_ARGUMENT = re.compile(
    r"(?:jsessionid|phpsessid|sid)=[0-9a-z]{32}|aspsessionid[a-z]{8}=[a-z]{24}", re.IGNORECASE
)


def canonical_url(url: str) -> str:
    """The SURT of `url`: `http://www.Example.com:80/B/?y=2&x=1#top` is `com,example)/b?x=1&y=2`.

    Two URLs are equal if they differ only in: scheme (http, https), user and password, the scheme's default port, a
    leading `www.` or `www<digits>.`, ASCII case (of the path and query too), percent-encoding (decoded until nothing
    changes, then encoded once), IDNA or Unicode spelling of the host, decimal, octal or hex spelling of an IPv4
    address, dots at the ends of the host, empty and dot segments, a slash at the end, backslashes for slashes (not in
    the query), the order of query arguments, an empty query, a fragment, white space at the ends, and session ids
    (jsessionid, phpsessid, sid with 32 letters or digits, aspsessionid, the pair cfid and cftoken, ASP.NET's path
    segment).

    A URL without a scheme is taken for http. What has no host, or no legal port, is only stripped and lower-cased.
    Never raises. Source: Common Crawl's `url_surtkey`; differences are listed in docs/reference/exact_duplicates.md.
    """
    plain = _PLAIN.fullmatch(url)
    if plain is not None:
        host, path, query = plain.groups()
        return _assembled(host.lower(), "", path.lower(), query or "")
    try:
        scheme, authority, path, query = _split(url)
        host, port = _host(authority), _port(authority)
    except ValueError:
        return url.strip(_CONTROLS_AND_SPACE).lower()
    port = "" if port == _PORT_OF.get(scheme) else port
    return _assembled(_without_www(host), port, _canonical_path(path), _escaped(query))


def canonical_host(url: str) -> str | None:
    """The host of `url` in lower case: IDNA for names, `1.2.3.4` or `2001:db8::1` for addresses; None without one.

    A host is one whatever stands behind it: a list that names it does not ask for the port.
    """
    try:
        _, authority, _, _ = _split(url)
        return _host(authority)
    except ValueError:
        return None


def canonical_site(url: str) -> str | None:
    """The canonical host without a leading `www.` or `www<digits>.`; None without a host."""
    host = canonical_host(url)
    return None if host is None else _without_www(host)


def _without_www(host: str) -> str:
    """The host without `www.` in front, where two labels stay."""
    www = _WWW.match(host)
    return host[www.end() :] if www else host


def _assembled(host: str, port: str, path: str, query: str) -> str:
    """The SURT of parts that are decoded and escaped; path without a slash at its end."""
    reversed_host = ",".join(reversed(host.split(".")))
    colon = ":" if port else ""
    before, aspx, after = path.rpartition(".aspx")
    path = _ASPX_SESSION.sub("", before) + aspx + after if aspx else path
    arguments = _sorted_arguments(query.lower()) if query else ""
    mark = "?" if arguments else ""
    return f"{reversed_host}{colon}{port}){path or '/'}{mark}{arguments}"


def _split(url: str) -> tuple[str, str, str, str]:
    """Scheme, authority, path and query. ValueError where there is no authority."""
    url = _REPEATED_SCHEME.sub("", url.strip(_CONTROLS_AND_SPACE).translate(_LINE_CHARACTERS))
    match = None if _HOST_AND_PORT.match(url) else _SCHEME.match(url)
    scheme = match[1].lower() if match else "http"
    if match is None and url.startswith("/") and not url.startswith("//"):
        raise ValueError("a path, no host")
    rest = url[match.end() :] if match else f"//{url}"
    if scheme in _WITH_BACKSLASHES:
        rest = _BEFORE_QUERY.sub(lambda before: before[0].replace("\\", "/"), rest, count=1)
    if scheme in _PORT_OF:  # browsers read http:host, http:/host and http:///host alike
        rest = "//" + rest.lstrip("/")
    parts = _PARTS.match(rest)
    if parts is None or not parts[1]:
        raise ValueError("no host")
    return scheme, parts[1], parts[2], parts[3] or ""


def _host(authority: str) -> str:
    """The host in its canonical spelling. ValueError if there is none."""
    place = authority.rpartition("@")[2]
    if place.startswith("["):
        inside = place[1:].partition("]")[0]
        return ipaddress.IPv6Address(inside.partition("%")[0]).compressed
    return _name(place.partition(":")[0])


def _port(authority: str) -> str:
    """The port without leading zeros, empty if there is none. ValueError if it is not legal."""
    place = authority.rpartition("@")[2]
    digits = place.partition("]")[2].removeprefix(":") if place.startswith("[") else place.partition(":")[2]
    if not digits:
        return ""
    number = digits.lstrip("0") or "0"
    if not (digits.isascii() and digits.isdigit()) or len(number) > len(str(_MOST_PORT)) or int(number) > _MOST_PORT:
        raise ValueError("no port")
    return number


def _name(host: str) -> str:
    """A host in lower case: decoded, IDNA, IPv4 addresses as four decimal numbers."""
    if "%" in host:
        host = _unescaped(host).decode("utf-8", "replace")
    if not host.isascii():
        host = _ascii_name(host)
    host = ".".join(label for label in host.lower().split(".") if label)
    if not host:
        raise ValueError("no host")
    host = _ipv4(host) or host
    return quote_from_bytes(host.encode(), safe=_KEPT_UNESCAPED).lower()


def _ascii_name(host: str) -> str:
    """The IDNA form as browsers make it (UTS 46); a name that has none stays as it is."""
    try:
        return idna.encode(host, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        return host


def _ipv4(host: str) -> str | None:
    """`1.2.3.4` for an IPv4 address in any spelling that browsers read (2130706433, 0x7f.1, 017.0.0.1), else None."""
    labels = host.split(".")
    if len(labels) > 4 or not all(_NUMBER.fullmatch(label) for label in labels) or not host.isascii():
        return None
    try:
        numbers = [_number(label) for label in labels]
    except ValueError:
        return None
    *first, last = numbers
    room = 256 ** (4 - len(first))
    if any(number > 255 for number in first) or last >= room:
        return None
    return str(ipaddress.IPv4Address(sum(number << (24 - 8 * place) for place, number in enumerate(first)) + last))


def _number(label: str) -> int:
    """The value of a hex (0x1f), octal (037) or decimal (31) label of at most 16 digits."""
    if len(label) > 16:
        raise ValueError("too long for a part of an address")
    if label.startswith("0x"):
        return int(label[2:] or "0", 16)
    return int(label, 8 if label.startswith("0") else 10)


def _canonical_path(path: str) -> str:
    """Decoded, without empty and dot segments and without a slash at its end, escaped, in lower case."""
    kept: list[bytes] = []
    for segment in _unescaped(path).split(b"/")[1:]:
        if segment == b".." and kept:
            kept.pop()
        elif segment != b".":
            kept.append(segment)
    joined = b"".join(b"/" + segment for segment in kept if segment)
    return quote_from_bytes(joined, safe=_KEPT_UNESCAPED).lower()


def _escaped(text: str) -> str:
    """Decoded until nothing changes, then percent-encoded once."""
    return quote_from_bytes(_unescaped(text), safe=_KEPT_UNESCAPED)


def _unescaped(text: str) -> bytes:
    """Percent-decoded until nothing changes; at most 16 times, `%2525...` being once, so that no URL takes long."""
    decoded = text.encode("utf-8", "surrogatepass")
    for _ in range(_MOST_DECODINGS):
        if b"%" not in decoded:
            break
        again = unquote_to_bytes(_NESTED_PERCENT.sub(b"%", decoded))
        if again == decoded:
            break
        decoded = again
    return decoded


def _sorted_arguments(query: str) -> str:
    """Arguments in order of name and value, without session ids."""
    arguments = [argument for argument in query.split("&") if not _SESSION_ARGUMENT.fullmatch(argument)]
    names = {argument.partition("=")[0] for argument in arguments}
    if "cfid" in names and "cftoken" in names:
        arguments = [each for each in arguments if each.partition("=")[0] not in ("cfid", "cftoken")]
    if len(arguments) > 1:
        arguments.sort(key=lambda argument: argument.split("=", 1))
    return "&".join(arguments)
