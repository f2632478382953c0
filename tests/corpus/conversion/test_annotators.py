import json
from dataclasses import replace
from pathlib import Path

import pytest
import spacy
from spacy.tokens import DocBin

from spacy_nested_ner.api.convert import convert
from spacy_nested_ner.corpus.conversion.annotators import ANNOTATORS, merge_annotators
from spacy_nested_ner.corpus.conversion.reading import Reading
from spacy_nested_ner.corpus.conversion.sentences import join_documents
from spacy_nested_ner.corpus.records import Lost, Mention, Record
from spacy_nested_ner.user_error import UserError

TEXT = "feed pump seal leaks"
SEAL, PUMP, FEED = Mention(0, 14, "PART"), Mention(0, 9, "PART"), Mention(0, 4, "PART")
SOURCE = Path("a.jsonl")


def record(id: str, annotator, *mentions: Mention, text: str = TEXT, **others) -> Record:
    return Record(id, id, text, mentions, annotator=annotator, **others)


def merge(annotators: str, *records: Record):
    reading, account = merge_annotators(Reading(list(records), []), annotators, SOURCE)
    return reading.records, account


THREE = (
    record("a", "ann", SEAL, PUMP),
    record("a", "bob", SEAL, FEED, lost=(Lost("repeated", "a", "seal"),), trimmed=1),
    record("a", "cai", SEAL, PUMP),
    record("b", "ann", FEED),
)


@pytest.mark.parametrize(
    ("annotators", "mentions"),
    [("union", (SEAL, PUMP, FEED)), ("majority", (SEAL, PUMP)), ("first", (SEAL, PUMP))],
)
def test_the_records_of_a_text_become_one(annotators, mentions):
    records, account = merge(annotators, *THREE)
    merged, alone = records
    assert (merged.id, merged.mentions, merged.annotator) == ("a", mentions, None)
    assert alone == record("b", None, FEED)
    assert account["mentions"] == {"read": 3, "kept": len(mentions)}
    assert (account["records"], account["texts"], account["differing"]) == (3, 1, 1)
    is_first = annotators == "first"
    assert (len(merged.lost), merged.trimmed) == ((0, 0) if is_first else (1, 1))


def test_a_majority_of_two_is_both():
    (merged,), _ = merge("majority", *THREE[:2])
    assert merged.mentions == (SEAL,)


def test_separate_records_have_the_name_of_their_annotator_in_the_id():
    records, account = merge("separate", *THREE)
    assert [(r.id, r.document) for r in records] == [
        ("a@ann", "a"),
        ("a@bob", "a"),
        ("a@cai", "a"),
        ("b", "b"),
    ]
    assert [r.mentions for r in records] == [r.mentions for r in THREE]
    assert account["mentions"] == {"read": 3, "kept": 3}


def test_annotators_who_differ_are_refused_unless_a_policy_is_given():
    with pytest.raises(UserError, match=r"a\.jsonl has 1 texts .* 1 .*66\.7%.*'a'"):
        merge("stop", *THREE)
    records, account = merge("stop", THREE[0], THREE[2])
    assert records == [record("a", None, SEAL, PUMP)]
    assert (account["differing"], account["agreement"]["f1"]) == (0, 1.0)


def test_agreement_is_the_f1_of_each_pair_over_their_common_texts():
    more = (
        record("b", "bob", FEED, PUMP, SEAL),
        record("c", "cai", FEED),  # without a second annotator
        record("d", "cai"),
        record("d", "ann", Mention(0, 4, "TOOL")),
    )
    _, account = merge("union", *THREE, *more)
    assert account["agreement"]["pairs"] == [
        {
            "annotators": ["ann", "bob"],
            "texts": 2,
            "mentions": [3, 5],
            "both": 2,
            "f1": 0.5,
        },
        {
            "annotators": ["ann", "cai"],
            "texts": 2,
            "mentions": [3, 2],
            "both": 2,
            "f1": 0.8,
        },
        {"annotators": ["bob", "cai"], "texts": 1, "mentions": [2, 2], "both": 1, "f1": 0.5},
    ]
    assert account["agreement"]["f1"] == round(10 / 17, 5)


def test_without_a_mention_there_is_no_f1():
    _, account = merge("stop", record("a", "ann"), record("a", "bob"))
    assert account["agreement"]["f1"] is account["agreement"]["pairs"][0]["f1"] is None


@pytest.mark.parametrize("annotators", ANNOTATORS)
def test_nothing_happens_to_texts_with_one_annotator(annotators):
    records, account = merge(annotators, record("a", "ann", SEAL), record("b", None, PUMP))
    assert records == [record("a", None, SEAL), record("b", None, PUMP)]
    assert account is None


def test_different_texts_of_one_id_are_refused():
    with pytest.raises(UserError, match=r"a\.jsonl.* 'a' "):
        merge("union", record("a", "ann"), record("a", "bob", text="another"))


def answers(annotator: str, *accepted: Mention, rejected=()) -> Record:
    """The binary answers of an annotator; the rest of the text is not annotated."""
    unannotated = (Mention(0, len(TEXT), ""),)
    return record("a", annotator, *accepted, rejected=rejected, unannotated=unannotated)


@pytest.mark.parametrize(
    ("annotators", "mentions", "rejected"),
    [
        ("union", (SEAL, PUMP), ()),
        ("majority", (SEAL,), ()),
        ("first", (SEAL, PUMP), ()),
    ],
)
def test_a_policy_decides_about_a_span_that_one_accepts_and_another_rejects(
    annotators, mentions, rejected
):
    both = answers("ann", SEAL, PUMP), answers("bob", SEAL, rejected=(PUMP,))
    (merged,), account = merge(annotators, *both)
    assert (merged.mentions, merged.rejected) == (mentions, rejected)
    assert merged.unannotated == both[0].unannotated
    assert (account["differing"], account["mentions"]["kept"]) == (1, len(mentions))
    assert account["agreement"]["f1"] == round(2 / 3, 5)
    with pytest.raises(UserError, match="differ in 1"):
        merge("stop", *both)
    separate, _ = merge("separate", *both)
    assert [(r.mentions, r.rejected) for r in separate] == [
        ((SEAL, PUMP), ()),
        ((SEAL,), (PUMP,)),
    ]


@pytest.mark.parametrize(("n_accept", "n_reject"), [(2, 1), (1, 2), (1, 1)])
def test_a_majority_of_binary_answers_is_one_of_those_who_were_asked(n_accept, n_reject):
    records = [
        *(answers(f"a{i}", PUMP) for i in range(n_accept)),
        *(answers(f"r{i}", rejected=(PUMP,)) for i in range(n_reject)),
        answers("not asked", SEAL),
        answers("nor he", rejected=(FEED,)),
    ]
    (merged,), _ = merge("majority", *records)
    assert (PUMP in merged.mentions) == (n_accept > n_reject)
    assert (PUMP in merged.rejected) == (n_accept < n_reject)
    assert SEAL in merged.mentions
    assert FEED in merged.rejected


@pytest.mark.parametrize("annotators", ["stop", "union", "majority"])
def test_binary_answers_about_other_spans_do_not_differ(annotators):
    both = answers("ann", SEAL, rejected=(FEED,)), answers("bob", PUMP)
    (merged,), account = merge(annotators, *both)
    assert (merged.mentions, merged.rejected) == ((SEAL, PUMP), (FEED,))
    assert (account["differing"], account["agreement"]["f1"]) == (0, None)


def test_a_complete_record_decides_about_binary_answers():
    complete, partial = record("a", "ann", SEAL), answers("bob", PUMP, rejected=(FEED,))
    with pytest.raises(UserError, match="differ in 1"):
        merge("stop", complete, partial)
    (merged,), _ = merge("majority", complete, partial)
    assert (merged.mentions, merged.unannotated) == ((SEAL,), ())


def test_contradictory_binary_answers_stop_a_conversion_or_follow_the_policy(tmp_path):
    lines = [
        {"text": f"pump {i} leaks", "_input_hash": i, "_view_id": "ner", "answer": answer}
        | {"_annotator_id": name, "spans": [{"start": 0, "end": 4, "label": "PART"}]}
        for i in range(20)
        for name, answer in (("anna", "accept"), ("ben", "reject"))
    ]
    file = tmp_path / "binary.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    with pytest.raises(UserError, match=r"20 texts .* differ in 20 .* 0\.0%"):
        run(file, tmp_path / "out")
    run(file, tmp_path / "out", annotators="union")
    docs = [doc for docs in load(tmp_path / "out").values() for doc in docs]
    assert len(docs) == 20
    for doc in docs:
        assert len(doc.spans["sc"]) == 1
        assert "sc_rejected" not in doc.spans
        assert len(doc.spans["sc_unannotated"]) == 1


@pytest.fixture
def source(tmp_path) -> Path:
    """Twenty texts by Ann; every second one also by Bob, who leaves out the last mention."""
    lines = []
    for i in range(20):
        text = f"feed pump {i} leaks"
        spans = [
            {"start": 0, "end": 9, "label": "PART"},
            {"start": 0, "end": 4, "label": "PART"},
            {"start": text.index("leaks"), "end": len(text), "label": "STATE"},
        ]
        for name in ("ann", "bob") if i % 2 else ("ann",):
            kept = spans if name == "ann" else spans[:2]
            lines.append({"text": text, "spans": kept, "_annotator_id": f"set-{name}"})
    file = tmp_path / "orders.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    return file


def run(source: Path, out: Path, **options):
    return convert("custom", source, out, format="jsonl", language="en", **options)


def load(out: Path):
    vocab = spacy.blank("en").vocab
    return {
        part: list(DocBin().from_disk(out / f"{part}.spacy").get_docs(vocab))
        for part in ("train", "dev", "test")
    }


@pytest.mark.parametrize(
    ("annotators", "n_docs", "n_mentions"),
    [("union", 20, 60), ("majority", 20, 50), ("first", 20, 60), ("separate", 30, 80)],
)
@pytest.mark.parametrize("unit", ["document", "sentence"])
def test_a_conversion_writes_and_counts_by_the_policy(
    source, tmp_path, annotators, n_docs, n_mentions, unit
):
    result = run(source, tmp_path / "out", annotators=annotators, unit=unit)
    assert result.report["records"]["written"] == n_docs
    assert result.report["mentions"]["written"] == n_mentions
    entry = result.report["annotators"]
    assert (entry["records"], entry["texts"], entry["differing"]) == (20, 10, 10)
    assert entry["agreement"]["pairs"][0]["f1"] == 0.8
    assert "80.0%" in str(result)
    ids = [doc.user_data["id"] for docs in load(tmp_path / "out").values() for doc in docs]
    assert len(set(ids)) == len(ids) == n_docs


def test_separate_documents_of_a_text_are_in_one_part(source, tmp_path):
    run(source, tmp_path / "out", annotators="separate")
    parts = load(tmp_path / "out")
    texts = [{doc.text for doc in docs} for docs in parts.values()]
    assert sum(map(len, texts)) == len(set.union(*texts)) == 20


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "10 texts .* 10 .*80.0%"),
        ({"annotators": "all"}, "'all'.*majority"),
        ({"annotators": "separate", "split": "sentence", "unit": "sentence"}, "'separate'"),
    ],
)
def test_a_refusal_writes_nothing(source, tmp_path, options, message):
    with pytest.raises(UserError, match=message):
        run(source, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_sentences_of_a_document_are_joined_for_each_annotator():
    first = [replace(r, id=f"d:{r.id}", document="d") for r in THREE[:2]]
    second = replace(record("x", "ann", FEED, text="feed is low"), id="d:b", document="d")
    alone = replace(record("y", "ann", SEAL), id="e:a", document="e")
    records, _ = merge("separate", *first, second, alone)
    joined = join_documents(records)
    assert [(r.id, r.document, r.text, len(r.mentions)) for r in joined] == [
        ("d@ann", "d", f"{TEXT} feed is low", 3),
        ("d@bob", "d", TEXT, 2),
        ("e", "e", TEXT, 1),
    ]
