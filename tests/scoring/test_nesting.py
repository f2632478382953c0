from random import Random

import numpy
import pytest

from spacy_nested_ner.scoring.nesting import count_disjoint, relate


def columns(mentions):
    return numpy.array(mentions, dtype=int).reshape(-1, 3).T


def slow_relations(mentions):
    """Every mention with every other one; (inside, around, same_label, crossing, same_span,
    depth) of each."""

    def contains(outer, inner):
        return outer[0] <= inner[0] and inner[1] <= outer[1] and outer[:2] != inner[:2]

    def crosses(a, b):
        return a[0] < b[0] < a[1] < b[1]

    def depth(mention):
        return 1 + max((depth(o) for o in mentions if contains(o, mention)), default=0)

    return [
        (
            any(contains(o, m) for o in mentions),
            any(contains(m, o) for o in mentions),
            any(o[2] == m[2] and (contains(o, m) or contains(m, o)) for o in mentions),
            any(crosses(o, m) or crosses(m, o) for o in mentions),
            any(o[:2] == m[:2] and o != m for o in mentions),
            depth(m),
        )
        for m in mentions
    ]


def slow_disjoint(spans, reached=0):
    """The best choice of all."""
    later = [span for span in spans if span[0] >= reached]
    return max((1 + slow_disjoint(later, end) for _, end in later), default=0)


def random_mentions(rng, n_tokens, n_mentions, n_labels):
    mentions = set()
    for _ in range(n_mentions):
        start = rng.randrange(n_tokens)
        end = rng.randint(start + 1, min(n_tokens, start + 7))
        mentions.add((start, end, rng.randrange(n_labels)))
    return rng.sample(sorted(mentions), len(mentions))


@pytest.mark.parametrize("n_tokens", [4, 12, 60])
@pytest.mark.parametrize("n_labels", [1, 3])
def test_relations_are_those_of_a_comparison_of_all_with_all(n_tokens, n_labels):
    rng = Random(n_tokens + n_labels)
    for n_mentions in (*range(12), 40):
        mentions = random_mentions(rng, n_tokens, n_mentions, n_labels)
        found = list(zip(*(column.tolist() for column in relate(*columns(mentions)))))
        assert found == slow_relations(mentions), mentions


@pytest.mark.parametrize(
    ("spans", "nested", "crossing", "same_span", "depths"),
    [
        ([], 0, 0, 0, []),
        ([(0, 3), (3, 5)], 0, 0, 0, [1, 1]),  # they touch
        ([(0, 9), (0, 4), (6, 9)], 3, 0, 0, [1, 2, 2]),  # same start, same end
        ([(0, 5), (3, 8)], 0, 2, 0, [1, 1]),
        ([(0, 5), (3, 8), (6, 9)], 0, 3, 0, [1, 1, 1]),  # a chain of crossings
        ([(0, 5), (0, 5)], 0, 0, 2, [1, 1]),
        ([(0, 9), (1, 4), (2, 6), (2, 3)], 4, 2, 0, [1, 2, 2, 3]),  # past a crossing
        ([(2, 3), (2, 5), (0, 5), (0, 9)], 4, 0, 0, [4, 3, 2, 1]),  # in any order
    ],
)
def test_relations_of_few_mentions(spans, nested, crossing, same_span, depths):
    found = relate(*columns([(*span, label) for label, span in enumerate(spans)]))
    sums = (found.nested.sum(), found.crossing.sum(), found.same_span.sum())
    assert sums == (nested, crossing, same_span)
    assert found.depth.tolist() == depths
    assert not found.same_label.any()


def test_documents_in_a_row_do_not_touch_each_other():
    rng = Random(3)
    row, expected = [], []
    for document in range(20):
        mentions = random_mentions(rng, 10, rng.randrange(9), 2)
        row += [(s + 10 * document, e + 10 * document, label) for s, e, label in mentions]
        expected += slow_relations(mentions)
    assert list(zip(*(column.tolist() for column in relate(*columns(row))))) == expected


def test_disjoint_spans_are_counted_at_their_best():
    rng = Random(7)
    for n in (*range(10), 12):
        mentions = random_mentions(rng, 20, n, 2)
        start, end, _ = columns(mentions)
        assert count_disjoint(start, end) == slow_disjoint([m[:2] for m in mentions])


def test_longest_first_is_not_the_best():
    start, end, _ = columns([(0, 9, 0), (0, 3, 0), (3, 6, 0), (6, 9, 0)])
    assert count_disjoint(start, end) == 3


def test_a_mention_without_a_token_is_refused():
    with pytest.raises(AssertionError):
        relate(*columns([(0, 3, 0), (2, 2, 0)]))


def test_thousands_of_mentions_in_one_document():
    """All nested in each other: what a comparison of all with all would take minutes for."""
    n = 20_000
    start, end = numpy.arange(n), 2 * n - numpy.arange(n)
    found = relate(start, end, start % 3)
    assert found.depth.tolist() == list(range(1, n + 1))
    assert found.nested.all()
    assert found.same_label.all()
    assert not found.crossing.any()
    assert count_disjoint(start, end) == 1
