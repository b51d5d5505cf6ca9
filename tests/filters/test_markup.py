"""The counts of markup against what the HTML standard makes of it."""

import numpy as np
import pytest
from resiliparse.parse.html import HTMLTree

from crawlsieve.filters.markup import markup_counts

ANY = 1_000_000


def counts(page, most_elements=ANY, most_depth=1_000):
    """(elements, depth, attributes, options) of a page."""
    data = page.encode() if isinstance(page, str) else page
    spans = np.array([[0, len(data)]])
    return tuple(markup_counts(np.frombuffer(data, np.uint8), spans, most_elements, most_depth)[0].tolist())


def parsed(page):
    """(elements, depth) inside body, as a real parser sees them."""
    found, todo = [], [(HTMLTree.parse(page).body, 0)]
    while todo:
        node, depth = todo.pop()
        found.append(depth)
        todo += [(child, depth + 1) for child in node.child_nodes if child.tag and not child.tag.startswith("#")]
    return len(found) - 1, max(found)


@pytest.mark.parametrize(
    "page",
    [
        "",
        "text only, 1 < 2 & 2 > 1",
        "<p>one</p><p>two</p>",
        "<p>one<p>two<div>three</div>",
        "<div><p><b>x</b></p><img><br><hr></div>",
        "<ul><li>a<li>b<ul><li>c<li>d</ul><li>e</ul>",
        "<ul><li><div><li>a</ul>",
        "<ol><li><article><li>a</ol>",
        "<dl><dt>a<dd>b<dt>c<dd>d<div><dd>e</div></dl>",
        "<h1>a<h2>b</h1>",
        "<div><span></div></span><p>x",
        "<p><b>one<p>two<p>three",
        "<p><b>one<p>two</b><p>three",
        "<p><b>one<p></b>two<p>three",
        "<h1>a</h2><i>x",
        "<svg><style><g></g></style></svg>",
        "<svg><script><g></g></script></svg>",
        "<p><b><b><b><b><b>x<p>x",
        "<b id=1><p>x</b>y",
        "<a href=1>x<a href=2>y",
        "<svg><path/><g><path/></g></svg><p/>x",
        "<i>x</i><script>if (a<b) document.write('<p><p><p>')</script>",
        "<textarea><p></textarea><!-- <p><p> --><p>",
        "<!--> <p> <!---> <p> <!-- --!> <p>",
        "<select><option>a<option>b</select>",
        "<i>x</i></p></br></div></nothing>",
        "<DIV><Span></DIV>",
        "<div title='a>b<i>'>x</div><div title=\"<i>\">y</div>",
        "<div/a/b=c>x</div>",
    ],
)
def test_elements_and_depth_are_those_of_a_parser(page):
    assert counts(page)[:2] == parsed(page)


def test_a_table_is_counted_without_the_groups_that_a_parser_adds():
    assert counts("<table><tr><td>a<td>b<tr><td><b>c<tr><td>d</table>e")[:2] == (9, 4)


def test_cells_outside_of_tables_are_no_elements_inside_others():
    assert counts("<div>" + "<tr><td>" * 50 + "x")[1] == 1


def test_a_form_is_never_inside_another():
    assert counts("<form><form><form><i>x")[1] == 2


def test_the_end_of_a_form_closes_nothing_else():
    assert counts("<form><div></form>" * 50)[1] >= 50


@pytest.mark.parametrize("open_tag", ["<div>", "<li><article>", "<table><tr><td>", "<b id=%d>", "<q>", "<svg>"])
def test_what_nobody_closes_gets_deeper(open_tag):
    page = "".join(open_tag % i if "%d" in open_tag else open_tag for i in range(300))

    assert counts(page)[1] >= 300


def test_formatting_that_nobody_closes_is_opened_again_in_every_paragraph():
    page = "".join(f"<p><b id={i}>x" for i in range(100))

    elements, depth, *_ = counts(page)

    assert (elements, depth) == parsed(page)
    assert elements > 5_000


@pytest.mark.parametrize(
    ("tag", "attributes"),
    [
        ("<p>", 0),
        ("<p a>", 1),
        ("<p a=1 b='2 c' d=\"3 > 4\" e/f>", 5),
        ("<p a = 1  b= 2>", 2),
        ("<p " + " ".join(f"a{i}" for i in range(500)) + ">", 500),
        ("<p a b <i c>", 4),
    ],
)
def test_attributes_of_the_tag_with_most(tag, attributes):
    assert counts(f"<i x>{tag}</i y>")[2] == max(attributes, 1)


def test_options_are_counted_per_list():
    two = "<select>" + "<option>x" * 7 + "</select><select>" + "<option>x</option>" * 9 + "</select>"

    assert counts(two)[3] == 9


@pytest.mark.parametrize(("page", "place"), [("<br>" * 5_000, 0), ("<div>" * 5_000, 1)])
def test_counting_ends_at_the_bound(page, place):
    assert counts(page, most_elements=4_000, most_depth=100)[place] == (4_001, 101)[place]


@pytest.mark.parametrize(
    "page", ["<", "<a", "</", "</a", "<!", "<!-", "<!--", "<!--x-", "<a b", "<a b=", "<a b='", "<a/", "<?"]
)
def test_a_page_may_end_anywhere(page):
    assert counts("<p>" + page)[0] in (1, 2)


def test_a_page_does_not_look_into_the_next():
    data = b"<div><!-- <script>" + b"<p>--></script><p>"
    spans = np.array([[0, 18], [18, len(data)]])

    assert markup_counts(np.frombuffer(data, np.uint8), spans, ANY, 100)[:, 0].tolist() == [1, 2]


@pytest.mark.parametrize("end", ["</script>", "</SCRIPT >", "</script/x>"])
def test_raw_text_ends_with_its_own_end_tag(end):
    assert counts(f"<script><p></scrip></scripts>{end}<i>")[0] == 2
