"""JSON of spans, joined and cut documents keep what spaCy's own methods lose."""

import json
from random import Random

import numpy
import pytest
import spacy
from spacy.tokens import Doc, Span, SpanGroup

from spacy_nested_ner import merge_docs, span_to_doc, spans_from_json, spans_to_json
from spacy_nested_ner.user_error import UserError

NLP = spacy.blank("en")
KEYS = ("sc", "other key", "sc_unannotated")


def random_doc(seed, *, n_tokens=None):
    """A document with overlapping and repeated spans under several keys; the last group has no
    scores."""
    random = Random(seed)
    n = random.randrange(9) if n_tokens is None else n_tokens
    words = [random.choice(("ZED", "α", "🦠", "\n", "-")) for _ in range(n)]
    doc = Doc(NLP.vocab, words=words, spaces=[random.random() < 0.5 for _ in words])
    for key in KEYS:
        spans = []
        for _ in range(random.randrange(6) if n else 0):
            start = random.randrange(n)
            end = random.randrange(start + 1, n + 1)
            kb_id, span_id = (random.choice(("", "Q1")) for _ in "ab")
            spans.append(Span(doc, start, end, random.choice("AB"), kb_id, span_id=span_id))
        scores = numpy.array([random.random() for _ in spans], dtype="float32")
        attrs = {} if key == KEYS[-1] and spans else {"scores": scores}
        doc.spans[key] = SpanGroup(doc, name=key, spans=spans, attrs=attrs)
    return doc


def content(doc, *, shift=0):
    """All that a group holds; positions in tokens."""
    return {
        key: (
            [(s.start + shift, s.end + shift, s.label_, s.kb_id_, s.id_) for s in group],
            None if "scores" not in group.attrs else group.attrs["scores"].tolist(),
        )
        for key, group in doc.spans.items()
    }


@pytest.mark.parametrize("seed", range(40))
def test_json_gives_the_same_groups_back(seed):
    doc = random_doc(seed)
    data = json.loads(json.dumps(spans_to_json(doc)))
    words, spaces = [t.text for t in doc], [bool(t.whitespace_) for t in doc]
    bare = Doc(NLP.vocab, words=words, spaces=spaces)
    assert content(spans_from_json(bare, data)) == content(doc)
    if "\n" not in words:  # Doc.from_json fails for some tokens of white space
        # together with the other annotations of the document
        complete = {**doc.to_json(), **data}
        again = Doc(NLP.vocab).from_json(complete)
        assert content(spans_from_json(again, complete)) == content(doc)


def test_the_json_of_spacy_loses_the_scores():
    doc = random_doc(1)
    assert doc.spans["sc"].attrs["scores"].size
    again = Doc(NLP.vocab).from_json(doc.to_json())
    assert not again.spans["sc"].attrs
    assert spans_from_json(again, doc.to_json()).spans["sc"].attrs == {}


@pytest.mark.parametrize("seed", range(40))
def test_a_joined_document_has_the_groups_of_its_parts(seed):
    docs = [random_doc(100 * seed + i) for i in range(3)]
    del docs[1].spans["other key"]
    merged = merge_docs(docs)
    shift, parts = 0, []
    for doc in docs:
        parts.append(content(doc, shift=shift))
        shift += len(doc)
    for key in KEYS:
        groups = [part[key] for part in parts if key in part]
        spans, scores = content(merged)[key]
        assert spans == [span for group, _ in groups for span in group]
        some = [values for group, values in groups if group]
        expected = None if None in some else [value for values in some for value in values]
        assert scores == expected


@pytest.mark.parametrize("seed", range(40))
def test_a_part_has_the_spans_inside_it(seed):
    doc = random_doc(seed, n_tokens=8)
    start, end = sorted(Random(seed).sample(range(9), 2))
    part = span_to_doc(doc[start:end])
    assert part.text_with_ws == doc[start:end].text_with_ws
    for key, (spans, scores) in content(doc).items():
        inside = [i for i, span in enumerate(spans) if start <= span[0] and span[1] <= end]
        kept, kept_scores = content(part, shift=start)[key]
        assert kept == [spans[i] for i in inside]
        assert kept_scores == (None if scores is None else [scores[i] for i in inside])


def test_spans_of_another_text_or_inside_a_token_change_nothing():
    data = spans_to_json(random_doc(3, n_tokens=5))
    with pytest.raises(UserError, match="ZED binds"):
        spans_from_json(NLP.make_doc("ZED binds"), data)
    doc = NLP.make_doc("ZED binds")
    spans = [{"start": 0, "end": end, "label": "A"} for end in (3, 5)]
    with pytest.raises(UserError, match="from 0 to 5"):
        spans_from_json(doc, {"text": doc.text, "spans": {"first": spans[:1], "sc": spans}})
    assert not doc.spans


@pytest.mark.parametrize(
    ("data", "missing"),
    [
        ({"spans": {"sc": []}}, "text"),
        ({"text": "a b", "spans": {"sc": [{"start": 0, "label": "x"}]}}, "end"),
        ({"text": "a b", "spans": {"sc": [{"start": 0, "end": 1}]}}, "label"),
    ],
)
def test_json_that_lacks_something_is_one_sentence_and_changes_nothing(data, missing):
    doc = NLP("a b")
    with pytest.raises(UserError, match=f"no '{missing}' in"):
        spans_from_json(doc, data)
    assert not doc.spans


def test_no_document_is_refused():
    with pytest.raises(UserError):
        merge_docs([])
