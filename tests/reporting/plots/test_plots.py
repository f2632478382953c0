import os
import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from spacy_nested_ner.reporting.plots.bars import (
    MAX_ROWS,
    Scored,
    plot_confusion,
    plot_groups,
    plot_labels,
)
from spacy_nested_ner.reporting.plots.curves import (
    MAX_PANELS,
    Curve,
    plot_precision_recall,
    plot_reliability,
    plot_reliability_panels,
)
from spacy_nested_ner.reporting.plots.svg import check_matplotlib
from spacy_nested_ner.user_error import UserError

matplotlib = pytest.importorskip("matplotlib")

HOSTILE = [
    "<script>alert(1)</script>",
    '"><b onclick="x()">',
    "$a_b$",
    "a\x00b\n c",
    "_x",
    "泵",
]


def make_scores(labels):
    return [
        Scored(label, (i + 1) / (len(labels) + 2), i / (len(labels) + 2), 1.0, 3 + 7 * i)
        for i, label in enumerate(labels)
    ]


def make_curves(labels):
    return [
        Curve(label, [0.1, 0.5, 0.9], [0.2, 0.4, 0.95], [900, 30, 200], (0.5, 0.4))
        for label in labels
    ]


def make_plots(labels):
    scores, curves = make_scores(labels), make_curves(labels)
    matrix = [[i * len(labels) + j for j in range(len(labels))] for i in range(len(labels))]
    return [
        plot_labels(scores, name="labels"),
        plot_groups(scores, name="width", x_label="width"),
        plot_reliability(curves[0], name="reliability"),
        plot_reliability_panels(curves, name="panels"),
        plot_precision_recall(curves, name="curves"),
        plot_confusion(labels, labels, matrix, name="confusion"),
    ]


def texts(plot):
    return [element.text for element in ElementTree.fromstring(plot.svg).iter("text")]


def dots(plot):
    """Where the round markers of the series stand, in points."""
    uses = ElementTree.fromstring(plot.svg).iter("use")
    found = [
        (float(use.attrib["x"]), float(use.attrib["y"]))
        for use in uses
        if "#2b5c8a" in use.attrib.get("style", "")
    ]
    assert found
    return found


def test_no_two_pictures_share_an_id_and_each_refers_to_its_own():
    seen = set()
    for plot in make_plots(["DNA", "RNA", "cell"]):
        ids = re.findall(r'\bid="([^"]+)"', plot.svg)
        assert len(ids) == len(set(ids))
        assert not seen & set(ids)
        seen |= set(ids)
        references = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', plot.svg)
        assert references
        assert {one or other for one, other in references} <= set(ids)


@pytest.mark.slow
def test_same_numbers_same_bytes_whatever_the_settings_of_matplotlib(tmp_path):
    """And they leave these settings and pyplot alone."""
    (tmp_path / "matplotlibrc").write_text(
        "font.size: 31\naxes.facecolor: red\nxtick.major.size: 9\n"
    )
    code = (
        "import sys, matplotlib\n"
        "from tests.reporting.plots.test_plots import make_plots\n"
        # to ask for the backend would choose one, and import pyplot
        "read = lambda: [str(matplotlib.rcParams[k]) for k in sorted(matplotlib.rcParams)"
        " if k != 'backend']\n"
        "before = read()\n"
        "svg = ''.join(plot.svg for plot in make_plots(['DNA', 'RNA', 'cell']))\n"
        "assert read() == before\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        "sys.stdout.buffer.write(svg.encode())"
    )
    printed = [
        subprocess.run(
            [sys.executable, "-c", code], env={**environment}, capture_output=True, check=True
        ).stdout
        for environment in environments(tmp_path)
    ]
    assert printed[0]
    assert printed[0] == printed[1]


def environments(folder):
    yield {**os.environ, "PYTHONHASHSEED": "1"}
    yield {**os.environ, "PYTHONHASHSEED": "2", "MATPLOTLIBRC": str(folder / "matplotlibrc")}


def test_hostile_labels_are_text():
    for plot in make_plots(HOSTILE):
        elements = list(ElementTree.fromstring(plot.svg).iter())
        assert {element.tag for element in elements} <= {
            *("svg", "title", "desc", "defs", "clipPath", "rect", "g", "path", "use", "text")
        }
        assert not any(name.startswith("on") for one in elements for name in one.attrib)
    shown = texts(plot_labels(make_scores(HOSTILE), name="x"))
    for label in ("<script>alert(1)</script>", "$a_b$", "a\ufffdb c", "_x", "泵"):
        assert label in shown


def test_pictures_bring_no_rules_for_the_page_and_nothing_from_outside():
    for plot in make_plots(["DNA", "RNA"]):
        assert "<style" not in plot.svg
        assert "<metadata" not in plot.svg
        assert "http" not in plot.svg
        assert "<image" not in plot.svg


def test_each_picture_has_a_title_and_tells_its_numbers():
    for plot in make_plots(["DNA", "RNA"]):
        root = ElementTree.fromstring(plot.svg)
        assert root.attrib["role"] == "img"
        ids = [element.attrib["id"] for element in root[:2]]
        assert root.attrib["aria-labelledby"].split() == ids
        assert [element.tag for element in root[:2]] == ["title", "desc"]
        assert all(element.text for element in root[:2])
    (first, *_) = make_plots(["DNA", "RNA"])
    assert "RNA 50.0; DNA 25.0" in first.svg


def test_dots_stand_where_their_scores_are_the_most_frequent_on_top():
    rows = [
        Scored("rare", 0.2, 0.1, 0.3, 2),
        Scored("none", None, None, None, 0),
        Scored("common", 0.8, 0.7, 0.9, 50),
        Scored("some", 0.5, None, None, 7),
    ]
    plot = plot_labels(rows, name="x")
    (x1, y1), (x2, y2), (x3, y3) = dots(plot)
    assert y1 < y2 < y3
    assert x1 - x2 == pytest.approx(x2 - x3, abs=0.01)
    assert [t for t in texts(plot) if t in ("rare", "common", "some", "none")] == [
        *("common", "some", "rare", "none")
    ]
    assert {"80.0  (50)", "20.0  (2)", "–  (0)"} <= set(texts(plot))


def test_groups_keep_their_order():
    rows = [Scored(str(n), f, f, f, n) for n, f in ((3, 0.1), (1, 0.9), (2, 0.5))]
    places = dots(plot_groups(rows, name="x", x_label="width"))
    assert [x for x, _ in places] == sorted(x for x, _ in places)
    assert places[1][1] < places[2][1] < places[0][1]  # downwards


def test_cells_of_the_matrix_hold_their_counts():
    plot = plot_confusion(
        ["a", "b"], ["a", "b", "(none)"], [[5, 0, 17], [0, 1234, 3]], name="x"
    )
    shown = texts(plot)
    assert {"5", "17", "1,234", "3"} <= set(shown)
    assert "0" not in shown
    assert "1,239 of 1,259" in plot.svg


def test_many_labels_are_cut_to_the_most_frequent_and_the_note_says_so():
    labels = [f"type {i}" for i in range(155)]
    by_label, _, _, panels, curves, _ = make_plots(labels[:3])
    assert by_label.note == panels.note == curves.note == ""
    plot = plot_labels(make_scores(labels), name="x")
    assert plot.note == f"The {MAX_ROWS} most frequent of 155 labels."
    assert "type 154" in texts(plot)
    assert "type 0" not in texts(plot)
    plot = plot_precision_recall(make_curves(labels), name="x")
    assert plot.note == f"The {MAX_PANELS} most frequent of 155 labels."
    assert "type 0" in texts(plot)


def test_a_long_curve_keeps_its_ends():
    n = 5_000
    curve = Curve("x", [i / n for i in range(n + 1)], [1 - i / n for i in range(n + 1)])
    svg = plot_precision_recall([curve], name="x").svg
    assert len(svg) < 20_000


def test_without_matplotlib_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UserError, match=r'pip install "spacy-nested-ner\[report\]"'):
        check_matplotlib()
