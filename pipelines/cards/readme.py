"""README.md of a run: a dataset card whose every number is of the run."""

from typing import Any

import yaml

from crawlsieve.pipelines.cards import sections
from crawlsieve.pipelines.cards.head import head
from crawlsieve.pipelines.cards.markup import code, fenced, paragraphs, text
from crawlsieve.pipelines.cards.run_facts import Facts
from crawlsieve.pipelines.cards.sentences import limits, personal

_SHOWN = ("name", "seed", "source", "keep_rejected", "steps")
"""Parts of a recipe that decide a result; the others say who ran it, and where."""


def readme(facts: Facts) -> str:
    """Markdown with Hugging Face metadata."""
    parts = {"": _intro(facts)}
    if facts.weights_itself and facts.mixture:
        parts["Mixture"] = sections.shares(facts.mixture)
    else:
        parts["What became of every record"] = sections.funnel(facts)
        parts["Rules and reasons"] = sections.rules(facts)
        parts["Duplicates"] = sections.duplicates(facts)
        parts |= {"Mixture": sections.shares(facts.mixture)} if facts.mixture else {}
    parts["Languages"] = sections.languages(facts)
    parts["Columns"] = sections.columns(facts)
    parts["Provenance"] = sections.provenance(facts)
    parts["Licence"] = _license(facts)
    parts["Personal data"] = [text(sentence) for sentence in personal(facts)]
    parts["Known limits"] = [f"- {text(sentence)}" for sentence in limits(facts)]
    parts["How to load it"] = _loading(facts)
    parts["How it was made"] = _recipe(facts)
    parts["Citation"] = _citation(facts)
    lines = [head(facts), "", f"# {text(facts.title)}", ""]
    for title, body in parts.items():
        if body:
            lines += [*([f"## {title}", ""] if title else []), *body, ""]
    return "\n".join(lines)


def _intro(facts: Facts) -> list[str]:
    kept = facts.published.table("documents")
    rows, size = (kept.rows, kept.text_bytes) if kept else (0, 0)
    made = f"{rows:,} documents with {size:,} bytes of text, made by crawlsieve {text(facts.manifest['crawlsieve'])}."
    described = paragraphs(facts.card.description) if facts.card.description else []
    return [*described, *([""] if described else []), made]


def _license(facts: Facts) -> list[str]:
    card = facts.card
    if card.license is None:
        stated = "No licence was stated for this dataset."
    else:
        stated = f"Licence: {text(card.license)}{f', <{card.license_url}>' if card.license_url else ''}."
    crawled = "It covers the selection; the texts are their authors', under terms of their own."
    return [stated, *([crawled] if facts.is_crawled else [])]


def _loading(facts: Facts) -> list[str]:
    named = [name for name in facts.configs.values() if name != "default"]
    more = [f'{name} = load_dataset("path/to/this/folder", "{name}", split="train")' for name in named]
    read = [
        "from datasets import load_dataset",
        "",
        'documents = load_dataset("path/to/this/folder", split="train")',
        *more,
    ]
    torch = [
        "from datasets import load_dataset",
        "from torch.utils.data import DataLoader",
        "",
        'documents = load_dataset("path/to/this/folder", split="train", streaming=True)',
        'loader = DataLoader(documents.select_columns(["id", "text"]), batch_size=32)',
    ]
    query = "SELECT language, count(*) FROM 'path/to/this/folder/documents/*.parquet' GROUP BY language"
    told = ["With Hugging Face datasets, DuckDB and PyTorch; `croissant.json` is for what reads Croissant."]
    blocks = [fenced("\n".join(read), "python"), fenced(query, "sql"), fenced("\n".join(torch), "python")]
    return [*told, *(entry for block in blocks for entry in ("", *block))]


def _recipe(facts: Facts) -> list[str]:
    if facts.weights_itself:
        mix = fenced(yaml.safe_dump(facts.recipe["mix"], sort_keys=False, allow_unicode=True), "yaml")
        return [f"`crawlsieve mix apply`, version {text(facts.manifest['crawlsieve'])}, with:", "", *mix]
    shown: dict[str, Any] = {name: facts.recipe[name] for name in _SHOWN if name in facts.recipe}
    shown["source"] = {name: value for name, value in shown.get("source", {}).items() if name != "storage"}
    told = (
        f"`crawlsieve run recipe.yaml --output FOLDER`, version {text(facts.manifest['crawlsieve'])}, with this recipe."
    )
    packages = [f"{code(name)} {text(version)}" for name, version in facts.manifest.get("packages", {}).items()]
    return [
        told,
        *([f"Packages that decide a result: {', '.join(packages)}."] if packages else []),
        "",
        *fenced(yaml.safe_dump(shown, sort_keys=False, allow_unicode=True), "yaml"),
    ]


def _citation(facts: Facts) -> list[str]:
    card = facts.card
    lines = []
    if card.creators:
        lines = [f"Made by {', '.join(text(creator.name) for creator in card.creators)}.", ""]
    if card.homepage:
        lines += [f"Homepage: <{card.homepage}>", ""]
    if card.version or card.date_published:
        said = [f"version {text(card.version)}" if card.version else "", text(card.date_published or "")]
        lines += [f"This is {', '.join(filter(None, said))}.", ""]
    cited = fenced(card.citation, "bibtex") if card.citation else ["Nobody has said how to cite it."]
    return [*lines, *cited]
