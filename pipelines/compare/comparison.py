"""Two runs, compared: all that is found, as plain data."""

from dataclasses import dataclass
from typing import Any

from crawlsieve.pipelines.compare.manifests import (
    Change,
    Inputs,
    Stage,
    funnel,
    input_changes,
    recipe_changes,
    version_changes,
)
from crawlsieve.pipelines.compare.matched import match
from crawlsieve.pipelines.compare.pair import By, Pair, Question, Side, pair_of
from crawlsieve.pipelines.compare.samples import Changed, Sample, changed, samples
from crawlsieve.pipelines.compare.shifts import Shift, languages, sites
from crawlsieve.pipelines.compare.signals import MOST, Contrast, contrasts
from crawlsieve.pipelines.compare.texts import Texts, kept_bytes, read_texts
from crawlsieve.pipelines.compare.verdicts import Ruling, rulings
from crawlsieve.pipelines.compare.why import Reason, find_reasons, kinds_of, reasons_of

UNITS = {"id": "documents", "url": "pages", "text": "texts"}
"""What is counted, by what the runs are compared by."""


@dataclass(frozen=True)
class Head:
    """A run: what it is called, where it is, what it is made of, and its balance."""

    name: str
    place: str
    key: str
    balance: dict[str, int]


@dataclass(frozen=True)
class Overlap:
    """How many documents (pages, texts) both runs keep, one alone keeps, and neither keeps.

    Attributes:
        both, only_a, only_b, neither: of all that either run has read.
        common: those that both have read.
        elsewhere: those that are in another table, or in one run only.
        both_a_bytes, both_b_bytes: UTF-8 bytes of what both keep, as each has it.
        only_a_bytes, only_b_bytes: of what one alone keeps.
    """

    both: int
    only_a: int
    only_b: int
    neither: int
    common: int
    elsewhere: int
    both_a_bytes: int
    both_b_bytes: int
    only_a_bytes: int
    only_b_bytes: int


@dataclass(frozen=True)
class Alone:
    """What one run alone keeps.

    Attributes:
        kinds: what became of it in the other run.
        reasons: why, in the words of the other run.
        contrasts: signals in which it differs from what both keep.
        samples: some of it.
    """

    kinds: tuple[Reason, ...]
    reasons: tuple[Reason, ...]
    contrasts: tuple[Contrast, ...]
    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class Comparison:
    """Two runs beside each other. `asdict` of it is the JSON of `crawlsieve compare --format json`.

    Attributes:
        by: what one document is: id, url or text.
        seed: of the choice of samples.
        equal: both keep the same with the same texts, and say the same of everything else.
        notes: what a reader has to know: what is sampled, what a run has not kept.
    """

    a: Head
    b: Head
    by: By
    seed: int
    equal: bool
    notes: tuple[str, ...]
    recipe: tuple[Change, ...]
    versions: tuple[Change, ...]
    inputs: Inputs
    funnel: tuple[Stage, ...]
    overlap: Overlap
    only_a: Alone
    only_b: Alone
    rules: tuple[Ruling, ...]
    languages: tuple[Shift, ...]
    sites: tuple[Shift, ...]
    texts: Texts
    changed: tuple[Changed, ...]


def comparison(a: str, b: str, question: Question | None = None) -> Comparison:
    """Compare two finished runs, local or on any address that fsspec knows.

    Raises:
        CrawlsieveError: one is no finished run, or its files are damaged; with DuckDB's words.
    """
    with pair_of(a, b) as pair:
        return compared(pair, question or Question())


def compared(pair: Pair, question: Question) -> Comparison:
    """Compare; afterwards the tables of `matched` and `why` are there to be asked more.

    Raises:
        duckdb.Error: a file cannot be read.
    """
    one, other = pair.a.manifest, pair.b.manifest
    counted = match(pair, question)
    find_reasons(pair)
    texts = read_texts(pair)
    sizes = {f"{name}_bytes": round(size / texts.share) for name, size in kept_bytes(pair).items()}
    overlap, rules = Overlap(**counted, **sizes), rulings(pair)
    inputs = input_changes(one, other)
    same_verdicts = not any(rule.unlike for rule in rules)
    return Comparison(
        a=_head(pair.a),
        b=_head(pair.b),
        by=question.by,
        seed=question.seed,
        equal=not overlap.elsewhere and not texts.changed and same_verdicts,
        notes=tuple(_notes(pair, question, overlap, inputs, texts)),
        recipe=recipe_changes(one, other),
        versions=version_changes(one, other),
        inputs=inputs,
        funnel=funnel(one, other),
        overlap=overlap,
        only_a=_alone(pair, pair.a, pair.b, question, texts),
        only_b=_alone(pair, pair.b, pair.a, question, texts),
        rules=rules,
        languages=languages(pair),
        sites=sites(pair),
        texts=texts,
        changed=changed(pair, question),
    )


def _alone(pair: Pair, own: Side, other: Side, question: Question, texts: Texts) -> Alone:
    return Alone(
        kinds_of(pair, own, texts.share),
        reasons_of(pair, own, texts.share),
        contrasts(pair, own, other, question),
        samples(pair, own, other, question),
    )


def _head(side: Side) -> Head:
    found: dict[str, Any] = side.manifest
    return Head(str(found["name"]), side.tables.output, str(found["key"]), found.get("balance", {}))


def _notes(pair: Pair, question: Question, overlap: Overlap, inputs: Inputs, texts: Texts) -> list[str]:
    notes = []
    sides = (pair.a, pair.b)
    if question.by == "id" and not overlap.common and overlap.neither + overlap.only_a + overlap.only_b:
        differ = " and no input is the same" if not inputs.same else ""
        notes.append(
            f"No id is in both runs{differ}: ids are hashes of records, so runs of different months or sources have "
            "none in common. `--by url` compares pages, `--by text` texts."
        )
    for side in sides:
        letter = side.letter.upper()
        if question.by == "text" and side.keep_rejected != "text":
            notes.append(
                f"{letter} has not kept the texts of what it rejects or removes (`keep_rejected: {side.keep_rejected}`)"
                ": such documents are found by id only, and count as not in its inputs where that differs."
            )
        if side.keep_rejected == "none":
            notes.append(
                f"{letter} has kept signals of kept documents only (`keep_rejected: none`): what its rules have "
                "measured of the others is not known."
            )
    if texts.share < 1:
        notes.append(
            f"Texts, and bytes of what both or one alone keeps, are from a sample: the documents with the smallest "
            f"{texts.share:.2%} of ids. Ids are hashes, so they are a random choice; bytes are scaled up."
        )
    if max(overlap.both, overlap.only_a, overlap.only_b) > MOST:
        notes.append(
            f"Signals are compared on at most {MOST:,} documents of each set, chosen by a hash of id and seed."
        )
    return notes
