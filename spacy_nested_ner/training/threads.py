"""A callback that limits the threads of PyTorch and BLAS, for small encoders on a CPU."""

import os
from contextlib import contextmanager
from typing import Any, Callable, Iterable, Iterator, List

import torch
from spacy.language import Language
from threadpoolctl import ThreadpoolController

from ..config_errors import as_config_error

NAME = "spacy_nested_ner.limit_threads.v1"
# The variables from which the libraries read a number of threads. Several BLAS libraries exist;
# threadpoolctl calls them by these names.
TORCH_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
BLAS_VARIABLES = {
    "openblas": ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"),
    "mkl": ("OMP_NUM_THREADS", "MKL_NUM_THREADS"),
    "blis": ("OMP_NUM_THREADS", "BLIS_NUM_THREADS"),
}


@as_config_error()
def make_limit_threads(*, threads: int = 1) -> Callable[[Language], Language]:
    """Limit the threads of the process when training begins; registered as
    spacy_nested_ner.limit_threads.v1, for initialize.before_init.

    A small encoder multiplies small matrices. Threads that share such a product wait for each
    other, and on a busy machine they wait long (docs/performance.md, "Threads"). The limit is
    for PyTorch and for numpy's BLAS, and stays after the training. A library with a number of
    threads in the environment keeps it: OMP_NUM_THREADS for all libraries, or the variable of
    the library, such as OPENBLAS_NUM_THREADS.

    The commands of this package predict with the limit in the config of a pipeline.

    threads (int): Maximum number of threads of each library.
    RAISES (ValueError): If it is less than 1.
    """
    if threads < 1:
        raise ValueError(f"threads={threads} is not a number of threads: give 1 or more.")

    def limit(nlp: Language) -> Language:
        limit_threads(threads)
        return nlp

    return limit


def limit_threads(threads: int) -> Callable[[], None]:
    """Limit the threads of PyTorch and BLAS, where the environment does not set them.

    RETURNS: A function that restores the former numbers.
    """
    restore: List[Callable[[], object]] = []
    before = torch.get_num_threads()
    if before > threads and not any(os.environ.get(name) for name in TORCH_VARIABLES):
        torch.set_num_threads(threads)
        restore.append(lambda: torch.set_num_threads(before))
    free = [
        library
        for library, names in BLAS_VARIABLES.items()
        if not any(os.environ.get(name) for name in names)
    ]
    blas = ThreadpoolController().select(internal_api=free)
    if any(library["num_threads"] > threads for library in blas.info()):
        restore.append(blas.limit(limits=threads).restore_original_limits)

    def restore_all() -> None:
        for step in restore:
            step()

    return restore_all


def pipe_documents(nlp: Language, texts: Iterable[Any], **options: Any) -> Iterator[Any]:
    """`nlp.pipe`, with the limit that the config of the pipeline sets for its training. After
    the last document the threads are as before."""
    with limited_threads(nlp):
        yield from nlp.pipe(texts, **options)


@contextmanager
def limited_threads(nlp: Language) -> Iterator[None]:
    """Context manager with the limit in the config of a pipeline, if it has one."""
    callback = nlp.config["initialize"].get("before_init") or {}
    if callback.get("@callbacks") != NAME:
        yield
        return
    restore = limit_threads(callback.get("threads", 1))
    try:
        yield
    finally:
        restore()
