"""Which texts share a batch."""

from concurrent.futures import TimeoutError
from threading import Event
from types import SimpleNamespace
from typing import Any, Iterator, List, Tuple

import pytest
import spacy

from spacy_nested_ner.annotation.candidates import Found, Wanted
from spacy_nested_ner.serving import batcher as module
from spacy_nested_ner.serving.batcher import Batcher
from spacy_nested_ner.serving.limits import Limits


class Pipeline:
    """Begins a batch only when it may."""

    def __init__(self) -> None:
        self.name = "stub"
        self.nlp = spacy.blank("xx")
        self.batches: List[List[str]] = []
        self.has_begun = Event()
        self.may_end = Event()

    def annotate(self, wanted: Any, docs: Any) -> Any:
        self.batches.append([one.text for one in wanted])
        self.has_begun.set()
        assert self.may_end.wait(10)
        return [Found(SimpleNamespace(spans=[])) for _ in wanted]  # type: ignore[arg-type]


@pytest.fixture
def pair(monkeypatch) -> Iterator[Tuple[Batcher, Pipeline]]:
    # longer than any test, so a wait ends only because of what the test does
    monkeypatch.setattr(module, "WAIT_SHARE", 1e9)
    monkeypatch.setattr(module, "PAUSE", 60.0)
    pipeline = Pipeline()
    batcher = Batcher(pipeline, Limits())  # type: ignore[arg-type]
    yield batcher, pipeline
    pipeline.may_end.set()
    batcher.close()


def submit(batcher: Batcher, *texts: str) -> Any:
    return batcher.submit([Wanted(text) for text in texts])[-1]


def share_a_batch(batcher: Batcher, pipeline: Pipeline) -> None:
    """Annotate a text alone, and then two requests that came meanwhile."""
    submit(batcher, "first")
    assert pipeline.has_begun.wait(10)
    futures = submit(batcher, "second"), submit(batcher, "third")
    pipeline.may_end.set()
    for future in futures:
        future.result(10)
    assert pipeline.batches == [["first"], ["second", "third"]]


def test_requests_that_arrive_during_a_batch_share_the_next_one(pair):
    share_a_batch(*pair)


def test_after_a_shared_batch_the_next_requests_of_its_clients_are_waited_for(pair):
    batcher, pipeline = pair
    share_a_batch(batcher, pipeline)
    fourth = submit(batcher, "fourth")
    with pytest.raises(TimeoutError):
        fourth.result(0.3)
    submit(batcher, "fifth")
    batcher.close()  # ends the wait
    assert pipeline.batches[2:] == [["fourth", "fifth"]]


def test_a_client_alone_does_not_wait(pair):
    batcher, pipeline = pair
    pipeline.may_end.set()
    for text in ("first", "second", "third"):
        submit(batcher, text).result(10)
    submit(batcher, "two", "texts").result(10)
    submit(batcher, "last").result(10)
    assert pipeline.batches[-2:] == [["two", "texts"], ["last"]]


def test_a_batch_of_half_the_budget_does_not_wait_for_more(pair):
    batcher, pipeline = pair
    long = "pump " * (Limits().batch_tokens // 4 + 1)
    submit(batcher, "first")
    assert pipeline.has_begun.wait(10)
    futures = submit(batcher, long), submit(batcher, long)
    pipeline.may_end.set()
    for future in futures:
        future.result(10)
    submit(batcher, "last").result(10)
    assert [len(batch) for batch in pipeline.batches] == [1, 2, 1]
