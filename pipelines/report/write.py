"""`report.html`: written when a run ends, and made anew by `crawlsieve report`."""

import json
from typing import Any

from crawlsieve.pipelines.ask.views import manifest as finished_manifest
from crawlsieve.pipelines.ask.written import inside
from crawlsieve.pipelines.report.facts import Section, facts
from crawlsieve.pipelines.report.page import page
from crawlsieve.pipelines.report.tables import tables_of
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.files import join, remove, writing

NAME = "report.html"
"""The file, in the run directory."""


def write_report(
    output: str, manifest: dict[str, Any], place: str | None = None, more: tuple[Section, ...] = ()
) -> str:
    """Write the report of the run in `output`; returns where it is.

    Args:
        output: a run directory whose tables are complete.
        manifest: of the run; it need not be written yet.
        place: the file; `report.html` in the run directory, if not given.
        more: sections that are shown before the others.

    Raises:
        CrawlsieveError: the tables cannot be read.
        OSError: the file cannot be written.
    """
    as_stored = json.loads(json.dumps(manifest, sort_keys=True))
    with tables_of(output, as_stored) as tables:
        made = page(facts(tables, more))
    place = place or join(output, NAME)
    with writing(place) as file:
        file.write(made)
    return place


def report_at_close(output: str, manifest: dict[str, Any]) -> str | None:
    """Write the report of a run that ends. A report never costs the run: what is in its way is one line, returned.

    No report of an earlier run stays in the place of one that could not be made.
    """
    try:
        remove(join(output, NAME))
        write_report(output, manifest)
    except Exception as error:  # noqa: BLE001 - whatever it is, the tables stand, and hours of work went into them
        why = str(error).partition("\n")[0]
        return f"no report: {type(error).__name__}: {why}. The run is whole; `crawlsieve report {output}` makes one."
    return None


def report(run: str, place: str | None = None, more: tuple[Section, ...] = ()) -> str:
    """Make the report of a finished run anew; returns where it is. `place` and `more` as in `write_report`.

    Raises:
        CrawlsieveError: it is no finished run, its tables cannot be read, or the file cannot be written, or would stand
            in the place of another file of the run.
    """
    found = finished_manifest(run)
    if place is not None and inside(place, run):
        raise CrawlsieveError(f"'{place}' is in the run. Leave out --output for its {NAME}, or name a place elsewhere.")
    try:
        return write_report(run, found, place, more)
    except OSError as error:
        where = place or join(run, NAME)
        raise CrawlsieveError(f"{where}: cannot be written: {error}. --output names another place.") from None
