"""A pipe that takes a fixed time, and that some texts make fail, for `faults` and `scaling`.

It marks each word that begins with a capital letter as a span of label WORD. A text with the
word KILL kills its process, one with MEMORY asks for more memory than a worker may have, and
one with RAISE raises an error.
"""

import os
import signal
from pathlib import Path
from time import sleep
from typing import Callable, Dict

import numpy
import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup

from benchmarks.environment import ROOT

FACTORY = "nested_ner_fault_pipe"


@Language.factory(FACTORY, default_config={"seconds": 0.0, "spans_key": "sc"})
def make_fault_pipe(
    nlp: Language, name: str, seconds: float, spans_key: str
) -> Callable[[Doc], Doc]:
    """seconds: For each document."""

    def pipe(doc: Doc) -> Doc:
        sleep(seconds)
        if "KILL" in doc.text:
            os.kill(os.getpid(), signal.SIGKILL)
        if "MEMORY" in doc.text:
            numpy.ones(1 << 32)  # 32 GB
        if "RAISE" in doc.text:
            raise RuntimeError("a text with the word RAISE")
        spans = [Span(doc, t.i, t.i + 1, label="WORD") for t in doc if t.text[:1].isupper()]
        scores = numpy.linspace(0.5, 1.0, len(spans), dtype="float32")
        doc.spans[spans_key] = SpanGroup(doc, spans=spans, attrs={"scores": scores})
        return doc

    return pipe


def save_pipeline(folder: Path, *, seconds: float) -> None:
    nlp = spacy.blank("en", meta={"name": "faults"})
    nlp.add_pipe(FACTORY, config={"seconds": seconds})
    nlp.to_disk(folder)


def make_environment(folder: Path) -> Dict[str, str]:
    """Environment variables with which other processes know the factory, by an entry point.

    folder: For the files of a distribution; it is created.
    """
    info = folder / "nested_ner_fault_pipe-1.0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    metadata = "Metadata-Version: 2.1\nName: nested-ner-fault-pipe\nVersion: 1.0\n"
    (info / "METADATA").write_text(metadata)
    entry = f"[spacy_factories]\n{FACTORY} = benchmarks.fault_pipe:make_fault_pipe\n"
    (info / "entry_points.txt").write_text(entry)
    paths = (str(ROOT), str(folder), os.environ.get("PYTHONPATH", ""))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
