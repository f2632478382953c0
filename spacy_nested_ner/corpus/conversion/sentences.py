"""Cut documents into sentences, and join sentences to documents.

    one record per document   ─ cut_sentences ─►   one record per sentence, <id>:0, <id>:1, …
    one record per sentence   ─ join_documents ─►  one record per document

Both keep all mentions: no sentence ends inside a mention.
"""

import re
from bisect import bisect_left
from collections import Counter
from dataclasses import replace
from itertools import accumulate
from typing import Dict, Iterable, Iterator, List, Optional, Sequence, Tuple
from unicodedata import category

from spacy.pipeline import Sentencizer
from spacy.tokens import Doc

from ..records import Mention, Record
from ..tokenizers import UNSPACED, blank_pipeline, choose_tokenizer

# these end a sentence only before whitespace: the one in 12.5 does not
SPACED = (".", "!", "?")
OPENING = ("Ps", "Pi")  # Unicode categories of opening brackets and quotation marks
WHITESPACE = re.compile(r"\s+")
NOT_BLANK = re.compile(r"\S")
# in an id, behind the name of the document: the number of a copy
COPY = re.compile(r"#([2-9]|[1-9][0-9]{1,8})(?=:|\Z)")


def cut_sentences(records: Iterable[Record], language: str) -> Iterator[Record]:
    """Cut texts into sentences, and yield the sentences with their mentions.

    Sentences end at line ends and where spaCy's rule-based sentencizer finds an end: it knows
    the punctuation of many scripts. No sentence ends inside a number, before a lower-case word
    or inside a mention. Only the whitespace between two sentences is removed.

    language: spaCy's language code. The language's own tokenizer knows abbreviations.
    YIELDS: One record or more for each text.
    """
    # some languages' own tokenizers need other packages; the result must not depend on them
    own = choose_tokenizer("language", language)
    is_rule_based = own["@tokenizers"] == "spacy.Tokenizer.v1" and language not in UNSPACED
    name = "language" if is_rule_based else "character"
    tokenizer = blank_pipeline(language, choose_tokenizer(name, language)).tokenizer
    sentencizer = Sentencizer()
    for record in records:
        starts = _find_starts(sentencizer(tokenizer(record.text)), sentencizer.punct_chars)
        for number, sentence in enumerate(_cut(record, starts)):
            yield replace(sentence, id=f"{record.id}:{number}")


def join_documents(records: Iterable[Record]) -> List[Record]:
    """Join the records of each document in their order, those of each annotator on their own.
    A record that is a whole document stays unchanged."""
    copies: Dict[Tuple[str, Optional[str]], List[Record]] = {}
    for name, sentences in group_documents(records).items():
        for sentence in sentences:
            copies.setdefault((name, sentence.annotator), []).append(sentence)
    documents = []
    for (name, annotator), sentences in copies.items():
        first = sentences[0]
        whole = name if annotator is None else f"{name}@{annotator}"
        if len(sentences) == 1 and first.id in (first.document, whole):
            documents.append(first)
        else:
            lost = tuple(lost for sentence in sentences for lost in sentence.lost)
            joined = join_sentences(sentences)
            documents.append(
                replace(joined, id=whole, part=first.part, lost=lost, annotator=annotator)
            )
    return documents


def join_sentences(sentences: Sequence[Record]) -> Record:
    """Make one record of the sentences of one article, and shift their mentions.

    There is a blank between two sentences, and a newline between two paragraphs.
    """
    first = sentences[0]
    text = ""
    mentions: List[Mention] = []
    unannotated: List[Mention] = []
    rejected: List[Mention] = []
    paragraph = first.paragraph
    for sentence in sentences:
        if sentence is not first:
            text += " " if sentence.paragraph == paragraph else "\n"
        paragraph = sentence.paragraph
        shift = len(text)
        for joined, some in (
            (mentions, sentence.mentions),
            (unannotated, sentence.unannotated),
            (rejected, sentence.rejected),
        ):
            joined += [Mention(m.start + shift, m.end + shift, m.label) for m in some]
        text += sentence.text
    return Record(
        first.article,
        first.document,
        text,
        tuple(mentions),
        unannotated=tuple(unannotated),
        rejected=tuple(rejected),
        copy=first.copy,
    )


def number_copies(records: Sequence[Record]) -> List[Record]:
    """Number the copies of each document. The second copy of the document `A` has the records
    of the first one, with the same texts and with `A#2` in place of `A` in their ids. If the
    document has no other records, the ids alone decide."""
    # by document and number: the texts, by the rest of their ids
    texts: Dict[Tuple[str, int], Dict[str, str]] = {}
    for record in records:
        number, rest = _read_number(record)
        texts.setdefault((record.document, number), {})[rest] = record.text
    n_numbers = Counter(document for document, _ in texts)

    def is_copy(document: str, number: int) -> bool:
        first = texts.get((document, 1))
        is_alone = n_numbers[document] == 1
        # a document of its own may have this name
        is_free = f"{document}#{number}" not in n_numbers
        return is_free and (is_alone or first == texts[document, number])

    numbers = {key: key[1] if is_copy(*key) else 1 for key in texts}
    return [replace(r, copy=numbers[r.document, _read_number(r)[0]]) for r in records]


def group_documents(records: Iterable[Record]) -> Dict[str, List[Record]]:
    """The records of each document by its name, in the order of the first records. The second
    copy of the document `A` counts as a document of its own, `A#2`."""
    documents: Dict[str, List[Record]] = {}
    for record in records:
        name = record.document if record.copy == 1 else f"{record.document}#{record.copy}"
        documents.setdefault(name, []).append(record)
    return documents


def _read_number(record: Record) -> Tuple[int, str]:
    """The number of the copy, as the id says it, and the rest of the id."""
    rest = record.id.removeprefix(record.document)
    match = COPY.match(rest) if rest != record.id else None
    return (int(match[1]), rest[match.end() :]) if match else (1, rest)


def _find_starts(doc: Doc, punctuation: Iterable[str]) -> List[int]:
    """The characters at which sentences begin, without the first one.

    doc: Output of the sentencizer.
    punctuation: The marks that end a sentence for the sentencizer.
    """
    text = doc.text
    marks = set(punctuation)
    starts = {match.end() for match in WHITESPACE.finditer(text) if "\n" in match[0]}
    for sentence in list(doc.sents)[1:]:
        last = sentence.start - 1
        while doc[last].text not in marks:  # a closing bracket or quotation mark
            last -= 1
        mark, end = doc[last].text, doc[last].idx + len(doc[last])
        follows = NOT_BLANK.search(text, sentence.start_char)
        if follows is None:
            continue
        between = text[end : follows.start()]
        whitespace = WHITESPACE.search(between)
        if whitespace is None and mark in SPACED:
            continue
        if mark != "." or not follows[0].islower():
            starts.add(end + (whitespace.end() if whitespace else _find_opening(between)))
    return sorted(start for start in starts if 0 < start < len(text))


def _find_opening(punctuation: str) -> int:
    """Offset of the first opening bracket or quotation mark; the length if there is none."""
    opening = (i for i, mark in enumerate(punctuation) if category(mark) in OPENING)
    return next(opening, len(punctuation))


def _cut(record: Record, starts: Sequence[int]) -> Iterator[Record]:
    """Cut a text at the starts that are not inside a mention."""
    mentions = record.mentions
    begins = [mention.start for mention in mentions]
    reached = [0, *accumulate((mention.end for mention in mentions), max)]
    # reached[i]: the largest end of the first i mentions
    bounds = [0, *(s for s in starts if reached[bisect_left(begins, s)] <= s)]
    lost = record.lost
    is_cut = False
    for start, end in zip(bounds, [*bounds[1:], len(record.text)], strict=True):
        inside = mentions[bisect_left(begins, start) : bisect_left(begins, end)]
        first, last = _strip(record.text, start, end)
        # a mention keeps the whitespace that was annotated
        first = min([first, *(mention.start for mention in inside)])
        last = max([last, *(mention.end for mention in inside)])
        if first < last:
            shifted = tuple(Mention(m.start - first, m.end - first, m.label) for m in inside)
            text = record.text[first:last]
            yield replace(
                record,
                text=text,
                mentions=shifted,
                lost=lost,
                unannotated=_clip(record.unannotated, first, last),
                # one that goes on in the next sentence is not a span of either
                rejected=_clip(
                    [m for m in record.rejected if first <= m.start and m.end <= last],
                    first,
                    last,
                ),
            )
            lost = ()
            is_cut = True
    if not is_cut:  # a blank text
        yield record


def _clip(regions: Iterable[Mention], first: int, last: int) -> Tuple[Mention, ...]:
    """The parts of regions between two characters, relative to the first of them."""
    return tuple(
        Mention(max(m.start, first) - first, min(m.end, last) - first, m.label)
        for m in regions
        if m.start < last and first < m.end
    )


def _strip(text: str, start: int, end: int) -> Tuple[int, int]:
    """Start and end of a part of the text without the whitespace at its ends."""
    stripped = text[start:end].strip()
    if not stripped:
        return end, end
    first = text.index(stripped, start)
    return first, first + len(stripped)
