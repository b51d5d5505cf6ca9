"""Whatever a value holds, it stays in its cell, and is neither markup nor HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlsieve.pipelines.cards.markup import code, fenced, line, paragraphs, table, text
from tests.pipelines.cards.made import tokens

HOSTILE = [
    "a|b",
    "`a` | ``b``",
    "a\n\n---\n\n# b",
    "<script>alert(1)</script>",
    "<!-- a",
    "<?a",
    "<div",
    "[a](javascript:alert(1))",
    "![a](http://tracker.example/x.png)",
    "http://a.example/?b|c`d",
    "\\|",
    "`",
    "a\u2028b\u0085c\x1b[31md\x00",
    "&lt;b&gt; &amp;",
    "~~a~~ **b** _c_ $d$",
    "```\nx",
]
values = st.one_of(
    st.sampled_from(HOSTILE), st.text(alphabet=st.sampled_from("ab|`\\<>&*_[]()!#~$-=+. \n\t\r\x00\u2028"), max_size=20)
)


def cells(markdown):
    """(kind, content) of each inline token of each cell."""
    found, inside = [], False
    for token in tokens(markdown):
        inside = token.type in {"td_open", "th_open"} if token.type != "inline" else inside
        if token.type == "inline":
            assert inside, markdown
            found.append([(child.type, child.content) for child in token.children])
    return found


@given(st.lists(values, min_size=2, max_size=2))
def test_text_in_a_cell_is_that_text(given_values):
    rows = "\n".join(table(["a", "b"], [[text(value) or "-" for value in given_values]]))

    found = cells(rows)[2:]
    assert ["".join(content for _, content in cell) for cell in found] == [line(value) or "-" for value in given_values]
    assert {kind for cell in found for kind, _ in cell} <= {"text", "text_special"}


@given(st.lists(values, min_size=2, max_size=2))
def test_code_in_a_cell_is_that_code(given_values):
    found = cells("\n".join(table(["a", "b"], [[code(value) for value in given_values]])))[2:]

    for cell, value in zip(found, given_values, strict=True):
        assert cell == [("code_inline", line(value)) if line(value) else ("text", "(empty)")]


@given(values)
def test_a_block_of_code_ends_where_it_ends(value):
    found = tokens("\n".join([*fenced(value, "yaml"), "", "after"]))

    assert [token.type for token in found] == ["fence", "paragraph_open", "inline", "paragraph_close"]
    assert found[0].info == "yaml"


@given(st.lists(values, max_size=3).map("\n\n".join))
def test_paragraphs_are_paragraphs_of_plain_text(value):
    found = tokens("\n".join([*paragraphs(value), "", "after"]))

    assert {token.type for token in found} == {"paragraph_open", "inline", "paragraph_close"}
    kinds = {child.type for token in found for child in token.children or []}
    assert kinds <= {"text", "text_special"}


@pytest.mark.parametrize("value", ["1. a", "- a", "+ a", "== a", "# a", "> a", "12) a"])
def test_a_paragraph_begins_no_list_and_no_heading(value):
    found = tokens("\n".join(paragraphs(value)))

    assert [token.type for token in found] == ["paragraph_open", "inline", "paragraph_close"]
    assert "".join(child.content for child in found[1].children) == value
