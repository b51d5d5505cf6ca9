"""The standard library's own documentation, rendered by pydoc in a process of its own.

Run as a script (`python -S pydoc_pages.py`), it writes one JSON object a page to standard output. It runs apart,
without site-packages and with a fixed hash seed, because rendering imports every module that it describes, and because
what else is imported would show in the pages.

The bodies depend on the running Python: another release has other documentation.
"""

import importlib
import io
import json
import os
import pydoc
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_PLAIN = re.compile(r"[A-Z][A-Za-z ,;:()'-]+(?:\. [A-Z][A-Za-z ,;:()'-]+)*\.")
_MANY = 12
_QUOTED = re.compile(r'"(\S(?:[^"]*\S)?)"')
_STARRED = re.compile(r"\*(\w(?:[^*]*\w)?)\*")
_UNDERLINE = re.compile(r"^[*=~^-]{3,}$", re.MULTILINE)


class Rendered(NamedTuple):
    """One page of the standard library's documentation."""

    kind: str
    """`module`, `digest` or `topic`."""
    name: str
    body: str
    """HTML without head and chrome."""


def render() -> list[Rendered]:
    """All pages, in the order of `modules.txt`, then the topics by name. Takes a few seconds."""
    env = {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "HOME": os.devnull, "PATH": os.defpath}
    command = [sys.executable, "-S", "-P", "-W", "ignore", str(Path(__file__).resolve())]
    done = subprocess.run(command, env=env, check=True, capture_output=True)  # noqa: S603 - our own file, no input
    return [Rendered(*json.loads(line)) for line in done.stdout.splitlines()]


class _Doc(pydoc.HTMLDoc):
    """pydoc's HTML, less what differs between two machines with the same Python."""

    def filelink(self, *_: str) -> str:
        """No path of this machine."""
        return ""

    def getdocloc(self, *_: object) -> None:
        """No link to the manual on the web: it would depend on where Python is installed."""

    def docother(self, _object: object, name: str | None = None, *_: object) -> str:
        """A constant's name, without its value: `os.environ` is nobody's business."""
        return f"<strong>{self.escape(name or '')}</strong>"


def _module(name: str) -> str | None:
    try:
        module = importlib.import_module(name)
    except ImportError:
        return None
    # pydoc indents with no-break spaces, between words too; a site in use would have preformatted text in their place.
    page = _ADDRESS.sub("", _Doc().document(module, name).replace("&nbsp;", " "))
    for place in (sys.executable, str(Path(os.__file__).parent), sys.prefix, sys.base_prefix):
        page = page.replace(place, "python")
    return page


def _digest(name: str) -> str | None:
    """What the docstrings of a module say in plain sentences, without code; None where that is not much."""
    module = sys.modules[name]
    public = [value for key, value in sorted(vars(module).items()) if not key.startswith("_")]
    objects = [module, *(value for value in public if getattr(value, "__module__", None) == name)]
    methods = [value for one in objects if isinstance(one, type) for value in vars(one).values() if callable(value)]
    found = (" ".join(block.split()) for one in [*objects, *methods] for block in _docstring(one).split("\n\n"))
    prose = list(dict.fromkeys(block for block in found if _PLAIN.fullmatch(block) and block.count(" ") >= _MANY))
    return "\n".join(f"<p>{block}</p>" for block in prose) if len(prose) >= _MANY // 2 else None


def _docstring(one: object) -> str:
    text = getattr(one, "__doc__", None)
    return text if isinstance(text, str) else ""


def _topic(text: str) -> str:
    """A topic of `help()`: plain text in paragraphs, of which we make headings, paragraphs and code."""
    blocks = []
    for block in text.strip().split("\n\n"):
        if _UNDERLINE.search(block):
            blocks.append(f"<h2>{_escape(_UNDERLINE.sub('', block).strip())}</h2>")
        elif block.startswith("   "):
            blocks.append(f"<pre>{_escape(block)}</pre>")
        else:
            blocks.append(f"<p>{_inline(_escape(' '.join(block.split())))}</p>")
    return "\n".join(blocks)


def _inline(text: str) -> str:
    """Quoted code and starred words as the elements that the manual on the web has in their place."""
    return _STARRED.sub(r"<em>\1</em>", _QUOTED.sub(r"<code>\1</code>", text))


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _main() -> None:
    # Modules that import without a side effect; one that the running Python lacks is left out.
    modules = Path(__file__).with_name("modules.txt").read_text(encoding="utf-8").split()
    topics = importlib.import_module("pydoc_data.topics").topics
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        pages = [Rendered("module", name, body) for name in modules if (body := _module(name))]
        pages += [Rendered("digest", page.name, body) for page in pages if (body := _digest(page.name))]
        pages += [Rendered("topic", name, _topic(topics[name])) for name in sorted(topics)]
    sys.stdout.writelines(json.dumps(page) + "\n" for page in pages)


if __name__ == "__main__":
    _main()
