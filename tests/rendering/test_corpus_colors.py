"""displaCy's colours for the labels of the corpora, as installed."""

from itertools import product
from pathlib import Path

import pytest
from spacy import blank, displacy
from spacy.displacy.render import DEFAULT_LABEL_COLORS, SpanRenderer
from spacy.tokens import Span
from spacy.util import registry

from spacy_nested_ner.corpus.conversion.reading import read_source
from spacy_nested_ner.rendering import corpus_colors as colors
from tests.conftest import ROOT

OURS = {name.lower(): palette for name, palette in vars(colors).items() if name.isupper()}
SAMPLES = {"genia": "genia", "cmeee": "cmeee", "icem": "cmeee"}  # corpus: format
KINDS = ("", "deriv", "part")
NAMES = {"germeval": ("PER", "LOC", "ORG", "OTH"), "danplus": ("PER", "LOC", "ORG", "MISC")}


@pytest.fixture(scope="module")
def palette():
    """All that displaCy knows, by upper-case label."""
    return SpanRenderer().colors


def read_labels(format: str, source: Path):
    return {m.label for record in read_source(format, source).records for m in record.mentions}


def check(labels, palette):
    """Every label has a colour, and no two have the same."""
    colors_of = {label: palette.get(label.upper()) for label in labels}
    assert [label for label, color in colors_of.items() if color is None] == []
    assert len(set(colors_of.values())) == len(labels)


@pytest.mark.parametrize(("corpus", "format"), SAMPLES.items())
def test_every_label_of_a_sample_has_its_own_color(corpus, format, palette):
    labels = read_labels(format, ROOT / "assets" / corpus / "sample")
    assert labels == set(OURS[corpus])
    check(labels, palette)


@pytest.mark.parametrize("corpus", NAMES)
def test_every_type_of_name_has_its_own_color(corpus, palette):
    labels = {"".join(pair) for pair in product(NAMES[corpus], KINDS)}
    assert set(OURS[corpus]) <= labels
    check(labels, palette)


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
def test_every_label_of_a_published_corpus_has_its_own_color(
    corpus, format, source, datasets, palette
):
    labels = read_labels(format, datasets / source)
    assert set(OURS[corpus]) <= labels
    check(labels, palette)


def test_all_are_registered():
    registered = registry.displacy_colors.get_all()
    assert len(OURS) == 7
    assert {name: registered[name] for name in OURS} == OURS


def test_no_color_of_spacy_is_changed(palette):
    assert {label: palette[label.upper()] for label in DEFAULT_LABEL_COLORS} == (
        DEFAULT_LABEL_COLORS
    )


@pytest.mark.parametrize("corpus", OURS)
def test_displacy_draws_spans_in_these_colors(corpus):
    labels = OURS[corpus]
    doc = blank("en")(" ".join("ab" for _ in labels))
    doc.spans["sc"] = [Span(doc, 0, i + 1, label=label) for i, label in enumerate(labels)]
    html = displacy.render(doc, style="span", jupyter=False)
    for label, color in labels.items():
        assert f"background: {color}" in html, label


def test_corpora_agree_on_the_color_of_a_label(palette):
    for ours in OURS.values():
        assert {label: palette[label.upper()] for label in ours} == ours


@pytest.mark.parametrize("color", sorted({c for ours in OURS.values() for c in ours.values()}))
def test_black_text_is_readable_on_it(color):
    """At least 7:1, the contrast that WCAG 2.1 asks for at level AAA."""
    assert (luminance(color) + 0.05) / 0.05 >= 7


def luminance(color: str) -> float:
    """Relative luminance of an sRGB color, from 0 (black) to 1, as WCAG 2.1 defines it."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(c * weight for c, weight in zip(linear, (0.2126, 0.7152, 0.0722)))
