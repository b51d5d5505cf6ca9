"""The report in a real browser: it is drawn, answers, stays alone, and obeys nobody's page."""

import base64
import os
import re
from pathlib import Path

import pytest

from crawlsieve.pipelines.report.blocks import section
from crawlsieve.pipelines.report.write import report
from tests.pipelines.report.conftest import ADDRESS

PROGRAM = Path(os.environ.get("CRAWLSIEVE_CHROMIUM", "/usr/bin/chromium"))
OPTIONS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
SECTIONS = [
    "balance", "funnel", "rules", "signals", "sites", "lengths", "duplicates", "samples", "failures", "speed", "about",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium."""
    needed = os.environ.get("CRAWLSIEVE_REQUIRE_BROWSER") == "1"
    if not needed and not PROGRAM.exists():
        pytest.skip(f"no browser at {PROGRAM}; CRAWLSIEVE_CHROMIUM names another place")
    if not needed:
        pytest.importorskip("playwright")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        started = running.chromium.launch(executable_path=PROGRAM, args=list(OPTIONS))
        yield started
        started.close()


class Watched:
    """A page with the report in it, and all that it said and asked for."""

    def __init__(self, page, place):
        self.page, self.said, self.asked = page, [], []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", lambda dialog: (self.said.append(dialog.message), dialog.dismiss()))
        page.context.on("request", lambda request: self.asked.append(request.url))
        self.place = place.absolute().as_uri()
        page.goto(self.place)
        page.wait_for_selector("html[data-ready]")


@pytest.fixture
def opened(browser, run):
    """A report, as `opened(width=360)` opens it; at the end, nothing was complained of and nothing was fetched."""
    contexts, pages = [], []

    def opening(place=None, width=1200, height=800, **options):
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **options))
        pages.append(Watched(contexts[-1].new_page(), place or run / "report.html"))
        return pages[-1].page

    yield opening
    for watched in pages:
        watched.page.wait_for_timeout(50)
        assert watched.said == []
        assert watched.asked == [watched.place]
    for context in contexts:
        context.close()


def visible(page, selector):
    return [element for element in page.query_selector_all(selector) if element.is_visible()]


def test_every_section_is_drawn_and_listed(opened):
    page = opened()
    sections = page.eval_on_selector_all("main > section", "all => all.map(each => each.id)")

    assert sections == SECTIONS
    assert page.eval_on_selector_all("nav a", "all => all.map(each => each.hash.slice(1))") == SECTIONS
    assert re.search(r"^28\s+of 43 records were kept$", page.inner_text(".headline"))
    for name in ("funnel", "rules", "signals", "sites", "lengths", "duplicates", "failures", "speed"):
        for chart in visible(page, f"#{name} .chart svg"):
            assert chart.get_attribute("role") == "img"
            assert chart.get_attribute("aria-label")
        assert page.query_selector(f"#{name} .chart svg :is(rect, path)"), name


def test_every_chart_has_its_numbers_in_a_table(opened):
    page = opened()
    without = page.eval_on_selector_all(
        "figure:has(svg)",
        "all => all.filter(each => !each.closest('.block, .card').querySelector('table')"
        " && !each.closest('section').querySelector('table, .tiles')).length",
    )

    assert without == 0
    page.click("#rules details summary")
    assert "gopher_word_count" in page.inner_text("#rules details[open] table")


def test_a_bound_is_drawn_where_it_lies(opened):
    page = opened()
    card = page.query_selector("article.card:has(code:text-is('word_count'))")

    assert "at least 4, at most 100,000; rejects 7" in card.inner_text()
    assert card.query_selector_all("svg g[aria-label='rule'] line")


def test_samples_are_chosen_by_outcome_by_rule_and_by_words(opened):
    page = opened()
    count = page.locator("#samples [role=status]")
    every = int(count.inner_text().split()[0])

    page.select_option("#sample-outcome", "rejected")
    rejected = int(count.inner_text().split()[0])
    assert 0 < rejected < every
    assert set(page.eval_on_selector_all("#samples .badge", "all => all.map(each => each.textContent)")) == {"rejected"}

    page.select_option("#sample-rule", "gopher_word_count")
    assert count.inner_text() == f"3 of {every} samples"
    assert "word_count is 2, at least 4" in page.inner_text("#samples article")

    page.select_option("#sample-rule", "")
    page.select_option("#sample-outcome", "")
    page.fill("#sample-words", "of page 23 HAS")
    assert count.inner_text() == f"1 of {every} samples"
    page.fill("#sample-words", "nothing has these words")
    assert count.inner_text() == f"0 of {every} samples"


def test_more_samples_come_when_asked(opened):
    page = opened()
    before = len(visible(page, "#samples article"))
    page.click("#samples button:has-text('more')")

    assert len(visible(page, "#samples article")) > before == 15


def test_signals_are_chosen_by_name_and_by_rule(opened):
    page = opened()
    every = len(visible(page, "#signals article"))
    page.check("#signals input[type=checkbox] >> nth=0")
    ruled = len(visible(page, "#signals article"))
    page.fill("#signal-search", "gopher_hashes")

    assert 1 < ruled <= every
    assert [each.inner_text() for each in visible(page, "#signals figcaption")] == ["hash_to_word_ratio"]


def test_the_funnel_shows_bytes_when_asked(opened):
    page = opened()
    before = page.text_content("#funnel svg")
    page.check("#funnel input[value=bytes]")

    assert "kB" not in before
    assert "kB" in page.text_content("#funnel svg")


def test_twins_stand_side_by_side_with_their_differences(opened):
    page = opened()
    page.eval_on_selector_all("#duplicates details.pair", "all => all.forEach(each => each.open = true)")
    first, second = visible(page, "#duplicates .pair >> nth=0 >> .side")

    assert first.inner_text().startswith("REMOVED")
    assert abs(first.bounding_box()["y"] - second.bounding_box()["y"]) < 2
    assert first.bounding_box()["x"] < second.bounding_box()["x"]
    assert first.query_selector("pre").inner_text() == second.query_selector("pre").inner_text()


def test_a_page_that_means_harm_is_shown_and_does_nothing(opened):
    page = opened()
    page.fill("#sample-words", "window.harmed = 'text'")
    page.click("#samples details summary")
    page.wait_for_timeout(100)

    assert "</script><script>window.harmed" in page.inner_text("#samples pre")
    assert ADDRESS in page.inner_text("#samples .url")
    assert page.evaluate("window.harmed") is None
    assert page.query_selector_all("main :is(script, img, iframe, object, embed, link, style)") == []
    assert all(
        target.startswith("#")
        for target in page.eval_on_selector_all("a", "all => all.map(a => a.getAttribute('href'))")
    )


def test_a_script_that_got_into_the_page_may_not_run(browser, run, tmp_path):
    """The policy holds even if the escaping did not."""
    report = (run / "report.html").read_text()
    place = tmp_path / "changed.html"
    place.write_text(
        report.replace("<noscript>", "<script>window.harmed = 1</script><img src=x onerror='harmed = 2'><noscript>")
    )
    page = browser.new_page()
    asked = []
    page.on("requestfinished", lambda request: asked.append(request.url))
    page.goto(place.absolute().as_uri())
    page.wait_for_selector("html[data-ready]")

    assert page.evaluate("window.harmed") is None
    assert asked == [place.absolute().as_uri()]
    assert page.evaluate("fetch('data:text/plain,x').then(() => 'fetched', () => 'refused')") == "refused"
    page.close()


def test_a_picture_is_seen_and_runs_nothing(opened, run, tmp_path):
    drawn = b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><script>top.harmed = 1</script></svg>"
    source = f"data:image/svg+xml;base64,{base64.b64encode(drawn).decode()}"
    block = {"kind": "picture", "caption": "weights", "source": source}
    place = report(str(run), str(tmp_path / "r.html"), (lambda _: section("mixture", "The mixture", "", block),))

    page = opened(Path(place))
    page.wait_for_timeout(100)

    assert page.eval_on_selector("#mixture img", "each => [each.naturalWidth, each.alt]") == [9, "weights"]
    assert page.evaluate("window.harmed") is None


def test_text_that_turns_its_direction_turns_nothing_else(opened):
    page = opened()
    page.fill("#sample-words", "turned.example")

    assert "http://turned.example/‹U+202E›gpj.exe" in page.inner_text("#samples .url")
    assert page.eval_on_selector("#samples .url", "each => getComputedStyle(each).unicodeBidi") == "isolate"


@pytest.mark.parametrize("width", [320, 360, 768, 1200, 2000])
def test_no_screen_has_to_be_scrolled_sideways(opened, width):
    page = opened(width=width, has_touch=width < 500)
    page.eval_on_selector_all("details", "all => all.forEach(each => each.open = true)")

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.body.scrollWidth") <= width


def test_a_window_that_is_made_smaller_has_its_charts_drawn_anew(opened):
    page = opened()
    page.set_viewport_size({"width": 400, "height": 800})
    page.wait_for_function("document.querySelector('#funnel svg').getBoundingClientRect().width < 400")

    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def brightness(page, selector, colour):
    value = page.eval_on_selector(selector, f"each => getComputedStyle(each).{colour}")
    return sum(map(int, re.findall(r"\d+", value)[:3])) / 3


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_the_reader_s_scheme_is_followed_and_text_can_be_read(opened, scheme, dark):
    page = opened(color_scheme=scheme)
    paper, ink = brightness(page, "body", "backgroundColor"), brightness(page, "body", "color")

    assert (paper < 60) is dark
    assert abs(paper - ink) > 150
    assert (brightness(page, "#funnel svg text", "fill") > 150) is dark


def test_the_keyboard_reaches_every_control_and_shows_where_it_is(opened):
    page = opened()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"

    reached = set()
    for _ in range(400):
        page.keyboard.press("Tab")
        place, outline = page.evaluate(
            "() => { const at = document.activeElement; return [at.id || at.value || at.textContent.slice(0, 30),"
            " getComputedStyle(at).outlineStyle]; }"
        )
        if place in reached and place == "sample-words":
            break
        reached.add(place)
        assert outline != "none", place
        if place == "sample-words":
            break
    assert {"documents", "signal-search", "sample-outcome", "sample-rule", "sample-words"} <= reached

    page.keyboard.type("page 23")
    assert page.locator("#samples [role=status]").inner_text().startswith("1 of")


def test_paper_shows_all_samples_and_no_controls(opened):
    page = opened()
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")

    assert visible(page, "nav") + visible(page, "form.filters") == []
    assert len(visible(page, "#samples article")) == int(
        page.locator("#samples [role=status]").text_content().split()[0]
    )


def test_the_gate_fails_without_a_browser():
    gate = (Path(__file__).parents[3] / ".ci" / "run").read_text()

    assert gate.index("install -qq -y --no-install-recommends chromium") < gate.index("make test")
    assert gate.index("export CRAWLSIEVE_REQUIRE_BROWSER=1") < gate.index("make test")


def test_the_file_is_small(run):
    assert (run / "report.html").stat().st_size < 1_000_000
