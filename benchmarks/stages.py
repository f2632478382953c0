"""Measure the time of each stage of a prediction."""

from contextlib import ExitStack, contextmanager
from functools import wraps
from time import perf_counter
from typing import Any, Callable, Dict, Iterator, List
from unittest.mock import patch

import torch
from spacy import Language

import spacy_nested_ner.model.global_pointer as global_pointer
import spacy_nested_ner.pipe.component as component
from spacy_nested_ner.model.global_pointer import GlobalPointer
from spacy_nested_ner.pipe.component import NestedSpanCategorizer


@contextmanager
def timed_stages(nlp: Language, *, synchronize: bool = False) -> Iterator[Dict[str, float]]:
    """Context manager with the seconds of each stage, a dictionary that the block updates.

    The time of a stage excludes the stages inside it. `decode` is the step from logits to
    spans; `pipe` is all other work of the pipe before the scorer.

    synchronize: Wait for the GPU at the end of a stage.
    """
    encoder = type(nlp.get_pipe(nlp.pipe_names[0]))
    stages = [
        (Language, "make_doc", "tokenize"),
        (encoder, "predict", "encode"),
        (encoder, "set_annotations", "encode"),
        (NestedSpanCategorizer, "predict", "pipe"),
        (GlobalPointer, "_project_terms", "project"),
        (global_pointer, "multiply_band", "score"),
        (component, "decode_spans", "decode"),
        (NestedSpanCategorizer, "set_annotations", "write spans"),
    ]
    clock = _StageClock(synchronize)
    with ExitStack() as stack:
        for owner, name, stage in stages:
            function = clock.timed(getattr(owner, name), stage)
            stack.enter_context(patch.object(owner, name, function))
        yield clock.seconds


class _StageClock:
    """Adds the seconds between two borders of stages to the innermost open stage."""

    def __init__(self, synchronize: bool) -> None:
        self.synchronize = synchronize
        self.seconds: Dict[str, float] = {}
        self.open: List[str] = []
        self.since = 0.0

    def timed(self, function: Callable[..., Any], stage: str) -> Callable[..., Any]:
        self.seconds.setdefault(stage, 0.0)

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            self.cross()
            self.open.append(stage)
            try:
                return function(*args, **kwargs)
            finally:
                self.cross()
                self.open.pop()

        return call

    def cross(self) -> None:
        if self.synchronize:
            torch.cuda.synchronize()
        now = perf_counter()
        if self.open:
            self.seconds[self.open[-1]] += now - self.since
        self.since = now
