"""An encoder that has learned masked words is read like the one it began with."""

from random import Random

import srsly
import torch
import typer
from transformers import AutoModel
from typer.testing import CliRunner

from benchmarks.masked_words import BATCH, CHUNK, main, make_batches

TEXTS = ["IL-2 gene expression requires NF-kappa B .", "p53 binds DNA ."] * 4


def test_the_encoder_has_learned_and_keeps_its_form(tiny_transformer, tmp_path):
    srsly.write_jsonl(tmp_path / "texts.jsonl", [{"text": text} for text in TEXTS])
    app = typer.Typer()
    app.command()(main)
    options = {"encoder": tiny_transformer, "texts": tmp_path / "texts.jsonl", "epochs": 3}
    options["out"] = tmp_path / "out"
    arguments = [x for name, value in options.items() for x in (f"--{name}", str(value))]
    CliRunner().invoke(app, arguments, catch_exceptions=False, standalone_mode=False)
    before, after = (
        AutoModel.from_pretrained(folder).state_dict()
        for folder in (tiny_transformer, tmp_path / "out")
    )
    assert before.keys() == after.keys()
    name = next(name for name in before if name.endswith("query.weight"))
    assert before[name].shape == after[name].shape
    assert not torch.equal(before[name], after[name])


def test_an_epoch_has_each_text_once_in_batches_of_similar_length():
    pieces = [[i] * (1 + i % 100) for i in range(BATCH * CHUNK)]
    batches = list(make_batches(pieces, Random(0)))
    assert sorted(one for batch in batches for one in batch) == sorted(pieces)
    assert all(len(batch) == BATCH for batch in batches)
    assert all(len(max(b, key=len)) - len(min(b, key=len)) <= 3 for b in batches)
