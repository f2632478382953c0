"""One token per line, with tags in columns: GermEval 2014, DaN+, CoNLL, any IOB, BIO or BILOU.

    Kiel	B-ORG	B-LOC
    Canal	I-ORG	O
    Company	I-ORG	O
    opens	O	O

A cell may have several tags, `I-ORG|B-LOC`. In a file of only tokens and tags, without tabs, a
line may have a tag for each mention around its token. Both are read as layers.

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
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple

from ...user_error import UserError
from ..faults import collect_faults, tolerate
from ..records import Record
from ..sources import UNREADABLE, SourceFile, find_files, part_of, read_lines
from .ids import name_files
from .tag_schemes import OUTSIDE, Sentence, Tag, decode_layer, parse_tags, stack
from .tokens import make_token_record

SUFFIXES = (
    *(".tsv", ".conll", ".iob", ".iob1", ".iob2", ".bio", ".bio1", ".bio2", ".bilou"),
    *(".biluo", ".bioes", ".iobes", ".bmes", ".bmeo", ".bios"),
)
NOTES = ".txt"  # data if a folder has no other data file, else a licence or a note
# of MultiCoNER, which has no numbers of tokens
SENTENCE_ID = re.compile(r"# id \S+\s+domain=\S+")
BLANKS = re.compile("[ \t]+")
DOCUMENT = "-DOCSTART-"
SHOWN = 50  # characters of a value in a message
COMMENT = "#"


class Layout(NamedTuple):
    """tabs: columns are separated by tabs, not blanks. numbered: the first column is the number
    of the token. ragged: all other columns are tags, not in every line the same number."""

    tabs: bool
    numbered: bool
    ragged: bool


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
        with tolerate("file"):
            yield from _read_file(file, name)


def _read_file(file: SourceFile, name: str) -> Iterator[Record]:
    with collect_faults() as faults:  # the last pass has them again
        layout = _find_layout(file)
        layers, has_ends = _find_layers(file, layout)
    if not layers:
        nothing = f"{file.name} has no sentence: give a file of tokens and tags."
        raise UserError(faults[0].message if faults else nothing)
    for number, sentence in enumerate(_read_sentences(file, layout, name)):
        with tolerate("record"):
            tokens = [row[0] for row in sentence.rows]
            spans = [
                span
                for tags in _layer_tags(file, sentence, layers, layout)
                for span in decode_layer(file, sentence, tags, has_ends=has_ends)
            ]
            yield make_token_record(
                f"{name}:{number}",
                tokens,
                spans,
                document=sentence.document,
                part=part_of(file),
            )


def _layer_tags(
    file: SourceFile, sentence: Sentence, columns: Sequence[int], layout: Layout
) -> Iterator[List[Tag]]:
    """The tags of each layer of a sentence.

    RAISES (UserError): A cell in a column of tags has none.
    """
    cells: Dict[int, List[Tuple[Tag, ...]]] = {column: [] for column in columns}
    for line, row in zip(sentence.lines, sentence.rows):
        for column in columns:
            tags = parse_tags(row[column]) if column < len(row) else (OUTSIDE,)
            if tags is None:
                raise UserError(
                    f"{file.name}, line {line}: '{row[column][:SHOWN]}' is no tag, but its "
                    "column has tags in other lines: write O, or a letter of the scheme, a "
                    "hyphen and a label."
                )
            cells[column].append(tags)
    if layout.ragged:
        yield from stack([list(chain(*tags)) for tags in zip(*cells.values())])
    else:
        for column in columns:
            yield from stack(cells[column])


def _find_layout(file: SourceFile) -> Layout:
    """Find the layout by the columns of all lines. A line that begins with # is left out: it
    may be a token or a comment."""
    tabs = False
    second_is_tag = True
    n_tokens = n_numbered = n_with_tags_only = position = 0
    widths: Set[int] = set()
    odd = ""  # the first line without the number of its token
    for number, line in read_lines(file, instead=UNREADABLE):
        if not line.strip() or line.startswith(DOCUMENT):
            position = 0
        elif line == UNREADABLE:
            position += 1
        elif not line.startswith(COMMENT):
            position += 1
            n_tokens += 1
            first, *rest = line.split("\t") if "\t" in line else BLANKS.split(line.strip(" "))
            if first == str(position):
                n_numbered += 1
            else:
                odd = odd or (f"line {number}: '{first[:SHOWN]}' instead of number {position}")
            second_is_tag = second_is_tag and bool(rest) and parse_tags(rest[0]) is not None
            n_with_tags_only += bool(rest) and None not in map(parse_tags, rest)
            widths.add(len(rest))
            tabs = tabs or "\t" in line
    ragged = not tabs and len(widths) > 1 and n_with_tags_only > n_tokens / 2
    if second_is_tag:  # the tags follow directly, so the numbers are tokens
        return Layout(tabs, numbered=False, ragged=ragged)
    if odd and n_numbered > n_tokens / 2:
        raise UserError(
            f"{file.name}, {odd}, but most lines have the number of their token: number the "
            "tokens of every sentence from 1, or number none."
        )
    return Layout(tabs, numbered=not odd, ragged=ragged)


def _find_layers(file: SourceFile, layout: Layout) -> Tuple[List[int], bool]:
    """Find the columns of tags, and whether any tag marks the end of a mention."""
    n_tags: Counts[int] = Counter()
    n_others: Counts[int] = Counter()
    others: Dict[int, Tuple[int, str]] = {}  # line and value of the first cell that is no tag
    prefixes: Set[str] = set()
    n_begun = n_continued = first = 0  # mentions that begin with B-, and with I-
    width = 0
    for sentence in _read_sentences(file, layout):
        width = max(width, *map(len, sentence.rows))
        for column in range(1, width):
            before: Tuple[Tag, ...] = (OUTSIDE,)
            for line, row in zip(sentence.lines, sentence.rows):
                tags = parse_tags(row[column]) if column < len(row) else (OUTSIDE,)
                if tags is None:
                    n_others[column] += 1
                    others.setdefault(column, (line, row[column][:SHOWN]))
                    continue
                n_tags[column] += 1
                for tag in tags:
                    prefixes.add(tag.prefix)
                    if all(tag.label != earlier.label for earlier in before):
                        n_begun += tag.prefix == "B"
                        n_continued += tag.prefix == "I"
                        first = first or (line if tag.prefix == "I" else 0)
                before = tags
    if layout.ragged:
        n_tags.update(range(1, width))
    else:
        _check_columns(file, n_tags, n_others, others)
    has_ends = "E" in prefixes
    if n_begun and n_continued and not has_ends:
        warnings.warn(
            f"{file.name}: {n_continued} mentions begin with I-, the first in line {first}, "
            f"and {n_begun} with B-: both are read as the beginning of a mention.",
            stacklevel=3,
        )
    return sorted(n_tags), has_ends


def _check_columns(
    file: SourceFile,
    n_tags: Counts[int],
    n_others: Counts[int],
    others: Dict[int, Tuple[int, str]],
) -> None:
    """Check what the columns of a file are. Single cells that are no tag do not matter here."""
    for column, (line, value) in others.items():
        if n_others[column] > n_tags[column] > 0:
            raise UserError(
                f"{file.name}, line {line}: '{value}' is no tag, but its column has tags in "
                "other lines: write O, or a letter of the scheme, a hyphen and a label."
            )
    if others and not n_tags:
        line, value = next(iter(others.values()))
        raise UserError(
            f"{file.name}, line {line}: '{value}' is no tag such as O or B-PER, and no other "
            "column has tags: give a file of tokens and tags."
        )
    without = [place for column, place in others.items() if column not in n_tags]
    if without and len(n_tags) > 1:
        line, value = without[0]
        raise UserError(
            f"{file.name}, line {line}: '{value}' is no tag, so some of the {len(n_tags)} "
            "columns of tags may be chunks, not layers of mentions: keep only the token and "
            "the layers, or only one column of tags."
        )


def _read_sentences(file: SourceFile, layout: Layout, name: str = "") -> Iterator[Sentence]:
    """Yield the sentences of a file. One with a bad line can be left out, see `tolerate`."""
    document: Optional[str] = None
    n_documents = 0
    sentence = Sentence(document, [], [])
    problem: Optional[UserError] = None  # the first one of the sentence
    width = 0
    # the end of the file ends a sentence
    for number, line in chain(read_lines(file, instead=UNREADABLE), [(0, "")]):
        is_document = line.startswith(DOCUMENT)
        if is_document or not line.strip():
            with tolerate("record"):
                if problem is not None:
                    raise problem
                if sentence.rows and not sentence.lacks_line:
                    yield sentence
            if is_document:
                document = f"{name}:doc{n_documents}"
                n_documents += 1
            sentence, problem = Sentence(document, [], []), None
        elif SENTENCE_ID.fullmatch(line) and not sentence.rows:
            continue
        elif layout.numbered and line.startswith(COMMENT):
            document = _parse_source(line) or document
            sentence = sentence._replace(document=document)
        elif line == UNREADABLE:
            sentence = sentence._replace(lacks_line=True)
        else:
            row = line.split("\t") if layout.tabs else BLANKS.split(line.strip(" "))
            if layout.numbered:
                del row[0]
            width = width or len(row)
            has_width = len(row) > 1 and (layout.ragged or len(row) == width)
            if not has_width or not row[0]:
                problem = problem or _bad_row(file, number, line, row, width)
            sentence.lines.append(number)
            sentence.rows.append(row)


def _parse_source(line: str) -> Optional[str]:
    """The source in a comment, without its date in brackets. Comments of the form `key = value`
    name no source, except for the id of a document."""
    text = line.removeprefix(COMMENT).strip().removeprefix("newdoc id = ")
    return None if " = " in text else re.sub(r"\s*\[[\d-]*\]\Z", "", text)


def _bad_row(
    file: SourceFile, number: int, line: str, row: Sequence[str], width: int
) -> UserError:
    if len(row) == 1 and width == 1:
        what = "there is only one column: write the token and its tags, separated by tabs"
    elif len(row) == width:
        what = "the token is empty: write one, or remove the line"
    else:
        s = "s" if len(row) > 1 else ""
        what = f"{len(row)} column{s}, but the lines above have {width}: correct the line"
    if line.startswith(COMMENT):
        what += "; a comment needs a file with numbers of tokens in the first column"
    return UserError(f"{file.name}, line {number}: {what}.")
