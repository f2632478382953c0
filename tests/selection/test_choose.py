"""Which documents are chosen, on numbers that a reader can check."""

from math import sqrt

import pytest

from spacy_nested_ner.selection.choose import _value, choose_documents, weigh_labels
from spacy_nested_ner.selection.doubts import Doubt, Doubts


def doubt(error: float, mention: str = "pump", label: str = "part") -> Doubt:
    return Doubt(mention, label, 1.0 - error, error)


def document(*doubts: Doubt, n_tokens: int = 1) -> Doubts:
    return Doubts(n_tokens, doubts)


def test_the_document_with_most_expected_errors_comes_first():
    pool = [document(doubt(0.1, "a")), document(doubt(0.4, "b")), document(doubt(0.3, "c"))]
    assert choose_documents(pool, 2) == [1, 2]
    assert choose_documents(pool, 9) == [1, 2, 0]


def test_errors_of_a_document_add_up():
    one, two = document(doubt(0.4, "a")), document(doubt(0.3, "b"), doubt(0.3, "c"))
    assert choose_documents([one, two], 1) == [1]


def test_a_long_document_needs_more_errors():
    short, long = document(doubt(0.3, "a"), n_tokens=4), document(doubt(0.5, "b"), n_tokens=16)
    assert choose_documents([long, short], 1) == [1]


def test_a_mention_that_was_chosen_counts_half_and_then_a_third():
    pool = [
        document(doubt(0.5)),
        document(doubt(0.48)),
        document(doubt(0.46)),
        document(doubt(0.2, "seal")),  # below 0.48 / 2, above 0.46 / 3
    ]
    assert choose_documents(pool, 4) == [0, 1, 3, 2]


def test_a_mention_with_another_label_is_another_one():
    pool = [document(doubt(0.5)), document(doubt(0.5)), document(doubt(0.35, label="tool"))]
    assert choose_documents(pool, 3) == [0, 2, 1]


def test_an_error_of_a_rare_label_counts_more():
    frequent = [document(Doubt(f"part {i}", "part", 1.0, 0.0)) for i in range(9)]
    rare = document(Doubt("torque wrench", "tool", 1.0, 0.2))
    pool = [*frequent, document(Doubt("valve", "part", 0.0, 0.5)), rare]
    assert weigh_labels(pool) == {"part": 1.0, "tool": pytest.approx(3.0)}
    assert choose_documents(pool, 1) == [10]


def test_equal_documents_are_chosen_in_their_order():
    pool = [document(doubt(0.2, "a")), document(doubt(0.2, "b")), document()]
    assert choose_documents(pool, 3) == [0, 1, 2]


def test_a_pool_without_doubts_or_documents_has_an_order_too():
    assert choose_documents([], 3) == []
    assert choose_documents([document(), document(n_tokens=0)], 5) == [0, 1]


def choose_slowly(pool, n):
    """The definition: the value of each remaining document is computed for each choice."""
    weights, chosen, seen = weigh_labels(pool), [], {}
    while len(chosen) < min(n, len(pool)):
        left = [i for i in range(len(pool)) if i not in chosen]
        best = max(left, key=lambda i: (_value(pool[i], weights, seen), -i))
        chosen.append(best)
        for key in {(one.mention, one.label) for one in pool[best].doubts}:
            seen[key] = seen.get(key, 0) + 1
    return chosen


@pytest.mark.parametrize("seed", range(20))
def test_the_choice_is_that_of_the_definition(seed):
    from random import Random

    random = Random(seed)
    pool = [
        document(
            *(
                doubt(random.random(), random.choice("abcde"), random.choice("XY"))
                for _ in range(random.randrange(4))
            ),
            n_tokens=random.randrange(1, 9),
        )
        for _ in range(30)
    ]
    assert choose_documents(pool, 20) == choose_slowly(pool, 20)


def test_the_value_is_divided_by_the_square_root_of_the_tokens():
    pool = [document(doubt(0.3), n_tokens=9)]
    assert _value(pool[0], {"part": 1.0}, {}) == pytest.approx(0.3 / sqrt(9))
