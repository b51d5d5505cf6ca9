"""The commands of the shell that begin with a dot."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal, get_args

import pyarrow as pa
from rich.console import Console
from rich.table import Table
from rich.text import Text

from crawlsieve.filters.rule import sql_name
from crawlsieve.pipelines.ask.columns import columns_of, schemas
from crawlsieve.pipelines.ask.printed import cell, print_table
from crawlsieve.pipelines.ask.queries import QUERIES, named
from crawlsieve.pipelines.ask.session import Session
from crawlsieve.pipelines.ask.views import VIEWS
from crawlsieve.pipelines.ask.written import check_output
from crawlsieve.stages.errors import CrawlsieveError

Form = Literal["table", "csv", "json"]


@dataclass
class Settings:
    """What commands change for the statements that follow."""

    form: Form = "table"
    output: str | None = None
    """Where results go instead of the screen."""
    written: int = 0
    """How many results went there."""
    once: str | None = None
    """Where the next result goes."""
    timer: bool = False
    ended: bool = False


@dataclass(frozen=True)
class Dots:
    """The commands over a run. Each takes the rest of its line; what it returns is SQL to run, or nothing."""

    session: Session
    console: Console
    settings: Settings = field(default_factory=Settings)

    def run(self, line: str) -> str | None:
        """Do what a line says.

        Raises:
            CrawlsieveError: there is no such command, or its argument is wrong.
        """
        name, _, argument = line.strip().removeprefix(".").partition(" ")
        known = self._known()
        name = {"exit": "quit", "q": "quit"}.get(name, name)
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"Did you mean '.{near[0]}'? " if near else ""
            raise CrawlsieveError(f"no command '.{name}'. {hint}`.help` lists them.")
        return known[name](argument.strip().removesuffix(";"))

    def arguments(self) -> dict[str, Callable[[], Iterable[str]]]:
        """Command -> what Tab offers behind it."""
        offered: dict[str, Callable[[], Iterable[str]]] = dict.fromkeys(self._known(), list)
        offered["schema"] = self._tables
        offered["mode"] = lambda: get_args(Form)
        offered["timer"] = lambda: ("on", "off")
        offered["queries"] = lambda: [query.name for query in QUERIES]
        return offered

    def _known(self) -> dict[str, Callable[[str], str | None]]:
        return {
            "tables": self._show_tables,
            "schema": self._show_schema,
            "rules": self._show_rules,
            "queries": self._query,
            "mode": self._mode,
            "once": self._once,
            "output": self._output,
            "timer": self._timer,
            "help": self._help,
            "quit": self._quit,
        }

    def _help(self, argument: str) -> None:
        """List the commands."""
        del argument
        self._print(_HELP, ("command", "what it does"))
        self.console.print("A statement ends with a semicolon. Tab completes, arrows recall, Ctrl-C stops a query.")

    def _tables(self) -> list[str]:
        return [name for (name,) in self.session.connection.execute("SHOW TABLES").fetchall()]

    def _show_tables(self, argument: str) -> None:
        del argument
        rows = self.session.manifest.get("rows", {})
        self._print([(name, rows.get(name)) for name in self._tables()], ("table", "rows"))

    def _show_schema(self, argument: str) -> None:
        if not argument:
            raise CrawlsieveError(f"which table? `.schema TABLE`, of {', '.join(self._tables())}.")
        if argument not in self._tables():
            near = get_close_matches(argument, self._tables(), n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            raise CrawlsieveError(f"no table '{argument}'.{hint} Tables: {', '.join(self._tables())}.")
        said = {}
        if argument in VIEWS:
            schema, _ = schemas(self.session.run, (argument,))[argument]
            said = {column.name: (column.unit, column.doc) for column in columns_of(schema)}
        described = self.session.connection.execute(f"DESCRIBE {sql_name(argument)}").fetchall()
        rows = [(name, kind, *said.get(name, ("", ""))) for name, kind, *_ in described]
        shown = Table(show_edge=False)
        for title in ("column", "type", "unit", "what it holds"):
            shown.add_column(title, overflow="fold")
        for row in rows:
            shown.add_row(*(Text(cell(value).plain if value else "") for value in row))
        self.console.print(shown)

    def _show_rules(self, argument: str) -> None:
        del argument
        rows = [
            (macro.call, macro.rule.at_least, macro.rule.at_most, len(macro.rule.exceptions) or None, macro.step)
            for macro in self.session.macros
        ]
        self._print(rows, ("macro: true where the rule rejects", "at_least", "at_most", "languages", "step"))
        if rows:
            name = self.session.macros[0].name
            self.console.print(f"Another bound: {name}(..., at_least := 1), or FROM judged({name}_at_least := 1).")

    def _query(self, argument: str) -> str | None:
        if argument:
            sql = named(argument).sql
            self.console.print(sql.strip(), markup=False, highlight=False, style="dim")
            return sql
        self._print([(query.name, query.question) for query in QUERIES], ("query", "what it answers"))
        self.console.print("`.queries NAME` runs one.")
        return None

    def _mode(self, argument: str) -> None:
        for form in get_args(Form):
            if form == argument:
                self.settings.form = form
                return
        raise CrawlsieveError(f"`.mode` is one of {', '.join(get_args(Form))}; it is {self.settings.form} now.")

    def _once(self, argument: str) -> None:
        if not argument:
            raise CrawlsieveError("which file? `.once FILE.parquet`, .csv or .json takes the next result.")
        check_output(argument, self.session.run)
        self.settings.once = argument

    def _output(self, argument: str) -> None:
        if argument:
            check_output(argument, self.session.run)
        self.settings.output, self.settings.written = argument or None, 0

    def _timer(self, argument: str) -> None:
        if argument not in {"", "on", "off"}:
            raise CrawlsieveError("`.timer on` or `.timer off`.")
        self.settings.timer = argument == "on" if argument else not self.settings.timer
        self.console.print(f"timer {'on' if self.settings.timer else 'off'}", highlight=False)

    def _quit(self, argument: str) -> None:
        del argument
        self.settings.ended = True

    def _print(self, rows: Iterable[tuple[object, ...]], names: tuple[str, ...]) -> None:
        columns = list(zip(*rows, strict=True)) or [() for _ in names]
        print_table(pa.table({name: list(column) for name, column in zip(names, columns, strict=True)}), self.console)


def destination(settings: Settings) -> str | None:
    """Where the next result goes, None for the screen. Results after the first get a number into the file's name."""
    if settings.once is not None:
        path, settings.once = settings.once, None
        return path
    if settings.output is None:
        return None
    settings.written += 1
    if settings.written == 1:
        return settings.output
    name, dot, ending = settings.output.rpartition(".")
    return f"{name}-{settings.written}{dot}{ending}"


_HELP = (
    (".tables", "tables of the run, and yours"),
    (".schema TABLE", "columns with type, unit and what they hold"),
    (".rules", "rules of the run as macros, with their bounds"),
    (".queries [NAME]", "documented queries; with a name, runs one"),
    (".mode table|csv|json", "how results are printed"),
    (".once FILE", "write the next result to FILE.parquet, .csv or .json"),
    (".output [FILE]", "write all results that follow: FILE, FILE-2, ...; without FILE, print them again"),
    (".timer [on|off]", "print how long a statement took"),
    (".help", "this list"),
    (".quit", "leave; Ctrl-D does, too"),
)
