"""A report runs the pipeline once over its documents."""

import pytest

from spacy_nested_ner.calibration.count_logits import count_corpus
from spacy_nested_ner.calibration.reliability import reliability
from spacy_nested_ner.reporting.card import Corpus
from spacy_nested_ner.reporting.write import write_report
from tests.pipelines import TINY_ENCODER, make_examples, make_nlp, train
from tests.reporting.pages import Page

pytest.importorskip("matplotlib")

LISTENER = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32}


@pytest.mark.parametrize("shared", [False, True], ids=["own encoder", "shared encoder"])
def test_a_report_encodes_each_document_once(tmp_path, monkeypatch, shared):
    nlp = make_nlp(model={"tok2vec": LISTENER} if shared else {})
    if shared:
        nlp.add_pipe("tok2vec", first=True, config={"model": TINY_ENCODER})
    examples = make_examples(nlp.vocab)
    train(nlp, examples, updates=15)
    pipe = nlp.get_pipe("nested_spancat")
    encoder = nlp.get_pipe("tok2vec").model if shared else pipe.model.get_ref("tok2vec")
    encoded, forward = [], encoder._func

    def count_docs(model, X, is_train):
        encoded.extend(doc.text for doc in X)
        return forward(model, X, is_train)

    monkeypatch.setattr(encoder, "_func", count_docs)
    references = [eg.reference for eg in examples]
    out = tmp_path / "report.html"
    write_report(nlp, references, out, corpus=Corpus("dev", "", "sc"), n_resamples=0)
    assert encoded == [doc.text for doc in references]
    # and the page has the counts of the logits all the same
    expected = reliability(count_corpus(nlp, references))
    _, *bins = Page(out.read_text(encoding="utf8")).tables["Reliability in numbers"]
    assert [int(row[2]) for row in bins] == expected.size.tolist()
