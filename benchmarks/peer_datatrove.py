"""The main job as a datatrove user would write it. Run with the peers' Python; prints one line of JSON.

No language step: datatrove's downloads its model. Extraction by trafilatura, the only extractor that datatrove has.
"""

import argparse
import json
import time
from pathlib import Path

START = time.perf_counter()

from datatrove.executor import LocalPipelineExecutor  # noqa: E402 - the import is part of what is timed
from datatrove.pipeline.extractors import Trafilatura  # noqa: E402
from datatrove.pipeline.filters import (  # noqa: E402
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
    URLFilter,
)
from datatrove.pipeline.readers import WarcReader  # noqa: E402
from datatrove.pipeline.writers import ParquetWriter  # noqa: E402


def main() -> None:
    """Run the pipeline over a folder of WARC files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("crawl", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--tasks", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    steps = [
        WarcReader(str(asked.crawl), glob_pattern="*.warc.gz"),
        URLFilter(),
        Trafilatura(favour_precision=False, timeout=60, deduplicate=False),
        C4QualityFilter(),
        GopherQualityFilter(),
        GopherRepetitionFilter(),
        FineWebQualityFilter(),
        ParquetWriter(str(asked.output / "documents")),
    ]
    job = LocalPipelineExecutor(
        steps, tasks=asked.tasks, workers=asked.workers, logging_dir=str(asked.output / "logs"), skip_completed=False
    )
    ready = time.perf_counter()
    job.run()
    done = time.perf_counter()
    stats = json.loads((asked.output / "logs" / "stats.json").read_text())
    steps_seconds = {step["name"]: step.get("time_stats", {}).get("total", 0.0) for step in stats}
    print(json.dumps({"start_up": ready - START, "seconds": done - ready, "steps": steps_seconds}))


if __name__ == "__main__":
    main()
