"""The commands of docs/annotate.md: from texts over an annotation tool to a larger corpus."""

import json

import pytest
import spacy
from spacy.tokens import DocBin

from spacy_nested_ner import convert
from tests.conftest import ROOT
from tests.docs.pages import commands_of, run_python
from tests.pipelines import make_examples, make_nlp, train

PAGE = ROOT / "docs" / "annotate.md"
N_ANNOTATED, N_NEW = 20, 60


def confirm(tasks):
    """What Label Studio exports when a person accepts every prediction."""
    for task in tasks:
        results = [prediction["result"] for prediction in task.pop("predictions")]
        task["annotations"] = [{"result": result} for result in results] or [{"result": []}]
    return tasks


def read_texts(folder, part):
    docs = DocBin().from_disk(folder / f"{part}.spacy").get_docs(spacy.blank("en").vocab)
    return [doc.text for doc in docs]


@pytest.mark.slow
def test_suggested_texts_are_corrected_and_join_the_corpus(tmp_path):
    nlp = make_nlp()
    examples = make_examples(nlp.vocab)
    train(nlp, examples, updates=5)
    (tmp_path / "training").mkdir()
    nlp.to_disk(tmp_path / "training" / "model-best")
    lines = [
        json.dumps({"text": f"gene {i} ZED", "spans": [{"start": 0, "end": 4, "label": "DNA"}]})
        for i in range(N_ANNOTATED)
    ]
    (tmp_path / "mine.jsonl").write_text("\n".join(lines), encoding="utf8")
    mine, grown = tmp_path / "corpus" / "mine", tmp_path / "corpus" / "grown"
    convert("custom", tmp_path / "mine.jsonl", mine, language="en")
    texts = "".join(f"the ZED gene {i}\n" for i in range(N_NEW))
    (tmp_path / "new.txt").write_text(texts, encoding="utf8")
    ran = []
    for _, *words in commands_of(PAGE):
        if words[1] != "spacy_nested_ner":
            continue  # the simulation
        run_python(words, tmp_path)
        ran.append(words[2])
        if ran[-1] == "suggest":
            tasks = json.loads((tmp_path / "tasks.json").read_text("utf8"))
            corrected = json.dumps(confirm(tasks))
            (tmp_path / "corrected.json").write_text(corrected, encoding="utf8")
    assert ran == ["export", "export", "suggest", "convert", "convert"]
    for part in ("dev", "test"):
        assert read_texts(grown, part) == read_texts(mine, part)
    new = set(read_texts(grown, "train")) - set(read_texts(mine, "train"))
    assert len(new) == 50
    assert new <= set(texts.splitlines())
