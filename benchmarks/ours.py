"""The main job as crawlsieve runs it, timed; prints one line of JSON."""

import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START = time.perf_counter()

from rich.console import Console  # noqa: E402 - the imports are part of what is timed

from crawlsieve.pipelines.curate import run  # noqa: E402
from crawlsieve.pipelines.engines.choice import Asked, chosen  # noqa: E402
from crawlsieve.pipelines.progress import Progress, Watch  # noqa: E402
from crawlsieve.pipelines.recipe.check import check  # noqa: E402
from crawlsieve.pipelines.recipe.load import load  # noqa: E402


class Timed(Progress):
    """Notes when the first shard is about to be opened, and when the last one is done."""

    opened = closed = 0.0

    @contextmanager
    def reading(self, inputs: object) -> Iterator[Watch]:
        """As Progress, with the time taken."""
        self.opened = time.perf_counter()
        with super().reading(inputs) as watch:
            yield watch
        self.closed = time.perf_counter()


def main() -> None:
    """Run `RECIPE CRAWL OUTPUT WORKERS [ENGINE]`."""
    recipe, crawl, output, workers, *engine = sys.argv[1:]
    shown = Timed(Console(quiet=True))
    loaded = load(recipe, {"source.paths": f"{crawl}/*.warc.gz", "output": output})
    options = chosen(loaded.engine, Asked(*engine, workers=int(workers)))
    manifest = run(loaded, check(loaded), engine=options, progress=shown)
    done = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        json.dumps(
            {
                "start_up": shown.opened - START,
                "seconds": done - shown.opened,
                "map": shown.closed - shown.opened,
                "pages": manifest["balance"]["records"],
                "kept": manifest["balance"]["documents"],
                "steps": manifest["seconds"],
                "peak_mib": peak,
                "output": str(Path(output)),
            }
        )
    )


if __name__ == "__main__":
    main()
