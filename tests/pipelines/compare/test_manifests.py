"""What two manifests say of recipes, versions and inputs."""

from crawlsieve.pipelines.compare.manifests import (
    ABSENT,
    Change,
    Inputs,
    input_changes,
    recipe_changes,
    version_changes,
)


def recipe(*steps, **options):
    return {"recipe": {"name": "x", "output": "y", "steps": [*steps], **options}}


def test_a_step_that_one_recipe_has_is_one_change_and_so_is_another_order():
    language, judge, again = {"language": {"keep": ["en"]}}, {"judge": {"rules": ["a"]}}, {"judge": {"rules": ["b"]}}

    assert recipe_changes(recipe(judge, again), recipe(language, judge)) == (
        Change("steps.judge_2", {"rules": ["b"]}, ABSENT), Change("steps.language", ABSENT, {"keep": ["en"]}),
    )  # fmt: skip
    assert recipe_changes(recipe(judge, language), recipe(language, judge)) == (
        Change("steps", ["judge", "language"], ["language", "judge"]),
    )
    assert recipe_changes(recipe(seed=1, source={"paths": ["a"]}), recipe(seed=1, source={"paths": ["b"]})) == (
        Change("source.paths", ["a"], ["b"]),
    )


def test_versions_and_hashes_of_models_are_compared():
    one = {"crawlsieve": "1", "packages": {"idna": "3"}, "files_read": {"lid.bin": "abc"}, "history": None}
    other = {"crawlsieve": "1", "packages": {"idna": "4"}, "files_read": {}, "history": {"generation": 2}}

    assert version_changes(one, other) == (
        Change("idna", "3", "4"), Change("lid.bin", "abc", ABSENT), Change("history.generation", ABSENT, 2),
    )  # fmt: skip


def test_an_input_is_the_same_by_its_content_and_changed_under_its_path():
    one = {"inputs": [{"path": "a", "sha256": "1"}, {"path": "b", "sha256": "2"}, {"path": "c", "sha256": "3"}]}
    other = {"inputs": [{"path": "moved/a", "sha256": "1"}, {"path": "b", "sha256": "9"}, {"path": "d", "size": 1}]}

    assert input_changes(one, other) == Inputs(1, 1, 1, 1, ("c",), ("d",))
