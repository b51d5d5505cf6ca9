"""`crawlsieve sql RUN` without a query: a shell, or statements from a pipe."""

import sys
import time
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from crawlsieve.pipelines.ask.dots import Dots, Form, Settings, destination
from crawlsieve.pipelines.ask.interruptible import interruptible
from crawlsieve.pipelines.ask.lines import commands, empty
from crawlsieve.pipelines.ask.session import Answer, Session, session
from crawlsieve.pipelines.ask.sql import show
from crawlsieve.pipelines.ask.written import write_answer
from crawlsieve.pipelines.cli_options import said
from crawlsieve.pipelines.printable import printable
from crawlsieve.stages.errors import CrawlsieveError


def shell(run: str, form: Form = "table", also: Sequence[str] = ()) -> None:
    """Answer what is typed, or what comes through a pipe, until its end.

    Args:
        run: the run directory.
        form: how results are printed until `.mode` says otherwise.
        also: local files and folders that SQL may read, too.

    Raises:
        CrawlsieveError: it is no finished run; of a pipe, the first error. Who types sees errors and goes on.
    """
    with session(run, also) as asked:
        dots = Dots(asked, Console(), Settings(form=form))
        if sys.stdin.isatty() and sys.stdout.isatty():
            _typed(asked, dots)
        else:
            _piped(commands(sys.stdin), asked, dots)


def _piped(given: Iterable[str], asked: Session, dots: Dots) -> None:
    for command in given:
        _do(command, asked, dots)
        if dots.settings.ended:
            return


def _typed(asked: Session, dots: Dots) -> None:
    from crawlsieve.pipelines.ask.prompt import prompt  # noqa: PLC0415 - a pipe needs no editor

    typed = prompt(asked.connection, dots.arguments())
    _welcome(asked, dots.console)
    while not dots.settings.ended:
        try:
            command = typed()
        except KeyboardInterrupt:  # what was begun is dropped
            continue
        except EOFError:
            return
        try:
            _do(command, asked, dots)
        except CrawlsieveError as error:
            dots.console.print(Text(printable(str(error), but="\n"), style="red"), soft_wrap=True)
        except KeyboardInterrupt:
            dots.console.print(Text("Stopped.", style="yellow"))
        except OSError as error:
            dots.console.print(Text(printable(said(error)), style="red"))


def _welcome(asked: Session, console: Console) -> None:
    rows = asked.manifest.get("rows", {})
    told = ", ".join(f"{count:,} {name}" for name, count in rows.items() if name != "signals")
    console.print(Text(f"{asked.manifest['name']}: {told}" if told else asked.run, style="bold"))
    console.print(Text("SQL ends with a semicolon. .help lists commands, .queries questions.", style="dim"))


def _do(command: str, asked: Session, dots: Dots) -> None:
    """Do what a line with a dot says, or answer statements."""
    sql = dots.run(command) if command.lstrip().startswith(".") else command
    if sql is None or empty(sql):
        return
    start = time.perf_counter()
    interruptible(asked.connection, lambda: _answer(sql, asked, dots))
    if dots.settings.timer:
        dots.console.print(Text(f"{time.perf_counter() - start:.3f} s", style="dim"))


def _answer(sql: str, asked: Session, dots: Dots) -> None:
    for found in asked.ask(sql):
        if found.schema.names:
            _deliver(found, asked, dots)


def _deliver(found: Answer, asked: Session, dots: Dots) -> None:
    path = destination(dots.settings)
    if path is None:
        show(found, dots.settings.form)
        return
    rows = write_answer(found, path, asked.run)
    dots.console.print(Text(f"{rows:,} rows in {path}", style="dim"), soft_wrap=True)
