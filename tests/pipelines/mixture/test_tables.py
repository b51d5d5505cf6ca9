import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crawlsieve.pipelines.mixture.regression.objective import objective_of
from crawlsieve.pipelines.mixture.regression.runs import read_runs
from crawlsieve.pipelines.mixture.regression.tables import MixtureError, aligned, read_mixtures, read_table, write_table
from tests.pipelines.mixture.regmix import LOSSES, MIXTURES, csv_of, files_of, runs_of

HEAD = ["index", "a", "b"]
GOOD = [[n, n / 100, 1 - n / 100] for n in range(1, 13)]
LOSS = [[n, 3 - n / 100] for n in range(1, 13)]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ([7, 0.5, 0.489], "1 of 13 runs do not sum to 1. run 70: 0.989"),
        ([7, 0.5, 0.511], "do not sum to 1. run 70: 1.011"),
        ([7, -0.25, 1.25], "1 negative weights. The first: run 70, a: -0.25"),
        ([7, "nan", 1], "1 of 26 cells are empty, NaN or infinite. The first: run 70, a."),
        ([7, "inf", 1], "1 of 26 cells are empty, NaN or infinite"),
        ([7, "", 1], "1 of 26 cells are empty, NaN or infinite"),
        ([7, "half", 1], "a of run 70 is 'half', which is no number"),
    ],
)
def test_a_bad_weight_is_told_with_run_and_number(tmp_path, row, said):
    path = csv_of(tmp_path / "M.csv", HEAD, [*GOOD, [70, *row[1:]]])

    with pytest.raises(MixtureError) as told:
        read_mixtures(path)

    assert said in str(told.value)
    assert str(told.value).startswith(path)


@pytest.mark.parametrize("rest", [0.49, 0.51])
def test_weights_off_by_rounding_are_made_to_sum_to_one(tmp_path, rest):
    table = read_mixtures(csv_of(tmp_path / "M.csv", HEAD, [*GOOD, [70, 0.5, rest]]))

    np.testing.assert_allclose(table.values.sum(axis=1), 1)
    assert "weights of 1 of 13 runs sum to" in table.notes[0]


@pytest.mark.parametrize(
    ("head", "rows", "said"),
    [
        (["run", "a", "b"], GOOD, "no column 'index', which names the runs. Columns: run, a, b."),
        (["index", "a", "a"], GOOD, "has a as a column more than once"),
        (["index", "a"], [[1, 1.0]], "one domain, a: there is nothing to mix"),
        (HEAD, [[1, 0.5, 0.5], [1, 0.4, 0.6]], "1 indexes more than once: 1"),
        (HEAD, [], "0 rows and 2 columns"),
        (["index"], [[1]], "1 rows and 0 columns"),
    ],
)
def test_what_is_no_table_of_mixtures_is_told(tmp_path, head, rows, said):
    with pytest.raises(MixtureError) as told:
        read_mixtures(csv_of(tmp_path / "M.csv", head, rows))

    assert said in str(told.value)


@pytest.mark.parametrize(("name", "kind"), [("M.csv", "CSV"), ("M.parquet", "Parquet")])
def test_other_bytes_are_no_table(tmp_path, name, kind):
    (tmp_path / name).write_bytes(b"" if kind == "CSV" else b"PAR0")

    with pytest.raises(MixtureError, match=f"no table that can be read as {kind}"):
        read_table(str(tmp_path / name))


@pytest.mark.parametrize("name", ["T.csv", "T.parquet"])
def test_a_written_table_is_read_with_every_digit(tmp_path, name):
    values = np.random.default_rng(0).random((5, 2))
    write_table(tmp_path / name, ["x", "y", "z", "u", "v"], ["a", "b"], values)
    read = read_table(str(tmp_path / name))

    assert (read.values == values).all()
    assert read.index == ("x", "y", "z", "u", "v")
    assert read.columns == ("a", "b")


def test_columns_may_come_in_any_order_but_must_be_the_same(tmp_path):
    table = read_mixtures(csv_of(tmp_path / "M.csv", ["index", "web", "books"], GOOD))

    assert (aligned(table, ["books", "web"], "the fit") == table.values[:, ::-1]).all()
    with pytest.raises(MixtureError) as told:
        aligned(table, ["book", "web", "code"], "the fit")
    assert "only the fit has book, code" in str(told.value)
    assert "has books. Did you mean 'book'?" in str(told.value)


def test_losses_are_brought_into_the_order_of_the_mixtures(tmp_path):
    mixtures = csv_of(tmp_path / "M.csv", HEAD, GOOD)
    runs = read_runs(mixtures, csv_of(tmp_path / "L.csv", ["index", "loss"], LOSS[::-1]))

    assert runs.losses[:, 0].tolist() == [row[1] for row in LOSS]


def test_an_index_in_one_table_only_is_told(tmp_path):
    mixtures = csv_of(tmp_path / "M.csv", HEAD, GOOD)
    losses = csv_of(tmp_path / "L.csv", ["index", "loss"], [*LOSS[1:], [99, 2.0]])

    with pytest.raises(MixtureError) as told:
        read_runs(mixtures, losses)

    assert f"1 only in {mixtures} (1), 1 only in {losses} (99)" in str(told.value)


def test_a_constant_loss_is_told(tmp_path):
    mixtures = csv_of(tmp_path / "M.csv", HEAD, GOOD)

    with pytest.raises(MixtureError, match=r"loss is 3\.5 in all 12 runs"):
        read_runs(mixtures, csv_of(tmp_path / "L.csv", ["index", "loss"], [[n, 3.5] for n, _ in LOSS]))


def test_too_few_runs_are_told(tmp_path):
    mixtures = csv_of(tmp_path / "M.csv", HEAD, GOOD[:9])

    with pytest.raises(MixtureError, match="has 9 different mixtures; a fit needs 10 or more"):
        read_runs(mixtures, csv_of(tmp_path / "L.csv", ["index", "loss"], LOSS[:9]))


def test_runs_of_equal_weights_become_one_of_their_mean_loss(tmp_path):
    mixtures = csv_of(tmp_path / "M.csv", HEAD, [*GOOD, [70, 0.03, 0.97]])
    runs = read_runs(mixtures, csv_of(tmp_path / "L.csv", ["index", "loss"], [*LOSS, [70, 4.97]]))

    assert len(runs.index) == 12
    assert runs.losses[2, 0] == pytest.approx((2.97 + 4.97) / 2)
    assert runs.notes == ("1 of 13 runs have the weights of another one; their losses are averaged (3)",)


@pytest.mark.parametrize(
    ("said", "shares"),
    [("mean", [0.5, 0.5]), ("loss/two", [0, 1]), ("two", [0, 1]), ("one=3,loss/two=1", [0.75, 0.25])],
)
def test_an_objective_is_a_metric_or_a_mean(said, shares):
    assert objective_of(said, runs_of().metrics).shares.tolist() == shares


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("loss/too", "there is no such metric. Did you mean 'loss/two'? Metrics: mean, loss/one, loss/two."),
        ("loss", "'loss' is a part of 2 metrics: loss/one, loss/two"),
        ("one=-1", "objective 'one=-1': the weight must be a number above 0"),
        ("one=x", "must be a number above 0"),
        ("", "there is no such metric"),
    ],
)
def test_an_objective_that_is_none_is_told(said, told):
    with pytest.raises(MixtureError) as error:
        objective_of(said, runs_of().metrics)

    assert told in str(error.value)


def test_parquet_is_read_as_csv_is(tmp_path):
    runs = runs_of(12)
    mixtures, losses = files_of(tmp_path, runs)
    rows = {"index": list(runs.index)} | dict(zip(runs.domains, runs.weights.T, strict=True))
    pq.write_table(pa.table(rows), tmp_path / "M.parquet")

    assert (read_runs(str(tmp_path / "M.parquet"), losses).weights == read_runs(mixtures, losses).weights).all()


@pytest.mark.shared
@pytest.mark.skipif(not MIXTURES.exists(), reason="needs ../shared")
def test_regmix_s_tables_are_read_as_they_are():
    runs = read_runs(str(MIXTURES), str(LOSSES))

    assert (runs.weights.shape, runs.losses.shape) == ((512, 17), (512, 13))
    assert "weights of 303 of 512 runs sum to 0.996 to 1.003" in runs.notes[0]
