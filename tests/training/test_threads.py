"""The callback that limits the threads of a training."""

import os
import subprocess
import sys

import pytest
import spacy
import torch
from thinc.api import ConfigValidationError
from threadpoolctl import ThreadpoolController, threadpool_limits

from spacy_nested_ner.training.threads import limit_threads, limited_threads, pipe_documents
from tests.pipelines import make_examples, make_nlp

VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "BLIS_NUM_THREADS",
)


def threads_now():
    """Of PyTorch and of numpy's BLAS."""
    blas = ThreadpoolController().select(user_api="blas").info()
    return torch.get_num_threads(), max(library["num_threads"] for library in blas)


@pytest.fixture(autouse=True)
def two_threads(monkeypatch, two_torch_threads):
    """Two threads each, and no variable that sets them."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    with threadpool_limits(2, user_api="blas"):
        yield


def make_limited(threads=1):
    """A pipeline with the callback in its config, not initialised."""
    nlp = make_nlp()
    nlp.config["initialize"]["before_init"] = {
        "@callbacks": "spacy_nested_ner.limit_threads.v1",
        "threads": threads,
    }
    return nlp


def test_training_limits_the_threads_and_loading_does_not(tmp_path):
    nlp = make_limited()
    nlp.initialize(lambda: make_examples(nlp.vocab))
    assert threads_now() == (1, 1)
    nlp.to_disk(tmp_path)
    torch.set_num_threads(2)
    loaded = spacy.load(tmp_path)
    assert threads_now() == (2, 1)
    with limited_threads(loaded):
        assert threads_now() == (1, 1)
    assert threads_now() == (2, 1)


def test_a_pipeline_without_the_limit_is_left_alone():
    nlp = make_nlp()
    with limited_threads(nlp):
        assert threads_now() == (2, 2)


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("OMP_NUM_THREADS", (2, 2)),
        ("OPENBLAS_NUM_THREADS", (1, 2)),
        ("MKL_NUM_THREADS", (2, 1)),
    ],
)
def test_a_variable_of_the_user_wins_for_the_libraries_that_read_it(
    variable, expected, monkeypatch
):
    if ThreadpoolController().select(user_api="blas").info()[0]["internal_api"] != "openblas":
        pytest.skip("numpy is not built with OpenBLAS here")
    monkeypatch.setenv(variable, "2")
    restore = limit_threads(1)
    assert threads_now() == expected
    restore()
    assert threads_now() == (2, 2)


def test_a_limit_never_raises_a_number():
    torch.set_num_threads(1)
    limit_threads(2)()
    assert threads_now() == (1, 2)


def test_commands_predict_with_the_limit_of_the_pipeline():
    nlp = make_limited()
    nlp.initialize(lambda: make_examples(nlp.vocab))
    torch.set_num_threads(2)
    seen = []
    nlp.get_pipe("nested_spancat").observer = lambda docs, scores: seen.append(threads_now())
    assert len(list(pipe_documents(nlp, ["one", "two"], batch_size=1))) == 2
    assert seen == [(1, 1), (1, 1)]
    assert threads_now() == (2, 1)


def test_zero_threads_are_refused():
    nlp = make_limited(threads=0)
    with pytest.raises(ConfigValidationError, match="threads=0 "):
        nlp.initialize(lambda: make_examples(nlp.vocab))


@pytest.mark.slow
def test_a_fresh_process_starts_with_more_threads_and_trains_with_one():
    code = """if True:
    import torch, spacy
    from tests.pipelines import make_examples
    from tests.training.test_threads import make_limited, threads_now
    before = threads_now()
    nlp = make_limited()
    nlp.initialize(lambda: make_examples(nlp.vocab))
    print(before, threads_now())"""
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    cores = os.cpu_count()
    if cores == 1:
        pytest.skip("one core")
    assert result.stdout.strip().endswith("(1, 1)")
    assert not result.stdout.startswith("(1, 1)")
