"""Which page is made by what, and how its part that is made is found in it."""

from collections.abc import Callable
from pathlib import Path

from crawlsieve.pipelines.recipe.reference import refreshed as recipe_page
from crawlsieve.pipelines.reference.columns import signal_tables, tables_at_rest
from crawlsieve.pipelines.reference.commands import commands
from crawlsieve.pipelines.reference.queries import queries

BEGIN, END = "<!-- made from the code: begin -->", "<!-- made from the code: end -->"

_MADE: dict[str, Callable[[], str]] = {
    "tables.md": tables_at_rest,
    "signals.md": signal_tables,
    "commands.md": commands,
    "sql.md": queries,
}


def refreshed(name: str, page: str) -> str:
    """The page called `name` with what stands between the two marks replaced.

    Raises:
        KeyError: no such page is made from the code.
        ValueError: it has not each mark once.
    """
    if name == "recipe.md":
        return recipe_page(page)
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise ValueError(f"{name} needs the lines '{BEGIN}' and '{END}', each once")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{_MADE[name]()}\n\n{END}{after}"


def names() -> tuple[str, ...]:
    """The pages that are made from the code."""
    return ("recipe.md", *_MADE)


def rewrite(folder: str) -> None:
    """Refresh all of them, in `folder`."""
    for name in names():
        page = Path(folder) / name
        page.write_text(refreshed(name, page.read_text("utf-8")), "utf-8")
