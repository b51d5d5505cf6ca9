"""What both cards say in words. Each sentence follows from the recipe that ran and from what was counted."""

from collections.abc import Iterator
from typing import Any

from crawlsieve.pipelines.cards.run_facts import Facts
from crawlsieve.pipelines.recipe.order import key_of

_SHOWN = 12


def collection(facts: Facts) -> str:
    """Where the documents come from."""
    inputs = facts.manifest["inputs"]
    if facts.weights_itself:
        return f"Documents of {len(inputs)} Parquet files, weighted by domain."
    kinds = ", ".join(sorted(facts.formats)) or "unknown format"
    told = f"{facts.manifest['balance']['records']:,} records of {len(inputs):,} inputs ({kinds})."
    if facts.crawls:
        told += f" The paths of the inputs name these crawls of Common Crawl: {', '.join(facts.crawls)}."
    return told


def captured(facts: Facts) -> str:
    """The days of capture of the documents; empty where no document has a date."""
    first, last = facts.published.first, facts.published.last
    if first is None or last is None:
        return ""
    return f"The documents were captured from {first.date().isoformat()} to {last.date().isoformat()} (UTC)."


def preprocessing(facts: Facts) -> list[str]:
    """A sentence for each step that ran, in order."""
    return [f"{name}: {_options(options)}." for name, options in facts.steps.items()]


def personal(facts: Facts) -> list[str]:
    """What was done about personal data, and what was not."""
    found = [options for name, options in facts.steps.items() if key_of(name) == "redact"]
    if facts.weights_itself:
        return ["What was done about personal data is said by the cards of the runs that the documents come from."]
    if not found:
        return ["No step of the recipe removes personal data."]
    kinds = {"emails": "e-mail addresses", "ip_addresses": "public IP addresses"}
    done = [words for option, words in kinds.items() if any(options[option] for options in found)]
    return [
        f"The step redact replaces {' and '.join(done)} in the text. It finds them by their shape.",
        "Nothing else that is personal is looked for, and url and metadata stay as they are.",
    ]


def limits(facts: Facts) -> list[str]:
    """What a reader should know before trusting the data."""
    return list(_limits(facts))


def _limits(facts: Facts) -> Iterator[str]:
    keys = {key_of(name): options for name, options in facts.steps.items()}
    if "extract" in keys:
        engine = keys["extract"]["engine"]
        yield f"Main text is found by heuristics ({engine}): some boilerplate stays, and some content is lost."
    if "language" in keys:
        model, most = keys["language"]["model"].rpartition("/")[2], keys["language"]["max_chars"]
        yield f"Languages are guessed by the model {model} from the first {most:,} characters; it may be wrong."
    elif not facts.weights_itself:
        yield "No step of the recipe identifies languages."
    if facts.manifest["rules"]:
        yield "Rules of quality are thresholds on the text alone; they reject good pages and keep bad ones."
    if "near_duplicates" in keys:
        yield "Near-duplicates are found by MinHash, which misses some pairs that are alike."
    elif not facts.weights_itself:
        yield "No step of the recipe looks for near-duplicates."
    failed = facts.manifest["balance"]["failed"]
    if failed:
        yield f"{failed:,} records could not be read or processed; the table failed says why."
    if not facts.manifest["deterministic"]:
        yield "The machine or the network decided what became of some records, so another run may differ."


def _options(options: dict[str, Any]) -> str:
    """The options of a step that say something, on one line."""
    said = [f"{name} = {_value(value)}" for name, value in options.items() if value not in (None, [], {}, "", False)]
    return ", ".join(said) or "with its defaults"


def _value(value: object) -> str:
    if isinstance(value, list):
        more = f" and {len(value) - _SHOWN} more" if len(value) > _SHOWN else ""
        return " ".join(str(item) for item in value[:_SHOWN]) + more
    return "yes" if value is True else str(value)
