"""Generate a corpus from a grammar, so that the right boundaries are known.

    python -m benchmarks.synthetic corpus/synthetic-mixed
    python -m benchmarks.synthetic corpus/synthetic-noisy --noise 0.2

Human annotators often disagree about boundaries. Here the words determine each boundary, so the
effect of a boundary term can be measured. Training boundaries can be made wrong on purpose,
while those of dev and test stay right.

A sentence is a sequence of invented words:

    sentence = piece* ;    piece  = filler | quantifier | loose | mention filler
    loose    = modifier filler                  (a modifier that belongs to no mention)
    mention  = inside? modifier* head tail? ;  inside = a mention of another label, no tail

The head determines the label. All modifiers before the head belong to the mention. A tail
belongs to a DEVICE or a PART, but not to a FAULT. So the end of a mention depends on one or two
words, its start on all words before the head.
"""

from itertools import product
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Dict, Iterator, List, Literal, NamedTuple, Tuple

import srsly
import typer
from wasabi import msg

from spacy_nested_ner.corpus.conversion.convert import convert

Lengths = Literal["short", "mixed", "long"]

# minimum and maximum number of modifiers of a mention
MODIFIERS: Dict[Lengths, Tuple[int, int]] = {"short": (0, 1), "mixed": (0, 5), "long": (3, 9)}
SENTENCES = {"train": 1000, "dev": 500, "test": 1000}
TYPES = ("DEVICE", "PART", "FAULT")
WITH_TAIL = ("DEVICE", "PART")
TAIL_SHARE = 0.5
NESTED_SHARE = 0.3


def main(
    out: Path = typer.Argument(..., help="Folder for the converted corpus."),
    lengths: str = typer.Option(
        "mixed", help=f"Lengths of the mentions: {', '.join(MODIFIERS)}."
    ),
    noise: float = typer.Option(
        0.0,
        min=0.0,
        max=1.0,
        help="Share of the training mentions with a boundary that is off by one word.",
    ),
    seed: int = typer.Option(0, help="Seed of words, sentences and noise."),
) -> None:
    """Write train.spacy, dev.spacy, test.spacy and report.json."""
    if lengths not in MODIFIERS:
        raise typer.BadParameter(
            f"'{lengths}' is not valid: use one of {', '.join(MODIFIERS)}."
        )
    with TemporaryDirectory() as folder:
        source = Path(folder) / f"synthetic-{lengths}-{noise}-{seed}"
        source.mkdir()
        for part, records in make_corpus(lengths, noise=noise, seed=seed).items():
            srsly.write_jsonl(source / f"{part}.jsonl", records)
        report = convert(
            "custom", source, out, format="jsonl", language="en", split="published"
        )
    msg.good(f"{out}: {report['parts']['train']['spans']:,} training mentions")


def make_corpus(
    lengths: Lengths, *, noise: float = 0.0, seed: int = 0
) -> Dict[str, List[Dict[str, Any]]]:
    """Make records in Prodigy's format, by part. Noise does not change dev and test."""
    words = Words.invent(Random(f"words {seed}"))
    corpus = {}
    for part, n in SENTENCES.items():
        random = Random(f"{part} {lengths} {seed}")
        shift = Random(f"noise {seed}")
        sentences = (make_sentence(words, MODIFIERS[lengths], random) for _ in range(n))
        share = noise if part == "train" else 0.0
        corpus[part] = [
            as_record(f"{part}-{i}", tokens, move_boundaries(tokens, mentions, share, shift))
            for i, (tokens, mentions) in enumerate(sentences)
        ]
    return corpus


# first word, word after the last one, label
Mention = Tuple[int, int, str]


class Words(NamedTuple):
    """The vocabulary by kind of word."""

    filler: List[str]
    quantifier: List[str]
    modifier: List[str]
    tail: List[str]
    head: Dict[str, List[str]]  # by label; most heads of a label have the same ending

    @classmethod
    def invent(cls, random: Random) -> "Words":
        syllables = ["".join(pair) for pair in product("bdfgklmnprstvz", "aeiou")]
        invented = (
            "".join(random.choices(syllables, k=random.randint(2, 3))) for _ in range(10_000)
        )
        fresh = iter(dict.fromkeys(invented))

        def some(n: int, ending: str = "") -> List[str]:
            return [next(fresh) + ending for _ in range(n)]

        return cls(
            filler=some(400),
            quantifier=some(20),
            modifier=some(250),
            tail=some(20),
            head={
                kind: [*some(45, ending), *some(15)]
                for kind, ending in zip(TYPES, ("th", "rk", "sh"))
            },
        )


def make_sentence(
    words: Words, modifiers: Tuple[int, int], random: Random
) -> Tuple[List[str], List[Mention]]:
    """Make the words of a sentence and its mentions."""
    tokens: List[str] = []
    mentions: List[Mention] = []
    for piece in random.choices(
        ("filler", "quantifier", "loose", "mention"), (5, 1, 1, 2), k=random.randint(6, 12)
    ):
        # each piece ends with a word outside mentions: two adjacent mentions would look like
        # one mention inside another
        if piece == "mention":
            add_mention(words, modifiers, tokens, mentions, random.choice(TYPES), random)
            tokens.append(random.choice(words.filler))
        elif piece == "loose":
            tokens += [random.choice(words.modifier), random.choice(words.filler)]
        else:
            tokens.append(random.choice(getattr(words, piece)))
    return tokens, mentions


def add_mention(
    words: Words,
    modifiers: Tuple[int, int],
    tokens: List[str],
    mentions: List[Mention],
    kind: str,
    random: Random,
    *,
    is_inside: bool = False,
) -> None:
    """Append a mention to tokens and mentions, perhaps with another mention inside it."""
    start = len(tokens)
    if not is_inside and random.random() < NESTED_SHARE:
        other = random.choice([other for other in TYPES if other != kind])
        add_mention(words, modifiers, tokens, mentions, other, random, is_inside=True)
    tokens += random.choices(words.modifier, k=random.randint(*modifiers))
    tokens.append(random.choice(words.head[kind]))
    if not is_inside and random.random() < TAIL_SHARE:
        tokens.append(random.choice(words.tail))
        mentions.append((start, len(tokens) - (kind not in WITH_TAIL), kind))
    else:
        mentions.append((start, len(tokens), kind))


def move_boundaries(
    tokens: List[str], mentions: List[Mention], share: float, random: Random
) -> List[Mention]:
    """Move the start or the end of a share of the mentions by one word; a mention without room
    to move does not change."""
    return [
        move(mention, len(tokens), random) if random.random() < share else mention
        for mention in mentions
    ]


def move(mention: Mention, n_tokens: int, random: Random) -> Mention:
    start, end, kind = mention
    moved = [(start - 1, end), (start + 1, end), (start, end - 1), (start, end + 1)]
    possible = [(s, e, kind) for s, e in moved if 0 <= s < e <= n_tokens]
    return random.choice(possible) if possible else mention


def as_record(name: str, tokens: List[str], mentions: List[Mention]) -> Dict[str, Any]:
    """Make a record: words joined by spaces, and mentions in characters."""
    starts = list(character_offsets(tokens))
    spans = [
        {"start": starts[start], "end": starts[end - 1] + len(tokens[end - 1]), "label": kind}
        for start, end, kind in dict.fromkeys(mentions)
    ]
    return {"id": name, "text": " ".join(tokens), "spans": spans}


def character_offsets(tokens: List[str]) -> Iterator[int]:
    offset = 0
    for token in tokens:
        yield offset
        offset += len(token) + 1


if __name__ == "__main__":
    typer.run(main)
