"""Parse settings of a config from the command line."""

import json
from typing import Any, Dict, Iterable

from ..user_error import UserError


def parse_overrides(settings: Iterable[str]) -> Dict[str, Any]:
    """["training.dropout=0.1"] -> {"training.dropout": 0.1}; values are JSON or plain text.

    RAISES (UserError): A setting has another form.
    """
    overrides: Dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or "." not in name:
            raise UserError(
                f"'{setting}' is not a setting: write SECTION.KEY=VALUE, for example "
                "training.dropout=0.2."
            )
        try:
            # srsly reads 0.3 as 0.30000000000000004
            overrides[name] = json.loads(value, parse_constant=_refuse)
        except ValueError:
            overrides[name] = value
    return overrides


def _refuse(constant: str) -> None:
    """NaN and the infinities are no JSON."""
    raise ValueError(constant)
