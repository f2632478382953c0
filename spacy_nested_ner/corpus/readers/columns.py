"""One token a line and its tags in columns: GermEval 2014, DaN+, CoNLL, any IOB, BIO or BILOU.

    Kiel	B-ORG	B-LOC
    Canal	I-ORG	O
    Company	I-ORG	O
    opens	O	O

A blank line ends a sentence; tabs stand between the columns or, in a file without tabs, blanks.
The first column is the token, every column of tags is a layer, and the mentions of all layers
are added up: a mention that a second layer repeats is lost as "repeated". Columns that hold no
tag at all, such as parts of speech, are passed over where only one column has tags.

In the shared task's own form of GermEval 2014 the number of the token comes first, counted from
1 in every sentence, and lines that begin with # name the source of what follows: the document.
Without numbers, # is a token. `-DOCSTART-` lines separate documents and are no sentences.
"""

import re
import warnings
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import Counter as Counts
from typing import Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

from ...user_error import UserError
from ..records import Record
from ..sources import SourceFile, find_files, part_of, read_lines
from .ids import name_files
from .tag_schemes import OUTSIDE, Sentence, decode_layer, parse_tag
from .tokens import make_token_record

SUFFIXES = (
    *(".tsv", ".conll", ".iob", ".iob1", ".iob2", ".bio", ".bio1", ".bio2", ".bilou"),
    *(".biluo", ".bioes", ".iobes", ".bmes", ".bmeo", ".bios"),
)
NOTES = ".txt"  # columns where a folder has no other file of them, else a licence or a note
BLANKS = re.compile("[ \t]+")
DOCUMENT = "-DOCSTART-"
SHOWN = 50  # characters of a value in a message
COMMENT = "#"


class Layout(NamedTuple):
    """tabs: what separates columns, else blanks. numbered: the first is the token's number."""

    tabs: bool
    numbered: bool


def read_columns(source: Path) -> Iterator[Record]:
    """Yield every sentence, file after file, each file read three times and never held.

    source: A file, a folder or an archive. The names of files and folders tell the parts.
    RAISES (UserError): Lines with differing numbers of columns, an empty token, tags beside
        other values in a column, more than one column of tags beside columns of other values,
        a mention that its scheme does not allow, a file without a sentence.
    """
    files = find_files(source, (*SUFFIXES, NOTES))
    files = [f for f in files if not f.name.lower().endswith(NOTES)] or files
    for file, name in zip(files, name_files(files)):
        layout = _find_layout(file)
        layers, has_ends = _find_layers(file, layout)
        part = part_of(file)
        for number, sentence in enumerate(_read_sentences(file, layout, name)):
            tokens = [row[0] for row in sentence.rows]
            spans = [
                span
                for layer in layers
                for span in decode_layer(file, sentence, layer, has_ends=has_ends)
            ]
            yield make_token_record(
                f"{name}:{number}", tokens, spans, document=sentence.document, part=part
            )


def _find_layout(file: SourceFile) -> Layout:
    """Look at the beginning of every line. What begins with # may be a token or a comment."""
    tabs = False
    second_is_tag = True
    n_tokens = n_numbered = position = 0
    odd = ""  # the first token that has another text in the place of its number
    for number, line in read_lines(file):
        if not line.strip() or line.startswith(DOCUMENT):
            position = 0
        elif not line.startswith(COMMENT):
            position += 1
            n_tokens += 1
            first, *rest = BLANKS.split(line.lstrip(" "), maxsplit=2)
            if first == str(position):
                n_numbered += 1
            else:
                odd = odd or (
                    f"line {number}: '{first[:SHOWN]}' in the place of number {position}"
                )
            second_is_tag = second_is_tag and bool(rest) and parse_tag(rest[0]) is not None
            tabs = tabs or "\t" in line
    if second_is_tag:  # numbers before nothing but tags are tokens
        return Layout(tabs, numbered=False)
    if odd and n_numbered > n_tokens / 2:
        raise UserError(
            f"{file.name}, {odd}, while most tokens have their numbers: number those of every "
            "sentence from 1, or none."
        )
    return Layout(tabs, numbered=not odd)


def _find_layers(file: SourceFile, layout: Layout) -> Tuple[List[int], bool]:
    """Find the columns of tags, and whether any tag marks the end of a mention."""
    n_tags: Counts[int] = Counter()
    others: Dict[int, Tuple[int, str]] = {}  # first line and value of a column that is no tag
    prefixes: Set[str] = set()
    n_begun = n_continued = first = 0  # mentions that B- begins, and that I- does
    for sentence in _read_sentences(file, layout):
        for column in range(1, len(sentence.rows[0])):
            before = OUTSIDE
            for line, row in zip(sentence.lines, sentence.rows):
                tag = parse_tag(row[column])
                if tag is None:
                    others.setdefault(column, (line, row[column][:SHOWN]))
                    continue
                n_tags[column] += 1
                prefixes.add(tag.prefix)
                if tag.label != before.label:
                    n_begun += tag.prefix == "B"
                    n_continued += tag.prefix == "I"
                    first = first or (line if tag.prefix == "I" else 0)
                before = tag
    _check_layers(file, n_tags, others)
    has_ends = "E" in prefixes
    if n_begun and n_continued and not has_ends:
        warnings.warn(
            f"{file.name}: I- begins {n_continued} mentions, the first in line {first}, and B- "
            f"begins {n_begun}: either is read as a beginning.",
            stacklevel=3,
        )
    return sorted(n_tags), has_ends


def _check_layers(
    file: SourceFile, n_tags: Counts[int], others: Dict[int, Tuple[int, str]]
) -> None:
    if not n_tags and not others:
        raise UserError(f"{file.name} holds no sentence: give a file of tokens and tags.")
    for column, (line, value) in others.items():
        if column in n_tags:
            raise UserError(
                f"{file.name}, line {line}: '{value}' is no tag, and other lines have tags in "
                "its column: make it O or a letter of the scheme, a hyphen and a label."
            )
    if not n_tags:
        line, value = next(iter(others.values()))
        raise UserError(
            f"{file.name}, line {line}: '{value}' is no tag such as O or B-PER, and no other "
            "column has tags: give a file of tokens and tags."
        )
    if others and len(n_tags) > 1:
        line, value = next(iter(others.values()))
        raise UserError(
            f"{file.name}, line {line}: '{value}' is no tag, so the {len(n_tags)} columns of "
            "tags may not all be layers of mentions, but chunks: leave the token and the "
            "layers, or one column of tags."
        )


def _read_sentences(file: SourceFile, layout: Layout, name: str = "") -> Iterator[Sentence]:
    document: Optional[str] = None
    n_documents = 0
    sentence = Sentence(document, [], [])
    width = 0
    for number, line in chain(read_lines(file), [(0, "")]):  # the file ends a sentence
        is_document = line.startswith(DOCUMENT)
        if is_document or not line.strip():
            if sentence.rows:
                yield sentence
            if is_document:
                document = f"{name}:doc{n_documents}"
                n_documents += 1
            sentence = Sentence(document, [], [])
        elif layout.numbered and line.startswith(COMMENT):
            document = _parse_source(line) or document
            sentence = sentence._replace(document=document)
        else:
            row = line.split("\t") if layout.tabs else BLANKS.split(line.strip(" "))
            if layout.numbered:
                del row[0]
            width = width or len(row)
            if len(row) != width or width < 2:
                raise _wrong_width(file, number, line, len(row), width)
            if not row[0]:
                raise UserError(
                    f"{file.name}, line {number}: the token is empty: give one, or remove the "
                    "line."
                )
            sentence.lines.append(number)
            sentence.rows.append(row)


def _parse_source(line: str) -> Optional[str]:
    """The source that a comment names, without the day in brackets on which it was fetched.
    Comments that are `key = value` name none, but for the id of a document."""
    text = line.removeprefix(COMMENT).strip().removeprefix("newdoc id = ")
    return None if " = " in text else re.sub(r"\s*\[[\d-]*\]\Z", "", text)


def _wrong_width(
    file: SourceFile, number: int, line: str, n_columns: int, width: int
) -> UserError:
    if n_columns == width:
        what = "there is one column: give the token and its tags, with tabs between"
    else:
        s = "s" if n_columns > 1 else ""
        what = f"{n_columns} column{s} where the lines above have {width}: correct the line"
    if line.startswith(COMMENT):
        what += "; comments need tokens that are numbered in the first column"
    return UserError(f"{file.name}, line {number}: {what}.")
