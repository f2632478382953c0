"""The opening of a page: the result in one plain sentence, and one drawn document."""

from typing import List, NamedTuple, Optional, Sequence, Tuple

from markupsafe import Markup

from ..evaluation.documents import EvaluatedDoc
from ..evaluation.errors import judge
from ..evaluation.evaluate import Evaluation, SliceScores

# gold mentions; the weakest label is one with as many of them, if there is one
ENOUGH = 10
# characters of the example, if there is a document as short
SHORT = 300


class Opening(NamedTuple):
    """sentence: The result. example: The name of a document, and its drawing."""

    sentence: str
    example: Optional[Tuple[str, Markup]]


def summarize(evaluation: Evaluation) -> str:
    """For instance "Finds 96 of 100 mentions; 3 of 100 that it reports are wrong; weakest
    label: protein, F1 93"."""
    micro = evaluation["scores"]["all"]["micro"]
    parts = [f"Finds {_of_100(micro['found'], micro['gold'])} mentions"]
    n_predicted = micro["predicted"]
    if n_predicted:
        n_wrong = n_predicted - micro["right"]
        parts.append(f"{_of_100(n_wrong, n_predicted)} that it reports are wrong")
    else:
        parts.append("reports none")
    weakest = _find_weakest(list(evaluation["scores"].get("label", {}).items()))
    if weakest:
        parts.append(f"weakest label: {weakest[0]}, F1 {100 * weakest[1]:.0f}")
    return "; ".join(parts) + "."


def choose_example(docs: Sequence[EvaluatedDoc]) -> Optional[int]:
    """The index of a short document with right mentions, and with an error if there is one."""

    def value(i: int) -> Tuple[bool, bool, int, int]:
        kinds = [one.kind for one in judge(docs[i])]
        n_right = kinds.count("correct")
        n_wrong = len(kinds) - n_right
        return len(docs[i].text) <= SHORT, n_right > 0 < n_wrong, min(n_right, 6) - n_wrong, -i

    with_gold = [i for i, doc in enumerate(docs) if doc.gold]
    # in a large corpus the first documents are enough
    return max(with_gold[:2000], key=value, default=None)


def _of_100(n: int, of: int) -> str:
    if of < 100:
        return f"{n} of {of}"
    per_100 = round(100 * n / of)
    # "all" and "none" are said only if they are true
    return f"{min(max(per_100, n > 0), 100 - (n < of)):d} of 100"


def _find_weakest(scores: List[Tuple[str, SliceScores]]) -> Optional[Tuple[str, float]]:
    with_gold = [(name, one) for name, one in scores if one["gold"]]
    if len(with_gold) < 2:
        return None
    enough = [(name, one) for name, one in with_gold if one["gold"] >= ENOUGH] or with_gold
    name, one = min(enough, key=lambda item: (item[1]["f"]["value"] or 0.0, item[0]))
    return name, one["f"]["value"] or 0.0
