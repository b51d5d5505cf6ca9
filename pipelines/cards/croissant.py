"""croissant.json of a run: Croissant 1.0 with its vocabulary for responsible AI.

Source: https://docs.mlcommons.org/croissant/docs/croissant-spec.html and croissant-rai-spec.html.
"""

from typing import Any

import pyarrow as pa

from crawlsieve.pipelines.cards.licenses import identifier
from crawlsieve.pipelines.cards.options import Card
from crawlsieve.pipelines.cards.published import Table
from crawlsieve.pipelines.cards.run_facts import Facts
from crawlsieve.pipelines.cards.sentences import captured, collection, limits, personal, preprocessing

CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "conformsTo": "dct:conformsTo",
    **{
        name: f"cr:{name}"
        for name in (
            *("citeAs", "column", "equivalentProperty", "extract", "field", "fileObject", "fileProperty", "fileSet"),
            *("format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet"),
            *("references", "regex", "repeated", "replace", "samplingRate", "separator", "source", "subField"),
            "transform",
        )
    },
}
"""The context of Croissant 1.0."""

_CONFORMS_TO = ["http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0"]
_PARQUET = "application/x-parquet"
"""As the specification's examples and its library call Parquet."""

_TYPES = {
    **{str(kind): f"cr:{name}" for kind, name in ((pa.float16(), "Float16"), (pa.float32(), "Float32"))},
    **{f"{sign}int{bits}": f"cr:{'UInt' if sign else 'Int'}{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "double": "cr:Float64",
    "bool": "sc:Boolean",
}
_WORDS = {
    "documents": "Every kept document.",
    "rejected": "Documents that a rule rejects, with all reasons.",
    "duplicates": "Documents removed because another one is kept in their place.",
    "failed": "Records that could not be read or processed.",
    "signals": "What was measured of each document.",
    "mixture": "Copies of documents, weighted by domain.",
}


def croissant(facts: Facts) -> dict[str, Any]:
    """JSON-LD; addresses of files are relative to its own place. What is not known is left out."""
    tables = facts.published.tables
    said = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": _CONFORMS_TO,
        "name": facts.title,
        "description": facts.card.description or collection(facts),
        **_stated(facts.card),
        "inLanguage": facts.codes,
        "keywords": list(dict.fromkeys([*facts.card.keywords, *facts.crawls])),
        **_responsible(facts),
        "distribution": [_files(table) for table in tables],
        "recordSet": [_records(table) for table in tables],
    }
    return {key: value for key, value in said.items() if value not in (None, [], "")}


def _stated(card: Card) -> dict[str, Any]:
    """What the recipe says of the dataset."""
    name = card.license and (identifier(card.license) or card.license)
    creators = [
        {"@type": f"sc:{creator.type.title()}", "name": creator.name} | ({"url": creator.url} if creator.url else {})
        for creator in card.creators
    ]
    return {
        "license": card.license_url or name,
        "creator": creators,
        "url": card.homepage,
        "version": card.version,
        "datePublished": card.date_published,
        "citeAs": card.citation,
    }


def _responsible(facts: Facts) -> dict[str, Any]:
    first, last = facts.published.first, facts.published.last
    days = [end.date().isoformat() for end in (first, last) if end is not None]
    return {
        "rai:dataCollection": " ".join(filter(None, [collection(facts), captured(facts)])),
        "rai:dataCollectionType": ["Web Scraping"] if facts.is_crawled else [],
        "rai:dataCollectionTimeframe": days,  # as the specification spells it
        "rai:dataCollectionTimeFrame": days,  # as mlcroissant reads it
        "rai:dataPreprocessingProtocol": preprocessing(facts),
        "rai:personalSensitiveInformation": personal(facts),
        "rai:dataLimitations": limits(facts),
    }


def _files(table: Table) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": f"{table.name}-files",
        "name": f"{table.name}-files",
        "description": f"{table.files} Parquet files, {table.rows} rows, {table.bytes} bytes.",
        "encodingFormat": _PARQUET,
        "includes": f"{table.name}/*.parquet",
    }


def _records(table: Table) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "description": _WORDS[table.name],
        "field": [_field(table.name, column) for column in table.schema],
    }


def _field(table: str, column: pa.Field) -> dict[str, Any]:
    told = {key.decode(): value.decode() for key, value in (column.metadata or {}).items()}
    repeated = pa.types.is_list(column.type)
    unit = f"; unit: {told['unit']}" if told.get("unit") else ""
    said = {
        "@type": "cr:Field",
        "@id": f"{table}/{column.name}",
        "name": column.name,
        "description": told.get("doc", "") + unit,
        "dataType": _data_type(column.name, column.type.value_type if repeated else column.type),
        "source": {"fileSet": {"@id": f"{table}-files"}, "extract": {"column": column.name}},
    }
    return {key: value for key, value in said.items() if value} | ({"repeated": True} if repeated else {})


def _data_type(name: str, kind: pa.DataType) -> str:
    if pa.types.is_timestamp(kind):
        return "sc:DateTime"
    return _TYPES.get(str(kind), "sc:URL" if name == "url" else "sc:Text")
