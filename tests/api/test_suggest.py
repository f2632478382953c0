"""`suggest`: texts in, the most valuable of them out, with the spans of the pipeline."""

import json
import sys

import pytest
import spacy
from spacy.tokens import DocBin

from spacy_nested_ner import suggest
from spacy_nested_ner.cli import main
from spacy_nested_ner.user_error import UserError
from tests.pipelines import make_examples, make_nlp, train

TEXTS = [
    "the BRX-7 gene promoter",
    "ZED",
    "the brx-7  GENE promoter",
    "a mouse of the second group",
    "T cells of the ZED complex",
]


@pytest.fixture(scope="module")
def nlp():
    nlp = make_nlp(threshold=0.3)
    train(nlp, make_examples(nlp.vocab), updates=10)
    return nlp


def read_lines(file):
    return [json.loads(line) for line in file.read_text(encoding="utf8").splitlines()]


def test_the_chosen_texts_are_written_with_the_spans_of_the_pipeline(nlp, tmp_path):
    out = tmp_path / "out.jsonl"
    result = suggest(nlp, TEXTS, out, format="jsonl", n=2)
    lines = read_lines(out)
    assert [line["id"] for line in lines] == list(result.ids)
    assert (len(result.ids), result.texts, result.repeated) == (2, 5, 1)
    for line in lines:
        doc = nlp(line["text"])
        assert [(s["start"], s["end"], s["label"]) for s in line["spans"]] == [
            (span.start_char, span.end_char, span.label_) for span in doc.spans["sc"]
        ]
    assert sum(result.mentions.values()) == sum(len(line["spans"]) for line in lines)


def test_no_text_is_chosen_twice(nlp, tmp_path):
    chosen = suggest(nlp, TEXTS, tmp_path / "out.jsonl", format="jsonl", n=50).ids
    assert sorted(chosen) == ["texts:0", "texts:1", "texts:3", "texts:4"]


def test_annotated_texts_are_left_out(nlp, tmp_path):
    gold = tmp_path / "gold.spacy"
    DocBin(docs=[nlp.make_doc("The BRX-7 gene promoter"), nlp.make_doc("ZED")]).to_disk(gold)
    result = suggest(nlp, TEXTS, tmp_path / "o.jsonl", format="jsonl", annotated=[gold])
    assert sorted(result.ids) == ["texts:3", "texts:4"]
    assert result.annotated == 3


def test_one_annotated_corpus_needs_no_list(nlp, tmp_path):
    docs = [nlp.make_doc("The BRX-7 gene promoter"), nlp.make_doc("ZED")]
    gold = tmp_path / "gold.spacy"
    DocBin(docs=docs).to_disk(gold)
    for number, one in enumerate((str(gold), gold, DocBin(docs=docs), docs)):
        out = tmp_path / f"{number}.jsonl"
        assert suggest(nlp, TEXTS, out, format="jsonl", annotated=one).annotated == 3


def test_of_the_chosen_texts_the_most_valuable_one_is_first(nlp, tmp_path):
    every = suggest(nlp, TEXTS, tmp_path / "a.jsonl", format="jsonl", n=4).ids
    some = suggest(nlp, TEXTS, tmp_path / "b.jsonl", format="jsonl", n=2).ids
    assert every[:2] == some


def test_a_text_on_which_the_pipeline_fails_is_counted(nlp, tmp_path):
    from spacy.language import Language

    @Language.component("no_group")
    def no_group(doc):
        if "group" in doc.text:
            raise ValueError("group")
        return doc

    other = make_nlp(threshold=0.3)
    other.initialize(lambda: make_examples(other.vocab))
    other.add_pipe("no_group")
    result = suggest(other, TEXTS, tmp_path / "out.jsonl", format="jsonl")
    assert (result.failed, len(result.ids)) == (1, 3)


@pytest.mark.parametrize(
    ("options", "value"),
    [
        ({"n": 0}, "n is 0"),
        ({"format": "word"}, "word"),
        ({"spans_key": "other"}, "other"),
        ({"annotated": [[spacy.blank("en")(text) for text in TEXTS]]}, "5"),
    ],
)
def test_what_cannot_be_chosen_writes_nothing(nlp, tmp_path, options, value):
    out = tmp_path / "out.jsonl"
    out.write_text("old")
    with pytest.raises(UserError, match=value):
        suggest(nlp, TEXTS, out, **{"format": "jsonl", **options})
    assert out.read_text() == "old"


def test_the_command_writes_what_the_function_does(nlp, tmp_path, capsys, monkeypatch):
    nlp.to_disk(tmp_path / "pipeline")
    (tmp_path / "new.txt").write_text("\n".join(TEXTS))
    out = tmp_path / "tasks.json"
    options = ["--format", "label_studio", "-n", "3"]
    paths = [str(tmp_path / "pipeline"), str(tmp_path / "new.txt"), str(out)]
    monkeypatch.setattr(sys, "argv", ["x", "suggest", *paths, *options])
    with pytest.raises(SystemExit) as exit:
        main()
    assert not exit.value.code
    tasks = json.loads(out.read_text())
    expected = suggest(nlp, tmp_path / "new.txt", tmp_path / "x.jsonl", format="jsonl", n=3).ids
    assert [task["data"]["id"] for task in tasks] == list(expected)
    assert "3 of 5" in capsys.readouterr().out


def test_the_result_is_a_table(nlp, tmp_path):
    result = suggest(nlp, TEXTS, tmp_path / "out.jsonl", format="jsonl", n=2)
    assert [row["id"] for row in result.records()] == list(result.ids)
    assert json.loads(json.dumps(result.to_dict()))["ids"] == list(result.ids)
