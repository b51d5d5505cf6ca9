"""The section on a weighted mixture."""

import base64

import duckdb
import pytest

from crawlsieve.pipelines.report.mixture import mixture
from crawlsieve.pipelines.report.tables import Tables

EACH = {"weight": 0.25, "share": 0.2499, "size": 10, "documents": 4, "unique_documents": 2, "epochs": 2.0}
TOLD = {"documents": 8, "size": 40, "unit": "bytes", "domain": "column", "seed": 1}
PICTURE = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


def shown(recipe, **domains):
    told = TOLD | {"domains": domains or {"all": EACH}}
    with duckdb.connect() as connection:
        return mixture(Tables(connection, {"mixture": told, "recipe": recipe}, "", ""))["blocks"]


def of_kind(blocks, kind):
    return [block for block in blocks if block["kind"] == kind]


def test_a_mixture_shows_what_was_asked_and_what_was_reached():
    large = EACH | {"weight": 0.75, "share": 0.7501}
    blocks = shown({}, **{"small": EACH, "large </script>": large})

    (paired,), (table,) = of_kind(blocks, "paired"), of_kind(blocks, "table")
    assert [(row["name"], row["values"]) for row in paired["rows"]] == [
        ("large </script>", [0.75, 0.7501]), ("small", [0.25, 0.2499]),
    ]  # fmt: skip
    assert table["rows"][1] == ["small", 0.25, 0.2499, 10, 4, 2, 2.0]


@pytest.mark.parametrize("inside", [lambda mix: {"steps": [{"extract": {}}, {"mix": mix}]}, lambda mix: {"mix": mix}])
def test_the_pictures_beside_the_weights_are_in_it_as_images(tmp_path, inside):
    (tmp_path / "W_weights.svg").write_bytes(PICTURE)
    (tmp_path / "W_loss.svg").write_bytes(PICTURE)

    found = of_kind(shown(inside({"weights": str(tmp_path / "W.yaml")})), "picture")

    assert [block["caption"] for block in found] == [
        "Recommended weights, with their intervals", "Predicted loss over tokens and epochs",
    ]  # fmt: skip
    kind, _, data = found[0]["source"].partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(data) == PICTURE


@pytest.mark.parametrize("weights", [{"a": 1.0}, "gone/W.yaml"])
def test_weights_without_pictures_have_none(weights):
    assert of_kind(shown({"mix": {"weights": weights}}), "picture") == []


def test_a_picture_that_is_too_large_is_named(tmp_path):
    (tmp_path / "W_weights.svg").write_bytes(b" " * 600_000)

    (said,) = of_kind(shown({"mix": {"weights": str(tmp_path / "W.yaml")}}), "note")

    assert "W_weights.svg is too large" in said["text"]


def test_an_address_that_nobody_knows_is_told():
    (said,) = of_kind(shown({"mix": {"weights": "nowhere://W.yaml"}}), "note")

    assert "could not be read" in said["text"]
