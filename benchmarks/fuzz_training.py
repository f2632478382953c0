"""Train on hostile batches: losses and weights stay finite, and an error is a sentence.

Hostile are batches without an example, documents without a token, of one token, of whitespace
alone and of 10,000 tokens, documents without a gold span and with every span gold, 300 labels,
gold on other tokens than predicted, odd characters, and now and then a gold span that the pipe
cannot learn: of an unknown label, or wider than its grid.
"""

import logging
import math
import sys
import traceback
import warnings
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, Dict, Iterator, List, Sequence, Tuple

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from thinc.api import fix_random_seed

from spacy_nested_ner.model.finite import find_non_finite_weight

from .entry_points import cached_entry_points
from .fuzz_documents import BLANKS, LONGEST, ODD, WORDS, make_text
from .fuzz_readers import check_message

WIDEST = 6  # tokens
# the loss and the number of labels of each pipe
PIPES: List[Tuple[str, Dict[str, Any], int]] = [
    ("EMC", {}, 300),
    ("EIoUEMC", {"beta": 0.5}, 300),
    ("BinaryCrossEntropy", {}, 300),
    ("EIoUEMC", {"beta": 0.3, "geometry": "area", "boundary": "global"}, 5),
    ("EIoUEMC", {"beta": 0.3, "boundary": "expected_box"}, 5),
    ("BinaryCrossEntropy", {"focal_gamma": 2.0}, 5),
]


def fuzz_training(n: int, seed: int, *, first: int = 0, out: Path) -> Tuple[Counter, int]:
    """Make n updates of several pipes, one after the other in turn.

    RETURNS: How many updates were "learned" and how many "refused" in a sentence, or the name
        of another error; and the number of failures.
    """
    outcomes: Counter = Counter()
    failures: List[str] = []
    with _watch_skipped() as skipped, cached_entry_points(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trained = [make_pipeline(*one) for one in PIPES]
        for number in range(first, first + n):
            nlp, sgd = trained[number % len(trained)]
            outcome, fault = update(nlp, sgd, number, seed)
            outcomes[outcome] += 1
            if number % 500 == 499 or number == first + n - 1:
                fault = fault or "".join(check_weights(nlp) for nlp, _ in trained)
            if fault or skipped:
                failures.append(f"update {number}: {fault or skipped[0]}")
                print(failures[-1][-500:], file=sys.stderr)
                skipped.clear()
    if failures:
        out.mkdir(parents=True, exist_ok=True)
        (out / "training.txt").write_text("\n\n".join(failures), encoding="utf8")
    return outcomes, len(failures)


def update(nlp: Language, sgd: Any, number: int, seed: int) -> Tuple[str, str]:
    """The outcome of an update, and what is wrong with it, "" for nothing."""
    random = Random(f"{seed} {number}")
    batch = make_batch(nlp, random, number)
    labels: Any = nlp.get_pipe("nested_spancat").labels  # type: ignore[attr-defined]
    learnable = all(can_learn(eg, labels) for eg in batch)
    losses: Dict[str, float] = {}
    try:
        nlp.update(batch, sgd=sgd, losses=losses, drop=random.choice([0.0, 0.1, 0.9]))
    except ValueError as error:
        fault = traceback.format_exc() if learnable else check_message(str(error))
        return "refused", fault
    except Exception as error:  # the finding of the update
        return type(error).__name__, traceback.format_exc()
    if not learnable:
        return "learned", "a gold span that the pipe cannot learn was not refused"
    finite = all(map(math.isfinite, losses.values()))
    return "learned", "" if finite else f"the losses are {losses}"


def check_weights(nlp: Language) -> str:
    """What is wrong with a trained pipe, "" for nothing."""
    pipe: Any = nlp.get_pipe("nested_spancat")
    if find_non_finite_weight(pipe.model) is not None:
        return "weights are not finite; "
    scores = nlp("pump seal worn 😀").spans["sc"].attrs["scores"]
    return "" if all(0 < score <= 1 for score in scores) else f"scores {scores}; "


def make_pipeline(loss: str, options: dict, n_labels: int) -> Tuple[Language, Any]:
    """A small pipeline with an optimizer."""
    fix_random_seed(0)
    nlp = spacy.blank("en")
    encoder = {
        "@architectures": "spacy.HashEmbedCNN.v2",
        **{"width": 16, "depth": 1, "embed_size": 100, "window_size": 1, "maxout_pieces": 2},
        **{"subword_features": True, "pretrained_vectors": None},
    }
    model = {
        "@architectures": "spacy_nested_ner.GlobalPointer.v1",
        "tok2vec": encoder,
        "max_span_width": WIDEST,
    }
    config = {"model": model, "loss": {"@losses": f"spacy_nested_ner.{loss}.v1", **options}}
    pipe: Any = nlp.add_pipe("nested_spancat", config=config)
    for number in range(n_labels):
        pipe.add_label(f"label {number}")
    example = Example(nlp.make_doc("pump seal"), nlp.make_doc("pump seal"))
    example.reference.spans["sc"] = [Span(example.reference, 0, 2, label="label 0")]
    sgd = nlp.initialize(lambda: [example])
    sgd.learn_rate = 0.01
    return nlp, sgd


def make_batch(nlp: Language, random: Random, number: int) -> List[Example]:
    """Mostly small; one in 250 has up to 10,000 tokens."""
    labels: Any = nlp.get_pipe("nested_spancat").labels  # type: ignore[attr-defined]
    if number % 250 == 7:
        words = random.choices([*WORDS, *ODD], k=random.randint(LONGEST // 2, LONGEST))
        return [_add_gold([Doc(nlp.vocab, words=words) for _ in "12"], labels, random)]
    return [make_example(nlp, labels, random) for _ in range(random.choice([0, 1, 1, 2, 5]))]


def can_learn(eg: Example, labels: Sequence[str]) -> bool:
    """Whether the pipe knows the labels and the widths of the gold spans that have tokens of
    their own among the predicted ones."""
    predicted = eg.predicted
    same = [token.text for token in predicted] == [token.text for token in eg.reference]
    for span in eg.reference.spans.get("sc", ()):
        place = (
            predicted[span.start : span.end]
            if same
            else predicted.char_span(span.start_char, span.end_char)
        )
        if not place or place[0].is_space or place[-1].is_space:
            continue
        if span.label_ not in labels or len(place) > WIDEST:
            return False
    return True


def make_example(nlp: Language, labels: Sequence[str], random: Random) -> Example:
    """An example whose gold is unusual."""
    if random.random() < 0.2:
        words = random.choices([*WORDS, *ODD, *BLANKS], k=random.choice([0, 1, 3, 12]))
        spaces = [random.random() < 0.5 for _ in words]
        return _add_gold(
            [Doc(nlp.vocab, words=words, spaces=spaces) for _ in "12"], labels, random
        )
    text = make_text(random)
    predicted = reference = nlp.make_doc(text)
    kind = random.random()
    if kind < 0.2:  # other tokens: each character is one
        reference = _split(nlp, text, 1)
    elif kind < 0.3:
        predicted = _split(nlp, text, 3)
    return _add_gold([predicted.copy(), reference.copy()], labels, random)


def _split(nlp: Language, text: str, n: int) -> Doc:
    """Tokens of n characters."""
    words = [text[i : i + n] for i in range(0, len(text), n)]
    return Doc(nlp.vocab, words=words, spaces=[False] * len(words))


def _add_gold(docs: Sequence[Doc], labels: Sequence[str], random: Random) -> Example:
    predicted, reference = docs
    # of the predicted tokens, a span may be as wide as the grid
    n, widest = len(reference), 2 if len(predicted) != len(reference) else WIDEST
    kind = random.randrange(5)
    if kind == 0 and n <= 40:  # every span, of all labels or of one
        every = [(i, j) for i in range(n) for j in range(i + 1, min(n, i + widest) + 1)]
        some = labels if n <= 4 else [random.choice(labels)]
        gold = [(*place, label) for place in every for label in some]
    elif kind in (1, 2):
        gold = []
    else:
        gold = []
        for _ in range(random.randint(0, 30) if n else 0):
            start = random.randrange(n)
            end = random.randint(start + 1, min(n, start + widest))
            gold.append((start, end, random.choice(labels)))
    if gold and random.random() < 0.03:
        start, end, label = gold[0]
        gold[0] = random.choice([(start, end, "unknown"), (0, n, label)])
    if kind != 2:  # else the document is not annotated
        reference.spans["sc"] = [Span(reference, *span) for span in gold]
    if random.random() < 0.1 and n:
        region = Span(reference, 0, random.randint(1, n), label=random.choice(["", labels[0]]))
        reference.spans["sc_unannotated"] = [region]
    return Example(predicted, reference)


@contextmanager
def _watch_skipped() -> Iterator[List[str]]:
    """A list that receives the warnings of updates that were left out."""
    found: List[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: found.append(record.getMessage())  # type: ignore[method-assign]
    log = logging.getLogger("spacy")
    log.addHandler(handler)
    yield found
    log.removeHandler(handler)
