"""BioC, XML or JSON: documents of passages, with annotations by offsets in the document.

    <document><id>101</id>
      <passage><offset>19</offset><text>Bound by Nord.</text>
        <annotation id="1"><infon key="type">Protein</infon>
          <location offset="28" length="4"/><text>Nord</text></annotation></passage></document>

JSON has the same names: a collection with `documents`, a list of documents, or one document per
line. A document is a record. Its passages are joined by line breaks, or directly if their
offsets leave no gap; a passage without a text has those of its sentences. An annotation of
several locations with text between them is lost as "discontinuous". Relations are not read.

http://bioc.sourceforge.net
"""

from itertools import pairwise
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from ...files.damage import refuse_damage
from ...user_error import UserError
from ..faults import tolerate
from ..records import Discontinuous, Record
from ..sources import SourceFile, find_files, parse_json, part_of, read_json, read_lines
from .characters import CharacterSpan, make_record
from .extras import import_extra
from .ids import Ids, name_files
from .offsets import Annotation, Pieces, find_places, move

SUFFIXES = (".xml", ".json", ".jsonl")
LABEL = "type"  # the infon with the label
MAX_GAP = 1000  # characters between two sentences of a passage
# keys that the library needs, and what they have if they are missing
DEFAULTS: Dict[str, Any] = {
    "id": None,
    "infons": {},
    "text": None,
    **{key: [] for key in ("passages", "sentences", "annotations", "locations")},
}


class Passage(NamedTuple):
    """start: where it begins in the text of the record. offset: in the document of the file."""

    start: int
    offset: int
    text: str
    annotations: List[Any]


class Located(NamedTuple):
    """An annotation. pieces: half-open offsets in its passage. text: None if it has none."""

    label: str
    pieces: Pieces
    text: Optional[str]
    where: str


def read_bioc(source: Path) -> Iterator[Record]:
    """Yield one record per document. XML and lines of JSON are not held in memory.

    source: An .xml, .json or .jsonl file, a folder or an archive. The part comes from the names
        of files and folders.
    RAISES (UserError): The library bioc is not installed; a file is not BioC; an annotation has
        no label, no location, or another text than its passage has there; an id comes twice in
        a file.
    """
    import_extra("bioc", "bioc")
    files = find_files(source, SUFFIXES)
    ids = Ids()
    for name, file in zip(name_files(files), files):
        with tolerate("file"):
            number = -1
            for number, value in enumerate(_read_values(file)):
                with tolerate("record"):
                    where = f"{file.path_in_source}, document {number} (from 0)"
                    document = _parse(value, where)
                    id = ids.add(document.id or None, where, file=name, number=number)
                    yield _make_record(id, document, where, file)
            if number < 0:
                raise UserError(f"{file.name} has no document: give a file of BioC.")


def _read_values(file: SourceFile) -> Iterator[Any]:
    """The documents of a file: the text of XML, or the value of JSON."""
    if file.name.lower().endswith(".xml"):
        yield from _read_xml(file)
    elif file.name.lower().endswith(".jsonl"):
        for number, line in read_lines(file):
            if line.strip():
                with tolerate("record"):
                    yield parse_json(line, file, number)
    else:
        yield from _find_documents(read_json(file))


def _read_xml(file: SourceFile) -> Iterator[str]:
    from lxml import etree

    with (
        refuse_damage(
            f"{file.name} is damaged or is no XML", "download it again", also=(etree.LxmlError,)
        ),
        file.open() as stream,
    ):
        # entities stay, so that no file is read because a document names it
        for _, element in etree.iterparse(stream, tag="document", resolve_entities=False):
            # the library needs these, but the format does not
            for annotation in element.iter("annotation"):
                if annotation.get("id") is None:
                    annotation.set("id", "")
            for relation in list(element.iter("relation")):
                relation.getparent().remove(relation)
            yield etree.tostring(element, encoding="unicode", with_tail=False)
            element.clear()


def _find_documents(value: Any) -> Iterator[Any]:
    """The documents in a collection, in a list, or in the object around a list."""
    if isinstance(value, dict) and "passages" not in value:
        lists = [item for item in value.values() if isinstance(item, list)]
        value = value.get("documents") or (lists[0] if len(lists) == 1 else [])
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict) and "documents" in item:
            yield from _find_documents(item)
        else:
            yield item


def _parse(value: Any, where: str) -> Any:
    """A document of the library.

    RAISES (UserError): The value is no document of BioC.
    """
    from bioc import biocjson, biocxml
    from lxml import etree

    with refuse_damage(
        f"{where} is no document of BioC",
        "give documents with passages, and passages with offset and text",
        also=(etree.LxmlError,),
    ):
        if isinstance(value, str):
            document = biocxml.loads(f"<collection>{value}</collection>").documents[0]
        else:
            document = biocjson.fromJSON(_complete(value), "BioCDocument")
        _check_types(document)
        return document


def _complete(value: Any) -> Any:
    """A value of JSON with all keys that the library needs, and without relations."""
    if isinstance(value, list):
        return [_complete(item) for item in value]
    if not isinstance(value, dict) or value.keys() <= {"offset", "length"}:
        return value
    return {
        **DEFAULTS,
        **{key: item if key == "infons" else _complete(item) for key, item in value.items()},
        "relations": [],
    }


def _check_types(document: Any) -> None:
    """RAISES (TypeError): JSON gives another type for a number or a text."""
    pieces = [*document.passages]
    for passage in document.passages:
        pieces += passage.sentences
    annotations = [a for piece in [document, *pieces] for a in piece.annotations]
    places = [place for annotation in annotations for place in annotation.locations]
    numbers = [p.offset for p in [*pieces, *places]] + [place.length for place in places]
    for number in numbers:
        if type(number) is not int:
            raise TypeError(f"{number!r} is no whole number")
    for text in (item.text for item in [*pieces, *annotations]):
        if not isinstance(text, (str, type(None))):
            raise TypeError(f"{text!r} is no text")


def _make_record(id: str, document: Any, where: str, file: SourceFile) -> Record:
    text, passages = _join_passages(document, where)
    spans: List[CharacterSpan] = []
    discontinuous: List[Discontinuous] = []
    for passage in passages:
        located = []
        for annotation in passage.annotations:
            with tolerate("annotation"):
                located.append(_locate(annotation, passage, where))
        places = find_places(
            passage.text,
            [
                Annotation(span.pieces, span.text)
                for span in located
                if span.text is not None and len(span.pieces) == 1
            ],
        )
        for label, pieces, given, at in located:
            moved = [
                (passage.start + start, passage.start + end)
                for start, end in move(pieces, places)
            ]
            between = (text[end:start] for (_, end), (start, _) in pairwise(moved))
            if "".join(between).strip():
                discontinuous.append(Discontinuous(tuple(moved), label, at))
            else:  # a line break may divide it
                spans.append(CharacterSpan(moved[0][0], moved[-1][1], label, at, given))
    return make_record(id, text, spans, part=part_of(file), discontinuous=discontinuous)


def _join_passages(document: Any, where: str) -> Tuple[str, List[Passage]]:
    """The text of a document, and its passages with all annotations."""
    text = ""
    end = 0  # of the last passage, in the document of the file
    passages: List[Passage] = []
    for passage in document.passages:
        passage_text = passage.text or _join_sentences(passage, where)
        text += "\n" if text and passage.offset != end else ""
        annotations = [*passage.annotations]
        for sentence in passage.sentences:
            annotations += sentence.annotations
        passages.append(Passage(len(text), passage.offset, passage_text, annotations))
        text += passage_text
        end = passage.offset + len(passage_text)
    for annotation in document.annotations:
        before = [
            p
            for p in passages
            if annotation.locations and p.offset <= annotation.locations[0].offset
        ]
        if passages:
            max(before or passages[:1], key=lambda p: p.offset).annotations.append(annotation)
    return text, passages


def _join_sentences(passage: Any, where: str) -> str:
    text = ""
    for sentence in passage.sentences:
        gap = sentence.offset - passage.offset - len(text)
        if not 0 <= gap <= MAX_GAP:
            raise UserError(
                f"{where}: the sentence at offset {sentence.offset} begins {gap} characters "
                "after the one before it: correct the offsets."
            )
        text += " " * gap + (sentence.text or "")
    return text


def _locate(annotation: Any, passage: Passage, where: str) -> Located:
    """RAISES (UserError): The annotation has no label or no location."""
    at = f"{where}, annotation {annotation.id}" if annotation.id else where
    if not annotation.locations:
        raise UserError(f"{at} has no location: add one.")
    if annotation.infons.get(LABEL) is None:
        raise UserError(
            f"{at} has no infon '{LABEL}', only {', '.join(annotation.infons) or 'none'}: give "
            "the label there."
        )
    pieces = [
        (place.offset - passage.offset, place.offset - passage.offset + place.length)
        for place in annotation.locations
    ]
    return Located(str(annotation.infons[LABEL]), pieces, annotation.text, at)
