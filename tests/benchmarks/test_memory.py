"""The runner measures what it says; how much things take is no test's business."""

import pytest
import srsly

from benchmarks import memory
from benchmarks.memory import Cell, find_threshold, main, make_pipeline, make_texts, measure
from benchmarks.pipelines import set_threshold
from benchmarks.table import markdown_table

OPTIONS = {"encoder": None, "longest": 40, "gemm": "numpy", "threads": 1, "seed": 0}
OPTIONS |= {"gpu": -1}


def test_a_cell_is_measured_in_seconds_and_megabytes():
    for cell in [
        Cell("length", tokens=60),
        Cell("length", tokens=60, pipe="encoder"),
        Cell("length", tokens=60, pipe="spancat"),
        Cell("labels", tokens=60, labels=40, efficient=True),
        Cell("batch", tokens=60, batch=2),
        Cell("width", tokens=60, width=None),
    ]:
        found = measure(cell)
        assert found["encoder_seconds"] > 0
        assert ("seconds" in found) == (cell.pipe != "encoder")
        assert found["peak_mb"] >= found["base_mb"] > 10


@pytest.mark.parametrize(
    ("pipe", "width"), [("nested_spancat", 8), ("nested_spancat", None), ("spancat", 8)]
)
def test_a_pipe_finds_a_span_for_ten_tokens_of_what_is_measured(pipe, width):
    cell = Cell("width", pipe, tokens=600, width=width)
    nlp = make_pipeline(cell)
    set_threshold(nlp, "pipe", find_threshold(cell))
    [text] = make_texts(nlp, cell)
    assert len(nlp(text).spans["sc"]) == 60


def test_every_cell_is_a_line_and_every_table_has_its_rows(monkeypatch, tmp_path, capsys):
    def stand_in(function, cell, *args):
        if function is find_threshold:
            return 0.5
        cost = cell.tokens * (1 if cell.pipe == "encoder" else 3)
        seconds = {"seconds": cost / 10, "encoder_seconds": cell.tokens / 10}
        return {**seconds, "base_mb": 100, "peak_mb": 100 + cost}

    monkeypatch.setattr(memory, "in_a_process", stand_in)
    monkeypatch.setattr(memory, "TOKENS", (10, 20, 40, 80))
    monkeypatch.setattr(memory, "STOCK_TOKENS", (10, 20))
    main(tmp_path / "memory.jsonl", **OPTIONS)
    lines = list(srsly.read_jsonl(tmp_path / "memory.jsonl"))
    assert len(lines) == 3 + 2 + len(memory.WIDTHS) + len(memory.LABELS) + len(memory.BATCHES)
    assert "| 40 | `nested_spancat` | 12.000 | 4.000 | 80 |" in markdown_table("length", lines)
    assert markdown_table("growth", lines).count("length^1.00") == 4
    assert "| no limit |" in markdown_table("width", lines)
    assert "| 1,000 | efficient |" in markdown_table("labels", lines)
    assert "length^1.00" in capsys.readouterr().out


@pytest.mark.slow
def test_a_cell_comes_back_from_its_own_process():
    found = memory.in_a_process(measure, Cell("length", tokens=50))
    assert set(found) == {"seconds", "encoder_seconds", "base_mb", "peak_mb"}


def test_without_a_gpu_a_measurement_on_it_is_skipped_aloud(tmp_path, capsys):
    main(tmp_path / "memory.jsonl", **{**OPTIONS, "gpu": 99})
    assert not (tmp_path / "memory.jsonl").exists()
    assert "no CUDA device 99" in " ".join(capsys.readouterr().out.split())
