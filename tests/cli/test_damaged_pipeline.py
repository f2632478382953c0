"""A command that gets a damaged pipeline says so in one sentence, and writes nothing."""

import sys

import pytest
from spacy.tokens import DocBin

from spacy_nested_ner.cli import main
from tests.pipelines import make_examples, make_nlp, train

COMMANDS = {
    "evaluate": ["PIPELINE", "DEV"],
    "calibrate": ["PIPELINE", "DEV", "OUT"],
    "report": ["PIPELINE", "DEV", "OUT"],
    "visualize": ["PIPELINE", "TEXTS", "--output", "OUT"],
    "inspect": ["DEV", "--pipeline", "PIPELINE"],
    "annotate": ["PIPELINE", "TEXTS", "OUT"],
    "package": ["PIPELINE", "OUT"],
    "export": ["PIPELINE", "OUT", "--format", "jsonl", "--texts", "TEXTS"],
    "suggest": ["PIPELINE", "TEXTS", "OUT", "--format", "jsonl"],
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    nlp = make_nlp()
    examples = make_examples(nlp.vocab)
    train(nlp, examples, updates=3)
    nlp.to_disk(folder / "pipeline")
    docs = [eg.reference for eg in examples]
    for number, doc in enumerate(docs):
        doc.user_data.update(id=f"a{number}:0", document=f"a{number}")
    DocBin(docs=docs, store_user_data=True).to_disk(folder / "dev.spacy")
    (folder / "texts.txt").write_text("ZED binds BRX\n")
    return folder


@pytest.mark.parametrize("file", ["config.cfg", "tokenizer", "nested_spancat/model"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_damaged_pipeline(saved, monkeypatch, capsys, tmp_path, command, file):
    paths = {
        "PIPELINE": saved / "pipeline",
        "DEV": saved / "dev.spacy",
        "TEXTS": saved / "texts.txt",
        "OUT": tmp_path / "out",
    }
    words = [str(paths.get(word, word)) for word in COMMANDS[command]]
    monkeypatch.setattr(sys, "argv", ["spacy-nested-ner", command, *words])
    path = saved / "pipeline" / file
    good = path.read_bytes()
    threshold = good.find(b"threshold = 0.5")
    place = len(good) // 2 if threshold < 0 else threshold + len("threshold = 0.")
    path.write_bytes(good[:place] + bytes([good[place] ^ 2]) + good[place + 1 :])
    try:
        with pytest.raises(SystemExit) as ended:
            main()
    finally:
        path.write_bytes(good)
    error = capsys.readouterr().err.strip()
    assert ended.value.code == 1
    assert len(error.splitlines()) == 1
    assert "pipeline" in error
    assert not paths["OUT"].exists()
