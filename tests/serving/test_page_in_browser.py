"""The page of serve in Chromium."""

import json

import pytest

from spacy_nested_ner.serving.messages import FLOOR
from tests.axe import find_serious
from tests.serving.servers import TEXTS, make_trained, serving_pipeline, spans_of_answer

pytestmark = pytest.mark.slow

TEXT = "the BRX-7 gene promoter binds the ZED complex of BRX-7 in T cells"
HOSTILE = (
    "</textarea><img src=x onerror=window.pwned=1> ZED promoter <script>window.pwned=1</script>"
)


@pytest.fixture(scope="module")
def pair():
    """A server with two pipelines."""
    other = make_trained(overlap="flat", thresholds=[["protein", 0.9]])
    other.meta["name"] = "other"
    with serving_pipeline([make_trained(), other], examples=["ZED promoter fusion gene"]) as c:
        yield c


@pytest.fixture
def open_page(browser):
    contexts = []

    def open_page(client, path="/", **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.requests, page.errors = [], []
        page.on("request", lambda request: page.requests.append(request.url))
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("console", lambda message: page.errors.append(message.text))
        page.goto(str(client.base_url).rstrip("/") + path)
        return page

    yield open_page
    for context in contexts:
        context.close()


def write(page, text: str) -> None:
    """Type or paste a text, and wait for its spans."""
    with page.expect_response("**/draw"):
        page.fill("#text", text)
    page.locator("#found .document").first.wait_for()
    page.locator("#found:not(.is-old)").wait_for()


SHOWN = """number => {
    const part = document.querySelectorAll("#found .document")[number];
    const bars = part.querySelectorAll("mark.first:not(.off)");
    const read = ({ span, label }) => [...span.split(":").map(Number), label];
    return Array.from(bars, (bar) => read(bar.dataset));
}"""


def shown(page, number: int = 0):
    return sorted(tuple(bar) for bar in page.evaluate(SHOWN, number))


def asked(client, **wish):
    return sorted(spans_of_answer(client.post("/annotate", json=wish))[0])


def set_threshold(page, value: int) -> None:
    page.locator("#threshold").fill(str(value))


def test_typing_draws_the_spans_of_the_pipeline(open_page, client):
    page = open_page(client)
    page.wait_for_selector("#text")
    with page.expect_response("**/draw"):
        page.locator("#text").press_sequentially(TEXT, delay=5)
    page.locator("#found .nested-ner", has_text=TEXT).wait_for()
    assert page.inner_text("#found .nested-ner") == TEXT
    assert shown(page) == asked(client, text=TEXT)
    assert len(shown(page)) > 3
    assert page.get_attribute("#found .nested-ner", "lang") == "en"
    # not a request for each key
    assert sum(url.endswith("/draw") for url in page.requests) < 10
    page.fill("#text", "")
    page.locator("#found .document").wait_for(state="detached")
    assert page.errors == []


def test_threshold_and_labels_need_no_request(open_page, pair):
    page = open_page(pair)
    write(page, TEXT)
    n_requests = len(page.requests)
    names = [one["name"] for one in pair.get("/pipelines").json()["pipelines"]]
    seen = set()
    for value, off in ((6, []), (30, ["DNA"]), (97, []), (20, ["DNA", "cell"]), (50, [])):
        set_threshold(page, value)
        for label in ("DNA", "cell", "protein"):
            page.get_by_role("checkbox", name=label).set_checked(label not in off)
        labels = [label for label in ("DNA", "cell", "protein") if label not in off]
        for number, name in enumerate(names):
            wish = {"text": TEXT, "threshold": value / 100, "labels": labels, "pipeline": name}
            assert shown(page, number) == asked(pair, **wish)
            seen.add(len(shown(page, number)))
            rows = page.locator("#found .document").nth(number).locator("tbody tr")
            assert rows.count() == len(shown(page, number))
    page.get_by_role("button", name="As in the pipeline").click()
    for number, name in enumerate(names):
        assert shown(page, number) == asked(pair, text=TEXT, pipeline=name)
    page.get_by_role("button", name="None", exact=True).click()
    assert shown(page) == shown(page, 1) == []
    page.get_by_role("button", name="All", exact=True).click()
    assert shown(page) == asked(pair, text=TEXT)
    assert len(seen) > 3
    assert len(page.requests) == n_requests
    assert page.get_attribute("#threshold", "min") == str(round(100 * FLOOR))


def test_an_example_is_a_click_away(open_page, pair):
    page = open_page(pair)
    with page.expect_response("**/draw"):
        page.get_by_role("button", name="Example 1").click()
    page.wait_for_selector("#found .document")
    assert page.input_value("#text") == "ZED promoter fusion gene"
    assert shown(page) == asked(pair, text="ZED promoter fusion gene")


@pytest.mark.parametrize("button", ["JSON", "Prodigy task", "Label Studio task"])
def test_what_is_shown_is_copied(open_page, client, button):
    page = open_page(client, permissions=["clipboard-read", "clipboard-write"])
    write(page, TEXT)
    set_threshold(page, 20)
    page.get_by_role("checkbox", name="DNA").uncheck()
    page.get_by_role("button", name=f"Copy as {button}").click()
    page.wait_for_selector("#found .copied:not(:empty)")
    task = json.loads(page.evaluate("navigator.clipboard.readText()"))
    if button == "Label Studio task":
        (task,) = task
        assert task["data"]["text"] == TEXT
        (prediction,) = task["predictions"]
        assert prediction["model_version"].startswith("en_pipeline")
        values = [one["value"] for one in prediction["result"]]
        spans = [(v["start"], v["end"], v["labels"][0]) for v in values]
    else:
        assert task["text"] == TEXT
        spans = [(s["start"], s["end"], s["label"]) for s in task["spans"]]
        assert ("tokens" in task) == (button == "Prodigy task")
        assert all(0 < s["score"] <= 1 for s in task["spans"])
    assert sorted(spans) == shown(page)
    assert spans


def test_without_a_clipboard_the_text_can_be_selected(open_page, client):
    page = open_page(client)
    write(page, TEXT)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.get_by_role("button", name="Copy as JSON").click()
    page.wait_for_selector("#copy[open]")
    assert json.loads(page.input_value("#copy textarea"))["text"] == TEXT
    selected = "document.activeElement.selectionEnd - document.activeElement.selectionStart"
    assert page.evaluate(selected) > len(TEXT)
    page.keyboard.press("Escape")
    assert page.locator("#copy[open]").count() == 0


def test_hostile_text_and_names_run_nothing(open_page):
    nlp = make_trained(threshold=0.0)
    nlp.meta["name"] = nlp.meta["description"] = "<img src=x onerror=window.pwned=1>"
    with serving_pipeline(nlp, examples=[HOSTILE]) as client:
        page = open_page(client)
        write(page, HOSTILE)
        assert page.inner_text("#found .nested-ner") == HOSTILE
        page.wait_for_timeout(100)
        assert page.evaluate("window.pwned") is None
        assert page.locator("img").count() == 0
        assert "<img" in page.inner_text("#about")
        assert page.errors == []
        assert {url.rpartition("/")[0] for url in page.requests} == {
            str(client.base_url).rstrip("/")
        }


def test_letters_outside_the_basic_plane_are_drawn_in_their_place(open_page, client):
    page = open_page(client)
    text = "🧬🧬 ZED promoter fusion gene"
    write(page, text)
    assert shown(page) == asked(client, text=text)
    assert shown(page)
    rows = page.locator("#found tbody th").all_text_contents()
    assert sorted(rows) == sorted(text[start:end] for start, end, _ in shown(page))


def test_a_text_of_20000_characters_is_drawn_and_a_longer_one_refused(open_page, client):
    page = open_page(client)
    text = (" ".join(TEXTS[:4]) + "\n") * 200
    text = text[:20_000]
    write(page, text)
    assert shown(page) == asked(client, text=text)
    n_requests = len(page.requests)
    page.fill("#text", text + "x")
    page.wait_for_selector("#status.error")
    assert "20,000" in page.inner_text("#status")
    assert len(page.requests) == n_requests


def test_a_model_that_finds_everything_probable_is_drawn_in_part(open_page):
    """Untrained: every part of the text has a probability of about one half."""
    from tests.pipelines import make_examples, make_nlp

    nlp = make_nlp(threshold=0.01)
    nlp.initialize(lambda: make_examples(nlp.vocab))
    with serving_pipeline(nlp) as client:
        page = open_page(client)
        write(page, " ".join([TEXT] * 20))
        assert 100 < len(shown(page)) < 3000
        assert page.locator("#found .note").inner_text()


def test_a_narrow_page_breaks_a_label_only_behind_its_signs(open_page):
    from tests.pipelines import make_examples, make_nlp

    nlp = make_nlp(threshold=0.01)
    label = "Activity/MaintenanceActivity/DiagnoseActivity/UndesirableState"
    nlp.get_pipe("nested_spancat").add_label(label)
    nlp.initialize(lambda: make_examples(nlp.vocab))
    with serving_pipeline(nlp) as client:
        page = open_page(client, viewport={"width": 320, "height": 900})
        page.locator("#toggles label").first.wait_for()
        parts = page.evaluate(LINES_OF_PARTS, label)
    assert parts == dict.fromkeys(label.split("/"), 1)


# the number of lines of each part of a label
LINES_OF_PARTS = """label => {
    const all = Array.from(document.querySelectorAll("#toggles label"));
    const node = all.find((one) => one.textContent.startsWith(label));
    const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    const found = {};
    for (let text; (text = walker.nextNode()); )
        for (const { 0: part, index } of text.data.matchAll(/[^/]+/g)) {
            const range = document.createRange();
            range.setStart(text, index);
            range.setEnd(text, index + part.length);
            found[part] = range.getClientRects().length;
        }
    return found;
}"""


def test_the_token_of_the_address_is_used_and_hidden(open_page):
    with serving_pipeline(make_trained(), token="sesame") as client:
        page = open_page(client, "/#token=sesame")
        page.wait_for_selector("#text")
        write(page, TEXT)
        assert "sesame" not in page.evaluate("location.href")
        assert not any("sesame" in url for url in page.requests[1:])
        page.reload()
        page.wait_for_selector("#text")


def test_a_person_can_give_the_token(open_page):
    with serving_pipeline(make_trained(), token="sesame") as client:
        page = open_page(client, "/#token=wrong")
        page.wait_for_selector("#token")
        page.fill("#token", "open")
        page.keyboard.press("Enter")
        page.wait_for_selector("#status.error")
        page.fill("#token", "sesame")
        page.keyboard.press("Enter")
        page.wait_for_selector("#text")
        write(page, TEXT)
        assert shown(page)


def test_a_server_that_is_gone_is_told(open_page):
    with serving_pipeline(make_trained()) as client:
        page = open_page(client)
        write(page, TEXT)
    page.fill("#text", TEXT + " and more")
    page.wait_for_selector("#status.error")


def test_keys_go_through_the_page_and_from_bar_to_bar(open_page, client):
    page = open_page(client)
    write(page, TEXT)
    page.focus("#text")
    names = []
    for _ in range(20):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.localName"))
        if names[-1] == "mark":
            break
    assert names[-1] == "mark"
    assert {"button", "input"} <= set(names)
    bars = len(shown(page))
    reached = set()
    for _ in range(bars):
        title, span, label = page.evaluate(
            "(({ title, dataset: { span, label } }) => [title, span, label])"
            "(document.activeElement)"
        )
        assert title
        reached.add((span, label))
        page.keyboard.press("ArrowRight")
    assert len(reached) == bars
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.localName") == "summary"


@pytest.mark.parametrize("width", [320, 400, 800, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_and_breaks_no_rule_of_axe(open_page, pair, width, scheme):
    viewport = {"width": width, "height": 900}
    page = open_page(
        pair, viewport=viewport, color_scheme=scheme, bypass_csp=True, has_touch=width < 500
    )
    write(page, TEXT)
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    tops = page.eval_on_selector_all(
        "#found .document", "all => all.map((x) => x.getBoundingClientRect().top)"
    )
    assert (tops[0] == tops[1]) == (width > 800)  # side by side where there is room
    if width < 500:
        page.locator("#found mark.first:not(.off)").first.tap()
        assert page.evaluate("document.activeElement.localName") == "mark"
    assert find_serious(page) == []
