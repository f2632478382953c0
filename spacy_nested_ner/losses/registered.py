"""The registered losses, with their options as a config writes them.

Each has a second name without the namespace, for older pipelines.
"""

from ..config_errors import as_config_error
from .competing_spans import Geometry
from .span_losses import EMC, BinaryCrossEntropy, Boundary, EIoUEMC, SpanLoss


def make_emc() -> SpanLoss:
    """Registered as spacy_nested_ner.EMC.v1; see `losses.EMC`."""
    return EMC()


@as_config_error()
def make_eiou_emc(
    *,
    beta: float,
    geometry: Geometry = "length",
    boundary: Boundary = "expected_cost",
) -> SpanLoss:
    """Registered as spacy_nested_ner.EIoUEMC.v1; see `losses.EIoUEMC`."""
    return EIoUEMC(beta=beta, geometry=geometry, boundary=boundary)


@as_config_error()
def make_binary_cross_entropy(*, focal_gamma: float = 0.0) -> SpanLoss:
    """Registered as spacy_nested_ner.BinaryCrossEntropy.v1; see `losses.BinaryCrossEntropy`."""
    return BinaryCrossEntropy(focal_gamma=focal_gamma)
