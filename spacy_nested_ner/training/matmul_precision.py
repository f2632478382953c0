"""A callback for faster, less precise matrix products of PyTorch in training."""

from typing import Callable, Literal

import torch
from spacy.language import Language


def make_torch_matmul_precision(
    precision: Literal["highest", "high", "medium"],
) -> Callable[[Language], Language]:
    """Set torch.set_float32_matmul_precision when training begins; registered as
    spacy_nested_ner.torch_matmul_precision.v1, for initialize.before_init.

    "medium" rounds the factors of a product to bfloat16 on a CPU with AMX and to TensorFloat32
    on a GPU; sums, results, weights and gradients stay float32. On other CPUs it has no effect.
    The setting applies to all of PyTorch in the process, also to the evaluations of training,
    but not to a process that loads the trained pipeline.

    precision: PyTorch's name of the precision; the default of PyTorch is "highest".
    """

    def set_precision(nlp: Language) -> Language:
        torch.set_float32_matmul_precision(precision)
        return nlp

    return set_precision
