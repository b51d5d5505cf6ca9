"""What `crawlsieve compare` does, in order: compare, write, print."""

import json
from dataclasses import asdict, dataclass
from typing import Literal

import typer
from rich.console import Console

from crawlsieve.pipelines.ask.interruptible import interruptible
from crawlsieve.pipelines.ask.written import check_output
from crawlsieve.pipelines.compare.comparison import Comparison, compared
from crawlsieve.pipelines.compare.listed import write_list
from crawlsieve.pipelines.compare.pair import By, Pair, Question, pair_of
from crawlsieve.pipelines.compare.printed import print_comparison
from crawlsieve.stages.errors import CrawlsieveError


@dataclass(frozen=True)
class Wanted:
    """The options of the command.

    Attributes:
        a, b: finished runs.
        by: what one document is.
        samples: how many documents are shown of each kind.
        seed: of their choice.
        form: text or json.
        output: a file for every document that one run alone keeps.
    """

    a: str
    b: str
    by: By = "id"
    samples: int = 10
    seed: int = 0
    form: Literal["text", "json"] = "text"
    output: str | None = None


def compare_runs(wanted: Wanted) -> None:
    """Print what differs, and write the list if that is wanted.

    Raises:
        CrawlsieveError: one is no finished run, its tables cannot be read, or the file may not be written.
    """
    if wanted.output is not None:
        _check(wanted.output, wanted)
    question = Question(wanted.by, wanted.samples, wanted.seed)
    with pair_of(wanted.a, wanted.b) as pair:
        found = interruptible(pair.connection, lambda: _found(pair, question, wanted.output))
    if wanted.form == "json":
        typer.echo(json.dumps(asdict(found), indent=1, ensure_ascii=True, allow_nan=False))
    else:
        print_comparison(found, Console())


def _found(pair: Pair, question: Question, output: str | None) -> Comparison:
    found = compared(pair, question)
    if output is not None:
        write_list(pair, output)
    return found


def _check(output: str, wanted: Wanted) -> None:
    for run in (wanted.a, wanted.b):
        if check_output(output, run) == "json":
            raise CrawlsieveError(f"'{output}': the ending says the form. Choose one of .parquet, .csv.")
