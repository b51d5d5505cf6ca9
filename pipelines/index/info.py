"""What `crawlsieve index info` prints."""

from crawlsieve.pipelines.plan_text import size_text
from crawlsieve.stages.history.head import HistoryError
from crawlsieve.stages.history.index import Generation, open_index


def info_text(index: str) -> str:
    """Parameters, generations, the runs in each, and how full the filters are. Only JSON is read, no filter.

    Raises:
        HistoryError: there is no index, or it is damaged.
    """
    current, _ = open_index(index)
    size, made = current.made.size, current.made
    lines = [
        f"index       {index}",
        f"made for    {size.documents:,} documents, of new ones {size.rate:g} found by mistake; full: {made.when_full}",
        f"cut into    {size.bands} bands x {size.slices} slices, {size_text(size.filter.bytes)} each",
        f"ids         {'remembered' if made.ids else 'not remembered'}",
        "keys        " + ", ".join(f"{name} {value}" for name, value in made.keys.describe().items()),
        "",
        *(_earlier(index, one["name"]) for one in current.earlier),
        _generation(current),
        "",
        *(
            f"run  {run['digest']}  {run['name']}, since {run['generation']}, {run['documents']:,} documents"
            for run in current.runs
        ),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _earlier(index: str, name: str) -> str:
    try:
        return _generation(open_index(index, name)[0])
    except HistoryError as error:  # somebody made room
        return f"{name}  cannot be used: {error}"


def _generation(one: Generation) -> str:
    stored = sum(file.bytes for file in one.filters.values())
    ids = sum(file.bytes for files in one.ids.values() for file in files)
    fill = one.made.size.fill(one.counts, grows=one.made.grows)
    told = [
        f"{len(one.runs)} runs",
        f"{one.documents:,} documents",
        f"fill {fill:.3f}",
        f"about {one.rate:.2g} of new ones found by mistake",
        size_text(stored) + (f" and {size_text(ids)} of ids" if one.made.ids else ""),
    ]
    return f"{one.name}  " + ", ".join(told)
