"""What `crawlsieve judge` does, in order: ask, print, write."""

import json
from dataclasses import dataclass

import typer
from rich.console import Console

from crawlsieve.pipelines.ask.written import check_output
from crawlsieve.pipelines.cli_options import going_on
from crawlsieve.pipelines.judge.asked import changed_recipe
from crawlsieve.pipelines.judge.finished import finished_run
from crawlsieve.pipelines.judge.listed import Listing
from crawlsieve.pipelines.judge.printed import as_data, print_answer
from crawlsieve.pipelines.judge.question import Question, answered, usual_workers
from crawlsieve.pipelines.judge.write import checked_replay, written
from crawlsieve.pipelines.progress import Progress


@dataclass(frozen=True)
class Wanted:
    """The options of the command.

    Attributes:
        run: a finished run.
        changes: `KEY=VALUE` each, as `changed_recipe` takes them.
        write: where the new run goes, if one is wanted.
        listed: a file for the documents that move.
        rules_only: whether duplicates are left out.
        workers: processes; as many as are worth it, if not given.
        form: table or json.
    """

    run: str
    changes: tuple[str, ...] = ()
    write: str | None = None
    listed: str | None = None
    rules_only: bool = False
    workers: int | None = None
    form: str = "table"


def judge_again(wanted: Wanted) -> None:
    """Print what changes, and write the new run if that is wanted.

    Raises:
        CrawlsieveError: a mistake of the user, or a run whose own rules do not say what it said.
    """
    finished = finished_run(wanted.run)
    recipe = changed_recipe(finished.recipe, wanted.run, wanted.changes, wanted.write or finished.recipe.output)
    listing = None
    if wanted.listed is not None:
        listing = Listing(wanted.listed)
        for run in filter(None, (wanted.run, wanted.write)):
            check_output(wanted.listed, run)
    job = None if wanted.write is None else checked_replay(finished, recipe, wanted.changes)
    workers = wanted.workers or usual_workers(finished)
    question = Question(finished, recipe, not wanted.rules_only, workers, wanted.changes)
    found = answered(question, listing)
    if wanted.form == "json":
        typer.echo(json.dumps(as_data(question, found), indent=1, ensure_ascii=True))
    else:
        print_answer(question, found, Console())
    if job is not None:
        with going_on(job.recipe.output):
            written(job, workers, Progress(Console(stderr=True)))
