"""The sections of README.md whose numbers come from the run."""

from typing import Any

from crawlsieve.pipelines.cards.languages import code_of
from crawlsieve.pipelines.cards.markup import code, line, percent, table, text
from crawlsieve.pipelines.cards.run_facts import Facts
from crawlsieve.pipelines.cards.sentences import captured, collection

_INPUTS = 10
_LANGUAGES = 50
_KINDS = ("records", "documents", "rejected", "duplicates", "failed")


def funnel(facts: Facts) -> list[str]:
    """Records in, rows out, and what each step stopped."""
    balance, kept = facts.manifest["balance"], facts.published.table("documents")
    sizes = {
        "documents": kept.text_bytes if kept else 0,
        "rejected": facts.count("text_bytes", "rejected"),
        "duplicates": facts.count("text_bytes", "documents") - (kept.text_bytes if kept else 0),
    }
    rows = [
        [
            "records read" if name == "records" else name,
            f"{balance[name]:,}",
            percent(balance[name], balance["records"]),
            _size(sizes.get(name)),
        ]
        for name in _KINDS
    ]
    lines = table(["outcome", "records", "share", "bytes of text"], rows, numbers=3)
    steps = [
        [code(name), f"{counts['rows_in']:,}", f"{counts.get('settled', 0):,}", _size(counts.get("text_bytes"))]
        for name in facts.steps
        if (counts := facts.manifest["counts"].get(name, {})).get("rows_in")
    ]
    if steps:
        told = "Each step sees what the steps before it left open. Rules of quality stop nothing: they name reasons."
        lines += ["", told, "", *table(["step", "records in", "stopped here", "bytes of text left"], steps, numbers=3)]
    return lines


def rules(facts: Facts) -> list[str]:
    """Every rule with its bounds, and every other reason, with what they reject."""
    found, total = facts.counts("sink", "reason"), facts.manifest["balance"]["records"]
    known = {rule["name"]: rule for rule in facts.manifest["rules"]}
    names = [*known, *(name for name in found if name not in known)]
    if not names:
        return ["No rule was asked, and nothing was rejected."]
    rows = [
        [
            code(name),
            code(known[name]["column"]) if name in known else "",
            _bounds(known[name]) if name in known else "",
            f"{found.get(name, 0):,}",
            percent(found.get(name, 0), total),
            _size(facts.count("text_bytes", f"reason/{name}")),
        ]
        for name in names
    ]
    told = "A document may break several rules, so the counts overlap. Both bounds are inclusive."
    return [told, "", *table(["reason", "column", "bounds", "documents", "share", "bytes of text"], rows, numbers=3)]


def languages(facts: Facts) -> list[str]:
    """The documents by language."""
    found = facts.published.languages
    if not found:
        return ["There is no document."]
    if all(language.label is None for language in found):
        return ["No language is known of any document."]
    total = sum(language.documents for language in found)
    rows = [
        [
            "unknown" if language.label is None else code(language.label),
            text(code_of(language.label) or "-"),
            f"{language.documents:,}",
            percent(language.documents, total),
            f"{language.words:,}" if language.words else "-",
        ]
        for language in found[:_LANGUAGES]
    ]
    lines = table(["label", "ISO 639", "documents", "share", "words"], rows, numbers=3)
    rest = found[_LANGUAGES:]
    return lines + (
        [f"\n{len(rest)} more languages have {sum(one.documents for one in rest):,} documents."] * bool(rest)
    )


def duplicates(facts: Facts) -> list[str]:
    """How many documents each method removed."""
    found = facts.counts("decide", "method")
    if not found:
        return ["No duplicate was found."]
    total = facts.manifest["balance"]["records"]
    rows = [[code(name), f"{count:,}", percent(count, total)] for name, count in found.items()]
    return table(["method", "documents removed", "share of records"], rows, numbers=2)


def columns(facts: Facts) -> list[str]:
    """The columns of each table that loads by name."""
    lines = []
    for one in facts.published.tables:
        if one.name in facts.configs:
            rows = [
                [code(field.name), code(str(field.type)), text(_said(field, "unit")), text(_said(field, "doc"))]
                for field in one.schema
            ]
            lines += [f"### {one.name}", "", *table(["column", "type", "unit", "meaning"], rows), ""]
    return lines[:-1]


def provenance(facts: Facts) -> list[str]:
    """Inputs and files with their hashes."""
    inputs: list[dict[str, Any]] = facts.manifest["inputs"]
    lines = [" ".join(filter(None, [text(collection(facts)), captured(facts)])), ""]
    rows = [
        [
            code(str(item["path"])),
            f"{item['records']:,}" if "records" in item else "-",
            _size(item.get("size")),
            code(item["sha256"]) if item.get("sha256") else "-",
        ]
        for item in inputs[:_INPUTS]
    ]
    lines += table(["input", "records", "bytes", "sha256"], rows)
    left = f"{len(inputs) - _INPUTS:,} more stand" if len(inputs) > _INPUTS else "All stand"
    lines += ["", f"{left} in `manifest.json`, under `inputs`."]
    files = facts.manifest["files_read"]
    if files:
        hashed = [[code(line(path).rpartition("/")[2]), code(sha256)] for path, sha256 in files.items()]
        lines += ["", "Models and lists that decide a result:", "", *table(["file", "sha256"], hashed)]
    history = facts.manifest.get("history")
    if history:
        lines += ["", f"Checked against generation {code(history['generation'])} of a history of earlier runs."]
    return lines


def shares(mixture: dict[str, Any]) -> list[str]:
    """What was asked of each domain, and what it got."""
    unit = text(mixture["unit"])
    rows = [
        [
            text(name) or "(empty)",
            *(f"{told[key]:.6g}" for key in ("weight", "share")),
            *(f"{told[key]:,}" for key in ("size", "documents", "unique_documents")),
            f"{told['epochs']:.3f}",
        ]
        for name, told in mixture["domains"].items()
    ]
    return [
        f"{mixture['documents']:,} documents, {mixture['size']:,} {unit}, weighted by domain, seed {mixture['seed']}.",
        "`epoch` says which copy of a document a row is. A document's domain is this expression:",
        "",
        *table(["domain expression"], [[code(mixture["domain"])]]),
        "",
        *table(["domain", "weight", "share", unit, "documents", "unique documents", "epochs"], rows, numbers=6),
    ]


def _bounds(rule: dict[str, Any]) -> str:
    low, high = rule["at_least"], rule["at_most"]
    said = " and ".join(
        f"{word} {bound:g}" for word, bound in (("at least", low), ("at most", high)) if bound is not None
    )
    own = len(rule.get("exceptions", []))
    return f"{said or 'none'}{f'; {own} languages have their own' if own else ''}"


def _size(size: int | None) -> str:
    return "-" if size is None else f"{size:,}"


def _said(field: Any, key: str) -> str:  # noqa: ANN401 - a pyarrow field
    return str((field.metadata or {}).get(key.encode(), b"").decode())
