"""Proxy runs on every engine that trains: the same losses, to the last bit. The n-gram proxy needs no PyTorch."""

import pytest

from crawlsieve.pipelines.engines.options import LocalOptions
from crawlsieve.pipelines.mixture.proxy.command import Wanted, train_design
from crawlsieve.pipelines.mixture.regression.tables import read_table
from tests.engines.conftest import ENGINES
from tests.pipelines.mixture.domain_folders import write_design, write_domains


@pytest.fixture(scope="module")
def wanted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("proxies")
    data, design = write_domains(folder / "domains"), write_design(folder / "design.csv")
    return Wanted(str(design), (str(data),), str(folder / "alone"), proxy="ngram", steps=20)


@pytest.fixture(scope="module")
def alone(wanted):
    """What one process makes."""
    return train_design(wanted, LocalOptions(workers=1), lambda _: None).read_bytes()


@pytest.fixture(params=["local-2-workers", "ray"])
def training_engine(request):
    """Beam does not train."""
    return request.getfixturevalue("ray_cluster") if request.param == "ray" else ENGINES[request.param]


def test_losses_are_the_same_on_every_engine(wanted, alone, training_engine, tmp_path):
    told = []
    there = Wanted(wanted.design, wanted.data, str(tmp_path / "runs"), proxy="ngram", steps=wanted.steps)

    found = train_design(there, training_engine, told.append)

    assert found.read_bytes() == alone
    assert read_table(str(found)).values[:3].argmin(axis=0).tolist() == [2, 0, 1]
    counted = {line.split(":")[0] for line in told if line.startswith("counted")}
    assert counted == {f"counted the n-grams of {name}" for name in ("cats", "dogs", "fish")}
