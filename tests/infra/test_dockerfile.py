"""What can be known of the images without building them."""

import re
import subprocess
import sys
import tomllib

import pytest

from tests.docs.snippets import ROOT
from tests.infra.dockerfile import PATH, line_of, problems, stages, user_of

TEXT = PATH.read_text()
STAGES = stages(TEXT)
TARGETS = ("beam", "dataflow", "ray")
PINS = dict(
    line.split("==")
    for line in (ROOT / "infra" / "constraints.txt").read_text().splitlines()
    if line and not line.startswith("#")
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_nothing_is_wrong_with_the_dockerfile():
    assert problems(TEXT, ROOT) == []


@pytest.mark.parametrize(("text", "problem"), [
    ("FROM python AS a", "python has no version"),
    ("FROM python:slim AS a", "python:slim has no version"),
    ("FROM python:latest AS a", "python:latest has no version"),
    ("FROM host:5000/python AS a", "host:5000/python has no version"),
    ("FROM a:1 AS a\nADD https://example.org/x /x", "ADD https://example.org/x /x"),
    ("FROM a:1 AS a\nCOPY nothing /x", "COPY nothing: there is no such file"),
    ("FROM a:1 AS a\nCOPY --from=b /x /x\nFROM a:1 AS b", "--from=b is no stage before"),
    ("FROM a:1 AS a\nRUN true && \\\n  pip install --no-cache-dir x", "--no-cache-dir x' is not constrained"),
    ("FROM a:1 AS a\nRUN pip install -c constraints.txt x", "leaves its cache"),
    ("FROM a:1 AS a\nRUN apt-get install -y gcc", "has no place in an image"),
])  # fmt: skip
def test_each_mistake_is_named(text, problem):
    (found, *_) = problems(text, ROOT)

    assert problem in found


def test_a_stage_without_a_name_is_refused():
    with pytest.raises(ValueError, match="say AS what"):
        stages("FROM python:3.11")


def test_only_dataflow_runs_as_root():
    assert {target: user_of(target, STAGES) for target in TARGETS} == {
        "beam": "1000",
        "dataflow": "root",
        "ray": "1000",
    }
    assert user_of("runtime", STAGES) == "root"


def test_the_reason_for_root_stands_above_its_stage():
    reason = TEXT[: TEXT.index("FROM beam AS dataflow")].rsplit("\n\n", 1)[1]

    assert "need root" in reason
    assert "/var/opt" in reason


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_is_made_from_wheels_alone(target):
    line = line_of(target, STAGES)

    assert [stage.name for stage in line[-2:]] == ["runtime", "python"]
    assert not any("pip install" in run or "pip wheel" in run for stage in line for run in stage.all("RUN"))
    assert not any("gcc" in run for stage in line for run in stage.all("RUN"))


def test_python_is_one_that_crawlsieve_was_tested_with():
    version = re.match(r"python:(3\.\d+)\.\d+-slim", STAGES["python"].base)[1]

    assert version == "3.11"
    assert PROJECT["requires-python"] == f">={version}"


def test_the_entrypoint_of_workers_is_of_the_pinned_beam():
    assert STAGES["sdk"].base == f"apache/beam_python3.11_sdk:{PINS['apache-beam']}"


def test_every_part_that_is_asked_for_exists():
    asked = set(re.findall(r"whl\)\[([\w,]+)\]", TEXT))

    assert asked == {"gcp,s3,html", "ray,gcs,s3,html"}
    assert set(",".join(asked).split(",")) <= set(PROJECT["optional-dependencies"])


def test_every_folder_of_the_package_is_copied():
    links = {path.name for path in (ROOT / "src" / "crawlsieve").iterdir() if path.is_symlink()}
    copied = {rest.split()[0] for rest in STAGES["wheel"].all("COPY")}

    assert links <= copied


def test_what_is_copied_reaches_the_builder():
    """`.dockerignore` leaves all out but what is named."""
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copies = [rest for stage in STAGES.values() for rest in stage.all("COPY") if not rest.startswith("--from")]
    names = {name for rest in copies for name in rest.split()[:-1]}

    assert all(any(name == keep or name.startswith(f"{keep}/") for keep in kept) for name in names)
    assert all((ROOT / keep).exists() for keep in kept)


@pytest.mark.parametrize(("extra", "of"), [("gcp", "apache-beam"), ("default", "ray")])
def test_what_the_images_add_is_pinned(extra, of):
    from importlib.metadata import PackageNotFoundError, requires

    from packaging.requirements import Requirement

    try:
        wanted = [Requirement(line) for line in requires(of) or []]
    except PackageNotFoundError:
        pytest.skip(f"{of} is not installed")
    asked = [
        one for one in wanted if one.marker and "extra" in str(one.marker) and one.marker.evaluate({"extra": extra})
    ]
    names = {re.sub(r"[-_.]+", "-", one.name).lower(): one.specifier for one in asked}

    assert len(names) > 5
    assert {name for name in names if name not in PINS} == set()
    assert {name for name, allowed in names.items() if not allowed.contains(PINS[name], prereleases=True)} == set()


@pytest.mark.parametrize("script", ["infra/container/warm.sh", "infra/ray/submit.sh", "infra/demo.sh"])
def test_scripts_are_shell(script):
    assert subprocess.run(["sh", "-n", str(ROOT / script)], check=False).returncode == 0  # noqa: S607


def test_the_recipe_that_compiles_has_every_step_with_kernels():
    from crawlsieve.pipelines.recipe.load import load

    recipe = load(str(ROOT / "infra" / "container" / "warm.yaml"))

    assert {step.name for step in recipe.chain} >= {"extract", "language", "clean_lines", "measure", "judge", "redact"}
    assert recipe.exact is not None
    assert recipe.near is not None


def test_kernels_of_every_machine_are_of_one_kind():
    """The processor that the image names is what Numba compiles for, whatever it runs on."""
    settings = dict(re.findall(r"(NUMBA_CPU\w+)=(\S+)", "\n".join(STAGES["runtime"].all("ENV"))))
    code = (
        "from numba.core.registry import cpu_target as c; print(*c.target_context.codegen().magic_tuple()[1:], sep='|')"
    )
    env = {"NUMBA_CPU_NAME": settings["NUMBA_CPU_NAME"], "NUMBA_CPU_FEATURES": "", "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)

    assert settings["NUMBA_CPU_FEATURES"] == '""'
    assert done.stdout.strip() == "x86-64-v3|", done.stderr
