"""Metrics in the format of Prometheus."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from .batcher import Batch, Batcher

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
TOKENS = (16, 64, 256, 1024, 2048, 4096, 8192, 16384)


class Metrics:
    """The metrics of one server, in a registry of its own."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        name = "nested_ner_{}".format
        self.requests = Counter(
            name("requests"), "Answered requests", ("path", "status"), registry=registry
        )
        self.request_seconds = Histogram(
            name("request_seconds"),
            "Time from the first byte of a request to the end of its answer",
            ("path",),
            buckets=SECONDS,
            registry=registry,
        )
        each = ("pipeline",)
        self._texts = Counter(name("texts"), "Annotated texts", each, registry=registry)
        self._tokens = Counter(name("tokens"), "Annotated tokens", each, registry=registry)
        self._spans = Counter(name("spans"), "Predicted spans", each, registry=registry)
        self._waiting = Gauge(
            name("waiting_texts"), "Texts in the queue", each, registry=registry
        )
        self._batch_texts = Histogram(
            name("batch_texts"), "Texts of a batch", each, buckets=SIZES, registry=registry
        )
        self._batch_tokens = Histogram(
            name("batch_tokens"), "Tokens of a batch", each, buckets=TOKENS, registry=registry
        )
        self._batch_seconds = Histogram(
            name("batch_seconds"),
            "Time to annotate a batch",
            each,
            buckets=SECONDS,
            registry=registry,
        )

    def watch(self, batcher: Batcher) -> None:
        """Read the length of a queue whenever the metrics are asked for."""
        self._waiting.labels(batcher.pipeline.name).set_function(lambda: batcher.n_waiting)

    def add_batch(self, pipeline: str, batch: Batch) -> None:
        self._texts.labels(pipeline).inc(batch.n_texts)
        self._tokens.labels(pipeline).inc(batch.n_tokens)
        self._spans.labels(pipeline).inc(batch.n_spans)
        self._batch_texts.labels(pipeline).observe(batch.n_texts)
        self._batch_tokens.labels(pipeline).observe(batch.n_tokens)
        self._batch_seconds.labels(pipeline).observe(batch.seconds)

    def write(self) -> bytes:
        return generate_latest(self._registry)
