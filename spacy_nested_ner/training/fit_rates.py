"""Fit the learn rates of a config to its pretrained encoder: a small one learns at a higher
rate (docs/encoders.md)."""

from typing import Any, Collection, Dict, List, NamedTuple, Optional

from thinc.api import Config

from ..encoders.load_encoder import read_width
from .config_sections import sections_below
from .fit_model import PRETRAINED

RATE = "training.optimizer.learn_rate.initial_rate"
SCALE = "learn_rate_scale"
# numbers in a vector of the largest small encoder; between it and 768 nothing is measured
SMALL_WIDTH = 384


class Rates(NamedTuple):
    """Learn rate of the encoder, and the factor that gives the rate of the rest of the pipe:
    0.003 for both sizes."""

    initial_rate: float
    scale: float


# of the shipped config, for an encoder of BERT's size; and for a small encoder
LARGE, SMALL = Rates(5e-5, 60.0), Rates(3e-4, 10.0)


def fit_rates(config: Config, overrides: Collection[str]) -> Optional[int]:
    """Give a config with one of these two rates the rate of its encoder. Other rates stay.

    overrides: Settings that a person has chosen; rates among them stay.
    RETURNS: Numbers in a vector of the encoder; None if the rates stay.
    RAISES (UserError): The encoder cannot be read; the config has not changed.
    """
    schedule = config["training"].get("optimizer", {}).get("learn_rate")
    pipes = {name: pipe for name, pipe in config["components"].items() if SCALE in pipe}
    places = [RATE, *(f"components.{name}.{SCALE}" for name in pipes)]
    encoders = find_encoders(config)
    if not encoders or not isinstance(schedule, dict) or _any_inside(places, overrides):
        return None
    rates = {Rates(schedule.get("initial_rate", 0.0), pipe[SCALE]) for pipe in pipes.values()}
    if len(rates) != 1 or not rates <= {LARGE, SMALL}:
        return None
    width = max(read_width(part["name"], revision=part.get("revision")) for part in encoders)
    schedule["initial_rate"], scale = SMALL if width <= SMALL_WIDTH else LARGE
    for pipe in pipes.values():
        pipe[SCALE] = scale
    return width


def find_encoders(config: Config) -> List[Dict[str, Any]]:
    """The sections of pretrained encoders, with values in place of variables."""
    return [
        section
        for section in sections_below(config.interpolate()["components"])
        if section.get("@architectures") == PRETRAINED and section["name"]
    ]


def _any_inside(places: Collection[str], names: Collection[str]) -> bool:
    """Whether a place is one of the names, or inside the section of that name."""
    return any(f"{place}.".startswith(f"{name}.") for place in places for name in names)
