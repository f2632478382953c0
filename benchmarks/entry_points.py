"""Search the entry points of all packages once, for programs that make many pipelines.

with cached_entry_points():
    spacy.load("my_pipeline")
"""

from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Iterator
from unittest import mock

import catalogue


class CachedEntryPoints:
    """The entry points of all packages, by group."""

    def __init__(self, points: Any) -> None:
        self.points = points
        self.select = lru_cache(maxsize=None)(points.select)

    def __getattr__(self, name: str) -> Any:
        """An older catalogue calls `get`."""
        return getattr(self.points, name)


@contextmanager
def cached_entry_points() -> Iterator[None]:
    """Cache the search: `catalogue` reads the entry points of all installed packages for every
    name in a config."""
    cached = CachedEntryPoints(catalogue.AVAILABLE_ENTRY_POINTS)
    with mock.patch.object(catalogue, "AVAILABLE_ENTRY_POINTS", cached):
        yield
