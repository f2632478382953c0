"""The page about two pipelines."""

import re
from dataclasses import replace

import pytest

from spacy_nested_ner.evaluation.compare import compare_results
from spacy_nested_ner.evaluation.results import make_results
from spacy_nested_ner.reporting.comparison import conclude, make_comparison_page
from tests.reporting.pages import DOCS, HOSTILE, META, Page, make_doc, numbered

pytest.importorskip("matplotlib")


def make_pair(hostile=False):
    docs = list(DOCS)
    if hostile:
        mention = (0, 1, HOSTILE)
        hostile_doc = make_doc(f"{HOSTILE} pump", [mention], [(*mention, 0.5)], HOSTILE)
        docs = numbered([*docs, hostile_doc])
    worse = [replace(doc, predicted=()) for doc in docs]
    results = [
        make_results(side, meta=META, corpus="test.spacy", spans_key="sc", speed=1.0)
        for side in (worse, docs)
    ]
    return compare_results(*results, n_resamples=50), (worse, docs)


def test_the_changed_documents_are_drawn_for_both_one_under_the_other():
    comparison, docs = make_pair()
    html = make_comparison_page(
        comparison, docs, names=("one", "other"), shown=comparison["documents"]
    )
    page = Page(html)
    drawn = dict(page.documents)
    changed = {change["number"] + 1 for change in comparison["documents"]}
    assert set(drawn) == changed == {1, 3, 4, 5}
    for number, text in drawn.items():
        assert text == 2 * DOCS[number - 1].text
    _, *rows = page.tables["Differences of F1 by label"]
    f = comparison["scores"]["label"]["part"]["f"]
    (part,) = [row for row in rows if row[0] == "part"]
    assert part[1] == f"{100 * f['difference']:+.1f}"
    assert part[2] == f"{100 * f['low']:+.1f} to {100 * f['high']:+.1f}"


def test_without_texts_no_document_is_drawn():
    comparison, _ = make_pair()
    html = make_comparison_page(comparison, None, names=("one", "other"), shown=[])
    assert Page(html).documents == []
    assert "Differences of F1 by label" in Page(html).tables


@pytest.mark.parametrize(
    ("low", "high", "better"),
    [(0.01, 0.2, "B is"), (-0.2, -0.01, "A is"), (-0.1, 0.1, "chance")],
)
def test_the_sentence_says_which_one_is_better(low, high, better):
    f = {"a": 0.5, "b": 0.55, "difference": 0.05, "low": low, "high": high}
    assert better in conclude({"scores": {"all": {"micro": {"f": f}}}})


def test_hostile_words_are_only_text():
    comparison, docs = make_pair(hostile=True)
    html = make_comparison_page(
        comparison, docs, names=(HOSTILE, HOSTILE), shown=comparison["documents"]
    )
    page = Page(html)
    assert len(page.scripts) == 1
    assert not [a for a in page.attributes if a[1].startswith("on") or a[0] == "img"]
    assert HOSTILE in page.text
    assert not re.search(r"url\((?!#)|@import", html)
