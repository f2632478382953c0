import random
from collections import Counter
from itertools import product
from typing import Dict, FrozenSet, List, Mapping

import pytest

from spacy_nested_ner.corpus.conversion.stratify import stratify
from spacy_nested_ner.corpus.records import PARTS

Documents = Dict[str, FrozenSet[str]]


def documents_of(**counts: int) -> Documents:
    """So many documents of each label alone, and of "none" without one."""
    return {
        f"{label}{i}": frozenset() if label == "none" else frozenset([label])
        for label, n in counts.items()
        for i in range(n)
    }


def random_documents(choices: random.Random, n: int, labels: str) -> Documents:
    return {
        str(i): frozenset(choices.sample(labels, choices.randint(0, min(4, len(labels)))))
        for i in range(n)
    }


def count_parts(documents: Documents, parts: Mapping[str, str], label: str) -> List[int]:
    counts = Counter(parts[name] for name, labels in documents.items() if label in labels)
    return [counts[part] for part in PARTS]


def test_every_label_is_dealt_eight_to_one_to_one():
    documents = documents_of(often=300, seldom=40, none=160)
    parts = stratify(documents, 0)
    assert list(parts) == list(documents)
    assert count_parts(documents, parts, "often") == [240, 30, 30]
    assert count_parts(documents, parts, "seldom") == [32, 4, 4]
    assert Counter(parts.values()) == {"train": 400, "dev": 50, "test": 50}


def test_a_label_of_three_documents_is_in_every_part():
    documents = documents_of(a=3, b=4, c=200)
    parts = stratify(documents, 0)
    assert count_parts(documents, parts, "a") == [1, 1, 1]
    assert count_parts(documents, parts, "b") == [2, 1, 1]


def test_a_label_of_two_documents_is_in_train_and_held_out_and_that_of_one_in_train():
    documents = documents_of(a=2, b=1, c=200)
    parts = stratify(documents, 0)
    train, dev, test = count_parts(documents, parts, "a")
    assert (train, dev + test) == (1, 1)
    assert count_parts(documents, parts, "b") == [1, 0, 0]


def test_train_comes_first_where_a_label_cannot_be_in_every_part():
    # each document of "a" carries a label that no other document has
    documents = documents_of(c=50) | {f"a{i}": frozenset(["a", f"own{i}"]) for i in range(3)}
    assert count_parts(documents, stratify(documents, 0), "a") == [3, 0, 0]
    documents["a0"] = documents["a1"] = frozenset(["a"])
    parts = stratify(documents, 0)
    assert parts["a2"] == "train"
    assert count_parts(documents, parts, "a") == [1, 1, 1]


def lacks(documents: Documents, parts: Mapping[str, str]) -> List[int]:
    """Labels not in train, and labels of two documents or more missing in dev and test."""
    total = Counter(label for labels in documents.values() for label in labels)
    counts = {label: count_parts(documents, parts, label) for label in total}
    return [
        sum(not train for train, _, _ in counts.values()),
        sum(
            max(0, min(total[label] - 1, 2) - bool(dev) - bool(test))
            for label, (_, dev, test) in counts.items()
        ),
    ]


def test_small_corpora_come_close_to_the_best_of_all_splits():
    choices = random.Random(1)
    n_ours = n_best = 0
    for _ in range(40):
        documents = random_documents(choices, choices.randint(3, 7), "ABCDEFG")
        splits = product(PARTS, repeat=len(documents))
        best = min(lacks(documents, dict(zip(documents, split))) for split in splits)
        ours = lacks(documents, stratify(documents, 0))
        assert ours[0] == best[0] == 0
        n_ours += ours[1]
        n_best += best[1]
    assert n_best <= n_ours <= 1.15 * n_best
    assert n_best > 10


def test_every_label_is_in_train():
    choices = random.Random(2)
    for n in (1, 2, 5, 20, 80):
        for _ in range(10):
            documents = random_documents(choices, n, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
            assert lacks(documents, stratify(documents, 0))[0] == 0


def test_the_same_seed_gives_the_same_split_in_any_order_and_another_seed_another():
    documents = random_documents(random.Random(3), 100, "ABCDEFGH")
    parts = stratify(documents, 5)
    assert stratify(dict(reversed(documents.items())), 5) == parts
    assert stratify(documents, 6) != parts


def test_the_split_of_a_seed_never_changes():
    documents = documents_of(a=5, none=15)
    held_out = {name: part for name, part in stratify(documents, 0).items() if part != "train"}
    assert held_out == {"a0": "test", "a1": "dev", "none2": "dev", "none10": "test"}


@pytest.mark.parametrize("n", [3, 9, 10, 11, 19, 20, 21])
def test_dev_and_test_are_a_tenth_of_documents_without_labels(n):
    sizes = Counter(stratify(documents_of(none=n), 0).values())
    tenth = max(1, n // 10)
    assert sizes == {"train": n - 2 * tenth, "dev": tenth, "test": tenth}
