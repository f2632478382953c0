"""The sections of a config."""

from typing import Any, Collection, Dict, Iterator, Mapping


def sections_below(section: Mapping[str, Any]) -> Iterator[Dict[str, Any]]:
    """All sections inside a section, each before those inside it."""
    for value in section.values():
        if isinstance(value, dict):
            yield value
            yield from sections_below(value)


def is_chosen(place: str, overrides: Collection[str]) -> bool:
    """Whether the setting `place`, a dotted name, or a section around it is an override."""
    return any(f"{place}.".startswith(f"{name}.") for name in overrides)
