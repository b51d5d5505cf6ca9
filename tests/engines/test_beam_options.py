"""What the Beam engine says about runners, options and names before anything runs."""

import re

import pytest
from apache_beam.options.pipeline_options import DebugOptions, GoogleCloudOptions, SetupOptions, WorkerOptions

from crawlsieve.pipelines.engines.beam.flags import job_name, pipeline_options
from crawlsieve.pipelines.engines.options import BeamOptions
from crawlsieve.pipelines.engines.start import started
from crawlsieve.stages.errors import CrawlsieveError


def flags(**options):
    return pipeline_options(BeamOptions(options=options), "job")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"runner": "FlinkRuner"}, "beam: no runner 'FlinkRuner'. Did you mean 'FlinkRunner'? Runners: "),
        ({"runner": "Spark"}, "beam: no runner 'Spark'. Did you mean 'SparkRunner'?"),
        ({"runner": "no.such.Runner"}, "beam: runner 'no.such.Runner' cannot be used: No module named 'no'"),
        ({"options": {"regoin": "x"}}, "beam: no pipeline option 'regoin'. Did you mean 'region'?"),
        ({"options": {"sort_merge_bytes": 4}}, "beam: no pipeline option 'sort_merge_bytes'"),
        ({"runner": "FlinkRunner", "options": {"flink_mastr": "x"}}, "Did you mean 'flink_master'?"),
        ({"options": {"num_workers": "many"}}, "beam: argument --num_workers: invalid int value: 'many'"),
        ({"options": {"save_main_session": "yes"}}, "beam: option 'save_main_session' is true or false, not 'yes'"),
    ],
)
def test_what_is_wrong_is_named_with_the_nearest_right_name(tmp_path, options, message):
    with pytest.raises(CrawlsieveError) as error, started(BeamOptions(**options), str(tmp_path), "run"):
        pass

    assert message in str(error.value)


def test_dataflow_needs_its_extra_and_its_options(tmp_path, monkeypatch):
    options = BeamOptions(runner="DataflowRunner")
    monkeypatch.setattr("crawlsieve.pipelines.engines.beam.flags._installed", lambda _: False)
    with pytest.raises(CrawlsieveError, match=r"crawlsieve\[gcp\]"), started(options, str(tmp_path), "run"):
        pass

    monkeypatch.setattr("crawlsieve.pipelines.engines.beam.flags._installed", lambda _: True)
    with pytest.raises(CrawlsieveError, match="required option: project"), started(options, str(tmp_path), "run"):
        pass


def test_true_is_a_flag_and_false_is_none():
    found = flags(save_main_session=True, use_public_ips=False, no_auth=False)

    assert found.view_as(SetupOptions).save_main_session is True
    assert found.view_as(WorkerOptions).use_public_ips is False
    assert found.view_as(GoogleCloudOptions).no_auth is False


def test_a_list_gives_an_option_several_times_and_null_leaves_it_out():
    found = flags(experiments=["one", "two=2"], region=None, num_workers=3, labels=["a=b"])

    assert found.view_as(DebugOptions).experiments == ["one", "two=2"]
    assert found.view_as(GoogleCloudOptions).labels == ["a=b"]
    assert found.view_as(WorkerOptions).num_workers == 3


def test_a_runner_with_a_job_service_knows_options_that_beam_does_not():
    options = BeamOptions(runner="FlinkRunner", options={"sort_merge_bytes": 4, "fasterCopy": True})
    found = pipeline_options(options, "job").get_all_options(retain_unknown_options=True)

    assert (found["sort_merge_bytes"], found["fasterCopy"]) == ("4", True)


def test_a_job_has_the_name_that_the_user_gave():
    assert flags(job_name="mine").view_as(GoogleCloudOptions).job_name == "mine"
    assert flags().view_as(GoogleCloudOptions).job_name == "job"


@pytest.mark.parametrize("run", ["cc-2025-26-en", "Ünter_den Linden!", "7", "", "x" * 99, "a-" * 40])
def test_names_of_jobs_are_valid_on_dataflow(run):
    name = job_name(run, "near, round 2")

    assert re.fullmatch(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", name)
    assert job_name("web", "curate") == "crawlsieve-web-curate"
