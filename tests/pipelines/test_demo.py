"""The demo's recipe on the sample crawl: what each planned page comes to."""

import json
from collections import Counter, defaultdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crawlsieve.pipelines import curate
from crawlsieve.pipelines.ask.digest import digest
from crawlsieve.pipelines.engines.options import LocalOptions
from crawlsieve.pipelines.recipe.check import check
from crawlsieve.pipelines.recipe.load import load
from crawlsieve.pipelines.sample import crawl, write_sample
from crawlsieve.pipelines.sample.warc import Damaged, Record

ROOT = Path(__file__).parents[2]
DOCUMENTS = {"response", "revisit", "resource", "conversion"}
RECIPE = "pipelines/recipes/sample.yaml"


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A folder with the sample crawl in it, and everything that the recipe names; it is the working directory."""
    folder = tmp_path_factory.mktemp("demo")
    (folder / "pipelines").symlink_to(ROOT / "pipelines")
    write_sample(folder / "demo" / "crawl")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder


def ran(output: Path, workers: int, **changes: str) -> Path:
    recipe = load(RECIPE, {"output": str(output), **changes})
    curate.run(recipe, check(recipe), engine=LocalOptions(workers=workers))
    return output


@pytest.fixture(scope="module")
def run(workplace) -> Path:
    return ran(workplace / "demo" / "run", workers=2)


@pytest.fixture(scope="module")
def tables(run) -> dict[str, list[dict]]:
    names = ("documents", "rejected", "duplicates", "failed", "signals")
    return {name: pa.concat_tables(map(pq.read_table, (run / name).glob("*.parquet"))).to_pylist() for name in names}


@pytest.fixture(scope="module")
def outcomes(tables) -> dict[str, Counter]:
    """Kind of record -> how many of them came to what."""
    pieces = [piece for shard in crawl.warcs().values() for piece in shard] + crawl.wet()
    kinds = {piece.id[10:-1]: piece.kind for piece in pieces if isinstance(piece, Record)}
    found = defaultdict(Counter)
    for name in ("documents", "rejected", "duplicates", "failed"):
        for row in tables[name]:
            found[kinds.get(row["source_id"], "")][name] += 1
    return found


@pytest.fixture(scope="module")
def reasons(tables) -> dict[str, set[str]]:
    """URL -> the rules that the page breaks."""
    return {row["url"]: set(row["reasons"]) for row in tables["rejected"]}


def test_every_planned_record_is_counted_once(run):
    balance = json.loads((run / "manifest.json").read_text())["balance"]
    pieces = [*(piece for shard in crawl.warcs().values() for piece in shard), *crawl.wet()]
    documents = [piece for piece in pieces if isinstance(piece, Record) and piece.warc_type in DOCUMENTS]
    places = [piece for piece in pieces if isinstance(piece, Damaged) and piece.kind != "broken: zeros between members"]

    assert balance["records"] == len(documents) + len(places) + len(crawl.lines()) + len(crawl.rows())
    assert balance["records"] == sum(balance[name] for name in ("documents", "rejected", "duplicates", "failed"))


def test_every_outcome_is_shown(tables):
    assert all(len(tables[name]) >= 10 for name in ("documents", "rejected", "duplicates", "failed"))
    assert len(tables["documents"]) >= 80


def test_every_way_to_be_a_duplicate_is_shown(tables):
    assert {row["method"] for row in tables["duplicates"]} == {"same_record", "url", "text"}


@pytest.mark.parametrize("reason", [
    "http_status", "content_type", "revisit", "empty_payload", "empty_text", "url_domain", "url_blocked", "language",
    "gopher_word_count", "gopher_mean_word_length", "gopher_alphabetic_words", "gopher_stop_words",
    "gopher_top_2gram_char", "gopher_duplicate_5gram_char", "c4_lorem_ipsum", "c4_curly_bracket", "c4_sentences",
    "fineweb_repeated_lines", "gopher_hashes", "gopher_ellipses", "gopher_bullet_lines", "empty_after_cleaning",
    "language_score",
])  # fmt: skip
def test_every_family_of_reasons_is_shown(reason, reasons):
    assert any(reason in broken for broken in reasons.values())


@pytest.mark.parametrize("kind", ["prose: en", "transport: gzip", "transport: chunks", "transport: gzip and chunks",
                                  "transport: deflate", "near copy: one sentence", "near copy: template", "neighbour",
                                  "resource", "private: e-mail and IP", "type: plain text", "wet: en",
                                  "encoding: utf-16 called utf-8", "encoding: windows-1252 called iso-8859-1",
                                  ])  # fmt: skip
def test_good_english_is_kept_or_stands_behind_its_copy(kind, outcomes):
    assert set(outcomes[kind]) <= {"documents", "duplicates"}
    assert outcomes[kind]


@pytest.mark.parametrize("language", ["ar", "de", "el", "es", "fr", "hi", "it", "ja", "ko", "nl", "pl", "pt", "ru",
                                      "tr", "uk", "zh"])  # fmt: skip
def test_another_language_is_rejected_as_that(language, outcomes, reasons):
    assert outcomes[f"prose: {language}"] == {"rejected": 1}
    found = [broken for url, broken in reasons.items() if url and url.startswith(f"https://{language}.magazine.")]
    assert found
    assert all("language" in broken for broken in found)


@pytest.mark.parametrize("kind", ["blocked", "thin", "status: 404", "status: 301", "status: 500", "type: image",
                                  "type: pdf", "type: json", "revisit", "spam: keywords", "spam: repeated lines",
                                  "spam: bullets", "spam: short lines", "spam: numbers", "spam: hashes",
                                  "spam: ellipses", "spam: dots", "spam: signs", "spam: long words",
                                  "spam: short words", "spam: no stop words", "spam: lorem ipsum",
                                  "spam: curly bracket", "spam: javascript", "spam: policy lines",
                                  "spam: few sentences", "spam: nothing", "spam: too long",
                                  "spam: repeated paragraphs", "spam: repeated passages"])  # fmt: skip
def test_what_nobody_wants_is_rejected(kind, outcomes):
    assert set(outcomes[kind]) == {"rejected"}


@pytest.mark.parametrize("codec", ["windows-1251", "koi8-r", "shift_jis", "euc-kr", "gb18030", "windows-1256",
                                   "iso-8859-7"])  # fmt: skip
def test_a_page_in_an_old_encoding_is_read_in_its_language(codec, outcomes, tables):
    languages = {row["url"]: row["language"] for row in tables["signals"]}
    url, language = next((url, language) for url, language in languages.items() if f"//{codec}." in (url or ""))

    assert url.split("/")[3] == language
    assert outcomes[f"encoding: {codec}"] == {"rejected": 1}


def test_an_encoding_leaves_no_trace_in_kept_text(tables):
    assert not any(
        "�" in row["text"] or "\0" in row["text"] for row in tables["documents"] if "utf-8" not in row["url"]
    )


def test_a_damaged_record_costs_itself_only(tables, outcomes):
    errors = {row["error"].split(":")[0] for row in tables["failed"]}

    assert outcomes["neighbour"].total() == 6
    assert {"unreadable", "unreadable_tail", "record_too_large", "bad_http"} <= errors


def test_private_addresses_are_replaced_and_home_addresses_stay(tables):
    text = next(row["text"] for row in tables["documents"] if row["url"] == "https://network.example.org/help")

    assert not any(found in text for found in ("club.internal", "8.8.8.8", "1.1.1.1", "9.9.9.9"))
    assert "192.168.1.57" in text


def test_one_of_seven_addresses_of_a_page_is_kept(tables):
    maps = [row for row in tables["documents"] if row["url"] and "stories/maps" in row["url"].lower()]

    assert len(maps) == 1
    assert maps[0]["duplicates"] >= 7


def test_another_number_of_workers_gives_the_same_rows(run, workplace):
    other = ran(workplace / "demo" / "other", workers=1, **{"source.batch_rows": "7"})

    assert digest(str(other)) == digest(str(run))


def test_a_second_run_finds_everything_done(run):
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*.parquet")}

    ran(run, workers=2)

    assert {path: path.stat().st_mtime_ns for path in run.rglob("*.parquet")} == before
