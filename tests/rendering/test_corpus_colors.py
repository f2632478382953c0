"""The colours of the labels of the corpora, and which of them displaCy is told of."""

from importlib.metadata import distribution
from itertools import product
from pathlib import Path

import pytest
from spacy import blank, displacy
from spacy.displacy.render import DEFAULT_LABEL_COLORS, SpanRenderer
from spacy.tokens import Span

from spacy_nested_ner.corpus.conversion.reading import read_source
from spacy_nested_ner.rendering import corpus_colors as colors
from spacy_nested_ner.rendering.colors import label_color
from tests.conftest import ROOT

OURS = {
    name.lower(): palette
    for name, palette in vars(colors).items()
    if isinstance(palette, dict) and name.isupper()
}
# what displaCy gives to every pipeline of everybody who installs this package
REGISTERED = ("genia", "cmeee")
# of our corpora, and of other people's pipelines
GENERIC = ("PER", "MISC", "location", "document", "value", "system", "tool", "Cell", "State")
SAMPLES = {"genia": "genia", "cmeee": "cmeee", "icem": "cmeee"}  # corpus: format
KINDS = ("", "deriv", "part")
NAMES = {"germeval": ("PER", "LOC", "ORG", "OTH"), "danplus": ("PER", "LOC", "ORG", "MISC")}


def read_labels(format: str, source: Path):
    return {m.label for record in read_source(format, source).records for m in record.mentions}


def check(labels):
    """Every label has a colour of ours or spaCy's own, and no two have the same."""
    known = {
        **DEFAULT_LABEL_COLORS,
        **{k: v for ours in OURS.values() for k, v in ours.items()},
    }
    colors_of = {label: known.get(label) for label in labels}
    assert [label for label, color in colors_of.items() if color is None] == []
    assert len(set(colors_of.values())) == len(labels)
    assert {label: label_color(label) for label in labels} == colors_of


@pytest.mark.parametrize(("corpus", "format"), SAMPLES.items())
def test_every_label_of_a_sample_has_its_own_color(corpus, format):
    labels = read_labels(format, ROOT / "assets" / corpus / "sample")
    assert labels == set(OURS[corpus])
    check(labels)


@pytest.mark.parametrize("corpus", NAMES)
def test_every_label_of_a_name_has_its_own_color(corpus):
    labels = {"".join(pair) for pair in product(NAMES[corpus], KINDS)}
    assert set(OURS[corpus]) <= labels
    check(labels)


@pytest.mark.slow
@pytest.mark.corpus
@pytest.mark.filterwarnings("ignore:.*I- begins:UserWarning")
@pytest.mark.parametrize(
    ("corpus", "format", "source"),
    [
        ("germeval", "columns", "germeval2014/GermEval2014.zip"),
        ("danplus", "columns", "danplus"),
        ("bionlp13cg", "brat", "bionlp13cg/bionlp-st-2013-cg.tar.gz"),
        ("maintie", "maintie_top", "maintie"),
    ],
)
def test_every_label_of_a_published_corpus_has_its_own_color(corpus, format, source, datasets):
    labels = read_labels(format, datasets / source)
    assert set(OURS[corpus]) <= labels
    check(labels)


def test_every_palette_counts():
    assert len(OURS) == 7
    assert list(colors.PALETTES) == list(OURS.values())


def test_only_labels_of_one_published_set_are_registered():
    points = distribution("spacy-nested-ner").entry_points
    registered = {p.name: p.load() for p in points if p.group == "spacy_displacy_colors"}
    assert registered == {name: OURS[name] for name in REGISTERED}


def test_colors_of_spacy_and_of_generic_labels_are_not_changed():
    """By displaCy as it is in an environment with this package and no other one."""
    colors_now = SpanRenderer().colors
    assert {label: colors_now[label] for label in DEFAULT_LABEL_COLORS} == DEFAULT_LABEL_COLORS
    assert [label for label in GENERIC if label.upper() in colors_now] == []
    assert {label.upper() for name in REGISTERED for label in OURS[name]} == (
        set(colors_now) - set(DEFAULT_LABEL_COLORS)
    )
    assert not {label.upper() for ours in OURS.values() for label in ours} & set(
        DEFAULT_LABEL_COLORS
    )


@pytest.mark.parametrize("corpus", REGISTERED)
def test_displacy_draws_spans_in_these_colors(corpus):
    labels = OURS[corpus]
    doc = blank("en")(" ".join("ab" for _ in labels))
    doc.spans["sc"] = [Span(doc, 0, i + 1, label=label) for i, label in enumerate(labels)]
    html = displacy.render(doc, style="span", jupyter=False)
    for label, color in labels.items():
        assert f"background: {color}" in html, label


@pytest.mark.parametrize("corpus", OURS)
def test_our_drawings_have_these_colors(corpus):
    assert {label: label_color(label) for label in OURS[corpus]} == OURS[corpus]


@pytest.mark.parametrize("color", sorted({c for ours in OURS.values() for c in ours.values()}))
def test_black_text_is_readable_on_it(color):
    """At least 7:1, the contrast that WCAG 2.1 asks for at level AAA."""
    assert (luminance(color) + 0.05) / 0.05 >= 7


def luminance(color: str) -> float:
    """Relative luminance of an sRGB color, from 0 (black) to 1, as WCAG 2.1 defines it."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(c * weight for c, weight in zip(linear, (0.2126, 0.7152, 0.0722)))
