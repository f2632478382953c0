"""A callback that lets PyTorch multiply matrices faster and less exactly in training."""

from typing import Callable, Literal

import torch
from spacy.language import Language


def make_torch_matmul_precision(
    precision: Literal["highest", "high", "medium"],
) -> Callable[[Language], Language]:
    """Set torch.set_float32_matmul_precision when training begins; registered as
    spacy_nested_ner.torch_matmul_precision.v1, for initialize.before_init.

    With "medium" the factors of a product are rounded to bfloat16 on a CPU that has units for
    it (AMX) and to TensorFloat32 on a GPU; sums, results, weights and gradients stay float32.
    Other CPUs compute as ever. It holds for all of PyTorch in the process, so also for the
    evaluations of training, but not for what loads the trained pipeline.

    precision: As PyTorch names it; its own default is "highest".
    """

    def set_precision(nlp: Language) -> Language:
        torch.set_float32_matmul_precision(precision)
        return nlp

    return set_precision
