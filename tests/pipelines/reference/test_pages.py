"""The pages that are made from the code are those of the code."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from crawlsieve.pipelines.cli import app
from crawlsieve.pipelines.reference.columns import signal_tables, tables_at_rest
from crawlsieve.pipelines.reference.commands import commands
from crawlsieve.pipelines.reference.pages import BEGIN, END, names, refreshed, rewrite

FOLDER = Path(__file__).parents[3] / "docs" / "reference"


@pytest.mark.parametrize("name", names())
def test_the_page_is_up_to_date(name):
    """If not: python -m crawlsieve.pipelines.reference docs/reference"""
    page = (FOLDER / name).read_text("utf-8")

    assert refreshed(name, page) == page


def test_a_column_has_type_unit_null_and_meaning():
    lines = tables_at_rest().splitlines()

    assert "### `documents/`" in lines
    assert "| `text` | large_string | UTF-8 bytes | never | main text after all editing steps |" in lines
    assert "| `duplicates` | int64 | documents | never | removed documents that this one stands for |" in lines


def test_every_measured_number_says_who_defines_it():
    sections = signal_tables().split("### ")[1:]

    assert len(sections) > 10
    assert all("\n\nSource: " in section for section in sections)


def test_every_command_is_told_as_its_own_help_tells_it():
    told = commands()
    names = [line.removeprefix("### `crawlsieve ").rstrip("`") for line in told.splitlines() if line.startswith("### ")]

    assert {"run", "plan", "sql", "explain", "mix apply", "index publish"} <= set(names)
    assert "mix" not in names
    usage = CliRunner().invoke(app, ["mix", "apply", "--help"], env={"COLUMNS": "100", "TERMINAL_WIDTH": "100"}).output
    assert usage.strip().splitlines()[-1] in told


def test_what_stands_around_the_made_part_stays(tmp_path):
    for name in names():
        (tmp_path / name).write_text(f"above\n{BEGIN}\nold\n{END}\nbelow\n")

    rewrite(str(tmp_path))

    for name in names():
        page = (tmp_path / name).read_text("utf-8")
        assert page.startswith(f"above\n{BEGIN}\n\n### ")
        assert page.endswith(f"{END}\nbelow\n")
        assert "\nold\n" not in page


def test_a_page_without_its_marks_is_refused():
    with pytest.raises(ValueError, match=r"signals\.md needs the lines"):
        refreshed("signals.md", f"{BEGIN} only")
