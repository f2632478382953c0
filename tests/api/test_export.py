"""`export`: from a pipeline and texts, from a .spacy file, from docs in memory."""

import json
import sys

import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span

from spacy_nested_ner import export
from spacy_nested_ner.cli import main
from spacy_nested_ner.corpus.readers.label_studio import read_label_studio
from spacy_nested_ner.corpus.records import Skipped
from spacy_nested_ner.user_error import UserError
from tests.corpus.writers.awkward import PLAIN, make_docs


@pytest.fixture
def nlp():
    """Finds feed pumps and the pumps in them, and knows a label that it never finds."""
    nlp = spacy.blank("en", meta={"name": "pumps", "version": "1.2.3"})
    ruler = nlp.add_pipe("span_ruler", config={"spans_key": "found", "spans_filter": None})
    patterns = {"feed pump": "part", "pump": "part", "turbine": "machine"}
    ruler.add_patterns([{"label": label, "pattern": text} for text, label in patterns.items()])
    return nlp


@pytest.fixture
def gold(tmp_path):
    file = tmp_path / "dev.spacy"
    DocBin(docs=make_docs(PLAIN), store_user_data=True).to_disk(file)
    return file


def read_lines(file):
    return [json.loads(line) for line in file.read_text(encoding="utf8").splitlines()]


def test_a_pipeline_annotates_the_texts_of_a_file(nlp, tmp_path):
    (tmp_path / "new.jsonl").write_text(
        '{"id": 7, "document": "order", "text": "the feed pump"}\n\n{"text": "no fault"}\n'
    )
    result = export(nlp, tmp_path / "out.jsonl", format="jsonl", texts=tmp_path / "new.jsonl")
    first, second = read_lines(tmp_path / "out.jsonl")
    assert (first["id"], first["document"]) == ("7", "order")
    assert [(span["start"], span["end"]) for span in first["spans"]] == [(4, 13), (9, 13)]
    assert (second["id"], second["document"], second["spans"]) == ("new:1", "new:1", [])
    assert (result.documents, result.labels) == (2, {"machine": 0, "part": 2})
    assert result.model == "en_pumps-1.2.3"


def test_an_annotator_can_choose_every_label_of_the_pipeline(nlp, tmp_path):
    result = export(nlp, tmp_path / "t.json", format="label_studio", texts=["a pump", "none"])
    (task, _) = json.loads((tmp_path / "t.json").read_text())
    assert task["predictions"][0]["model_version"] == "en_pumps-1.2.3"
    assert 'value="machine"' in (tmp_path / "t-labels.xml").read_text()
    assert result.files == (tmp_path / "t.json", tmp_path / "t-labels.xml")


def test_a_spacy_file_and_docs_in_memory_give_the_same(gold, tmp_path):
    export(str(gold), tmp_path / "a.jsonl", format="jsonl")
    export(make_docs(PLAIN), str(tmp_path / "b.jsonl"), format="jsonl")
    a, b = read_lines(tmp_path / "a.jsonl"), read_lines(tmp_path / "b.jsonl")
    assert {line.pop("part") for line in a} == {"dev"}
    assert a == b
    assert [line["id"] for line in a] == [id for id, *_ in PLAIN]


def test_gold_mentions_that_no_span_holds_are_counted(tmp_path):
    docs = make_docs(PLAIN)
    docs[0].user_data["not_aligned"] = [(0, 2, "part"), (1, 3, "part")]
    docs[1].user_data["discontinuous"] = 3
    result = export(docs, tmp_path / "a.jsonl", format="jsonl")
    assert result.lost == {"mentions that no span holds": 5}
    for doc in docs:
        doc.spans["sc"].attrs["scores"] = [0.5] * len(doc.spans["sc"])
    assert not export(docs, tmp_path / "b.jsonl", format="jsonl").lost


def test_what_is_lost_is_counted_and_shown_once(tmp_path):
    docs = make_docs(PLAIN, scores=[0.5])
    result = export(docs, tmp_path / "out.jsonl", format="doccano")
    n = sum(len(spans) for *_, spans in PLAIN)
    assert result.lost == {"probabilities": n}
    assert str(result).count(f"{n} probabilities") == 1
    assert json.loads(json.dumps(result.to_dict()))["lost"] == result.lost


@pytest.fixture
def partly_annotated():
    """Docs of which one is annotated, two are not, and two are in part."""
    vocab = spacy.blank("en").vocab
    docs = [Doc(vocab, ["feed", "pump"], user_data={"id": id}) for id in "abcde"]
    gold, _, all_open, region, rejected = docs
    gold.spans["sc"] = [Span(gold, 0, 2, "part")]
    for doc in (all_open, region, rejected):
        doc.spans["sc"] = []
    all_open.spans["sc_unannotated"] = [Span(all_open, 0, 2, "")]
    region.spans["sc_unannotated"] = [Span(region, 0, 2, "fault")]
    rejected.spans["sc_rejected"] = [Span(rejected, 1, 2, "part")]
    return docs


@pytest.mark.parametrize("format", ["brat", "csv", "doccano", "gliner", "jsonl", "prodigy"])
def test_what_is_not_annotated_or_rejected_is_counted(partly_annotated, tmp_path, format):
    lost = export(partly_annotated, tmp_path / "out", format=format).lost
    assert lost["marks of documents that are not annotated"] == 2
    assert lost["marks of regions that are not annotated"] == 1
    assert lost["rejected spans"] == 1


def test_a_document_that_is_not_annotated_is_a_task_without_annotations(
    partly_annotated, tmp_path
):
    out = tmp_path / "tasks.json"
    result = export(partly_annotated, out, format="label_studio")
    assert result.lost == {"marks of regions that are not annotated": 1, "rejected spans": 1}
    tasks = json.loads(out.read_text())
    assert [len(task["annotations"]) for task in tasks] == [1, 0, 0, 1, 1]
    read = list(read_label_studio(out))
    assert [one.reason if isinstance(one, Skipped) else "" for one in read] == [
        *("", "unlabelled", "unlabelled", "", "")
    ]


def test_prodigy_accepts_no_document_that_is_not_annotated(partly_annotated, tmp_path):
    export(partly_annotated, tmp_path / "out.jsonl", format="prodigy")
    answers = ["answer" in task for task in read_lines(tmp_path / "out.jsonl")]
    assert answers == [True, False, False, True, True]


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are UTF-8 elsewhere")
def test_a_file_name_that_is_not_utf8_gives_printable_ids(nlp, tmp_path):
    file = tmp_path / "new\udcff.txt"
    file.write_text("a pump\n")
    export(nlp, tmp_path / "out.jsonl", format="jsonl", texts=file)
    assert [line["id"] for line in read_lines(tmp_path / "out.jsonl")] == ["new\\xff:0"]
    gold = tmp_path / "gold\udcff.spacy"
    doc = nlp("a pump")
    DocBin(docs=[doc]).to_disk(gold)
    export(gold, tmp_path / "gold.jsonl", format="jsonl", spans_key="found")
    assert [line["id"] for line in read_lines(tmp_path / "gold.jsonl")] == ["gold\\xff:0"]


def test_a_folder_with_corrections_is_not_overwritten(gold, tmp_path):
    export(gold, tmp_path / "brat", format="brat")
    (tmp_path / "brat" / "b.ann").write_text("corrected")
    with pytest.raises(UserError, match="brat"):
        export(gold, tmp_path / "brat", format="brat")
    assert (tmp_path / "brat" / "b.ann").read_text() == "corrected"


def test_the_interface_is_not_written_over_an_input(nlp, tmp_path):
    texts = tmp_path / "t-labels.xml"
    texts.write_text("a text\n")
    with pytest.raises(UserError, match=r"t-labels\.xml"):
        export(nlp, tmp_path / "t.json", format="label_studio", texts=texts)
    assert texts.read_text() == "a text\n"


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ('{"text": "a"}\n{"txt": "b"}', "line 2"),
        ('{"text": "a"}\n["b"]', "line 2"),
        ('{"text": "a", "document": 3}', "document"),
        ('{"id": 1, "text": "a"}\n{"id": 1, "text": "b"}', "'1'"),
        ('{"text": "a"', "not JSON"),
        ("\n", "no text"),
    ],
)
def test_a_bad_file_of_texts_is_one_sentence(nlp, tmp_path, lines, named):
    (tmp_path / "new.jsonl").write_text(lines)
    with pytest.raises(UserError, match=named):
        export(nlp, tmp_path / "out", format="jsonl", texts=tmp_path / "new.jsonl")
    assert not (tmp_path / "out").exists()


def test_a_source_that_does_not_fit_is_one_sentence(nlp, gold, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(UserError, match="texts"):
        export(nlp, out, format="jsonl")
    with pytest.raises(UserError, match="pipeline"):
        export(gold, out, format="jsonl", texts=["a"])
    with pytest.raises(UserError, match="'sc'"):
        export(gold, out, format="jsonl", spans_key="other")
    with pytest.raises(UserError, match="'sc'"):
        export(nlp, out, format="jsonl", texts=["a"], spans_key="sc")
    twice = [Doc(spacy.blank("en").vocab, ["a"], user_data={"id": "x"}) for _ in range(2)]
    for doc in twice:
        doc.spans["sc"] = []
    with pytest.raises(UserError, match="'x'"):
        export(twice, out, format="jsonl")
    assert not out.exists()


def test_the_command(nlp, tmp_path, monkeypatch, capsys):
    nlp.to_disk(tmp_path / "pipeline")
    (tmp_path / "new.txt").write_text("a feed pump\n\nnothing\n")
    monkeypatch.chdir(tmp_path)
    words = ["export", "pipeline", "tasks.jsonl", "--format", "prodigy", "--texts", "new.txt"]
    monkeypatch.setattr(sys, "argv", ["spacy-nested-ner", *words])
    with pytest.raises(SystemExit) as exit:
        main()
    assert exit.value.code == 0
    assert "tasks.jsonl" in capsys.readouterr().out
    assert [len(task["spans"]) for task in read_lines(tmp_path / "tasks.jsonl")] == [2, 0]
