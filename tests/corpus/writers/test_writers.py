"""Each format as its tool expects it, compared with values written by hand."""

import csv
import io
import json
import sys

import pytest
import spacy
from spacy.tokens import Doc, Span

from spacy_nested_ner.corpus.writers import find_writer, writer_names
from spacy_nested_ner.corpus.writers.annotations import Annotations, make_document
from spacy_nested_ner.user_error import UserError
from tests.corpus.writers.awkward import PLAIN, SPACED, make_docs

TEXT = "😀 feed\npump"


def make_annotations(scores=(0.9, 0.4), *, label="part", part=None, **options) -> Annotations:
    """One document, a span with another one inside."""
    doc = Doc(
        spacy.blank("en").vocab, ["😀", "feed", "\n", "pump"], [True, False, False, False]
    )
    assert doc.text == TEXT
    doc.spans["sc"] = [Span(doc, 3, 4, "part"), Span(doc, 1, 4, label)]
    if scores:
        doc.spans["sc"].attrs["scores"] = list(scores)
    document = make_document(doc, "sc", id="a/1", document="a", part=part)
    options.setdefault("labels", tuple(sorted({"part", label, "fault"})))
    return Annotations((document,), **options)


def write(name, annotations):
    return {key: data.decode() for key, data in find_writer(name).write(annotations).items()}


def write_json(name, annotations):
    """The first of the documents in a file of JSON or JSON lines."""
    text = write(name, annotations)[""]
    return json.loads(text)[0] if text.startswith("[") else json.loads(text.splitlines()[0])


def test_jsonl():
    assert write_json("jsonl", make_annotations(part="dev")) == {
        "id": "a/1",
        "document": "a",
        "part": "dev",
        "text": TEXT,
        "spans": [
            {"start": 2, "end": 11, "label": "part", "score": 0.4},
            {"start": 7, "end": 11, "label": "part", "score": 0.9},
        ],
    }
    (span, _) = write_json("jsonl", make_annotations(scores=()))["spans"]
    assert span == {"start": 2, "end": 11, "label": "part"}


def test_prodigy_names_the_last_token_of_a_span():
    task = write_json("prodigy", make_annotations(is_predicted=True))
    assert [(span["token_start"], span["token_end"]) for span in task["spans"]] == [
        (1, 3),
        (3, 3),
    ]
    assert task["tokens"][:2] == [
        {"text": "😀", "start": 0, "end": 1, "id": 0, "ws": True},
        {"text": "feed", "start": 2, "end": 6, "id": 1, "ws": False},
    ]
    assert task["meta"] == {"document": "a", "score": 0.4}
    assert "answer" not in task


def test_prodigy_has_the_ids_and_the_view_of_its_recipe():
    task = write_json("prodigy", make_annotations(part="dev"))
    assert {key: task[key] for key in task if key not in ("tokens", "meta")} == {
        "id": "a/1",
        "document": "a",
        "part": "dev",
        "text": TEXT,
        "spans": [
            {
                "start": 2,
                "end": 11,
                "label": "part",
                "score": 0.4,
                "token_start": 1,
                "token_end": 3,
            },
            {
                "start": 7,
                "end": 11,
                "label": "part",
                "score": 0.9,
                "token_start": 3,
                "token_end": 3,
            },
        ],
        "_view_id": "spans_manual",
        "answer": "accept",
    }
    assert task["tokens"][3] == {"text": "pump", "start": 7, "end": 11, "id": 3, "ws": False}
    assert write_json("prodigy", make_annotations(scores=()))["meta"] == {"document": "a"}


def test_prodigy_accepts_gold():
    assert write_json("prodigy", make_annotations(scores=()))["answer"] == "accept"


@pytest.mark.parametrize("samples", [PLAIN, SPACED])
def test_the_tokens_of_prodigy_are_those_of_spacy(samples):
    docs = make_docs(samples)
    documents = tuple(make_document(doc, "sc", id="a", document="a") for doc in docs)
    lines = write("prodigy", Annotations(documents, ()))[""].splitlines()
    for doc, line in zip(docs, lines):
        tokens = json.loads(line)["tokens"]
        assert [(t["text"], t["start"], t["ws"]) for t in tokens] == [
            (token.text, token.idx, bool(token.whitespace_)) for token in doc
        ]


def test_doccano_counts_units_of_utf16():
    label = write_json("doccano", make_annotations())["label"]
    assert label == [[3, 12, "part"], [8, 12, "part"]]
    units = TEXT.encode("utf-16-le")
    assert [units[2 * i : 2 * j].decode("utf-16-le") for i, j, _ in label] == [
        "feed\npump",
        "pump",
    ]


def test_doccano_and_gliner_keep_the_names_of_a_document():
    for name in ("doccano", "gliner"):
        value = write_json(name, make_annotations(part="dev"))
        assert {key: value[key] for key in ("id", "document", "part")} == {
            "id": "a/1",
            "document": "a",
            "part": "dev",
        }
    assert write_json("doccano", make_annotations())["text"] == TEXT


def test_lists_and_lines_have_one_document_on_each_line():
    (document,) = make_annotations().documents
    two = Annotations((document, document), ())
    for name in ("gliner", "label_studio"):
        first, *values, last, end = write(name, two)[""].split("\n")
        assert (first, last, end) == ("[", "]", "")
        assert values[0] == values[1] + ","
        assert "😀" in values[0]
    for name in ("jsonl", "prodigy", "doccano"):
        value, other, end = write(name, two)[""].split("\n")
        assert (value, end) == (other, "")
        assert "😀" in value


def test_gliner_counts_words_and_includes_the_last_one():
    example = write_json("gliner", make_annotations())
    assert example["tokenized_text"] == ["😀", "feed", "pump"]
    assert example["ner"] == [[1, 2, "part"], [2, 2, "part"]]


def test_csv_has_a_row_for_each_span_and_for_each_document_without_one():
    annotations = make_annotations(part="test")
    empty = make_document(Doc(spacy.blank("en").vocab, ["no"]), "sc", id="b", document="b")
    both = Annotations((*annotations.documents, empty), ())
    rows = list(csv.DictReader(io.StringIO(write("csv", both)[""], newline="")))
    assert [(row["doc_id"], row["start"], row["end"], row["score"]) for row in rows] == [
        ("a/1", "2", "11", "0.4"),
        ("a/1", "7", "11", "0.9"),
        ("b", "", "", ""),
    ]
    assert {row["text"] for row in rows} == {TEXT, "no "}
    assert [row["part"] for row in rows] == ["test", "test", ""]


def test_csv_has_the_line_ends_of_its_standard():
    doc = Doc(spacy.blank("en").vocab, ["pump"])
    doc.spans["sc"] = [Span(doc, 0, 1, "part")]
    document = make_document(doc, "sc", id="a:0", document="a", part="train")
    assert write("csv", Annotations((document,), ()))[""] == (
        "doc_id,source_document,part,text,start,end,label,score\r\n"
        "a:0,a,train,pump ,0,4,part,\r\n"
    )


def test_parquet_has_a_row_for_each_document():
    parquet = pytest.importorskip("pyarrow.parquet")
    data = find_writer("parquet").write(make_annotations(scores=()))[""]
    assert parquet.read_table(io.BytesIO(data)).to_pylist() == [
        {
            "id": "a/1",
            "document": "a",
            "part": None,
            "text": TEXT,
            "spans": [
                {"start": 2, "end": 11, "label": "part", "score": None},
                {"start": 7, "end": 11, "label": "part", "score": None},
            ],
        }
    ]


def test_without_pyarrow_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UserError, match="pip install"):
        find_writer("parquet").write(make_annotations())


def test_brat_cuts_at_line_breaks_and_notes_the_probability():
    files = write("brat", make_annotations())
    assert files["a%2F1.txt"] == TEXT
    assert files["a%2F1.ann"].splitlines() == [
        "T1\tpart 2 6;7 11\tfeed pump",
        "#1\tAnnotatorNotes T1\tprobability 0.4",
        "T2\tpart 7 11\tpump",
        "#2\tAnnotatorNotes T2\tprobability 0.9",
    ]
    assert files["annotation.conf"].startswith("[entities]\nfault\npart\n\n")


def test_brat_lets_labels_overlap_and_keeps_a_byte_order_mark_of_the_text():
    doc = Doc(spacy.blank("xx").vocab, ["\ufeffpump"], [False])
    document = make_document(doc, "sc", id="a", document="a")
    files = write("brat", Annotations((document,), ("b c", "part")))
    assert files == {
        "annotation.conf": "[entities]\nb_c\npart\n\n[relations]\n"
        "<OVERLAP>\tArg1:<ENTITY>, Arg2:<ENTITY>, <OVL-TYPE>:<ANY>\n\n"
        "[events]\n\n[attributes]\n",
        "a.txt": "\ufeff\ufeffpump",
        "a.ann": "",
    }


def test_brat_gives_every_document_a_file_of_its_own():
    ids = ["a", "A", "a", "..", "x" * 300, "x" * 301, "患者 1"]
    docs = make_docs([(id, id, "x", []) for id in ids])
    documents = (make_document(doc, "sc", id=doc.user_data["id"], document="a") for doc in docs)
    files = write("brat", Annotations(tuple(documents), ()))
    names = [name.removesuffix(".txt") for name in files if name.endswith(".txt")]
    assert len({name.casefold() for name in names}) == len(ids)
    assert names[:4] == ["a", "A~2", "a~3", "%2E."]
    assert names[-1] == "患者%201"
    assert max(len(name.encode()) for name in files) < 255


def test_brat_has_no_blanks_in_labels():
    annotations = make_annotations(label="spare part")
    assert write("brat", annotations)["a%2F1.ann"].startswith("T1\tspare_part 2 6")
    assert find_writer("brat").count_lost(annotations)["blanks in labels"] == 1
    with pytest.raises(UserError, match="spare_part"):
        write("brat", make_annotations(label="spare part", labels=("spare part", "spare_part")))


def test_what_a_format_cannot_hold_is_counted():
    documents = make_annotations().documents
    lost = {
        name: {
            what: n
            for what, n in find_writer(name).count_lost(Annotations(documents, ())).items()
            if n
        }
        for name in writer_names()
    }
    assert {name: counts for name, counts in lost.items() if counts} == {
        "brat": {"ids of documents": 1, "names of source documents": 1},
        "doccano": {"probabilities": 2},
        "gliner": {
            "probabilities": 2,
            "texts with other blanks than one between two words": 1,
        },
    }


def test_an_unknown_format_is_named_with_the_known_ones():
    with pytest.raises(UserError, match=f"'conll'.*{', '.join(writer_names())}"):
        find_writer("conll")


def test_spans_that_no_reader_accepts_are_left_out_and_counted():
    doc = Doc(spacy.blank("en").vocab, ["a", "\n", "b"])
    doc.spans["sc"] = [
        Span(doc, 1, 2, "part"),
        Span(doc, 0, 1, ""),
        Span(doc, 2, 3, "part"),
        Span(doc, 2, 3, "part"),
    ]
    doc.spans["sc"].attrs["scores"] = [0.1, 0.2, 0.3, 0.4]
    document = make_document(doc, "sc", id="a", document="a")
    assert document.n_unusable == 2
    assert [(span.start_token, span.score) for span in document.spans] == [(2, 0.4)]
