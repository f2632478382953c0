import random
from typing import List, Optional, Tuple

import pytest
import spacy
from spacy.tokens import Doc

from spacy_nested_ner.corpus.conversion.alignment import (
    check_alignment,
    distinct_spans,
    place_mentions,
    refuse_misaligned,
)
from spacy_nested_ner.corpus.records import Mention
from spacy_nested_ner.user_error import UserError

TEXT = "an anti-XYZs drug  for\n\n PQ cells"
TOKENS = ["an", "anti", "-", "XYZs", "drug", " ", "for", "\n\n ", "PQ", "cells"]


def place(
    text: str, part: str, align: str, *, before: int = 0
) -> Tuple[bool, Optional[str], str]:
    """Whether a piece of the text fits the tokens, what is made of it, what it touches."""
    start = text.index(part, before)
    doc = spacy.blank("en").make_doc(text)
    (placed,) = place_mentions(doc, [Mention(start, start + len(part), "DNA")], align)
    if placed.span is not None:
        assert placed.span.label_ == "DNA"
    return placed.is_aligned, placed.span and placed.span.text, placed.touched.text


def test_the_text_has_these_tokens():
    assert [token.text for token in spacy.blank("en").make_doc(TEXT)] == TOKENS


@pytest.mark.parametrize("align", ["drop", "expand", "contract"])
@pytest.mark.parametrize("part", ["an", "anti-XYZs", "XYZs drug  for", "drug  for\n\n PQ"])
def test_a_mention_of_whole_tokens_stays_whatever_the_policy(part, align):
    assert place(TEXT, part, align) == (True, part, part)


@pytest.mark.parametrize(
    ("part", "touched", "expanded", "contracted"),
    [
        ("XYZ", "XYZs", "XYZs", None),
        ("ti", "anti", "anti", None),
        ("nti-XYZs", "anti-XYZs", "anti-XYZs", "-XYZs"),
        ("anti-XY", "anti-XYZs", "anti-XYZs", "anti-"),
        ("nti-XY", "anti-XYZs", "anti-XYZs", "-"),
        ("Zs dru", "XYZs drug", "XYZs drug", None),
        # a single blank is no token, and nothing is to be had from it
        ("drug ", "drug", "drug", "drug"),
        # whitespace tokens at the ends go, those inside stay
        ("drug  ", "drug  ", "drug", "drug"),
        ("\n\n PQ", "\n\n PQ", "PQ", "PQ"),
        ("\n PQ ce", "\n\n PQ cells", "PQ cells", "PQ"),
        (" for\n\n PQ", " for\n\n PQ", "for\n\n PQ", "for\n\n PQ"),
        ("  ", " ", None, None),
        ("\n\n ", "\n\n ", None, None),
    ],
)
def test_a_mention_that_does_not_fit_goes_or_moves(part, touched, expanded, contracted):
    assert place(TEXT, part, "drop") == (False, None, touched)
    assert place(TEXT, part, "expand") == (False, expanded, touched)
    assert place(TEXT, part, "contract") == (False, contracted, touched)


@pytest.mark.parametrize("align", ["drop", "expand", "contract"])
def test_a_mention_between_two_tokens_has_none(align):
    assert place("one two", " ", align) == (False, None, "")
    assert place("one ", " ", align) == (False, None, "")


def slow_place(doc: Doc, mention: Mention, align: str) -> Optional[Tuple[int, int]]:
    """Try all spans that do not begin or end with whitespace, the largest first."""
    for width in range(len(doc), 0, -1):
        for start in range(len(doc) - width + 1):
            tokens = doc[start : start + width]
            if tokens[0].is_space or tokens[-1].is_space:
                continue
            ends = [
                token.idx < mention.end and token.idx + len(token) > mention.start
                for token in (tokens[0], tokens[-1])
            ]
            inside = mention.start <= tokens.start_char and tokens.end_char <= mention.end
            if inside if align == "contract" else all(ends):
                return start, start + width
    return None


@pytest.mark.parametrize("align", ["expand", "contract"])
def test_moved_mentions_are_what_a_search_over_all_spans_finds(align):
    nlp = spacy.blank("en")
    choices = random.Random(0)
    n_moved = 0
    for _ in range(100):
        doc = nlp.make_doc("".join(choices.choices("ab- \n.", k=12)))
        start, end = sorted(choices.sample(range(13), 2))
        (placed,) = place_mentions(doc, [Mention(start, end, "DNA")], align)
        found = placed.span and (placed.span.start, placed.span.end)
        assert found == slow_place(doc, placed.mention, align), (doc.text, start, end)
        n_moved += found is not None and not placed.is_aligned
    assert n_moved > 20


def spans_of(align: str, *mentions: Mention) -> List[Tuple[str, str]]:
    doc = spacy.blank("en").make_doc(TEXT)
    spans = distinct_spans(place_mentions(doc, mentions, align))
    return [(span.text, span.label_) for span in spans]


def test_mentions_that_become_one_are_there_once_and_those_of_two_labels_twice():
    mentions = [
        Mention(3, 7, "DNA"),
        Mention(3, 6, "DNA"),
        Mention(4, 7, "DNA"),
        Mention(4, 6, "RNA"),
    ]
    assert spans_of("expand", *mentions) == [("anti", "DNA"), ("anti", "RNA")]
    assert spans_of("contract", *mentions) == [("anti", "DNA")]


def test_moved_mentions_stand_where_they_belong():
    inner, outer = Mention(3, 7, "DNA"), Mention(4, 12, "RNA")
    assert spans_of("expand", inner, outer) == [("anti-XYZs", "RNA"), ("anti", "DNA")]


def parts(*counts: Tuple[int, int]):
    """Report entries with (misaligned, all) mentions."""
    example = {"id": "a:0", "label": "DNA", "text": "XYZ", "token": "xXYZ", "written": None}
    return {
        part: {"spans": n, "misaligned": {"count": count, "examples": [example] * count}}
        for part, (count, n) in zip(("train", "dev", "test"), counts, strict=True)
    }


def test_the_largest_share_accepted_is_of_all_parts():
    counts = parts((3, 40), (0, 50), (1, 10))  # 4 %
    refuse_misaligned(counts, 1.0)
    refuse_misaligned(counts, 0.04)
    with pytest.raises(UserError, match=r"4 of 100 .*4\.00%.* 3\.99%.*'xXYZ'"):
        refuse_misaligned(counts, 0.0399)
    refuse_misaligned(parts((0, 1), (0, 1), (0, 1)), 0)


@pytest.mark.parametrize(
    ("align", "share", "message"),
    [
        ("widen", None, "'widen': .*drop, expand, contract"),
        ("drop", -0.1, " -0.1: .* 0 to 1"),
        ("drop", 1.5, " 1.5: "),
        ("drop", float("nan"), " nan: "),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(align, share, message):
    with pytest.raises(UserError, match=message):
        check_alignment(align, share)
