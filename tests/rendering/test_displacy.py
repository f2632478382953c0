"""displaCy draws with `displacy_options` as our own drawings do."""

import pytest
import spacy
from spacy import displacy
from spacy.tokens import Span

from spacy_nested_ner.rendering import displacy_options, label_color
from spacy_nested_ner.rendering.corpus_colors import GENIA, ICEM
from spacy_nested_ner.user_error import UserError

LABELS = ("location", "tool", "ORG", "no such label")


@pytest.fixture
def nlp():
    nlp = spacy.blank("en")
    pipe = nlp.add_pipe("nested_spancat", config={"spans_key": "parts"})
    for label in LABELS:
        pipe.add_label(label)
    return nlp


@pytest.fixture
def doc(nlp):
    doc = nlp.make_doc("the pump in hall two")
    doc.spans["parts"] = [Span(doc, i, i + 1, label=label) for i, label in enumerate(LABELS)]
    return doc


@pytest.mark.parametrize("kind", ["pipeline", "doc", "labels"])
def test_displacy_draws_each_label_in_its_color(kind, nlp, doc):
    source = {"pipeline": nlp, "doc": doc, "labels": iter(LABELS)}[kind]
    options = displacy_options(source, spans_key="parts" if kind == "labels" else None)
    colors = {label: label_color(label) for label in LABELS}
    assert options == {"colors": colors, "spans_key": "parts"}
    assert colors["tool"] == ICEM["tool"]
    assert colors["ORG"] == "#7aecec"  # spaCy's own
    html = displacy.render(doc, style="span", options=options, jupyter=False)
    for color in colors.values():
        assert f"background: {color}" in html
    assert "#ddd" not in html  # displaCy's colour of labels that it does not know


def test_labels_alone_have_the_usual_key():
    assert displacy_options(GENIA) == {"colors": GENIA, "spans_key": "sc"}


def test_labels_of_every_pipe_that_writes_to_the_key_have_a_color(nlp):
    ruler = nlp.add_pipe("span_ruler", config={"spans_key": "parts"})
    ruler.add_patterns([{"label": "vendor", "pattern": [{"ORTH": "Acme"}]}])
    nlp.add_pipe("span_finder", config={"spans_key": "parts"})
    other = nlp.add_pipe("spancat", config={"spans_key": "others"})
    other.add_label("alarm")
    assert set(displacy_options(nlp, spans_key="parts")["colors"]) == {*LABELS, "vendor"}
    assert set(displacy_options(nlp, spans_key="others")["colors"]) == {"alarm"}
    with pytest.raises(UserError, match="'parts', 'others'"):
        displacy_options(nlp)
    with pytest.raises(UserError, match="'nobody'"):
        displacy_options(nlp, spans_key="nobody")


def test_a_doc_with_several_keys_asks_for_one(doc):
    doc.spans["sc"] = [Span(doc, 0, 1, label="alarm")]
    with pytest.raises(UserError, match="'parts', 'sc'"):
        displacy_options(doc)
    assert displacy_options(doc, spans_key="sc")["colors"] == {"alarm": ICEM["alarm"]}


def test_a_name_is_no_list_of_labels():
    with pytest.raises(UserError, match="'en_nested_genia'"):
        displacy_options("en_nested_genia")
