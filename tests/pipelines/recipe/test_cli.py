"""The command line: which command calls what, what it prints where, and its exit status."""

import errno
import json
import os
import subprocess
import sys
from importlib import import_module
from types import SimpleNamespace

import pytest

import crawlsieve
from crawlsieve.pipelines import cli
from crawlsieve.pipelines.engines.options import LocalOptions
from crawlsieve.stages.errors import BalanceError, CrawlsieveError

small = pytest.mark.usefixtures("small_steps")


@pytest.fixture
def call(monkeypatch, capsys):
    """Run the command line in this process: its exit status, standard output and standard error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["crawlsieve", *arguments])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        return caught.value.code or 0, *capsys.readouterr()

    return run


@pytest.fixture
def recipe(write, tmp_path):
    """A recipe whose only input is there."""
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n')
    return write("- language: {keep: [en]}\n- judge\n- judge: {lines: 2}\n")


@pytest.fixture
def stub(monkeypatch):
    """Put a module with these names in the place of one of `crawlsieve.pipelines`."""

    def put(name, **held):
        module = SimpleNamespace(**held)
        package, _, own = f"crawlsieve.pipelines.{name}".rpartition(".")
        monkeypatch.setitem(sys.modules, f"{package}.{own}", module)
        monkeypatch.setattr(import_module(package), own, module, raising=False)

    return put


@pytest.fixture
def runs(stub):
    """What `curate.run` was called with."""
    called = []
    stub("curate", run=lambda recipe, inputs, **named: called.append((recipe, named | {"inputs": inputs})))
    return called


@small
def test_plan_prints_and_changes_nothing(call, recipe, tmp_path):
    status, out, err = call("plan", recipe, "--workers", "3")

    assert (status, err) == (0, "")
    assert "inputs  1 (1 jsonl), 14 bytes" in out
    assert "(local, 3 worker processes)" in out
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.jsonl", "cc.yaml"]


@small
def test_options_change_the_recipe(call, recipe):
    changes = ["--set", "steps.judge_2.lines=5", "--set", "name = x=y", "--set", "name=z", "--output", "there"]

    status, out, _ = call("plan", recipe, *changes)

    assert status == 0
    assert "recipe  cc.yaml: z, seed 7\noutput  there (new)\n" in out
    assert "lines: 5" in out


@small
def test_a_mistake_in_a_recipe_is_a_message_and_status_1(call, recipe):
    assert call("plan", recipe, "--set", "steps.judge.line=5") == (
        1,
        "",
        "RecipeError: --set steps.judge.line: no option 'line'. Did you mean 'lines'? "
        "Options: rules, bounds, limit, lines, strict.\n",
    )


@small
@pytest.mark.parametrize("command", ["run", "plan"])
def test_a_recipe_is_checked_before_anything_runs(call, recipe, runs, command):
    status, out, err = call(command, recipe, "--set", "source.paths=none.jsonl")

    assert (status, out, runs) == (1, "", [])
    assert err.startswith("RecipeError: cc.yaml source: ")


@small
def test_run_hands_over_the_recipe_and_the_number_of_workers(call, recipe, runs):
    status, _, _ = call(
        "run", recipe, "--workers", "3", "--engine", "local", "--quiet", "--set", "seed=9", "--verify-inputs"
    )

    ((loaded, named),) = runs
    assert (status, loaded.seed, named["engine"], named["verify"]) == (0, 9, LocalOptions(workers=3), True)
    assert [item.format for item in named["inputs"]] == ["jsonl"]


@small
def test_run_uses_the_cores_that_there_are(call, recipe, runs, monkeypatch):
    monkeypatch.setattr("crawlsieve.pipelines.engines.choice.cores", lambda: 5)

    call("run", recipe)

    assert runs[0][1]["engine"] == LocalOptions(workers=5)


@small
def test_progress_goes_to_standard_error_unless_quiet(call, recipe, stub):
    stub("curate", run=lambda _, __, progress, **___: progress.say("at work"))

    assert call("run", recipe) == (0, "", "at work\n")
    assert call("run", recipe, "--quiet") == (0, "", "")


@small
def test_a_run_that_fails_has_status_1_and_its_reason(call, recipe, stub):
    def fail(*_, **__):
        raise BalanceError("1 record is missing")

    stub("curate", run=fail)

    assert call("run", recipe) == (1, "", "BalanceError: 1 record is missing\n")


@small
def test_ctrl_c_says_how_to_go_on(call, recipe, stub):
    def stop(*_, **__):
        raise KeyboardInterrupt

    stub("curate", run=stop)

    assert call("run", recipe) == (130, "", "Stopped. The same command goes on with the shards that out lacks.\n")


@small
def test_a_full_disk_says_how_to_go_on(call, recipe, stub):
    def fill(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "out/documents/a.parquet")

    stub("curate", run=fill)

    assert call("run", recipe) == (
        1,
        "",
        "CrawlsieveError: out/documents/a.parquet: No space left on device. "
        "The same command goes on with the shards that out lacks.\n",
    )


def test_a_sample_in_the_place_of_a_file_is_a_message(call, tmp_path):
    (tmp_path / "afile").write_text("mine")

    assert call("sample", str(tmp_path / "afile")) == (
        1,
        "",
        f"CrawlsieveError: '{tmp_path}/afile' is a file, and the sample is several. Name a folder.\n",
    )
    assert call("sample", str(tmp_path / "afile" / "sub")) == (
        1,
        "",
        f"NotADirectoryError: {tmp_path}/afile/sub: Not a directory\n",
    )


@small
def test_schema_prints_json(call):
    status, out, _ = call("schema")

    assert status == 0
    assert json.loads(out)["title"] == "crawlsieve recipe"


def test_sql_hands_over_run_query_and_form(call, monkeypatch):
    called = []
    command = "crawlsieve.pipelines.ask.sql.sql_command"
    monkeypatch.setattr(command, lambda *given, **named: called.append((*given, named["output"])))

    assert call("sql", "out", "SELECT 1", "--format", "csv")[0] == 0
    assert call("sql", "out", "SELECT 2")[0] == 0
    assert called == [("out", "SELECT 1", "csv", None), ("out", "SELECT 2", "table", None)]


def test_explain_hands_over_run_and_page(call, stub):
    called = []
    stub("ask.explain", explain_command=lambda *given: called.append(given))

    assert call("explain", "out", "http://example.org/")[0] == 0
    assert called == [("out", "http://example.org/")]


def test_digest_prints_a_line_a_table(call, stub):
    stub("ask.digest", digest=lambda _: {"documents": "2-ab", "all": "cd"})

    assert call("digest", "out") == (0, "2-ab  documents\ncd  all\n", "")


def test_sample_hands_over_the_folder(call, stub, tmp_path):
    called = []
    stub("sample", write_sample=called.append)

    assert call("sample", str(tmp_path))[0] == 0
    assert called == [tmp_path]


def test_version_is_that_of_the_package(call):
    assert call("version") == (0, f"{crawlsieve.__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plann"], "No such command 'plann'"),
        (["plan"], "Missing argument 'RECIPE'"),
        (["plan", "a.yaml", "--sett", "a=b"], "No such option: --sett"),
        (["plan", "a.yaml", "--set", "seed"], "'seed' has no '='. Write KEY=VALUE."),
        (["run", "a.yaml", "--workers", "0"], "Invalid value for '--workers'"),
        (["run", "a.yaml", "--engine", "spark"], "'spark' is not"),
    ],
)
def test_misuse_of_the_command_has_status_2(call, arguments, said):
    status, out, err = call(*arguments)

    assert (status, out) == (2, "")
    assert said in " ".join(err.split())


def test_no_command_is_a_call_for_help(call):
    status, out, err = call()

    assert status == 2
    assert "crawlsieve [OPTIONS] COMMAND" in out + err


def test_any_error_that_a_user_can_act_on_is_one_message(call, stub):
    def fail(_):
        raise CrawlsieveError("out: no such directory.")

    stub("ask.digest", digest=fail)

    assert call("digest", "out") == (1, "", "CrawlsieveError: out: no such directory.\n")


def process(*arguments):
    command = [sys.executable, "-c", "from crawlsieve.pipelines.cli import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_process_ends_as_the_command_does():
    wrong = process("plan", "none.yaml")

    assert (wrong.returncode, wrong.stdout, wrong.stderr) == (1, "", "RecipeError: none.yaml: no such file.\n")
    assert process("plan").returncode == 2


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from crawlsieve.pipelines.cli import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numba', 'pyarrow', 'pydantic', 'fsspec', 'duckdb', 'yaml', 'rich', 'numpy'}\n"
        "print('HEAVY', sorted(heavy & {*sys.modules}))"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "run      Run a recipe" in found.stdout
    assert found.stdout.rstrip().endswith("HEAVY []")
