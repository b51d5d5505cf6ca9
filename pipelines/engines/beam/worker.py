"""A worker process of a crew: it serves the runners that its driver names on its input, and ends with its driver."""

import json
import os
import sys
import threading

from apache_beam.runners.worker import sdk_worker_main

from crawlsieve.pipelines.engines.workers import outlive_nobody

_OPTIONS = json.dumps({"options": {"default_sdk_harness_log_level": "ERROR"}})


def serve(control: str, name: str) -> None:
    """Do what the runner asks until it ends the stream of its requests.

    Args:
        control: the runner's address.
        name: under which the runner knows this worker.
    """
    surroundings = {
        **os.environ,
        "CONTROL_API_SERVICE_DESCRIPTOR": f'url: "{control}"',
        "PIPELINE_OPTIONS": _OPTIONS,
        "WORKER_ID": name,
    }
    _, harness, _ = sdk_worker_main.create_harness(surroundings)
    harness.run()


if __name__ == "__main__":
    threading.Thread(target=outlive_nobody, args=(int(sys.argv[1]),), daemon=True).start()
    for line in sys.stdin:
        serve(**json.loads(line))
