"""`crawlsieve dedup`, from the command line to the tables."""

import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crawlsieve.pipelines import cli
from crawlsieve.pipelines.ask.views import connect
from crawlsieve.pipelines.dedup_command import Wanted, recipe_of, recipe_text
from crawlsieve.pipelines.recipe.load import load
from tests.pipelines.runs import ran, recipe, write_shards

TEXT = "the quick brown fox jumps over the lazy dog and runs from all the hounds in the wood by the river " * 3
ROWS = [
    {"id": "a", "url": "http://a.example/", "text": TEXT, "stars": 1, "date": "2017-01-01"},
    {"id": "b", "url": "http://b.example/", "text": TEXT.upper(), "stars": 2, "date": "2019-01-01"},
    {"id": "c", "url": "http://c.example/", "text": TEXT + "indeed", "stars": 3, "date": "2018-01-01"},
    {"id": "d", "url": "http://A.example", "text": "something else", "stars": 4, "date": "2016-01-01"},
    {"id": "e", "text": "altogether different words stand here", "stars": 5},
]


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    """Run the command line in a folder with ROWS in `rows.jsonl`: exit status, standard output and error."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["crawlsieve", "dedup", *map(str, arguments), "--workers", "1"])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        return caught.value.code or 0, *capsys.readouterr()

    return run


def rows(run, query):
    with connect(str(run)) as engine:
        return sorted(engine.sql(query).fetchall())


def gone(run):
    return dict(rows(run, "SELECT source_id, method FROM duplicates"))


def test_lines_are_deduplicated_by_url_by_text_and_nearly(call):
    status, out, err = call("rows.jsonl", "--output", "out", "--priority", "-date")

    assert (status, out) == (0, "")
    assert gone("out") == {"a": "url", "b": "minhash_lsh"}  # its equal text is gone already, and c is older
    assert "dedup-rows: 5 records" in err
    assert "- exact_duplicates: " in err


def test_parquet_keeps_other_columns_as_metadata(call, tmp_path):
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "rows.parquet")

    assert call("rows.parquet", "--output", "out", "--by", "text")[0] == 0
    assert rows("out", "SELECT source_id, metadata FROM documents WHERE source_id IN ('d', 'e')") == [
        ("d", '{"stars":4}'),
        ("e", '{"stars":5}'),
    ]
    assert rows("out", "SELECT method, count(*) FROM duplicates GROUP BY 1") == [("minhash_lsh", 1), ("text", 1)]


def test_a_run_is_read_from_its_documents(call, tmp_path):
    write_shards(tmp_path / "first", ROWS)
    ran(recipe(tmp_path / "first", steps=[]))

    assert call(tmp_path / "first" / "run", "--output", "out", "--method", "none", "--priority", "-date")[0] == 0
    first = dict(rows(tmp_path / "first" / "run", "SELECT id, source_id FROM documents"))
    assert {first[name] for (name,) in rows("out", "SELECT source_id FROM documents")} == {"b", "c", "d", "e"}
    assert {first[name]: method for name, method in gone("out").items()} == {"a": "url"}


def test_a_second_call_has_nothing_to_do(call):
    call("rows.jsonl", "--output", "out")

    assert "out is complete: nothing to do" in call("rows.jsonl", "--output", "out")[2]


def test_quiet_prints_nothing(call):
    assert call("rows.jsonl", "--output", "out", "--quiet") == (0, "", "")


def test_a_run_may_have_any_name(call):
    call("rows.jsonl", "--output", "out[1]", "--by", "none", "--method", "none")

    assert call("out[1]", "--output", "out", "--by", "text", "--method", "none")[0] == 0
    assert gone("out").popitem()[1] == "text"


@pytest.mark.parametrize(
    ("options", "steps"),
    [
        (["--by", "none"], [{"near_duplicates": {"method": "minhash_lsh", "bands": None, "verify": None}}]),
        (["--by", "text", "--method", "none"], [{"exact_duplicates": {"by": ["text"]}}]),
        (["--by", "none", "--verify", "0.8"], [{"near_duplicates": {"verify": 0.8}}]),
        (
            ["--by", "none", "--verify", "exact:0.8", "--bands", "20", "--rows", "5"],
            [{"near_duplicates": {"verify": {"measure": "exact", "at_least": 0.8}, "bands": 20, "rows": 5}}],
        ),
        (
            ["--by", "none", "--threshold", "0.7", "--ngram", "13", "--unit", "characters", "--seed", "5"],
            [{"near_duplicates": {"threshold": 0.7, "ngram": 13, "unit": "characters", "seed": 5}}],
        ),
        (["--by", "none", "--method", "lshbloom"], [{"near_duplicates": {"method": "lshbloom"}}]),
        (
            ["--by", "text", "--method", "none", "--priority", "word_count,-date"],
            [{"measure": {"signals": ["gopher"]}}, {"exact_duplicates": {"priority": ["word_count", "-date"]}}],
        ),
    ],
)
def test_options_become_steps(call, options, steps):
    assert call("rows.jsonl", "--output", "out", *options)[0] == 0

    made = json.loads(Path("out/manifest.json").read_text())["recipe"]["steps"]
    assert [list(step) for step in made] == [list(step) for step in steps]
    for step, asked in zip(made, steps, strict=True):
        ((name, given),) = asked.items()
        assert step[name] | given == step[name]


def test_what_is_shown_is_a_recipe(tmp_path):
    made = recipe_of(Wanted(("a,b.jsonl",), "out", verify="exact:0.8"), {"source.columns.text": "body"})
    (tmp_path / "shown.yaml").write_text(recipe_text(made))

    assert load(str(tmp_path / "shown.yaml")) == made


@pytest.mark.parametrize(
    ("paths", "name"),
    [
        (["data/part-*.jsonl.gz"], "dedup-part"),
        (["data/*.parquet"], "dedup-data"),
        (["out/my run/"], "dedup-my-run"),
        (["s3://corpus/x.parquet", "y.parquet"], "dedup-x"),
        (["*"], "dedup"),
    ],
)
def test_a_run_is_called_after_its_first_path(paths, name):
    assert recipe_of(Wanted(tuple(paths), "out")).name == name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["row.jsonl"], "RecipeError: crawlsieve dedup source: row.jsonl does not exist; did you mean rows.jsonl?"),
        (
            ["rows.jsonl", "--set", "source.columns.text=txt"],
            "SourceError: rows.jsonl has no field 'txt'. Did you mean 'text'? It has: id, url, text, stars, date. "
            "Name the one with the text: --set source.columns.text=NAME",
        ),
        (
            ["rows.jsonl", "--by", "txt"],
            "RecipeError: --by txt: no key 'txt'. Did you mean 'text'? Keys: url, text; 'none' for near-duplicates"
            " only.",
        ),
        (["rows.jsonl", "--priority", "stars"], "needs column 'stars', which no step before it adds. No step adds"),
        (["rows.jsonl", "--threshold", "2"], "'threshold' = 2.0: Input should be less than 1."),
        (["rows.jsonl", "--bands", "3"], "'bands' and 'rows' go together"),
        (["rows.jsonl", "--method", "lshbloom", "--verify", "0.8"], "a Bloom filter holds nothing to verify with"),
    ],
)
def test_a_mistake_is_told(call, arguments, message):
    status, out, err = call(*arguments, "--output", "out")

    assert (status, out) == (1, "")
    assert message in err


def test_without_an_output_nothing_is_read(call):
    status, _, err = call("rows.jsonl")

    assert status == 2
    assert "--output" in err


def test_parquet_without_a_text_names_its_columns(call, tmp_path):
    pq.write_table(pa.table({"body": ["x"], "n": [1]}), tmp_path / "rows.parquet")
    status, _, err = call("rows.parquet", "--output", "out")

    assert status == 1
    assert "rows.parquet has no column 'text'. It has: body, n." in err
    assert "--set source.columns.text=NAME" in err
    assert call("rows.parquet", "--output", "out", "--set", "source.columns.text=body")[0] == 0


def test_lines_that_are_no_json_do_not_hide_the_fields(call, tmp_path):
    (tmp_path / "odd.jsonl").write_text('no json\n[1]\n{"body": "x"}\n')

    assert "odd.jsonl has no field 'text'. It has: body." in call("odd.jsonl", "--output", "out")[2]


def test_another_runs_folder_is_left_alone(call, tmp_path):
    call("rows.jsonl", "--output", "out")
    (tmp_path / "more.jsonl").write_text('{"text": "x"}\n')
    status, _, err = call("more.jsonl", "--output", "out")

    assert status == 1
    assert "'out' holds the run 'dedup-rows', and this recipe is 'dedup-more'." in err


def test_a_run_without_documents_is_told(call, tmp_path):
    (tmp_path / "empty.jsonl").write_text("")
    call("empty.jsonl", "--output", "none")

    assert call("none", "--output", "out")[2] == ("CrawlsieveError: none: the run kept no documents.\n")


def test_a_run_that_is_not_finished_is_told(call, tmp_path):
    call("rows.jsonl", "--output", "half")
    (tmp_path / "half" / "manifest.json").unlink()

    assert "half: the run is not finished." in call("half", "--output", "out")[2]


def test_a_folder_of_files_is_told(call, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.jsonl").write_text('{"text": "x"}\n')

    assert "data is a directory" in call("data", "--output", "out")[2]
