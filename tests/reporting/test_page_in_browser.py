"""The page as a reader has it, in Chromium."""

import itertools
from collections import defaultdict
from dataclasses import replace
from typing import List
from urllib.parse import urlencode

import pytest

from spacy_nested_ner.evaluation.errors import judge
from spacy_nested_ner.evaluation.evaluate import evaluate_docs
from tests.reporting.pages import DOCS, HOSTILE, Page, make, make_doc, make_once
from tests.reporting.test_page import make_hostile, percent

pytestmark = pytest.mark.slow

pytest.importorskip("matplotlib")

KINDS = ("", "missed", "spurious", "boundary", "type", "both", "correct")
# deep, crossing, with long labels and short texts, and in scripts of all kinds
DRAWN = [
    *DOCS,
    make_doc(
        "a b c d e f g h",
        [(0, i, f"a label that is long, {i}") for i in range(1, 8)],
        [(i, i + 3, "crossing", 0.7) for i in range(5)],
        "deep",
    ),
    make_doc(
        "مضخة المياه الكبيرة تسرب الزيت",
        [(0, 3, "part"), (1, 2, "fluid"), (3, 5, "fault")],
        [(0, 2, "part", 0.9), (2, 4, "fault", 0.6)],
        "arabic",
    ),
    make_doc(
        "泵 的 密封件 漏油", [(0, 3, "部件"), (2, 4, "故障")], [(0, 4, "部件", 0.8)], "泵"
    ),
    make_doc(
        " ".join(f"word{i}" for i in range(5_000)),
        [(i, i + 7, "long") for i in range(0, 4_900, 70)],
        [(i, i + 9, "long", 0.5) for i in range(3, 4_900, 90)],
        "5,000 words",
    ),
]


@pytest.fixture
def open_page(browser, tmp_path):
    """Open HTML from a file and return the page; every request for something else fails and is
    counted in `requests`, and so is every error in `errors`."""
    contexts = []

    def open_page(html: str, *, hash: str = "", **options):
        file = tmp_path / "page.html"
        file.write_text(html, encoding="utf8")
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.requests, page.errors = [], []

        def answer(route):
            if route.request.url.split("#")[0] == file.as_uri():
                route.continue_()
            else:
                page.requests.append(route.request.url)
                route.abort()

        context.route("**/*", answer)
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("console", lambda message: page.errors.append(message.text))
        page.goto(file.as_uri() + hash)
        return page

    yield open_page
    for context in contexts:
        context.close()


def visible(page) -> List[int]:
    """The numbers of the documents that are seen."""
    ids = page.eval_on_selector_all(
        "article.document", "all => all.filter(a => a.offsetParent !== null).map(a => a.id)"
    )
    return sorted(int(id.rpartition("-")[2]) for id in ids)


def expected(docs, *, label="", kind="", text="", errors=False) -> List[int]:
    """By another way than the page's: from the judgements."""
    numbers = []
    for number, doc in enumerate(docs, start=1):
        judged = judge(doc)
        mentions = [
            (one.kind, mention.label)
            for one in judged
            for mention in (one.gold, one.predicted)
            if mention
        ]
        if errors and all(one.kind == "correct" for one in judged):
            continue
        if (label or kind) and not any(
            kind in ("", found) and label in ("", name) for found, name in mentions
        ):
            continue
        if text and text.lower() not in " ".join(doc.text.split()).lower() + "\0" + doc.id:
            continue
        numbers.append(number)
    return numbers


SET_ALL = """
wanted => {
  const { label, kind, text, errors } = document.getElementById("filters").elements;
  const option = [...label.options].find(o => (o.dataset.name || "") === wanted.label);
  label.value = option.value;
  kind.value = wanted.kind;
  text.value = wanted.text;
  errors.checked = wanted.errors;
  label.dispatchEvent(new Event("change", { bubbles: true }));
}
"""


def choose(page, *, label="", kind="", text="", errors=False) -> None:
    labels = page.eval_on_selector_all(
        "select[name=label] option", "all => all.map(o => [o.dataset.name || '', o.value])"
    )
    page.select_option("select[name=label]", dict(labels)[label])
    page.select_option("select[name=kind]", kind)
    page.fill("input[name=text]", text)
    page.set_checked("input[name=errors]", errors)
    page.dispatch_event("input[name=text]", "change")


def wait_for_count(page, n: int) -> None:
    """The text is looked at a moment after the last key."""
    page.locator("#matching").filter(has_text=f"{n} of ").wait_for()


@pytest.mark.slow
def test_filters_and_their_combinations_show_exactly_what_fits(open_page):
    page = open_page(make_once())
    outcomes = set()
    choices = itertools.product(
        ("", "part", "fault", "action"),
        KINDS,
        ("", "PUMP", "stuck, no", "type-1"),
        (False, True),
    )
    for label, kind, text, errors in choices:
        wanted = {"label": label, "kind": kind, "text": text, "errors": errors}
        page.evaluate(SET_ALL, wanted)  # at once: there are hundreds
        numbers = expected(DOCS, **wanted)
        outcomes.add(tuple(numbers))
        assert visible(page) == numbers, wanted
        count = page.text_content("#matching")
        assert count == f"{len(numbers)} of {len(DOCS)} documents"
        assert page.is_visible("#none") == (not numbers)
    assert len(outcomes) > 8  # the documents do tell the filters apart
    assert not page.errors


def test_what_is_looked_for_stands_out(open_page):
    page = open_page(make_once())
    choose(page, label="part", kind="missed")
    bars = page.eval_on_selector_all(
        "article:not([hidden]) mark",
        "all => all.map(m => [m.dataset.label, m.dataset.kind, m.classList.contains('pale')])",
    )
    assert {pale for _, _, pale in bars} == {True, False}
    assert all(pale == ((label, kind) != ("part", "missed")) for label, kind, pale in bars)


def test_show_all_takes_everything_back(open_page):
    page = open_page(make_once())
    choose(page, label="part", kind="missed", text="pump", errors=True)
    page.click("button[type=reset]")
    wait_for_count(page, len(DOCS))
    assert visible(page) == list(range(1, len(DOCS) + 1))


def test_the_keyboard_suffices(open_page):
    page = open_page(make_once())
    page.focus("select[name=label]")
    page.keyboard.type("fault")
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.type("seal")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    wanted = {"label": "fault", "text": "seal", "errors": True}
    wait_for_count(page, 2)
    assert visible(page) == expected(DOCS, **wanted)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    wait_for_count(page, 5)


def test_the_address_keeps_the_filters(open_page):
    page = open_page(make_once())
    wanted = {"label": "fault", "kind": "boundary", "text": "pump & Co=1", "errors": True}
    choose(page, **{**wanted, "text": "leaks"})
    wait_for_count(page, 1)
    address = page.evaluate("location.hash")
    again = open_page(make_once(), hash=address)
    assert visible(again) == visible(page) == [1]
    names = {"label": "fault", "judged": "boundary", "text": "pump & Co=1", "errors": "1"}
    again = open_page(make_once(), hash=f"#{urlencode(names)}")
    assert again.input_value("input[name=text]") == wanted["text"]
    assert visible(again) == []


@pytest.mark.parametrize(
    "hash", ["#label=nobody&judged=what", "#=", "#label=%E0%A4%A", "#errors=2"]
)
def test_a_strange_address_hides_nothing(open_page, hash):
    page = open_page(make_once(), hash=hash)
    assert visible(page) == list(range(1, len(DOCS) + 1))
    assert not page.errors


def test_without_javascript_all_is_there_but_the_filters(open_page):
    page = open_page(make_once(), java_script_enabled=False)
    # no script, no evaluation: ask as a reader would see it
    for number in range(1, len(DOCS) + 1):
        assert page.locator(f"#document-{number}").is_visible()
    assert not page.locator("#filters").is_visible()
    assert page.locator("#plot-labels-title").count() == 1
    assert page.locator("mark").count() > 10


def test_nothing_is_requested(open_page):
    page = open_page(make_hostile())
    page.wait_for_load_state("networkidle")
    choose(page, text="pump")
    assert page.requests == []


def test_no_hostile_word_runs(open_page):
    page = open_page(make_hostile())
    for label in (HOSTILE, 'a" onclick="x'):
        choose(page, label=label, text=HOSTILE)
        assert visible(page) == [1]
    page.hover("#document-1 mark >> nth=0")
    page.click("#document-1 mark >> nth=0")
    assert page.evaluate("window.broken") is None
    assert page.evaluate("document.images.length") == 0
    assert not page.errors


def test_a_script_that_gets_into_the_page_does_not_run(open_page):
    """The second lock, should the first one, escaping, ever be open."""
    html = make_once().replace("</main>", "<script>window.broken = 1</script></main>")
    page = open_page(html)
    assert page.evaluate("window.broken") is None
    assert any("Content Security Policy" in error for error in page.errors)


# a bar is the lower or the upper end of the padding of its words
BOXES = """
() => [...document.querySelectorAll("article.document")].map(article =>
  [...article.querySelectorAll("mark")].flatMap(mark => {
    const above = mark.classList.contains("above");
    const style = getComputedStyle(mark);
    const padding = parseFloat(above ? style.paddingTop : style.paddingBottom);
    const high = padding / (1 + parseFloat(style.getPropertyValue("--s"))) - 2;
    return [...mark.getClientRects()].filter(box => box.width > 1).map(box => {
      const top = above ? box.top : box.bottom - high;
      return {
        left: box.left, right: box.right, top: top + scrollY, bottom: top + high + scrollY,
        span: mark.dataset.span + mark.dataset.label + above,
      };
    });
  }))
"""
LINES = """
() => [...document.querySelectorAll("article.document")].map(article => {
  const walker = document.createTreeWalker(
    article.querySelector(".nested-ner"), NodeFilter.SHOW_TEXT);
  const boxes = [];
  while (walker.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    for (const box of range.getClientRects())
      if (box.width > 1) boxes.push({
        left: box.left, right: box.right,
        top: box.top + scrollY, bottom: box.bottom + scrollY});
  }
  return boxes;
})
"""


def overlap(one, other, *, by: float) -> bool:
    return (
        min(one["right"], other["right"]) - max(one["left"], other["left"]) > by
        and min(one["bottom"], other["bottom"]) - max(one["top"], other["top"]) > by
    )


def near(boxes):
    """The pairs of boxes that stand in one height, found by stripes."""
    stripes = defaultdict(list)
    for box in boxes:
        for stripe in range(int(box["top"] // 20), int(box["bottom"] // 20) + 1):
            stripes[stripe].append(box)
    for some in stripes.values():
        yield from itertools.combinations(some, 2)


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.slow), 480])
def test_no_bar_overlaps_another_or_a_line_of_text(open_page, width):
    page = open_page(make(DRAWN), viewport={"width": width, "height": 900})
    n_bars = 0
    for bars, lines in zip(page.evaluate(BOXES), page.evaluate(LINES)):
        n_bars += len(bars)
        for one, other in near(bars):
            # the pieces of one bar may touch
            assert one["span"] == other["span"] or not overlap(one, other, by=1), (one, other)
        for one, other in near([*bars, *({**line, "span": ""} for line in lines)]):
            if not one["span"] and other["span"]:
                one, other = other, one
            if one["span"] and not other["span"]:
                # a line of text is higher than its letters
                assert not overlap(one, other, by=4), (one, other)
    assert n_bars > 200


def test_the_page_is_no_wider_than_the_window(open_page):
    page = open_page(make(DRAWN), viewport={"width": 400, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_text_is_kept_to_the_last_blank(open_page):
    page = open_page(make(DRAWN))
    for number, doc in enumerate(DRAWN, start=1):
        drawn = page.text_content(f"#document-{number} .nested-ner")
        assert drawn == doc.text


def test_printing_shows_the_documents_without_the_filters(open_page):
    page = open_page(make_once())
    page.emulate_media(media="print")
    assert not page.is_visible("#filters")
    assert visible(page) == list(range(1, len(DOCS) + 1))


def test_a_printed_fact_stands_beside_its_name(open_page):
    page = open_page(make_once(), viewport={"width": 700, "height": 1000})  # A4
    page.emulate_media(media="print")
    tops = page.eval_on_selector_all(
        ".facts div",
        "all => all.map(d => [...d.children].map(c => c.getBoundingClientRect().y))",
    )
    assert tops
    assert all(name == value for name, value in tops)


def test_the_slider_counts_at_its_lowest_place_what_the_page_says(open_page):
    page = open_page(make_once())
    tables = Page(make_once()).tables
    page.eval_on_selector("#threshold details", "one => one.open = true")
    shown = {
        row[0]: row[1:]
        for row in page.eval_on_selector_all(
            "#threshold tbody tr", "all => all.map(r => [...r.cells].map(c => c.textContent))"
        )
    }
    _, *rows = tables["Scores by label"]
    for name, f, _, p, r, _, predicted, _ in rows:
        assert shown[name] == [f, p, r, predicted]
    evaluation = evaluate_docs(DOCS, n_resamples=0)["scores"]["all"]["micro"]
    f, p, r = (f"{100 * evaluation[key]['value']:.1f}" for key in "fpr")
    assert page.text_content("#threshold [name=scores]") == f"F1 {f}, precision {p}, recall {r}"


def test_the_slider_counts_what_is_at_least_its_threshold(open_page):
    page = open_page(make_once())
    for at in (52, 70, 90, 95, 100):
        kept = [
            replace(doc, predicted=tuple(m for m in doc.predicted if m.score >= at / 100))
            for doc in DOCS
        ]
        micro = evaluate_docs(kept, n_resamples=0)["scores"]["all"]["micro"]
        f, p, r = (percent(micro[key]["value"]) for key in "fpr")
        page.fill("#threshold [name=at]", str(at))
        text = page.text_content("#threshold [name=scores]")
        assert text == f"F1 {f}, precision {p}, recall {r}", at


def test_the_slider_rounds_a_tie_as_the_page_does(open_page):
    """5 of 16 are 31.25 %: Python rounds a tie to the even digit, JavaScript away from zero."""
    words = [(i, i + 1, "part") for i in range(27)]
    gold, predicted = words[:16], [(*word, 0.9) for word in words[11:]]
    doc = make_doc(" ".join("abcdefghijklmnopqrstuvwxyzä"), gold, predicted)
    text = open_page(make([doc])).text_content("#threshold [name=scores]")
    assert text == "F1 31.2, precision 31.2, recall 31.2"


def test_a_heading_sorts_its_table(open_page):
    page = open_page(make_once())
    page.click("#labels table >> nth=0 >> thead button >> nth=5")
    n_gold = read_column(page)
    assert n_gold == sorted(n_gold, reverse=True)
    page.click("#labels table >> nth=0 >> thead button >> nth=5")
    assert read_column(page) == n_gold[::-1]


def read_column(page):
    """The numbers of gold mentions in the table of labels."""
    rows = page.locator("#labels table").first.locator("tbody tr")
    return [int(rows.nth(i).locator("td").nth(4).text_content()) for i in range(3)]


def test_the_next_error_has_the_focus(open_page):
    page = open_page(make_once())
    kinds = set()
    for _ in range(5):
        page.keyboard.press("n")
        kinds.add(page.evaluate("document.activeElement.dataset.kind"))
    assert kinds <= {"missed", "spurious", "boundary", "type", "both"}
    assert len(kinds) > 1


@pytest.mark.parametrize("width", [320, 400, 800, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_every_window(open_page, width, scheme):
    viewport = {"width": width, "height": 900}
    page = open_page(make_once(), viewport=viewport, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert not page.errors
