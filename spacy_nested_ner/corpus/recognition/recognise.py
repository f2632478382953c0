"""Recognise the format of a source.

    recognise(Path("orders.jsonl"))   "doccano"

The names of the files decide where they can (.spacy, .ann), else the beginnings of some files.
A folder has one format: no file of data is left unread in silence.
"""

from codecs import BOM_UTF8
from collections import Counter
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Callable, Dict, List, Optional, Sequence, Tuple
from typing import Counter as Counts

from ...user_error import UserError
from ..archives import ARCHIVES
from ..checksums import BESIDE, DATA
from ..decoding import UTF16_MARKS, is_compressed
from ..readers import reader_names
from ..readers.arrow_rows import PARQUET
from ..readers.brat import TEXT as BRAT_TEXT
from ..readers.cas import PROJECT as CAS_PROJECT
from ..sources import SourceFile, check_readable, find_files
from . import kinds
from .json_kinds import find_json_kind, find_likely_json_kind
from .kinds import Kind
from .text_kinds import find_text_kind, find_xml_kind

AUTO = "auto"
HEAD = 1 << 16  # bytes
N_FILES = 100  # files of one ending that are opened
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
BRAT_BESIDE = (BRAT_TEXT, ".a2")  # texts, and the events of the BioNLP shared tasks
# files beside the data
NOT_DATA = ("readme", "license", "licence", "copying", "notice", "changelog")
NOT_DATA_ENDINGS = (
    *(".md", ".rst", ".pdf", ".html", ".py", ".sh", ".conf", ".dtd", ".xsd", ".ini", ".cfg"),
    *("types.json", "scheme.json", "config.json", "typesystem.xml"),
)


def recognise(source: Path) -> str:
    """The name of the format of a source.

    source: A file, a folder or an archive. Only the beginnings of files are read.
    RAISES (UserError): The source cannot be read or is empty; it is of no known kind, or of one
        that no reader reads; it has files of two kinds, or with an ending that the reader does
        not read.
    """
    found = _find_kinds(source)
    if not found:
        heads = map(_read_head, _choose_data(find_files(source, [""])))
        if not any(head.removeprefix(BOM_UTF8).strip() for head in heads):
            raise UserError(f"{source} is empty: give annotated texts.")
        raise UserError(
            f"{source} is of no format that can be recognised: choose its format, one of "
            f"{', '.join(reader_names())}, or {kinds.AS_JSONL}."
        )
    if len(found) > 1:
        raise UserError(f"{source} has files of {len(found)} kinds, {_advise_mixed(found)}.")
    (kind,) = found
    if kind.format not in reader_names():
        advice = kind.advice or f"install a package with a reader '{kind.format}'"
        raise UserError(f"{source} looks like {kind.description}, which is not read: {advice}.")
    read = _find_read(found[kind], kind.format)
    unread = sorted({*found[kind]} - {*read}, key=lambda file: file.path_in_source)
    if read and unread:
        raise UserError(
            f"{source} has {unread[0].path_in_source}, which looks like {kind.description} but "
            f"has another ending than {read[0].path_in_source}: rename it, or choose format "
            f"'{kind.format}' to leave it out."
        )
    return kind.format


def _advise_mixed(found: Dict[Kind, List[SourceFile]]) -> str:
    """A file of each kind, and what to do."""
    formats = []
    for kind in found:
        others = [file for other in found if other != kind for file in found[other]]
        # a reader of other kinds' endings may take their files for texts without mentions
        if kind.format in reader_names() and not _find_read(others, kind.format):
            formats.append(f"'{kind.format}'")
    advice = f", or choose format {' or '.join(formats)} to read only its files"
    names = [f"{files[0].path_in_source} ({kind.description})" for kind, files in found.items()]
    return f"{' and '.join(names)}: give each kind on its own{advice if formats else ''}"


def find_unread(folder: Path, format: str) -> List[str]:
    """Paths in a folder of the files of data that the reader of a format passes over, and of
    archives beside files that it reads. Nothing is said about the formats of other packages.

    RAISES (UserError): The folder cannot be read.
    """
    if format not in DATA:
        return []
    files, archives = _part_archives(find_files(folder, [""]))
    read = set(_find_read(files, format))
    if not read:
        return []  # the archives are read
    found = chain(archives, *_group(_choose_data(files), _find_kind_of_file).values())
    return sorted(file.path_in_source for file in found if file not in read)


def _find_read(files: Sequence[SourceFile], format: str) -> List[SourceFile]:
    """The files of a folder that the reader of a format reads, by their endings."""
    read = [file for file in files if _has_ending(file, DATA.get(format, ("",)))]
    beside = (BESIDE[format],) if format in BESIDE else ()
    return [file for file in read if not _has_ending(file, beside)] or read


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
    return next(iter(_find_kinds(source)), None)


def _find_kinds(source: Path) -> Dict[Kind, List[SourceFile]]:
    """The files of each kind, the kind of most files first. Archives in a folder only count if
    no other file has a kind.

    RAISES (UserError): The source cannot be read.
    """
    check_readable(source)
    files = find_files(source, [""])
    archives: List[SourceFile] = []
    if source.is_dir():
        files, archives = _part_archives(files)
    if any(PurePosixPath(file.path_in_source).name.startswith(CAS_PROJECT) for file in files):
        return {kinds.CAS: files}
    data = _choose_data(files)
    found = _group(data, _find_kind_of_file) or _group(data, _find_likely_kind)
    if not found:
        for archive in archives:
            for kind, some in _find_kinds(Path(archive.name)).items():
                found.setdefault(kind, []).extend(some)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def _part_archives(files: Sequence[SourceFile]) -> Tuple[List[SourceFile], List[SourceFile]]:
    """The other files, and the archives."""
    others = [file for file in files if not _has_ending(file, ARCHIVES)]
    return others, [file for file in files if _has_ending(file, ARCHIVES)]


def _choose_data(files: List[SourceFile]) -> List[SourceFile]:
    """The data files, or all files if there is no data file."""
    data = []
    for file in files:
        name = PurePosixPath(file.path_in_source).name.lower()
        if not name.startswith(NOT_DATA) and not name.endswith(NOT_DATA_ENDINGS):
            data.append(file)
    return data or files


def _group(
    files: Sequence[SourceFile], find: Callable[[SourceFile], Optional[Kind]]
) -> Dict[Kind, List[SourceFile]]:
    """The files of each kind, by their names, or else by `find` for some of each ending."""
    named = [next((NAMES[end] for end in NAMES if _has_ending(f, (end,))), None) for f in files]
    beside = BRAT_BESIDE if kinds.BRAT in named else ()
    n_opened: Counts[str] = Counter()
    found: Dict[Kind, List[SourceFile]] = {}
    for file, kind in zip(files, named):
        ending = PurePosixPath(file.path_in_source).suffix.lower()
        if kind is None and ending not in beside and n_opened[ending] < N_FILES:
            n_opened[ending] += 1
            kind = find(file)
        if kind is not None:
            found.setdefault(kind, []).append(file)
    return found


def _find_kind_of_file(file: SourceFile) -> Optional[Kind]:
    data = _read_head(file)
    if data.startswith(PARQUET):
        return kinds.PARQUET
    if is_compressed(data):
        return kinds.COMPRESSED
    is_utf16 = data.startswith(UTF16_MARKS)
    if b"\0" in data and not is_utf16:
        return None
    head = data.decode("utf-16" if is_utf16 else "utf-8-sig", "replace").replace("\r\n", "\n")
    if head.lstrip().startswith("<"):
        return find_xml_kind(head)  # may be in UTF-16
    if is_utf16:
        return kinds.UTF16
    if _is_json(head):
        kind = find_json_kind(head)
        if kind is not None or find_likely_json_kind(head) is not None:
            return kind
    if len(data) == HEAD:
        head = head.rpartition("\n")[0]  # the last line may be cut
    return find_text_kind(head)


def _find_likely_kind(file: SourceFile) -> Optional[Kind]:
    """The kind of a file of JSON without mentions, which does not decide about a folder."""
    head = _read_head(file).decode("utf-8-sig", "replace")
    return find_likely_json_kind(head) if _is_json(head) else None


def _read_head(file: SourceFile) -> bytes:
    with file.open() as stream:
        return stream.read(HEAD)


def _is_json(head: str) -> bool:
    return head.lstrip().startswith(("{", "["))


def _has_ending(file: SourceFile, endings: Tuple[str, ...]) -> bool:
    return file.name.lower().endswith(endings)
