"""Parts of a training corpus: nested, seeded, no annotation lost."""

import pytest
import spacy
from spacy.tokens import DocBin

from benchmarks.subsets import Gold, keep_documents, keep_few_mentions, make_subset_reader

GOLD = [
    Gold(f"d{i // 3}", ["a", "b"], [True, False], [(0, 1, "XYZ"[i % 3])] * (1 + i % 2))
    for i in range(30)
]


def count(gold, label):
    return sum(span[2] == label for one in gold for span in one.spans)


def test_a_smaller_share_of_documents_is_part_of_every_larger_one():
    shares = [{id(one) for one in keep_documents(GOLD, share, 1)} for share in (0.1, 0.5, 1)]
    assert [len(kept) for kept in shares] == [3, 15, 30]
    assert shares[0] < shares[1] < shares[2]


def test_another_seed_keeps_other_documents():
    kept = [{one.document for one in keep_documents(GOLD, 0.5, seed)} for seed in (1, 2)]
    assert kept[0] != kept[1]


@pytest.mark.parametrize("n", [1, 3, 5])
def test_no_label_has_more_mentions_than_it_may_and_no_doc_loses_one(n):
    kept = keep_few_mentions(GOLD, {"X": n, "Y": 2}, seed=0)
    assert 0 < count(kept, "X") <= n
    assert 0 < count(kept, "Y") <= 2
    assert count(kept, "Z") == count(GOLD, "Z")
    assert all(any(one is other for other in GOLD) for one in kept)


def test_a_part_is_what_spacys_reader_reads_of_it(corpus):
    nlp = spacy.blank("en")
    stock = spacy.training.Corpus(corpus / "train.spacy")
    texts = [(eg.text, len(eg.reference.spans["sc"])) for eg in stock(nlp)]
    reader = make_subset_reader(corpus / "train.spacy")
    assert [(eg.text, len(eg.reference.spans["sc"])) for eg in reader(nlp)] == texts
    half = [eg.text for eg in make_subset_reader(corpus / "train.spacy", documents=0.5)(nlp)]
    assert 0 < len(half) < len(texts)
    assert set(half) <= {text for text, _ in texts}


def test_spans_are_those_of_the_key(tmp_path):
    nlp = spacy.blank("en")
    doc = nlp("one two three")
    doc.user_data["document"] = "d"
    doc.spans["sc"] = [doc[0:1]]
    doc.spans["other"] = [doc[0:2], doc[2:3]]
    path = tmp_path / "train.spacy"
    DocBin(docs=[doc], store_user_data=True).to_disk(path)
    (eg,) = make_subset_reader(path, spans_key="other")(nlp)
    assert [span.text for span in eg.reference.spans["other"]] == ["one two", "three"]
