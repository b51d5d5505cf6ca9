"""One number for the rows of a run, whatever their order and their files."""

import hashlib

from crawlsieve.pipelines.ask.views import asking, manifest
from crawlsieve.pipelines.mixture.weighted.step import MIXTURE
from crawlsieve.stages.publish import TABLES


def digest(run: str) -> dict[str, str]:
    """Table -> digest of its rows as a multiset, and `all` of them together.

    A row's hash is the MD5 of its JSON, column names and nulls included; a table's digest is the sum of the two halves
    of its rows' hashes, so that neither the order of rows nor the cut into files counts.

    Raises:
        CrawlsieveError: `run` is no finished run, or its files are damaged.
    """
    found = {}
    mixture = [MIXTURE] if MIXTURE in manifest(run).get("rows", {}) else []
    with asking(run) as engine:
        for table in (*TABLES, *mixture):
            lines = engine.view(table).set_alias("rows").project("to_json(rows)::VARCHAR AS line")
            sums = lines.aggregate("count(*), sum(md5_number_upper(line)), sum(md5_number_lower(line))")
            ((rows, high, low),) = sums.fetchall()
            found[table] = f"{rows}-{(high or 0) % 2**64:016x}{(low or 0) % 2**64:016x}"
    found["all"] = hashlib.sha256(repr(sorted(found.items())).encode()).hexdigest()[:32]
    return found
