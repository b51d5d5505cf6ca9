"""The metadata of a dataset card, as the Hugging Face Hub reads them from the top of README.md."""

import re
from typing import Any

import pyarrow as pa
import yaml

from crawlsieve.pipelines.cards.licenses import identifier
from crawlsieve.pipelines.cards.options import Card
from crawlsieve.pipelines.cards.published import Table
from crawlsieve.pipelines.cards.run_facts import Facts

_SIZES = ("1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T")


def head(facts: Facts) -> str:
    """The YAML block with its two rules. Keys that nothing is known for are left out."""
    found = {
        **_people(facts.card),
        "pretty_name": facts.title,
        "language": facts.codes,
        "multilinguality": _multilinguality(facts.codes),
        "task_categories": ["text-generation"],
        "task_ids": ["language-modeling"],
        "size_categories": [size_category(facts.manifest["balance"]["documents"])],
        **({"source_datasets": ["original"], "language_creators": ["found"]} if facts.is_crawled else {}),
        "tags": list(dict.fromkeys([*facts.card.keywords, *(["common-crawl"] if facts.crawls else []), "crawlsieve"])),
        "configs": [
            {"config_name": name, "data_files": [{"split": "train", "path": f"{table}/*.parquet"}]}
            | ({"default": True} if name == "default" else {})
            for table, name in facts.configs.items()
        ],
        "dataset_info": [
            _info(table, facts.configs[table.name]) for table in facts.published.tables if table.name in facts.configs
        ],
    }
    said = {key: value for key, value in found.items() if value not in (None, [])}
    written = yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=2**31)
    return f"---\n{written}---"


def size_category(documents: int) -> str:
    """How Hugging Face calls a dataset of that many rows."""
    for place, name in enumerate(_SIZES):
        if documents < 10 ** (3 + place):
            return f"{_SIZES[place - 1]}<n<{name}" if place else f"n<{name}"
    return f"n>{_SIZES[-1]}"


def feature(field: pa.Field) -> dict[str, str]:
    """A column as `datasets` declares it."""
    if pa.types.is_list(field.type):
        return {"name": field.name, "list": _dtype(field.type.value_type)}
    return {"name": field.name, "dtype": _dtype(field.type)}


def _dtype(kind: pa.DataType) -> str:
    """Arrow's name of a type, except where `datasets` has its own."""
    return {"double": "float64", "float": "float32", "halffloat": "float16"}.get(str(kind), str(kind))


def _info(table: Table, config: str) -> dict[str, Any]:
    return {
        "config_name": config,
        "features": [feature(field) for field in table.schema],
        "splits": [{"name": "train", "num_bytes": table.uncompressed_bytes, "num_examples": table.rows}],
        "download_size": table.bytes,
        "dataset_size": table.uncompressed_bytes,
    }


def _people(card: Card) -> dict[str, Any]:
    """The licence, as the Hub has it: one that it does not know is `other`, with a name and a link."""
    if card.license is None:
        return {}
    known = identifier(card.license)
    if known not in {None, "other"}:
        return {"license": known} | ({"license_link": card.license_url} if card.license_url else {})
    name = re.sub(r"[^a-z0-9._-]+", "-", card.license.lower()).strip("-")
    return {"license": "other", "license_name": name or "other", "license_link": card.license_url}


def _multilinguality(codes: list[str]) -> list[str]:
    return [] if not codes else ["monolingual"] if len(codes) == 1 else ["multilingual"]
