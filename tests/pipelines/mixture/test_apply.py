"""A mixture against the slow and obvious one, at the places where it could go wrong."""

import itertools

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawlsieve.pipelines.ask.digest import digest
from crawlsieve.pipelines.ask.sql import query
from crawlsieve.schemas.mix import MIXTURE
from crawlsieve.stages.errors import CrawlsieveError
from tests.pipelines.mixture.slow import applied, corpus, rows, slow_mixture, write

CORPUS = corpus(
    books=[1 + n * n % 900 for n in range(120)],
    code=[1 + n * n % 90 for n in range(300)],
    web=[200 + n * n % 200 for n in range(500)],
)
WEIGHTS = {"books": 0.5, "code": 0.2, "web": 0.3}
FILES = [CORPUS[n::3] for n in range(3)]


@st.composite
def mixtures(draw):
    sizes = draw(st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=25), min_size=1, max_size=4))
    documents = corpus(**{f"d{n}": [1 + own[0], *own[1:]] for n, own in enumerate(sizes)})
    parts = draw(st.lists(st.integers(0, 5), min_size=len(sizes), max_size=len(sizes)).filter(any))
    weights = {f"d{n}": part / sum(parts) for n, part in enumerate(parts)}
    return documents, weights, draw(st.integers(1, 3000)), draw(st.integers(0, 2**63 - 1)), draw(st.randoms())


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mixtures())
def test_a_mixture_is_the_slow_one(tmp_path_factory, given_):
    documents, weights, total, seed, chance = given_
    folder = tmp_path_factory.mktemp("mix")
    chance.shuffle(documents)
    cut = chance.randint(0, len(documents))
    runs = write(folder / "in", documents[:cut], [], documents[cut:])

    expected = slow_mixture(documents, weights, total, seed)

    if not expected:
        with pytest.raises(CrawlsieveError, match="less than half a document of each domain"):
            applied(folder / "out", runs, weights=weights, tokens=total, seed=seed, max_epochs=None)
        return
    manifest = applied(folder / "out", runs, weights=weights, tokens=total, seed=seed, max_epochs=None)

    assert rows(folder / "out") == expected
    for name, told in manifest["mixture"]["domains"].items():
        largest = max(len(row["text"]) for row in documents if row["domain"] == name)
        assert abs(told["size"] - told["quota"]) <= largest / 2


@pytest.mark.parametrize("epochs", [0.3, 1.0, 2.7])
def test_whole_epochs_come_before_part_of_one(tmp_path, epochs):
    unique = sum(len(row["text"]) for row in CORPUS if row["domain"] == "books")
    weights = {"books": 1.0, "code": 0, "web": 0}

    manifest = applied(tmp_path / "out", write(tmp_path, *FILES), weights=weights, tokens=round(epochs * unique))

    found = rows(tmp_path / "out")
    assert found == slow_mixture(CORPUS, {"books": 1.0}, round(epochs * unique), 0)
    assert {domain for _, domain, _ in found} == {"books"}
    copies = {epoch: sum(1 for row in found if row[2] == epoch) for epoch in range(3)}
    assert [copies[epoch] == 120 for epoch in range(3)] == [epochs >= 1, epochs >= 2, False]
    assert manifest["mixture"]["domains"]["books"]["epochs"] == pytest.approx(epochs, abs=0.01)


def test_one_huge_document_is_taken_where_that_is_nearer(tmp_path):
    documents = corpus(big=[3_000_000], small=[100] * 50)
    runs = write(tmp_path, documents)

    nearer = applied(tmp_path / "with", runs, weights={"big": 0.9996, "small": 0.0004}, tokens=2_000_000)
    farther = applied(tmp_path / "without", runs, weights={"big": 0.999, "small": 0.001}, tokens=1_400_000)

    assert nearer["mixture"]["domains"]["big"]["documents"] == 1
    assert farther["mixture"]["domains"]["big"]["documents"] == 0


def test_many_small_files_and_parts_are_one_shuffle(tmp_path, monkeypatch):
    """A file of the output is a range of the shuffle, and a part of it is a range of that."""
    monkeypatch.setattr("crawlsieve.pipelines.mixture.weighted.passes.TEXT_BYTES_PER_FILE", 40_000)
    monkeypatch.setattr("crawlsieve.pipelines.mixture.weighted.passes.TEXT_BYTES_HELD", 9_000)
    monkeypatch.setattr("crawlsieve.pipelines.mixture.weighted.passes.ROWS_PER_PARTITION", 50)
    monkeypatch.setattr("crawlsieve.stages.mix.documents.MOST_ROWS", 11)

    manifest = applied(tmp_path / "out", write(tmp_path, *FILES), weights=WEIGHTS, tokens=200_000, max_epochs=None)

    assert len(manifest["files"]) == 5
    assert rows(tmp_path / "out") == slow_mixture(CORPUS, WEIGHTS, 200_000, 0)


def test_the_order_of_inputs_does_not_matter(tmp_path):
    turned = [part[::-1] for part in (CORPUS[500:], CORPUS[:500])]
    applied(tmp_path / "a", write(tmp_path / "1", *FILES), weights=WEIGHTS, tokens=100_000, seed=4)
    applied(
        tmp_path / "b", write(tmp_path / "2", *turned), weights=dict(reversed(WEIGHTS.items())), tokens=100_000, seed=4
    )

    assert rows(tmp_path / "a") == rows(tmp_path / "b")


def test_domains_are_shuffled_and_seeds_differ(tmp_path):
    runs = write(tmp_path, *FILES)
    applied(tmp_path / "a", runs, weights=WEIGHTS, tokens=100_000, seed=0)
    applied(tmp_path / "b", runs, weights=WEIGHTS, tokens=100_000, seed=1)

    first, second = rows(tmp_path / "a"), rows(tmp_path / "b")
    longest = max(len(list(run)) for _, run in itertools.groupby(domain for _, domain, _ in first))
    assert longest < 25
    assert {*first} != {*second}
    both = {*first} & {*second}
    assert [row for row in first if row in both] != [row for row in second if row in both]


def test_copies_of_a_document_are_far_from_each_other(tmp_path):
    applied(tmp_path / "out", write(tmp_path, *FILES), weights=WEIGHTS, tokens=300_000, max_epochs=None)

    found = [name for name, _, _ in rows(tmp_path / "out")]
    assert sum(a == b for a, b in itertools.pairwise(found)) <= 3


def test_null_is_a_domain(tmp_path):
    documents = [row | {"domain": None if row["domain"] == "web" else row["domain"]} for row in CORPUS]
    weights = {"books": 0.5, "code": 0.2, "null": 0.3}

    applied(tmp_path / "out", write(tmp_path, documents), weights=weights, tokens=50_000)

    assert rows(tmp_path / "out") == slow_mixture(documents, weights, 50_000, 0)


def test_an_expression_makes_domains_of_columns(tmp_path):
    manifest = applied(
        tmp_path / "out",
        write(tmp_path, *FILES),
        domain="CASE WHEN domain = 'web' THEN 'web' ELSE upper(domain[1]) END",
        weights={"B": 0.5, "C": 0.2, "web": 0.3},
        tokens=50_000,
    )

    assert {*manifest["mixture"]["domains"]} == {"B", "C", "web"}


def test_files_have_the_declared_schema_and_page_indexes(tmp_path):
    manifest = applied(tmp_path / "out", write(tmp_path, *FILES), weights=WEIGHTS, tokens=50_000)

    (file,) = manifest["files"]
    found = pq.ParquetFile(tmp_path / "out" / file["path"])
    assert found.schema_arrow.equals(MIXTURE, check_metadata=True)
    assert found.metadata.row_group(0).column(0).compression == "ZSTD"
    assert found.metadata.row_group(0).column(0).has_offset_index
    texts = {row["id"]: row["text"] for row in CORPUS}
    assert all(row["text"] == texts[row["id"]] for row in found.read(["id", "text"]).to_pylist())


def test_sql_and_digest_know_the_documents(tmp_path):
    manifest = applied(tmp_path / "out", write(tmp_path, *FILES), weights=WEIGHTS, tokens=50_000)

    counted = query(str(tmp_path / "out"), "SELECT domain, count(*) AS n FROM documents GROUP BY ALL ORDER BY domain")
    told = manifest["mixture"]["domains"]
    assert counted.to_pylist() == [{"domain": name, "n": told[name]["documents"]} for name in WEIGHTS]
    assert digest(str(tmp_path / "out"))["documents"].startswith(f"{manifest['mixture']['documents']}-")


def test_tokens_are_counted_by_their_column(tmp_path):
    sizes = {row["id"]: 1 + n % 7 for n, row in enumerate(CORPUS)}
    runs = write(tmp_path, CORPUS)
    table = pq.read_table(tmp_path / "part-0.parquet")
    pq.write_table(table.append_column("token_count", [[*sizes.values()]]), tmp_path / "part-0.parquet")

    manifest = applied(tmp_path / "out", runs, weights=WEIGHTS, tokens=1000, unit="tokens")

    for told in manifest["mixture"]["domains"].values():
        assert abs(told["size"] - told["quota"]) <= 3
    assert sum(sizes[name] for name, _, _ in rows(tmp_path / "out")) == manifest["mixture"]["size"]


def test_a_weighted_dataset_has_a_report_and_a_catalog(tmp_path):
    applied(tmp_path / "out", write(tmp_path / "in", *FILES), weights=WEIGHTS, tokens=2000)

    assert '"id":"mixture"' in (tmp_path / "out/report.html").read_text()
    assert "CREATE" in (tmp_path / "out/catalog.sql").read_text()
