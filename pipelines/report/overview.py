"""What became of the input: the balance, and the funnel from the first step to the last."""

from typing import Any

from crawlsieve.pipelines.recipe.step_names import step_names
from crawlsieve.pipelines.report.blocks import OUTCOMES, Block, Unit, note, section, table, tiles
from crawlsieve.pipelines.report.tables import Tables

_SAID = {
    "documents": "of the input",
    "rejected": "by at least one rule",
    "duplicates": "another copy is kept",
    "failed": "could not be read or processed",
}


def balance(tables: Tables) -> Block | None:
    """The totals: every record is in exactly one table."""
    found = tables.manifest.get("balance")
    if not found:
        return None
    records = found["records"]
    sum_of = " + ".join(f"{found[name]:,} {'kept' if name == 'documents' else name}" for name in OUTCOMES)
    unlike = (
        ""
        if tables.manifest.get("deterministic", True)
        else "Not deterministic: the machine or the network decided what became of a record "
        "(extract_watchdog, extract_crashed or unreachable)."
    )
    return section(
        "balance",
        "The balance",
        f"Every record that was read has exactly one outcome: {records:,} = {sum_of}.",
        tiles(
            *(
                ("kept" if name == "documents" else name, found[name], "number", _share(found[name], records, name))
                for name in OUTCOMES
            )
        ),
        {
            "kind": "ribbon",
            "caption": "Records by outcome",
            "parts": [{"name": n, "value": found[n]} for n in OUTCOMES],
        },
        note(unlike, "warning"),
    )


def _share(part: int, whole: int, name: str) -> str:
    joined = " " if name == "documents" else ", "
    return f"{part / whole:.1%}{joined}{_SAID[name]}" if whole else ""


def funnel(tables: Tables) -> Block | None:
    """How many records, and how much text, each step leaves; None for what no step has made, a mixture of runs."""
    if not tables.manifest.get("balance") or not tables.manifest.get("counts"):
        return None
    rows = stages(tables.manifest)
    known = any(row["bytes"] is not None for row in rows)
    told = (
        "Text is counted once a step has extracted it, and after it was cleaned; the bytes are those of UTF-8."
        if known
        else "This run was made before bytes of text were counted: documents only."
    )
    numbers = [
        (row["name"], row["documents"], row["lost"], row["lost"] / rows[0]["documents"] if rows[0]["documents"] else 0,
         row["bytes"])
        for row in rows
    ]  # fmt: skip
    columns: list[tuple[str, Unit]] = [
        ("after", "text"),
        ("documents", "number"),
        ("lost here", "number"),
        ("of the input", "share"),
    ]
    return section(
        "funnel",
        "The funnel",
        "From what was read to what was kept. A step either settles a record, so that no later step sees it, or leaves "
        "it open with its reasons; what is open with a reason leaves when all rules have judged.",
        {"kind": "funnel", "caption": "Records left after each step", "rows": rows, "bytes": known},
        table([*columns, ("text", "bytes")], numbers, "Documents and text after each step"),
        note(told),
    )


def stages(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """After what, how many documents are left, how many were lost, bytes of text (null where nobody counted)."""
    counts, ended = manifest["counts"], manifest["balance"]
    steps = [name for name in step_names(manifest["recipe"].get("steps", [])) if "rows_in" in counts.get(name, {})]
    extracts = next((place for place, name in enumerate(steps) if name.split("_")[0] == "extract"), 0)
    sink, sizes = counts.get("sink", {}), counts.get("text_bytes", {})
    left = ended["records"]
    rows = [_row("input", left, left, None)]
    first = counts[steps[0]]["rows_in"] if steps else left
    if first != left:
        rows.append(_row("read", first, left, None))
        left = first
    for place, name in enumerate(steps):
        now = counts[name]["rows_in"] - counts[name].get("settled", 0)
        rows.append(_row(name, now, left, counts[name].get("text_bytes") if place >= extracts else None))
        left = now
    passed = sink.get("documents", ended["documents"] + ended["duplicates"])
    rows.append(_row("all rules", passed, left, sizes.get("documents")))
    if ended["duplicates"] or "decide" in counts:
        kept = [file.get("text_bytes") for file in manifest["files"] if file["table"] == "documents"]
        whole = None if None in kept else sum(kept)
        rows.append(_row("deduplication", ended["documents"], passed, whole))
    return rows


def _row(name: str, documents: int, before: int, size: int | None) -> dict[str, Any]:
    return {"name": name, "documents": documents, "lost": before - documents, "bytes": size}
