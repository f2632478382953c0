"""Recognise the format of a source.

    recognise(Path("orders.jsonl"))   "doccano"

The names of the files decide where they can (.spacy, .ann), else the beginnings of a few files.
"""

from collections import Counter
from pathlib import Path, PurePosixPath
from typing import List, Optional

from ...user_error import UserError
from ..archives import ARCHIVES
from ..readers import reader_names
from ..readers.cas import PROJECT as CAS_PROJECT
from ..sources import SourceFile, check_readable, find_files
from . import kinds
from .json_kinds import find_json_kind
from .kinds import Kind
from .text_kinds import find_text_kind, find_xml_kind

AUTO = "auto"
HEAD = 1 << 16  # bytes
N_FILES = 5  # files that are opened
# endings of files of which one is enough
NAMES = {
    ".ann": kinds.BRAT,
    ".a1": kinds.BRAT,
    ".xmi": kinds.CAS,
    ".conllu": kinds.CONLLU,
    ".spacy": kinds.DOCBIN,
    ".arrow": kinds.PARQUET,
    ".parquet": kinds.PARQUET,
    ".pubtator": kinds.PUBTATOR,
}
# files beside the data
NOT_DATA = ("readme", "license", "licence", "copying", "notice", "changelog")
NOT_DATA_ENDINGS = (
    *(".md", ".rst", ".pdf", ".html", ".py", ".sh", ".conf", ".dtd", ".xsd", ".ini", ".cfg"),
    *("types.json", "scheme.json", "config.json", "typesystem.xml"),
)


def recognise(source: Path) -> str:
    """The name of the format of a source.

    source: A file, a folder or an archive. Only the beginnings of files are read.
    RAISES (UserError): The source cannot be read; it is of no known kind, or of one that no
        reader reads.
    """
    kind = find_kind(source)
    if kind is None:
        raise UserError(
            f"{source} is of no format that can be recognised: choose its format, "
            f"{', '.join(reader_names())}."
        )
    if kind.format not in reader_names():
        advice = kind.advice or f"install a package with a reader '{kind.format}'"
        raise UserError(f"{source} looks like {kind.description}, which is not read: {advice}.")
    return kind.format


def suggest_format(source: Path, format: str) -> str:
    """A sentence about a source that is not of the format, empty if it may be.

    format: The format that the user chose. Nothing is said about those of other packages.
    """
    if format.removesuffix("_top") not in kinds.FORMATS:
        return ""
    try:
        kind = find_kind(source)
    except UserError:
        return ""
    if kind is None or format.removesuffix("_top") == kind.format:
        return ""
    advice = f"choose format '{kind.format}'" if kind.format else kind.advice
    return f" It looks like {kind.description}: {advice}."


def find_kind(source: Path) -> Optional[Kind]:
    """The kind of a source, None if it is not known.

    RAISES (UserError): The source cannot be read.
    """
    check_readable(source)
    files = find_files(source, [""])
    archives = []
    if source.is_dir():
        archives = [file for file in files if file.name.lower().endswith(ARCHIVES)]
        files = [file for file in files if file not in archives]
    if any(PurePosixPath(file.path_in_source).name.startswith(CAS_PROJECT) for file in files):
        return kinds.CAS
    for ending, kind in NAMES.items():
        if any(file.name.lower().endswith(ending) for file in files):
            return kind
    found = Counter(filter(None, map(_find_kind_of_file, _choose_files(files))))
    if found:
        return found.most_common(1)[0][0]
    return find_kind(Path(archives[0].name)) if archives else None


def _choose_files(files: List[SourceFile]) -> List[SourceFile]:
    """A few files of data; those that may be notes only if there are no others."""
    data = []
    for file in files:
        name = PurePosixPath(file.path_in_source).name.lower()
        if not name.startswith(NOT_DATA) and not name.endswith(NOT_DATA_ENDINGS):
            data.append(file)
    data = data or files
    return ([f for f in data if not f.name.lower().endswith(".txt")] or data)[:N_FILES]


def _find_kind_of_file(file: SourceFile) -> Optional[Kind]:
    with file.open() as stream:
        data = stream.read(HEAD)
    if data.startswith(b"PAR1"):
        return kinds.PARQUET
    if b"\0" in data:
        return None
    head = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    if head.lstrip().startswith("<"):
        return find_xml_kind(head)
    if head.lstrip().startswith(("{", "[")):
        kind = find_json_kind(head)
        if kind is not None:
            return kind
    if len(data) == HEAD:
        head = head.rpartition("\n")[0]  # the last line may be cut
    return find_text_kind(head)
