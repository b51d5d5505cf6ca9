"""The code blocks of the documentation, found and named by file and line."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<language>\w+)[^\n]*\n(?P<code>.*?)^(?P=indent)```\s*$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Snippet:
    page: str
    line: int
    language: str
    code: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    return [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "infra" / "README.md",
        *sorted((ROOT / "docs").rglob("*.md")),
    ]


def snippets(*languages: str) -> list[Snippet]:
    found = []
    for page in pages():
        text = page.read_text(encoding="utf-8")
        for match in _BLOCK.finditer(text):
            if match["language"] in languages:
                line = text[: match.start("code")].count("\n") + 1
                code = re.sub(f"^{match['indent']}", "", match["code"], flags=re.MULTILINE)
                found.append(Snippet(str(page.relative_to(ROOT)), line, match["language"], code))
    return found
