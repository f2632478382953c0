from collections import Counter

import pytest
from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from spacy_nested_ner.evaluation.folds import assign_folds
from spacy_nested_ner.user_error import UserError

VOCAB = Vocab()


def make_docs(documents):
    """documents: (name or None, labels of its mentions) of each doc."""
    docs = []
    for name, labels in documents:
        doc = Doc(VOCAB, words=["x"] * 9)
        doc.spans["sc"] = [Span(doc, i, i + 1, label=label) for i, label in enumerate(labels)]
        if name is not None:
            doc.user_data["document"] = name
        docs.append(doc)
    return docs


def folds_of(docs, n, seed=0):
    return assign_folds(docs, n, seed=seed, spans_key="sc")


def test_the_sentences_of_a_document_are_in_one_fold():
    docs = make_docs([(str(n), "") for n in range(11) for _ in range(1 + n % 3)])
    folds = folds_of(docs, 3)
    of_document = {doc.user_data["document"]: fold for doc, fold in zip(docs, folds)}
    assert folds == [of_document[doc.user_data["document"]] for doc in docs]
    assert sorted(Counter(of_document.values()).values()) == [3, 4, 4]
    assert folds == folds_of(docs, 3) != folds_of(docs, 3, seed=1)
    # a doc without a document is one by itself, also beside a document of that name
    assert sorted(folds_of(make_docs([("1", ""), (None, ""), ("1", "")]), 2)) in (
        [0, 0, 1],
        [0, 1, 1],
    )
    with pytest.raises(UserError, match=r"11 .* 12 "):
        folds_of(docs, 12)


@pytest.mark.parametrize("seed", range(5))
def test_rare_labels_are_in_as_many_folds_as_they_can_be(seed):
    labels = {**dict.fromkeys(range(50), "a"), 7: "ar", 21: "arr", 22: "r", 23: "bb", 24: "ab"}
    docs = make_docs([(str(n), labels[n]) for n in sorted(labels)])
    folds = folds_of(docs, 5, seed)
    assert sorted(Counter(folds).values()) == [10] * 5
    assert len({folds[n] for n in (7, 21, 22)}) == 3
    assert folds[23] != folds[24]


def test_the_mentions_of_a_label_are_spread_evenly():
    docs = make_docs([(str(n), "a" * (n % 7)) for n in range(60)])
    n_mentions = Counter()
    for n, fold in enumerate(folds_of(docs, 4)):
        n_mentions[fold] += n % 7
    assert max(n_mentions.values()) - min(n_mentions.values()) <= 6
