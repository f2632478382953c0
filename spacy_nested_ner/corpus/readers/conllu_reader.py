"""CoNLL-U with mentions in the last column, as CorefUD and GUM have them: brackets in `Entity`.

    # global.Entity = eid-etype-head
    # newdoc id = news-7
    # text = Nord Bank opens
    1	Nord	…	Entity=(e1-org-2(e2-loc-1)
    2	Bank	…	Entity=e1)
    3	opens	…	_

`(e1-org-2` begins a mention, `e1)` ends it, `(e2-loc-1)` is one of a single word. The line
`global.Entity` names the fields between the hyphens. Without it, an entity has a label after an
id with a number, as above, or only a label: `(org(loc)`, `org)`.

A sentence is a record. Its text comes from the words: with blanks, but not after a word with
`SpaceAfter=No`. The words of a multiword token (a line `1-2`) have their part of its text if
their forms make the token, else all of it. An empty node (a line `1.1`) has no text: a mention
of only such nodes is lost as "empty". A mention of several pieces, `(e1[1/2]-org`, is lost as
"discontinuous".

https://ufal.mff.cuni.cz/corefud, https://gucorpling.org/gum
"""

import re
from itertools import chain
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ...user_error import UserError
from ..faults import tolerate
from ..records import Discontinuous, Lost, Record
from ..sources import UNREADABLE, SourceFile, find_files, part_of, read_lines
from .characters import CharacterSpan, make_record
from .ids import name_files

SUFFIXES = (".conllu", ".conllup")
N_COLUMNS = 10
COMMENT = re.compile(r"#\s*(global\.Entity|newdoc(?: id)?)(?:\s*=\s*(.*))?")
ID = re.compile(r"(\d+)(?:([-.])(\d+))?")
BRACKETS = re.compile(r"\(([^()]+)(\))?|([^()]+)\)")
# the number of a piece of a discontinuous mention, and of all its pieces
PIECE = re.compile(r"\[(\d+)/(\d+)\]")
WITH_NUMBER = re.compile(r"[^\W\d]*\d+")  # an id
LABELS = ("etype", "entity", "type")  # fields with the label
IDS = ("eid", "GRP", "id")  # fields with the id
ENTITY, NO_SPACE = "Entity=", "SpaceAfter=No"  # in the last column


class Word(NamedTuple):
    """A line of a sentence.

    kind: "-" for a multiword token, "." for an empty node, else "".
    last: number of the last word in a multiword token.
    """

    line: int
    number: int
    kind: str
    last: int
    form: str
    has_space: bool
    entities: str


class Entity(NamedTuple):
    """What a bracket opens.

    keys: what may stand before the bracket that closes it.
    piece: number of this piece of a mention, from 1; 0 for a whole mention.
    """

    label: str
    keys: Tuple[str, ...]
    piece: int


class Found(NamedTuple):
    """A mention. first, last: its lines in the sentence, counted from 0."""

    entity: Entity
    first: int
    last: int


def read_conllu(source: Path) -> Iterator[Record]:
    """Yield one record per sentence.

    source: A .conllu file, a folder or an archive. The part comes from the names of files and
        folders.
    RAISES (UserError): A line has no id or fewer than 10 columns; the brackets of a sentence do
        not fit; a file has no `Entity`.
    """
    files = find_files(source, SUFFIXES)
    for name, file in zip(name_files(files), files):
        with tolerate("file"):
            yield from _read_file(file, name)


def _read_file(file: SourceFile, name: str) -> Iterator[Record]:
    fields: List[str] = []
    document: Optional[str] = None
    words: List[Word] = []
    problem: Optional[UserError] = None  # the first one of the sentence
    lacks_line = has_entities = False
    number = 0
    waiting: List[Record] = []  # until the file has an entity
    # the end of the file ends a sentence
    for at, line in chain(read_lines(file, instead=UNREADABLE), [(0, "")]):
        comment = COMMENT.fullmatch(line)
        if line == UNREADABLE:
            lacks_line = True
        elif comment and comment[1] == "global.Entity":
            fields = (comment[2] or "").split("-")
        elif comment:
            document = comment[2]
        elif line.strip() and not line.startswith("#"):
            try:
                words.append(_parse_word(line, f"{file.name}, line {at}", at))
            except UserError as error:
                problem = problem or error
        elif not line.strip() and (words or problem):
            has_entities = has_entities or any(word.entities for word in words)
            with tolerate("record"):
                if problem is not None:
                    raise problem
                if not lacks_line:
                    id = f"{name}:{number}"
                    waiting.append(_make_record(id, words, fields, document, file))
            number += 1
            words, problem, lacks_line = [], None, False
            if has_entities:
                yield from waiting
                waiting.clear()
    if not has_entities:
        raise UserError(
            f"{file.name} has no {ENTITY}(…) in column {N_COLUMNS}: give a file with entities, "
            "or choose format 'columns' if another column has tags."
        )


def _parse_word(line: str, where: str, at: int) -> Word:
    cells = line.split("\t")
    id = ID.fullmatch(cells[0])
    if len(cells) < N_COLUMNS or id is None or not cells[1]:
        raise UserError(
            f"{where}: {line[:50]!r} is no word: write {N_COLUMNS} columns with tabs between "
            "them, the first one a number."
        )
    misc = cells[N_COLUMNS - 1].split("|")
    entities = "".join(item[len(ENTITY) :] for item in misc if item.startswith(ENTITY))
    last = int(id[3] or id[1])
    return Word(at, int(id[1]), id[2] or "", last, cells[1], NO_SPACE not in misc, entities)


def _make_record(
    id: str,
    words: Sequence[Word],
    fields: Sequence[str],
    document: Optional[str],
    file: SourceFile,
) -> Record:
    text, places = _join_words(words)
    spans: List[CharacterSpan] = []
    lost: List[Lost] = []
    pieces: Dict[str, List[CharacterSpan]] = {}  # of the last mention of each entity
    discontinuous: List[Discontinuous] = []
    for entity, first, last in _find_mentions(words, fields, file):
        where = f"{file.path_in_source}, line {words[first].line}"
        covered = [place for place in places[first : last + 1] if place is not None]
        if not covered:
            lost.append(Lost("empty", where, words[first].form))
            continue
        span = CharacterSpan(covered[0][0], covered[-1][1], entity.label, where)
        if entity.piece == 0:
            spans.append(span)
            continue
        if entity.piece == 1:
            discontinuous += _join_pieces(pieces.pop(entity.keys[0], []))
        pieces.setdefault(entity.keys[0], []).append(span)
    for group in pieces.values():
        discontinuous += _join_pieces(group)
    return make_record(
        id,
        text,
        spans,
        document=document,
        part=part_of(file),
        lost=lost,
        discontinuous=discontinuous,
    )


def _join_pieces(pieces: Sequence[CharacterSpan]) -> Iterator[Discontinuous]:
    """The pieces of one mention; nothing for no pieces."""
    if pieces:
        _, _, label, where, _ = pieces[0]
        yield Discontinuous(tuple((piece.start, piece.end) for piece in pieces), label, where)


def _join_words(words: Sequence[Word]) -> Tuple[str, List[Optional[Tuple[int, int]]]]:
    """The text of a sentence, and the characters of each word. None for an empty node."""
    text = ""
    space = ""  # before the next word
    inside: Dict[int, Tuple[int, int]] = {}  # characters of the words of multiword tokens
    places: List[Optional[Tuple[int, int]]] = []
    for i, word in enumerate(words):
        if word.kind == ".":
            places.append(None)
        elif word.kind == "" and word.number in inside:
            places.append(inside[word.number])
        else:
            start = len(text) + len(space)
            text += space + word.form
            places.append((start, len(text)))
            space = " " if word.has_space else ""
            if word.kind == "-":
                parts = [w for w in words[i + 1 :] if not w.kind and w.number <= word.last]
                inside.update(_divide(word, parts, start))
    return text, places


def _divide(token: Word, words: Sequence[Word], start: int) -> Dict[int, Tuple[int, int]]:
    """The characters of the words of a multiword token: their own if their forms make the
    token, else all of it.

    start: first character of the token.
    """
    whole = "".join(word.form for word in words) == token.form
    places = {}
    end = start
    for word in words:
        end = end + len(word.form) if whole else start + len(token.form)
        places[word.number] = (end - len(word.form) if whole else start, end)
    return places


def _find_mentions(
    words: Sequence[Word], fields: Sequence[str], file: SourceFile
) -> Iterator[Found]:
    begun: List[Found] = []  # without their end
    for i, word in enumerate(words):
        where = f"{file.name}, line {word.line}"
        brackets = list(BRACKETS.finditer(word.entities))
        with tolerate("annotation"):
            if "".join(bracket[0] for bracket in brackets) != word.entities:
                raise UserError(
                    f"{where}: {ENTITY}{word.entities} has brackets that do not fit: write "
                    "(id-label to begin a mention, id) to end it."
                )
        for opened, is_closed, closed in (bracket.groups() for bracket in brackets):
            if opened:
                found = Found(_parse_entity(opened, fields), i, i)
                if is_closed:
                    yield found
                else:
                    begun.append(found)
                continue
            key = PIECE.sub("", closed)
            match = next((found for found in reversed(begun) if key in found.entity.keys), None)
            if match is not None:
                begun.remove(match)
                yield match._replace(last=i)
                continue
            with tolerate("annotation"):
                raise UserError(
                    f"{where}: '{closed})' ends no mention of the sentence: begin it with "
                    f"'({closed}'."
                )
    for found in begun:
        with tolerate("annotation"):
            raise UserError(
                f"{file.name}, line {words[found.first].line}: the mention "
                f"'({found.entity.keys[0]}' has no end in its sentence: end it with "
                f"'{found.entity.keys[0]})'."
            )


def _parse_entity(opened: str, fields: Sequence[str]) -> Entity:
    """fields: what `global.Entity` says, may be empty."""
    piece = PIECE.search(opened)
    number = int(piece[1]) if piece else 0
    opened = PIECE.sub("", opened)
    values = opened.split("-")
    if fields:
        named = dict(zip(fields, values))
        label = next((named[name] for name in LABELS if name in named), "")
        id = next((named[name] for name in IDS if name in named), values[0])
    elif len(values) > 1 and WITH_NUMBER.fullmatch(values[0]):
        id, label = values[:2]
    elif len(values) > 1 and values[1].isdecimal():
        label, id = values[:2]
    else:
        return Entity(opened, (opened,), number)
    return Entity(label, (id, f"{label}-{id}", f"{id}-{label}"), number)
