"""Documents with what breaks formats: nested and crossing spans, two labels on one span, line
breaks, quotes, tabs, emoji, blanks, scripts without blanks, documents without a span."""

from typing import List, Optional, Sequence, Set, Tuple

import spacy
from spacy.tokens import Doc, Span

# id, source document, text, spans in characters
Sample = Tuple[str, str, str, List[Tuple[int, int, str]]]

PLAIN: List[Sample] = [
    (
        "a:0",
        "a",
        "The feed pump seal of unit 7 leaks",
        [(4, 18, "part"), (4, 13, "part"), (9, 28, "fault"), (4, 13, "asset")],
    ),
    ("a:1", "a", "no fault found", []),
    ("b", "b", "患者上腹痛", [(0, 2, "人"), (2, 5, "症状"), (2, 4, "部位")]),
    ("c", "c", "😀 pump 🧪🧪 motor 𝒜x", [(2, 6, "part"), (7, 9, "part"), (10, 15, "part")]),
    ("d", "d", "हिन्दी नाम और hépatite", [(0, 10, "name"), (0, 6, "name")]),
]
# the blanks of these are not one blank between two words
SPACED: List[Sample] = [
    ("e", "e", " two  blanks,\tand\na line\n", [(1, 12, "part"), (14, 24, "part")]),
    ("f/1 <x>", "f", 'say "seal, pump"\r\nor;\n \nnot', [(5, 9, "part"), (4, 27, "quote")]),
    ("F/1 <X>", "f", "<b>&amp;</b> 'x'", [(0, 3, "part"), (13, 16, "quote")]),
    ("..", "g", "one\n\ntwo", [(0, 8, "part")]),
]


def make_docs(
    samples: Sequence[Sample], *, scores: Optional[Sequence[float]] = None
) -> List[Doc]:
    """Docs whose tokens end at blanks and at the edges of spans.

    scores: probabilities, taken in turn.
    """
    vocab = spacy.blank("xx").vocab
    docs = []
    for id, document, text, offsets in samples:
        edges = {edge for start, end, _ in offsets for edge in (start, end)}
        words, spaces = _cut(text, edges)
        doc = Doc(vocab, words=words, spaces=spaces)
        assert doc.text == text
        spans = [doc.char_span(start, end, label=label) for start, end, label in offsets]
        assert all(isinstance(span, Span) for span in spans)
        doc.spans["sc"] = spans
        if scores is not None:
            taken = [scores[i % len(scores)] for i in range(len(spans))]
            doc.spans["sc"].attrs["scores"] = taken
        doc.user_data.update(id=id, document=document)
        docs.append(doc)
    return docs


def _cut(text: str, edges: Set[int]) -> Tuple[List[str], List[bool]]:
    """The words of a text, and whether one blank follows each. Other blanks are words."""
    words: List[str] = []
    spaces: List[bool] = []
    for i, character in enumerate(text):
        is_first = not words or spaces[-1] or i in edges
        if character == " " and words and not spaces[-1]:
            spaces[-1] = True
        elif is_first or words[-1].isspace() or character.isspace():
            words.append(character)
            spaces.append(False)
        else:
            words[-1] += character
    return words, spaces
