"""Docs in notebooks and as pages."""

import re

import numpy
import pytest
import spacy
from spacy.tokens import Span, SpanGroup

from spacy_nested_ner.rendering import visualize
from tests.rendering.measure import read

TEXT = "the seal of the feed pump\n\tleaks  badly"


SPANS = ((0, 6, "part", 0.875), (4, 6, "part", 0.75))


def make_doc(text=TEXT, spans=SPANS, key="sc", lang="en"):
    doc = spacy.blank(lang)(text)
    group = [Span(doc, start, end, label=label) for start, end, label, _ in spans]
    scores = numpy.array([score for *_, score in spans], dtype="f")
    doc.spans[key] = SpanGroup(doc, name=key, spans=group, attrs={"scores": scores})
    return doc


def titles(drawing):
    return re.findall(r'title="([^"]*)"', str(drawing))


def test_a_notebook_shows_spans_with_scores_and_their_style():
    drawing = visualize(make_doc())
    html = drawing._repr_html_()
    assert html == str(drawing) == str(drawing.html)
    assert "<style>.nested-ner {" in html
    assert 'data-tag="part 0.88"' in html
    assert any(title.startswith("part, 0.7500\nfeed pump") for title in titles(drawing))
    assert html.count("<li>") == 1


def test_scores_can_be_left_to_the_pointer():
    drawing = visualize(make_doc(), show_scores=False)
    assert 'data-tag="part"' in str(drawing)
    assert any("0.8750" in title for title in titles(drawing))


def test_several_docs_share_a_legend():
    docs = [make_doc(), make_doc("pump worn", [(1, 2, "fault", 1.0)]), make_doc("fine", [])]
    html = str(visualize(iter(docs), title="Pumps & seals"))
    assert html.count("<article") == 3
    assert re.findall(r"</i>(\w+)</li>", html) == ["fault", "part"]
    assert html.count("<style>") == 1
    assert "<h1>Pumps &amp; seals</h1>" in html


def test_gold_spans_have_no_scores():
    doc = spacy.blank("en")("feed pump")
    doc.spans["gold"] = [Span(doc, 0, 2, label="part")]
    assert 'data-tag="part"' in str(visualize(doc, "gold"))


def test_scores_that_do_not_fit_the_spans_are_not_shown():
    doc = make_doc()
    doc.spans["sc"].attrs["scores"] = numpy.array([0.5], dtype="f")
    assert 'data-tag="part"' in str(visualize(doc))


def test_empty_spans_are_left_out():
    drawing = visualize(make_doc(spans=[(0, 1, "part", 0.5), (2, 2, "part", 0.25)]))
    assert set(re.findall('data-span="([^"]*)"', str(drawing))) == {"0:3"}


def test_a_doc_without_the_key_is_shown_without_spans():
    docs = [make_doc(), make_doc(key="other")]
    html = str(visualize(docs))
    assert html.count("<article") == 2
    assert html.count("data-tag=") == len(SPANS)


def test_a_key_that_no_doc_has_is_named_with_those_that_there_are():
    with pytest.raises(ValueError, match=r"doc\.spans\['x'\].*: 'other', 'sc'"):
        visualize([make_doc(), make_doc(key="other")], "x")
    assert "<article" not in str(visualize([]))


def test_the_page_needs_nothing_and_allows_nothing():
    page = visualize(make_doc(), title="</title><script>window.pwned=1</script>").page()
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert re.search(r"(src|href)=|@import|url\(", page) is None
    assert page.endswith("</html>\n")


def test_the_page_names_its_language_if_there_is_one():
    assert '<html lang="zh">' in visualize(make_doc(lang="zh")).page()
    mixed = visualize([make_doc(lang="de"), make_doc(lang="xx")]).page()
    assert "<html>" in mixed
    assert mixed.count("lang=") == 1


def test_a_page_in_chromium(browser, tmp_path):
    (tmp_path / "page.html").write_bytes(visualize(make_doc(), title="Pumps").page().encode())
    page = browser.new_page()
    requests, complaints = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto((tmp_path / "page.html").as_uri())
    assert read(page).text == TEXT
    assert page.title() == "Pumps"
    assert page.evaluate("getComputedStyle(document.querySelector('mark')).display") == "inline"
    assert len(requests) == 1
    assert complaints == []
    page.close()
