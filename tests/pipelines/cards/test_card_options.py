"""What a recipe may say under `card`, and what it is told when it may not."""

import pytest

from crawlsieve.pipelines.cards.licenses import identifier
from crawlsieve.pipelines.recipe.load import load
from crawlsieve.stages.errors import RecipeError
from tests.pipelines.cards.made import CARD
from tests.pipelines.runs import recipe


def test_a_card_is_part_of_the_recipe_with_its_defaults_written_out(tmp_path):
    card = load(str(recipe(tmp_path, card={"title": "A"}))).options["card"]

    assert card == dict.fromkeys(
        ["description", "license", "license_url", "citation", "homepage", "version", "date_published"]
    ) | {"title": "A", "creators": [], "keywords": []}


def test_a_recipe_with_a_whole_card_loads_to_an_equal_one(tmp_path):
    options = load(str(recipe(tmp_path, card=CARD))).options
    again = load(str(recipe(tmp_path, **options))).options

    assert again == options
    assert options["card"]["creators"] == CARD["creators"]


@pytest.mark.parametrize(
    ("card", "told"),
    [
        (
            {"licence": "mit"},
            "no option 'card.licence'. Did you mean 'license'? Options: title, description, license, ",
        ),
        (
            {"license": "cc-by-40"},
            "'license' = 'cc-by-40': no licence of this name is known. Did you mean 'cc-by-4.0'?",
        ),
        ({"license": "other"}, "Any other needs 'license_url'"),
        ({"license_url": "https://a.example/"}, "'license_url' needs 'license'"),
        ({"license": "mit", "license_url": "a.example"}, "'license_url' = 'a.example': write an address that begins"),
        ({"homepage": "https://a.example/ b"}, "'homepage' = 'https://a.example/ b': write an address"),
        ({"version": "1.0"}, "'version' = '1.0': write MAJOR.MINOR.PATCH, as in 1.0.0"),
        ({"version": 1.0}, "'card.version' = 1.0: Input should be a valid string. Write it in quotes: '1.0'."),
        ({"date_published": "2025-02-30"}, "'date_published' = '2025-02-30': write a day, as in 2025-06-30"),
        ({"date_published": "20250228"}, "write a day, as in 2025-06-30"),
        ({"title": "a\n---\nb"}, "one line of text, without control characters"),
        ({"title": " "}, "one line of text"),
        ({"keywords": ["a\nb"]}, "'keywords' = 'a\\nb': one line of text"),
        ({"creators": [{"nam": "a"}]}, "needs option 'card.creators[0].name'"),
        (
            {"creators": [{"name": "a", "type": "persona"}]},
            "no such choice. Did you mean 'person'? Choices: person, org",
        ),
    ],
)
def test_a_wrong_card_is_told_before_anything_is_read(tmp_path, card, told):
    with pytest.raises(RecipeError) as error:
        load(str(recipe(tmp_path, card=card)))

    assert told in str(error.value)


def test_a_card_is_set_from_the_command_line(tmp_path):
    changes = {"card.license": "odc-by", "card.creators": "[{name: A}]", "card.keywords": "a,b"}
    card = load(str(recipe(tmp_path)), changes).options["card"]

    assert card["license"] == "odc-by"
    assert card["creators"] == [{"name": "A", "type": "organization", "url": None}]
    assert card["keywords"] == ["a", "b"]


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("CC-BY-SA-4.0", "cc-by-sa-4.0"),
        ("ODC-By-1.0", "odc-by"),
        ("AGPL-3.0-or-later", "agpl-3.0"),
        ("GPL-2.0-only", "gpl-2.0"),
        ("Apache 2", None),
        ("", None),
    ],
)
def test_an_spdx_identifier_is_a_name_of_the_hub(given, known):
    assert identifier(given) == known
