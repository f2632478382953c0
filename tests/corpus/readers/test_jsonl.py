import json
from pathlib import Path
from typing import Any, Dict, List, Optional, Union

import pytest
import spacy
from spacy.tokens import Span

from spacy_nested_ner.corpus.faults import collect_faults
from spacy_nested_ner.corpus.readers.jsonl import read_jsonl
from spacy_nested_ner.corpus.records import Lost, Mention, Record, Skipped
from spacy_nested_ner.user_error import UserError

SKIPPED = Skipped("ignore", "x.jsonl, line 4")
TEXT = "ABC-1 gene is on."
GENE = {"start": 0, "end": 10, "label": "DNA"}
PROTEIN = {"start": 0, "end": 5, "label": "protein"}
TOKENS = [
    {"text": "ABC-1", "start": 0, "end": 5, "id": 0, "ws": True},
    {"text": "gene", "start": 6, "end": 10, "id": 1, "ws": True},
    {"text": "is", "start": 11, "end": 13, "id": 2, "ws": True},
]


def read(
    folder: Path, *records: Any, name: str = "x.jsonl", end: str = "\n"
) -> List[Union[Record, Skipped]]:
    lines = [r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in records]
    file = folder / name
    file.write_bytes(end.join(lines).encode("utf8"))
    return list(read_jsonl(file))


def task(*spans: Dict[str, Any], **more: Any) -> Dict[str, Any]:
    return {"text": TEXT, "spans": list(spans), **more}


def test_spans_are_mentions_with_the_longer_one_first(tmp_path):
    assert read(tmp_path, task(PROTEIN, GENE), task()) == [
        Record("x:0", "x:0", TEXT, (Mention(0, 10, "DNA"), Mention(0, 5, "protein"))),
        Record("x:1", "x:1", TEXT, ()),
    ]


def test_what_prodigy_writes_beside_is_passed_over(tmp_path):
    span = {**GENE, "token_start": 0, "token_end": 1, "source": "model", "score": 0.5}
    record = task(
        span,
        tokens=TOKENS,
        meta={"score": 1, "id": 7},
        answer="accept",
        _input_hash=-1,
        _task_hash=2,
        _view_id="spans_manual",
        _annotator_id="a",
        _timestamp=1700000000,
    )
    # an example without a span may come without the key or with null
    bare = {"text": TEXT, "tokens": None, "answer": None}
    first, second, third = read(tmp_path, record, bare, {**bare, "spans": None})
    assert first.mentions == (Mention(0, 10, "DNA"),)
    assert second.mentions == third.mentions == ()


@pytest.mark.parametrize("answer", ["reject", "ignore"])
def test_rejected_and_ignored_examples_are_skipped_and_counted(tmp_path, answer):
    broken = {"text": None, "spans": [{}], "answer": answer}
    skipped, kept = read(tmp_path, broken, task(GENE, answer="accept"))
    assert skipped == Skipped(answer, "x.jsonl, line 1")
    assert kept.id == "x:1"


def test_binary_answers_of_one_text_become_one_record_that_is_not_complete(tmp_path):
    def answer(start, end, answer, number, label="DNA"):
        span = {"start": start, "end": end, "label": label}
        hashes = {"_input_hash": number, "_view_id": "ner", "answer": answer}
        return {"text": "α binds DNA", "spans": [span], **hashes}

    first, second, *skipped = read(
        tmp_path,
        answer(0, 1, "accept", 7),
        answer(2, 7, "reject", 7),
        answer(8, 11, "reject", 8),
        answer(0, 1, "ignore", 9),
    )
    assert first.mentions == (Mention(0, 1, "DNA"),)
    assert first.rejected == (Mention(2, 7, "DNA"),)
    assert (second.mentions, second.rejected) == ((), (Mention(8, 11, "DNA"),))
    assert first.unannotated == second.unannotated == (Mention(0, 11, ""),)
    assert skipped == [Skipped("ignore", "x.jsonl, line 4")]


def test_without_a_hash_the_text_says_which_binary_answers_belong_together(tmp_path):
    def answer(text, start, end):
        span = {"start": start, "end": end, "label": "DNA"}
        return {"text": text, "spans": [span], "_view_id": "ner", "answer": "accept"}

    records = read(
        tmp_path, answer("IL-2", 0, 4), answer("NF-kB p65", 0, 5), answer("NF-kB p65", 6, 9)
    )
    assert [(record.text, len(record.mentions)) for record in records] == [
        ("IL-2", 1),
        ("NF-kB p65", 2),
    ]


def binary(start: int, end: int, answer: str, annotator: Optional[str], **more: Any):
    span = {"start": start, "end": end, "label": "DNA"}
    marks = {"_input_hash": 7, "_view_id": "ner", "_annotator_id": annotator}
    return {"text": "α binds DNA", "spans": [span], **marks, "answer": answer, **more}


def test_binary_answers_of_each_annotator_become_a_record_with_one_id(tmp_path):
    records = read(
        tmp_path,
        binary(0, 1, "accept", "anna"),
        binary(0, 1, "reject", "ben"),
        binary(8, 11, "accept", "anna", document="d"),
        binary(0, 1, "ignore", "cai"),
        binary(0, 1, "accept", "anna", _input_hash=8),
    )
    alpha, dna = Mention(0, 1, "DNA"), Mention(8, 11, "DNA")
    assert [(r.id, r.annotator, r.mentions, r.rejected) for r in records if r != SKIPPED] == [
        ("x:binary:0", "anna", (alpha, dna), ()),
        ("x:binary:0", "ben", (), (alpha,)),
        ("x:binary:1", "anna", (alpha,), ()),
    ]
    assert records.count(SKIPPED) == 1


def test_own_ids_of_answers_and_missing_names_keep_no_annotators_apart(tmp_path):
    answers = [
        binary(0, 1, "accept", "anna", id="q1", document="d"),
        binary(0, 1, "reject", "ben", id="q2"),
        binary(0, 1, "reject", None, id="q3"),
        binary(2, 7, "accept", "anna", id="q4"),
    ]
    assert [(r.id, r.document, r.annotator) for r in read(tmp_path, *answers)] == [
        ("q1", "d", "anna"),
        ("q1", "d", "ben"),
        ("q1", "d", "unknown"),
    ]


def test_binary_answers_in_a_file_for_each_annotator_have_one_id(tmp_path):
    for name in ("anna", "ben"):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(binary(0, 1, "accept", name)))
    records = list(read_jsonl(tmp_path))
    assert [(r.id, r.annotator) for r in records] == [
        ("anna:binary:0", "anna"),
        ("anna:binary:0", "ben"),
    ]


@pytest.mark.parametrize("annotator", ["anna", None])
def test_an_annotator_who_accepts_and_rejects_a_span_is_refused(tmp_path, annotator):
    answers = [binary(0, 1, answer, annotator) for answer in ("accept", "reject")]
    with pytest.raises(UserError, match=r"line 2: .* 0 to 1 .* line 1: "):
        read(tmp_path, *answers)
    with collect_faults() as faults:
        (record,) = read(tmp_path, *answers)
    assert ([f.of for f in faults], len(record.mentions), record.rejected) == (
        ["annotation"],
        1,
        (),
    )


def test_binary_answers_of_one_hash_have_one_text(tmp_path):
    answers = binary(0, 1, "accept", "anna"), binary(0, 1, "accept", "ben", text="A binds")
    with pytest.raises(UserError, match=r"line 2: .*line 1, .*_input_hash"):
        read(tmp_path, *answers)


@pytest.mark.parametrize("text", [None, 7, ["a"]])
def test_a_binary_answer_without_a_text_is_a_fault(tmp_path, text):
    with collect_faults() as faults:
        read(tmp_path, binary(0, 1, "accept", "anna", text=text))
    assert [fault.of for fault in faults] == ["record"]


@pytest.mark.parametrize(
    ("marks", "is_complete"),
    [({"_view_id": "ner", "_is_binary": False}, True), ({"_view_id": "ner"}, False)],
)
def test_prodigy_says_whether_an_answer_is_binary(tmp_path, marks, is_complete):
    (record,) = read(tmp_path, {**task(GENE, answer="accept"), **marks})
    assert record.mentions == (Mention(0, 10, "DNA"),)
    assert (record.unannotated == ()) == is_complete


def test_the_json_of_spacy_has_one_group(tmp_path):
    nlp = spacy.blank("en")
    docs = [nlp.make_doc(text) for text in ("α (1) binds DNA", "🦠 is here", "No span")]
    docs[0].spans["sc"] = [Span(docs[0], 0, 4, "protein"), Span(docs[0], 2, 3, "number")]
    docs[0].set_ents([Span(docs[0], 5, 6, "passed over")])
    docs[1].spans["sc"] = []
    records = read(tmp_path, *(doc.to_json() for doc in docs))
    assert [record.text for record in records] == [doc.text for doc in docs]
    assert records[0].mentions == (Mention(0, 5, "protein"), Mention(3, 4, "number"))
    assert records[1].mentions == records[2].mentions == ()


def test_the_json_of_spacy_may_have_entities_alone(tmp_path):
    doc = spacy.blank("en")("α binds DNA")
    doc.set_ents([Span(doc, 2, 3, "DNA")])
    (record,) = read(tmp_path, doc.to_json())
    assert record.mentions == (Mention(8, 11, "DNA"),)


def test_the_only_group_may_have_any_name(tmp_path):
    (record,) = read(tmp_path, {"text": TEXT, "spans": {"genes": [GENE]}})
    assert record.mentions == (Mention(0, 10, "DNA"),)


def test_ids_and_documents_are_the_own_ones(tmp_path):
    records = read(tmp_path, task(id="A-7", document="A"), task(id=0), task(), task(id=None))
    assert [(r.id, r.document) for r in records] == [
        ("A-7", "A"),
        ("0", "0"),
        ("x:2", "x:2"),
        ("x:3", "x:3"),
    ]


def test_files_determine_the_parts(tmp_path):
    for name in ("train.jsonl", "dev.jsonl", "other.jsonl"):
        read(tmp_path, task(GENE), name=name)
    records = list(read_jsonl(tmp_path))
    assert [(r.id, r.part) for r in records] == [
        ("dev:0", "dev"),
        ("other:0", None),
        ("train:0", "train"),
    ]


def test_a_token_is_not_asked_for_where_there_are_none(tmp_path):
    (record,) = read(tmp_path, task({**GENE, "token_start": 8, "token_end": 9}, tokens=None))
    assert record.mentions == (Mention(0, 10, "DNA"),)


def test_characters_are_counted_not_bytes_or_surrogates(tmp_path):
    span = {"start": 2, "end": 5, "label": "X", "text": "grü"}
    for line in (
        json.dumps({"text": "🦠\tgrün", "spans": [span]}, ensure_ascii=a) for a in (0, 1)
    ):
        (record,) = read(tmp_path, line)
        assert record.mentions == (Mention(2, 5, "X"),)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n", " \r\n\n"])
def test_neither_mark_nor_line_ends_change_the_records(tmp_path, end):
    assert read(
        tmp_path, "\ufeff" + json.dumps(task(GENE)), task(PROTEIN), "", end=end
    ) == read(tmp_path, task(GENE), task(PROTEIN))


def test_records_arrive_before_the_file_ends(tmp_path):
    file = tmp_path / "x.jsonl"
    file.write_text(json.dumps(task(GENE)) + '\n{"text": ', encoding="utf8")
    records = read_jsonl(file)
    assert next(records).id == "x:0"
    with pytest.raises(UserError, match=r"x.jsonl, line 2, column \d+: "):
        next(records)


def test_a_repeat_and_a_span_without_a_label_are_reported(tmp_path):
    null = {"start": 11, "end": 13, "label": None}
    (record,) = read(tmp_path, task(GENE, PROTEIN, GENE, null, {**null, "label": ""}))
    assert record.mentions == (Mention(0, 10, "DNA"), Mention(0, 5, "protein"))
    assert record.lost == (
        Lost("repeated", "x.jsonl, line 1", "ABC-1 gene"),
        Lost("unlabelled", "x.jsonl, line 1", "is"),
        Lost("unlabelled", "x.jsonl, line 1", "is"),
    )


def spans(**change: Any) -> Dict[str, Any]:
    """A task with tokens whose span GENE is changed."""
    good = {**GENE, "token_start": 0, "token_end": 1}
    return task({**good, **change}, tokens=TOKENS)


BAD_RECORDS = {
    "past the end": (task({**GENE, "end": 18}), "DNA .* 0 to 18 .* 17 "),
    "negative": (task({**GENE, "start": -5}), "DNA .* -5 to 10 "),
    "reversed": (task({**GENE, "start": 12}), "DNA .* 12 to 10 "),
    "empty": (task({**GENE, "start": 10}), "DNA .* 10 to 10 "),
    "blank": (task({**GENE, "start": 5, "end": 6}), "DNA .* 5 to 6 .* blanks"),
    "a text for a number": (task({**GENE, "start": "0"}), "a span from '0' to 10"),
    "a fraction": (task({**GENE, "end": 10.0}), "a span from 0 to 10.0"),
    "no end": (task({"start": 0, "label": "DNA"}), "a span from 0 to None"),
    "no label": (task({"start": 0, "end": 5}), "0 to 5 .*'label'"),
    "a number for a label": (task({**GENE, "label": 1}), "0 to 10 .*'label'"),
    "another text": (task({**GENE, "text": "ABC-2 gene"}), "'ABC-1 gene'.* 'ABC-2 gene'"),
    "a number for a text": (task({**GENE, "text": 1}), "0 to 10 .* 'text'"),
    "another first token": (spans(token_start=1), "token_start 1,.* start .* 6"),
    "the token after": (spans(token_end=2), "token_end 2,.* end .* 13"),
    "no such token": (spans(token_end=3), "token_end 3,.* end .* None"),
    "a negative token": (spans(token_start=-3), "token_start -3,.* start .* None"),
    "no list of tokens": (
        {**spans(), "tokens": {"0": TOKENS[0]}},
        "token_start 0,.* start .* None",
    ),
    "no text": ({"spans": []}, "'text' .*None"),
    "a list for a text": ({"text": ["ABC-1"], "spans": []}, r"'text' .*\['ABC-1'\]"),
    "no list of spans": (task() | {"spans": "none"}, "'spans' .*list of objects"),
    "no objects": (task() | {"spans": [[0, 5, "DNA"]]}, "'spans' .*list of objects"),
    "no list in a group": (
        task() | {"spans": {"sc": "none"}},
        "'spans' .*'sc' .*list of objects",
    ),
    "two groups": (
        task() | {"spans": {"sc": [GENE], "ruler": []}},
        "'spans' .*'sc', 'ruler'",
    ),
    "two places": (
        task() | {"spans": {"sc": []}},
        "'spans' under 'sc',.* 'spans'",
    ),
    "another answer": (task(answer="maybe"), "'answer' .*'maybe'.* accept, reject"),
    "no document": (task(document=3), "'document' .*3"),
    "no id": (task(id=0.5), "0.5 .*id"),
    "an empty id": (task(id=""), "'' .*id"),
    "an id again": (task(id="first"), r"id 'first' .*x\.jsonl, line 1"),
    "a list": ([task()], "JSON object"),
    "half a character": ('{"text": "\\ud83e", "spans": []}', "surrogate pair"),
    "a key twice": ('{"text": "a", "spans": [], "text": "b"}', 'has the key "text" twice'),
}


@pytest.mark.parametrize("case", BAD_RECORDS)
def test_a_bad_record_is_named(tmp_path, case):
    record, message = BAD_RECORDS[case]
    with pytest.raises(UserError, match=message) as error:
        read(tmp_path, task(GENE, id="first"), "", record)
    assert "x.jsonl, " in str(error.value)
    assert "line 3" in str(error.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("label", [[0, 5, "DNA"]]),
        ("labels", [[0, 5, "DNA"]]),
        ("entities", [{"label": "DNA", "start_offset": 0, "end_offset": 5}]),
    ],
)
def test_mentions_under_the_keys_of_other_tools_are_not_taken_for_none(tmp_path, key, value):
    for first in (task(GENE), {"text": TEXT}):
        with pytest.raises(UserError, match=rf"x\.jsonl, line 2: .* '{key}', .* 'spans'"):
            read(tmp_path, first, {"text": TEXT, key: value})


def test_categories_of_texts_are_no_mentions(tmp_path):
    (record,) = read(tmp_path, task(GENE) | {"label": "report", "labels": ["report", "gene"]})
    assert len(record.mentions) == 1
    (record, _) = read(tmp_path, {"text": TEXT, "label": ["report"]}, task(GENE))
    assert not record.mentions


def test_a_file_without_spans_in_any_line_is_refused_with_its_keys(tmp_path):
    with pytest.raises(UserError, match=r"'spans'.* text, comment: "):
        read(tmp_path, {"text": TEXT}, {"text": TEXT, "comment": "sure?"})
    with pytest.raises(UserError, match=r"'spans'.* none: "):
        read(tmp_path, "")


def test_another_encoding_is_refused_with_its_line(tmp_path):
    (tmp_path / "x.jsonl").write_bytes(b'\n{"text": "f\xfcnf"}\n')
    with pytest.raises(UserError, match=r"x.jsonl, line 2: byte 0xfc "):
        list(read_jsonl(tmp_path))


def test_lines_of_a_text_by_several_annotators_have_one_id(tmp_path):
    records = read(
        tmp_path,
        task(GENE, _annotator_id="ann", _session_id="x"),
        task(PROTEIN, _annotator_id=None, _session_id="bob"),
        task(GENE),
        task(GENE, _annotator_id="ann"),  # again
        {**task(), "text": "ABC-1 is off.", "_annotator_id": "bob"},
        task(id="own", _annotator_id="ann"),
        task(id="own", _annotator_id="bob"),
        task(document="d", _annotator_id="bob"),
    )
    assert [(record.id, record.annotator) for record in records] == [
        ("x:0", "ann"),
        ("x:0", "bob"),
        ("x:2", None),
        ("x:3", "ann"),
        ("x:4", "bob"),
        ("own", "ann"),
        ("own", "bob"),
        ("x:7", "bob"),
    ]


def test_annotators_of_a_text_may_have_a_file_each_but_not_a_part_each(tmp_path):
    read(tmp_path, task(GENE, _annotator_id="ann"), name="ann.jsonl")
    read(tmp_path, task(GENE, _annotator_id="bob"), name="bob.jsonl")
    read(tmp_path, task(GENE, _annotator_id="cai"), name="test.jsonl")
    records = read_jsonl(tmp_path)
    assert [record.id for record in records] == ["ann:0", "ann:0", "test:0"]
