"""The rules of axe-core (npm) on our pages. Install it with `npm install axe-core`, and set
NODE_PATH to the folder node_modules."""

import os
from pathlib import Path

import pytest

from spacy_nested_ner.reporting.comparison import make_comparison_page
from tests.reporting.pages import make_once
from tests.reporting.test_comparison import make_pair

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def axe() -> str:
    for folder in os.environ.get("NODE_PATH", "").split(os.pathsep):
        file = Path(folder, "axe-core", "axe.min.js")
        if folder and file.is_file():
            return file.read_text(encoding="utf8")
    pytest.skip("no axe-core in NODE_PATH: npm install axe-core")


def make_comparison() -> str:
    comparison, docs = make_pair()
    return make_comparison_page(
        comparison, docs, names=("one", "other"), shown=comparison["documents"]
    )


@pytest.mark.parametrize("make", [make_once, make_comparison])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1400])
def test_there_is_no_serious_finding(browser, axe, make, scheme, width):
    viewport = {"width": width, "height": 900}
    context = browser.new_context(viewport=viewport, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.set_content(make())
    page.evaluate(axe)
    found = page.evaluate("axe.run()")["violations"]
    context.close()
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
