"""What docs/evaluation.md shows is so."""

import doctest
import json
import re

import pytest
from typer.main import get_command

from spacy_nested_ner.cli import app
from spacy_nested_ner.evaluation.compare import compare_results
from spacy_nested_ner.evaluation.documents import predict_corpus
from spacy_nested_ner.evaluation.results import evaluate_pipeline
from spacy_nested_ner.files.docbin import read_docs
from tests.cli.test_evaluate import corpus, pipeline
from tests.conftest import ROOT

__all__ = ["corpus", "pipeline"]  # fixtures

PATH = ROOT / "docs" / "evaluation.md"
TEXT = PATH.read_text(encoding="utf8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, flags=re.S)


def test_the_example_gives_what_it_shows():
    result = doctest.testfile(str(PATH), module_relative=False, encoding="utf8")
    assert result.attempted > 8
    assert result.failed == 0


@pytest.mark.parametrize("command", ["evaluate", "compare"])
def test_every_option_is_explained(command):
    options = [
        option
        for parameter in get_command(app).commands[command].params
        for option in parameter.opts
        if option.startswith("--")
    ]
    assert len(options) > 5
    assert [option for option in options if f"`{option}`" not in TEXT] == []


@pytest.fixture
def results(pipeline, corpus):
    import spacy

    nlp = spacy.load(pipeline)
    return evaluate_pipeline(nlp, read_docs(corpus, nlp.vocab, user_data=True), n_resamples=20)


def test_every_key_of_the_json_is_explained(results):
    explained = set(re.findall(r"`(\w+)`", TEXT))
    for data in (results, compare_results(results, results, n_resamples=20)):
        keys = {key for key in data if not key.startswith("spans_sc")}
        keys |= {key for part in ("scores", "intervals") for key in data[part]}
        keys |= set(data["scores"]["structure"])
        keys |= set(data["scores"]["all"]["micro"]["f"])
        assert keys - explained - {"units"} == set()
    assert set(results["documents"][0]) - explained == {"token_starts", "token_ends"}


def test_scores_are_computed_again_as_shown(results, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.json").write_text(json.dumps(results), encoding="utf8")
    (block,) = [block for block in BLOCKS if "read_documents" in block]
    found = {}
    exec(block, found)
    assert found["evaluation"]["scores"]["all"]["micro"]["f"]["value"] == pytest.approx(0.6)
    assert found["evaluation"]["intervals"]["samples"] == 10_000


def test_the_python_functions_exist(pipeline, corpus):
    (block,) = [block for block in BLOCKS if "compare_docs(docs, others)" in block]
    found = {}
    exec("\n".join(line for line in block.splitlines() if "import" in line), found)
    assert found["predict_corpus"] is predict_corpus
    nlp = found["spacy"].load(pipeline)
    docs = predict_corpus(nlp, found["read_docs"](corpus, nlp.vocab))
    same = found["compare_docs"](docs, docs, n_resamples=5)
    assert same["scores"]["all"]["micro"]["f"]["difference"] == 0
    assert found["evaluate_docs"](docs, n_resamples=0)["docs"] == 3


def test_the_table_of_coverage_is_that_of_the_result_line():
    path = ROOT / "benchmarks" / "results" / "intervals.jsonl"
    line = json.loads(path.read_text(encoding="utf8").splitlines()[-1])
    rows = [
        f"| {row['documents']} | {100 * row['wilson']['f1']:.0f} % "
        f"| {100 * row['percentile']['f1']:.0f} % |"
        for row in line["rows"]
        if row["share"] == 0.9
    ]
    assert len(rows) == 5
    assert "\n".join(rows) in TEXT
    assert f"among {line['runs']:,} random corpora" in " ".join(TEXT.split())
