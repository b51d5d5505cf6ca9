"""Whatever stands in a file: a recipe, or a message."""

import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawlsieve.pipelines.recipe.load import Recipe, load
from crawlsieve.stages.errors import RecipeError

pytestmark = pytest.mark.usefixtures("small_steps")

RIGHT = {
    "name": "cc",
    "seed": 7,
    "source": {"paths": ["a.jsonl"], "format": "auto", "columns": {"text": "body"}},
    "output": "out",
    "keep_rejected": "text",
    "steps": [
        "extract",
        {"language": {"keep": ["en"], "at_least": 0.5, "model": None}},
        {"measure": {"signals": ["gopher", "c4"]}},
        {"judge": {"bounds": [{"column": "word_count", "at_least": 3}], "limit": {"column": "date"}}},
        {"redact": None},
        {"exact_duplicates": {"by": ["url"], "priority": ["word_count"]}},
    ],
}
WORDS = st.sampled_from(["en", "paths", "steps", "judge", "measure", "signals", "c4", "text", "column", "", "no", "1"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)


@st.composite
def changed(draw):
    """The right recipe with one to three of its values replaced, removed, doubled or put under another key."""
    recipe = copy.deepcopy(RIGHT)
    for _ in range(draw(st.integers(1, 3))):
        node = recipe
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(node[key], dict | list) and draw(st.booleans()):
                node = node[key]
                continue
            act = draw(st.sampled_from(["replace", "remove", "double", "rename"]))
            value = node[key] if act != "replace" else draw(VALUES)
            if act == "remove":
                del node[key]
            elif isinstance(node, list):
                node.insert(key, copy.deepcopy(value))
            else:
                node[draw(WORDS) if act == "rename" else key] = value
            break
    return recipe


def outcome(path, changes=None):
    try:
        return load(str(path), changes)
    except RecipeError as error:
        return str(error)


laws = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@laws
@given(recipe=changed())
def test_a_changed_recipe_is_one_or_is_told(tmp_path, recipe):
    path = tmp_path / "cc.yaml"
    path.write_text(json.dumps(recipe))

    found = outcome(path)

    if isinstance(found, Recipe):
        path.write_text(json.dumps(found.options))
        assert load(str(path)) == found


@laws
@given(content=st.binary(max_size=40) | st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_told(tmp_path, content):
    path = tmp_path / "cc.yaml"
    path.write_bytes(content)

    assert isinstance(outcome(path), str)


@laws
@given(
    key=st.lists(WORDS, min_size=1, max_size=4).map(".".join) | st.text(max_size=10),
    text=st.text(max_size=12) | WORDS | VALUES.map(json.dumps),
)
def test_any_change_gives_a_recipe_or_is_told(tmp_path, key, text):
    path = tmp_path / "cc.yaml"
    path.write_text(json.dumps(RIGHT))

    outcome(path, {key: text})
