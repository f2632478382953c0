"""The settings of decoding: how a config writes them, and which values they may have."""

import math
from typing import Any, Dict, Mapping, Optional, Sequence, get_args

from .policies import Overlap, Preference


def read_label_values(pairs: Sequence[Sequence[Any]], *, setting: str) -> Dict[str, float]:
    """Numbers by label, from the pairs [[label, number], …] of a config.

    A config section with lines "label = number" cannot hold every label: a config drops lines
    that begin with # or ;, cuts a label with = or : in two, and reads @ as the name of a
    function.

    setting (str): The name of the setting, for the message.
    RAISES (ValueError): If an item is not a pair, or a label occurs twice.
    """
    values: Dict[str, float] = {}
    for pair in pairs:
        if len(pair) != 2 or not isinstance(pair[0], str):
            raise ValueError(
                f"The setting {setting} has {pair!r} in place of a label and a number: write "
                f'it as [["label", 0.5], ["other label", 0.6]].'
            )
        label, value = pair
        if label in values:
            raise ValueError(
                f"The setting {setting} has the label {label!r} twice: remove one."
            )
        values[label] = value
    return values


def check_decoding_settings(
    *,
    threshold: float,
    thresholds: Mapping[str, float],
    temperatures: Mapping[str, float],
    overlap: str,
    prefer: str,
    max_depth: Optional[int],
    ents: Optional[str],
) -> None:
    """Check the values of all settings.

    RAISES (ValueError): For a value that a setting cannot have.
    """
    for name, probability in (
        ("threshold", threshold),
        *((f"thresholds[{label!r}]", value) for label, value in thresholds.items()),
    ):
        if not _is_number(probability) or not 0.0 <= probability <= 1.0:
            raise ValueError(
                f"{name}={probability!r} is not a probability: choose a value from 0 to 1."
            )
    for label, value in temperatures.items():
        if not _is_number(value) or not 0.0 < value < math.inf:
            raise ValueError(
                f"temperatures[{label!r}]={value!r} cannot divide a logit: choose a positive "
                "number, 1 for no change."
            )
    _check_choice("overlap", overlap, get_args(Overlap))
    _check_choice("prefer", prefer, get_args(Preference))
    _check_choice("ents", ents, (None, *get_args(Preference)))
    if max_depth is not None and (not isinstance(max_depth, int) or max_depth < 1):
        raise ValueError(
            f"max_depth={max_depth!r} would keep no span: choose 1 for the outermost spans, "
            "more for spans inside them, or null for no limit."
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _check_choice(name: str, value: Any, choices: Sequence[Any]) -> None:
    if value not in choices:
        known = ", ".join("null" if choice is None else f'"{choice}"' for choice in choices)
        raise ValueError(f"{name}={value!r} is unknown: choose one of {known}.")
