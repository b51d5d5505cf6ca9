"""Options that several commands have, and what becomes of them."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Annotated, Literal

import typer

from crawlsieve.stages.errors import CrawlsieveError

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""

RecipePath = Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe: a YAML file.")]
RunPath = Annotated[str, typer.Argument(metavar="RUN", help="The output folder of a run.")]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change one option of the recipe: source.paths=a.warc.gz,b.warc.gz or steps.language.at_least=0.5. "
        "The second step of a kind is judge_2, and so on. May be given several times.",
    ),
]
Output = Annotated[str | None, typer.Option(metavar="FOLDER", help="Write there, not where the recipe says.")]
Workers = Annotated[
    int | None,
    typer.Option(min=1, max=1024, help="Worker processes; what the recipe says, or the cores, if not given."),
]
EngineName = Annotated[Literal["local", "beam", "ray"], typer.Option("--engine", help="Who runs it.")]
Runner = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Beam: FnApiRunner (here), DirectRunner, DataflowRunner, FlinkRunner."),
]
BeamOption = Annotated[
    list[str] | None,
    typer.Option(
        "--beam-option", metavar="KEY=VALUE", help="Beam: one of its pipeline options. May be given several times."
    ),
]
Address = Annotated[
    str | None,
    typer.Option(metavar="HOST:PORT", help="Ray: of a cluster, or auto; else one is started here for the run."),
]


@contextmanager
def going_on(output: str) -> Iterator[None]:
    """What stops a run is told with the way on.

    Ctrl-C counts as such even where a library has made another error of it.

    Raises:
        Exit: Ctrl-C.
        CrawlsieveError: a full disk, a folder that went away.
    """
    with interrupts() as came:
        try:
            yield
        except BaseException as error:
            if came or isinstance(error, KeyboardInterrupt):
                typer.echo(f"Stopped. The same command goes on with the shards that {output} lacks.", err=True)
                raise typer.Exit(INTERRUPTED) from None
            if isinstance(error, OSError):
                told = f"{said(error)}. The same command goes on with the shards that {output} lacks."
                raise CrawlsieveError(told) from error
            raise


@contextmanager
def interrupts() -> Iterator[list[int]]:
    """The interrupts that came while the block ran; each is a KeyboardInterrupt, as ever."""
    came: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        came.append(number)
        signal.default_int_handler(number, frame)

    ignored = signal.getsignal(signal.SIGINT) in {signal.SIG_IGN, None}  # a job of a shell, behind &
    if ignored or threading.current_thread() is not threading.main_thread():
        yield came
        return
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield came
    finally:
        signal.signal(signal.SIGINT, before)


def said(error: OSError) -> str:
    """Which file, and what is wrong, as far as the system knows."""
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}"


def pairs(given: list[str] | None, option: str = "--set") -> dict[str, str]:
    """Key -> value of what an option was given.

    Raises:
        BadParameter: one has no '='.
    """
    wanted = {}
    for change in given or []:
        key, equals, value = change.partition("=")
        if not equals:
            raise typer.BadParameter(f"'{change}' has no '='. Write KEY=VALUE.", param_hint=option)
        wanted[key.strip()] = value.strip()
    return wanted
