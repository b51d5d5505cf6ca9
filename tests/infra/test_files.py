"""Files that services read: as far as what is installed here can tell, they would take them."""

import json
import re

import pytest
import yaml

from crawlsieve import __version__
from crawlsieve.pipelines.recipe.load import from_mapping
from tests.docs.snippets import ROOT, snippets

INFRA = ROOT / "infra"
TEMPLATE = json.loads((INFRA / "dataflow" / "template.json").read_text())
RAY_JOB = yaml.safe_load((INFRA / "ray" / "rayjob.yaml").read_text())
CLUSTER = yaml.safe_load((INFRA / "ray" / "cluster.yaml").read_text())
BLOCKS = [
    *(pytest.param(path.read_text(), id=str(path.relative_to(ROOT))) for path in sorted(INFRA.glob("*/options.yaml"))),
    *(
        pytest.param(one.code, id=one.place)
        for one in snippets("yaml")
        if one.page == "docs/engines.md" and one.code.startswith("engine:")
    ),
]


def recipe_with(block: str):
    """A recipe with this block for its engine."""
    given = {
        "name": "block", "source": {"paths": ["a.warc.gz"]}, "output": "out", "steps": [{"extract": {}}],
    }  # fmt: skip
    return from_mapping(given | yaml.safe_load(block), "block")


@pytest.mark.parametrize("block", BLOCKS)
def test_engine_blocks_load(block):
    assert recipe_with(block).engine


@pytest.mark.parametrize("block", BLOCKS)
def test_beam_knows_every_option(block):
    pytest.importorskip("apache_beam")
    from apache_beam.options.pipeline_options import StandardOptions

    from crawlsieve.pipelines.engines.beam.flags import HERE, pipeline_options

    beam = recipe_with(block).engine.beam

    assert beam.runner in {*StandardOptions.KNOWN_RUNNER_NAMES, *HERE}
    assert pipeline_options(beam, "job").get_all_options()["job_name"] == "job"


def test_dataflow_gets_what_the_block_says():
    pytest.importorskip("apache_beam")
    from crawlsieve.pipelines.engines.beam.flags import pipeline_options

    beam = recipe_with((INFRA / "dataflow" / "options.yaml").read_text()).engine.beam
    options = pipeline_options(beam, "job").get_all_options()

    assert options["use_public_ips"] is False
    assert options["experiments"][0] == "use_runner_v2"
    assert options["number_of_worker_harness_threads"] == 1
    assert options["sdk_location"] == "container"
    assert options["sdk_container_image"] == TEMPLATE["image"]
    assert {
        name: options[name] for name in ("subnetwork", "temp_location", "staging_location", "service_account_email")
    } == {
        "subnetwork": TEMPLATE["defaultEnvironment"]["subnetwork"],
        "temp_location": TEMPLATE["defaultEnvironment"]["tempLocation"],
        "staging_location": TEMPLATE["defaultEnvironment"]["stagingLocation"],
        "service_account_email": TEMPLATE["defaultEnvironment"]["serviceAccountEmail"],
    }


def test_the_template_has_the_documented_fields_only():
    """ContainerSpec, FlexTemplateRuntimeEnvironment, TemplateMetadata and ParameterMetadata of Dataflow's API, v1b3."""
    environment = {
        "numWorkers", "maxWorkers", "zone", "serviceAccountEmail", "tempLocation", "machineType", "network",
        "additionalExperiments", "subnetwork", "additionalUserLabels", "kmsKeyName", "ipConfiguration", "workerRegion",
        "workerZone", "enableStreamingEngine", "flexrsGoal", "stagingLocation", "sdkContainerImage", "diskSizeGb",
        "autoscalingAlgorithm", "dumpHeapOnOom", "saveHeapDumpsToGcsPath", "launcherMachineType",
        "enableLauncherVmSerialPortLogging", "streamingMode",
    }  # fmt: skip
    parameter = {
        "name", "label", "helpText", "isOptional", "regexes", "paramType", "customMetadata", "groupName", "parentName",
        "parentTriggerValues", "enumOptions", "defaultValue", "hiddenUi",
    }  # fmt: skip
    metadata = {
        "name", "description", "parameters", "streaming", "supportsAtLeastOnce", "supportsExactlyOnce",
        "defaultStreamingMode",
    }  # fmt: skip

    assert set(TEMPLATE) == {"image", "sdkInfo", "metadata", "defaultEnvironment"}
    assert TEMPLATE["sdkInfo"] == {"language": "PYTHON"}
    assert set(TEMPLATE["defaultEnvironment"]) <= environment
    assert TEMPLATE["defaultEnvironment"]["ipConfiguration"] == "WORKER_IP_PRIVATE"
    assert set(TEMPLATE["metadata"]) <= metadata
    for one in TEMPLATE["metadata"]["parameters"]:
        assert {"name", "label", "helpText"} <= set(one) <= parameter
        assert one.get("paramType", "TEXT") in {"TEXT", "GCS_READ_FILE", "GCS_WRITE_FOLDER"}
        assert all(re.compile(pattern) for pattern in one.get("regexes", []))


def test_the_template_has_one_worker_which_drives():
    assert TEMPLATE["defaultEnvironment"]["maxWorkers"] == 1
    assert TEMPLATE["defaultEnvironment"]["sdkContainerImage"] == TEMPLATE["image"]


def test_the_ray_job_has_what_kuberay_asks_for():
    spec = RAY_JOB["spec"]
    cluster = spec["rayClusterSpec"]

    assert (RAY_JOB["apiVersion"], RAY_JOB["kind"]) == ("ray.io/v1", "RayJob")
    assert spec["entrypoint"].startswith("crawlsieve run ")
    assert spec["shutdownAfterJobFinishes"] is True
    assert cluster["rayVersion"] == version_of("ray")
    assert all(isinstance(value, str) for group in groups() for value in group["rayStartParams"].values())
    for group in cluster["workerGroupSpecs"]:
        assert group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
        assert group["groupName"]


def groups() -> list[dict]:
    cluster = RAY_JOB["spec"]["rayClusterSpec"]
    return [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]


def test_pods_of_the_ray_job_are_bounded_and_run_as_nobody_special():
    for group in groups():
        pod = group["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == 1000
        for container in pod["containers"]:
            resources = container["resources"]
            assert resources["requests"] == resources["limits"]
            assert set(resources["limits"]) == {"cpu", "memory", "ephemeral-storage"}
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
            }
            mounts = {mount["name"] for mount in container["volumeMounts"]}
            assert mounts <= {volume["name"] for volume in pod["volumes"]}
            assert {"/tmp", "/dev/shm"} <= {mount["mountPath"] for mount in container["volumeMounts"]}  # noqa: S108


def test_objects_fit_into_their_volume():
    worker = RAY_JOB["spec"]["rayClusterSpec"]["workerGroupSpecs"][0]
    (volume,) = [one for one in worker["template"]["spec"]["volumes"] if one["name"] == "objects"]

    assert int(worker["rayStartParams"]["object-store-memory"]) < gibibytes(volume["emptyDir"]["sizeLimit"])


def gibibytes(text: str) -> int:
    return int(text.removesuffix("Gi")) << 30


def test_no_task_runs_beside_the_driver():
    head = CLUSTER["available_node_types"][CLUSTER["head_node_type"]]

    assert head["resources"] == {"CPU": 0}
    assert any("--num-cpus=0" in line for line in CLUSTER["head_start_ray_commands"])
    assert groups()[0]["rayStartParams"]["num-cpus"] == "0"


def test_clusters_ask_for_a_token():
    assert RAY_JOB["spec"]["rayClusterSpec"]["authOptions"] == {"mode": "token"}
    assert "--env RAY_AUTH_MODE=token" in CLUSTER["docker"]["run_options"]
    assert CLUSTER["file_mounts"] == {"/home/crawlsieve/.ray": "~/.ray"}


def test_ray_takes_the_cluster():
    pytest.importorskip("ray")
    from ray.autoscaler._private.util import validate_config

    validate_config(CLUSTER)


def test_ray_would_refuse_a_misspelt_cluster():
    pytest.importorskip("ray")
    from jsonschema import ValidationError
    from ray.autoscaler._private.util import validate_config

    with pytest.raises(ValidationError, match="max_worker"):
        validate_config(CLUSTER | {"max_worker": 3})


def test_images_have_one_name_each_and_this_version():
    texts = [path.read_text() for path in INFRA.rglob("*") if path.suffix in {".yaml", ".json", ".sh"}]
    names = {name for text in texts for name in re.findall(r"[\w.-]+/(?:PROJECT/)?crawlsieve/\w+:[\w.]+", text)}

    assert names == {
        f"us-east4-docker.pkg.dev/PROJECT/crawlsieve/dataflow:{__version__}",
        f"us-east4-docker.pkg.dev/PROJECT/crawlsieve/beam:{__version__}",
        f"ACCOUNT.dkr.ecr.us-east-1.amazonaws.com/crawlsieve/ray:{__version__}",
    }


def version_of(name: str) -> str:
    text = (INFRA / "constraints.txt").read_text()
    return re.search(rf"^{name}==(\S+)$", text, re.MULTILINE)[1]


def test_the_policy_in_the_documentation_allows_what_a_run_does_and_no_more():
    (policy,) = [json.loads(one.code) for one in snippets("text") if one.code.startswith("{")]
    written = [
        one for one in policy["Statement"] if any("Put" in action or "Delete" in action for action in one["Action"])
    ]

    assert all(one["Effect"] == "Allow" and "*" not in "".join(one["Action"]) for one in policy["Statement"])
    assert [one["Resource"] for one in written] == [["arn:aws:s3:::BUCKET/run/*"]]
    assert {action for one in written for action in one["Action"]} == {
        "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload",
    }  # fmt: skip


def test_every_plan_is_on_the_page_of_engines():
    page = (ROOT / "docs" / "engines.md").read_text()
    sources = [ROOT / "pipelines" / name for name in ("curate.py", "decide.py", "near.py", "index/ask.py")]
    found = "".join(path.read_text() for path in sources)
    names = set(re.findall(r'(?:to_shards|plan)\(\s*"([\w-]+)"', found)) | set(
        re.findall(r'Plan\([^"]*"([\w-]+)"\)', found)
    )

    assert {"curate", "decide", "exact", "history", "near-walk", "near-rounds", "near-blocks", "follow"} <= names
    assert {name for name in names if f"`{name}`" not in page} == set()
