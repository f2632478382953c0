"""Documents with random mentions on both sides: nested, crossing, some with two labels on a
span, and predictions that do not fit the gold tokens."""

import random
from typing import List, Optional, Set, Tuple

from spacy_nested_ner.evaluation.documents import EvaluatedDoc, Mention, sort_key

LABELS = ["DNA", "RNA", "cell", "protein", "virus"]
# unequal, so that a label cannot be mistaken for another by its count
WEIGHTS = [9, 1, 3, 6, 2]


def random_docs(
    n_docs: int,
    *,
    seed: int = 0,
    labels: Optional[List[str]] = None,
    documents: Optional[int] = None,
    flat: bool = False,
) -> List[EvaluatedDoc]:
    """Make documents, some of them without mentions on one side or on both.

    documents: deal them to so many articles, unequally.
    flat: no two mentions of a side overlap.
    """
    rng = random.Random(seed)
    labels = LABELS if labels is None else labels
    docs = []
    for number in range(n_docs):
        starts, ends, text = random_tokens(rng)
        gold = random_spans(rng, len(starts), labels, rng.choice([0, 1, 3, 8]), flat)
        kept = {span for span in sorted(gold) if rng.random() < 0.6}
        predicted = random_spans(rng, len(starts), labels, rng.choice([0, 1, 2, 5]), flat, kept)
        mentions = [
            [Mention(starts[i], ends[j - 1], label) for i, j, label in spans]
            for spans in (gold, predicted)
        ]
        if not flat and rng.random() < 0.5:  # inside tokens
            first = rng.randrange(len(text) - 1)
            behind = rng.randint(first + 1, len(text))
            mentions[1].append(Mention(first, behind, rng.choice(labels)))
        docs.append(
            EvaluatedDoc(
                id=f"d{number}",
                text=text,
                token_starts=starts,
                token_ends=ends,
                gold=tuple(sorted(set(mentions[0]), key=sort_key)),
                predicted=tuple(sorted(set(mentions[1]), key=sort_key)),
                document=None if documents is None else f"a{int(number**0.5) % documents}",
            )
        )
    return docs


def random_tokens(rng: random.Random) -> Tuple[List[int], List[int], str]:
    starts, ends, text = [], [], ""
    for _ in range(rng.randint(2, 14)):
        starts.append(len(text))
        text += "x" * rng.randint(1, 5)
        ends.append(len(text))
        text += rng.choice(["", " ", "  "])
    return starts, ends, text


def random_spans(
    rng: random.Random,
    n_tokens: int,
    labels: List[str],
    n_spans: int,
    flat: bool,
    kept: Set[Tuple[int, int, str]] = frozenset(),  # type: ignore[assignment]
) -> Set[Tuple[int, int, str]]:
    spans = set(kept)
    weights = WEIGHTS[: len(labels)] + [1] * (len(labels) - len(WEIGHTS))
    for _ in range(n_spans):
        i = rng.randrange(n_tokens)
        j = rng.randint(i + 1, n_tokens)
        if not flat or all(j <= start or end <= i for start, end, _ in spans):
            spans.add((i, j, rng.choices(labels, weights)[0]))
    return spans
