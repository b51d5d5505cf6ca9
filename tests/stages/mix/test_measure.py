import pyarrow as pa
import pytest

from crawlsieve.schemas.mix import NAMED
from crawlsieve.stages.errors import CrawlsieveError
from crawlsieve.stages.mix.domain import Domain
from crawlsieve.stages.mix.measure import Measure, Repeated, SumDomains, domain_sizes
from crawlsieve.stages.mix.size import SizeOf
from tests.pipelines.mixture.slow import corpus, write


def named(*names):
    rows = [{"key": name.encode() * 16, "id": name, "path": f"{place}.parquet"} for place, name in enumerate(names)]
    return pa.RecordBatch.from_pylist(rows, schema=NAMED)


def repeated(*batches):
    return [batch.column("id").to_pylist() for batch in Repeated()(iter(batches))]


@pytest.mark.parametrize("cut", range(5))
def test_a_repeated_id_is_found_across_batches(cut):
    rows = named("a", "b", "b", "c")

    assert repeated(rows.slice(0, cut), rows.slice(cut)) == [["b", "b"]]


def test_ids_that_differ_are_no_finding():
    assert repeated(named("a", "b"), named(), named("c")) == []
    assert repeated() == []


def test_domains_are_summed_over_inputs():
    row = {"domain": "a", "documents": 1, "unsized": 0, "size": 2, "bytes": 3}
    other = {**row, "domain": "b"}

    (found,) = SumDomains()(iter([domain_sizes([row, other]), domain_sizes([row])]))

    sums = {got.pop("domain"): (got.pop("key"), tuple(got.values()))[1] for got in found.to_pylist()}
    assert sums == {"a": (2, 0, 4, 6), "b": (1, 0, 2, 3)}


def test_too_many_domains_are_no_domains(tmp_path, monkeypatch):
    monkeypatch.setattr("crawlsieve.stages.mix.measure.MOST_DOMAINS", 3)
    write(tmp_path, corpus(**{f"d{n}": [5] for n in range(4)}))
    step = Measure(Domain("domain"), SizeOf("bytes"), str(tmp_path / "work"))
    source = pa.RecordBatch.from_pylist([{"path": str(tmp_path / "part-0.parquet"), "measured": "key"}])

    with pytest.raises(CrawlsieveError, match=r"part-0\.parquet has more than 3 domains by 'domain'"):
        list(step(iter([source])))

    assert not (tmp_path / "work" / "key" / "done.json").exists()
