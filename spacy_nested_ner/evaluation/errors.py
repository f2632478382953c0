"""Judge each gold and predicted mention: correct, or a kind of error."""

from bisect import bisect_left, bisect_right
from typing import Callable, Iterator, List, Literal, NamedTuple, Optional, Sequence, Set, Tuple

from .documents import EvaluatedDoc, Mention, sort_key

Kind = Literal["correct", "boundary", "type", "both", "missed", "spurious"]


class Judged(NamedTuple):
    """A pair of a gold and a predicted mention, or one of the two alone.

    kind: "correct"; "boundary", right label, overlapping spans; "type", wrong label, same span;
        "both", wrong label, overlapping spans; "missed", a gold mention without partner;
        "spurious", a predicted mention without partner.
    start_off, end_off: predicted − gold, in gold tokens; negative if the prediction begins or
        ends too early. A predicted boundary inside a gold token counts as a boundary of that
        token. None without a partner.
    """

    kind: Kind
    gold: Optional[Mention]
    predicted: Optional[Mention]
    start_off: Optional[int]
    end_off: Optional[int]


def judge(doc: EvaluatedDoc) -> List[Judged]:
    """Pair the gold and the predicted mentions of a document, one to one.

    Equal mentions are paired first, then mentions with the same span, then overlapping mentions
    with the same label, then other overlapping mentions. Pairs with the most shared characters
    come first; among these, the pairs with the fewest characters in only one of the two; then
    order by position and label.

    RETURNS: Sorted by position, gold before predicted.
    """
    gold: Sequence[Mention] = doc.gold
    predicted: Sequence[Mention] = doc.predicted
    judged: List[Judged] = []
    for kind, fits in _STAGES:
        pairs = _pair(gold, predicted, fits)
        judged += (Judged(kind, one, other, *_offsets(doc, one, other)) for one, other in pairs)
        gold = _without(gold, {one for one, _ in pairs})
        predicted = _without(predicted, {other for _, other in pairs})
    judged += (Judged("missed", one, None, None, None) for one in gold)
    judged += (Judged("spurious", None, other, None, None) for other in predicted)
    return sorted(judged, key=_position)


_STAGES: Tuple[Tuple[Kind, Callable[[Mention, Mention], bool]], ...] = (
    ("correct", lambda one, other: one[:3] == other[:3]),
    ("type", lambda one, other: one[:2] == other[:2]),
    ("boundary", lambda one, other: one.label == other.label),
    ("both", lambda one, other: True),
)


def _pair(
    gold: Sequence[Mention],
    predicted: Sequence[Mention],
    fits: Callable[[Mention, Mention], bool],
) -> List[Tuple[Mention, Mention]]:
    """Pair overlapping mentions that fit, the best pairs first, each mention once at most."""
    candidates = [pair for pair in _overlapping(gold, predicted) if fits(*pair)]
    pairs = []
    used_gold: Set[Mention] = set()
    used_predicted: Set[Mention] = set()
    for one, other in sorted(candidates, key=_rank):
        if one not in used_gold and other not in used_predicted:
            used_gold.add(one)
            used_predicted.add(other)
            pairs.append((one, other))
    return pairs


def _overlapping(
    gold: Sequence[Mention], predicted: Sequence[Mention]
) -> Iterator[Tuple[Mention, Mention]]:
    """Yield all pairs with a shared character; both lists are sorted by start."""
    starts = [other.start for other in predicted]
    widest = max((other.end - other.start for other in predicted), default=0)
    for one in gold:
        first = bisect_right(starts, one.start - widest)
        for other in predicted[first : bisect_left(starts, one.end)]:
            if other.end > one.start:
                yield one, other


def _rank(pair: Tuple[Mention, Mention]) -> Tuple[object, ...]:
    one, other = pair
    common = min(one.end, other.end) - max(one.start, other.start)
    either = max(one.end, other.end) - min(one.start, other.start)
    return -common, either, sort_key(one), sort_key(other)


def _without(mentions: Sequence[Mention], used: Set[Mention]) -> List[Mention]:
    return [mention for mention in mentions if mention not in used]


def _offsets(doc: EvaluatedDoc, gold: Mention, predicted: Mention) -> Tuple[int, int]:
    first, last = touched_tokens(doc, gold)
    found_first, found_last = touched_tokens(doc, predicted)
    return found_first - first, found_last - last


def touched_tokens(doc: EvaluatedDoc, mention: Mention) -> Tuple[int, int]:
    """Indices of the first gold token that shares a character with the mention, and of the
    token after the last one; equal if the mention has only whitespace between tokens."""
    return (
        bisect_right(doc.token_ends, mention.start),
        bisect_left(doc.token_starts, mention.end),
    )


def _position(judged: Judged) -> Tuple[object, ...]:
    mention = judged.gold or judged.predicted
    assert mention is not None
    return *sort_key(mention), judged.gold is None
