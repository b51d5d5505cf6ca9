"""The tables of `docs/reference/rules.md` are the rule sets."""

import re

from crawlsieve.filters.rulesets import ALIASES, RULE_SETS
from tests.docs.snippets import ROOT

PAGE = (ROOT / "docs" / "reference" / "rules.md").read_text(encoding="utf-8")


def number(cell):
    return float(cell.replace(" ", "")) if cell.strip() else None


def test_every_rule_of_every_set_is_on_the_page_with_its_bounds():
    written = {}
    for part in PAGE.split("### ")[1:]:
        name = re.match(r"`([^`]+)`", part).group(1)
        rows = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|([^|]*)\|([^|]*)\|$", part, re.MULTILINE)
        written[name] = [(rule, column, number(low), number(high)) for rule, column, low, high in rows]

    assert written == {
        name: [(rule.name, rule.column, rule.at_least, rule.at_most) for rule in rules]
        for name, rules in RULE_SETS.items()
    }


def test_every_alias_is_on_the_page():
    assert dict(re.findall(r"^### `([^`]+)`, also `([^`]+)`$", PAGE, re.MULTILINE)) == {
        name: alias for alias, name in ALIASES.items()
    }
