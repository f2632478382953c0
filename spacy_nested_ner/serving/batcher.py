"""A queue of texts before a pipeline, and the thread that annotates them in batches.

    futures = batcher.submit([Wanted("The pump leaks.")])
    found = futures[0].result()

While the pipeline annotates a batch, the texts of other requests wait. The next batch takes all
that wait, up to a budget of tokens. After a batch of several requests it also waits some
milliseconds for the next requests of the same clients: without them, batches would be small and
slow. So one request alone does not wait, and many share a batch.
"""

import contextvars
from collections import deque
from concurrent.futures import Future
from threading import Condition, Thread
from time import perf_counter
from typing import Callable, Deque, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

from spacy.tokens import Doc

from ..annotation.candidates import Found, Wanted
from ..annotation.predict import forget_new_words
from ..training.threads import limited_threads
from .limits import Limits
from .pipelines import ServedPipeline

# The longest wait for further requests, as a share of the time of the last batch; and seconds
# without a new request that end the wait
WAIT_SHARE = 0.25
PAUSE = 0.003


class QueueFull(Exception):
    """The texts have no place in the queue."""


class Closed(Exception):
    """The batcher does not take texts any more."""


class PipelineFailed(Exception):
    """The pipeline raised an error for a text, its cause."""


class Batch(NamedTuple):
    """What was annotated together, for the metrics."""

    n_texts: int
    n_tokens: int
    n_spans: int
    seconds: float


class _Waiting(NamedTuple):
    wanted: Wanted
    future: "Future[Found]"
    request: object  # the same for the texts of a request


class Batcher:
    """Annotates texts in a thread of its own.

    report: gets each batch, in that thread.
    """

    def __init__(
        self,
        pipeline: ServedPipeline,
        limits: Limits,
        report: Callable[[Batch], None] = lambda batch: None,
    ) -> None:
        self.pipeline = pipeline
        self._limits = limits
        self._report = report
        self._n_known_words = len(pipeline.nlp.vocab.strings)
        self._queue: Deque[_Waiting] = deque()
        self._changed = Condition()
        self._is_closed = False
        self._longest_wait = 0.0  # seconds
        # Thinc keeps the chosen device in a context variable
        context = contextvars.copy_context()
        self._thread = Thread(
            target=context.run, args=(self._run,), name=f"annotate {pipeline.name}", daemon=True
        )
        self._thread.start()

    @property
    def n_waiting(self) -> int:
        return len(self._queue)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def submit(self, wanted: Sequence[Wanted]) -> "List[Future[Found]]":
        """Add texts to the queue, all of them or none. A cancelled future leaves the queue.

        RETURNS: Their results; a text that the pipeline cannot annotate raises PipelineFailed.
        RAISES (QueueFull, Closed)
        """
        request = object()
        waiting = [_Waiting(one, Future(), request) for one in wanted]
        with self._changed:
            if self._is_closed:
                raise Closed
            if len(self._queue) + len(waiting) > self._limits.max_queue:
                self._forget_cancelled()
            if len(self._queue) + len(waiting) > self._limits.max_queue:
                raise QueueFull
            self._queue.extend(waiting)
            self._changed.notify()
        return [one.future for one in waiting]

    def close(self) -> None:
        """Annotate what is in the queue, then stop."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join()

    def _forget_cancelled(self) -> None:
        left = [one for one in self._queue if not one.future.cancelled()]
        self._queue.clear()
        self._queue.extend(left)

    def _run(self) -> None:
        with limited_threads(self.pipeline.nlp):
            while self._wait():
                with forget_new_words(self.pipeline.nlp, self._n_known_words):
                    self._annotate()

    def _wait(self) -> bool:
        """Wait for texts; False when the batcher is closed and has none."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._is_closed)
            end = perf_counter() + self._longest_wait
            n_before = 0
            while n_before < len(self._queue) and not self._is_closed and perf_counter() < end:
                n_before = len(self._queue)
                self._changed.wait(PAUSE)
            return bool(self._queue)

    def _annotate(self) -> None:
        begin = perf_counter()
        batch: List[_Waiting] = []
        docs: List[Doc] = []
        for one, doc in self._take():
            batch.append(one)
            docs.append(doc)
        if not batch:
            return
        results: Sequence[Union[Found, Exception]]
        try:
            results = self.pipeline.annotate([one.wanted for one in batch], docs)
        except Exception as error:  # the thread goes on, and nobody waits for ever
            results = [error] * len(batch)
        n_spans = 0
        for one, found in zip(batch, results):
            if isinstance(found, Exception):
                _fail(one.future, found)
            else:
                n_spans += len(found.document.spans)
                one.future.set_result(found)
        n_tokens = sum(map(len, docs))
        seconds = perf_counter() - begin
        # a batch of half the budget gains nothing from more texts
        may_grow = n_tokens <= self._limits.batch_tokens // 2
        is_shared = len({id(one.request) for one in batch}) > 1
        self._longest_wait = WAIT_SHARE * seconds if is_shared and may_grow else 0.0
        self._report(Batch(len(batch), n_tokens, n_spans, seconds))

    def _take(self) -> Iterator[Tuple[_Waiting, Doc]]:
        """The texts of a batch and their documents; errors of the tokenizer end a text here."""
        n_tokens = 0
        for one in iter(self._pop, None):
            if one.future.cancelled():
                continue
            try:
                # not nlp.make_doc: it limits the length of a text, a limit for parsers
                doc = self.pipeline.nlp.tokenizer(one.wanted.text)
            except Exception as error:  # a tokenizer may raise anything
                if one.future.set_running_or_notify_cancel():
                    _fail(one.future, error)
                continue
            n_tokens += len(doc)
            if n_tokens > len(doc) and n_tokens > self._limits.batch_tokens:
                with self._changed:  # the first of the next batch
                    self._queue.appendleft(one)
                return
            if one.future.set_running_or_notify_cancel():
                yield one, doc

    def _pop(self) -> Optional[_Waiting]:
        with self._changed:
            return self._queue.popleft() if self._queue else None


def _fail(future: "Future[Found]", cause: Exception) -> None:
    error = PipelineFailed(f"{type(cause).__name__}: {cause}")
    error.__cause__ = cause
    future.set_exception(error)
