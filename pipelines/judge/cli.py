"""`crawlsieve judge`."""

from typing import Annotated, Literal

import typer

from crawlsieve.pipelines.cli_options import RunPath, Workers

OtherRules = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Another bound: gopher_word_count.at_least=80 or gopher_quality.word_count.at_least=80; 'none' for none. "
        "without=RULE leaves a rule out. judge_2.RULE... is of the second judge. May be given several times.",
    ),
]


def judge_command(
    run: RunPath,
    *,
    changes: OtherRules = None,
    write: Annotated[str | None, typer.Option(metavar="FOLDER", help="Write the run that this would be there.")] = None,
    form: Annotated[Literal["table", "json"], typer.Option("--format", help="How the answer is printed.")] = "table",
    listed: Annotated[
        str | None, typer.Option("--list", metavar="FILE", help="Every document that moves, as .parquet or .csv.")
    ] = None,
    rules_only: Annotated[
        bool, typer.Option("--rules-only", help="Do not find duplicates anew; sooner, and less is known.")
    ] = False,
    workers: Workers = None,
) -> None:
    """Say what a finished run would be under other rules, from what it has measured; nothing is read again."""
    from crawlsieve.pipelines.judge.command import Wanted, judge_again

    judge_again(Wanted(run, tuple(changes or ()), write, listed, rules_only, workers, form))
