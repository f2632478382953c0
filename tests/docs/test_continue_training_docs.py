"""The Python code of docs/continue-training.md runs."""

import re

from spacy.tokens import DocBin

from tests.conftest import ROOT
from tests.pipelines import make_examples, make_nlp, spans_of, train


def test_the_code_of_the_page_runs_in_order(tmp_path, monkeypatch):
    text = (ROOT / "docs/continue-training.md").read_text(encoding="utf8")
    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    nlp = make_nlp()
    train(nlp, make_examples(nlp.vocab), updates=1)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "training").mkdir()
    nlp.to_disk("training/model-best")
    names = {}
    for block in blocks:
        exec(block, names)
    assert len(blocks) == 4
    assert names["pipe"].labels[-1] == "complex"
    assert (tmp_path / "training/continued/meta.json").is_file()
    (filled,) = DocBin().from_disk("training/train.spacy").get_docs(names["nlp"].vocab)
    assert (0, 3, "complex") in spans_of(filled)
    assert not len(filled.spans["sc_unannotated"])
    # the region of the last block: the next update learns from the other labels
    assert names["nlp"].update([names["example"]])["nested_spancat"] > 0
