import csv
import json
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from crawlsieve.pipelines.mixture.cli import app
from crawlsieve.pipelines.mixture.design.design import REFERENCES, Sampling, sample_mixtures, with_references
from crawlsieve.pipelines.mixture.design.design_files import made, read_domains, save
from crawlsieve.pipelines.mixture.design.design_text import design_notes
from crawlsieve.pipelines.mixture.design.grid import bounded, rounded
from crawlsieve.pipelines.mixture.design.spread import filling
from crawlsieve.pipelines.mixture.recommendation.budget import Budget
from crawlsieve.pipelines.mixture.regression.tables import MixtureError, read_mixtures

PILE = np.array(
    [11.33, 7.96, 0.39, 18.54, 5.11, 1.6, 10.18, 0.37, 6.65, 0.18, 2.71, 23.69, 1.18, 0.79, 0.8, 3.88, 4.64]
)
"""Natural shares of RegMix's 17 domains, in percent."""

METHODS = ("regmix", "space-filling")


def units(weights, resolution=5000):
    """Weights as decimals, times the resolution."""
    return [[Decimal(repr(weight)) * resolution for weight in row] for row in weights.tolist()]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("resolution", [1000, 5000, 100_000])
def test_sums_are_exactly_one_in_decimal(method, resolution):
    weights = sample_mixtures(PILE, 64, 1, Sampling(method=method, resolution=resolution))

    assert weights.shape == (64, 17)
    assert {sum(Decimal(repr(weight)) for weight in row) for row in weights.tolist()} == {Decimal(1)}
    assert all(unit == int(unit) for row in units(weights, resolution) for unit in row)


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_mixtures_are_exact_different_and_within_bounds(method, data):
    prior = np.array(data.draw(st.lists(st.floats(0.001, 1.0), min_size=2, max_size=8), label="prior"))
    most = data.draw(st.sampled_from([1.5, 4.0, 15.0, float("inf")]), label="most")
    least = data.draw(st.sampled_from([0.0, 0.01]), label="least")
    shares = prior / prior.sum()
    assume((np.floor(np.minimum(most * shares, 1) * 5000) >= least * 5000).all())

    try:
        found = sample_mixtures(prior, 6, data.draw(st.integers(0, 99)), Sampling(method, most=most, least=least))
    except MixtureError as error:
        assert "different" in str(error)  # noqa: PT017 - bounds that leave next to nothing are an error, and no hang
        return

    assert len({tuple(row) for row in found.tolist()}) == 6
    assert {sum(map(sum, [row])) for row in units(found)} == {5000}
    assert (found >= least - 1e-12).all()
    assert (found <= np.minimum(most * shares, 1) + 1e-12).all()


@pytest.mark.parametrize("method", METHODS)
def test_a_seed_is_a_design(method):
    first, again, other = (sample_mixtures(PILE, 32, seed, Sampling(method=method)) for seed in (3, 3, 4))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("method", "known"),
    [
        ("regmix", [[0.0056, 0.1736, 0.8208], [0.2374, 0.7626, 0.0], [0.973, 0.0, 0.027]]),
        ("space-filling", [[0.6, 0.3, 0.1], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]),
    ],
)
def test_the_design_of_a_seed_is_known(method, known):
    """On any machine: whoever changes what follows changes what people have trained on."""
    assert sample_mixtures(np.array([6.0, 3.0, 1.0]), 3, 0, Sampling(method)).tolist() == known


def test_the_first_mixtures_of_a_space_filling_design_are_a_design():
    few, many = (sample_mixtures(PILE, count, 5, Sampling(method="space-filling")) for count in (10, 100))

    assert np.array_equal(few, many[:10])


def test_sampling_is_that_of_regmix():
    """A plain reading of the recipe: the same means, and the same number of mixtures that have a domain."""
    rng, prior = np.random.default_rng(0), PILE / PILE.sum()
    tempered, plain = np.sqrt(prior) / np.sqrt(prior).sum(), set()
    for strength in np.logspace(np.log10(0.1), np.log10(5.0), 15)[rng.integers(0, 15, 10_000)]:
        drawn = rng.dirichlet(tempered * strength)
        if (drawn <= np.minimum(15 * prior, 1)).all():
            drawn = np.where(drawn < 2e-4, 0, drawn)
            plain.add(tuple(np.round(drawn / drawn.sum() / 2e-4).astype(int)))
    plain = np.array(sorted(plain)) / 5000

    ours = np.vstack([sample_mixtures(PILE, 100, seed) for seed in range(40)])

    assert np.abs(ours.mean(axis=0) - plain.mean(axis=0)).max() < 0.02
    assert np.abs((ours > 0).mean(axis=0) - (plain > 0).mean(axis=0)).max() < 0.03


def test_no_mixture_repeats_a_domain_more_often_than_is_allowed():
    budget = Budget(tokens=60.0, unique=PILE, max_epochs=2.0)
    weights = sample_mixtures(PILE, 64, 0, Sampling(method="space-filling", most=np.inf), budget.caps)

    assert (budget.epochs(weights) <= 2.0 + 1e-9).all()


def test_a_domain_of_nothing_gets_nothing():
    weights = sample_mixtures(np.array([5.0, 0.0, 5.0]), 20, 0)

    assert not weights[:, 1].any()


def test_a_space_filling_design_keeps_its_mixtures_farther_apart():
    limit = Sampling().bounds(PILE / PILE.sum()).limit
    drawn, filled = (filling(sample_mixtures(PILE, 64, 0, Sampling(method=method)), limit) for method in METHODS)

    assert filled.least > 5 * drawn.least
    assert filled.median > drawn.median
    assert filled.reach.min() > 0.85


def test_bounds_that_no_mixture_keeps_are_an_error_with_the_numbers():
    with pytest.raises(MixtureError, match=r"sums to 0\.5 .*less than 1"):
        sample_mixtures(np.array([1.0, 1.0]), 2, 0, Sampling(most=0.5))
    with pytest.raises(MixtureError, match=r"3 domains of at least 0\.4 each make 1\.2"):
        sample_mixtures(np.ones(3), 2, 0, Sampling(least=0.4))
    with pytest.raises(MixtureError, match=r"1 of them may be 0\.0102 at most"):
        sample_mixtures(np.array([99.0, 1.0]), 2, 0, Sampling(most=1.02, least=0.02))


@pytest.mark.parametrize("method", METHODS)
def test_more_mixtures_than_there_are_is_an_error(method):
    with pytest.raises(MixtureError, match=r"different.*20 are asked"):
        sample_mixtures(np.array([1.0, 1.0]), 20, 0, Sampling(method=method, resolution=10))


def test_bounds_that_are_hardly_ever_met_point_to_the_other_method():
    with pytest.raises(MixtureError, match=r"Of [\d,]+ mixtures drawn, \d+ different .*space-filling"):
        sample_mixtures(np.ones(12), 8, 0, Sampling(most=1.05))

    assert len(sample_mixtures(np.ones(12), 8, 0, Sampling("space-filling", most=1.05))) == 8


@pytest.mark.parametrize(
    "wrong",
    [{"strengths": (0, 5, 15)}, {"strengths": (5, 1, 15)}, {"most": 0}, {"least": 1}, {"temperature": -1}],
)
def test_wrong_options_are_refused(wrong):
    with pytest.raises(MixtureError, match="wanted"):
        Sampling(**wrong)


@pytest.mark.parametrize("resolution", [0, 3, 7000, 5, 10**10])
def test_a_resolution_is_a_decimal(resolution):
    with pytest.raises(MixtureError, match="resolution"):
        sample_mixtures(np.ones(2), 1, 0, Sampling(resolution=resolution))


@pytest.mark.parametrize("prior", [[], [0.0, 0.0], [1.0, -1.0], [1.0, float("nan")]])
def test_a_prior_is_of_something(prior):
    with pytest.raises(MixtureError, match="cannot be drawn"):
        sample_mixtures(np.array(prior), 1, 0)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9), st.integers(1, 300), st.data())
def test_rounding_shares_out_every_unit_below_its_cap(weights, total, data):
    assume(sum(weights) > 1e-6)
    shares = np.array([weights]) / sum(weights)
    caps = np.array(data.draw(st.lists(st.integers(0, total), min_size=len(weights), max_size=len(weights))))
    assume(caps.sum() >= total)

    (found,) = rounded(shares, total, caps)

    assert found.sum() == total
    assert ((found >= 0) & (found <= caps)).all()
    if (np.ceil(shares[0] * total) <= caps).all():
        assert (np.abs(found - shares[0] * total) < 1 + 1e-6).all()


def test_rounding_gives_to_the_largest_remainder():
    assert rounded(np.array([[0.26, 0.37, 0.37]]), 10, np.array([10, 10, 10])).tolist() == [[2, 4, 4]]
    assert rounded(np.array([[1.0, 1.0, 0.0]]) * 0.6, 10, np.array([10, 10, 10])).tolist() == [[5, 5, 0]]


def test_a_bound_is_met_by_as_many_units_as_its_decimal_says():
    assert bounded(np.array([0.1, 0.3, 0.6]), 0.0, np.ones(3, bool), 10).high.tolist() == [1, 3, 6]


def domains_file(folder, rows="web,900\ncode,90\nbooks,10\n"):
    path = folder / "D.csv"
    path.write_text(f"domain,tokens\n{rows}")
    return str(path)


def test_a_design_is_written_for_any_trainer(tmp_path):
    design = made(domains_file(tmp_path), 12, 7, Sampling(), None)
    save(design, tmp_path / "out")

    with (tmp_path / "out" / "mixtures.csv").open() as file:
        head, *rows = csv.reader(file)
    runs = [yaml.safe_load((tmp_path / "out" / "runs" / f"n{run}.yaml").read_text()) for run in range(1, 13)]
    told = yaml.safe_load((tmp_path / "out" / "design.yaml").read_text())
    assert head == ["index", "web", "code", "books"]
    assert [row[0] for row in rows] == [str(run) for run in range(1, 13)]
    assert {sum(map(Decimal, row[1:])) for row in rows} == {Decimal(1)}
    assert [list(run.values()) for run in runs] == [[float(cell) for cell in row[1:]] for row in rows]
    assert list(runs[0]) == head[1:]
    assert pq.read_table(tmp_path / "out" / "mixtures.parquet").to_pylist()[0] == {"index": 1, **runs[0]}
    assert (told["seed"], told["runs"], told["domains"]["code"]["share"]) == (7, 12, 0.09)


def test_a_design_is_read_by_fit_and_written_twice_is_the_same(tmp_path):
    design = made(domains_file(tmp_path), 12, 7, Sampling("space-filling"), None)
    save(design, tmp_path / "out")
    first = {path.name: path.read_bytes() for path in (tmp_path / "out").rglob("*.*")}
    save(made(domains_file(tmp_path), 5, 7, Sampling(), None), tmp_path / "out")
    fewer = {path.name for path in (tmp_path / "out" / "runs").iterdir()}
    save(design, tmp_path / "out")

    assert fewer == {f"n{run}.yaml" for run in range(1, 6)}
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "out").rglob("*.*")}
    assert read_mixtures(str(tmp_path / "out" / "mixtures.csv")).notes == ()


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("x")

    with pytest.raises(MixtureError, match=r"mine\.txt"):
        save(made(domains_file(tmp_path), 3, 0, Sampling(), None), tmp_path)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("web,1\nweb,2\n", "more than once: web"),
        ("web,1\ncode,0\n", "'code' has '0' tokens"),
        ("web,1\ncode,-3\n", "'code' has '-3' tokens"),
        ("web,1\ncode,\n", "'code' has 'None' tokens"),
        ("web,1\ncode,many\n", "'web' has '1' tokens"),
        ("web,1\n", "1 domains"),
    ],
)
def test_a_table_of_domains_that_is_wrong_is_refused(tmp_path, rows, said):
    with pytest.raises(MixtureError, match=said):
        read_domains(domains_file(tmp_path, rows))


def test_domains_may_be_yaml_or_named_by_numbers(tmp_path):
    (tmp_path / "p.yaml").write_text("train: {a: 0.25, b: 0.75}\nvalid: {a: 1.0}\n")

    assert read_domains(str(tmp_path / "p.yaml"))[0] == ("a", "b")
    assert read_domains(domains_file(tmp_path, "2019,5\n2020,5\n"))[0] == ("2019", "2020")


@pytest.mark.parametrize(("name", "text"), [("p.yaml", "- 1"), ("p.yaml", "a: [1"), ("p.csv", "domain,size\na,1\n")])
def test_a_file_of_something_else_is_refused(tmp_path, name, text):
    (tmp_path / name).write_text(text)

    with pytest.raises(MixtureError, match=name):
        read_domains(str(tmp_path / name))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(MixtureError, match=r"D\.csv cannot be read: No such file"):
        read_domains(str(tmp_path / "D.csv"))


def test_the_command_says_how_well_it_fills(tmp_path):
    arguments = ["design", domains_file(tmp_path), "--runs", "3", "--output", str(tmp_path / "out")]
    done = CliRunner().invoke(app, [*arguments, "--tokens", "2000", "--max-epochs", "4"])

    assert done.exit_code == 0, done.output
    assert "Hellinger" in done.stdout
    assert "3 runs cannot tell 3 domains apart" in done.stdout
    told = yaml.safe_load((tmp_path / "out" / "design.yaml").read_text())
    assert told["domains"]["books"]["most"] == 0.02  # 4 epochs of 10 of 2000 tokens
    assert json.dumps(told["strengths"]) == "[0.1, 5.0, 15]"


@pytest.mark.parametrize("method", METHODS)
def test_domains_of_which_little_is_seen_are_named(tmp_path, method):
    design = made(domains_file(tmp_path, "web,99\ncode,1\n"), 3, 0, Sampling(method, least=0.9 / 100, most=1.05), None)

    notes = [note for note in design_notes(design) if "span less than" in note]

    assert len(notes) == 1
    assert notes[0].startswith("Note: of web")
    assert ("space-filling" in notes[0]) == (method == "regmix")


def test_more_tokens_than_repetition_allows_is_an_error_with_the_numbers(tmp_path):
    arguments = ["design", domains_file(tmp_path), "--output", str(tmp_path / "out"), "--tokens", "5000"]
    done = CliRunner().invoke(app, arguments)

    assert isinstance(done.exception, MixtureError)
    assert "5,000 tokens are asked. 1,000 unique ones" in str(done.exception)


def test_strengths_are_three_numbers(tmp_path):
    done = CliRunner().invoke(app, ["design", domains_file(tmp_path), "--output", "x", "--strengths", "1,2"])

    assert done.exit_code == 2


def test_a_parquet_of_domains_is_read(tmp_path):
    pq.write_table(pa.table({"domain": ["a", "b"], "tokens": [1, 3]}), tmp_path / "d.parquet")

    assert read_domains(str(tmp_path / "d.parquet"))[1].tolist() == [1, 3]


@pytest.mark.parametrize("method", METHODS)
def test_known_mixtures_take_the_place_of_others_and_stand_once(tmp_path, method):
    (tmp_path / "D.csv").write_text("domain,tokens\na,700\nb,200\nc,100\n")
    plain = made(str(tmp_path / "D.csv"), 12, 3, Sampling(method), None)
    found = made(str(tmp_path / "D.csv"), 12, 3, Sampling(method), None, ["natural", "uniform"])

    assert found.weights.shape == plain.weights.shape
    assert sorted(found.weights[:2].tolist()) == [[0.3334, 0.3334, 0.3332], [0.7, 0.2, 0.1]]
    assert len(np.unique(found.weights, axis=0)) == 12
    assert {sum(Decimal(repr(weight)) for weight in row) for row in found.weights.tolist()} == {Decimal(1)}


def test_a_mixture_that_nobody_knows_cannot_be_included(tmp_path):
    (tmp_path / "D.csv").write_text("domain,tokens\na,700\nb,200\n")
    with pytest.raises(MixtureError, match=r"--include natral: there is no such mixture\. Did you mean 'natural'"):
        made(str(tmp_path / "D.csv"), 4, 3, Sampling(), None, ["natral"])


def test_a_reference_beyond_the_bounds_is_the_nearest_mixture_within():
    bounds = Sampling(most=np.inf, least=0.1).bounds(np.array([0.9, 0.05, 0.05]))
    natural, uniform = with_references(np.full((2, 3), 0.5), np.array([0.9, 0.05, 0.05]), REFERENCES, bounds)
    capped = Sampling(most=1.5, resolution=10**9).bounds(np.array([0.8, 0.1, 0.1]))
    (most,) = with_references(np.zeros((1, 3)), np.array([0.8, 0.1, 0.1]), ["uniform"], capped)

    assert natural.tolist() == [0.8, 0.1, 0.1]
    assert uniform.tolist() == [0.3334, 0.3334, 0.3332]
    assert most.tolist() == [0.7, 0.15, 0.15]


def test_the_natural_and_the_uniform_mixture_are_runs_unless_none_is_wanted(tmp_path):
    command = ["design", domains_file(tmp_path), "--runs", "12", "--output"]
    assert CliRunner().invoke(app, [*command, str(tmp_path / "both")]).exit_code == 0
    assert CliRunner().invoke(app, [*command, str(tmp_path / "none"), "--include", "none"]).exit_code == 0
    both, none = (read_mixtures(str(tmp_path / name / "mixtures.csv")).values for name in ("both", "none"))
    told = [yaml.safe_load((tmp_path / name / "design.yaml").read_text())["include"] for name in ("both", "none")]

    assert both[:2].tolist() == [[0.9, 0.09, 0.01], [0.425, 0.425, 0.15]]  # books: at most 15 times their share
    np.testing.assert_allclose(none, sample_mixtures(np.array([900.0, 90, 10]), 12, 0))
    assert told == [["natural", "uniform"], []]


def test_more_known_mixtures_than_runs_are_told_with_the_way_out(tmp_path):
    with pytest.raises(MixtureError, match=r"2 known mixtures to include \(natural, uniform\), and 1 in all.*none"):
        made(domains_file(tmp_path), 1, 0, Sampling(), None, REFERENCES)


def test_tokens_without_end_are_no_budget(tmp_path):
    done = CliRunner().invoke(app, ["design", domains_file(tmp_path), "--output", "x", "--tokens", "inf"])

    assert isinstance(done.exception, MixtureError)
    assert "--tokens inf: it must be a number above 0" in str(done.exception)


def test_a_design_is_not_written_over_a_file(tmp_path):
    (tmp_path / "design").write_text("mine")

    with pytest.raises(MixtureError, match="design is a file"):
        save(made(domains_file(tmp_path), 3, 0, Sampling(), None), tmp_path / "design")
