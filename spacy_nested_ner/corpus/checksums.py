"""Name and SHA-256 of a source. A recipe knows the checksums of its published corpus."""

import hashlib
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Dict, List

from ..user_error import printable
from .archives import ARCHIVES
from .readers.columns import NOTES
from .readers.columns import SUFFIXES as COLUMNS
from .readers.csv_spans import SUFFIXES as CSV
from .readers.maintie import SCHEME
from .readers.parquet import SUFFIXES as PARQUET
from .readers.token_json import SUFFIXES as TOKEN_JSON
from .sources import CHUNK, SourceFile, check_readable, find_files, list_folder, open_file

# suffixes of data files; in a folder of any other format, every file is data
DATA = {
    "bioc": (".xml", ".json", ".jsonl"),
    "brat": (".txt", ".ann", ".a1"),
    "cmeee": (".json",),
    "columns": (*COLUMNS, NOTES),
    "conllu": (".conllu", ".conllup"),
    "csv": CSV,
    "docbin": (".spacy",),
    "doccano": (".jsonl", ".json"),
    "dygie": (".json", ".jsonl"),
    "genia": (".xml",),
    "gliner": (".json", ".jsonl"),
    "jsonl": (".jsonl",),
    "label_studio": (".json",),
    "maintie": (".json",),
    "maintie_top": (".json",),
    "parquet": PARQUET,
    "spacy_tuples": (".json", ".jsonl"),
    "pubtator": (".pubtator", ".txt"),
    "token_json": TOKEN_JSON,
    "webanno": (".tsv",),
}
# suffixes of files that are data only in a folder without other data, as archives are
BESIDE = {"columns": NOTES, "maintie": SCHEME, "maintie_top": SCHEME}


def hash_source(source: Path, format: str) -> Dict[str, str]:
    """Name and SHA-256 of the data in a source, without the readme and licence of a folder.

    A file and an archive have the SHA-256 of their bytes, and so has a folder with one data
    file. For several files it is the SHA-256 of the output of `sha256sum`, sorted by path.

    RAISES (UserError): The source cannot be read, or a folder has no data file.
    """
    check_readable(source)
    name = printable(source.resolve().name)
    if not source.is_dir():
        return {"name": name, "sha256": _hash_file(open_file(source))}
    files = _find_data(source, format) if format in DATA else list_folder(source)
    if len(files) == 1 and format in DATA:
        name = PurePosixPath(files[0].path_in_source).name
        return {"name": name, "sha256": _hash_file(files[0])}
    sums = "".join(f"{_hash_file(file)}  {file.path_in_source}\n" for file in files)
    return {"name": name, "sha256": hashlib.sha256(sums.encode("utf8")).hexdigest()}


def _find_data(folder: Path, format: str) -> List[SourceFile]:
    files = find_files(folder, (*DATA[format], *ARCHIVES))
    beside = (*ARCHIVES, *([BESIDE[format]] if format in BESIDE else []))
    return [file for file in files if not file.name.lower().endswith(beside)] or files


def _hash_file(file: SourceFile) -> str:
    sha256 = hashlib.sha256()
    with file.open() as stream:
        for chunk in iter(partial(stream.read, CHUNK), b""):
            sha256.update(chunk)
    return sha256.hexdigest()
