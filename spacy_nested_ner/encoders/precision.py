"""The floating-point type in which a pretrained encoder computes."""

import logging
from functools import cache
from time import perf_counter
from typing import Literal, Optional

import torch
from torch import nn

Precision = Literal["auto", "float32", "bfloat16", "float16"]

logger = logging.getLogger("spacy")


def low_precision(
    precision: Precision, device: torch.device, *, training: bool
) -> Optional[torch.dtype]:
    """The type of the products of matrices, None for float32.

    "auto" is bfloat16 for prediction on a CPU that has fast units for it, else float32.
    """
    if precision == "auto":
        fast = device.type == "cpu" and not training and bfloat16_is_fast()
        return torch.bfloat16 if fast else None
    return None if precision == "float32" else getattr(torch, precision)


@cache
def bfloat16_is_fast() -> bool:
    """Whether this CPU multiplies matrices of bfloat16 faster than those of float32: with AMX
    always, with AVX-512 BF16 if a short measurement says so, without both never."""
    # the operating system grants the use of AMX to a process that asks for it
    has_amx = _probe("_is_amx_tile_supported") and _probe("_init_amx", missing=True)
    has_avx = _probe("_is_avx512_bf16_supported")
    fast = has_amx or (has_avx and _product_is_faster())
    units = "AMX" if has_amx else "AVX-512 BF16" if has_avx else "no bfloat16 units"
    logger.info(
        "Pretrained encoders predict in %s on this CPU (%s)",
        "bfloat16" if fast else "float32",
        units,
    )
    return fast


def _probe(name: str, *, missing: bool = False) -> bool:
    """Call a function of torch.cpu, some of which older versions of torch do not have."""
    return bool(getattr(torch.cpu, name, lambda: missing)())


def _product_is_faster() -> bool:
    """Time one product of the size in a small encoder, in both types."""
    seconds = {}
    for dtype in (torch.float32, torch.bfloat16):
        X, W = torch.ones(512, 384, dtype=dtype), torch.ones(1536, 384, dtype=dtype)
        with torch.inference_mode():
            seconds[dtype] = min(_time_product(X, W) for _ in range(10))
    # not for a little: bfloat16 rounds
    return seconds[torch.bfloat16] * 1.3 < seconds[torch.float32]


def _time_product(X: torch.Tensor, W: torch.Tensor) -> float:
    start = perf_counter()
    nn.functional.linear(X, W)
    return perf_counter() - start
