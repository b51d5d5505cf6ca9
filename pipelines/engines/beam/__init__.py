"""Apache Beam as an engine: a plan is a pipeline, a stretch is one step of it, an Exchange is a GroupByKey.

Only files in this folder know Beam. What leaves a task: pieces for an Exchange, as elements; rows of the last table, as
one file a task in a folder that the driver watches. So the job's graph is small, and the driver needs nothing of Beam's
runners but to run.
"""

from crawlsieve.pipelines.engines.beam.quiet import quiet

with quiet():
    import apache_beam as _  # noqa: F401 - the first import, so that no other one warns

from crawlsieve.pipelines.engines.beam.driver import Beam, started

__all__ = ["Beam", "started"]
