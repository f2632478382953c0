"""Find readers and writers by the names of their formats.

They are entry points, both ours and those of other packages. In a running program, the registry
as a decorator registers one.
"""

from importlib.metadata import entry_points
from typing import Any, List

import catalogue

from ..user_error import UserError


def find_format(registry: catalogue.Registry, name: str, *, kind: str) -> Any:
    """The reader or writer of a format.

    kind: "reader" or "writer".
    RAISES (UserError): No package registers the name, or the entry cannot be loaded.
    """
    try:
        if name in registry:
            return registry.get(name)
    except (ImportError, AttributeError) as error:
        raise UserError(
            f"The {kind} '{name}' cannot be loaded ({error}): repair the package that "
            "registers it."
        ) from error
    known = ", ".join(format_names(registry))
    raise UserError(f"Unknown format '{name}': choose one of {known}.")


def format_names(registry: catalogue.Registry) -> List[str]:
    """The names in a registry, sorted. It loads no entry, because one may be broken."""
    points = entry_points(group=registry.entry_point_namespace)
    registered = (keys[-1] for keys in catalogue.REGISTRY if keys[:-1] == registry.namespace)
    return sorted({*registered, *(point.name for point in points)})
