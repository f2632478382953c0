"""Bars that redraw.js hides, in Chromium: the others stand as if they had been drawn alone."""

from importlib.resources import files
from random import Random

import pytest

from spacy_nested_ner.rendering import Bar, draw
from tests.rendering.measure import check, measure, read
from tests.rendering.texts import latin_text, random_bars

pytestmark = pytest.mark.slow

SCRIPT = files("spacy_nested_ner.rendering").joinpath("redraw.js").read_text(encoding="utf8")
REDRAW = """shown => {
    const keys = new Set(shown.map((key) => key.join(":")));
    redraw(document.querySelector(".nested-ner"), (...key) => keys.has(key.join(":")));
}"""


@pytest.fixture(scope="module")
def page(browser):
    return browser.new_page()


def redraw(page, shown):
    page.evaluate(REDRAW, [list(bar[:3]) for bar in shown])
    return read(page)


@pytest.mark.parametrize("width", [320, 1400])
@pytest.mark.parametrize("seed", range(4))
def test_the_bars_that_are_shown_stand_as_if_there_were_no_others(page, seed, width):
    rng = Random(seed)
    text = latin_text(rng, 50)
    bars = list({bar[:3]: bar for bar in random_bars(rng, text, 40)}.values())
    plain = measure(page, draw(text, (), ()), width)
    measure(page, draw(text, (), bars, redrawable=True), width)
    page.add_script_tag(content=SCRIPT)
    for share in (0.5, 0.1, 0.8):
        shown = [bar for bar in bars if rng.random() < share]
        m = redraw(page, shown)
        check(m, plain, text, (), shown)
        titles = page.evaluate("[...document.querySelectorAll('mark')].map((x) => x.title)")
        assert len({title for title in titles if title}) == len(
            {(text[bar.start : bar.end], bar.label) for bar in shown}
        )
    assert redraw(page, []).chars.tolist() == pytest.approx(plain.chars, abs=1)
    check(redraw(page, bars), plain, text, (), bars)


def test_a_line_is_as_high_as_what_is_shown(page):
    text = "pump seal leaks"
    bars = [Bar(0, 15, "a"), Bar(0, 9, "b"), Bar(0, 4, "c")]
    heights = []
    for n in range(4):
        measure(page, draw(text, (), bars[:n]), 800)
        heights.append(page.locator(".nested-ner").bounding_box()["height"])
    measure(page, draw(text, (), bars, redrawable=True), 800)
    page.add_script_tag(content=SCRIPT)
    for n in (1, 3, 0, 2):
        redraw(page, bars[:n])
        assert page.locator(".nested-ner").bounding_box()["height"] == heights[n]
