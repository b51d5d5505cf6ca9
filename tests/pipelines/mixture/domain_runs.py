"""Finished runs of a few documents, and a tokenizer of two words."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from crawlsieve.schemas.tables import DOCUMENTS

DOMAIN_TEXTS = {
    "web": ["plain words", "täglich 12 €", "a"],
    "code": ["x = 1\n", "\U0001f600 emoji"],
    None: ["nobody knows", "zwei"],
}


def documents(texts=None, tokens=True):
    """Rows of documents/: `language` is the domain, `token_count` the number of words."""
    rows = [(domain, text) for domain, some in (texts or DOMAIN_TEXTS).items() for text in some]
    return [
        {
            "id": f"{number:032x}",
            "url": f"https://site{number % 3}.example/{number}",
            "text": text,
            "source_path": "a",
            "source_offset": number,
            "language": domain,
            "token_count": len(text.split()) if tokens else None,
            "duplicates": 0,
        }
        for number, (domain, text) in enumerate(rows)
    ]


def run_of(folder: Path, rows, files=1, schema=DOCUMENTS):
    """A finished run with these documents, in so many files of row groups of two."""
    (folder / "documents").mkdir(parents=True)
    for file in range(files):
        table = pa.Table.from_pylist(rows[file::files], schema=schema)
        pq.write_table(table, folder / "documents" / f"documents-{file:05d}.parquet", row_group_size=2)
    manifest = {"name": "r", "key": "0", "crawlsieve": "1", "balance": {"documents": len(rows)}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return str(folder)


def tokenizer_file(path: Path, **changes):
    """Byte-level, without merges: as many tokens as bytes. `changes` are padding and truncation."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: number for number, letter in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    if "padding" in changes:
        tokenizer.enable_padding(length=changes["padding"])
    if "truncation" in changes:
        tokenizer.enable_truncation(changes["truncation"])
    tokenizer.save(str(path))
    return str(path)
