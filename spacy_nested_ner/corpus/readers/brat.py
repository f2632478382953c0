"""brat standoff: each document is a .txt file and an .ann file with its entities. In the BioNLP
shared tasks the entities are in an .a1 file; events, in an .a2 file, are not read.

    T1<tab>Organism 0 5<tab>mouse
    T2<tab>Cell 12 15;22 27<tab>red cells

Offsets count the characters of the .txt file, line ends included. An entity of several pieces
with text between them is no span but "discontinuous". brat itself cuts an entity
at line breaks: pieces with only blanks between them are joined. Relations, events, attributes,
normalisations and notes are not read.
"""

import codecs
import re
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Dict, Iterator, List, Mapping, NamedTuple, Tuple

from ...user_error import UserError
from ..faults import tolerate
from ..records import Discontinuous, Record
from ..sources import SourceFile, find_files, part_of, read_lines, read_text
from .characters import CharacterSpan, check_span, make_record
from .ids import name_files
from .offsets import Annotation, Pieces, find_places, is_same_text, join_pieces, move

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

    pieces: Pieces
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
        with tolerate("record"):
            yield _read_document(id, text_file, annotations)


def _read_document(id: str, text_file: SourceFile, annotations: SourceFile) -> Record:
    text = read_text(text_file)
    entities = list(_read_entities(annotations))
    places = find_places(
        text,
        [Annotation(entity.pieces, entity.text) for entity in entities],
        has_mark=_begins_with_mark(text_file),
    )
    spans: List[CharacterSpan] = []
    discontinuous: List[Discontinuous] = []
    for entity in entities:
        with tolerate("annotation"):
            pieces = move(entity.pieces, places)
            _check(entity._replace(pieces=pieces), text)
            if _is_continuous(pieces, text):
                start, end = pieces[0][0], pieces[-1][1]
                spans.append(CharacterSpan(start, end, entity.label, entity.where))
            else:
                discontinuous.append(Discontinuous(tuple(pieces), entity.label, entity.where))
    part = part_of(text_file)
    return make_record(id, text, spans, part=part, discontinuous=discontinuous)


def _pair_files(source: Path) -> Iterator[Tuple[SourceFile, SourceFile]]:
    """Text and annotation file of each document."""
    documents: Dict[PurePosixPath, Dict[str, SourceFile]] = {}
    for file in find_files(source, [TEXT, *ANNOTATIONS]):
        if file.name == str(source):
            raise UserError(f"{source} is one file: give the folder with text and annotations.")
        path = PurePosixPath(file.path_in_source)
        files = documents.setdefault(path.with_suffix(""), {})
        first = files.setdefault(path.suffix.lower(), file)
        with tolerate("record"):
            if first is not file:
                raise UserError(f"{first.name} and {file.name} have the same name: rename one.")
    for files in documents.values():
        with tolerate("record"):
            _check_pair(files)
            yield files[TEXT], next(file for suffix, file in files.items() if suffix != TEXT)


def _check_pair(files: Mapping[str, SourceFile]) -> None:
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


def _read_entities(file: SourceFile) -> Iterator[Entity]:
    seen: Dict[str, int] = {}  # line of each id
    for number, line in read_lines(file, of="annotation"):
        if line.strip() and not IGNORED.match(line):
            with tolerate("annotation"):
                id, entity = _parse_entity(line, f"{file.path_in_source}, line {number}")
                if seen.setdefault(id, number) != number:
                    raise UserError(
                        f"{entity.where}: the id {id} came before, in line {seen[id]}: give "
                        "every entity its own id."
                    )
                yield entity


def _parse_entity(line: str, where: str) -> Tuple[str, Entity]:
    """The id and the entity of a line."""
    match = ENTITY.fullmatch(line)
    if match is None:
        raise UserError(
            f"{where}: {line[:50]!r} is no brat annotation: write an entity as 'T1<tab>Label "
            "start end<tab>text'."
        )
    id, label, pieces, text = match.groups()
    offsets = [tuple(map(int, piece.split(" "))) for piece in pieces.split(";")]
    return id, Entity([(start, end) for start, end in offsets], label, where, text)


def _begins_with_mark(file: SourceFile) -> bool:
    with file.open() as stream:
        return stream.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8


def _check(entity: Entity, text: str) -> None:
    """RAISES (UserError): A piece is not in the text, or the pieces have another text."""
    for start, end in entity.pieces:
        check_span(CharacterSpan(start, end, entity.label, entity.where), text)
    covered = join_pieces(text, entity.pieces)
    if not is_same_text(covered, entity.text):
        raise UserError(
            f"{entity.where}: {entity.label} covers {covered!r}, not {entity.text!r}: correct "
            "the offsets, or give the text to which they belong."
        )


def _is_continuous(pieces: Pieces, text: str) -> bool:
    """Whether there are only blanks between the pieces."""
    return all(
        before_end <= start and not text[before_end:start].strip()
        for (_, before_end), (start, _) in pairwise(pieces)
    )
