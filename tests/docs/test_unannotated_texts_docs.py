"""docs/unannotated-texts.md, followed literally with invented work orders and few updates."""

import json

import pytest
import spacy

from spacy_nested_ner import convert
from tests.conftest import ROOT
from tests.docs.pages import commands_of, run_python

PAGE = ROOT / "docs" / "unannotated-texts.md"
# instead of 600, and instead of five passes over the texts
FEW = {
    "train": ["--training.max_steps", "100", "--training.eval_frequency", "50"],
    "pretrain": ["--pretraining.max_epochs", "1"],
}
PUMPS = [f"{kind} pump" for kind in ("feed", "oil", "water", "sump", "fuel", "slurry")]
ORDERS = [f"seal of the {pump} {fault}" for pump in PUMPS for fault in ("leaks", "worn", "cut")]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_page_leads_to_pipelines_that_have_learned_from_the_texts(tmp_path):
    rows = []
    for n, text in enumerate(ORDERS):
        start = text.index("the ") + 4
        span = {"start": start, "end": text.index("pump") + 4, "label": "machine"}
        rows.append(json.dumps({"id": f"{n}", "text": text, "spans": [span]}))
    (tmp_path / "orders.jsonl").write_text("\n".join(rows), encoding="utf8")
    convert("custom", tmp_path / "orders.jsonl", tmp_path / "corpus" / "mine", language="en")
    texts = "".join(json.dumps({"text": f"replace the {text}"}) + "\n" for text in ORDERS)
    (tmp_path / "texts.jsonl").write_text(texts, encoding="utf8")
    (tmp_path / "configs").symlink_to(ROOT / "configs")

    def run(_: str, *words: str) -> None:
        run_python([*words, *FEW.get(words[2], ())], tmp_path)

    first = "training/mine/config.cfg"
    fit = "-m", "spacy_nested_ner", "configure", "configs/tok2vec.cfg", "corpus/mine"
    run("python", *fit, first)
    run("python", "-m", "spacy", "train", first, "--output", "training/mine")
    ran = []
    for command in commands_of(PAGE):
        run(*command)
        ran.append(command[3])
    assert ran == ["configure", "pretrain", "train", "annotate", "configure", "train"]
    for name in ("with-pretraining", "self-trained"):
        nlp = spacy.load(tmp_path / "training" / "mine" / name / "model-best")
        doc = nlp("seal of the oil pump worn")
        assert [span.text for span in doc.spans["sc"]] == ["oil pump"]
