"""Web pages as a crawler meets them: the text amid navigation, cookie notice and footer, behind an HTTP header."""

import hashlib
import zlib
from collections.abc import Iterable
from html import escape
from urllib.parse import urlsplit

from crawlsieve.pipelines.sample.warc import Record, digest

_PHRASE = {200: "OK", 301: "Moved Permanently", 302: "Found", 404: "Not Found", 500: "Internal Server Error"}
_SECTIONS = ("Home", "Latest", "Archive", "Topics", "About us", "Contact")
_ASIDE = ("The week in pictures", "Most read", "Letters to the editor", "From our archive", "Events near you")


def paragraphs(texts: Iterable[str]) -> str:
    """HTML paragraphs of plain texts."""
    return "\n".join(f"<p>{escape(text, quote=False)}</p>" for text in texts)


def dressed(url: str, title: str, body: str, *, language: str = "en", charset: str = "utf-8") -> str:
    """The page that shows `body` (HTML) among what surrounds the text on a real site."""
    host = urlsplit(url).hostname or ""
    path = urlsplit(url).path
    nav = "".join(f'<li><a href="/{name.lower().replace(" ", "-")}">{name}</a></li>' for name in _SECTIONS)
    start = choice(path, len(_ASIDE))
    aside = "".join(f'<li><a href="/{path[1:4]}/{i}">{_ASIDE[(start + i) % len(_ASIDE)]}</a></li>' for i in range(4))
    return f"""<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="{charset}">
<title>{escape(title)} | {host}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta property="og:title" content="{escape(title)}">
<link rel="stylesheet" href="/static/site.css">
<style>.nav li {{ display: inline; }} .cookie {{ position: fixed; bottom: 0; }}</style>
<script>window.dataLayer = window.dataLayer || []; function track() {{ dataLayer.push(arguments); }}</script>
</head>
<body class="page">
<div class="cookie" id="cookie-notice"><p>This website uses cookies to improve your experience.</p>
<button>Accept all</button> <button>Settings</button></div>
<header class="header"><a class="logo" href="/">{host}</a>
<nav class="nav" role="navigation"><ul>{nav}</ul></nav>
<form class="search" action="/search"><input name="q" placeholder="Search"></form></header>
<main id="content"><article><h1>{escape(title)}</h1>
{body}
</article></main>
<aside class="sidebar"><h2>More to read</h2><ul>{aside}</ul></aside>
<footer class="footer"><p>&copy; 2025 {host}. All rights reserved.</p>
<ul><li><a href="/terms">Terms of use</a></li><li><a href="/privacy">Privacy policy</a></li></ul></footer>
<script src="/static/site.js"></script>
</body>
</html>
"""


def answer(
    kind: str,
    url: str,
    body: bytes,
    *,
    status: int = 200,
    media: str = "text/html; charset=utf-8",
    headers: tuple[tuple[str, str], ...] = (),
) -> Record:
    """A response record: the server's answer as it came over the wire."""
    lines = [f"HTTP/1.1 {status} {_PHRASE[status]}", f"Content-Type: {media}", *(f"{k}: {v}" for k, v in headers)]
    if not any(name == "Transfer-Encoding" for name, _ in headers):
        lines.append(f"Content-Length: {len(body)}")
    block = "\r\n".join([*lines, "Server: sample", "", ""]).encode() + body
    fields = (("WARC-IP-Address", f"192.0.2.{choice(url, 254) + 1}"), ("WARC-Payload-Digest", f"sha1:{digest(body)}"))
    return Record(kind=kind, url=url, block=block, fields=fields)


def page(kind: str, url: str, title: str, body: str, *, language: str = "en") -> Record:
    """A dressed page in UTF-8, status 200."""
    return answer(kind, url, dressed(url, title, body, language=language).encode())


def chunked(body: bytes, size: int = 4096) -> bytes:
    """The body in HTTP's chunked transfer coding (RFC 9112, section 7.1)."""
    chunks = [body[i : i + size] for i in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def deflated(body: bytes) -> bytes:
    """The body in HTTP's deflate content coding: a zlib stream."""
    return zlib.compress(body, 6)


def choice(key: str, n: int) -> int:
    """A number below `n` that depends on `key` only."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % n
