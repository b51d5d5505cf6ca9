"""The tables in the documentation are those of the code."""

from pathlib import Path

import pytest

from crawlsieve.pipelines.recipe.reference import BEGIN, END, reference, refreshed, rewrite

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "recipe.md"


def test_the_page_is_up_to_date():
    """If not: python -m crawlsieve.pipelines.recipe.reference docs/reference/recipe.md"""
    page = PAGE.read_text("utf-8")

    assert refreshed(page) == page


@pytest.mark.usefixtures("small_steps")
def test_each_option_has_type_default_and_meaning():
    lines = reference().splitlines()

    assert "### `judge`" in lines
    assert "| `keep` | list of text | required | languages that stay. |" in lines
    assert "| `at_least` | number ≥ 0, ≤ 1 | `0.65` | smallest probability, both ends included. |" in lines
    assert "| `engine` | `resiliparse`, `trafilatura` | `'resiliparse'` |  |" in lines
    assert "| `model` | text or null | `null` | a file, or null for the one that comes along. |" in lines
    assert "| `bounds` | list of options `column`, `at_least` | `[]` |  |" in lines
    assert "| `limit` | whole number or options `column`, `at_least` | `3` |  |" in lines
    assert any(
        line.startswith("| `columns` | mapping of `text`, `id`, `url`, `date` to text | `{}` |") for line in lines
    )
    assert any(line.startswith("| `source` | mapping | required |") for line in lines)
    assert any(line.startswith("| `steps` | list of any | required |") for line in lines)


@pytest.mark.usefixtures("small_steps")
def test_what_stands_around_the_tables_stays(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"above\n{BEGIN}\nold\n{END}\nbelow\n")

    rewrite(str(page))

    assert page.read_text() == f"above\n{BEGIN}\n\n{reference()}\n\n{END}\nbelow\n"
