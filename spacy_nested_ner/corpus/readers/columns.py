"""One token per line, with tags in columns: GermEval 2014, DaN+, CoNLL, any IOB, BIO or BILOU.

    Kiel	B-ORG	B-LOC
    Canal	I-ORG	O
    Company	I-ORG	O
    opens	O	O

A blank line ends a sentence. Columns are separated by tabs or, in a file without tabs, by
blanks. The first column is the token. Every column of tags is a layer, and a sentence has the
mentions of all layers: a mention that a second layer repeats is lost as "repeated". If only one
column has tags, columns without tags, such as parts of speech, are ignored.

In the original form of GermEval 2014, the first column is the number of the token, from 1 in
every sentence, and a line that begins with # names the source of the sentences after it: their
document. Without numbers, # is a token. A line `-DOCSTART-` begins a document.
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
NOTES = ".txt"  # data if a folder has no other data file, else a licence or a note
BLANKS = re.compile("[ \t]+")
DOCUMENT = "-DOCSTART-"
SHOWN = 50  # characters of a value in a message
COMMENT = "#"


class Layout(NamedTuple):
    """tabs: columns are separated by tabs, not blanks. numbered: the first column is the number
    of the token."""

    tabs: bool
    numbered: bool


def read_columns(source: Path) -> Iterator[Record]:
    """Yield every sentence, file after file. Each file is read three times and not held in
    memory.

    source: A file, a folder or an archive. The part comes from the names of files and folders.
    RAISES (UserError): Lines have different numbers of columns; a token is empty; a column has
        tags and other values; there are several columns of tags and columns of other values; a
        mention breaks the rules of its scheme; a file has no sentence.
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
    """Find the layout by the first columns of all lines. A line that begins with # is left out:
    it may be a token or a comment."""
    tabs = False
    second_is_tag = True
    n_tokens = n_numbered = position = 0
    odd = ""  # the first line without the number of its token
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
                odd = odd or (f"line {number}: '{first[:SHOWN]}' instead of number {position}")
            second_is_tag = second_is_tag and bool(rest) and parse_tag(rest[0]) is not None
            tabs = tabs or "\t" in line
    if second_is_tag:  # the tags follow directly, so the numbers are tokens
        return Layout(tabs, numbered=False)
    if odd and n_numbered > n_tokens / 2:
        raise UserError(
            f"{file.name}, {odd}, but most lines have the number of their token: number the "
            "tokens of every sentence from 1, or number none."
        )
    return Layout(tabs, numbered=not odd)


def _find_layers(file: SourceFile, layout: Layout) -> Tuple[List[int], bool]:
    """Find the columns of tags, and whether any tag marks the end of a mention."""
    n_tags: Counts[int] = Counter()
    others: Dict[int, Tuple[int, str]] = {}  # line and value of the first cell that is no tag
    prefixes: Set[str] = set()
    n_begun = n_continued = first = 0  # mentions that begin with B-, and with I-
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
            f"{file.name}: {n_continued} mentions begin with I-, the first in line {first}, "
            f"and {n_begun} with B-: both are read as the beginning of a mention.",
            stacklevel=3,
        )
    return sorted(n_tags), has_ends


def _check_layers(
    file: SourceFile, n_tags: Counts[int], others: Dict[int, Tuple[int, str]]
) -> None:
    if not n_tags and not others:
        raise UserError(f"{file.name} has no sentence: give a file of tokens and tags.")
    for column, (line, value) in others.items():
        if column in n_tags:
            raise UserError(
                f"{file.name}, line {line}: '{value}' is no tag, but its column has tags in "
                "other lines: write O, or a letter of the scheme, a hyphen and a label."
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
            f"{file.name}, line {line}: '{value}' is no tag, so some of the {len(n_tags)} "
            "columns of tags may be chunks, not layers of mentions: keep only the token and "
            "the layers, or only one column of tags."
        )


def _read_sentences(file: SourceFile, layout: Layout, name: str = "") -> Iterator[Sentence]:
    document: Optional[str] = None
    n_documents = 0
    sentence = Sentence(document, [], [])
    width = 0
    for number, line in chain(
        read_lines(file), [(0, "")]
    ):  # the end of the file ends a sentence
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
                    f"{file.name}, line {number}: the token is empty: write one, or remove the "
                    "line."
                )
            sentence.lines.append(number)
            sentence.rows.append(row)


def _parse_source(line: str) -> Optional[str]:
    """The source in a comment, without its date in brackets. Comments of the form `key = value`
    name no source, except for the id of a document."""
    text = line.removeprefix(COMMENT).strip().removeprefix("newdoc id = ")
    return None if " = " in text else re.sub(r"\s*\[[\d-]*\]\Z", "", text)


def _wrong_width(
    file: SourceFile, number: int, line: str, n_columns: int, width: int
) -> UserError:
    if n_columns == width:
        what = "there is only one column: write the token and its tags, separated by tabs"
    else:
        s = "s" if n_columns > 1 else ""
        what = f"{n_columns} column{s}, but the lines above have {width}: correct the line"
    if line.startswith(COMMENT):
        what += "; a comment needs a file with numbers of tokens in the first column"
    return UserError(f"{file.name}, line {number}: {what}.")
