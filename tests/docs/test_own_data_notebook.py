"""The notebook runs, and its pipeline finds nested mentions."""

import pytest

from tests.conftest import ROOT

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")
pytest.importorskip("ipykernel")

NOTEBOOK = ROOT / "docs" / "own-data.ipynb"
# what the last cell of the test adds
CHECK = """
assert result.f1 > 0.9, result.f1
assert drawing.n_spans >= 4, drawing.n_spans
assert page.out.stat().st_size > 10_000
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_notebook_runs():
    pytest.importorskip("matplotlib")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(CHECK))
    place = {"metadata": {"path": str(NOTEBOOK.parent)}}
    nbclient.NotebookClient(notebook, timeout=800, resources=place).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    html = [
        output["data"]["text/html"] for output in shown if "text/html" in output.get("data", {})
    ]
    assert sum("<table>" in text for text in html) == 3
    assert sum("<mark" in text for text in html) == 1


def test_the_notebook_is_stored_without_outputs():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert not [cell for cell in notebook.cells if cell.get("outputs")]
