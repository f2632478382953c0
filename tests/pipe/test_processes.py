"""`nlp.pipe` with several processes, and a stream that its reader leaves."""

import multiprocessing
import os
import threading
import time

import pytest

from tests.pipelines import SENTENCES, make_examples, make_nlp, spans_of, train

TEXTS = [text for text, _ in SENTENCES] * 8
BATCH = 3
METHODS = [
    pytest.param(
        "fork", marks=pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
    ),
    # each process imports spaCy and PyTorch
    pytest.param("spawn", marks=pytest.mark.slow),
]


@pytest.fixture(scope="module")
def trained():
    nlp = make_nlp()
    train(nlp, make_examples(nlp.vocab))
    return nlp


@pytest.fixture(params=METHODS)
def start_method(request):
    before = multiprocessing.get_start_method()
    multiprocessing.set_start_method(request.param, force=True)
    yield request.param
    multiprocessing.set_start_method(before, force=True)


def predict(nlp, n_process):
    docs = nlp.pipe(TEXTS, n_process=n_process, batch_size=BATCH)
    return [(spans_of(doc), doc.spans["sc"].attrs["scores"].tolist()) for doc in docs]


def test_one_to_four_processes_predict_the_same(trained, start_method):
    one = predict(trained, 1)
    assert len(one) == len(TEXTS)
    assert sum(len(spans) for spans, _ in one) > len(TEXTS)
    for n_process in (2, 3, 4):
        assert predict(trained, n_process) == one, n_process
    assert wait_for_children() == []


@pytest.mark.parametrize("n_process", [1, 2])
@pytest.mark.parametrize("leave", ["close", "forget", "raise"])
def test_a_stream_that_its_reader_leaves_leaves_nothing(trained, n_process, leave):
    before = predict(trained, 1)
    threads = threading.active_count()
    stream = trained.pipe(TEXTS * 20, n_process=n_process, batch_size=BATCH)
    assert spans_of(next(stream)) == before[0][0]
    if leave == "close":
        stream.close()
    elif leave == "raise":
        with pytest.raises(KeyboardInterrupt):
            stream.throw(KeyboardInterrupt)
    del stream
    assert wait_for_children() == []
    assert threading.active_count() <= threads
    assert predict(trained, 1) == before
    assert predict(trained, 2) == before


def wait_for_children():
    """The child processes that still run after a while."""
    end = time.monotonic() + 20
    while multiprocessing.active_children() and time.monotonic() < end:
        time.sleep(0.05)
    return multiprocessing.active_children()
