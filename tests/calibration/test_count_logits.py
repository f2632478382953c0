"""Counts against a walk over all spans of all documents."""

from collections import Counter

import numpy
import pytest
import torch
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_nested_ner.calibration.count_logits import (
    LogitCounter,
    count_corpus,
    find_pipe,
)
from spacy_nested_ner.calibration.logit_counts import (
    BINS_PER_LOGIT,
    CENTRES,
    EDGES,
    N_BINS,
    REACH,
)
from spacy_nested_ner.evaluation.folds import assign_folds
from spacy_nested_ner.gold_alignment import Judge
from spacy_nested_ner.model import global_pointer, span_logits
from spacy_nested_ner.pipe import token_batches
from spacy_nested_ner.user_error import UserError
from tests.pipelines import TINY_ENCODER, make_examples, make_nlp, train

# gold in words of the text; the second has blank tokens, at which no span begins or ends
TEXTS = [
    ("the BRX gene binds ZED", [(1, 3, "DNA"), (1, 2, "protein"), (4, 5, "protein")]),
    ("T cells \n  and ZED promoter", [(0, 2, "cell"), (4, 6, "DNA"), (4, 5, "protein")]),
    ("nothing here", []),
    ("resting human T cells express ZED", [(0, 4, "cell"), (5, 6, "protein")]),
]


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "efficient"])
def nlp(request):
    nlp = make_nlp(model={"efficient": request.param}, thresholds=[["DNA", 0.3]])
    train(nlp, make_examples(nlp.vocab), updates=25)
    nlp.get_pipe("nested_spancat").temperatures = {"cell": 2.0}
    return nlp


def gold_docs(nlp, texts=TEXTS):
    docs = []
    for number, (text, spans) in enumerate(texts):
        doc = nlp.make_doc(text)
        doc.spans["sc"] = [Span(doc, i, j, label=label) for i, j, label in spans]
        doc.user_data["document"] = f"article {number}"
        docs.append(doc)
    return docs


def slow_counts(nlp, docs):
    """(number of the doc, label, bin, is it gold, is it predicted) of every span that can be
    predicted."""
    pipe = nlp.get_pipe("nested_spancat")
    rows = Counter()
    for number, doc in enumerate(docs):
        if not len(doc):
            continue
        S = pipe.model.predict([doc]).dense()
        gold = {(s.start, s.end, s.label_) for s in doc.spans["sc"]}
        found = nlp(doc.copy())
        predicted = {(s.start, s.end, s.label_) for s in found.spans["sc"]}
        for i in range(len(doc)):
            for j in range(i + 1, min(len(doc), i + S.shape[1]) + 1):
                if doc[i].is_space or doc[j - 1].is_space:
                    continue
                for a, label in enumerate(pipe.labels):
                    logit = S[i, j - i - 1, a].item()
                    bin = sum(logit > edge for edge in EDGES.tolist())
                    span = i, j, label
                    rows[number, label, bin, span in gold, span in predicted] += 1
    return rows


@pytest.mark.parametrize("tokens", [1, 8, 1000])
@pytest.mark.parametrize("numbers", [1, 10_000])
def test_counts_are_those_of_a_walk_over_all_spans(nlp, monkeypatch, tokens, numbers):
    monkeypatch.setattr(token_batches, "_TOKENS_AT_A_TIME", tokens)
    monkeypatch.setattr(span_logits, "_NUMBERS_AT_A_TIME", numbers)
    monkeypatch.setattr(global_pointer, "_WIDEST", 3)
    found = count_corpus(nlp, gold_docs(nlp), folds=4)
    docs = gold_docs(nlp)
    folds = assign_folds(docs, 4, seed=0, spans_key="sc")
    expected = slow_counts(nlp, docs)
    gold, other = numpy.zeros_like(found.gold), numpy.zeros_like(found.other)
    right, predicted = numpy.zeros_like(found.right), numpy.zeros_like(found.predicted)
    for (number, label, bin, is_gold, is_predicted), n in expected.items():
        place = folds[number], found.labels.index(label)
        (gold if is_gold else other)[(*place, bin)] += n
        right[place] += n * (is_gold and is_predicted)
        predicted[place] += n * is_predicted
    # a logit that is computed beside others may differ in its last bit, and so in its bin
    assert numpy.abs(found.gold - gold).sum() <= 2
    assert numpy.abs(found.other - other).sum() <= 4
    assert found.right.tolist() == right.tolist()
    assert found.predicted.tolist() == predicted.tolist()
    assert predicted.sum() > right.sum() > 0
    assert found.n_gold.sum() == sum(len(spans) for _, spans in TEXTS)
    assert found.n_docs.tolist() == [1] * 4
    assert found.temperatures.tolist() == [1.0, 2.0, 1.0]
    assert found.thresholds.tolist() == [0.3, 0.5, 0.5]


def test_what_the_gold_does_not_judge_is_left_out_as_by_the_scorer(nlp):
    docs = gold_docs(nlp)
    pipe = nlp.get_pipe("nested_spancat")
    pipe.threshold, before = 0.2, pipe.threshold
    complete = count_corpus(nlp, docs)
    # a region for a label and one for all labels, with a rejected span inside; no annotation
    docs[0].spans["sc_unannotated"] = [Span(docs[0], 0, 4, "DNA"), Span(docs[0], 4, 5)]
    docs[0].spans["sc_rejected"] = [Span(docs[0], 4, 5, "cell")]
    del docs[2].spans["sc"]
    with pytest.warns(UserWarning, match="1 of 4"):
        found = count_corpus(nlp, docs)
    judges = [Judge(doc, spans_key="sc") for doc in docs]
    n_other = dict.fromkeys(pipe.labels, 0)
    for doc, judge in zip(docs, judges):
        width = min(len(doc), pipe.model.predict([doc]).grid.width)
        for i in range(len(doc)):
            for j in range(i + 1, min(len(doc), i + width) + 1):
                first, last = doc[i], doc[j - 1]
                for label in pipe.labels:
                    place = first.idx, last.idx + len(last), label
                    if not (first.is_space or last.is_space or place in judge.gold):
                        n_other[label] += judge.judges(*place)
    assert found.other.sum((0, 2)).tolist() == list(n_other.values())
    assert found.other.sum() < complete.other.sum()
    assert found.gold.tolist() == complete.gold.tolist()
    assert found.right.tolist() == complete.right.tolist()
    assert found.n_docs.tolist() == [3]
    scores = nlp.evaluate([Example(nlp.make_doc(doc.text), doc) for doc in docs])
    right, predicted = found.right.sum(), found.predicted.sum()
    assert scores["spans_sc_p"] == pytest.approx(right / predicted)
    pipe.threshold = before


def test_gold_spans_that_no_cell_can_hold_are_counted_by_label(nlp):
    texts = [
        # too wide: 5 tokens of 4; a label that the pipe does not know
        ("a b c d e f", [(0, 5, "DNA"), (1, 2, "virus"), (2, 3, "virus"), (3, 4, "DNA")]),
        # begins with a blank; twice the same; without a token
        ("a \n b", [(1, 3, "DNA"), (2, 3, "cell"), (2, 3, "cell"), (1, 1, "cell")]),
    ]
    found = count_corpus(nlp, gold_docs(nlp, texts), folds=2)
    first, second = assign_folds(gold_docs(nlp, texts), 2, seed=0, spans_key="sc")
    unreachable = {label: n.tolist() for label, n in found.unreachable.items()}
    assert unreachable["virus"][first] == 2
    assert unreachable["DNA"] == [1, 1]
    assert set(unreachable) == {"DNA", "virus"}
    assert found.n_unknown == {"virus": 2}
    labels = found.labels.index("DNA"), found.labels.index("cell")
    assert found.n_gold[first, labels].tolist() == [2, 0]
    assert found.n_gold[second, labels].tolist() == [1, 1]
    assert found.gold.sum() == 2


def test_misaligned_gold_spans_are_counted_and_not_found(nlp):
    reference = Doc(nlp.vocab, words=["BRX", "-7", "gene"], spaces=[False, True, False])
    reference.spans["sc"] = [
        Span(reference, 0, 1, label="protein"),
        Span(reference, 0, 3, label="DNA"),
    ]
    predicted = Doc(nlp.vocab, words=["BRX-7", "gene"], spaces=[True, False])
    pipe = nlp.get_pipe("nested_spancat")
    counter = LogitCounter(pipe, [reference])
    with counter.counting():
        pipe(predicted)
    pipe(predicted)  # after the block it is not counted
    found = counter.result()
    assert found.n_docs.tolist() == [1]
    assert {k: n.tolist() for k, n in found.unreachable.items()} == {"protein": [1]}
    assert found.gold.sum(2).tolist() == [[1, 0, 0]]


def test_every_logit_falls_into_the_bin_of_its_edges(nlp):
    counter = LogitCounter(nlp.get_pipe("nested_spancat"), [])
    step = 1 / BINS_PER_LOGIT
    S = [-99.0, -REACH, -REACH + step, -step, 0.0, 1e-6, step, REACH, REACH + 1e-3, 99.0]
    bins, above = numpy.zeros((1, 1, N_BINS), dtype=int), numpy.zeros((1, 1), dtype=int)
    group = torch.zeros(len(S), dtype=torch.long)
    counter._tally(torch.tensor(S), group, torch.tensor([0.0]), bins, above)
    expected = [sum(s > edge for edge in EDGES.tolist()) for s in S]
    assert bins[0, 0].nonzero()[0].tolist() == sorted(set(expected))
    # an edge itself lies below: a span is predicted where its logit is greater
    assert above.item() == sum(s > 0 for s in S) == 5
    assert bins.sum() == len(S)
    assert (numpy.diff(CENTRES) > 0).all()


def test_counts_of_folds_add_up(nlp):
    whole, folded = (count_corpus(nlp, gold_docs(nlp), folds=n) for n in (1, 3))
    assert folded.gold.sum(0).tolist() == whole.gold[0].tolist()
    assert folded.right.sum(0).tolist() == whole.right[0].tolist()
    some = folded.of_folds([0, 2])
    assert some.n_folds == 2
    assert some.n_gold.tolist() == folded.n_gold[[0, 2]].tolist()


def test_the_encoder_of_a_pipe_with_a_listener_runs_before():
    nlp = make_nlp(
        model={"tok2vec": {"@architectures": "spacy.Tok2VecListener.v1", "width": 32}}
    )
    nlp.add_pipe("tok2vec", first=True, config={"model": TINY_ENCODER})
    train(nlp, make_examples(nlp.vocab), updates=20)
    found = count_corpus(nlp, gold_docs(nlp))
    assert nlp.pipe_names == ["tok2vec", "nested_spancat"]
    docs = list(nlp.pipe(text for text, _ in TEXTS))
    assert found.predicted.sum() == sum(len(doc.spans["sc"]) for doc in docs) > 0


def test_the_pipe_is_found_or_an_error_names_the_pipes():
    nlp = make_nlp()
    assert find_pipe(nlp) == find_pipe(nlp, "nested_spancat") == "nested_spancat"
    with pytest.raises(UserError, match=r"'x'.*'nested_spancat'"):
        find_pipe(nlp, "x")
    nlp.add_pipe("nested_spancat", name="other")
    assert find_pipe(nlp, "other") == "other"
    with pytest.raises(UserError, match="'nested_spancat', 'other'"):
        find_pipe(nlp)
    nlp.select_pipes(disable=nlp.pipe_names)
    with pytest.raises(UserError, match=r"empty.*none"):
        find_pipe(nlp)


def test_a_corpus_without_a_mention_is_refused(nlp):
    with pytest.raises(UserError, match=r"^Dev .*'sc'"):
        count_corpus(nlp, gold_docs(nlp, [("a b", [])]), name="Dev")


def test_later_pipes_are_not_run():
    nlp = make_nlp()
    train(nlp, make_examples(nlp.vocab), updates=1)
    nlp.add_pipe("nested_spancat", name="untrained")
    with pytest.raises(ValueError, match="initialize"):
        nlp("ZED")
    assert count_corpus(nlp, gold_docs(nlp), pipe="nested_spancat").n_docs.tolist() == [4]
    assert nlp.pipe_names == ["nested_spancat", "untrained"]
