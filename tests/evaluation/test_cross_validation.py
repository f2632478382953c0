"""Every document is predicted by a pipeline that was not trained on it."""

import json

import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span
from spacy.vocab import Vocab

from spacy_nested_ner import evaluate
from spacy_nested_ner.evaluation import cross_validation
from spacy_nested_ner.evaluation.results import hash_text
from spacy_nested_ner.user_error import UserError
from tests.pipelines import make_nlp

# two sentences of each of six invented documents
NAMES = ["ZED", "BRX", "KLM", "TOR", "VAX", "WIB"]


def make_docs(vocab):
    docs = []
    for name in NAMES:
        for words in (["the", name, "gene"], [name, "binds"]):
            doc = Doc(vocab, words=words)
            protein = words.index(name)
            spans = [Span(doc, protein, protein + 1, label="protein")]
            if "gene" in words:
                spans.append(Span(doc, 1, 3, label="DNA"))
            doc.spans["sc"] = spans
            doc.user_data["document"] = name
            docs.append(doc)
    return docs


@pytest.fixture
def config():
    nlp = make_nlp()
    nlp.config["training"].update(max_steps=4, eval_frequency=2, patience=0)
    nlp.config["training"]["optimizer"]["learn_rate"] = 0.01
    nlp.config["paths"].update(train="nowhere.spacy", dev="nowhere.spacy")
    return nlp.config


@pytest.fixture
def corpus(tmp_path):
    """The folder of a converted corpus."""
    docs = make_docs(Vocab())
    folder = tmp_path / "corpus"
    folder.mkdir()
    for part, some in (("train", docs[:8]), ("dev", docs[8:10]), ("test", docs[10:])):
        DocBin(docs=some, store_user_data=True).to_disk(folder / f"{part}.spacy")
    return folder


def read(file):
    return list(DocBin().from_disk(file).get_docs(Vocab()))


@pytest.mark.slow
def test_the_result_is_an_evaluation_of_all_documents(config, corpus, tmp_path, monkeypatch):
    parts = []
    write_parts = cross_validation._write_parts

    def write_and_note(place, *arguments):
        write_parts(place, *arguments)
        parts.append(
            {
                part: {doc.user_data["document"] for doc in read(place / f"{part}.spacy")}
                for part in ("train", "dev", "test")
            }
        )

    monkeypatch.setattr(cross_validation, "_write_parts", write_and_note)
    config.to_disk(tmp_path / "config.cfg")
    output = tmp_path / "scores.json"
    result = evaluate(
        tmp_path / "config.cfg", corpus, cross_validate=3, output=output, n_resamples=20
    )
    # no document is in two parts, and each is predicted once
    for part in parts:
        assert sum(map(len, part.values())) == len(set().union(*part.values())) == 6
    assert sorted(name for part in parts for name in part["test"]) == sorted(NAMES)
    results = json.loads(output.read_text(encoding="utf8"))
    assert results == json.loads(json.dumps(result.to_dict()))
    made = results["cross_validation"]
    assert (made["folds"], made["seed"], len(made["f"])) == (3, 0, 3)
    assert made["unseen_labels"] == {}
    assert results["docs"] == 12
    assert results["scores"]["all"]["micro"]["gold"] == 18
    assert (results["intervals"]["unit"], results["intervals"]["units"]) == ("document", 6)
    # in the order of the corpus
    assert [doc["document"] for doc in results["documents"]] == [n for n in NAMES for _ in "12"]
    assert [doc["id"] for doc in results["documents"]] == [str(n) for n in range(12)]
    assert "3 pipelines" in str(result)
    # the same seed gives the same result
    again = evaluate(
        tmp_path / "config.cfg", corpus, cross_validate=3, n_resamples=20
    ).to_dict()
    assert json.loads(json.dumps({**again, "speed": 0})) == {**results, "speed": 0}


def test_documents_without_annotations_move_no_name_to_another_document(config):
    docs = make_docs(Vocab())
    for doc in docs[:3]:
        del doc.spans["sc"]
    nlp = make_nlp()
    nlp.config = config
    with pytest.warns(UserWarning, match="left out of the scores"):
        results = evaluate(nlp, docs, cross_validate=3, n_resamples=0).results
    shown = [(doc["id"], doc["number"], doc["sha256"]) for doc in results["documents"]]
    assert shown == [(str(n), n, hash_text(docs[n].text)) for n in range(3, 12)]


def test_a_label_of_one_document_is_named(config):
    docs = make_docs(Vocab())
    docs[0].spans["sc"] = [*docs[0].spans["sc"], Span(docs[0], 0, 1, label="rare")]
    nlp = make_nlp()
    nlp.config = config
    result = evaluate(nlp, docs, cross_validate=3, n_resamples=0)
    assert result.results["cross_validation"]["unseen_labels"] == {"rare": 1}
    assert "rare 1" in str(result)


def test_what_another_pipeline_may_know_of_the_documents_is_named(config, corpus):
    nlp = make_nlp()
    nlp.config = config
    docs = make_docs(Vocab())
    result = evaluate(nlp, docs, cross_validate=3, n_resamples=0)
    assert "another trained pipeline" not in str(result)
    reader = config["corpora"]["train"]
    config["corpora"]["train"] = {
        "@readers": "spacy_nested_ner.CorpusWithPredicted.v1",
        "annotated": {**reader, "path": "nowhere.spacy"},
        "predicted": {**reader, "path": str(corpus / "train.spacy")},
        "copies": 1,
    }
    nlp.config = config
    result = evaluate(nlp, docs, cross_validate=3, n_resamples=0)
    assert "corpora.train.predicted" in result.results["warnings"][-1]
    assert "corpora.train.predicted" in str(result)


@pytest.mark.parametrize(
    ("folds", "word"), [(2, "3"), (7, "6 documents")], ids=["few folds", "few documents"]
)
def test_a_corpus_that_is_too_small_is_refused(config, tmp_path, folds, word):
    config.to_disk(tmp_path / "config.cfg")
    with pytest.raises(UserError, match=word):
        evaluate(
            tmp_path / "config.cfg",
            make_docs(Vocab()),
            cross_validate=folds,
            output=tmp_path / "scores.json",
        )
    assert not (tmp_path / "scores.json").exists()


def test_a_file_that_is_no_config_and_a_folder_without_parts_are_refused(config, tmp_path):
    (tmp_path / "wrong.cfg").write_text("no config", encoding="utf8")
    with pytest.raises(UserError, match=r"wrong\.cfg"):
        evaluate(tmp_path / "wrong.cfg", make_docs(Vocab()), cross_validate=3)
    (tmp_path / "wrong.cfg").write_text('[nlp]\nlang = "en"\n')
    with pytest.raises(UserError, match=r"wrong\.cfg .* \[components\]"):
        evaluate(tmp_path / "wrong.cfg", make_docs(Vocab()), cross_validate=3)
    config.to_disk(tmp_path / "config.cfg")
    with pytest.raises(UserError, match=r"train\.spacy"):
        evaluate(tmp_path / "config.cfg", tmp_path, cross_validate=3)


def test_a_config_without_one_span_key_or_without_a_path_is_refused(config, tmp_path):
    other = spacy.util.copy_config(config)
    other["components"]["nested_spancat"]["spans_key"] = None
    other.to_disk(tmp_path / "keys.cfg")
    with pytest.raises(UserError, match="none"):
        evaluate(tmp_path / "keys.cfg", make_docs(Vocab()), cross_validate=3)
    del config["corpora"]["dev"]["path"]
    config.to_disk(tmp_path / "path.cfg")
    with pytest.raises(UserError, match=r"corpora\.dev"):
        evaluate(tmp_path / "path.cfg", make_docs(Vocab()), cross_validate=3)
