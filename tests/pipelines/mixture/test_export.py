from decimal import Decimal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from crawlsieve.pipelines.mixture.cli import app
from crawlsieve.pipelines.mixture.hand_over.export import exact, export, weights_of
from crawlsieve.pipelines.mixture.hand_over.hand_over import FORMATS
from crawlsieve.stages.errors import CrawlsieveError

WEIGHTS = {"web": 0.6, "code": 0.1, "none": 0.0, "books": 0.3}
USED = ["web", "code", "books"]


@pytest.fixture
def weights_file(tmp_path):
    """Weights in an order that is not that of names, one of them 0."""
    path = tmp_path / "w.yaml"
    path.write_text(yaml.safe_dump({"weights": WEIGHTS, "objective": "mean"}, sort_keys=False))
    return str(path)


def exported(path, trainer, **paths):
    """What the trainer's own reader would see: YAML, or words."""
    text = export(path, trainer, paths)
    return text.split() if trainer == "megatron" else yaml.safe_load(text)


def weights_in(read, trainer):
    """Domain or place -> weight, as the trainer pairs them."""
    if trainer == "megatron":
        return dict(zip(read[1::2], map(float, read[::2]), strict=True))
    if trainer == "nanotron":
        dataset = read["data_stages"][0]["data"]["dataset"]
        return dict(zip(dataset["dataset_folder"], dataset["dataset_weights"], strict=True))
    if trainer == "mosaicml":
        streams = read["train_loader"]["dataset"]["streams"]
        return {name: stream["proportion"] for name, stream in streams.items()}
    return read["train"] if trainer == "regmix" else read["data"]["train_weights"]


@pytest.mark.parametrize("trainer", FORMATS)
def test_weights_arrive_exactly_and_in_order(weights_file, trainer):
    found = weights_in(exported(weights_file, trainer), trainer)

    assert list(found.values()) == [0.6, 0.1, 0.3]
    assert [name.removeprefix("train_").removesuffix("_text_document") for name in found] == USED


@pytest.mark.parametrize("trainer", FORMATS)
def test_weights_of_all_digits_sum_to_exactly_one(tmp_path, trainer):
    parts = [1 / 3, 1 / 7, 1 / 11]
    (tmp_path / "w.yaml").write_text(yaml.safe_dump({"a": parts[0], "b": parts[1], "c": 1 - sum(parts), "d": parts[2]}))

    found = weights_in(exported(str(tmp_path / "w.yaml"), trainer), trainer)

    assert sum(Decimal(repr(weight)) for weight in found.values()) == 1


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_exact_weights_are_as_given_or_within_a_unit(parts):
    total = sum(parts)
    weights = {str(number): part / total if total else 1 / len(parts) for number, part in enumerate(parts)}

    found = exact(weights)

    assert sum(found.values()) == 1
    assert list(found) == list(weights)
    assert all(abs(float(found[name]) - weights[name]) < 2e-12 for name in weights)
    assert all(Decimal(repr(float(weight))) == weight for weight in found.values())


def test_weights_that_sum_to_one_stay_as_they_are_written():
    assert exact({"a": 0.1, "b": 0.2, "c": 0.7}) == {"a": Decimal("0.1"), "b": Decimal("0.2"), "c": Decimal("0.7")}


def test_what_rounding_leaves_goes_to_the_largest_remainder():
    assert exact({"a": 1 / 3, "b": 2 / 3}) == {"a": Decimal("0.333333333333"), "b": Decimal("0.666666666667")}


@pytest.mark.parametrize("text", ["train: {a: 0.25, b: 0.75}\nvalid: {a: 1.0}\n", "a: 0.25\nb: 0.75\n"])
def test_weights_of_regmix_and_of_a_design_are_read(tmp_path, text):
    (tmp_path / "w.yaml").write_text(text)

    assert weights_of(str(tmp_path / "w.yaml")) == {"a": 0.25, "b": 0.75}


@pytest.mark.parametrize(
    "text", ["train: {a: 0.5, b: 0.6}", "a: 0.5\nb: 0.6", "a: -1\nb: 2", "a: .nan\nb: 1", "train: {a: x}", "a: [", ""]
)
def test_weights_that_are_none_are_refused(tmp_path, text):
    (tmp_path / "w.yaml").write_text(text)

    with pytest.raises(CrawlsieveError, match=r"w\.yaml"):
        export(str(tmp_path / "w.yaml"), "megatron", {})


def test_regmix_has_every_domain_as_a_target(weights_file):
    read = exported(weights_file, "regmix", web="train_cc")

    assert list(read["train"]) == ["train_cc", "train_code", "train_books"]
    assert read["valid"] == {"valid_cc": 1.0, "valid_code": 1.0, "valid_none": 1.0, "valid_books": 1.0}


@pytest.mark.parametrize("shares", [(0.5, 0.5), (1.0, 0.0), (0.0, 1.0)])
def test_regmix_finds_files_by_the_beginning_of_their_names(tmp_path, shares):
    """Those of a domain without a weight too, which would be trained on, or validated, as another's."""
    (tmp_path / "w.yaml").write_text("web: {}\nweb_de: {}\n".format(*shares))

    with pytest.raises(CrawlsieveError, match="'train_web_de' begin with 'train_web'"):
        export(str(tmp_path / "w.yaml"), "regmix", {})
    assert "valid_web_en" in export(str(tmp_path / "w.yaml"), "regmix", {"web": "train_web_en"})


def test_megatron_takes_a_blend_of_positive_weights(weights_file):
    text = export(weights_file, "megatron", {"code": "/data/code_text_document"})

    assert text == "0.6 web_text_document\n0.1 /data/code_text_document\n0.3 books_text_document\n"


def test_megatron_never_gets_an_exponent(tmp_path):
    (tmp_path / "w.yaml").write_text("a: 0.00000001\nb: 0.99999999\n")

    assert export(str(tmp_path / "w.yaml"), "megatron", {}).split()[0] == "0.00000001"


@pytest.mark.parametrize("name", ["two words", " web", ""])
def test_megatron_splits_at_white_space(weights_file, name):
    with pytest.raises(CrawlsieveError, match="white space"):
        export(weights_file, "megatron", {"web": name})


def test_mosaicml_keeps_remote_data_in_a_folder_of_its_own(weights_file):
    read = exported(weights_file, "mosaicml", web="s3://b/web", code="/data/code")

    streams = read["train_loader"]["dataset"]["streams"]
    assert streams["web"] == {"remote": "s3://b/web", "local": "streams/web", "proportion": 0.6}
    assert streams["code"] == {"local": "/data/code", "proportion": 0.1}


@pytest.mark.parametrize(("trainer", "key"), [("levanter", "components"), ("levanter-configs", "configs")])
def test_levanter_has_a_source_for_every_weight(weights_file, trainer, key):
    data = exported(weights_file, trainer, web="gs://b/web-*.parquet")["data"]

    assert list(data[key]) == list(data["train_weights"]) == USED
    assert "gs://b/web-*.parquet" in str(data[key]["web"])
    assert data["cache_dir"]


@pytest.mark.parametrize("trainer", FORMATS)
def test_two_domains_at_one_place_are_refused(weights_file, trainer):
    with pytest.raises(CrawlsieveError, match="one place: same"):
        export(weights_file, trainer, {"web": "same", "code": "same"})


@pytest.mark.parametrize("trainer", ["regmix", "nanotron", "levanter"])
def test_names_that_yaml_would_misread_are_quoted(tmp_path, trainer):
    (tmp_path / "w.yaml").write_text('"no": 0.25\n"2020": 0.25\n"a: b": 0.25\n"ünï": 0.25\n')

    found = weights_in(exported(str(tmp_path / "w.yaml"), trainer), trainer)

    assert [name.removeprefix("train_") for name in found] == ["no", "2020", "a: b", "ünï"]


def test_unknown_trainers_and_domains_are_named_with_the_nearest(weights_file):
    with pytest.raises(CrawlsieveError, match=r"megatrom is none of.*Did you mean 'megatron'"):
        export(weights_file, "megatrom", {})
    with pytest.raises(CrawlsieveError, match=r"no domain wep\. Did you mean 'web'"):
        export(weights_file, "megatron", {"wep": "x"})


def test_the_command_prints_or_writes(weights_file, tmp_path):
    arguments = ["export", weights_file, "--to", "megatron", "--paths", "web=/a/web,code=/a/code", "--paths", "books=b"]
    printed = CliRunner().invoke(app, arguments)
    written = CliRunner().invoke(app, [*arguments, "--output", str(tmp_path / "blend.txt")])

    assert printed.exit_code == written.exit_code == 0, printed.output
    assert printed.stdout == (tmp_path / "blend.txt").read_text() == "0.6 /a/web\n0.1 /a/code\n0.3 b\n"
    assert written.stdout == ""
