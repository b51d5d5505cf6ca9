"""What a report says, against plain Python over the rows of the run."""

from collections import Counter
from itertools import pairwise

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crawlsieve.filters.url import canonical_site
from crawlsieve.pipelines import curate
from crawlsieve.pipelines.ask.views import manifest
from crawlsieve.pipelines.recipe.step_names import step_names
from crawlsieve.pipelines.report import content, samples, signals
from crawlsieve.pipelines.report.facts import SECTIONS, facts
from crawlsieve.pipelines.report.overview import stages
from crawlsieve.pipelines.report.tables import tables_of
from tests.pipelines.report.conftest import SCRIPT, made

OUTCOMES = ("documents", "rejected", "duplicates", "failed")


def told(run, changed=None):
    """Section -> its facts."""
    with tables_of(str(run), changed or manifest(str(run))) as tables:
        return {section["id"]: section for section in facts(tables)["sections"]}


def block(section, kind, caption=""):
    """The first block of a kind whose caption begins so."""
    return next(
        each for each in section["blocks"] if each["kind"] == kind and each.get("caption", "").startswith(caption)
    )


def rows(run, table):
    return pa.concat_tables(map(pq.read_table, sorted((run / table).glob("*.parquet")))).to_pylist()


@pytest.fixture(scope="module")
def found(run):
    return told(run)


def test_the_funnel_leads_from_the_records_to_the_kept_and_loses_what_it_says(run):
    left = stages(manifest(str(run)))

    assert [row["name"] for row in left] == ["input", "read", "measure", "judge", "all rules", "deduplication"]
    assert all(after["documents"] == before["documents"] - after["lost"] for before, after in pairwise(left))
    assert (left[0]["documents"], left[-1]["documents"]) == (43, len(rows(run, "documents")))
    assert left[-1]["bytes"] == sum(len(row["text"].encode()) for row in rows(run, "documents"))


def test_a_manifest_that_counted_no_bytes_gives_a_funnel_of_documents(run):
    old = manifest(str(run))
    old["counts"].pop("text_bytes")
    for counts in old["counts"].values():
        counts.pop("text_bytes", None)
    for file in old["files"]:
        file.pop("text_bytes")
    funnel = told(run, old)["funnel"]

    assert {row["bytes"] for row in block(funnel, "funnel")["rows"]} == {None}
    assert not block(funnel, "funnel")["bytes"]
    assert "documents only" in block(funnel, "note")["text"]


def test_the_second_step_of_a_kind_has_the_name_that_counts_have():
    assert step_names([{"judge": {}}, {"measure": {}}, {"judge": {}}]) == ["judge", "measure", "judge_2"]


def test_what_a_rule_removes_alone_and_with_which_others(run, found):
    broken = [set(row["reasons"]) for row in rows(run, "rejected")]
    names = {name for reasons in broken for name in reasons}
    bars = {row["name"]: row["values"] for row in block(found["rules"], "bars")["rows"]}
    matrix = block(found["rules"], "matrix")

    assert bars == {
        name: [broken.count({name}), sum(name in reasons and len(reasons) > 1 for reasons in broken)] for name in names
    }
    assert {
        (row, column): value
        for row, values in zip(matrix["names"], matrix["values"], strict=True)
        for column, value in zip(matrix["names"], values, strict=True)
    } == {(one, two): sum({one, two} <= reasons for reasons in broken) for one in names for two in names}
    assert bars["gopher_mean_word_length"][0] > 0 < bars["gopher_mean_word_length"][1]


def test_rules_that_removed_nothing_are_listed_with_their_bounds(found):
    listed = {row[0]: row[2:5] for row in block(found["rules"], "table")["rows"]}

    assert listed["gopher_word_count"] == ["at least 4.0, at most 100,000", 7, pytest.approx(7 / 43)]
    assert listed["gopher_hashes"] == ["at most 0.1", 0, 0]


def test_a_histogram_counts_every_row_of_every_outcome(run, found):
    measured = Counter(row["outcome"] for row in rows(run, "signals"))
    for item in block(found["signals"], "histograms")["items"]:
        if item["edges"]:
            counted = Counter({outcome: sum(counts) for outcome, counts in item["counts"].items()})
            assert counted + Counter(item["nulls"]) == measured, item["name"]


def test_a_bar_holds_the_values_between_its_edges(run, found):
    (item,) = [item for item in block(found["signals"], "histograms")["items"] if item["name"] == "word_count"]
    kept = [row["word_count"] for row in rows(run, "signals") if row["outcome"] == "documents"]
    edges, counts = item["edges"], item["counts"]["documents"]

    assert item["log"]
    assert len(set(kept)) > 5
    for place, (low, high) in enumerate(pairwise(edges)):
        inside = [value for value in kept if low + 1e-6 < value < high - 1e-6]
        near = [value for value in kept if abs(value - low) <= 1e-6 or abs(value - high) <= 1e-6]
        assert len(inside) <= counts[place] <= len(inside) + len(near)
    assert (item["least"], item["most"]) == (
        min(row["word_count"] for row in rows(run, "signals")),
        max(row["word_count"] for row in rows(run, "signals")),
    )


def test_bounds_near_the_values_lie_on_the_axis_with_the_rule_that_has_them(found):
    items = {item["name"]: item for item in block(found["signals"], "histograms")["items"]}
    (rule,) = items["word_count"]["rules"]

    assert (rule["name"], rule["at_least"], rule["rejects"]) == ("gopher_word_count", 4, 7)
    assert items["word_count"]["edges"][0] <= 4 <= items["word_count"]["edges"][-1]
    assert items["mean_word_length"]["rules"][0]["exceptions"] == []  # no step has named languages


def test_a_signal_of_one_value_has_no_axis_and_stands_last(found):
    items = block(found["signals"], "histograms")["items"]

    assert {item["name"] for item in items if item["least"] == item["most"]} == {
        item["name"] for item in items if not item["edges"]
    }
    assert [not item["edges"] for item in items] == sorted(not item["edges"] for item in items)


def histogram(folder, values):
    """The histogram of kept documents with these values."""
    schema = pa.schema([pa.field("outcome", pa.string()), pa.field("ratio", pa.float64())])
    (folder / "signals").mkdir()
    kept = pa.table([["documents"] * len(values), values], schema=schema)
    pq.write_table(kept, folder / "signals" / "a.parquet")
    files = [{"table": "signals", "path": "signals/a.parquet", "rows": len(values), "bytes": 1}]
    with tables_of(str(folder), {"files": files}) as tables:
        (item,) = block(signals.signals(tables), "histograms")["items"]
    return item


@pytest.mark.parametrize(("values", "quantiles"), [([None, None], []), ([float("nan"), 1.0], [1.0] * 5)])
def test_what_is_no_number_is_no_value(tmp_path, values, quantiles):
    item = histogram(tmp_path, values)

    assert list(item["quantiles"].values()) == quantiles
    assert item["nulls"] == {"documents": 2 - len(set(quantiles))}


def test_a_few_values_far_away_stretch_no_axis_and_are_in_its_ends(tmp_path):
    near = [number / 2_000 for number in range(2_000)]
    item = histogram(tmp_path, [*near, 1e6, 2e6, -1e6])
    counts = item["counts"]["documents"]

    assert (item["log"], item["least"], item["most"]) == (False, -1e6, 2e6)
    assert -0.1 < item["edges"][0] < item["edges"][-1] < 1.1
    assert sum(counts) == len(near) + 3
    assert counts[-1] >= sum(value >= item["edges"][-2] for value in near) + 2


@pytest.mark.parametrize(("most", "log"), [(20, False), (20_000, True)])
def test_a_heavy_tail_has_a_logarithmic_axis(tmp_path, most, log):
    item = histogram(tmp_path, [float(number % 10) for number in range(900)] + [float(most)] * 100)

    assert item["log"] is log
    assert item["edges"][0] == 0
    assert item["edges"][-1] == pytest.approx(most)


def test_sites_are_counted_by_host_and_outcome(run, found):
    expected = Counter()
    for outcome in OUTCOMES:
        for row in rows(run, outcome):
            site = canonical_site(row["url"]) if row["url"] and "://" in row["url"] else None
            expected[site, outcome] += 1
    (bars,) = [each for each in found["sites"]["blocks"] if each["kind"] == "bars"]

    for row in bars["rows"]:
        if row["name"].endswith(".example"):
            assert row["values"] == [expected[row["name"], outcome] for outcome in OUTCOMES], row["name"]
    sites = {canonical_site(row["url"]) for outcome in OUTCOMES for row in rows(run, outcome) if row["url"]} - {None}
    assert found["sites"]["lead"].startswith(f"{len(sites)} hosts in ")
    assert {"site0.example", "short.example", "copy.example"} <= {row["name"] for row in bars["rows"]}


def test_lengths_hold_every_kept_text_and_all_its_bytes(run, found):
    sizes = [len(row["text"].encode()) for row in rows(run, "documents")]
    documents, text = (each for each in found["lengths"]["blocks"] if each["kind"] == "columns")

    assert (sum(documents["values"]), sum(text["values"])) == (len(sizes), sum(sizes))
    for place, (low, high) in enumerate(pairwise(documents["edges"])):
        assert documents["values"][place] == sum(low <= size < high for size in sizes)


def test_clusters_are_counted_by_size_and_twins_stand_side_by_side(run, found):
    sizes = Counter(row["duplicates"] + 1 for row in rows(run, "documents"))
    gone = {row["id"]: row for row in rows(run, "duplicates")}
    kept = {row["id"]: row for row in rows(run, "documents")}

    assert [row["values"] for row in block(found["duplicates"], "bars", "Clusters")["rows"]] == [
        [sizes[1]], [sizes[2] + sizes[3]],
    ]  # fmt: skip
    for pair in block(found["duplicates"], "pairs")["items"]:
        assert pair["twin"]["id"] == gone[pair["removed"]["id"]]["twin_id"]
        assert pair["removed"]["text"] == gone[pair["removed"]["id"]]["text"][: samples.TEXT]
        assert pair["twin"]["text"] == (gone | kept)[pair["twin"]["id"]]["text"][: samples.TEXT]


def test_samples_show_texts_cut_reasons_and_what_was_measured(run, found):
    items = {item["id"]: item for item in block(found["samples"], "samples")["items"]}
    rejected = {row["id"]: row for row in rows(run, "rejected")}
    measured = {row["id"]: row for row in rows(run, "signals")}

    assert {reason for row in rejected.values() for reason in row["reasons"]} == {
        reason for item in items.values() for reason in item["reasons"]
    }
    for item in items.values():
        assert (item["length"] > samples.TEXT) == item["text"].endswith("…")
        assert len(item["text"]) <= samples.TEXT + 1 + 10 * len("‹U+202E›")
        assert len(item["url"]) <= samples.ADDRESS + 1 + len("‹U+202E›")
        assert [verdict["value"] for verdict in item["verdicts"]] == [
            measured[item["id"]][verdict["column"]] for verdict in item["verdicts"]
        ]
        assert (
            [verdict["rule"] for verdict in item["verdicts"]]
            == item["reasons"]
            == (rejected[item["id"]]["reasons"] if item["id"] in rejected else [])
        )


def test_samples_depend_on_the_seed_and_not_on_how_the_run_was_cut(tmp_path, monkeypatch, run):
    def chosen(sections):
        return [item["id"] for item in block(sections["samples"], "samples")["items"] if item["outcome"] == "documents"]

    monkeypatch.setattr(curate, "TEXT_BYTES_PER_FILE", 3_000)
    monkeypatch.setattr(curate, "TEXT_PER_STORED_BYTE", 1)
    monkeypatch.setattr(samples, "_KEPT", 10)
    cut, _ = made(tmp_path / "cut")
    other, _ = made(tmp_path / "seed", seed=4)

    assert len(list((cut / "documents").iterdir())) > 3
    assert len(chosen(told(run))) == 10
    assert chosen(told(cut)) == chosen(told(run))
    assert set(chosen(told(other))) != set(chosen(told(run)))


def test_a_large_table_is_sampled_by_whole_files_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(curate, "TEXT_BYTES_PER_FILE", 3_000)
    monkeypatch.setattr(curate, "TEXT_PER_STORED_BYTE", 1)
    run, _ = made(tmp_path)
    files = sorted((run / "signals").glob("*.parquet"))
    sizes = [pq.read_metadata(file).num_rows for file in files]
    monkeypatch.setattr(signals, "MOST_ROWS", sizes[0] + sizes[1])
    monkeypatch.setattr(content, "MOST_URLS", 1)
    sections = told(run)
    item = block(sections["signals"], "histograms")["items"][0]
    said = f"{sizes[0] + sizes[1]} of {sum(sizes)} rows, which are 2 of {len(files)} files"

    assert said in block(sections["signals"], "note")["text"]
    assert sum(map(sum, item["counts"].values())) + sum(item["nulls"].values()) == sizes[0] + sizes[1]
    assert sum("sample" in str(each.get("text")) for each in sections["sites"]["blocks"]) >= 2


@pytest.mark.parametrize("keep", ["none", "signals"])
def test_texts_of_rejected_pages_that_are_not_stored_are_not_shown_and_that_is_said(tmp_path, keep):
    run, _ = made(tmp_path, keep_rejected=keep)
    sections = told(run)
    items = block(sections["samples"], "samples")["items"]

    assert {item["text"] for item in items if item["outcome"] == "rejected"} == {None}
    assert all(item["text"] for item in items if item["outcome"] == "documents")
    assert "`keep_rejected: text`" in block(sections["samples"], "note")["text"]
    assert "`keep_rejected: text`" in sections["duplicates"]["blocks"][-1]["text"]
    assert {pair["removed"]["text"] for pair in block(sections["duplicates"], "pairs")["items"]} == {None}


def test_failures_are_counted_by_kind_and_placed(found):
    (row,) = block(found["failures"], "table")["rows"]

    assert block(found["failures"], "bars")["rows"] == [{"name": "bad_json", "values": [1]}]
    assert row[0] == "bad_json"
    assert row[1].endswith("shard-000.jsonl")
    assert row[2] > 0


def test_a_run_without_signals_has_all_sections_but_that(tmp_path, found):
    run, _ = made(tmp_path, steps=[{"exact_duplicates": {"by": ["text"]}}])

    assert set(found) - set(told(run)) == {"signals", "rules", "speed"}


def test_a_run_without_rows_says_so_section_by_section(tmp_path):
    pages = []
    run, _ = made(tmp_path, pages)
    (run / "failed").rename(run / "gone")
    empty = manifest(str(run)) | {"files": [], "balance": dict.fromkeys(("records", *OUTCOMES), 0)}

    assert {"balance", "funnel", "about"} <= set(told(run, empty))


def test_every_section_that_a_run_can_have_is_there_once(found):
    names = [section.__name__ for section in SECTIONS]

    assert len(names) == len(set(names))
    assert list(found) == [
        "balance", "funnel", "rules", "signals", "sites", "lengths", "duplicates", "samples", "failures", "speed",
        "about",
    ]  # fmt: skip


def test_the_text_that_means_harm_is_among_the_samples(found):
    """Else the tests in a browser would show nothing."""
    items = block(found["samples"], "samples")["items"]

    assert any(SCRIPT in (item["text"] or "") for item in items)
