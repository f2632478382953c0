"""Load and save pipelines, and find the key of doc.spans that they write to."""

from pathlib import Path
from typing import Any, Iterable, List, Mapping, Sequence, Set, Union

import spacy
from spacy.language import Language
from thinc.api import Config

from ..user_error import UserError
from .manifest import find_damage
from .writing import write_folder


def load_pipeline(name: Union[str, Path]) -> Language:
    """Load a trained pipeline.

    name: Name of a package, or a folder.
    RAISES (UserError): It cannot be loaded.
    """
    try:
        return spacy.load(name)
    except UserError as error:
        raise UserError(f"Cannot load the pipeline '{name}': {error}") from None
    except Exception as error:  # a damaged file may raise anything
        damage = "; ".join(find_damage(Path(name))[:3]) if Path(name).is_dir() else ""
        reason = damage or next(iter(str(error).strip().splitlines()), type(error).__name__)
        best = Path(name) / "model-best"  # in the folder that `spacy train` writes
        if damage:
            advice = "restore its files from a copy."
        elif best.is_dir():
            advice = f"give the pipeline {best}."
        else:
            advice = "give a trained pipeline, by name or folder."
        raise UserError(f"Cannot load the pipeline '{name}' ({reason}): {advice}") from None


def find_spans_key(nlp: Language) -> str:
    """Find the key of doc.spans in the settings of the pipes.

    RAISES (UserError): The settings have none, or more than one.
    """
    what = f"The pipeline ({', '.join(nlp.pipe_names) or 'empty'})"
    return the_only_key(written_keys(nlp), what)


def written_keys(nlp: Language) -> List[str]:
    """The `spans_key` settings of the enabled pipes, without duplicates."""
    return distinct_keys(nlp.get_pipe_config(name) for name in nlp.pipe_names)


def predicted_labels(nlp: Language, key: str) -> Set[str]:
    """The labels of all pipes that write to the key; some, such as span_finder, have none.

    RAISES (UserError): No pipe writes to the key.
    """
    names = [
        name for name in nlp.pipe_names if nlp.get_pipe_config(name).get("spans_key") == key
    ]
    if not names:
        raise UserError(
            f"No pipe of the pipeline ({', '.join(nlp.pipe_names) or 'empty'}) writes to "
            f"doc.spans['{key}']: choose another spans_key."
        )
    return {label for name in names for label in getattr(nlp.get_pipe(name), "labels", ())}


def keys_of_config(config: Config) -> List[str]:
    """The `spans_key` settings of the pipes in a training config, without duplicates.

    RAISES (UserError): The pipeline of a sourced pipe cannot be loaded.
    """
    sections = []
    for name in config["nlp"]["pipeline"]:
        section = config["components"].get(name, {})
        if "source" in section:
            section = config.interpolate()["components"][name]
            source = load_pipeline(section["source"])
            section = source.get_pipe_config(section.get("component", name))
        sections.append(section)
    return distinct_keys(sections)


def distinct_keys(pipes: Iterable[Mapping[str, Any]]) -> List[str]:
    """The `spans_key` settings in the config sections of pipes, without duplicates."""
    keys = (pipe.get("spans_key") for pipe in pipes)
    return list(dict.fromkeys(key for key in keys if key))


def the_only_key(keys: Sequence[str], what: str) -> str:
    """what: Whose settings the keys are from, for the message.

    RAISES (UserError): There is no key, or more than one.
    """
    if len(keys) != 1:
        found = ", ".join(f"'{key}'" for key in keys) or "none"
        raise UserError(
            f"{what} must write to exactly one key of doc.spans, but its settings name {found}"
            ": choose one with spans_key."
        )
    return keys[0]


def save_pipeline(nlp: Language, out: Path) -> None:
    """Save a pipeline completely or not at all.

    out: A folder that does not exist or is empty.
    RAISES (UserError): It cannot be written.
    """
    write_folder(out, nlp.to_disk)
