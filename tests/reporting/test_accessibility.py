"""The rules of axe-core on our pages."""

import numpy
import pytest
import spacy
from spacy.tokens import Span, SpanGroup

from spacy_nested_ner import visualize
from spacy_nested_ner.reporting.comparison import make_comparison_page
from tests.axe import find_serious, read_axe
from tests.reporting.pages import make_once
from tests.reporting.test_comparison import make_pair

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def axe() -> str:
    return read_axe()


def make_comparison() -> str:
    comparison, docs = make_pair()
    return make_comparison_page(
        comparison, docs, names=("one", "other"), shown=comparison["documents"]
    )


def make_visualization() -> str:
    doc = spacy.blank("en")("the worn seal of the main feed pump leaks")
    places = ((0, 8, "component"), (2, 3, "part"), (4, 8, "component"), (5, 7, "long label"))
    spans = [Span(doc, *place) for place in places]
    scores = numpy.array([0.9, 0.8, 0.7, 0.6], dtype="f")
    doc.spans["sc"] = SpanGroup(doc, name="sc", spans=spans, attrs={"scores": scores})
    return visualize([doc, doc], title="Two documents").page()


@pytest.mark.parametrize("make", [make_once, make_comparison, make_visualization])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1400])
def test_there_is_no_serious_finding(browser, make, scheme, width):
    viewport = {"width": width, "height": 900}
    context = browser.new_context(viewport=viewport, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.set_content(make())
    found = find_serious(page)
    context.close()
    assert found == []
