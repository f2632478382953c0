"""The sections of a config."""

from typing import Any, Dict, Iterator, Mapping


def sections_below(section: Mapping[str, Any]) -> Iterator[Dict[str, Any]]:
    """All sections inside a section, each before those inside it."""
    for value in section.values():
        if isinstance(value, dict):
            yield value
            yield from sections_below(value)
