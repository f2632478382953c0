"""Settings of a config as the command line gives them."""

from typing import Any, Dict, Iterable

import srsly
import typer


def parse_overrides(settings: Iterable[str]) -> Dict[str, Any]:
    """["training.dropout=0.1"] -> {"training.dropout": 0.1}; values are JSON or plain text.

    RAISES (typer.BadParameter): Something is not of this form.
    """
    overrides: Dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or "." not in name:
            raise typer.BadParameter(f"'{setting}' is not of the form SECTION.KEY=VALUE.")
        try:
            overrides[name] = srsly.json_loads(value)
        except ValueError:
            overrides[name] = value
    return overrides
