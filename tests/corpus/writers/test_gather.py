"""Annotations from a pipeline and from docs, and the places that they are written to."""

import pytest
import spacy
from spacy.tokens import Doc, Span

from spacy_nested_ner.corpus.texts import Text
from spacy_nested_ner.corpus.writers import Writer, find_writer
from spacy_nested_ner.corpus.writers.annotations import Annotations, make_document
from spacy_nested_ner.corpus.writers.gather import predict_annotations, take_annotations
from spacy_nested_ner.corpus.writers.output import check_place, write_to
from spacy_nested_ner.user_error import UserError


def make_docs(*spans, key="sc"):
    """One doc of two words for each (start, end, label)."""
    vocab = spacy.blank("xx").vocab
    docs = []
    for start, end, label in spans:
        docs.append(Doc(vocab, words=["feed", "pump"]))
        docs[-1].spans[key] = [Span(docs[-1], start, end, label)]
    return docs


def test_spans_of_a_pipeline_are_predictions_with_its_labels_and_its_name():
    nlp = spacy.blank("xx", meta={"name": "parts", "version": "2.1"})
    ruler = nlp.add_pipe("span_ruler", config={"spans_key": "sc"})
    ruler.add_patterns(
        [{"label": "part", "pattern": "pump"}, {"label": "fault", "pattern": "leak"}]
    )
    nlp.max_length = 5  # limits parsers, not spans
    texts = {"n:0": Text("the pump", "n, line 1", document="n"), "m": Text("a pump", "m")}
    annotations = predict_annotations(nlp, texts, "sc")
    assert [(d.id, d.document, d.text) for d in annotations.documents] == [
        ("n:0", "n", "the pump"),
        ("m", "m", "a pump"),
    ]
    assert [[s[:3] for s in d.spans] for d in annotations.documents] == [
        [(4, 8, "part")],
        [(2, 6, "part")],
    ]
    assert annotations.labels == ("fault", "part")
    assert annotations.is_predicted
    assert annotations.model == "xx_parts-2.1"
    with pytest.raises(UserError):
        predict_annotations(nlp, texts, "other")


def test_docs_without_ids_are_numbered_and_are_their_own_source_documents():
    docs = make_docs((0, 1, "part"), (0, 2, "fault"), (1, 2, "part"))
    docs[1].user_data.update(id="x", document=7)
    del docs[2].spans["sc"]
    annotations = take_annotations(docs, "sc", name="notes", part="dev")
    assert [(d.id, d.document, d.part) for d in annotations.documents] == [
        ("notes:0", "notes:0", "dev"),
        ("x", "7", "dev"),
        ("notes:2", "notes:2", "dev"),
    ]
    assert annotations.labels == ("fault", "part")
    assert [len(d.spans) for d in annotations.documents] == [1, 1, 0]
    assert (annotations.is_predicted, annotations.model) == (False, "")


def test_one_probability_makes_docs_predictions():
    docs = make_docs((0, 1, "part"), (0, 2, "part"))
    docs[1].spans["sc"].attrs["scores"] = [0.25]
    annotations = take_annotations(docs, "sc", name="notes")
    assert annotations.is_predicted
    assert [d.score for d in annotations.documents] == [None, 0.25]
    assert annotations.count_scores() == 1


def test_a_key_that_no_doc_has_is_named_with_the_keys_that_are_there():
    docs = [*make_docs((0, 1, "part")), *make_docs((0, 1, "part"), key="gold")]
    with pytest.raises(UserError, match=r"'other'.*'gold', 'sc'"):
        take_annotations(docs, "other", name="notes")
    docs[1].user_data["id"] = docs[0].user_data["id"] = "x"
    with pytest.raises(UserError, match=r"document 1.*'x'.*document 0"):
        take_annotations(docs, "sc", name="notes")


def test_probabilities_have_six_digits_and_need_one_for_each_span():
    (doc,) = make_docs((0, 1, "part"))
    doc.spans["sc"] = [Span(doc, 0, 1, "part"), Span(doc, 0, 2, "part")]
    doc.spans["sc"].attrs["scores"] = [0.1234567, 1.0]
    spans = make_document(doc, "sc", id="a", document="a").spans
    assert [(s.start, s.end, s.score) for s in spans] == [(0, 9, 1.0), (0, 4, 0.123457)]
    assert [(s.start_token, s.end_token) for s in spans] == [(0, 2), (0, 1)]
    doc.spans["sc"].attrs["scores"] = [0.5]
    spans = make_document(doc, "sc", id="a", document="a").spans
    assert [s.score for s in spans] == [None, None]


@pytest.mark.parametrize("scores", [[0.0, 0.5], [0.5, 0.0], [0.5, 0.25]])
def test_of_equal_spans_the_most_probable_one_counts(scores):
    (doc,) = make_docs((0, 1, "part"))
    doc.spans["sc"] = [Span(doc, 0, 1, "part"), Span(doc, 0, 1, "part")]
    doc.spans["sc"].attrs["scores"] = scores
    (span,) = make_document(doc, "sc", id="a", document="a").spans
    assert span.score == 0.5


def write_nothing(annotations: Annotations):
    return {}


def test_an_output_that_is_an_input_is_refused_before_the_work(tmp_path):
    given, free = tmp_path / "tasks.json", tmp_path / "new.json"
    given.write_text("[]")
    writer = Writer(write_nothing, beside=("-labels.xml",))
    check_place(writer, free, [given])
    with pytest.raises(UserError, match=r"tasks.json"):
        check_place(writer, given, iter([given]))
    # the file beside the output
    beside = tmp_path / "new-labels.xml"
    beside.write_text("")
    check_place(Writer(write_nothing), free, [beside])
    with pytest.raises(UserError, match=r"new-labels.xml"):
        check_place(writer, free, iter([given, beside]))


def test_an_output_folder_has_to_be_empty_and_outside_of_the_inputs(tmp_path):
    writer = find_writer("brat")
    check_place(writer, tmp_path / "new", [])
    (tmp_path / "old").mkdir()
    check_place(writer, tmp_path / "old", [])
    with pytest.raises(UserError, match="old"):
        check_place(writer, tmp_path / "old" / "new", [tmp_path / "old"])
    (tmp_path / "old" / "a.ann").write_text("")
    with pytest.raises(UserError, match="old"):
        check_place(writer, tmp_path / "old", [])


def test_files_are_written_beside_the_output_and_their_paths_returned(tmp_path):
    out = tmp_path / "new" / "tasks.json"
    files = {"": b"[]", "-labels.xml": b"<View/>"}
    paths = write_to(Writer(write_nothing), out, files)
    assert paths == [out, out.with_name("tasks-labels.xml")]
    assert [path.read_bytes() for path in paths] == [b"[]", b"<View/>"]
    folder = tmp_path / "brat"
    assert write_to(Writer(write_nothing, is_folder=True), folder, {"a.txt": b"x"}) == [folder]
    assert (folder / "a.txt").read_bytes() == b"x"
