"""The documentation as a whole: no broken link, no page left out, decisions of half a page."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.docs.snippets import ROOT

ADRS = sorted((ROOT / "docs" / "adr").glob("0*.md"))


def test_the_site_builds_without_a_warning(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)],
        cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")


def test_every_page_is_in_the_navigation():
    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]
    there = {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")}

    assert listed(nav) == there


def listed(item) -> set[str]:
    if isinstance(item, str):
        return {item}
    return set().union(*map(listed, item.values() if isinstance(item, dict) else item))


@pytest.mark.parametrize("adr", ADRS, ids=lambda path: path.stem)
def test_a_decision_is_half_a_page_and_says_what_would_change_it(adr: Path):
    text = adr.read_text(encoding="utf-8")

    assert "## What would change our mind" in text
    assert 15 <= len(text.splitlines()) <= 50
    assert text.startswith(f"# {int(adr.name[:4])}. ")


def test_every_decision_is_listed():
    index = (ROOT / "docs" / "adr" / "index.md").read_text()

    assert all(f"({adr.name})" in index for adr in ADRS)


def test_links_out_of_the_readme_lead_somewhere():
    import re

    for page in ("README.md", "CONTRIBUTING.md"):
        for target in re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text()):
            assert target.startswith("https://") or (ROOT / target).exists(), f"{page}: {target}"
