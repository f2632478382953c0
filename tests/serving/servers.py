"""A real server in a thread of the test, and a tiny pipeline for it."""

import threading
import time
from contextlib import contextmanager
from functools import cache
from typing import Any, Iterator, List, Tuple

import httpx
import uvicorn

from spacy_nested_ner import create_app
from tests.pipelines import make_examples, make_nlp, train

TEXTS = (
    "the BRX-7 gene promoter binds the ZED complex of BRX-7",
    "resting human T cells and T cells express ZED",
    "nothing of interest was seen",
    "ZED promoter fusion gene",
    "",
    "🧬 ZED and ZED promoter",
)


@cache
def train_once() -> bytes:
    nlp = make_nlp()
    train(nlp, make_examples(nlp.vocab), updates=4)
    return nlp.to_bytes()


def make_trained(**settings: Any):
    """Trained a little: some spans are probable, some less."""
    nlp = make_nlp(**settings)
    return nlp.from_bytes(train_once())


@contextmanager
def serving(app: Any) -> Iterator[httpx.Client]:
    """A client of an application that runs under uvicorn on a free port."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="on"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(20)
    assert not thread.is_alive()


@contextmanager
def serving_pipeline(nlp: Any, **options: Any) -> Iterator[httpx.Client]:
    with serving(create_app(nlp, **options)) as client:
        yield client


def spans_of_doc(doc: Any, key: str = "sc") -> List[Tuple[int, int, str]]:
    return [(span.start_char, span.end_char, span.label_) for span in doc.spans[key]]


def spans_of_answer(answer: httpx.Response) -> List[List[Tuple[int, int, str]]]:
    assert answer.status_code == 200, answer.text
    return [
        [(span["start"], span["end"], span["label"]) for span in document["spans"]]
        for document in answer.json()["documents"]
    ]
