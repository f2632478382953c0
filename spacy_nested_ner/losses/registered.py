"""The losses under their registered names, with their options as a config writes them."""

from ..config_errors import as_config_error
from .competing_spans import Geometry
from .span_losses import EMC, BinaryCrossEntropy, Boundary, EIoUEMC, SpanLoss


def make_emc() -> SpanLoss:
    """Registered as EMC.v1; see `losses.EMC`."""
    return EMC()


@as_config_error()
def make_eiou_emc(
    *,
    beta: float,
    geometry: Geometry = "length",
    boundary: Boundary = "expected_cost",
) -> SpanLoss:
    """Registered as EIoUEMC.v1; see `losses.EIoUEMC`."""
    return EIoUEMC(beta=beta, geometry=geometry, boundary=boundary)


@as_config_error()
def make_binary_cross_entropy(*, focal_gamma: float = 0.0) -> SpanLoss:
    """Registered as BinaryCrossEntropy.v1; see `losses.BinaryCrossEntropy`."""
    return BinaryCrossEntropy(focal_gamma=focal_gamma)
