"""What people read of a mixture: its shares, as lines, and as a table of the dataset card."""

from typing import Any

import yaml

from crawlsieve.pipelines.cards.card import share_table, size_category

_SHOWN = 20


def share_lines(mixture: dict[str, Any]) -> list[str]:
    """A line for the mixture, and one for each of its largest domains."""
    unit, domains = mixture["unit"], mixture["domains"]
    lines = [f"mixture: {mixture['documents']:,} documents, {mixture['size']:,} of {mixture['tokens']:,} {unit}"]
    largest = sorted(domains.items(), key=lambda item: (-item[1]["weight"], item[0]))
    for name, told in largest[:_SHOWN]:
        lines.append(
            f"  {name}: {told['share']:.4%} (asked {told['weight']:.4%}), {told['documents']:,} documents, "
            f"{told['epochs']:.2f} epochs"
        )
    if len(largest) > _SHOWN:
        lines.append(f"  and {len(largest) - _SHOWN} more, in the manifest")
    return lines


def card(manifest: dict[str, Any]) -> str:
    """README.md of a run that is a mixture: Markdown with Hugging Face metadata."""
    head = {
        "pretty_name": manifest["name"],
        "task_categories": ["text-generation"],
        "size_categories": [size_category(manifest["mixture"]["documents"])],
        "configs": [
            {"config_name": "default", "data_files": [{"split": "train", "path": "documents/*.parquet"}]},
        ],
    }
    lines = ["---", yaml.safe_dump(head, sort_keys=False).strip(), "---", f"# {manifest['name']}", ""]
    lines += [f"Made by crawlsieve {manifest['crawlsieve']} from {len(manifest['inputs'])} files of documents.", ""]
    lines += [*share_table(manifest["mixture"]), ""]
    return "\n".join(lines)
