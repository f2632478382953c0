"""The page chooses the same spans as the server: policy.js against choose.py."""

from importlib.resources import files
from random import Random

import pytest

from spacy_nested_ner.annotation.candidates import Found, Policy
from spacy_nested_ner.corpus.writers.annotations import Document, LabelledSpan
from spacy_nested_ner.serving.choose import choose

pytestmark = pytest.mark.slow

SCRIPT = files("spacy_nested_ner.serving").joinpath("templates/policy.js").read_text("utf8")
LABELS = ("a", "b", "c")
CHOOSE = """([spans, options]) =>
    chooseSpans(spans, { ...options, off: new Set(options.off) })
        .map((s) => [s.start_token, s.end_token, s.label])"""


class Pipeline:
    """What `choose` asks of a pipeline."""

    def __init__(self, policy: Policy, thresholds) -> None:
        self.labels = LABELS
        self.policy = policy
        self.thresholds = thresholds


@pytest.fixture(scope="module")
def page(browser):
    page = browser.new_page()
    page.add_script_tag(content=SCRIPT)
    return page


def make_spans(rng: Random):
    places = set()
    for _ in range(rng.randrange(40)):
        start = rng.randrange(20)
        places.add((start, min(20, start + rng.randint(1, 8)), rng.randrange(3)))
    # equal probabilities, too
    return [
        LabelledSpan(start, end, LABELS[label], start, end, rng.randint(1, 20) / 20)
        for start, end, label in sorted(places, key=lambda s: (s[0], -s[1], s[2]))
    ]


@pytest.mark.parametrize("overlap", ["all", "nested", "flat"])
@pytest.mark.parametrize("prefer", ["probability", "length"])
@pytest.mark.parametrize("max_depth", [None, 1, 2])
def test_the_page_and_the_server_choose_the_same_spans(page, overlap, prefer, max_depth):
    rng = Random(f"{overlap}{prefer}{max_depth}")
    policy = Policy(overlap, prefer, max_depth)
    n_chosen = 0
    for _ in range(60):
        spans = make_spans(rng)
        own = {label: rng.randint(1, 19) / 20 for label in LABELS}
        threshold = rng.choice([None, rng.randint(1, 19) / 20])
        off = rng.sample(LABELS, rng.randrange(3))
        found = Found(Document("", "", "", (), ()), tuple(spans))
        chosen = choose(
            found,
            Pipeline(policy, own),
            threshold=threshold,
            labels=set(LABELS) - set(off),
        )
        options = {
            "threshold": threshold,
            "off": off,
            "pipeline": {"thresholds": own, "floor": 0.05, **policy._asdict()},
        }
        shown = page.evaluate(CHOOSE, [[span._asdict() for span in spans], options])
        assert [tuple(span) for span in shown] == [(*s[3:5], s.label) for s in chosen]
        n_chosen += len(chosen)
    assert n_chosen > 60
