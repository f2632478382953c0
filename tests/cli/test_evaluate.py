import hashlib
import json
import os
import re
import sys

import pytest
import spacy
from spacy.tokens import DocBin, Span

from spacy_nested_ner.cli import main
from spacy_nested_ner.evaluation.evaluate import evaluate_docs
from spacy_nested_ner.evaluation.results import read_documents

NLP = spacy.blank("en")
GOLD = [
    ("the ZED promoter of BRX", [(1, 3, "DNA"), (1, 2, "protein"), (4, 5, "protein")]),
    ("BRX and ZED bind", [(0, 1, "protein"), (2, 3, "protein")]),
    ("no such promoter here", []),
]


def write(path, docs):
    """Docs, each in an article of its own."""
    made = []
    for number, (text, spans) in enumerate(docs):
        doc = NLP(text)
        doc.spans["sc"] = [Span(doc, i, j, label=label) for i, j, label in spans]
        doc.user_data.update(id=f"a{number}:0", document=f"a{number}")
        made.append(doc)
    DocBin(docs=made, store_user_data=True).to_disk(path)
    return path


def save_pipeline(path, patterns):
    """A pipeline that finds what it is told to."""
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("span_ruler", config={"spans_key": "sc", "spans_filter": None})
    ruler.add_patterns([{"label": label, "pattern": text} for text, label in patterns])
    nlp.meta.update(name="rules", version="1.2.3")
    nlp.to_disk(path)
    return path


@pytest.fixture
def corpus(tmp_path):
    return write(tmp_path / "gold.spacy", GOLD)


@pytest.fixture
def pipeline(tmp_path):
    # right: ZED promoter, two ZED; wrong: promoter; missed: two BRX
    found = [("ZED promoter", "DNA"), ("ZED", "protein"), ("promoter", "DNA")]
    return save_pipeline(tmp_path / "pipeline", found)


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a command and return (exit code, stdout, stderr), each line's blanks made one."""

    def run(*arguments: object):
        monkeypatch.setattr(sys, "argv", ["spacy-nested-ner", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit:
            main()
        out, err = capsys.readouterr()
        return exit.value.code, *(
            "\n".join(" ".join(x.split()) for x in text.splitlines()) for text in (out, err)
        )

    return run


def test_the_tables_show_the_scores(pipeline, corpus, run):
    code, out, err = run("evaluate", pipeline, corpus, "--n-resamples", 0)
    assert (code, err) == (0, "")
    assert re.search(r"\b3 \w+, 13 ", out)
    # gold, predicted, P, R, F1
    assert "micro 5 5 60.0 60.0 60.0 –" in out
    assert re.search(r"macro.* 2 .* 58\.3 –", out)
    assert "protein 4 2 100.0 50.0 66.7 –" in out
    assert "DNA 1 3 33.3 100.0 50.0 –" in out
    assert "nested 2 3 66.7 100.0 80.0 –" in out
    assert "correct 3" in out
    assert "missed 2" in out


def test_quiet_prints_nothing_and_writes_the_file(pipeline, corpus, tmp_path, run):
    out = tmp_path / "scores.json"
    assert run("--quiet", "evaluate", pipeline, corpus, "--output", out) == (0, "", "")
    assert json.loads(out.read_text(encoding="utf8"))["docs"] == 3
    assert "micro" in run("evaluate", pipeline, corpus)[1]


def test_intervals_show_the_number_of_resamples_and_documents(pipeline, corpus, run):
    _, out, _ = run("evaluate", pipeline, corpus)
    assert re.search(r"\b1,000 \w+ of 3 ", out)
    assert re.search(r"⚠ .*\b3 ", out)


def test_all_can_be_computed_again_from_the_json_which_has_no_text(
    pipeline, corpus, tmp_path, run
):
    out = tmp_path / "new" / "folder" / "scores.json"
    code, *_ = run("evaluate", pipeline, corpus, "--output", out, "--n-resamples", 30)
    assert code == 0
    text = out.read_text(encoding="utf8")
    results = json.loads(text)
    again = evaluate_docs(read_documents(results), n_resamples=30)
    assert {key: results[key] for key in again} == json.loads(json.dumps(again))
    for word in ("BRX", "ZED", "promoter"):
        assert word not in text
    assert results["pipeline"] == {
        "lang": "en",
        "name": "rules",
        "version": "1.2.3",
        "id": None,
    }
    assert results["speed"] > 0
    assert results["documents"][1] == {
        "id": "a1:0",
        "number": 1,
        "document": "a1",
        "sha256": hashlib.sha256(GOLD[1][0].encode("utf8")).hexdigest(),
        "token_starts": [0, 4, 8, 12],
        "token_ends": [3, 7, 11, 16],
        "gold": [[0, 3, "protein"], [8, 11, "protein"]],
        "predicted": [[8, 11, "protein", None]],
    }


def test_the_json_has_the_scores_by_the_names_of_spacy(pipeline, corpus, tmp_path, run):
    out = tmp_path / "scores.json"
    run("evaluate", pipeline, corpus, "--output", out)
    results = json.loads(out.read_text(encoding="utf8"))
    assert results["spans_sc_p"] == results["spans_sc_r"] == pytest.approx(0.6)
    assert results["spans_sc_per_type"]["protein"] == {
        "p": 1.0,
        "r": 0.5,
        "f": pytest.approx(2 / 3),
    }


def test_labels_are_divided_by_their_frequency_in_training(pipeline, corpus, tmp_path, run):
    train = write(
        tmp_path / "train.spacy",
        [("ZED promoter ZED promoter ZED", [(0, 2, "DNA"), (2, 4, "DNA"), (4, 5, "protein")])],
    )
    out = tmp_path / "scores.json"
    run("evaluate", pipeline, corpus, "--output", out, "--train", train)
    frequency = json.loads(out.read_text(encoding="utf8"))["frequency"]
    assert frequency["counted_in"] == "training"
    assert frequency["counts"] == {"DNA": 2, "protein": 1}
    assert (frequency["head"], frequency["tail"]) == (["DNA"], ["protein"])


def test_the_output_may_not_be_an_input(pipeline, corpus, tmp_path, run):
    link = tmp_path / "link.spacy"
    os.link(corpus, link)
    before = corpus.read_bytes()
    for output in (corpus, link, pipeline / "meta.json", pipeline / "new.json"):
        code, _, err = run("evaluate", pipeline, corpus, "--output", output)
        assert code == 1
        assert err.startswith("Error: ")
        assert str(output) in err
    assert corpus.read_bytes() == before
    assert not (pipeline / "new.json").exists()
    code, _, err = run("evaluate", pipeline, corpus, "--train", link, "--output", link)
    assert code == 1


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        (("nowhere", "gold.spacy"), "'nowhere'"),
        (("pipeline", "nowhere.spacy"), " nowhere.spacy "),
        (("pipeline", "pipeline/meta.json"), " pipeline/meta.json "),
        (("pipeline", "gold.spacy", "--spans-key", "x"), "'x'"),
        (("pipeline", "gold.spacy", "--train", "nowhere"), " nowhere "),
        (("pipeline", "gold.spacy", "--output", "gold.spacy/x.json"), " gold.spacy/x.json "),
        (("pipeline", "gold.spacy", "--gpu-id", "99"), "--gpu-id"),
    ],
)
def test_a_mistake_is_a_sentence(
    pipeline, corpus, tmp_path, monkeypatch, run, arguments, value
):
    monkeypatch.chdir(tmp_path)
    code, _, err = run("evaluate", *arguments)
    assert code == 1
    assert err.startswith("Error: ")
    assert value in err
    assert len(err.splitlines()) == 1
