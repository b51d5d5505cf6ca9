"""A recipe against the world: inputs, files of steps, the output."""

import json
import os
import sys
from dataclasses import dataclass
from typing import ClassVar

import fsspec
import pytest

from crawlsieve.pipelines.recipe.check import check
from crawlsieve.pipelines.recipe.output import output_state
from crawlsieve.stages.errors import RecipeError

pytestmark = pytest.mark.usefixtures("small_steps")

MODEL = "- language: {keep: [en], model: models/lid.176.bin}\n"


@pytest.fixture
def recipe(loaded, tmp_path):
    """A recipe whose only input is there."""
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n')
    return loaded


def told(recipe, **named):
    with pytest.raises(RecipeError) as caught:
        check(recipe, **named)
    return str(caught.value)


def test_a_right_recipe_gives_its_inputs(recipe):
    (item,) = check(recipe("- redact\n"))

    assert (item.path, item.format, item.size) == ("a.jsonl", "jsonl", 14)


def test_checking_writes_nothing(recipe, tmp_path):
    check(recipe("- redact\n"))

    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.jsonl", "cc.yaml"]


def test_a_missing_input_is_told(recipe):
    message = told(recipe("- redact\n", {"source.paths": "b.jsonl"}))

    assert message.startswith("cc.yaml source: ")
    assert "b.jsonl" in message


def test_pages_without_extract_are_told(recipe, tmp_path):
    (tmp_path / "a.warc").write_bytes(b"")

    assert told(recipe("- redact\n", {"source.paths": "a.jsonl,a.warc"})) == (
        "cc.yaml source: warc inputs hold pages, not text. Put the step `extract` before `redact` into the recipe."
    )


def test_an_input_inside_the_output_is_told(recipe, tmp_path):
    put(tmp_path / "out" / "_work" / "state.json", RECORD)
    (tmp_path / "out" / "b.jsonl").write_text("")

    assert told(recipe("- redact\n", {"source.paths": "a.jsonl,./out/../out/b.jsonl"})) == (
        "cc.yaml source: './out/../out/b.jsonl' lies in the output 'out', which this run writes. "
        "Choose another --output."
    )


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ((), "no file 'models/lid.176.bin'."),
        (("models/",), "no file 'models/lid.176.bin'."),
        (("models/lid.176.ftz",), "no file 'models/lid.176.bin'. Did you mean 'models/lid.176.ftz'?"),
        (("models/lid.176.bin/",), "'models/lid.176.bin' is a folder, not a file."),
    ],
)
def test_a_missing_model_is_told_with_the_nearest_file(recipe, tmp_path, made, message):
    for name in made:
        place = tmp_path / name
        if name.endswith("/"):
            place.mkdir(parents=True)
        else:
            place.parent.mkdir()
            place.write_bytes(b"")

    assert told(recipe(MODEL)) == f"cc.yaml step 1 (language): {message}"


def test_a_model_that_may_not_be_read_is_told(recipe, tmp_path, monkeypatch):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "lid.176.bin").write_bytes(b"")
    made = recipe(MODEL)
    check(made)

    monkeypatch.setattr(os, "access", lambda path, _: str(path) != "models/lid.176.bin")

    assert told(made) == "cc.yaml step 1 (language): 'models/lid.176.bin' may not be read by this user."


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("memory://models/none.bin", "no file 'memory://models/none.bin'."),
        ("nowhere://m.bin", "'nowhere://m.bin': Protocol not known: nowhere."),
        ("http://127.0.0.1:9/m.bin", "no file 'http://127.0.0.1:9/m.bin'."),
    ],
)
def test_a_model_may_lie_elsewhere(recipe, model, message):
    fsspec.filesystem("memory").pipe_file("/models/lid.bin", b"")
    check(recipe(MODEL, {"steps.language.model": "memory://models/lid.bin"}))

    assert told(recipe(MODEL, {"steps.language.model": model})) == f"cc.yaml step 1 (language): {message}"


def test_a_model_that_cannot_be_reached_is_told(recipe, monkeypatch):
    def refuse(*_):
        raise PermissionError("Access Denied")

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "isfile", refuse)

    assert told(recipe(MODEL, {"steps.language.model": "memory://m.bin"})) == (
        "cc.yaml step 1 (language): 'memory://m.bin' cannot be reached: Access Denied."
    )


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A step that looks into its list before the run."""

    wrong: bool = False
    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ()
    adds: ClassVar[tuple[()]] = ()
    files: ClassVar[tuple[str, ...]] = ()

    def check(self):
        if self.wrong:
            raise RecipeError("list.txt line 3: no domain")


def test_a_step_checks_its_files_itself(recipe):
    made = recipe("- redact\n")
    kept = made.chain[0]
    object.__setattr__(made, "chain", (kept._replace(step=Listed()),))
    check(made)

    object.__setattr__(made, "chain", (kept._replace(step=Listed(wrong=True)),))

    assert told(made) == "cc.yaml step 1 (redact): list.txt line 3: no domain"


def test_everything_that_is_wrong_is_told_at_once(recipe, tmp_path):
    (tmp_path / "out").write_text("")

    lines = told(recipe(MODEL, {"source.paths": "b.jsonl"})).splitlines()

    assert lines[0] == "cc.yaml: 3 problems."
    assert [line.split(":")[0] for line in lines[1:]] == [
        "  cc.yaml step 1 (language)",
        "  cc.yaml output",
        "  cc.yaml source",
    ]


OTHER = "Choose another folder with --output."
RECORD = {"name": "cc", "key": "0", "crawlsieve": "1", "common": {}, "inputs": {}}
"""What every manifest and every state of a run has."""


def put(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


@pytest.mark.parametrize("output", ["x", "x/deeper/out"])
def test_an_output_under_a_file_is_told(recipe, tmp_path, output):
    (tmp_path / "x").write_text("")

    assert told(recipe("- redact\n", {"output": output})) == (
        f"cc.yaml output: '{tmp_path}/x' is a file, and the output is a folder. {OTHER}"
    )


def test_an_output_that_may_not_be_written_is_told(recipe, tmp_path, monkeypatch):
    made = recipe("- redact\n", {"output": "x/out"})
    (tmp_path / "x").mkdir()
    monkeypatch.setattr(os, "access", lambda path, _: str(path) != f"{tmp_path}/x")

    assert told(made) == f"cc.yaml output: '{tmp_path}/x' may not be written by this user. {OTHER}"


@pytest.mark.parametrize("record", ["manifest.json", "_work/state.json"])
def test_an_output_that_holds_another_run_is_told(recipe, tmp_path, record):
    put(tmp_path / "out" / record, RECORD | {"name": "other"})

    assert told(recipe("- redact\n")) == (
        f"cc.yaml output: 'out' holds the run 'other', and this recipe is 'cc'. {OTHER}"
    )


def test_an_output_that_holds_something_else_is_told(recipe, tmp_path):
    put(tmp_path / "out" / "thesis.doc", "mine")

    assert told(recipe("- redact\n")) == (
        f"cc.yaml output: 'out' holds files that are no run of crawlsieve (thesis.doc). {OTHER}"
    )


@pytest.mark.parametrize("record", ["manifest.json", "_work/state.json"])
@pytest.mark.parametrize("content", ["[1]", "{", "{}", '{"name": "cc"}', '{"name": "an app", "version": 3}'])
def test_a_record_of_something_else_is_told(recipe, tmp_path, record, content):
    (tmp_path / "out" / "_work").mkdir(parents=True)
    (tmp_path / "out" / record).write_text(content)

    assert told(recipe("- redact\n")) == (f"cc.yaml output: 'out/{record}' is not of crawlsieve. {OTHER}")


@pytest.mark.parametrize(
    ("record", "state"),
    [
        (None, "new"),
        (".gitkeep", "new"),
        ("_work/lock", "new"),
        ("_work/state.json", "holds an unfinished run of this name, which goes on"),
        ("manifest.json", "holds a finished run of this name; what is unchanged is not repeated"),
    ],
)
def test_an_output_is_new_or_gone_on_with(recipe, tmp_path, record, state):
    if record:
        put(tmp_path / "out" / record, RECORD)
    made = recipe("- redact\n")

    check(made)

    assert output_state(made) == state


def test_a_store_is_tried_with_a_file_that_is_removed(recipe):
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/bucket/x/_work/lock", b"")

    check(recipe("- redact\n", {"output": "memory://bucket/x"}))

    assert memory.find("/bucket/x") == ["/bucket/x/_work/lock"]


@pytest.mark.parametrize("writes", [True, False])
def test_a_store_is_not_tried_unless_asked(recipe, monkeypatch, writes):
    def refuse(*_):
        raise PermissionError("Access Denied")

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "pipe_file", refuse)
    made = recipe("- redact\n", {"output": "memory://bucket/y"})

    if writes:
        assert told(made) == "cc.yaml output: 'memory://bucket/y' cannot be reached: Access Denied."
    else:
        assert check(made, writes=False)


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("nowhere://x", "'nowhere://x': Protocol not known: nowhere."),
        (
            "gs://bucket/x",
            "'gs://bucket/x': Please install gcsfs to access Google Storage. Its extra is crawlsieve[gcs].",
        ),
        ("http://127.0.0.1:9/x", f"nothing can be written to web addresses. {OTHER}"),
    ],
)
def test_an_address_that_takes_no_files_is_told(recipe, monkeypatch, output, message):
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    assert told(recipe("- redact\n", {"output": output})) == f"cc.yaml output: {message}"
