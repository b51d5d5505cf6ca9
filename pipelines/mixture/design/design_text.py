"""What is printed of a design."""

from collections.abc import Iterator

from rich.table import Table as Shown

from crawlsieve.pipelines.ask.printed import cell
from crawlsieve.pipelines.mixture.design.design_files import Design
from crawlsieve.pipelines.mixture.regression.tables import listed

LITTLE_REACH = 0.5
"""Part of what a domain may be below which a note says that the mixtures leave the rest unseen."""


def design_table(design: Design) -> Shown:
    """A domain a line: its natural share, what it may be, what it is among the mixtures, and in how many."""
    told, shares = design.filling, design.shares
    table = Shown(box=None, pad_edge=False, header_style="bold")
    for head in ("domain", "natural", "may be", "least", "mean", "most", "reach", "runs"):
        table.add_column(head, justify="left" if head == "domain" else "right", no_wrap=True)
    columns = zip(shares, told.limit, told.low, told.mean, told.high, strict=True)
    for row, (name, numbers) in enumerate(zip(design.domains, columns, strict=True)):
        cells = [f"{number:.4f}" for number in numbers]
        table.add_row(cell(name), *cells, f"{100 * told.reach[row]:.0f} %", str(told.runs[row]))
    return table


def design_notes(design: Design) -> Iterator[str]:
    """Distances, and what the mixtures do not tell."""
    told, count = design.filling, len(design.weights)
    yield (
        f"{count} mixtures of {len(design.domains)} domains by {design.sampling.method}, seed {design.seed}. Hellinger "
        f"distance to the nearest other: {told.least:.3f} at least, {told.median:.3f} in the middle."
    )
    if count <= len(design.domains):
        yield f"Note: {count} runs cannot tell {len(design.domains)} domains apart. Design more."
    unseen = [name for name, runs in zip(design.domains, told.runs, strict=True) if not runs]
    if unseen:
        yield f"Note: no mixture has any of {listed(unseen)}: nothing can be learnt about it."
    narrow = [name for name, reach in zip(design.domains, told.reach, strict=True) if reach < LITTLE_REACH]
    narrow = [name for name in narrow if name not in unseen]
    if narrow:
        more = " Draw more, or take --method space-filling." if design.sampling.method == "regmix" else ""
        yield f"Note: of {listed(narrow)} the mixtures span less than {LITTLE_REACH:.0%} of what may be.{more}"
