"""The code and the commands of docs/continue-training.md run."""

import json
import re
from statistics import mean

import pytest
import spacy
from spacy.tokens import DocBin

from benchmarks.experiments import read_lines
from spacy_nested_ner import convert
from tests.conftest import ROOT
from tests.docs.pages import commands_of, run_python
from tests.pipelines import make_examples, make_nlp, spans_of, train

PAGE = ROOT / "docs" / "continue-training.md"


def test_the_code_of_the_page_runs_in_order(tmp_path, monkeypatch):
    text = PAGE.read_text(encoding="utf8")
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


@pytest.mark.slow
def test_the_commands_of_the_page_continue_a_training(tmp_path):
    gold = [{"start": 2, "end": 5, "label": "protein"}]
    rows = (json.dumps({"text": "a ZED seal", "spans": gold, "id": f"{n}"}) for n in range(20))
    (tmp_path / "new.jsonl").write_text("\n".join(rows), encoding="utf8")
    convert("custom", tmp_path / "new.jsonl", tmp_path / "corpus" / "new", language="en")
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    nlp = make_nlp()
    train(nlp, make_examples(nlp.vocab), updates=1)
    (tmp_path / "training" / "mine").mkdir(parents=True)
    nlp.to_disk(tmp_path / "training" / "mine" / "model-best")
    few = "--training.max_steps", "4", "--training.eval_frequency", "2"
    for _, *command in commands_of(PAGE):
        run_python([*command, *(few if "train" in command else ())], tmp_path)
    trained = spacy.load(tmp_path / "training" / "new" / "model-best")
    assert trained.get_pipe("nested_spancat").labels == ("protein",)


@pytest.mark.parametrize(
    ("corpus", "experiment", "scores"),
    [
        ("sample", "rate", ("before", "early", "after")),
        ("sample", "label", ("before", "after", "new")),
        ("sample", "dropped", ("f",)),
        ("full", "label", ("before", "after", "new")),
    ],
)
def test_the_tables_are_means_of_the_result_lines(corpus, experiment, scores):
    by_arm = {}
    for line in read_lines(ROOT / "benchmarks" / "results" / "continued.jsonl"):
        if (line["corpus"]["corpus"], line["experiment"]) == (corpus, experiment):
            by_arm.setdefault(line["arm"], {})[line["seed"]] = line
    assert by_arm
    assert all(sorted(seeds) == [0, 1, 2] for seeds in by_arm.values())
    text = PAGE.read_text(encoding="utf8")
    shown = [[cell.strip() for cell in row.strip("| ").split("|")] for row in text.splitlines()]
    for arm, seeds in by_arm.items():
        means = [f"{100 * mean(line[name] for line in seeds.values()):.1f}" for name in scores]
        assert [arm, *means] in shown
