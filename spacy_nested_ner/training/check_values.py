"""Check the values of a training config.

`spacy train` checks most of them as well, but later, and some wrong values end it with the
error of a library. The types are those of spaCy's own schemas, and of the arguments of
registered functions; a pipe is made, without weights.
"""

import math
from pathlib import Path
from typing import Any, Dict, Iterator, Mapping, NamedTuple, Sequence, Tuple, Union

from catalogue import RegistryError
from spacy.language import Language
from spacy.schemas import CONFIG_SCHEMAS
from spacy.tokenizer import Tokenizer
from spacy.util import get_lang_class, registry
from thinc.api import Config, ConfigValidationError

from ..user_error import UserError

# Settings that spaCy takes with any number: the least value, and the limit above all values.
# Outside, nothing is learned, no document is predicted, or Python divides by zero.
RANGES = {
    ("training", "dropout"): (0, 1),
    ("training", "eval_frequency"): (1, math.inf),
    ("training", "accumulate_gradient"): (1, math.inf),
    ("nlp", "batch_size"): (1, math.inf),
}


class Fault(NamedTuple):
    """A wrong value: its place in the config, and the message of the check."""

    place: Sequence[Any]
    message: str


def check_values(config: Config, path: Union[str, Path]) -> None:
    """Refuse values of the wrong type or range, and settings that no pipe can be made of.

    A function or pipe that is not installed here, or whose library is not, is not checked.

    config: With its variables replaced.
    path: The file that it was read from.
    RAISES (UserError): A value has the wrong type or range; a pipe cannot be made.
    """
    fault = next(find_faults(config), None)
    if fault is not None:
        place, value = find_value(config, fault.place)
        given = "" if isinstance(value, dict) else f" = {value!r}"
        raise UserError(
            f"The config {path} cannot have {place}{given} ({fault.message}): give another "
            "value."
        )


def find_faults(config: Mapping[str, Any]) -> Iterator[Fault]:
    """The wrong values, first those of the sections that spaCy has a schema for."""
    for name, schema in CONFIG_SCHEMAS.items():
        section = config.get(name, {})
        try:
            Config(section).validate(schema)
        except ConfigValidationError as error:
            for one in error.errors:
                setting = one["loc"][0]
                # the schema has the results of functions, and needs all settings
                if setting in section and not registry.is_promise(section[setting]):
                    yield Fault((name, *one["loc"]), one["msg"])
    yield from find_faulty_arguments(config)
    for place, (least, limit) in RANGES.items():
        section, setting = place
        value = config[section].get(setting)
        if value is not None and not least <= value < limit:
            below = f" and less than {limit}" if limit < math.inf else ""
            yield Fault(place, f"it is not at least {least}{below}")
    yield from find_faulty_pipes(config)


def find_faulty_pipes(config: Mapping[str, Any]) -> Iterator[Fault]:
    """The settings that no pipe can be made of: those of the wrong type, and the pipes that
    refuse a value."""
    # a language or the library of a tokenizer may not be installed here
    try:
        language = get_lang_class(config["nlp"]["lang"])
    except ImportError:
        language = Language
    nlp = language(create_tokenizer=lambda nlp: Tokenizer(nlp.vocab))
    for name, section in config["components"].items():
        if not isinstance(section, dict):
            yield Fault(("components", name), "a pipe is a section")
            continue
        settings = dict(section)
        factory = settings.pop("factory", None)
        if factory is None or not nlp.has_factory(factory):
            continue  # as a sourced pipe
        try:
            nlp.create_pipe(factory, name, config=settings)
        except (RegistryError, ImportError):
            pass
        except ValueError as error:
            # the types are wrong, or the pipe refuses a value
            found = error.errors if isinstance(error, ConfigValidationError) else None
            whole: Dict[str, Any] = {"loc": [factory], "msg": " ".join(str(error).split())}
            for one in found or [whole]:
                place = ("components", name, *one["loc"][1:])
                yield Fault(place, one["msg"].removeprefix("at root: ").rstrip("."))


def find_faulty_arguments(
    section: Mapping[str, Any], place: Tuple[str, ...] = ()
) -> Iterator[Fault]:
    """The function arguments of the wrong type. No function is called."""
    for name, value in section.items():
        if registry.is_promise(value):
            try:
                registry.fill({name: value})
            except ConfigValidationError as error:
                for one in error.errors:
                    # the sections are joined by dots
                    inside = ".".join(map(str, one["loc"])).split(".")
                    yield Fault((*place, *inside), one["msg"].removeprefix("at root: "))
            except RegistryError:
                pass
        elif isinstance(value, dict):
            yield from find_faulty_arguments(value, (*place, name))


def find_value(config: Mapping[str, Any], place: Sequence[Any]) -> Tuple[str, Any]:
    """The setting at a place, as a dotted name, and its value. Names behind a setting are left
    out: a schema may name its types there."""
    value: Any = config
    names = []
    for name in place:
        if not isinstance(value, dict) or name not in value:
            break
        names.append(name)
        value = value[name]
    return ".".join(names), value
