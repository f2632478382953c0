"""Check the values of a training config.

`spacy train` checks most of them as well, but later, and some wrong values end it with the
error of a library. The types are those of spaCy's own schemas, and of the arguments of
registered functions.
"""

from pathlib import Path
from typing import Any, Iterator, Mapping, NamedTuple, Sequence, Tuple, Union

from catalogue import RegistryError
from spacy.schemas import CONFIG_SCHEMAS
from spacy.util import registry
from thinc.api import Config, ConfigValidationError

from ..user_error import UserError


class Fault(NamedTuple):
    """A value of the wrong type: its place in the config, and the message of the schema."""

    place: Sequence[Any]
    message: str


def check_values(config: Config, path: Union[str, Path]) -> None:
    """Refuse values of the wrong type.

    A function that is not installed here is not checked, nor are the settings of pipes beside
    their models: spaCy checks them when it makes the pipes.

    config: With its variables replaced.
    path: The file that it was read from.
    RAISES (UserError): A value has the wrong type.
    """
    fault = next(find_faults(config), None)
    if fault is not None:
        place, value = find_value(config, fault.place)
        raise UserError(
            f"The config {path} cannot have {place} = {value!r} ({fault.message}): give "
            "another value."
        )


def find_faults(config: Mapping[str, Any]) -> Iterator[Fault]:
    """The values of the wrong type, first those of the sections that spaCy has a schema for."""
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
