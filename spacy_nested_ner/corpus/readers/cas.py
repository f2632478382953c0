"""UIMA CAS, as INCEpTION exports it: XMI beside its TypeSystem.xml, or CAS JSON.

    <custom:Span xmi:id="6" sofa="1" begin="0" end="9" value="ORG"/>
    <cas:Sofa xmi:id="1" sofaNum="1" sofaID="_InitialView" sofaString="Nord Bank opens"/>

Each file is a document. In the export of a project, there is a .zip for each document and
annotator, and one with the curated document, which counts: it is the last one.

`layers` tells which annotations are mentions. Offsets count units of UTF-16; dkpro-cassis turns
them into characters.
"""

import io
import warnings
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple, Union
from typing import Counter as Counts

from ...files.damage import refuse_damage
from ...user_error import UserError, printable
from ..archives import open_zip
from ..faults import tolerate
from ..records import Lost, Record, Skipped
from ..sources import SourceFile, find_files, open_file, part_of, read_text
from .characters import make_record
from .extras import import_extra
from .ids import name_files
from .layers import NAMED_ENTITY, LayerSpan, choose_layer, find_mentions, is_span_layer

XMI, TYPES, JSON = ".xmi", ".xml", ".json"
TYPE_SYSTEM = "TypeSystem.xml"
ZIP = ".zip"
PROJECT = "exportedproject"  # the settings of an exported project, a .json file
FOLDERS = {"annotation", "curation"}  # of its documents
NOT_ANNOTATED = "INITIAL_CAS"  # a document as its annotators get it
META = "de.tudarmstadt.ukp.dkpro.core.api.metadata.type.DocumentMetaData"
NAMED_ENTITIES = NAMED_ENTITY.rpartition(".")[0] + "."  # package of NamedEntity and its kinds
STRING = "uima.cas.String"
RELATION = {"Governor", "Dependent"}  # features


class Document(NamedTuple):
    """title: name of the document in the tool."""

    text: str
    title: Optional[str]
    spans: List[LayerSpan]


def read_cas(source: Path) -> Iterator[Union[Record, Skipped]]:
    """Yield one record per file.

    source: An .xmi or .json file, a folder or an archive, for example the export of a project.
        An .xmi needs the TypeSystem.xml in its folder or a folder above it. The part comes from
        the names of files and folders.
    YIELDS: The document of a project before its annotation is skipped as "unlabelled".
    RAISES (UserError): dkpro-cassis is not installed; a file is no CAS, or has no text; the
        layer of the mentions cannot be chosen, see `choose_layer`.
    """
    files, type_systems = _find_documents(source)
    documents: Dict[SourceFile, Document] = {}
    for file in files:
        if PurePosixPath(file.path_in_source).stem == NOT_ANNOTATED:
            yield Skipped(reason="unlabelled", where=file.path_in_source)
            continue
        with tolerate("record"):
            documents[file] = _read_document(file, type_systems)
    if not documents:
        return
    chosen = choose_layer((s for doc in documents.values() for s in doc.spans), source)
    names_of: Dict[str, Dict[str, str]] = {}  # of documents by their text, by title
    copies: Counts[str] = Counter()
    for name, file in zip(name_files(files), files):
        if file in documents:
            document = documents[file]
            lost: List[Lost] = []
            spans = list(find_mentions(document.spans, chosen, lost))
            title = document.title or name
            # another text with the same title is a document of its own
            names = names_of.setdefault(title, {})
            own = names.setdefault(document.text, f"{name}:{title}" if names else title)
            copies[own] += 1
            yield make_record(
                own if copies[own] == 1 else f"{own}#{copies[own]}",
                document.text,
                spans,
                document=own,
                part=part_of(file),
                lost=lost,
            )


def _find_documents(source: Path) -> Tuple[List[SourceFile], Dict[PurePosixPath, SourceFile]]:
    """The files of documents, and the type system of each folder that has one."""
    found = []
    for file in find_files(source, [XMI, JSON, TYPES, ZIP]):
        found += list(_unpack(file)) if file.name.lower().endswith(ZIP) else [file]
    if source.is_file() and (source.parent / TYPE_SYSTEM).is_file():
        found.append(open_file(source.parent / TYPE_SYSTEM))
    others = [f for f in found if not PurePosixPath(f.path_in_source).name.startswith(PROJECT)]
    if len(others) < len(found):
        of_documents = [f for f in others if FOLDERS & {*f.path_in_source.split("/")}]
        found = of_documents or others
    type_systems = {}
    files = []
    for file in found:
        path = PurePosixPath(file.path_in_source)
        if path.suffix.lower() != TYPES:
            files.append(file)
        elif path.name.lower() == TYPE_SYSTEM.lower() or path.parent not in type_systems:
            type_systems[path.parent] = file
    if not files:
        raise UserError(f"{source} has no {XMI} or {JSON} file: export the documents as one.")
    return files, type_systems


def _unpack(file: SourceFile) -> Iterator[SourceFile]:
    """The files in a .zip of one document, as in the export of a project.

    RAISES (UserError): It is damaged.
    """
    with file.open() as stream:
        data = io.BytesIO(stream.read())
    with refuse_damage(f"{file.name} is damaged", "export the project again"):
        for member, opener in open_zip(data, file.name):
            if member.lower().endswith((XMI, JSON, TYPES)):
                path = printable(f"{file.path_in_source}/{member}")
                yield SourceFile(f"{file.name}:{member}", path, opener, is_member=True)


def _read_document(file: SourceFile, type_systems: Dict[PurePosixPath, SourceFile]) -> Document:
    import_extra("cassis", "inception")
    from cassis.typesystem import TypeNotFoundError
    from lxml import etree

    with refuse_damage(
        f"{file.name} is damaged or is no UIMA CAS",
        f"export the document again as UIMA CAS XMI, with its {TYPE_SYSTEM}, or UIMA CAS JSON",
        also=(etree.LxmlError, TypeNotFoundError),
    ):
        return _make_document(_load(file, type_systems), file)


def _make_document(cas: Any, file: SourceFile) -> Document:
    if not isinstance(cas.sofa_string, str):
        raise UserError(f"{file.name} has no text: export the document again.")
    title = None
    spans = []
    for fs in cas.select_all_annotations():
        if fs.type.name == META:
            title = fs.documentTitle or None
            continue
        layer = NAMED_ENTITY if fs.type.name.startswith(NAMED_ENTITIES) else fs.type.name
        names = {feature.name for feature in fs.type.all_features}
        if is_span_layer(layer) and not names & RELATION:
            # the library adds a _ to names that are reserved in Python
            features = {
                feature.name.removesuffix("_"): fs[feature.name]
                for feature in fs.type.all_features
                if feature.rangeType.name == STRING and fs[feature.name]
            }
            where = f"{file.path_in_source}, annotation {fs.xmiID}"
            if not all(isinstance(value, str) for value in features.values()):
                raise UserError(f"{where} has a value that is no text: export it again.")
            if type(fs.begin) is not int or type(fs.end) is not int:
                raise UserError(f"{where} has no offsets: export the document again.")
            spans.append(LayerSpan(layer, fs.begin, fs.end, features, where))
    return Document(cas.sofa_string, title, spans)


def _load(file: SourceFile, type_systems: Dict[PurePosixPath, SourceFile]) -> Any:
    import cassis

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about offsets, which `make_record` checks
        if file.name.lower().endswith(JSON):
            return cassis.load_cas_from_json(read_text(file))
        type_system = _find_type_system(file, type_systems)
        with type_system.open() as types, file.open() as stream:
            return cassis.load_cas_from_xmi(stream, cassis.load_typesystem(types))


def _find_type_system(
    file: SourceFile, type_systems: Dict[PurePosixPath, SourceFile]
) -> SourceFile:
    """The type system in the folder of a file, or the nearest one above it."""
    for folder in PurePosixPath(file.path_in_source).parents:
        if folder in type_systems:
            return type_systems[folder]
    raise UserError(f"{file.name} has no {TYPE_SYSTEM} beside it: add it from the export.")
