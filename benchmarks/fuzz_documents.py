"""Predict hostile documents: each gets good spans, and the same ones as alone.

Hostile are documents without a token, of one token, of whitespace alone, of 10,000 tokens, with
a token of 50,000 characters, with emoji, right-to-left text, NUL and combining marks, and
documents that no tokenizer made. They go through `nlp.pipe` in batches of odd sizes.
"""

import math
import sys
import traceback
import warnings
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any, Iterator, List, Tuple

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from thinc.api import fix_random_seed

from .entry_points import cached_entry_points

SENTENCES: List[Tuple[str, List[Tuple[int, int, str]]]] = [
    ("the main pump of the plant", [(0, 6, "plant"), (1, 3, "part"), (2, 3, "part")]),
    ("pump seal worn", [(0, 2, "part"), (0, 1, "part"), (2, 3, "state"), (0, 3, "state")]),
    ("nothing was found", []),
    ("valve", [(0, 1, "part"), (0, 1, "plant")]),
]
WORDS = sorted({word for text, _ in SENTENCES for word in text.split()})
EMOJI = ["😀", "👩‍👩‍👧", "🇩🇪", "👍🏽", "🇩", "\u200d", "\ufe0f"]
RTL = ["שלום", "مرحبا", "\u202e", "\u2067", "\u200f", "١٢٣"]
CONTROL = ["\0", "\x1b[31m", "\x7f", "\ufeff", "\ufffd", "\u0085", "\U0010ffff", "\ue000"]
MARKS = ["e\u0301", "\u0301", "a" + "\u0300" * 300, "각", "क्षि", "ﬁ", "İ", "ß", "ﷺ"]
BLANKS = [" ", "  ", "\n", "\t", "\r\n", "\u00a0", "\u3000", "\u2028", "\x0b", "\u200b"]
ODD = [*EMOJI, *RTL, *CONTROL, *MARKS, "水泵", "don't", "U.S.", "http://a.b/?c=d", "--", "):"]
BATCH_SIZES = [1, 2, 3, 7, 31, 100, 257]
LONGEST, LONGEST_TOKEN = 10_000, 50_000  # tokens, characters
OVERLAPS = ["all", "nested", "flat"]
THRESHOLD = 0.3


def fuzz_predict(n: int, seed: int, *, first: int = 0, out: Path) -> Tuple[Counter, int]:
    """Predict n documents.

    RETURNS: How many documents got spans and how many got none, or the name of an error for
        each document of its batch; and the number of failures.
    """
    outcomes: Counter = Counter()
    failures = 0
    with cached_entry_points(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nlp = make_pipeline()
        start = first
        while start < first + n:
            random = Random(f"{seed} batch {start}")
            numbers = range(start, min(first + n, start + random.choice(BATCH_SIZES)))
            try:
                docs, faults = predict_batch(nlp, numbers, seed)
                outcomes["with spans"] += sum(len(doc.spans["sc"]) > 0 for doc in docs)
                outcomes["without a span"] += sum(len(doc.spans["sc"]) == 0 for doc in docs)
            except Exception as error:  # the finding of the batch
                outcomes[type(error).__name__] += len(numbers)
                faults = [traceback.format_exc()]
            if faults:
                failures += len(faults)
                command = f"predict --seed {seed} --first {start} --n {len(numbers)}\n"
                folder = out / str(start)
                folder.mkdir(parents=True, exist_ok=True)
                trace = command + "\n".join(faults)
                (folder / "failure.txt").write_text(trace, encoding="utf8")
                print(f"documents from {start}: {faults[0][-300:]}", file=sys.stderr)
            start = numbers.stop
    return outcomes, failures


def predict_batch(nlp: Language, numbers: range, seed: int) -> Tuple[List[Doc], List[str]]:
    """The predicted documents with these numbers, and their faults."""
    random = Random(f"{seed} settings {numbers.start}")
    pipe: Any = nlp.get_pipe("nested_spancat")
    pipe.overlap = random.choice(OVERLAPS)
    pipe.prefer = random.choice(["probability", "length"])
    pipe.ents = random.choice([None, "probability", "length"])
    given = [make_document(nlp, number, seed) for number in numbers]
    texts = [doc.text for doc in given]
    docs = list(nlp.pipe(given, batch_size=random.choice(BATCH_SIZES)))
    faults = []
    if [doc.text for doc in docs] != texts:
        faults.append("documents are missing, changed or in another order")
    for number, doc in zip(numbers, docs):
        faults += [f"document {number}: {fault}" for fault in check_spans(doc, pipe)]
        # a policy may choose the other one of two spans that are equally good but for rounding
        if pipe.overlap == "all" and random.random() < 0.1:
            alone = nlp(make_document(nlp, number, seed))
            if differ(doc, alone):
                faults.append(f"document {number}: other spans than alone")
    return docs, faults


def check_spans(doc: Doc, pipe: Any) -> Iterator[str]:
    """The faults of the spans of a document."""
    group = doc.spans[pipe.spans_key]
    scores = [float(score) for score in group.attrs["scores"]]
    if len(scores) != len(group):
        yield f"{len(scores)} scores of {len(group)} spans"
    if not all(math.isfinite(score) and pipe.threshold < score <= 1 for score in scores):
        yield "a score that is not finite, not above the threshold or above 1"
    places = [(span.start, span.end, span.label_) for span in group]
    if not all(0 <= start < end <= len(doc) for start, end, _ in places):
        yield "a span outside the tokens"
    if not {label for *_, label in places} <= set(pipe.labels):
        yield "an unknown label"
    if any(doc[start].is_space or doc[end - 1].is_space for start, end, _ in places):
        yield "a span that begins or ends on whitespace"
    if len(set(places)) < len(places):
        yield "the same span twice"
    order = [(start, -end, pipe.labels.index(label)) for start, end, label in places]
    if order != sorted(order):
        yield "spans that are not in document order"
    if not follows(places, pipe.overlap):
        yield f"spans that are not {pipe.overlap}"
    entities = [(ent.start, ent.end) for ent in doc.ents]
    if pipe.ents is not None and not {place[:2] for place in places}.issuperset(entities):
        yield "an entity that is no span"


def follows(places: List[Tuple[int, int, str]], overlap: str) -> bool:
    """Whether the spans, in document order, obey a policy."""
    open_ends: List[int] = []
    for start, end, _ in places:
        while open_ends and open_ends[-1] <= start:
            open_ends.pop()
        if open_ends and (overlap == "flat" or (overlap == "nested" and end > open_ends[-1])):
            return False
        open_ends.append(end)
    return True


def differ(one: Doc, other: Doc) -> bool:
    """Whether a span is missing in one of them, or has another probability; but rounding may
    move a probability over the threshold."""
    found = [
        {
            (span.start, span.end, span.label): float(score)
            for span, score in zip(doc.spans["sc"], doc.spans["sc"].attrs["scores"])
        }
        for doc in (one, other)
    ]
    return any(
        abs(found[0].get(place, THRESHOLD) - found[1].get(place, THRESHOLD)) > 1e-4
        for place in {*found[0], *found[1]}
    )


def make_pipeline() -> Language:
    """A small pipe, trained a little: so it finds spans, but not everywhere."""
    fix_random_seed(0)
    nlp = spacy.blank("en")
    encoder = {
        "@architectures": "spacy.HashEmbedCNN.v2",
        **{"width": 32, "depth": 2, "embed_size": 200, "window_size": 1, "maxout_pieces": 2},
        **{"subword_features": True, "pretrained_vectors": None},
    }
    model = {"@architectures": "spacy_nested_ner.GlobalPointer.v1", "tok2vec": encoder}
    nlp.add_pipe("nested_spancat", config={"model": model, "threshold": THRESHOLD})
    examples = []
    for text, spans in SENTENCES:
        reference = nlp.make_doc(text)
        reference.spans["sc"] = [Span(reference, *span) for span in spans]
        examples.append(Example(nlp.make_doc(text), reference))
    sgd = nlp.initialize(lambda: examples)
    sgd.learn_rate = 0.005
    for _ in range(40):
        nlp.update(examples, sgd=sgd)
    return nlp


def make_document(nlp: Language, number: int, seed: int) -> Doc:
    """The same document for the same numbers."""
    random = Random(f"{seed} {number}")
    if number % 500 == 7:
        words = random.choices([*WORDS, *WORDS, *ODD], k=random.randint(LONGEST // 2, LONGEST))
        return Doc(nlp.vocab, words=words)
    if number % 200 == 3:
        letter = random.choice(["a", "水", "é", "\u0301", "😀", "x9"])
        word = letter * (LONGEST_TOKEN // len(letter))
        return Doc(nlp.vocab, words=["pump", word, "seal"][random.randrange(3) :])
    if random.random() < 0.3:
        return _from_words(nlp, random)
    return nlp.make_doc(make_text(random))


def make_text(random: Random) -> str:
    """A hostile text, mostly a short one."""
    kind = random.randrange(10)
    if kind == 0:
        return ""
    if kind == 1:
        return random.choice([*WORDS, *ODD])
    if kind == 2:
        return "".join(random.choices(BLANKS, k=random.randint(1, 20)))
    if kind == 3:  # any characters but halves of surrogate pairs, which spaCy refuses
        points = (random.randrange(0x110000) for _ in range(random.randint(1, 60)))
        return "".join(chr(point) for point in points if not 0xD800 <= point < 0xE000)
    words = random.choice([ODD, [*WORDS, *ODD], WORDS])
    blanks = random.choice([[" "], [" ", " ", *BLANKS], [""]])
    n = random.choice([2, 5, 20, 100])
    return "".join(random.choice(words) + random.choice(blanks) for _ in range(n))


def _from_words(nlp: Language, random: Random) -> Doc:
    """A document that no tokenizer made, with blanks inside and between its tokens."""
    words = [*WORDS, *ODD, *BLANKS, "a b", "\n\n", " x"]
    chosen = random.choices(words, k=random.choice([0, 1, 3, 30]))
    return Doc(nlp.vocab, words=chosen, spaces=[random.random() < 0.5 for _ in chosen])
