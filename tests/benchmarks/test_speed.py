"""The runner measures what it says; how fast things are is no test's business."""

import pytest
import srsly
import torch

from benchmarks.speed import OURS, STOCK, main
from benchmarks.table import markdown_table

STAGES = {"tokenize", "encode", "pipe", "project", "score", "decode", "write spans"}


def measure(corpus, out, **settings):
    common = {"encoder": None, "words": 30, "rounds": 2, "updates": 1, "batch_size": 2}
    common |= {"threads": 1, "gemm": "numpy", "seed": 0, "gpu": -1, "name": "tiny"}
    main(corpus, out, **{**common, **settings})
    (line,) = srsly.read_jsonl(out)
    return line


def test_a_line_has_every_pipe_every_stage_and_how_to_make_it_again(corpus, tmp_path, capsys):
    line = measure(corpus, tmp_path / "speed.jsonl")
    assert list(line["inference"]) == ["tok2vec", OURS, *STOCK]
    assert list(line["training"]) == [OURS, "spancat 1-12"]
    assert set(line["stages"]) == STAGES
    assert all(seconds > 0 for seconds in line["stages"].values())
    measured = [*line["inference"].values(), *line["training"].values()]
    assert all(len(arm["seconds"]) == 2 for arm in measured)
    assert all(arm["words_per_second"] > 0 for arm in measured)
    assert line["command"].startswith("python -m benchmarks.speed --corpus corpus/genia-sample")
    assert str(tmp_path) not in srsly.json_dumps(line)
    for kind in ("inference", "stages", "training"):
        table = markdown_table(kind, [line])
        assert table.count("\n") == 1 + len(line[kind])
    assert OURS in capsys.readouterr().out


def test_all_pipes_write_as_many_spans_as_there_are_mentions(corpus, tmp_path):
    line = measure(corpus, tmp_path / "speed.jsonl")
    found = [line["inference"][pipe]["spans"] for pipe in (OURS, *STOCK)]
    assert found == [15] * 4  # of all five docs, which have 30 tokens


def test_with_a_transformer_training_is_measured_by_length_and_less_exactly_too(
    corpus, tmp_path, tiny_transformer
):
    pytest.importorskip("spacy_transformers")
    line = measure(corpus, tmp_path / "speed.jsonl", encoder=tiny_transformer)
    by_length = f"{OURS}, by length"
    faster = [by_length, f"{by_length}, medium precision"]
    assert list(line["training"]) == [OURS, "spancat 1-12", *faster]
    assert torch.get_float32_matmul_precision() == "highest"
    assert line["encoder"] == "transformer0"
    assert tiny_transformer not in srsly.json_dumps(line)


def test_without_a_gpu_a_measurement_on_it_is_skipped_aloud(corpus, tmp_path, capsys):
    main(corpus, tmp_path / "speed.jsonl", gpu=99)
    assert not (tmp_path / "speed.jsonl").exists()
    assert "no CUDA device 99" in " ".join(capsys.readouterr().out.split())
