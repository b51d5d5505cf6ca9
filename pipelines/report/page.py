"""One HTML file that needs nothing else: facts, styles and scripts are in it, and no network is allowed."""

import base64
import hashlib
import html
import json
from functools import cache
from importlib.resources import files
from typing import Any

STYLES = ("report.css",)
SCRIPTS = ("d3.min.js", "plot.umd.min.js")
"""Vendored; see assets/README.md."""
OWN_SCRIPTS = ("dom.js", "charts.js", "histograms.js", "tables.js", "samples.js", "main.js")
"""Ours, one program in this order."""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<header id="head"></header>
<nav id="contents" aria-label="Sections"></nav>
<main id="main" tabindex="-1"></main>
<footer id="foot"></footer>
<noscript><p>{summary} The charts and samples of this report are drawn by the scripts in this file, and your browser
does not run them. The same numbers are in manifest.json.</p></noscript>
<script type="application/json" id="facts">{facts}</script>
{scripts}
</body>
</html>
"""
_ESCAPED = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def page(facts: dict[str, Any]) -> bytes:
    """The report as a file. Equal facts give equal bytes."""
    style, scripts = _assets()
    policy = (
        f"default-src 'none'; script-src {' '.join(_digest(script) for script in scripts)}; "
        f"style-src {_digest(style)}; img-src data:; base-uri 'none'; form-action 'none'"
    )
    return _PAGE.format(
        policy=policy,
        title=html.escape(f"{facts['name']}: report of a crawlsieve run"),
        style=style,
        summary=html.escape(_summary(facts)),
        facts=embedded(facts),
        scripts="\n".join(f"<script>{script}</script>" for script in scripts),
    ).encode()


def embedded(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """JSON that can stand in a script element: no character of it ends the element or opens a comment.

    Raises:
        ValueError: a number is NaN or infinite.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).translate(_ESCAPED)


def _summary(facts: dict[str, Any]) -> str:
    found = facts["balance"]
    if not found:
        return f"{facts['name']}."
    return f"{facts['name']}: " + ", ".join(f"{count:,} {name}" for name, count in found.items()) + "."


@cache
def _assets() -> tuple[str, tuple[str, ...]]:
    """The style, and the scripts as they stand in the page."""
    folder = files(__package__) / "assets"
    read = {name: (folder / name).read_text(encoding="utf-8") for name in (*STYLES, *SCRIPTS, *OWN_SCRIPTS)}
    own = '"use strict";\n(() => {\n' + "".join(read[name] for name in OWN_SCRIPTS) + "})();\n"
    return "".join(read[name] for name in STYLES), (*(read[name] for name in SCRIPTS), own)


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
