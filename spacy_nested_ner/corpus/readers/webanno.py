r"""WebAnno TSV 3, which WebAnno and INCEpTION export: one token per line, a column per feature.

    #FORMAT=WebAnno TSV 3.3
    #T_SP=webanno.custom.Span|value


    #Text=Nord Bank opens
    1-1	0-4	Nord	ORG[1]|LOC[2]
    1-2	5-9	Bank	ORG[1]
    1-3	10-15	opens	_

A file is a document. The lines of an annotation of several units have the same number in
brackets; `|` separates several annotations of a unit, `*` is one without a value, `_` is none.
A line `1-1.1` is a unit inside the token above it. Values are escaped with a backslash.
`layers` tells which layer has the mentions; relations, chains and slots are not read.

Offsets count units of UTF-16 in the original document. The text between two sentences is not in
the file: it becomes a line break.

https://inception-project.github.io/releases/36.0/docs/user-guide.html#sect_webannotsv
"""

import re
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Tuple

from ...user_error import UserError
from ..faults import tolerate
from ..records import Lost, Record
from ..sources import SourceFile, find_files, part_of, read_text
from .characters import make_record
from .ids import name_files
from .layers import LayerSpan, MentionLayer, choose_layer, find_mentions, is_span_layer
from .offsets import Annotation, find_places, is_same_text, move

FORMAT = "#FORMAT=WebAnno TSV 3"
LAYER = re.compile(r"#T_(SP|RL|CH)=(.*)")  # of spans, relations, chains
TEXT = "#Text="
UNIT = re.compile(r"\d+-\d+(\.\d+)?")
OFFSETS = re.compile(r"(\d{1,12})-(\d{1,12})")
# a value with its number
NUMBERED = re.compile(r"((?:\\.|[^\\\[])*)\[(\d+)\]")
STACKED = re.compile(r"(?:\\.|[^|])+")
ESCAPED_VALUE = re.compile(r"\\(->|[\\\[\]|_;tn*])")
ESCAPED_TEXT = re.compile(r"\\(u[\da-fA-F]{4}|[tnfrb\\\"'/\x00-\x1f])")
CONTROLS = {"t": "\t", "n": "\n", "f": "\f", "r": "\r", "b": "\b"}
NO_VALUE, NO_ANNOTATION = "*", "_"


class Column(NamedTuple):
    """A column of values. number: from 0."""

    layer: str
    feature: str
    number: int


class Unit(NamedTuple):
    """A token, or a part of the token before it.

    start, end: offsets in the document of the tool.
    is_token: False for a part of a token.
    """

    line: int
    start: int
    end: int
    text: str
    cells: List[str]
    is_token: bool


class Sentence(NamedTuple):
    text: List[str]  # lines
    units: List[Unit]


class Document(NamedTuple):
    text: str
    spans: List[LayerSpan]


def read_webanno(source: Path) -> Iterator[Record]:
    """Yield one record per file.

    source: A .tsv file, a folder or an archive. The part comes from the names of files and
        folders.
    RAISES (UserError): A file does not begin with the format; a line is no token; a token is
        not in its sentence; the layer of the mentions cannot be chosen, see `choose_layer`.
    """
    files = find_files(source, [".tsv"])
    documents: Dict[SourceFile, Document] = {}
    for file in files:
        with tolerate("record"):
            documents[file] = _read_document(file)
    if not documents:
        return
    chosen = choose_layer((s for doc in documents.values() for s in doc.spans), source)
    for name, file in zip(name_files(files), files):
        if file in documents:
            with tolerate("record"):
                yield _make_record(documents[file], chosen, file, name)


def _make_record(
    document: Document, chosen: MentionLayer, file: SourceFile, name: str
) -> Record:
    lost: List[Lost] = []
    spans = list(find_mentions(document.spans, chosen, lost))
    return make_record(name, document.text, spans, part=part_of(file), lost=lost)


def _read_document(file: SourceFile) -> Document:
    lines = [line.removesuffix("\r") for line in read_text(file).split("\n")]
    if not lines[0].startswith(FORMAT):
        raise UserError(
            f"{file.name}, line 1: {lines[0][:50]!r} is not '{FORMAT}': export the document as "
            "WebAnno TSV 3."
        )
    columns: List[Column] = []
    width = 3  # columns before the layers
    sentence = Sentence([], [])
    text = ""
    end = 0  # of the last sentence, in the document of the tool
    builder = _SpanBuilder(columns, file)
    for number, line in enumerate([*lines, ""], start=1):  # the end ends a sentence
        layer = LAYER.fullmatch(line)
        if layer:
            if sentence.units:
                raise UserError(
                    f"{file.name}, line {number}: a layer is declared between the tokens of a "
                    "sentence: export the document again."
                )
            width = _add_columns(columns, layer[1], layer[2], width)
        elif line.startswith(TEXT) and not sentence.units:
            sentence.text.append(_unescape_text(line.removeprefix(TEXT)))
        elif line and not line.startswith("#"):
            sentence.units.append(_parse_unit(line, number, width, file))
        elif not line and sentence.units:
            begin = sentence.units[0].start
            text += "\n" if text and begin > end else ""
            builder.add(sentence, len(text))
            text += "\n".join(sentence.text)
            end = max(unit.end for unit in sentence.units)
            sentence = Sentence([], [])
    return Document(text, builder.spans())


def _add_columns(columns: List[Column], kind: str, declaration: str, width: int) -> int:
    """Add the columns of a layer that have values of its spans, and return the new width."""
    layer, *features = declaration.split("|")
    is_target = False  # the column after that of a role
    for number, feature in enumerate(features or [""], start=width):
        is_role = feature.startswith("ROLE_")
        if kind == "SP" and not is_role and not is_target and is_span_layer(layer):
            columns.append(Column(layer, feature, number))
        is_target = is_role
    return width + max(1, len(features))


def _parse_unit(line: str, number: int, width: int, file: SourceFile) -> Unit:
    cells = line.split("\t")
    offsets = OFFSETS.fullmatch(cells[1]) if len(cells) > 2 else None
    unit = UNIT.fullmatch(cells[0])
    if unit is None or offsets is None or len(cells) < width:
        raise UserError(
            f"{file.name}, line {number}: {line[:50]!r} is no token with {width} columns: "
            "export the document again."
        )
    start, end = int(offsets[1]), int(offsets[2])
    return Unit(number, start, end, _unescape_text(cells[2]), cells, not unit[1])


class _SpanBuilder:
    """Join the units of each annotation."""

    def __init__(self, columns: List[Column], file: SourceFile) -> None:
        self.columns = columns
        self.file = file
        # layer and number of an annotation, or layer, line and place in its cell
        self.found: Dict[Tuple[object, ...], LayerSpan] = {}

    def add(self, sentence: Sentence, begin: int) -> None:
        """Add the annotations of a sentence.

        begin: where its text begins in the text of the document.
        RAISES (UserError): A token is not in the text.
        """
        text = "\n".join(sentence.text)
        first = sentence.units[0].start
        tokens = [unit for unit in sentence.units if unit.is_token]
        places = find_places(
            text, [Annotation([(u.start - first, u.end - first)], u.text) for u in tokens]
        )
        for unit in sentence.units:
            ((start, end),) = move([(unit.start - first, unit.end - first)], places)
            if unit.end > unit.start and not is_same_text(text[start:end], unit.text):
                raise UserError(
                    f"{self.file.name}, line {unit.line}: the offsets {unit.start}-{unit.end} "
                    f"are {text[start:end]!r} in the sentence, not {unit.text!r}: export the "
                    "document again."
                )
            self._add_unit(unit, begin + start, begin + end)

    def _add_unit(self, unit: Unit, start: int, end: int) -> None:
        where = f"{self.file.path_in_source}, line {unit.line}"
        for layer, feature, column in self.columns:
            if unit.cells[column] == NO_ANNOTATION:
                continue
            for place, cell in enumerate(STACKED.findall(unit.cells[column])):
                numbered = NUMBERED.fullmatch(cell)
                value, number = (numbered[1], numbered[2]) if numbered else (cell, None)
                key = (layer, number) if number else (layer, unit.line, place)
                span = self.found.setdefault(key, LayerSpan(layer, start, end, {}, where))
                features = dict(span.features)
                if value != NO_VALUE:
                    features[feature] = _unescape_value(value)
                self.found[key] = span._replace(
                    start=min(span.start, start), end=max(span.end, end), features=features
                )

    def spans(self) -> List[LayerSpan]:
        return list(self.found.values())


def _unescape_value(value: str) -> str:
    return ESCAPED_VALUE.sub(
        lambda match: {"t": "\t", "n": "\n"}.get(match[1], match[1]), value
    )


def _unescape_text(text: str) -> str:
    def replace(match: "re.Match[str]") -> str:
        escaped = match[1]
        if escaped.startswith("u"):
            return chr(int(escaped[1:], 16))
        return CONTROLS.get(escaped, escaped)

    if "\\" not in text:
        return text
    # version 3.1 writes a character beyond U+FFFF as two
    unescaped = ESCAPED_TEXT.sub(replace, text)
    return unescaped.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
