"""The routes: a request in, an answer out."""

import asyncio
from concurrent.futures import Future
from typing import (
    Any,
    Awaitable,
    Dict,
    Iterable,
    List,
    Mapping,
    Optional,
    Sequence,
    Type,
    TypeVar,
)

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from ..annotation.candidates import Found, Wanted
from ..corpus.writers.annotations import LabelledSpan
from ..rendering import label_colors
from .batcher import Batch, Batcher, Closed, PipelineFailed, QueueFull
from .choose import choose
from .drawing import draw_found
from .limits import Limits
from .messages import (
    FLOOR,
    AnnotateRequest,
    BadRequest,
    DrawRequest,
    PipelineAnswer,
    PipelinesAnswer,
    TaskRequest,
    read_message,
)
from .metrics import Metrics
from .pipelines import ServedPipeline
from .tasks import write_task

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


class Routes:
    """Answers requests; a method for each path.

    pipelines: The first one answers where a request names none.
    examples: Texts to try on the page.
    """

    def __init__(
        self, pipelines: Sequence[ServedPipeline], limits: Limits, examples: Sequence[str]
    ) -> None:
        self.limits = limits
        self.metrics = Metrics()
        self.examples = list(examples)
        self.pipelines = {pipeline.name: pipeline for pipeline in pipelines}
        labels = {label for pipeline in pipelines for label in pipeline.labels}
        self.colors: Mapping[str, str] = label_colors(labels)
        self.batchers: Dict[str, Batcher] = {}
        self.is_stopping = False

    def start(self) -> None:
        if self.batchers or self.is_stopping:
            return
        for name, pipeline in self.pipelines.items():

            def report(batch: Batch, name: str = name) -> None:
                self.metrics.add_batch(name, batch)

            self.batchers[name] = Batcher(pipeline, self.limits, report)
            self.metrics.watch(self.batchers[name])

    def stop(self) -> None:
        """Annotate what waits, and end the threads."""
        self.is_stopping = True
        for batcher in self.batchers.values():
            batcher.close()

    async def annotate(self, request: Request) -> Response:
        """Find the spans of one or many texts."""
        wish = await _read(request, AnnotateRequest)
        if (wish.text is None) == (wish.texts is None):
            raise BadRequest("The request needs either 'text' or 'texts'.")
        texts = [wish.text] if wish.text is not None else wish.texts or []
        pipeline = self._find_pipeline(wish.pipeline)
        _check_labels(pipeline, [*wish.thresholds, *(wish.labels or ())])
        for label, value in wish.thresholds.items():
            if not FLOOR <= value <= 1.0:
                raise BadRequest(
                    f"The threshold {value:g} of '{label}' is out of range: give a number from "
                    f"{FLOOR} to 1."
                )
        floor = None if wish.as_predicted else _find_floor(pipeline, wish)
        documents = await self._find(request, {pipeline: texts}, floor)
        content = {
            "pipeline": pipeline.name,
            "documents": [
                {"spans": _list_spans(text, self._choose(found, pipeline, wish))}
                for text, found in zip(texts, documents)
            ],
        }
        return JSONResponse(content)

    async def draw(self, request: Request) -> Response:
        """A drawing of all candidates of a text for each pipeline, and the candidates."""
        text = (await _read(request, DrawRequest)).text
        pipelines = list(self.pipelines.values())
        found = await self._find(request, {one: [text] for one in pipelines}, FLOOR)
        drawings = [
            await run_in_threadpool(draw_found, text, one, pipeline, self.colors)
            for pipeline, one in zip(pipelines, found)
        ]
        return JSONResponse({"pipelines": drawings})

    async def write_task(self, request: Request) -> Response:
        """The spans that the page shows, as a task of another program."""
        wish = await _read(request, TaskRequest)
        pipeline = self._find_pipeline(wish.pipeline)
        self._check_texts([wish.text])
        task = await run_in_threadpool(write_task, wish, pipeline)
        return Response(task, media_type="text/plain; charset=utf-8")

    async def describe(self) -> PipelinesAnswer:
        """Names, labels and settings of the pipelines, and limits of a request."""
        return PipelinesAnswer(
            pipelines=[
                PipelineAnswer(
                    name=one.name,
                    title=one.title,
                    description=str(one.nlp.meta.get("description") or ""),
                    labels=list(one.labels),
                    thresholds=dict(one.thresholds),
                    floor=FLOOR if one.has_candidates else None,
                    **one.policy._asdict(),
                )
                for one in self.pipelines.values()
            ],
            max_length=self.limits.max_length,
            max_texts=self.limits.max_texts,
        )

    async def describe_page(self) -> Response:
        """What the page shows before a text is given."""
        content = {
            **(await self.describe()).model_dump(),
            "colors": dict(self.colors),
            "examples": self.examples,
        }
        return JSONResponse(content)

    async def tell_health(self) -> Response:
        """200 while the server works; 500 if it has to be started again."""
        if self.is_stopping or all(one.is_alive for one in self.batchers.values()):
            return JSONResponse({"status": "ok"})
        return JSONResponse({"status": "failed"}, 500)

    async def tell_ready(self) -> Response:
        """200 if the server takes texts; 503 while it stops."""
        if self.is_stopping:
            return JSONResponse({"status": "stopping"}, 503)
        return JSONResponse({"status": "ready"})

    async def tell_metrics(self) -> Response:
        """Metrics in the format of Prometheus."""
        return Response(self.metrics.write(), media_type=self.metrics.content_type)

    def _find_pipeline(self, name: Optional[str]) -> ServedPipeline:
        if name is None:
            return next(iter(self.pipelines.values()))
        if name not in self.pipelines:
            raise BadRequest(
                f"There is no pipeline {name[:80]!r}: choose one of "
                f"{', '.join(map(repr, self.pipelines))}."
            )
        return self.pipelines[name]

    def _check_texts(self, texts: Sequence[str]) -> None:
        if len(texts) > self.limits.max_texts:
            raise BadRequest(
                f"The request has {len(texts):,} texts: send at most {self.limits.max_texts:,}."
            )
        for number, text in enumerate(texts):
            if len(text) > self.limits.max_length:
                raise BadRequest(
                    f"Text {number} (from 0) has {len(text):,} characters: send at most "
                    f"{self.limits.max_length:,}."
                )

    async def _find(
        self,
        request: Request,
        texts: Mapping[ServedPipeline, Sequence[str]],
        floor: Optional[float],
    ) -> List[Found]:
        """Annotate texts; pipelines work at the same time.

        RETURNS: The results of all texts, in order.
        """
        for some in texts.values():
            self._check_texts(some)
        self.start()
        futures: List[Future[Found]] = []
        try:
            for pipeline, some in texts.items():
                wanted = [Wanted(text, floor) for text in some]
                futures += self.batchers[pipeline.name].submit(wanted)
            work = asyncio.gather(*map(asyncio.wrap_future, futures))
            return await self._wait(request, work)
        except QueueFull:
            raise BadRequest("The queue is full: try again in a second.", 503) from None
        except Closed:
            raise BadRequest("The server stops: ask another one.", 503) from None
        except PipelineFailed as error:
            raise BadRequest(f"The pipeline fails on a text ({error}).", 500) from error
        finally:
            for future in futures:
                future.cancel()

    async def _wait(self, request: Request, work: Awaitable[T]) -> T:
        """Wait for work, but not after the client is gone, nor longer than the time limit."""
        task = asyncio.ensure_future(work)
        gone = asyncio.ensure_future(_wait_until_gone(request))
        try:
            done, _ = await asyncio.wait(
                {task, gone},
                timeout=self.limits.time_limit,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if task in done:
                return task.result()
            if gone in done:
                raise BadRequest("The client is gone.", 499)
            raise BadRequest(
                f"There was no answer within {self.limits.time_limit:g} seconds: send fewer or "
                "shorter texts, or try again later.",
                504,
            )
        finally:
            task.cancel()
            gone.cancel()

    @staticmethod
    def _choose(
        found: Found, pipeline: ServedPipeline, wish: AnnotateRequest
    ) -> Sequence[LabelledSpan]:
        if wish.as_predicted:
            return found.document.spans
        return choose(
            found,
            pipeline,
            threshold=wish.threshold,
            thresholds=wish.thresholds,
            labels=None if wish.labels is None else frozenset(wish.labels),
        )


async def _read(request: Request, model: Type[M]) -> M:
    """RAISES (BadRequest)"""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    # a page of another site may send other types without asking the browser
    if kind != "application/json":
        raise BadRequest("The body must be JSON: send 'Content-Type: application/json'.", 415)
    return read_message(model, await request.body())


async def _wait_until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _check_labels(pipeline: ServedPipeline, labels: Sequence[str]) -> None:
    for label in labels:
        if label not in pipeline.labels:
            raise BadRequest(
                f"The pipeline '{pipeline.name}' has no label {label[:80]!r}: see /pipelines."
            )


def _find_floor(pipeline: ServedPipeline, wish: AnnotateRequest) -> float:
    """The lowest threshold of the request: candidates are found down to it."""
    own = pipeline.thresholds.values() if wish.threshold is None else [wish.threshold]
    return min([*own, *wish.thresholds.values()], default=1.0)


def _list_spans(text: str, spans: Iterable[LabelledSpan]) -> List[Dict[str, Any]]:
    # six digits: the float32 of the model has no more
    return [
        {
            **span._asdict(),
            "score": None if span.score is None else round(span.score, 6),
            "text": text[span.start : span.end],
        }
        for span in spans
    ]
