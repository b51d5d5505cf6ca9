"""The whole job on every engine when something goes wrong: the same rows as if nothing had."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from tests.engines.conftest import ENGINES
from tests.engines.test_job import GOLDEN, documents, steps, whole
from tests.pipelines.runs import ran, recipe

DRIVER = """
import sys
from tests.engines.conftest import ENGINES
from tests.pipelines.runs import ran
from pathlib import Path

if __name__ == "__main__":
    ran(Path(sys.argv[1]), engine=ENGINES[sys.argv[2]])
"""
CUTS = (0, 50, 50, 120, None)


def served(site, folder):
    """A recipe over four shards of a web site."""
    given, paths = documents(), []
    for number, (first, last) in enumerate(pairwise(CUTS)):
        content = "".join(json.dumps(row) + "\n" for row in given[first:last])
        paths.append(site.put(f"shard-{number:03d}.jsonl", content.encode()))
    source = {"paths": paths, "backoff_seconds": 0.05}
    return recipe(folder, source=source, steps=steps({}))


def test_a_source_that_is_away_for_a_while_costs_time_only(engine_options, site, tmp_path):
    place = served(site, tmp_path)
    site.faults["shard-002.jsonl"] = [("status", 503, {})] * 2 + [("cut", 1000)]

    manifest = ran(place, engine=engine_options)

    assert whole(tmp_path / "run") == GOLDEN["walk"]
    assert manifest["retries"] >= 1


@pytest.mark.parametrize("name", ENGINES)
def test_a_driver_that_is_killed_and_started_again_gives_the_same_rows(name, site, tmp_path):
    place, held = served(site, tmp_path), threading.Event()
    site.held["shard-003.jsonl"] = held
    driver = start(place, name)
    wait_for(lambda: len(list((tmp_path / "run/_work/curated").glob("*/done.json"))) >= 1, driver)
    driver.kill()
    driver.wait()
    assert not (tmp_path / "run/manifest.json").exists()
    assert not (tmp_path / "run/documents").exists()
    held.set()

    ran(place, engine=ENGINES[name])

    assert whole(tmp_path / "run") == GOLDEN["walk"]
    assert sorted(path.name for path in (tmp_path / "run/_work").glob("exchange-*")) == []


@pytest.mark.parametrize("name", ENGINES)
def test_ctrl_c_stops_a_run_with_the_way_on_and_the_same_command_goes_on(name, site, tmp_path):
    place, held = served(site, tmp_path), threading.Event()
    site.held["shard-003.jsonl"] = held
    engine = ENGINES[name]
    kind = name.partition("-")[0]
    given = yaml.safe_load(place.read_text()) | {"engine": {kind: vars(engine)}}
    place.write_text(yaml.safe_dump(given))
    program = "from crawlsieve.pipelines.cli import main; main()"
    command = [sys.executable, "-c", program, "run", str(place), "--engine", kind]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    driver = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: len(list((tmp_path / "run/_work/curated").glob("*/done.json"))) >= 1, driver)
    driver.send_signal(signal.SIGINT)
    _, told = driver.communicate(timeout=60)
    held.set()

    assert driver.returncode == 130, told
    assert "Stopped. The same command goes on" in told
    assert "Traceback" not in told
    done = subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True, check=True)
    assert "Traceback" not in done.stderr
    assert whole(tmp_path / "run") == GOLDEN["walk"]


def start(place, name):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.Popen([sys.executable, "-c", DRIVER, str(place), name], env=environment)


def wait_for(found, driver):
    for _ in range(1200):
        if found():
            return
        assert driver.poll() is None
        time.sleep(0.05)
    pytest.fail("still waiting")
