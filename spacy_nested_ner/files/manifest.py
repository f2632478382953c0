"""The manifest of a saved pipe: checksums of the pipe, and of what it needs from its pipeline.

A pipe `nested_spancat` saves `manifest.json` beside its `cfg` and `model`. It compares the
manifest with the files before it reads them.
"""

import hashlib
import json
import os
import warnings
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import (
    Any,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    Union,
)

from spacy.util import load_config

from ..user_error import UserError

MANIFEST = "manifest.json"
CONFIG, META = "config.cfg", "meta.json"
# a version reads this format and all before it
FORMAT = 1
# a manifest while the other files are written
UNFINISHED = json.dumps({"format": FORMAT, "unfinished": True}) + "\n"
# an environment variable; with 0, a difference is only a warning
SWITCH = "SPACY_NESTED_NER_VERIFY"
_LIBRARIES = ("spacy-nested-ner", "spacy", "thinc", "torch")
_CHUNK = 1 << 20
_META_KEY = "spacy_nested_ner"
# settings of [nlp] that change no span
_FREE = ("batch_size",)
_GONE = object()
_RESTORE = (
    "restore its files from a copy, or, if they were changed on purpose, set the environment "
    f"variable {SWITCH} to 0"
)

# a SHA-256, or None for what does not exist; of config.cfg, settings
Fact = Union[str, Dict[str, Any], None]


@dataclass(frozen=True)
class Manifest:
    """What was saved.

    labels: Of the pipe, in the order of the weights.
    pipe: SHA-256 of the parts of the pipe, by name: `cfg`, `model`.
    pipeline: SHA-256 of other parts of the pipeline, by path in its folder; of config.cfg the
        settings that change what the pipe predicts; of meta.json the id of the training. Empty
        if the pipe was saved alone.
    saved_with: Versions of libraries.
    """

    labels: List[str]
    pipe: Dict[str, Fact]
    pipeline: Dict[str, Fact]
    saved_with: Dict[str, str] = field(
        default_factory=lambda: {name: version(name) for name in _LIBRARIES}
    )
    format: int = FORMAT

    def to_json(self) -> str:
        content = asdict(self)
        return json.dumps({**content, "sha256": _hash_content(content)}, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: Union[str, bytes]) -> "Manifest":
        """RAISES (UserError): It is damaged, unfinished, or of a newer format."""
        is_unfinished = False
        try:
            content = json.loads(text)
            number, checksum = content["format"], content.pop("sha256", None)
            is_unfinished = "unfinished" in content
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            number, checksum = FORMAT, None
        if isinstance(number, int) and number > FORMAT:
            raise UserError(
                f"The pipe was saved in format {number} by a newer version of spacy-nested-ner "
                f"({content.get('saved_with')}), and this one reads formats up to {FORMAT}: "
                "install the newer version."
            )
        if is_unfinished:
            raise UserError(
                "The pipe was not saved completely, because saving was interrupted: save it "
                "again, or restore a copy."
            )
        if checksum is None or checksum != _hash_content(content):
            raise UserError(f"{MANIFEST} of the pipe is damaged: {_RESTORE}.")
        return cls(**content)


def check(saved: Mapping[str, Fact], now: Mapping[str, Fact], place: str = "") -> None:
    """Compare facts; those that are in one mapping only are not compared.

    place: Of what the names mean, with a slash.
    RAISES (UserError): Some differ, see `refuse`.
    """
    refuse(list(find_differences(saved, now, place)))


def refuse(differences: Sequence[str]) -> None:
    """RAISES (UserError): There are differences, and the environment variable SWITCH is not
    0."""
    if not differences:
        return
    shown = "; ".join(differences[:3])
    if verifies():
        raise UserError(f"The pipeline is not as it was saved ({shown}): {_RESTORE}.")
    warnings.warn(f"The pipeline is not as it was saved ({shown}).", stacklevel=5)


def verifies() -> bool:
    """Whether the user wants to have manifests checked."""
    return os.environ.get(SWITCH, "1") != "0"


def find_differences(
    saved: Mapping[str, Fact], now: Mapping[str, Fact], place: str = ""
) -> Iterator[str]:
    """Each difference in a few words; see `check`."""
    for name, fact in saved.items():
        if name not in now or now[name] == fact:
            continue
        found = now[name]
        if isinstance(fact, dict) and isinstance(found, dict):
            places = list(_find_settings(fact, found))
            more = f" and {len(places) - 1} more" if places[1:] else ""
            yield f"in {place}{name}, {places[0]}{more}"
        elif found is None:
            yield f"{place}{name} is missing"
        else:
            yield f"{place}{name} has changed"


def find_damage(pipeline: Path) -> List[str]:
    """Compare a folder of a pipeline with the manifests of its pipes.

    RETURNS: Each difference in a few words.
    RAISES (UserError): A manifest is damaged.
    """
    found: List[str] = []
    for file in sorted(pipeline.glob(f"*/{MANIFEST}")):
        folder, manifest = file.parent, Manifest.from_json(file.read_bytes())
        now = hash_parts(folder, manifest.pipe)
        found += find_differences(manifest.pipe, now, f"{folder.name}/")
        now = hash_parts(pipeline, manifest.pipeline)
        found += find_differences(manifest.pipeline, now)
    return found


def hash_parts(folder: Path, names: Mapping[str, Fact]) -> Dict[str, Fact]:
    """The facts of some parts of a folder now.

    names: Paths in the folder; the settings of config.cfg say which components are meant.
    """
    now: Dict[str, Fact] = {}
    for name, fact in names.items():
        if isinstance(fact, dict):
            now[name] = read_settings(folder, fact.get("components", ()))
        elif name == META:
            id = read_id(folder)
            # others may write a new meta.json; but it must not be that of another training
            now.update({META: id} if id is not None else {})
        else:
            now[name] = hash_path(folder / name)
    return now


def read_id(pipeline: Path) -> Optional[str]:
    """The id of a saved pipeline, see `id_of`."""
    try:
        return id_of(json.loads((pipeline / META).read_text(encoding="utf8")))
    except (OSError, ValueError, RecursionError):
        return None


def id_of(meta: Any) -> Optional[str]:
    """The id of the training in the meta of a pipeline. It tells apart pipelines that differ in
    their weights alone; None for a pipeline without one."""
    own = meta.get(_META_KEY) if isinstance(meta, dict) else None
    id = own.get("id") if isinstance(own, dict) else None
    return id if isinstance(id, str) else None


def set_id(meta: Dict[str, Any], id: str) -> None:
    """Write an id into the meta of a pipeline that has none."""
    meta.setdefault(_META_KEY, {"id": id})


def hash_path(path: Path) -> Fact:
    """SHA-256 of a file, or of the names and files in a folder."""
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        sums = {
            file.relative_to(path).as_posix(): hash_path(file)
            for file in files
            # such as .DS_Store
            if not file.name.startswith(".")
        }
        return _hash_content(sums)
    if not path.is_file():
        return None
    sha256 = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sha256.update(chunk)
    return sha256.hexdigest()


def hash_bytes(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def read_settings(pipeline: Path, components: Iterable[str]) -> Fact:
    """`select_settings` of a saved pipeline; None if its config.cfg cannot be read."""
    try:
        return select_settings(load_config(pipeline / CONFIG, interpolate=True), components)
    except Exception:  # the parser raises all kinds for a damaged file
        return None


def select_settings(config: Mapping[str, Any], components: Iterable[str]) -> Dict[str, Any]:
    """The settings of [nlp] and of some components.

    config: Without variables.
    """
    nlp = {name: value for name, value in config.get("nlp", {}).items() if name not in _FREE}
    sections = config.get("components", {})
    settings = {"nlp": nlp, "components": {name: sections.get(name) for name in components}}
    # as JSON has them: tuples are lists
    plain: Dict[str, Any] = json.loads(json.dumps(settings))
    return plain


def _find_settings(saved: Any, now: Any, place: Tuple[str, ...] = ()) -> Iterator[str]:
    if isinstance(saved, dict) and isinstance(now, dict):
        for name in sorted({*saved, *now}):
            # a setting that is gone is not one of null
            yield from _find_settings(
                saved.get(name, _GONE), now.get(name, _GONE), (*place, name)
            )
    elif saved != now:
        yield f"{'.'.join(place)} was {_shorten(saved)} and is {_shorten(now)}"


def _shorten(value: Any) -> str:
    text = "not set" if value is _GONE else json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _hash_content(content: Mapping[str, Any]) -> str:
    return hash_bytes(json.dumps(content, sort_keys=True).encode())
