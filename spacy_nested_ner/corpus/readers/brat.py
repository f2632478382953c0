"""brat standoff: each document is a .txt file and an .ann file with its entities. In the BioNLP
shared tasks the entities are in an .a1 file; events, in an .a2 file, are not read.

    T1<tab>Organism 0 5<tab>mouse
    T2<tab>Cell 12 15;22 27<tab>red cells

Offsets count the characters of the .txt file, line ends included. An entity of several pieces
with text between them is no span: it is reported as "discontinuous". brat itself cuts an entity
at line breaks: pieces with only blanks between them are joined. Relations, events, attributes,
normalisations and notes are not read.
"""

import codecs
import re
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Dict, Iterator, List, NamedTuple, Sequence, Tuple

from ...user_error import UserError
from ..records import Lost, Record
from ..sources import SourceFile, find_files, part_of, read_lines, read_text
from .characters import CharacterSpan, check_span, is_same_text, make_record
from .ids import name_files

TEXT = ".txt"
ANNOTATIONS = (".ann", ".a1")
ENTITY = re.compile(r"(T\S+)\t(\S+) (-?\d{1,12} -?\d{1,12}(?:;-?\d{1,12} -?\d{1,12})*)\t(.*)")
IGNORED = re.compile(r"[ERAMN]\S+\t|\*\t|#")


class Entity(NamedTuple):
    """A text-bound annotation.

    pieces: half-open characters of each piece.
    where: file and line.
    text: the annotated text, as the annotation gives it.
    """

    pieces: Sequence[Tuple[int, int]]
    label: str
    where: str
    text: str


def read_brat(source: Path) -> Iterator[Record]:
    """Yield one record per document, sorted by path.

    source: A folder, searched with its subfolders, or an archive. The part comes from the names
        of files and folders.
    RAISES (UserError): A .txt or an annotation file without the other; a line that is no brat
        annotation; an id that comes twice; an entity whose text is not at its offsets.
    """
    pairs = list(_pair_files(source))
    for id, (text_file, annotations) in zip(name_files([text for text, _ in pairs]), pairs):
        text = read_text(text_file)
        entities = list(_read_entities(annotations))
        if _begins_with_mark(text_file) and _count_mark(entities, text):
            entities = [_shift(entity, -1) for entity in entities]
        spans: List[CharacterSpan] = []
        lost: List[Lost] = []
        for entity in entities:
            _check(entity, text)
            if _is_continuous(entity, text):
                start, end = entity.pieces[0][0], entity.pieces[-1][1]
                spans.append(CharacterSpan(start, end, entity.label, entity.where))
            else:
                lost.append(Lost("discontinuous", entity.where, entity.text))
        yield make_record(id, text, spans, part=part_of(text_file), lost=lost)


def _pair_files(source: Path) -> Iterator[Tuple[SourceFile, SourceFile]]:
    """Text and annotation file of each document."""
    documents: Dict[PurePosixPath, Dict[str, SourceFile]] = {}
    for file in find_files(source, [TEXT, *ANNOTATIONS]):
        if file.name == str(source):
            raise UserError(f"{source} is one file: give the folder with text and annotations.")
        path = PurePosixPath(file.path_in_source)
        files = documents.setdefault(path.with_suffix(""), {})
        first = files.setdefault(path.suffix.lower(), file)
        if first is not file:
            raise UserError(f"{first.name} and {file.name} have the same name: rename one.")
    for files in documents.values():
        names = " and ".join(file.name for file in files.values())
        if TEXT not in files:
            raise UserError(f"{names} has no {TEXT} file beside it: add its text.")
        if len(files) == 1:
            raise UserError(
                f"{names} has no {' or '.join(ANNOTATIONS)} file beside it: add one, empty for "
                "a document without entities, or remove the text."
            )
        if len(files) > 2:
            raise UserError(f"{names} are of one document: keep one annotation file.")
        yield files[TEXT], next(file for suffix, file in files.items() if suffix != TEXT)


def _read_entities(file: SourceFile) -> Iterator[Entity]:
    seen: Dict[str, int] = {}  # line of each id
    for number, line in read_lines(file):
        where = f"{file.path_in_source}, line {number}"
        match = ENTITY.fullmatch(line)
        if match is None:
            if line.strip() and not IGNORED.match(line):
                raise UserError(
                    f"{where}: {line[:50]!r} is no brat annotation: write an entity as "
                    "'T1<tab>Label start end<tab>text'."
                )
            continue
        id, label, pieces, text = match.groups()
        if id in seen:
            raise UserError(
                f"{where}: the id {id} came before, in line {seen[id]}: give every entity its "
                "own id."
            )
        seen[id] = number
        offsets = [tuple(map(int, piece.split(" "))) for piece in pieces.split(";")]
        yield Entity([(start, end) for start, end in offsets], label, where, text)


def _begins_with_mark(file: SourceFile) -> bool:
    with file.open() as stream:
        return stream.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8


def _count_mark(entities: Sequence[Entity], text: str) -> bool:
    """Whether the offsets count the byte order mark, which is not in `text`, as a character.
    brat counts it, and editors hide it. The entities' texts decide."""
    return not all(_fits(entity, text) for entity in entities) and all(
        _fits(_shift(entity, -1), text) for entity in entities
    )


def _fits(entity: Entity, text: str) -> bool:
    try:
        _check(entity, text)
    except UserError:
        return False
    return True


def _shift(entity: Entity, by: int) -> Entity:
    return entity._replace(pieces=[(start + by, end + by) for start, end in entity.pieces])


def _check(entity: Entity, text: str) -> None:
    """RAISES (UserError): A piece is not in the text, or the pieces have another text."""
    for start, end in entity.pieces:
        check_span(CharacterSpan(start, end, entity.label, entity.where), text)
    covered = " ".join(text[start:end] for start, end in entity.pieces)
    if not is_same_text(covered, entity.text):
        raise UserError(
            f"{entity.where}: {entity.label} covers {covered!r}, not {entity.text!r}: correct "
            "the offsets, or give the text to which they belong."
        )


def _is_continuous(entity: Entity, text: str) -> bool:
    """Whether there are only blanks between the pieces."""
    return all(
        before_end <= start and not text[before_end:start].strip()
        for (_, before_end), (start, _) in pairwise(entity.pieces)
    )
