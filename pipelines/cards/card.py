"""The dataset card: README.md of a run directory, with the numbers of the run."""

from typing import Any

import yaml

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
    (1_000_000_000, "100M<n<1B"),
)


def card(manifest: dict[str, Any]) -> str:
    """Markdown with Hugging Face metadata; all numbers are those of the manifest."""
    kept = manifest["balance"]["documents"]
    mixture = manifest.get("mixture")
    tables = {"default": "documents"} | ({"mixture": "mixture"} if mixture else {})
    head = {
        "pretty_name": manifest["name"],
        "task_categories": ["text-generation"],
        "size_categories": [size_category(kept)],
        "configs": [
            {"config_name": name, "data_files": [{"split": "train", "path": f"{table}/*.parquet"}]}
            for name, table in tables.items()
        ],
    }
    lines = ["---", yaml.safe_dump(head, sort_keys=False).strip(), "---", f"# {manifest['name']}", ""]
    lines += [f"Made by crawlsieve {manifest['crawlsieve']} from {len(manifest['inputs'])} inputs.", ""]
    lines += ["| outcome | documents |", "| --- | ---: |"]
    lines += [f"| {name} | {count} |" for name, count in manifest["balance"].items()]
    lines += ["", "| reason or method | documents |", "| --- | ---: |"]
    lines += [f"| {name} | {count} |" for name, count in _reasons(manifest)]
    lines += ["", "## Mixture", "", *share_table(mixture)] if mixture else []
    lines += ["", "## Recipe", "", "```yaml", yaml.safe_dump(manifest["recipe"], sort_keys=False).strip(), "```", ""]
    return "\n".join(lines)


def size_category(documents: int) -> str:
    """How Hugging Face calls a dataset of that many rows."""
    return next((name for bound, name in _SIZES if documents < bound), "n>1B")


def _reasons(manifest: dict[str, Any]) -> list[tuple[str, int]]:
    counted = {**manifest["counts"].get("sink", {}), **manifest["counts"].get("decide", {})}
    return [(name.split("/", 1)[1], count) for name, count in sorted(counted.items()) if "/" in name]


def share_table(mixture: dict[str, Any]) -> list[str]:
    """Markdown: what was asked of each domain, and what it got."""
    by = f"weighted by domain (`{mixture['domain']}`, seed {mixture['seed']})"
    lines = [
        f"{mixture['documents']:,} documents, {mixture['size']:,} {mixture['unit']}, {by}.",
        "`epoch` says which copy of a document a row is.",
        "",
        f"| domain | weight | share | {mixture['unit']} | documents | unique documents | epochs |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {_cell(name)} | {told['weight']:.6g} | {told['share']:.6g} | {told['size']:,} | {told['documents']:,} "
        f"| {told['unique_documents']:,} | {told['epochs']:.3f} |"
        for name, told in mixture["domains"].items()
    ]
    return lines


def _cell(name: str) -> str:
    """A name that breaks no table."""
    plain = "".join(character if character.isprintable() else " " for character in name).replace("|", "\\|")
    return plain if plain.strip() else "(empty)"
