"""Fit the learn rates of a config to its pretrained encoder: a small one learns at a higher
rate (docs/encoders.md)."""

from typing import Collection, NamedTuple, Optional

from thinc.api import Config

from ..encoders.load_encoder import read_width
from .config_sections import is_chosen
from .fit_model import find_pretrained

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
    encoders = [part for part in find_pretrained(config.interpolate()) if part["name"]]
    if not encoders or not isinstance(schedule, dict):
        return None
    if any(is_chosen(place, overrides) for place in places):
        return None
    rates = {Rates(schedule.get("initial_rate", 0.0), pipe[SCALE]) for pipe in pipes.values()}
    if len(rates) != 1 or not rates <= {LARGE, SMALL}:
        return None
    width = max(read_width(part["name"], revision=part.get("revision")) for part in encoders)
    schedule["initial_rate"], scale = SMALL if width <= SMALL_WIDTH else LARGE
    for pipe in pipes.values():
        pipe[SCALE] = scale
    return width
