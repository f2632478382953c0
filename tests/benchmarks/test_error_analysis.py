"""What a pipeline's errors cost, and what training said of them."""

import pytest
import spacy
from spacy.tokens import Span

from benchmarks.error_analysis import count_agreement, repair
from spacy_nested_ner.evaluation.documents import EvaluatedDoc, Mention


def evaluated(text, gold, predicted):
    """A text in words of blanks; mentions as words and label, the words once in the text."""
    starts = [i for i in range(len(text)) if i == 0 or text[i - 1] == " "]
    sides = [
        tuple(
            Mention(text.index(words), text.index(words) + len(words), label)
            for words, label in side
        )
        for side in (gold, predicted)
    ]
    ends = [start + len(text[start:].split(" ")[0]) for start in starts]
    return EvaluatedDoc("1", text, starts, ends, *sides)


def test_a_repair_makes_one_kind_of_error_right_and_leaves_the_others():
    doc = evaluated(
        "old pump and new seal near red valve by grey tank",
        gold=[("old pump", "a"), ("new seal", "a"), ("red valve", "a")],
        predicted=[("old pump", "a"), ("seal", "a"), ("grey tank", "a")],
    )
    kinds = repair([doc])
    assert {kind: n["mentions"] for kind, n in kinds.items()} == {
        "correct": 1,
        "missed": 1,
        "spurious": 1,
        "boundary": 1,
        "type": 0,
        "both": 0,
    }
    # 1 right of 3 gold and 3 predicted
    assert kinds["correct"]["f1"] == kinds["type"]["f1"] == pytest.approx(100 / 3)
    assert kinds["boundary"]["f1"] == pytest.approx(200 * 2 / 6)
    assert kinds["missed"]["f1"] == pytest.approx(200 * 2 / 7)
    assert kinds["spurious"]["f1"] == pytest.approx(200 * 1 / 5)


def test_agreement_is_of_words_and_label_wherever_training_has_the_words():
    nlp = spacy.blank("en")
    train = []
    for text, annotated in (
        ("the old pump", True),
        ("an old pump", True),
        ("no old pump", False),
        ("a red valve", True),
        ("the seal", False),
    ):
        doc = nlp(text)
        doc.spans["sc"] = [Span(doc, 1, len(doc), "a")] if annotated else []
        train.append(doc)
    doc = evaluated(
        "old pump red valve seal tank",
        gold=[("old pump", "a"), ("red valve", "b"), ("tank", "a")],
        predicted=[("old pump", "a"), ("red valve", "a"), ("seal", "a")],
    )
    # gold, found, predicted, right
    assert count_agreement([doc], train, nlp, "sc") == {
        "not there": [1, 0, 0, 0],
        "never": [1, 0, 1, 0],
        "less than half": [0, 0, 0, 0],
        "half or more": [1, 1, 1, 1],
        "always": [0, 0, 1, 0],
    }
