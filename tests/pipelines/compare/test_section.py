"""The comparison in a report: the same figures, and nobody's page acts on the reader's screen."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crawlsieve.pipelines.cli import app
from crawlsieve.pipelines.compare.comparison import comparison
from crawlsieve.pipelines.compare.section import compared
from crawlsieve.pipelines.report import page
from tests.pipelines.compare.conftest import document, rejected
from tests.pipelines.report.conftest import ADDRESS, SCRIPT
from tests.pipelines.report.test_browser import Watched, browser  # noqa: F401 - a fixture

MAIN = Path(page.__file__).parent / "assets" / "main.js"


def tables(made):
    return {block["caption"]: block["rows"] for block in made["blocks"] if block["kind"] == "table"}


def test_inputs_that_changed_are_inputs_of_both(write_run):
    a = write_run("a", inputs=[("same", "1"), ("changed", "2")])
    b = write_run("b", inputs=[("same", "1"), ("changed", "3"), ("more", "4")])

    (rows,) = [rows for name, rows in tables(compared(comparison(a, b))).items() if name.startswith("Options")]

    assert rows[-1] == ["inputs", "2", "3"]


def test_a_section_has_the_figures_of_the_comparison(two):
    made = compared(comparison(*two))

    (found,) = [block["tiles"] for block in made["blocks"] if block["kind"] == "tiles"]
    assert [(tile["label"], tile["value"]) for tile in found] == [
        ("both", 2), ("A alone", 6), ("B alone", 3), ("neither", 2),
    ]  # fmt: skip
    rows = tables(made)
    reasons = rows["Kept by A only: what became of it in B, by reason"]
    assert ["rejected by a rule", None, 2, None, 12] in reasons
    assert ["rejected by a rule", "too_short", 2, 1, 12] in reasons
    samples = {row[0]: row[1] for row in rows["Some of it, chosen by a hash of id and seed: kept by A only"]}
    assert samples["https://www.site1.example/3"] == "stop; too_short: 60, good is at least 70"
    (diff,) = [block for block in made["blocks"] if block["kind"] == "code"]
    assert diff["text"].split("\n")[1:] == [" alpha", "-beta", "+gamma"]


def test_the_page_can_draw_every_block(two):
    drawn = set(re.findall(r"(\w+): \w+Block", MAIN.read_text()))
    kinds = {block["kind"] for block in compared(comparison(*two))["blocks"]}

    assert {"table", "tiles", "bars", "code", "note"} <= kinds <= drawn


def test_equal_and_empty_runs_have_a_section(two, write_run):
    assert "Both keep the same" in compared(comparison(two[0], two[0]))["lead"]
    json.dumps(compared(comparison(write_run("x"), write_run("y"))), allow_nan=False)


@pytest.fixture
def hostile(write_run):
    """Two runs whose pages mean harm, kept by one, rejected for it, and kept with another text."""
    evil = "\x1b[31m" + SCRIPT
    a = write_run("evil", documents=[document(1, evil, url=ADDRESS), document(2, f"x{evil}", language=evil)])
    b = write_run("worse", documents=[document(2, f"y{evil}", url=ADDRESS)], rejected=[rejected(1, SCRIPT)])
    return a, b


def test_a_report_compares_with_another_run_first(hostile, tmp_path):
    place = tmp_path / "report.html"

    done = CliRunner().invoke(app, ["report", hostile[0], "--compare", hostile[1], "--output", str(place)])

    assert done.exit_code == 0, done.output
    told = json.loads(re.search(r'id="facts">(.*?)</script>', place.read_text(), re.DOTALL).group(1))
    assert [each["id"] for each in told["sections"]][:2] == ["compare", "balance"]
    section = json.dumps(told["sections"][0], ensure_ascii=False)
    assert "\u241b" in section
    assert r"\u001b" not in section


def test_nothing_of_a_page_runs_in_the_comparison(browser, hostile, tmp_path):  # noqa: F811 - a fixture
    place = tmp_path / "report.html"
    CliRunner().invoke(app, ["report", hostile[0], "--compare", hostile[1], "--output", str(place)])
    context = browser.new_context(viewport={"width": 360, "height": 800})

    watched = Watched(context.new_page(), place)

    assert watched.said == []
    assert watched.asked == [watched.place]
    assert watched.page.evaluate("window.harmed") is None
    assert "harmed" in watched.page.locator("#compare").inner_text()
    assert watched.page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()
