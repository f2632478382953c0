"""A callback for a faster encoder on CPUs without a blis kernel."""

from typing import Callable

from spacy.language import Language
from thinc.api import Model, NumpyOps, get_ops


def make_numpy_gemm() -> Callable[[Language], Language]:
    """Let the models of a pipeline multiply matrices with numpy's BLAS instead of blis;
    registered as spacy_nested_ner.numpy_gemm.v1, for nlp.after_pipeline_creation.

    Thinc multiplies with blis, on one thread. The wheel of blis has no kernel for many CPUs and
    then uses a generic one (BLIS_ARCH_DEBUG=1 prints which). The OpenBLAS in the wheel of numpy
    has kernels for them and uses all cores (OPENBLAS_NUM_THREADS limits them). Models of other
    pipelines in the process do not change, nor do models on a GPU or on Apple's Accelerate.
    """

    def use_numpy(nlp: Language) -> Language:
        ops = get_ops("numpy", use_blis=False)
        for _, pipe in nlp.components:
            model = getattr(pipe, "model", None)
            for node in model.walk() if isinstance(model, Model) else ():
                if type(node.ops) is NumpyOps:  # a subclass has its own matrix product
                    node.ops = ops
        return nlp

    return use_numpy
