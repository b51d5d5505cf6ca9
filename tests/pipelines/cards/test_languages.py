"""Labels of any model become codes that the Hub takes."""

import re
from importlib.resources import files

import pytest

from crawlsieve.pipelines.cards.languages import code_of
from crawlsieve.stages.fasttext_model import model_labels, model_path


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("en", "en"),
        ("eng_Latn", "en"),
        ("cmn_Hani", "zh"),
        ("zh-Hans", "zh"),
        ("arb_Arab", "ar"),
        ("yue_Hant", "yue"),
        ("no", "no"),
        ("als", "gsw"),
        ("als_Latn", "sq"),
        ("und", None),
        ("und_Latn", None),
        ("zxx_Zzzz", None),
        ("", None),
        (None, None),
        ("English", None),
        ("a|b", None),
        ("en\n---", None),
    ],
)
def test_a_label_is_an_iso_code_or_none(label, code):
    assert code_of(label) == code


def test_every_code_of_the_table_is_there_once_and_short():
    pairs = [
        line.split() for line in files("crawlsieve.pipelines.cards").joinpath("iso639.txt").read_text().splitlines()
    ]

    assert len({long for long, _ in pairs}) == len(pairs) > 100
    assert all(re.fullmatch("[a-z]{3} [a-z]{2}", " ".join(pair)) for pair in pairs)


def test_every_label_of_the_model_that_is_installed_has_a_code():
    labels = model_labels(model_path("lid.176"))

    assert len(labels) == 176
    assert [label for label in labels if not re.fullmatch("[a-z]{2,3}", code_of(label) or "")] == []
