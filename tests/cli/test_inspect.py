import json
import re
import sys
from pathlib import Path
from typing import Sequence

import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span

from spacy_nested_ner.cli import main
from spacy_nested_ner.corpus.inspect.inspection import inspect_corpus

NLP = spacy.blank("xx")
TYPE = "PhysicalObject/SensingObject/TemperatureSensingObject"


def make_doc(words: str, *mentions) -> Doc:
    doc = Doc(NLP.vocab, words=words.split())
    doc.spans["sc"] = [Span(doc, start, end, label=label) for start, end, label in mentions]
    return doc


def write(path: Path, docs: Sequence[Doc]) -> Path:
    DocBin(docs=docs).to_disk(path)
    return path


@pytest.fixture
def train(tmp_path) -> Path:
    faults = [(2 * i, 2 * i + 2, "fault") for i in range(1_000)]
    parts = [(2 * i, 2 * i + 1, "part") for i in range(500)]
    long = make_doc("pump leaks " * 1_000, *faults, *parts)
    return write(tmp_path / "train.spacy", [long, make_doc("a b c d", (0, 4, TYPE))])


@pytest.fixture
def run(monkeypatch, capsys):
    """Run `inspect` and return (exit code, stdout, stderr)."""

    def run(*arguments: object):
        monkeypatch.setattr(sys, "argv", ["spacy-nested-ner", "inspect", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit:
            main()
        return exit.value.code, *capsys.readouterr()

    return run


def test_the_tables_show_the_counts(train, run):
    code, out, err = run(train)
    assert (code, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert ["2", "2,004", "1,501"] in [re.findall(r"\d[\d,]*\b", line) for line in lines]
    assert "fault 1,000 66.62%" in lines
    assert f"{TYPE} 1 0.07%" in lines
    assert any(line.endswith(" another 1,000 66.62%") for line in lines)
    assert "2 500 33.31%" in lines  # of depth 2
    assert "tokens p50 p90 p95 p99 p99.9 max" in lines
    assert "mention 2 2 2 2 2 4" in lines
    assert "document 4 2,000 2,000 2,000 2,000 2,000" in lines
    # recall with spans of 1 to 3 tokens, and with one tag per token
    assert any(re.search(r" 3 \w+ 1,500 99\.93%$", line) for line in lines)
    assert any(line.endswith(" token 1,001 66.69%") for line in lines)
    text = " ".join(lines)
    assert re.search(r"max_span_width = 4 .* 2, 1 \(0\.07%\) .* 50% ", text)
    assert re.search(rf"⚠ .* 10 .*: 1 \({TYPE}\)", text)


def test_columns_are_aligned(train, run):
    """Also behind a label of more than thirty characters."""
    _, out, _ = run(train)
    rows = [line for line in out.splitlines() if line.startswith(("fault ", "part ", TYPE))]
    assert len(rows) == 3
    assert len({row.rindex("%") for row in rows}) == 1


def test_what_is_fine_is_not_warned_of(train, run):
    _, out, _ = run(train)
    (warned,) = (line for line in out.splitlines() if "⚠" in line)
    assert TYPE in warned  # a label with one mention


def test_what_may_go_wrong_is_warned_of(tmp_path, run):
    no_group = make_doc("a")
    del no_group.spans["sc"]
    part = (0, 1, "part")
    docs = [make_doc(""), make_doc("a"), make_doc("a"), no_group]
    docs.append(make_doc("a b", part, part, part, (0, 2, "part"), (1, 1, "part")))
    code, out, _ = run(write(tmp_path / "train.spacy", docs))
    assert code == 0
    warned = [line for line in out.splitlines() if "⚠" in line]
    counts = [re.findall(r": (\d+ \(.*?\))", line)[0] for line in warned]
    assert counts == [
        "1 (20.00%)",  # documents without tokens
        "1 (20.00%)",  # documents without the key
        "2 (100.00%)",  # duplicates
        "1 (50.00%)",  # spans without tokens
        "1 (part)",  # rare labels
    ]
    assert "doc.spans['sc']" in warned[1]
    assert "3 (60.00%)" in out  # documents without mentions, which are no fault


def test_other_files_are_compared(train, tmp_path, run):
    one = write(tmp_path / "one.spacy", [make_doc("pump leaks", (0, 1, "part"), (0, 2, "x"))])
    two = write(tmp_path / "two.spacy", [make_doc("a b c d e", (0, 5, TYPE))])
    _, out, _ = run(train, "--dev", one, "--dev", two)
    lines = [" ".join(line.split()) for line in out.splitlines()]
    at = [
        next(i for i, line in enumerate(lines) if line.startswith("=== ") and name in line)
        for name in ("one.spacy", "two.spacy")
    ]
    shares = [
        [line.rsplit(maxsplit=2)[1:] for line in part if line.startswith("mentions ")]
        for part in (lines[at[0] : at[1]], lines[at[1] :])
    ]
    # mentions seen in training, not seen, and wider than all in training
    assert [" ".join(words) for words in shares[0]] == ["1 50.00%", "1 50.00%", "0 0.00%"]
    assert [" ".join(words) for words in shares[1]] == ["0 0.00%", "1 100.00%", "1 100.00%"]
    assert sum(line.startswith("⚠ ") and line.endswith(": x") for line in lines) == 1


def test_misaligned_mentions_are_shown(train, tmp_path, run):
    config = tmp_path / "config.cfg"
    config.write_text('[nlp]\nlang = "en"\n', encoding="utf8")
    _, out, _ = run(train, "--pipeline", config)
    assert str(config) in "".join(out.split())
    assert "⚠" not in "".join(line for line in out.splitlines() if TYPE not in line)

    doc = Doc(NLP.vocab, words=["pu", "mp"], spaces=[False, False])
    doc.spans["sc"] = [Span(doc, 0, 1, label="part"), Span(doc, 0, 2, label="part")]
    _, out, _ = run(write(tmp_path / "cut.spacy", [doc]), "--pipeline", config)
    assert re.search(r"1 \(50\.00%\).*'pu' \w+ 'pump'", " ".join(out.split()))


def test_json_is_all_that_is_printed(train, tmp_path, run):
    dev = write(tmp_path / "dev.spacy", [make_doc("Pümpe 泵", (0, 1, "泵"))])
    code, out, err = run(train, "--dev", dev, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == inspect_corpus(train, dev=[dev])
    assert '"泵"' in out


def test_the_json_is_written_beside_the_tables(train, tmp_path, run):
    file = tmp_path / "new" / "inspection.json"
    code, out, _ = run(train, "--output", file)
    assert code == 0
    assert "2,004" in out
    assert json.loads(file.read_text(encoding="utf8")) == inspect_corpus(train)


def test_bad_input_is_one_line_and_exit_code_1(train, tmp_path, run):
    (tmp_path / "empty.spacy").touch()
    bad = [
        [tmp_path / "missing.spacy"],
        [tmp_path / "empty.spacy"],
        [tmp_path],
        [Path(__file__)],
        [train, "--spans-key", "gold"],
        [train, "--dev", tmp_path / "missing.spacy"],
        [train, "--pipeline", "no_such_package"],
    ]
    output = tmp_path / "new" / "inspection.json"
    for arguments in bad:
        code, out, err = run(*arguments, "--output", output)
        assert (code, out) == (1, ""), arguments
        assert err.startswith("Error: "), arguments
        assert err.count("\n") == 1, arguments
        assert not output.parent.exists(), arguments
