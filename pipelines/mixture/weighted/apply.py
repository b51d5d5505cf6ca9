"""`crawlsieve mix apply`: a weighted dataset of the documents of finished runs, in a run directory of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crawlsieve import __version__
from crawlsieve.pipelines.ask.catalog import write_catalog
from crawlsieve.pipelines.cards.options import Card
from crawlsieve.pipelines.cards.write import refresh_cards, write_cards
from crawlsieve.pipelines.dedup_command import documents_of, named_after
from crawlsieve.pipelines.engines.engine import Engine, Retried
from crawlsieve.pipelines.engines.options import EngineOptions, LocalOptions
from crawlsieve.pipelines.engines.start import started
from crawlsieve.pipelines.lock import sole_writer
from crawlsieve.pipelines.mixture.weighted.card import share_lines
from crawlsieve.pipelines.mixture.weighted.options import COMMAND, Mix
from crawlsieve.pipelines.mixture.weighted.passes import Passes
from crawlsieve.pipelines.mixture.weighted.shares import report
from crawlsieve.pipelines.mixture.weighted.sweep import standing, sweep
from crawlsieve.pipelines.mixture.weighted.work import MixInput, Mixture
from crawlsieve.pipelines.progress import Progress
from crawlsieve.pipelines.recipe.check import absolute
from crawlsieve.pipelines.recipe.options import plain
from crawlsieve.pipelines.recipe.output import output_problem, refuse_other_run
from crawlsieve.pipelines.report.write import report_at_close
from crawlsieve.pipelines.standing import manifest_path, standing_manifest, state_path
from crawlsieve.stages.errors import CrawlsieveError, RecipeError
from crawlsieve.stages.files import join, remove, write_json
from crawlsieve.stages.mix.documents import schema_of
from crawlsieve.stages.mix.domain import Domain
from crawlsieve.stages.mix.tokenizer import load_tokenizer
from crawlsieve.stages.read import Input, Source, survey

DOCUMENTS = "documents"

IN_PROCESS = LocalOptions(workers=1)


@dataclass(frozen=True)
class Apply:
    """A checked command.

    Attributes:
        name: of the run that is written.
        output: its folder.
        mixture: what is made.
        inputs: files of documents, with fingerprints.
        runs: what the user named.
    """

    name: str
    output: str
    mixture: Mixture
    inputs: tuple[Input, ...]
    runs: tuple[str, ...]

    @property
    def path(self) -> str:
        """What messages call it, which is in no file."""
        return COMMAND


def checked(runs: Sequence[str], mix: Mix, output: str) -> Apply:
    """Everything that can be known before a document is read.

    Args:
        runs: output folders of runs, or Parquet files, globs and lists of them.
        mix: the options.
        output: the run directory to write.

    Raises:
        CrawlsieveError: the weights are no weights, the expression does not fit the columns, an input is missing, the
            output holds something else.
    """
    weights = mix.weighted()
    if mix.tokenizer is not None:
        load_tokenizer(mix.tokenizer)
    paths = tuple(documents_of(run) for run in runs)
    inputs = tuple(survey(Source(paths=paths)))
    strange = next((item for item in inputs if item.format != "parquet"), None)
    if strange:
        raise CrawlsieveError(
            f"{strange.path} is {strange.format}, not Parquet. `crawlsieve run` makes documents of it."
        )
    inside = next((item.path for item in inputs if absolute(item.path).startswith(f"{absolute(output)}/")), None)
    if inside:
        raise RecipeError(f"{COMMAND}: '{inside}' lies in the output '{output}', which this writes")
    for item in inputs[:1]:
        Domain(mix.domain).columns(schema_of(item.path))
    unique = len(runs) == 1 and paths[0] != runs[0] and not _repeats(runs[0])
    sources = tuple(MixInput(item.path, f"{item.path} {item.size} {item.version}") for item in inputs)
    mixture = Mixture(output, DOCUMENTS, join(output, "_work", "mix"), mix, weights, sources, unique)
    made = Apply(named_after("mix", runs[0]), output, mixture, inputs, tuple(runs))
    problem = output_problem(made, writes=True)
    if problem:
        raise RecipeError(f"{COMMAND} --output: {problem}")
    return made


def apply(made: Apply, *, engine: EngineOptions = IN_PROCESS, progress: Progress | None = None) -> dict[str, Any]:
    """Make the weighted dataset and return the manifest.

    One that was stopped goes on from its finished tasks; one that is complete is not repeated.

    Args:
        made: as `checked` makes it.
        engine: who does it, and how.
        progress: who is told; nobody, if not given.

    Raises:
        CrawlsieveError: weights and domains do not fit, an id is there twice, more repetition than allowed, ...
    """
    shown = progress or Progress.silent()
    work = join(made.output, "_work")
    with sole_writer(work), started(engine, work, made.name) as crew:
        refuse_other_run(made)
        manifest = _finished(made)
        if manifest is not None:
            remove(made.mixture.folder("staged"))  # of one that was stopped when all was written
            cards = refresh_cards(made.output, manifest, manifest["recipe"].get("card") or plain(Card()))
            shown.say(f"{made.output} is complete: {'its cards are written anew' if cards else 'nothing to do'}")
            return manifest
        manifest = _made(made, crew, shown)
        manifest["published"] = write_cards(made.output, manifest)
        no_report = report_at_close(made.output, manifest)
        write_catalog(made.output, manifest)
        write_json(manifest_path(made.output), manifest)
        remove(made.mixture.folder("staged"))
    for line in (*share_lines(manifest["mixture"]), *([no_report] if no_report else ())):
        shown.say(line)
    return manifest


def _made(made: Apply, engine: Engine, shown: Progress) -> dict[str, Any]:
    engine.prepare(len(made.inputs))
    passes = Passes(made.mixture, engine, shown.say)
    weighed = passes.weighed()
    remove(manifest_path(made.output))  # from here on its files may be of two mixtures
    write_json(state_path(made.output), _state(made))
    files = passes.written(weighed)
    sweep(made.mixture, {*files["path"].to_pylist()})
    return _manifest(made, report(made.mixture, weighed), files.to_pylist(), engine.retried)


def _finished(made: Apply) -> dict[str, Any] | None:
    """The manifest of this very mixture, if its files stand and no others do."""
    manifest = standing_manifest(made.output)
    if manifest is None or manifest["key"] != made.mixture.key:
        return None
    listed = {file["path"]: file["bytes"] for file in manifest["files"]}
    return manifest if listed == standing(made.mixture) else None


def _manifest(
    made: Apply, told: dict[str, Any], files: list[dict[str, Any]], retried: Sequence[Retried]
) -> dict[str, Any]:
    mixture = made.mixture
    documents = told["documents"]
    return {
        "name": made.name,
        "crawlsieve": __version__,
        "key": mixture.key,
        "packages": {"duckdb": mixture.common["duckdb"]},
        "recipe": {
            "name": made.name,
            "keep_rejected": "none",
            "mix": plain(mixture.mix),
            "runs": list(made.runs),
            "card": plain(Card()),
        },
        "files_read": mixture.files_read,
        "history": None,
        "rules": [],
        "counts": {},
        "seconds": {},
        "balance": {"records": documents, DOCUMENTS: documents, "rejected": 0, "duplicates": 0, "failed": 0},
        "rows": {DOCUMENTS: documents},
        "deterministic": True,
        "inputs": [{"path": item.path, "size": item.size, "version": item.version} for item in made.inputs],
        "files": files,
        "mixture": told,
        "retried": [task._asdict() for task in retried],
    }


def _state(made: Apply) -> dict[str, Any]:
    inputs = {item.path: {"size": item.size, "version": item.version} for item in made.inputs}
    return {"name": made.name, "common": made.mixture.common | made.mixture.options, "inputs": inputs}


def _repeats(run: str) -> bool:
    """Whether a run is a mixture, whose documents may be there several times."""
    manifest = standing_manifest(run) or {}
    return bool(manifest.get("mixture", {}).get("table") == DOCUMENTS)
