"""What people read of a mixture when it is made: its shares, as lines."""

from typing import Any

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
