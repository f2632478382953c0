"""Annotate a shard: what a worker does, in every engine.

annotator = load_annotator(work)
result = annotator.annotate(shard)
"""

from collections import Counter
from time import perf_counter
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import require_gpu

from ..files.pipelines import load_pipeline, written_keys
from ..pipe.token_batches import batch_by_tokens
from ..training.threads import limit_threads, limited_threads
from ..user_error import UserError
from .predict import forget_new_words, predict_batch, predict_text
from .records import Fault, InputRecord, RecordError
from .settings import Settings
from .shard_writers import make_writer
from .shards import Shard


class Work(NamedTuple):
    """What all workers of a run do.

    pipeline: folder of the pipeline.
    schema: Arrow schema of the output, for Parquet.
    threads: maximum number of threads of each library, None for no limit.
    memory: limit of a worker, in bytes; None for no limit.
    """

    pipeline: str
    settings: Settings
    schema: object = None
    threads: Optional[int] = None
    memory: Optional[int] = None


class ShardResult(NamedTuple):
    """data: the file of the shard, None if no record is in it. n_spans: by label.
    n_tokens: of the documents in the file. seconds: without the loading of the pipeline."""

    data: Optional[bytes]
    n_records: int
    n_tokens: int
    n_spans: Dict[str, int]
    errors: Tuple[RecordError, ...]
    seconds: float


def load_annotator(work: Work, gpu: Optional[int] = None) -> "Annotator":
    """Load the pipeline in a worker.

    gpu: index of its GPU, None for the CPU.
    RAISES (UserError): The pipeline cannot be loaded, or fails on any text; there is no such
        GPU.
    """
    if work.memory is not None:
        limit_memory(work.memory)
    if work.threads is not None:
        limit_threads(work.threads)
    if gpu is not None:
        try:
            require_gpu(gpu)
        except ValueError as error:
            raise UserError(
                f"A worker cannot use GPU {gpu} ({error}): give fewer workers, or 0 GPUs for "
                "each."
            ) from None
    return Annotator(load_pipeline(work.pipeline), work.settings, work.schema)


def limit_memory(n_bytes: int) -> None:
    """Limit the memory of this process; more is a MemoryError, or the end of the process.

    RAISES (UserError): The operating system has no such limit.
    """
    try:
        import resource
    except ImportError:
        raise UserError(
            "This operating system has no limit of memory: leave out --memory-per-worker."
        ) from None
    # memory that is written to, not the much larger address space of torch
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (n_bytes, most))


class Annotator:
    """A pipeline in a worker.

    RAISES (UserError): The pipeline fails on a short text, or does not write to the key.
    """

    def __init__(self, nlp: Language, settings: Settings, schema: object = None) -> None:
        self.nlp = nlp
        self.settings = settings
        self.schema = schema
        try:
            doc = predict_text(nlp, "A short text.")
        except Exception as error:  # a pipe may raise anything
            raise UserError(
                f"The pipeline fails on a short text ({type(error).__name__}: {error}): try "
                "it with spacy.load."
            ) from error
        keys = sorted({*doc.spans, *written_keys(nlp)})
        if settings.spans_key not in keys:
            raise UserError(
                f"No pipe writes to doc.spans['{settings.spans_key}'] (keys: "
                f"{', '.join(map(repr, keys)) or 'none'}): choose one of these keys."
            )
        self.n_known_words = len(nlp.vocab.strings)

    def annotate(self, shard: Shard) -> ShardResult:
        """Annotate the records of a shard. What goes wrong with a record is in the errors."""
        begin = perf_counter()
        writer = make_writer(self.settings, self.schema)
        errors: List[RecordError] = []
        n_spans: Counter[str] = Counter()
        n_records = n_tokens = 0
        with limited_threads(self.nlp), forget_new_words(self.nlp, self.n_known_words):
            for record, doc in self._predict(shard.records, errors):
                try:
                    writer.add(record.columns, doc)
                except (TypeError, ValueError, OverflowError) as error:
                    fault = Fault("output", f"{self.settings.format} cannot hold it: {error}")
                    errors.append(RecordError.of(record, fault))
                    continue
                n_records += 1
                n_tokens += len(doc)
                n_spans.update(
                    span.label_ for span in doc.spans.get(self.settings.spans_key, ())
                )
            data = writer.to_bytes() if n_records else None
        errors.sort()
        seconds = perf_counter() - begin
        return ShardResult(data, n_records, n_tokens, n_spans, tuple(errors), seconds)

    def _predict(
        self, records: Sequence[InputRecord], errors: List[RecordError]
    ) -> Iterator[Tuple[InputRecord, Doc]]:
        """Yield the records with their documents; append those that failed to `errors`."""
        tokenized: List[InputRecord] = []
        docs = self._tokenize(records, tokenized, errors)
        for batch in batch_by_tokens(docs, max_tokens=self.settings.batch_tokens):
            batch_records, tokenized[:] = tokenized[: len(batch)], tokenized[len(batch) :]
            for record, found in zip(batch_records, predict_batch(self.nlp, batch)):
                if isinstance(found, Exception):
                    errors.append(RecordError.of(record, _describe(found)))
                else:
                    yield record, found

    def _tokenize(
        self,
        records: Sequence[InputRecord],
        tokenized: List[InputRecord],
        errors: List[RecordError],
    ) -> Iterator[Doc]:
        """Yield documents, and append their records to `tokenized`, the others to `errors`."""
        for record in records:
            fault = record.fault
            if record.text is not None:
                try:
                    # not nlp.make_doc: it limits the length of a text, a limit for parsers
                    doc = self.nlp.tokenizer(record.text)
                except Exception as error:  # for example a MemoryError
                    fault = _describe(error)
            if fault is None:
                tokenized.append(record)
                yield doc
            else:
                errors.append(RecordError.of(record, fault))


def _describe(error: Exception) -> Fault:
    return Fault("pipeline", f"{type(error).__name__}: {error}")
