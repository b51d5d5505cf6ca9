"""Personal addresses in a text: where e-mail and public IP addresses stand, and what stands there instead.

All of it is linear in the length of a text: a match begins only where a run of its characters does, and what was read
as the inside of an address is not read again as another one's.
"""

import ipaddress
import re
from functools import lru_cache

import xxhash

EMAILS = (
    "contact@example.com",
    "email@example.org",
    "nobody@example.net",
    "hello@example.org",
    "info@example.net",
    "mail@example.com",
    "office@example.net",
    "someone@example.com",
)
"""Addresses that belong to nobody (RFC 2606, section 3). Without a dot before the @, which behind another @ would make
the beginning look like a domain."""

IPV4 = tuple(f"{block}.{host}" for block in ("192.0.2", "198.51.100", "203.0.113") for host in (1, 17, 42, 99))
"""Addresses for documentation (RFC 5737)."""

IPV6 = tuple(f"2001:db8::{host}" for host in ("1", "17", "42", "99"))
"""Addresses for documentation (RFC 3849)."""

_LETTERS = "A-Za-zÀ-ÖØ-öø-ɏͰ-ͳͶͷͻ-ͽͿΆΈ-ϿЀ-ҁҊ-ԯḀ-ỿ"
"""Latin, Greek and Cyrillic. Scripts without spaces between words would pull neighbours into an address."""

_INSIDE = rf"[{_LETTERS}0-9_.%+'-]"
_LABEL = rf"[{_LETTERS}0-9](?:[{_LETTERS}0-9-]*+(?<!-))?"
_LAST = rf"(?:xn--[A-Za-z0-9-]*+(?<!-)|[{_LETTERS}]{{2,}}+)(?![{_LETTERS}0-9])"
_EMAIL = re.compile(
    rf"(?<!{_INSIDE})[.%+'-]*+(?P<local>[{_LETTERS}0-9_]{_INSIDE}*+)@(?P<domain>(?:{_LABEL}\.)+{_LAST})"
)
_NOBODY = re.compile(r"(?:.*\.)?(?:example\.(?:com|net|org)|example|test|invalid|localhost)", re.IGNORECASE | re.DOTALL)
"""Domains that nobody can register (RFC 2606)."""

EMAIL_SHAPE = rf"{_INSIDE}@[{_LETTERS}0-9-]+\."
IPV4_SHAPE = r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]"
IPV6_SHAPE = r"[23][0-9a-fA-F]{3}:[0-9a-fA-F]{0,4}:"
"""Shapes, for RE2 and `re`, that a text with an address has somewhere. (Public IPv6 addresses begin with 2 or 3.)"""

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = re.compile(
    rf"(?<![{_LETTERS}0-9_])(?<![0-9]\.)(?:{_OCTET}\.){{3}}{_OCTET}(?![{_LETTERS}0-9_]|\.[0-9])",
)
_NO_GROUP = "".join(rf"(?<!\b[0-9a-fA-F]{{{digits}}}:)" for digits in (1, 2, 3, 4))
"""Before it there is no group of an IPv6 address and its colon: "IP:" and "node:" are none, "cafe:" may be one."""
_IPV6 = re.compile(
    rf"(?<![{_LETTERS}0-9_.])(?<!::){_NO_GROUP}[23][0-9a-fA-F]{{3}}:[0-9a-fA-F:]{{2,35}}+(?![{_LETTERS}0-9_:]|\.[0-9])",
)

_NOT_PUBLIC_V4 = tuple(
    ipaddress.IPv4Network(block)
    for block in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)
"""Not reachable from everywhere (IANA IPv4 Special-Purpose Address Registry), and multicast."""

_NOT_PUBLIC_V6 = tuple(ipaddress.IPv6Network(block) for block in ("2001::/23", "2001:db8::/32", "3fff::/20"))
"""Within 2000::/3, where all public addresses are (IANA IPv6 Special-Purpose Address Registry)."""


def redact_emails(text: str, seed: int) -> tuple[str, int]:
    """The text with every e-mail address replaced by one of EMAILS, and how many there were.

    An address has a local part of letters, digits and . _ % + - ', and a domain that ends in a label of two letters or
    more. Letters are Latin, Greek and Cyrillic. Addresses at example.com and the like (RFC 2606) stay, and so a second
    time changes nothing.
    """
    count = 0

    def replaced(match: re.Match[str]) -> str:
        nonlocal count
        if _NOBODY.fullmatch(match["domain"]):
            return match[0]
        count += 1
        before = match[0][: match.start("local") - match.start()]
        return before + _pick(EMAILS, match[0][len(before) :].lower(), seed)

    return _EMAIL.sub(replaced, text), count


def redact_ip_addresses(text: str, seed: int) -> tuple[str, int]:
    """The text with every public IPv4 and IPv6 address replaced by one for documentation, and how many there were.

    Private, reserved, multicast and documentation addresses stay, and so a second time changes nothing. Four numbers
    that go on with a fifth, or touch a letter, are no address, and neither are numbers with leading zeros.
    """
    count = 0

    def replaced(match: re.Match[str]) -> str:
        nonlocal count
        found, behind = _without_colon(match[0])
        address = public_address(found)
        if address is None:
            return match[0]
        count += 1
        return _pick(IPV6 if ":" in address else IPV4, address, seed) + behind

    text = _IPV4.sub(replaced, text)
    return _IPV6.sub(replaced, text), count


@lru_cache(maxsize=4096)
def public_address(text: str) -> str | None:
    """The canonical spelling of a public address; None for all else."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return None if any(address in block for block in _NOT_PUBLIC_V4) else str(address)
    is_unicast = int(address) >> 125 == 1
    return str(address) if is_unicast and not any(address in block for block in _NOT_PUBLIC_V6) else None


def _without_colon(found: str) -> tuple[str, str]:
    """A colon that ends the clause is no part of an IPv6 address; two are."""
    if found.endswith(":") and not found.endswith("::"):
        return found[:-1], ":"
    return found, ""


def _pick(choices: tuple[str, ...], found: str, seed: int) -> str:
    """The choice for `found`: XXH3-64 keyed with the seed, so that neither order nor place counts."""
    return choices[xxhash.xxh3_64_intdigest(found.encode(), seed & 0xFFFFFFFFFFFFFFFF) % len(choices)]
