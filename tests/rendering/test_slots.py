from random import Random

import pytest

from spacy_nested_ner.rendering.slots import assign_slots


def overlap(a, b):
    return a[0] < b[1] and b[0] < a[1]


def depth_of(span, spans):
    """Length of the longest chain of spans, each inside the one before, that begins with it."""
    inner = [s for s in spans if s != span and span[0] <= s[0] and s[1] <= span[1]]
    return 1 + max((depth_of(s, inner) for s in inner), default=0)


@pytest.mark.parametrize("seed", range(20))
def test_overlapping_spans_have_different_slots_and_inner_ones_lower_ones(seed):
    rng = Random(seed)
    spans = [(s, s + rng.randint(1, 9)) for s in rng.choices(range(30), k=rng.randint(1, 40))]
    slots = assign_slots(spans)
    for i, a in enumerate(spans):
        for j, b in enumerate(spans):
            if i != j and overlap(a, b):
                assert slots[i] != slots[j]
                if a != b and a[0] <= b[0] and b[1] <= a[1]:
                    assert slots[i] > slots[j]


@pytest.mark.parametrize("seed", range(20))
def test_nested_spans_take_no_more_slots_than_they_are_deep(seed):
    rng = Random(seed)

    def grow(start, end):
        if end - start < 2:
            return []
        middle = rng.randint(start + 1, end - 1)
        return [(start, end), *grow(start, middle), *grow(middle, end)]

    spans = grow(0, rng.randint(2, 30))
    slots = assign_slots(spans)
    assert slots == [depth_of(span, spans) - 1 for span in spans]


@pytest.mark.parametrize(
    ("spans", "slots"),
    [
        ([], []),
        ([(0, 3), (3, 5)], [0, 0]),  # they touch
        ([(0, 5), (3, 8), (6, 9)], [0, 1, 0]),
        ([(0, 2), (0, 2)], [0, 1]),  # two labels on a span
        ([(0, 9), (4, 5), (0, 5)], [2, 0, 1]),
    ],
)
def test_slots_of_few_spans(spans, slots):
    assert assign_slots(spans) == slots


def test_a_chain_of_crossings_goes_up_and_down_and_not_to_the_sky():
    assert max(assign_slots([(2 * i, 2 * i + 3) for i in range(200)])) == 1
