"""README.md is a dataset card: the Hub's own parser reads it, and its numbers are those of the run."""

import json
import re

import pytest
import yaml
from huggingface_hub import DatasetCard, metadata_load

from crawlsieve.pipelines.cards.head import feature, size_category
from crawlsieve.pipelines.cards.write import write_cards
from crawlsieve.schemas import tables
from crawlsieve.schemas.mix import MIXTURE
from tests.pipelines.cards.made import CARD, body, made, pages, tokens

LANGUAGES = [{"language": {"keep": []}}]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Ten records, of which three are the same text again."""
    same = [page | {"text": "text 1", "date": "2025-06-03T10:00:00Z"} for page in pages(3, begin=100)]
    return made(tmp_path_factory.mktemp("cards"), pages(7), same, card=CARD)


def head(run):
    return metadata_load(run / "README.md")


def rows(run, title):
    """Cells of the first table below a heading."""
    section = body(run).split(f"## {title}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def test_the_hub_reads_the_metadata(run):
    folder, manifest = run
    card = DatasetCard.load(folder / "README.md")

    assert card.data.to_dict() == head(folder)
    assert card.data.pretty_name == "Pages of nobody"
    assert card.data.license == "cc-by-4.0"
    assert card.data.task_categories == ["text-generation"]
    assert card.data.task_ids == ["language-modeling"]
    assert card.data.size_categories == ["n<1K"]
    assert card.data.tags == ["web", "crawlsieve"]
    (info,) = card.data.dataset_info
    documents = [file for file in manifest["files"] if file["table"] == "documents"]
    assert info["splits"][0]["num_examples"] == manifest["balance"]["documents"] == 7
    assert info["download_size"] == sum(file["bytes"] for file in documents)
    assert card.content.startswith("---\n")


def test_numbers_are_those_of_the_run(run):
    folder, manifest = run

    assert rows(folder, "What became of every record") == [
        ["records read", "10", "100.00%", "-"],
        ["documents", "7", "70.00%", str(7 * len("text 1"))],
        ["rejected", "0", "0.00%", "0"],
        ["duplicates", "3", "30.00%", str(3 * len("text 1"))],
        ["failed", "0", "0.00%", "-"],
    ]
    assert rows(folder, "Duplicates") == [["`text`", "3", "30.00%"]]
    assert [row[3] for row in rows(folder, "Provenance")] == [f"`{item['sha256']}`" for item in manifest["inputs"]]
    assert "captured from 2025-06-01 to 2025-06-07 (UTC)" in body(folder)
    assert manifest["published"]["last"] == "2025-06-07T10:00:00+00:00"


def test_what_the_recipe_says_of_the_dataset_is_there(run):
    text = body(run[0])

    assert text.startswith("\n# Pages of nobody\n\nWhat nobody wrote.\n")
    assert "Licence: CC-BY-4.0." in text
    assert "Made by Ada." in text
    assert "```bibtex\n@misc{nobody, title={Pages of nobody}}\n```" in text
    assert "version 1.2.0, 2025-07-01" in text
    assert "<https://nobody.example/>" in text


def test_every_column_says_its_type_and_what_it_holds(run):
    assert rows(run[0], "Columns") == [
        [f"`{field.name}`", f"`{field.type}`", field.metadata[b"unit"].decode(), row[3]]
        for field, row in zip(tables.DOCUMENTS, rows(run[0], "Columns"), strict=True)
    ]


def test_nothing_is_said_that_nobody_said(tmp_path):
    folder, _ = made(tmp_path, pages(2))

    assert not head(folder).keys() & {"license", "license_name", "license_link", "language", "source_datasets"}
    assert head(folder)["pretty_name"] == "test"
    assert "No licence was stated for this dataset." in body(folder)
    assert "Nobody has said how to cite it." in body(folder)
    assert "No step of the recipe removes personal data." in body(folder)
    assert "No language is known of any document." in body(folder)


@pytest.mark.parametrize(
    ("card", "told"),
    [
        ({"license": "ODC-By-1.0"}, {"license": "odc-by"}),
        ({"license": "mit", "license_url": "https://a.b/"}, {"license": "mit", "license_link": "https://a.b/"}),
        (
            {"license": "My Licence 2", "license_url": "https://a.b/"},
            {"license": "other", "license_name": "my-licence-2", "license_link": "https://a.b/"},
        ),
    ],
)
def test_a_licence_is_one_of_the_hub_or_other_with_a_name_and_a_link(tmp_path, card, told):
    folder, _ = made(tmp_path, pages(2), card=card)

    assert {key: value for key, value in head(folder).items() if key.startswith("license")} == told


def test_languages_are_counted_and_have_codes(tmp_path):
    english = [page | {"text": "This is a plain sentence of English words. " * 3} for page in pages(3)]
    german = [page | {"text": "Das ist ein deutscher Satz über das Wetter. " * 3} for page in pages(2, begin=10)]
    steps = [{"language": {}}, {"measure": {"signals": ["gopher"]}}]
    folder, manifest = made(tmp_path, english, [*german, pages(1, begin=20)[0] | {"text": "12345"}], steps=steps)

    assert head(folder)["language"] == ["en", "de"]
    assert head(folder)["multilinguality"] == ["multilingual"]
    assert [row[:4] for row in rows(folder, "Languages")] == [
        ["`en`", "en", "3", "50.00%"],
        ["`de`", "de", "2", "33.33%"],
        ["unknown", "-", "1", "16.67%"],
    ]
    words = {row["label"]: row["words"] for row in manifest["published"]["languages"]}
    assert words == {"en": 3 * 24, "de": 2 * 24, None: 1}


def test_rules_show_their_bounds_and_what_they_reject(tmp_path):
    steps = [{"measure": {"signals": ["gopher"]}}, {"judge": {"rules": ["gopher_quality"]}}, {"redact": {}}]
    folder, manifest = made(tmp_path, pages(5), steps=steps, keep_rejected="text")

    found = {row[0]: row[1:] for row in rows(folder, "Rules and reasons")}
    assert found["`gopher_word_count`"] == [
        "`word_count`", "at least 50 and at most 100000", "5", "100.00%", str(5 * len("text 1"))
    ]  # fmt: skip
    assert len(found) == len(manifest["rules"])
    assert "redact replaces e-mail addresses and public IP addresses" in body(folder)
    assert [config["config_name"] for config in head(folder)["configs"]] == ["default", "rejected", "duplicates"]


def test_hostile_names_break_neither_the_metadata_nor_the_tables(tmp_path):
    name = "a|`b`\n---\n<script>alert(1)<!--.jsonl"
    folder = tmp_path / "CC-MAIN-2025-26"
    folder.mkdir()
    (folder / name).write_text("".join(json.dumps(page) + "\n" for page in pages(2)))
    card = CARD | {"title": "--- | <b>`t`</b>", "description": "<script>x</script>\n\n---\n\n``` `\n\n# h",
                   "citation": "```\n---\n<script>", "keywords": ["---", "no", "a: b"]}  # fmt: skip
    run, _ = made(tmp_path, card=card, source={"paths": [str(folder / "*")]})

    said = head(run)
    assert said["pretty_name"] == card["title"]
    assert said["tags"] == ["---", "no", "a: b", "common-crawl", "crawlsieve"]
    found = tokens(body(run))
    kinds = {child.type for token in found for child in token.children or []} | {token.type for token in found}
    assert not kinds & {"html_block", "html_inline", "hr"}
    titles = [
        found[n + 1].content for n, token in enumerate(found) if token.type == "heading_open" and token.tag == "h2"
    ]
    assert titles[0] == "What became of every record"
    assert titles[-1] == "Citation"
    (row,) = rows(run, "Provenance")
    assert len(row) == 4
    assert "crawls of Common Crawl: CC-MAIN-2025-26." in body(run)


def test_the_recipe_of_the_card_is_the_one_that_ran_without_the_address_of_the_store(tmp_path):
    source = {"paths": [str(tmp_path / "*.jsonl")], "storage": {"endpoint_url": "http://hush.example/"}}
    folder, manifest = made(tmp_path, pages(2), source=source)

    (block,) = [token.content for token in tokens(body(folder)) if token.type == "fence" and token.info == "yaml"]
    said = yaml.safe_load(block)
    assert said["steps"] == manifest["recipe"]["steps"]
    assert "hush" not in (folder / "README.md").read_text() + (folder / "croissant.json").read_text()


@pytest.mark.parametrize(
    ("count", "name"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (10**9, "1B<n<10B"), (10**12 - 1, "100B<n<1T"), (10**12, "n>1T")],
)
def test_sizes_have_the_names_of_the_hub(count, name):
    assert size_category(count) == name


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("schema", [tables.DOCUMENTS, tables.REJECTED, tables.DUPLICATES, tables.FAILED, MIXTURE])
def test_columns_are_declared_as_datasets_itself_does(schema):
    from datasets import Features

    assert [feature(field) for field in schema] == Features.from_arrow_schema(schema)._to_yaml_list()


def test_the_same_run_has_the_same_cards(run):
    folder, manifest = run
    before = [(folder / name).read_bytes() for name in ("README.md", "croissant.json")]
    write_cards(str(folder), manifest)

    assert [(folder / name).read_bytes() for name in ("README.md", "croissant.json")] == before
