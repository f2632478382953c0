"""The configs and the code of docs/migration.md run."""

import spacy
from spacy.tokens import DocBin, Span
from spacy.util import import_file
from thinc.api import Config

from tests.conftest import ROOT
from tests.docs.pages import blocks_of
from tests.pipelines import TINY_ENCODER, make_examples, train

PAGE = ROOT / "docs" / "migration.md"
BEFORE, AFTER, DROP_IN, CROSS_ENTROPY = [block.text for block in blocks_of(PAGE, "ini")]


def add_pipe(text):
    ((name, settings),) = Config().from_str(text)["components"].items()
    settings["model"]["tok2vec"] = TINY_ENCODER
    nlp = spacy.blank("en")
    nlp.add_pipe(settings.pop("factory"), name, config=settings)
    return nlp, settings


def test_both_pipes_learn_from_the_same_examples():
    for text in (BEFORE, AFTER, DROP_IN):
        nlp, _ = add_pipe(text)
        examples = make_examples(nlp.vocab)
        train(nlp, examples, updates=2)
        assert set(nlp(examples[0].text).spans) == {"sc"}


def test_spancat_learns_from_the_cross_entropy_with_the_scorer_of_the_page():
    import_file("controls", ROOT / "benchmarks" / "controls.py")
    before, scorer = BEFORE.partition("[components.spancat.model.scorer]")[:2]
    assert CROSS_ENTROPY.startswith(scorer)
    nlp, settings = add_pipe(before + CROSS_ENTROPY)
    assert settings["model"]["scorer"]["@layers"] == "benchmarks.LinearCrossEntropy.v1"
    train(nlp, make_examples(nlp.vocab), updates=2)


def test_the_drop_in_names_every_setting():
    nlp, settings = add_pipe(DROP_IN)
    assert set(nlp.config["components"]["spancat"]["model"]) == set(settings["model"])


def test_entities_become_spans(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    doc = spacy.blank("en")("replaced pump seal")
    doc.ents = [Span(doc, 1, 3, label="part")]
    DocBin(docs=[doc]).to_disk("ner-train.spacy")
    (block,) = blocks_of(PAGE, "python")
    exec(compile(block.text, "migration.md", "exec"), {})
    (read,) = DocBin().from_disk("train.spacy").get_docs(doc.vocab)
    assert [(span.text, span.label_) for span in read.spans["sc"]] == [("pump seal", "part")]
