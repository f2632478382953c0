"""Memory does not grow with the number of batches."""

import mmap
import sys

import pytest
import srsly

from benchmarks import memory_growth
from benchmarks.memory import in_a_process
from benchmarks.memory_growth import main, measure

SMALL = {
    "head_size": 8,
    "tok2vec": {
        "embed": {"width": 16, "rows": 500, "embed": {"width": 16, "rows": [500] * 4}},
        "encode": {"width": 16, "depth": 1},
    },
}


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("what", ["predict", "update"])
def test_memory_after_300_batches_is_that_after_10(what):
    found = in_a_process(measure, what, 300, 0, SMALL)
    assert 100 < found["first_mb"]
    assert abs(found["growth"]) < 0.02


@pytest.mark.slow
def test_a_leak_is_seen(monkeypatch):
    """As if each batch kept a megabyte."""
    kept = []
    make = memory_growth.make_examples

    def leak(*arguments):
        # not of the heap, which may have room from earlier tests
        kept.append(mmap.mmap(-1, 1_000_000))
        kept[-1].write(b"x" * 1_000_000)
        return make(*arguments)

    monkeypatch.setattr(memory_growth, "make_examples", leak)
    found = measure("predict", 60, 0, SMALL)
    assert found["last_mb"] - found["first_mb"] > 40


def test_prediction_and_training_are_a_line_each(monkeypatch, tmp_path):
    found = {"batches": 11, "first_mb": 1.0, "last_mb": 1.0, "growth": 0.0}
    monkeypatch.setattr(memory_growth, "in_a_process", lambda *_: found)
    main(tmp_path / "a.jsonl", 11, 0)
    lines = list(srsly.read_jsonl(tmp_path / "a.jsonl"))
    assert [line["what"] for line in lines] == ["predict", "update"]
    assert all(line["growth"] == 0 for line in lines)
