"""Build a wheel, which pip installs, from a trained pipeline."""

import re
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, List, Mapping, Optional, Tuple
from zipfile import ZipFile

import srsly
from spacy.cli.package import package
from spacy.util import get_base_version, run_command

from ..about import __version__
from ..encoders.load_encoder import import_transformers
from ..files.damage import refuse_damage
from ..files.initialized import check_initialized
from ..files.manifest import id_of
from ..files.pipelines import load_pipeline
from ..files.storage import storage_errors
from ..files.writing import write_files
from ..user_error import UserError, shorten
from .card_sections import describe_scores
from .library_wheel import LIBRARY, make_library_wheel
from .licences import check_licence, identify_licence

# Like `spacy package --build wheel`, but without the network and without the package `build`
BUILD = ("--no-deps", "--no-index", "--use-pep517", "--no-build-isolation", "--quiet")
REQUIREMENTS = "requirements.txt"
README = "README.md"
ENCODER = "spacy_nested_ner.HuggingFaceEncoder."
ONNX_ENCODER = "spacy_nested_ner.OnnxEncoder."
# pip resolves the folder relative to requirements.txt
FIND_LINKS = "--find-links ."
LANGUAGE = re.compile(r"[A-Za-z]{2,8}")
# pip takes "-", "." and "__" for "_", but spacy.load does not
NAME = re.compile(r"[A-Za-z0-9]{1,100}(_[A-Za-z0-9]{1,100}){0,20}")
# PEP 440, as far as spaCy and pip write it in the name of a wheel
VERSION = re.compile(r"[0-9][A-Za-z0-9.+!-]{0,100}")


@dataclass(frozen=True)
class Card:
    """Values for the meta of a package; None for the value in the meta of the pipeline.

    name: Without the language or with it: en_nested_pumps and nested_pumps are the same.
    version: As in PEP 440, for example 1.2.0.
    license: An identifier that the Hugging Face Hub takes, for example cc-by-4.0.
    """

    name: Optional[str] = None
    version: Optional[str] = None
    author: Optional[str] = None
    license: Optional[str] = None
    description: Optional[str] = None


def make_package(
    pipeline: Path,
    out: Path,
    *,
    evaluation: Optional[Mapping[str, Any]] = None,
    card: Card = Card(),
) -> Path:
    """Build the wheel of a pipeline, a README.md, and a requirements.txt that names the wheel.

    `pip install -r requirements.txt` installs the wheel without its file name, which contains
    language and version: en_nested_genia_tok2vec-0.1.0+sample-py3-none-any.whl. If the pipeline
    requires this library, the folder contains its wheel, too: pip needs no index that has it.

    pipeline: Folder of a trained pipeline with name and version in its meta.
    out: Folder for the files. Wheels of other versions in it stay.
    evaluation: The JSON of `evaluate` for this pipeline; the README in the wheel shows it.
    RETURNS: Path of the wheel.
    RAISES (UserError): The pipeline has no meta.json, or has links in its folder; it cannot be
        loaded, or was not trained; the evaluation is of another pipeline; language, name,
        version or licence are not valid; the package cannot be written.
    RAISES (SystemExit): `spacy package` or pip fails; they print the reason.
    """
    meta = _read_meta(pipeline)
    if evaluation is not None:
        meta = add_scores(meta, evaluation)
    meta = fill_in(meta, card)
    check_meta(meta)
    check_files(pipeline)
    check_initialized(load_pipeline(pipeline), str(pipeline))
    meta = add_notes(meta, describe_install(meta))
    with storage_errors("write", f"the package in {out}"), TemporaryDirectory() as folder:
        sources, wheels, meta_path = (
            Path(folder, name) for name in ("src", "whl", "meta.json")
        )
        sources.mkdir()
        meta["requirements"] = [*meta.get("requirements", []), *find_requirements(pipeline)]
        srsly.write_json(meta_path, meta)
        # silent=True would print errors with a traceback
        package(
            pipeline,
            sources,
            meta_path=meta_path,
            create_sdist=False,
            require_parent=True,
            silent=False,
        )
        (source,) = sources.iterdir()
        wheel_to = ["--wheel-dir", str(wheels), str(source)]
        run_command([sys.executable, "-m", "pip", "wheel", *BUILD, *wheel_to])
        (built,) = wheels.iterdir()
        name, version, *_ = built.name.split("-")
        requirement = f"{FIND_LINKS}\n{name}=={version}\n"
        if requires_library(built):
            make_library_wheel(wheels)
        files = {
            **{wheel.name: wheel.read_bytes() for wheel in wheels.iterdir()},
            REQUIREMENTS: requirement.encode("utf8"),
            README: (source / README).read_bytes(),
        }
        write_files(out, files)
    return out / built.name


def _read_meta(pipeline: Path) -> Dict[str, Any]:
    path = pipeline / "meta.json"
    if not path.is_file():
        raise UserError(
            f"There is no {path}: give a folder of a trained pipeline, such as model-best."
        )
    with refuse_damage(f"{path} is damaged", "save the pipeline again"):
        meta: Dict[str, Any] = dict(srsly.read_json(path))
        return meta


def check_meta(meta: Mapping[str, Any]) -> None:
    """Check the values that become names of folders and files.

    RAISES (UserError): Language, name or version are not valid.
    """
    for key, form, example in (
        ("lang", LANGUAGE, "en"),
        ("name", NAME, "nested_pumps"),
        ("version", VERSION, "1.2.0"),
    ):
        value = meta.get(key)
        if not isinstance(value, str) or not form.fullmatch(value):
            raise UserError(
                f"The {key} in the meta.json of the pipeline is {shorten(repr(value), 100)}, "
                f"which cannot be part of the name of a package: change it to one such as "
                f"{example}."
            )


def check_files(pipeline: Path) -> None:
    """Check that only files of the pipeline would be packed.

    RAISES (UserError): There is a link, a pipe or a device in the folder.
    """
    for path in sorted(pipeline.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise UserError(
                f"{path} is a link, a pipe or a device: put the file itself there, or remove "
                "it."
            )


def find_requirements(pipeline: Path) -> List[str]:
    """The packages that a pipeline needs and `spacy package` does not find: a pretrained
    encoder loads with the installed version of transformers, or a newer one; in the ONNX
    format, with the libraries of the extra `onnx`.

    RAISES (UserError): The pipeline needs transformers, and it is not installed.
    """
    config = pipeline / "config.cfg"
    settings = config.read_text(encoding="utf8") if config.is_file() else ""
    found = []
    if ENCODER in settings:
        found.append(f"transformers>={import_transformers().__version__},<6.0.0")
    if ONNX_ENCODER in settings:
        found.append(f"spacy-nested-ner[onnx]>={__version__}")
    return found


def add_scores(meta: Mapping[str, Any], evaluation: Mapping[str, Any]) -> Dict[str, Any]:
    """Add the scores of an evaluation to the notes of a pipeline's meta.

    RAISES (UserError): The evaluation is of another pipeline, or of another training: each has
        its own id, but pipelines of one config may share name and version. An evaluation
        without an id is compared by name and version alone.
    """
    evaluated = dict(evaluation["pipeline"])
    id = evaluated.pop("id", None)
    own = {key: meta.get(key) for key in evaluated}
    if own != evaluated:
        raise UserError(
            f"The evaluation is of {_full_name(evaluated)}, but the pipeline is "
            f"{_full_name(own)}: give the file that `evaluate` wrote for this pipeline."
        )
    if id is not None and id != id_of(meta):
        raise UserError(
            f"The evaluation is of another training of {_full_name(own)}: give the file that "
            "`evaluate` wrote for this pipeline."
        )
    with refuse_damage("The evaluation is incomplete", "run `evaluate` again"):
        return add_notes(meta, describe_scores(evaluation))


def add_notes(meta: Mapping[str, Any], text: str) -> Dict[str, Any]:
    """Add paragraphs to the notes of a pipeline's meta, which spaCy shows in the README."""
    return {**meta, "notes": "\n\n".join(filter(None, (meta.get("notes"), text)))}


def describe_install(meta: Mapping[str, Any]) -> str:
    """Say in Markdown how pip installs the package."""
    requirement = f"{meta['lang']}_{meta['name']}=={meta['version']}"
    return (
        "### Install\n\nIn the folder that contains the wheel:\n\n"
        f"```bash\npip install --find-links . {requirement}\n```"
    )


def requires_library(wheel: Path) -> bool:
    """Whether a pipeline needs this library."""
    with ZipFile(wheel) as files:
        (metadata,) = (
            file for file in files.namelist() if file.endswith(".dist-info/METADATA")
        )
        return f"\nRequires-Dist: {LIBRARY}" in files.read(metadata).decode("utf8")


def fill_in(meta: Mapping[str, Any], card: Card) -> Dict[str, Any]:
    """Replace values of a pipeline's meta by those of a card.

    RAISES (UserError): Name, version or licence are not valid.
    """
    given = {key: value for key, value in asdict(card).items() if value is not None}
    if card.license is not None:
        given["license"] = check_licence(card.license)
    elif "license" in meta:
        given["license"] = identify_licence(meta["license"])
    if "name" in given:
        given["name"] = given["name"].removeprefix(f"{meta['lang']}_")
        if not NAME.fullmatch(given["name"]):
            raise UserError(
                f"'{card.name}' is not the name of a package: use letters from a to z, digits "
                "and single underscores, such as nested_pumps."
            )
    if card.version is not None:
        try:
            get_base_version(card.version)
        except ValueError:
            raise UserError(
                f"'{card.version}' is not the version of a package: use numbers and dots, such "
                "as 1.2.0."
            ) from None
    return {**meta, **given}


def _full_name(meta: Mapping[str, Any]) -> str:
    return f"{meta['lang']}_{meta['name']} {meta['version']}"


def name_and_version(wheel: Path) -> Tuple[str, str]:
    """Name and version of a pipeline's wheel. The name is that of the folder in it, because
    setuptools writes file names in small letters and spacy.load takes no other letters.

    RAISES (UserError): The wheel is damaged.
    """
    advice = "package the pipeline again"
    with refuse_damage(f"{wheel} is damaged", advice), ZipFile(wheel) as files:
        folders = {file.partition("/")[0] for file in files.namelist()}
        (name,) = (folder for folder in folders if not folder.endswith(".dist-info"))
    return name, wheel.name.split("-")[1]
