"""Arguments and files that break commands: always one line on stderr and no traceback."""

import json
import os
import sys
from pathlib import Path

import pytest
import spacy
from spacy.tokens import DocBin, Span

from spacy_nested_ner.cli import main

ESC = "\x1b]0;title\x07\x1b[31m"
LINES = [
    {"text": f"ABC is {word}", "spans": [{"start": 0, "end": 3, "label": "DNA"}]}
    for word in ("on", "off", "up", "down")
]


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    nlp = spacy.blank("en", meta={"name": "rules", "version": "1.2.3"})
    ruler = nlp.add_pipe("span_ruler", config={"spans_key": "sc"})
    ruler.add_patterns([{"label": "X", "pattern": "ABC"}])
    nlp.to_disk("pipeline")
    docs = []
    for number in range(3):
        doc = nlp.make_doc("ABC is here")
        doc.spans["sc"] = [Span(doc, 0, 1, "X")]
        doc.user_data.update(id=f"{number}{ESC}", document=str(number))
        docs.append(doc)
    DocBin(docs=docs, store_user_data=True).to_disk("t.spacy")
    Path("a.jsonl").write_text("\n".join(map(json.dumps, LINES)))
    return tmp_path


@pytest.fixture
def run(monkeypatch, capfd):
    """Run a command and return exit code, stdout and stderr."""

    def run(*words: str):
        monkeypatch.setattr(sys, "argv", ["spacy-nested-ner", *words])
        with pytest.raises(SystemExit) as exit:
            main()
        return exit.value.code or 0, *capfd.readouterr()

    return run


def check_sentence(result, code: int = 1) -> str:
    found, _, err = result
    assert found == code, err
    assert "Traceback" not in err
    if code == 1:
        assert err.startswith("Error: ")
        assert err.count("\n") == 1
    return err


CONVERT = ("custom", "a.jsonl", "out", "--format", "jsonl", "--language", "en")


@pytest.mark.parametrize("command", ["evaluate", "report", "compare", "calibrate"])
def test_a_negative_seed_is_refused(folder, run, command):
    words = {"report": ["o.html"], "calibrate": ["new"]}.get(command, [])
    check_sentence(run(command, "pipeline", "t.spacy", *words, "--seed", "-1"), 2)


@pytest.mark.parametrize("size", [0, -1])
def test_a_batch_size_below_1_is_refused(folder, run, size):
    assert run("convert", *CONVERT)[0] == 0
    config = str(Path(__file__).parents[2] / "configs" / "tok2vec.cfg")
    err = check_sentence(
        run("configure", config, "out", "c.cfg", "--set", f"training.batcher.size={size}")
    )
    assert "size" in err
    assert not Path("c.cfg").exists()


def test_a_variable_in_a_name_of_a_corpus_is_refused(folder, run):
    config = str(Path(__file__).parents[2] / "configs" / "tok2vec.cfg")
    assert run("convert", "custom", "a.jsonl", "co${x}", *CONVERT[3:])[0] == 0
    assert "co${x}" in check_sentence(run("configure", config, "co${x}", "c.cfg"))
    Path("s${x}.jsonl").write_bytes(Path("a.jsonl").read_bytes())
    assert run("convert", "custom", "s${x}.jsonl", "co", *CONVERT[3:])[0] == 0
    assert "s${x}" in check_sentence(run("configure", config, "co", "c.cfg"))
    assert run("convert", *CONVERT)[0] == 0
    check_sentence(run("configure", config, "out", "c.cfg", "--set", "training.dropout=${foo}"))
    assert not Path("c.cfg").exists()


@pytest.mark.parametrize("report", ["{", "[]", "3", "null"])
def test_a_damaged_report_is_refused(folder, run, report):
    assert run("convert", *CONVERT)[0] == 0
    Path("out/report.json").write_text(report)
    config = str(Path(__file__).parents[2] / "configs" / "tok2vec.cfg")
    assert "report.json" in check_sentence(run("configure", config, "out", "c.cfg"))


def test_an_incomplete_report_is_refused(folder, run):
    assert run("convert", *CONVERT)[0] == 0
    report = json.loads(Path("out/report.json").read_text())
    config = str(Path(__file__).parents[2] / "configs" / "tok2vec.cfg")
    for key in ("parts", "source"):
        Path("out/report.json").write_text(json.dumps({**report, key: None}))
        check_sentence(run("configure", config, "out", "c.cfg"))


def test_an_untrained_pipeline_is_refused(folder, run):
    nlp = spacy.blank("en")
    nlp.add_pipe("nested_spancat")
    nlp.to_disk("untrained")
    for words in (
        ["evaluate", "untrained", "t.spacy"],
        ["report", "untrained", "t.spacy", "o.html"],
        ["visualize", "untrained", "ABC", "--output", "o.html"],
        ["annotate", "untrained", "a.jsonl", "annotated"],
    ):
        assert "nested_spancat" in check_sentence(run(*words))


def test_an_incomplete_evaluation_is_refused(folder, run):
    assert run("evaluate", "pipeline", "t.spacy", "--output", "m.json")[0] == 0
    whole = json.loads(Path("m.json").read_text())
    cases = dict.fromkeys(("pipeline", "corpus", "documents", "frequency"))
    doc = whole["documents"][0]
    for value in (7, {**doc, "gold": 3}, {**doc, "gold": [["a", "b", "c"]]}, {**doc, "id": 1}):
        cases[str(value)[:40]] = {"documents": [value, *whole["documents"][1:]]}
    for key, change in cases.items():
        change = change or {key: None}
        Path("bad.json").write_text(json.dumps({**whole, **change}))
        code, _, err = run("compare", "bad.json", "m.json")
        assert "Traceback" not in err, key
        assert code == 1 or "id" in key, key
    Path("bad.json").write_text(json.dumps({"format": whole["format"]}))
    check_sentence(run("compare", "bad.json", "m.json"))
    check_sentence(run("package", "pipeline", "new", "--evaluation", "bad.json"))
    Path("bad.json").write_text(json.dumps({**whole, "scores": None}))
    check_sentence(run("package", "pipeline", "new", "--evaluation", "bad.json"))
    Path("deep.json").write_text("[" * 100_000)
    check_sentence(run("compare", "deep.json", "m.json"))


def test_a_name_that_is_too_long_is_refused(folder, run):
    long = "a" * 300
    for words in (
        ["evaluate", "pipeline", long],
        ["evaluate", "pipeline", "t.spacy", "--output", long],
        ["visualize", "pipeline", "ABC", "--output", long],
        ["convert", "custom", "a.jsonl", long, *CONVERT[3:]],
        ["calibrate", "pipeline", "t.spacy", long],
        ["export", "t.spacy", long, "--format", "brat"],
    ):
        check_sentence(run(*words))


@pytest.mark.skipif(os.name != "posix", reason="arguments are text elsewhere")
def test_arguments_that_are_no_utf8_do_not_break_a_command(folder, run):
    bad = os.fsdecode(b"caf\xe9")
    check_sentence(run("evaluate", bad, "t.spacy"))
    check_sentence(run("inspect", f"{bad}.spacy"))
    assert run("visualize", "pipeline", f"{bad} ABC", "--output", f"{bad}.html")[0] == 0
    assert run("convert", "custom", "a.jsonl", bad, *CONVERT[3:])[0] == 0


def test_no_control_character_reaches_the_terminal(folder, run):
    Path("b.jsonl").write_text(
        "\n".join(
            json.dumps({**line, "text": line["text"] + ESC, "id": f"{i}{ESC}"})
            for i, line in enumerate([*LINES, LINES[0]])
        )
    )
    results = [
        run("convert", "custom", "b.jsonl", "out", *CONVERT[3:]),
        run("evaluate", "pipeline", "t.spacy"),
        run("evaluate", f"no{ESC}", "t.spacy"),
        run("inspect", f"no{ESC}.spacy"),
        run("convert", f"no{ESC}", "b.jsonl", "out2"),
    ]
    assert results[0][0] == 0
    for _, out, err in results:
        assert "\x1b" not in out + err.replace("\x1b[31m", "").replace("\x1b[0m", "")
        assert "\x07" not in out + err


def test_a_language_that_drops_most_mentions_fails(folder, run):
    lines = [
        {"text": "患者上腹痛", "spans": [{"start": 2, "end": 4, "label": "部位"}]}
        for _ in range(20)
    ]
    lines += LINES
    Path("zh.jsonl").write_text("\n".join(map(json.dumps, lines)))
    words = ["convert", "custom", "zh.jsonl", "out", *CONVERT[3:]]
    check_sentence(run(*words))
    assert not Path("out").exists()
    assert run(*words, "--align", "expand")[0] == 0
    assert run(*words, "--tokenizer", "character")[0] == 0
