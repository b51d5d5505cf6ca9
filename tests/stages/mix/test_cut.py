"""The document at which an epoch is cut."""

import numpy as np
import pyarrow as pa

from crawlsieve.dedup.copies import bin_start
from crawlsieve.schemas.mix import BOUNDARY
from crawlsieve.stages.mix.cut import FindCuts, Taken, Wanted


def test_a_bin_of_which_nothing_is_taken_leaves_all_before_it(monkeypatch):
    """Also the document at the very last place before the bin, whatever its id."""
    rows = [{"domain": 0, "place": bin_start(3) + 5, "id": b"a" * 16, "size": 100, "bytes": 100}]
    (cut,) = FindCuts((3,), (10,))(iter([pa.RecordBatch.from_pylist(rows, schema=BOUNDARY)]))
    wanted = Wanted(("d",), (0,), (10,), 0)
    places = np.array([bin_start(3) - 1, bin_start(3), bin_start(3) + 5])
    monkeypatch.setattr(Wanted, "places", lambda *_: places)

    taken = Taken(wanted, ((cut.column("place")[0].as_py(), cut.column("id")[0].as_py()),))

    ids = pa.array([b"z" * 16, b"a" * 16, b"a" * 16], pa.binary(16))
    assert taken.copies(ids, np.zeros(3, np.int64)).tolist() == [1, 0, 0]
    assert cut.column("documents").to_pylist() == [0]
