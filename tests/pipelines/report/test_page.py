"""The file itself: nothing in it ends early, nothing is fetched, equal facts are equal bytes."""

import base64
import hashlib
import html
import json
import re
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlsieve.pipelines import report
from crawlsieve.pipelines.report.page import embedded, page

EMPTY = {"name": "x", "crawlsieve": "0", "balance": None, "sections": []}
ASSETS = files(report) / "assets"


def elements(text, name):
    """Contents of the elements as a browser's parser finds them: from each start to the first end."""
    return re.findall(rf"<{name}(?:\s[^>]*)?>(.*?)</{name}", text, re.DOTALL | re.IGNORECASE)


def digests(directive, text):
    policy = html.unescape(re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[1])
    return dict(part.split(" ", 1) for part in policy.split("; "))[directive]


@given(st.text())
def test_facts_come_back_and_no_character_of_them_ends_the_script(text):
    told = embedded({"text": text})

    assert json.loads(told) == {"text": text}
    assert not set(told) & set("<>&\u2028\u2029")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_json_is_refused(value):
    with pytest.raises(ValueError, match="JSON"):
        embedded(value)


@pytest.mark.parametrize("harm", ["</script><script>alert(1)</script>", "<!--<script>", "\u2028", "</title>", '"><b>'])
def test_a_name_that_means_harm_stays_in_its_place(harm):
    text = page({**EMPTY, "name": harm}).decode()

    assert len(elements(text, "script")) == 4
    assert json.loads(elements(text, "script")[0])["name"] == harm
    assert elements(text, "title") == [html.escape(f"{harm}: report of a crawlsieve run")]


def test_only_our_own_scripts_and_styles_may_run_and_nothing_may_be_fetched():
    text = page(EMPTY).decode()
    found = {
        name: [f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'" for part in parts]
        for name, parts in (("script-src", elements(text, "script")[1:]), ("style-src", elements(text, "style")))
    }

    assert digests("default-src", text) == "'none'"
    assert digests("img-src", text) == "data:"
    assert digests("script-src", text).split() == found["script-src"]
    assert digests("style-src", text).split() == found["style-src"]


def test_vendored_libraries_are_the_published_ones():
    listed = (ASSETS / "README.md").read_text()
    for name in ("d3.min.js", "plot.umd.min.js"):
        assert f"| `{hashlib.sha256((ASSETS / name).read_bytes()).hexdigest()}` |" in listed
        assert f"`LICENSE-{name.split('.')[0]}.txt`" in listed
        first = (ASSETS / name).read_text().partition("\n")[0]
        assert f"| {re.search(r' v([0-9.]+) ', first)[1]} |" in next(
            line for line in listed.splitlines() if f"`{name}`" in line
        )


def test_scripts_of_ours_write_text_and_no_markup():
    for file in ASSETS.iterdir():
        if file.name.endswith(".js") and not file.name.endswith(".min.js"):
            assert not re.search(
                r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|\.href *=", file.read_text()
            )
