"""What is wrong with a mixture is told with numbers, before anything final is written."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crawlsieve.pipelines.cli import main
from crawlsieve.pipelines.mixture.weighted.options import mix_of
from crawlsieve.pipelines.mixture.weighted.weights import read_weights
from crawlsieve.stages.errors import CrawlsieveError, RecipeError, SourceError
from tests.pipelines.mixture.slow import applied, corpus, write
from tests.pipelines.runs import ran, recipe, write_shards

CORPUS = corpus(books=[100] * 10, code=[50] * 10)
HALVES = {"books": 0.5, "code": 0.5}


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({}, "weights: there is no weight"),
        ({"a": 0.5, "b": 0.4}, "weights: the 2 weights sum to 0.9, not to 1"),
        ({"a": 1.00001}, "weights: the 1 weights sum to 1.00001, not to 1"),
        ({"a": 1.5, "b": -0.5}, "weights: the weight of 'b' is -0.5; a weight is a number, 0 or more"),
        ({"a": float("nan")}, "Input should be a finite number"),
        ({"a": "x"}, "Input should be a valid number"),
    ],
)
def test_weights_are_numbers_with_the_sum_one(weights, said):
    with pytest.raises(RecipeError) as told:
        mix_of({"weights": weights, "domain": "domain", "tokens": 10})

    assert said in str(told.value)


@pytest.mark.parametrize("weights", [{"a": 1, "b": 0}, {"a": 0.1, "b": 0.2, "c": 0.7}, {"a": 0.9999995, "b": 0}])
def test_a_sum_may_be_off_by_a_millionth(weights):
    assert mix_of({"weights": weights, "domain": "domain", "tokens": 10}).weighted() == weights


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("w.yaml", "code: 0.25\nno: 0.75\n"),
        ("w.yml", "name: mine\nweights:\n  no: 0.75\n  code: 0.25\n"),
        ("w.csv", "domain,weight\nno,0.75\ncode,0.25\n"),
        ("w.CSV", "weight,domain,note\n0.75,no,\n.25,code,x\n"),
    ],
)
def test_weights_stand_in_yaml_or_csv(tmp_path, name, text):
    (tmp_path / name).write_text(text)

    assert read_weights(str(tmp_path / name)) == {"no": 0.75, "code": 0.25}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("w.yaml", "- a\n", 'weights are a mapping, `domain: weight`; this is ["a"]'),
        ("w.yaml", "a: b\n", "the weight of 'a' is 'b'; a weight is a number, 0 or more"),
        ("w.yaml", "a: .nan\n", "the weight of 'a' is NaN; a weight is a number, 0 or more"),
        ("w.yaml", "a: 0.5\na: 0.5\n", "'a' is given twice; the first is in line 1"),
        ("w.yaml", "2020: 1.0\n", "a key has to be text; write it in quotes"),
        ("w.csv", "weight,domain\n1.0\n", "a CSV of weights has a line `domain,weight`, then a line for each domain"),
        ("w.csv", "domain,weight\n", "a CSV of weights has a line `domain,weight`, then a line for each domain"),
        ("w.csv", 'domain,weight\n"a\nb",0.5\nc,x\n', "line 4: weight 'x' is no number"),
        ("w.csv", "domain,weight\n" + "x" * 200_000 + ",1\n", "field larger than field limit"),
        ("w.csv", "a,b\n1,2\n", "a CSV of weights has a line `domain,weight`, then a line for each domain"),
        ("w.csv", "domain,weight\na,x\n", "line 2: weight 'x' is no number"),
        ("w.csv", "domain,weight\na,0.5\na,0.5\n", "line 3: domain 'a' is given twice"),
        ("w.csv", "domain,weight\na,0.5\nb,0.25\n", "the 2 weights sum to 0.75, not to 1"),
    ],
)
def test_a_file_of_weights_is_looked_at(tmp_path, name, text, said):
    (tmp_path / name).write_text(text)

    with pytest.raises(RecipeError) as told:
        read_weights(str(tmp_path / name))

    assert said in str(told.value)


@pytest.mark.parametrize("address", ["odd://w.yaml", "odd+x://w.csv"])
def test_an_address_of_no_file_system_is_named(address):
    with pytest.raises(RecipeError, match="cannot be read: Protocol not known"):
        read_weights(address)


def test_a_mixture_without_documents_is_refused_with_its_size(tmp_path):
    runs = write(tmp_path, CORPUS)

    with pytest.raises(CrawlsieveError, match="40 bytes are less than half a document of each domain"):
        applied(tmp_path / "out", runs, weights=HALVES, tokens=40)

    assert not (tmp_path / "out" / "documents").exists()


def test_a_file_that_lacks_a_column_of_the_expression_is_named(tmp_path):
    runs = write(tmp_path, CORPUS[:10], CORPUS[10:])
    second = tmp_path / "part-1.parquet"
    pq.write_table(pq.read_table(second).drop_columns("domain"), second)

    with pytest.raises(RecipeError, match=r"part-1\.parquet: domain: .*Referenced column"):
        applied(tmp_path / "out", runs, domain="upper(domain)", weights={"BOOKS": 0.5, "CODE": 0.5}, tokens=100)


def test_a_missing_file_of_weights_is_named(tmp_path):
    with pytest.raises(RecipeError, match=r"no\.yaml' cannot be read: No such file or directory"):
        read_weights(str(tmp_path / "no.yaml"))


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        (
            {"book": 0.5, "code": 0.5},
            "weights and domains do not fit. domain 'book': weight 0.5, but no document. Did you mean 'books'? "
            "domain 'books': 10 documents (1,000 bytes), but no weight. Write weight 0 for what is to be left out.",
        ),
        ({"books": 1.0}, "domain 'code': 10 documents (500 bytes), but no weight."),
        ({**HALVES, "wiki": 0.0}, None),
    ],
)
def test_domains_and_weights_have_to_fit(tmp_path, weights, said):
    runs = write(tmp_path, CORPUS)

    if said is None:
        assert (
            applied(tmp_path / "out", runs, weights=weights, tokens=100)["mixture"]["domains"]["wiki"]["documents"] == 0
        )
        return
    with pytest.raises(CrawlsieveError) as told:
        applied(tmp_path / "out", runs, weights=weights, tokens=100)

    assert said in str(told.value)
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_documents_without_a_domain_need_a_weight(tmp_path):
    runs = write(tmp_path, [{**row, "domain": None} for row in CORPUS])

    with pytest.raises(
        CrawlsieveError, match=r"'null': 20 documents \(1,500 bytes\), but no weight \('null' are those"
    ):
        applied(tmp_path / "out", runs, weights={"null ": 1.0}, tokens=100)


def test_a_domain_of_empty_texts_can_have_no_weight(tmp_path):
    runs = write(tmp_path, [{**row, "text": ""} if row["domain"] == "code" else row for row in CORPUS])

    with pytest.raises(CrawlsieveError, match="domain 'code' have documents without any text, but a weight above 0"):
        applied(tmp_path / "out", runs, weights=HALVES, tokens=100)


def test_more_repetition_than_allowed_is_refused_with_what_is_possible(tmp_path):
    runs = write(tmp_path, CORPUS)

    with pytest.raises(CrawlsieveError) as told:
        applied(tmp_path / "out", runs, weights=HALVES, tokens=5_000)
    most = applied(tmp_path / "out", runs, weights=HALVES, tokens=4_000)

    assert str(told.value) == (
        "5,000 bytes repeat 1 of 2 domains more than max_epochs 4 allows: 'code' 5.00 epochs (2,500 of 500 bytes). "
        "With these weights 4,000 bytes are most; or give these domains less weight, or raise max_epochs."
    )
    assert most["mixture"]["domains"]["code"]["epochs"] == 4.0


def test_a_refusal_leaves_a_finished_mixture_as_it_is(tmp_path):
    runs = write(tmp_path, CORPUS)
    applied(tmp_path / "out", runs, weights=HALVES, tokens=1_000)
    before = (tmp_path / "out" / "manifest.json").read_bytes()

    with pytest.raises(CrawlsieveError, match="max_epochs"):
        applied(tmp_path / "out", runs, weights=HALVES, tokens=50_000)

    assert (tmp_path / "out" / "manifest.json").read_bytes() == before


def test_tokens_have_to_be_counted(tmp_path):
    runs = write(tmp_path, CORPUS)
    with pytest.raises(CrawlsieveError, match="parquet: there is no column 'token_count', which the unit tokens needs"):
        applied(tmp_path / "out", runs, weights=HALVES, tokens=10, unit="tokens")

    table = pq.read_table(tmp_path / "part-0.parquet")
    counts = pa.array([None, *range(len(table) - 1)], pa.int32())
    pq.write_table(table.append_column("token_count", counts), tmp_path / "part-0.parquet")
    with pytest.raises(CrawlsieveError, match=r"1 of 20 documents have no token_count.* name a tokenizer"):
        applied(tmp_path / "out", runs, weights=HALVES, tokens=10, unit="tokens")

    left_out = {"books": 0, "code": 1.0}  # the one without a count is a book
    assert applied(tmp_path / "out", runs, weights=left_out, tokens=20, unit="tokens")["mixture"]["documents"] > 0


def test_an_id_may_be_there_once(tmp_path):
    runs = [write(tmp_path / "a", CORPUS), write(tmp_path / "b", CORPUS[:1])]

    with pytest.raises(CrawlsieveError) as told:
        applied(tmp_path / "out", runs, weights=HALVES, tokens=100)

    name = CORPUS[0]["id"]
    assert f"the id '{name}' is in {tmp_path}/a/part-0.parquet and in {tmp_path}/b/part-0.parquet: " in str(told.value)


def test_inputs_are_finished_runs_or_parquet(tmp_path):
    write_shards(tmp_path, [{"id": "1", "text": "a"}])
    with pytest.raises(CrawlsieveError, match=r"shard-000\.jsonl is jsonl, not Parquet"):
        applied(tmp_path / "out", str(tmp_path / "*.jsonl"), weights={"a": 1.0}, tokens=1)
    with pytest.raises(SourceError, match="matches no file"):
        applied(tmp_path / "out", str(tmp_path / "*.parquet"), weights={"a": 1.0}, tokens=1)
    (tmp_path / "run" / "_work").mkdir(parents=True)
    with pytest.raises(CrawlsieveError, match="the run is not finished"):
        applied(tmp_path / "out", str(tmp_path / "run"), weights={"a": 1.0}, tokens=1)


def test_an_output_that_holds_another_run_is_left_alone(tmp_path):
    write_shards(tmp_path, [{"id": "1", "text": "a b c"}])
    ran(recipe(tmp_path))

    with pytest.raises(RecipeError, match=r"--output: '.*/run' holds the run 'test', and this recipe is 'mix-in'"):
        applied(tmp_path / "run", write(tmp_path / "in", CORPUS), weights=HALVES, tokens=100)


def test_the_command_takes_its_options_and_says_what_came_of_them(tmp_path, capsys, monkeypatch):
    runs = write(tmp_path, CORPUS)
    (tmp_path / "w.yaml").write_text("books: 0.5\ncode: 0.5\n")
    options = ["--weights", f"{tmp_path}/w.yaml", "--domain", "domain", "--output", f"{tmp_path}/out", "--workers", "1"]
    command = ["crawlsieve", "mix", "apply", runs, "--tokens", "5000", "--seed", "3", "--max-epochs", "none", *options]
    monkeypatch.setattr("sys.argv", command)

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code in {0, None}
    told = capsys.readouterr().err
    assert "mixture: 75 documents, 5,000 of 5,000 bytes" in told
    assert "  code: 50.0000% (asked 50.0000%), 50 documents, 5.00 epochs" in told


def test_an_input_in_the_output_is_refused(tmp_path):
    applied(tmp_path / "out", write(tmp_path / "in", CORPUS), weights=HALVES, tokens=100)

    with pytest.raises(RecipeError, match="lies in the output"):
        applied(tmp_path / "out", f"{tmp_path}/in/../out/documents/*.parquet", weights=HALVES, tokens=100)


def test_an_expression_is_checked_before_anything_is_read(tmp_path):
    with pytest.raises(RecipeError, match='"langage" not found'):
        applied(tmp_path / "out", write(tmp_path, CORPUS), domain="langage", weights=HALVES, tokens=100)

    assert not (tmp_path / "out").exists()
