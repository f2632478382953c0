import pytest
import spacy

from tests.pipelines import TINY_ENCODER, make_examples


@pytest.fixture(scope="session")
def tiny():
    """A small pipeline with nested_spancat, trained a little."""
    nlp = spacy.blank("en", meta={"name": "tiny"})
    nlp.add_pipe("nested_spancat", config={"model": {"tok2vec": TINY_ENCODER}})
    examples = make_examples(nlp.vocab)
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(40):
        nlp.update(examples, sgd=optimizer)
    return nlp
