"""Weights that cannot fit the domains of a recipe are told before a document is read."""

import pytest

from crawlsieve.pipelines.recipe.check import check
from crawlsieve.pipelines.recipe.load import load
from crawlsieve.stages.errors import RecipeError
from tests.pipelines.runs import recipe, write_shards

KEEP = {"language": {"keep": ["en", "de"]}}
ALL = {"language": {}}
SHORT = "CASE WHEN url LIKE '%a%' THEN 'short' ELSE 'long' END"
FOLDER = "regexp_extract(source_path, 'shard-([0-9]+)', 1)"


def checked(folder, domain, weights, *steps):
    """What `plan` and `run` say of the recipe before they begin; None if they begin."""
    write_shards(folder, [{"id": "1", "text": "a"}], [{"id": "2", "text": "b"}])
    mix = {"mix": {"weights": weights, "domain": domain, "tokens": 100}}
    place = recipe(folder, steps=[*steps, "exact_duplicates", mix])
    try:
        check(load(str(place)))
    except RecipeError as error:
        _, _, said = str(error).partition(f"step {len(steps) + 2} (mix): weights and domains do not fit. ")
        return said
    return None


@pytest.mark.parametrize(
    ("domain", "weights", "steps"),
    [
        ("language", {"en": 0.5, "de": 0.5}, [KEEP]),
        ("language", {"en": 1.0, "de": 0, "fr": 0}, [KEEP]),
        ("language", {"en": 0.5, "fr": 0.5}, [ALL]),
        ("upper(language)", {"EN": 0.5, "DE": 0.5}, [KEEP]),
        ("language || '/' || " + FOLDER, {"en/000": 1.0}, [KEEP]),
        ("language", {"null": 1.0}, []),
        (FOLDER, {"000": 0.5, "001": 0.5}, []),
        (SHORT, {"short": 0.5, "long": 0.5}, []),
        ("CASE WHEN url = 'a' THEN 'a' END", {"a": 0.5, "null": 0.5}, []),
        ("CASE WHEN url = 'a' THEN 'a' ELSE url END", {"b": 0.5, "c": 0.5}, []),
        ("url", {"anything": 1.0}, []),
        ("'one'", {"one": 1.0}, []),
    ],
)
def test_weights_that_can_fit_are_taken(tmp_path, domain, weights, steps):
    assert checked(tmp_path, domain, weights, *steps) is None


LEAVE_OUT = "Write weight 0 for what is to be left out."


@pytest.mark.parametrize(
    ("domain", "weights", "steps", "said"),
    [
        (
            "language",
            {"eng": 0.5, "de": 0.5},
            [KEEP],
            "domain 'eng': weight 0.5, but there can be no document. Did you mean 'en'? "
            f"domain 'en': there may be documents, but no weight. {LEAVE_OUT}",
        ),
        ("language", {"english": 1.0}, [ALL], "domain 'english': weight 1, but there can be no document."),
        (
            "language",
            {"en": 1.0},
            [],
            "domain 'en': weight 1, but there can be no document. "
            "domain 'null': there may be documents, but no weight. "
            f"{LEAVE_OUT} No step adds 'language', which is null for all documents then.",
        ),
        ("word_count < 9", {"true": 1.0}, [KEEP], "domain 'true': weight 1, but there can be no document."),
        (FOLDER, {"000": 1.0}, [], f"domain '001': there may be documents, but no weight. {LEAVE_OUT}"),
        (
            FOLDER,
            {"000": 0.5, "01": 0.5},
            [],
            "domain '01': weight 0.5, but there can be no document. Did you mean '001'?",
        ),
        (
            SHORT,
            {"sort": 0.5, "long": 0.5},
            [],
            "domain 'sort': weight 0.5, but there can be no document. Did you mean",
        ),
        ("CASE WHEN url = 'a' THEN 'a' END", {"a": 1.0}, [], "domain 'null': there may be documents, but no weight."),
        ("language || '/' || " + FOLDER, {"fr/000": 1.0}, [KEEP], "domain 'fr/000': weight 1, but there can be no"),
    ],
)
def test_weights_that_cannot_fit_are_told(tmp_path, domain, weights, steps, said):
    assert checked(tmp_path, domain, weights, *steps).startswith(said)


def test_an_expression_that_fails_for_every_document_is_told(tmp_path):
    write_shards(tmp_path, [{"id": "1", "text": "a"}])
    place = recipe(tmp_path, steps=[{"mix": {"weights": {"1": 1.0}, "domain": "source_path::INT", "tokens": 5}}])

    with pytest.raises(RecipeError, match="the expression fails for a document: ConversionException"):
        check(load(str(place)))


def test_a_weights_file_is_held_against_the_domains_too(tmp_path):
    (tmp_path / "w.yaml").write_text("en: 0.5\nfr: 0.5\n")

    assert checked(tmp_path, "language", str(tmp_path / "w.yaml"), KEEP).startswith("domain 'fr': weight 0.5, but")
