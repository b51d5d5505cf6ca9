"""What Beam itself offers beside our workers: its own processes, asked for by its own option."""

from crawlsieve.pipelines.engines.engine import nobody
from crawlsieve.pipelines.engines.options import BeamOptions
from crawlsieve.pipelines.engines.start import started
from tests.engines.test_conformance import rows, summed, totals


def test_beams_own_worker_processes_give_the_same_rows(tmp_path):
    options = {"direct_running_mode": "multi_processing", "direct_num_workers": 2}
    with started(BeamOptions(options=options), str(tmp_path), "modes") as engine:
        found = engine.run(summed((500, 700), 7), nobody)

    assert rows(found) == totals((500, 700), 7)
