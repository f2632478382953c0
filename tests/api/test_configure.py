"""`configure` as a function: what its result says."""

import json

import pytest
import srsly

from spacy_nested_ner import configure, convert
from tests.conftest import ROOT

TOK2VEC, TRANSFORMER = (ROOT / "configs" / f"{x}.cfg" for x in ("tok2vec", "transformer"))


@pytest.fixture
def advice(tmp_path):
    """What `configure` advises for a corpus with so many training mentions."""
    texts = [f"pump {i} leaks" for i in range(10)]
    spans = [{"start": 0, "end": 4, "label": "part"}]
    srsly.write_jsonl(tmp_path / "mine.jsonl", [{"text": x, "spans": spans} for x in texts])
    folder = tmp_path / "mine"
    convert("custom", tmp_path / "mine.jsonl", folder, language="en")
    (tmp_path / "texts.jsonl").write_text('{"text": "feed pump leaks"}')

    def advise(mentions, config=TOK2VEC, kind="custom", **options):
        report = json.loads((folder / "report.json").read_text())
        report["corpus"] = kind
        report["parts"]["train"]["spans"] = mentions
        (folder / "report.json").write_text(json.dumps(report))
        result = configure(config, folder, tmp_path / "out.cfg", **options)
        _, *advised = result.blocks()
        return advised

    return advise


def test_texts_without_annotations_are_advised_where_mentions_are_few(advice):
    assert "940" in advice(940)[0]
    assert "--raw-text" in advice(940)[0]
    assert advice(1000) == []


def test_nothing_is_advised_for_a_sample_or_an_encoder_that_has_read_texts(advice, tmp_path):
    assert advice(20, kind="sample") == []
    assert advice(20, config=TRANSFORMER) == []
    assert advice(20, raw_text=tmp_path / "texts.jsonl") == []
    assert advice(20, overrides={"paths.init_tok2vec": "model-last.bin"}) == []
