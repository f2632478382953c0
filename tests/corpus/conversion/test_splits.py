from collections import Counter
from dataclasses import replace
from typing import List, Optional, cast

import pytest

from spacy_nested_ner.corpus.conversion.sentences import join_sentences
from spacy_nested_ner.corpus.conversion.splits import earlier_copies, split_records
from spacy_nested_ner.corpus.records import Mention, Part, Record
from spacy_nested_ner.user_error import UserError


def sentences_of(*articles: str, n_sentences: int = 2) -> List[Record]:
    """`n_sentences` of one text a (copy of an) article, named like the reader's."""
    records = []
    for name in articles:
        document, _, copy = name.partition("#")
        records += [
            Record(f"{name}:{i}", document, f"{document} {i}.", (), copy=int(copy or 1))
            for i in range(n_sentences)
        ]
    return records


def ids(records: List[Record]) -> List[str]:
    return [record.id for record in records]


def test_document_split_takes_the_last_tenths_of_the_articles():
    articles = [f"A{i}" for i in range(39)]
    parts = split_records(sentences_of(*articles), split="document", unit="sentence")
    assert list(parts) == ["train", "dev", "test"]
    assert ids(parts["train"]) == ids(sentences_of(*articles[:33]))
    assert ids(parts["dev"]) == ids(sentences_of(*articles[33:36]))
    assert ids(parts["test"]) == ids(sentences_of(*articles[36:]))


def test_document_split_takes_the_later_copy_of_an_article_where_it_stands():
    articles = ["A", "B", *"CDEFGHI", "A#2", "J"]
    parts = split_records(sentences_of(*articles), split="document", unit="sentence")
    assert ids(parts["train"]) == ids(sentences_of(*"BCDEFGHI"))
    assert ids(parts["dev"]) == ids(sentences_of("A#2"))
    assert ids(parts["test"]) == ids(sentences_of("J"))


def test_sentence_split_counts_both_copies():
    sentences = sentences_of("A", "B", "A#2", n_sentences=13)  # 39: test 3, dev 3
    parts = split_records(sentences, split="sentence", unit="sentence")
    assert ids(parts["test"]) == ids(sentences[36:])
    assert ids(parts["dev"]) == ids(sentences[0:12:4])
    assert ids(parts["train"]) == [
        s.id for i, s in enumerate(sentences[:36]) if i not in (0, 4, 8)
    ]


def test_contiguous_sentence_split_has_the_same_test_and_dev_before_it():
    sentences = sentences_of("A", "B", "A#2", n_sentences=13)
    parts = split_records(sentences, split="sentence_contiguous", unit="sentence")
    assert [ids(part) for part in parts.values()] == [
        ids(sentences[:33]),
        ids(sentences[33:36]),
        ids(sentences[36:]),
    ]


def test_whole_documents_join_sentences_and_shift_mentions():
    def record(number: int, paragraph: int, text: str, *mentions: Mention) -> Record:
        return Record(f"MEDLINE:1:{number}", "MEDLINE:1", text, mentions, paragraph)

    joined = join_sentences(
        [
            record(0, 1, "On ABC.", Mention(3, 6, "DNA")),
            record(1, 1, "A review."),
            record(2, 2, "ABC binds XY.", Mention(0, 3, "DNA"), Mention(10, 12, "protein")),
            record(3, 2, "So does Z.", Mention(8, 9, "protein")),
        ]
    )
    assert joined.id == joined.document == "MEDLINE:1"
    assert joined.text == "On ABC. A review.\nABC binds XY. So does Z."
    assert [joined.text[m.start : m.end] for m in joined.mentions] == ["ABC", "ABC", "XY", "Z"]


def test_whole_documents_keep_one_copy_of_an_article_and_its_id():
    sentences = sentences_of(*"ABCDEFGHI", "A#2", "J", n_sentences=3)
    parts = split_records(sentences, split="document", unit="document")
    assert ids(parts["train"]) == list("BCDEFGHI")
    assert ids(parts["dev"] + parts["test"]) == ["A#2", "J"]
    assert parts["dev"][0].document == "A"


@pytest.mark.parametrize("split", ["sentence", "sentence_contiguous"])
def test_whole_documents_are_refused_for_a_split_by_sentence(split):
    with pytest.raises(UserError, match=f"'document'.*'{split}'"):
        split_records(sentences_of(*"ABCDEFGHIJKL"), split=split, unit="document")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "random", "unit": "sentence"}, "split 'random': .*sentence_contiguous"),
        ({"split": "document", "unit": "page"}, "unit 'page': .*sentence, document"),
    ],
)
def test_unknown_names_are_refused_with_the_known_ones(options, message):
    with pytest.raises(UserError, match=message):
        split_records(sentences_of(*"ABCDEFGHIJKL"), **options)


@pytest.mark.parametrize(
    ("split", "n_articles", "n_sentences"),
    [("document", 10, 2), ("sentence", 1, 11), ("sentence_contiguous", 1, 11)],
)
def test_a_corpus_too_small_for_three_parts_is_refused(split, n_articles, n_sentences):
    names = [f"A{i}" for i in range(n_articles)]
    sentences = sentences_of(*names, n_sentences=n_sentences)
    parts = split_records(sentences, split=split, unit="sentence")
    assert all(parts.values())
    one_less = sentences[: -n_sentences if split == "document" else -1]
    with pytest.raises(UserError, match=rf"\b{len(one_less)}\b.*'{split}'"):
        split_records(one_less, split=split, unit="sentence")


def test_stratified_parts_need_labels_that_documents_share():
    def documents(*labels: str) -> List[Record]:
        return [
            Record(f"A{i}", f"A{i}", "A.", (Mention(0, 1, label),))
            for i, label in enumerate(labels)
        ]

    parts = split_records(documents("x", "x", "x"), split="stratified", unit="document")
    assert all(parts.values())
    with pytest.raises(UserError, match=r"\b4\b.*label"):
        split_records(documents(*"wxyz"), split="stratified", unit="document")


def published(*parts: Optional[str]) -> List[Record]:
    """Two sentences of a text in each of the parts."""
    return [
        replace(sentence, part=cast(Optional[Part], part))
        for i, part in enumerate(parts)
        for sentence in sentences_of(f"A{i}")
    ]


def test_the_published_split_is_that_of_the_source():
    records = published("test", "train", "dev", "train", "test")
    parts = split_records(records, split="published", unit="sentence")
    assert list(parts) == ["train", "dev", "test"]
    assert [ids(part) for part in parts.values()] == [
        ["A1:0", "A1:1", "A3:0", "A3:1"],
        ["A2:0", "A2:1"],
        ["A0:0", "A0:1", "A4:0", "A4:1"],
    ]


def test_documents_of_a_published_split_are_joined_in_each_part():
    records = [*published("train", "dev", "test")]
    records += [replace(record, part="test") for record in sentences_of("A0")]
    parts = split_records(records, split="published", unit="document")
    assert [ids(part) for part in parts.values()] == [["A0"], ["A1"], ["A2", "A0"]]
    assert [part[0].part for part in parts.values()] == ["train", "dev", "test"]


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (
            ("train", None, "dev", "test", None),
            r"4 of 10 .* 'A1:0'.*'stratified'",
        ),
        (("train", "test"), r"no dev\b.*'stratified'"),
        (("train", "dev"), r"no test\b.*'stratified'"),
        (("dev", "dev"), r"no train\b.*no test\b.*'stratified'"),
    ],
)
def test_a_published_split_with_gaps_is_refused(parts, message):
    with pytest.raises(UserError, match=message):
        split_records(published(*parts), split="published", unit="sentence")


def labelled(n_documents: int) -> List[Record]:
    """Documents of two sentences: "often" in the first one of each, "seldom" in the second one
    of every tenth. The second sentences stand behind all of the first."""
    often, seldom = (Mention(0, 1, "often"),), (Mention(0, 1, "seldom"),)
    names = range(n_documents)
    return [
        *(Record(f"A{i}:0", f"A{i}", "A first.", often) for i in names),
        *(Record(f"A{i}:1", f"A{i}", "A 2nd.", () if i % 10 else seldom) for i in names),
    ]


def test_stratified_parts_share_rare_labels_and_no_document():
    records = labelled(40)
    parts = split_records(records, split="stratified", unit="sentence")
    assert {name: len(part) for name, part in parts.items()} == {
        "train": 64,
        "dev": 8,
        "test": 8,
    }
    labels = {
        name: Counter(m.label for record in part for m in record.mentions)
        for name, part in parts.items()
    }
    assert labels["dev"] == labels["test"] == {"often": 4, "seldom": 1}
    documents = [{record.document for record in part} for part in parts.values()]
    assert sum(map(len, documents)) == 40


def test_stratified_parts_keep_the_order_of_the_documents():
    parts = split_records(labelled(40), split="stratified", unit="document")
    for part in parts.values():
        numbers = [int(record.id[1:]) for record in part]
        assert numbers == sorted(numbers)
    assert parts["dev"][0].text == "A first. A 2nd."


def test_another_seed_deals_other_documents():
    one, same, other = (
        split_records(labelled(40), split="stratified", unit="sentence", seed=seed)
        for seed in (1, 1, 2)
    )
    assert one == same
    assert ids(one["dev"]) != ids(other["dev"])


@pytest.mark.parametrize("split", ["document", "stratified"])
def test_earlier_copies_are_the_records_that_go_nowhere(split):
    sentences = sentences_of(*"ABCDEFGHIJ", "A#2", "K", "A#3", n_sentences=2)
    copies = earlier_copies(sentences, split)
    assert ids(copies) == ["A:0", "A:1", "A#2:0", "A#2:1"]
    parts = split_records(sentences, split=split, unit="sentence")
    dealt = [record for part in parts.values() for record in part]
    assert sorted(ids(dealt + copies)) == sorted(ids(sentences))


@pytest.mark.parametrize("split", ["published", "sentence", "sentence_contiguous"])
def test_other_splits_count_every_copy(split):
    assert earlier_copies(sentences_of("A", "B", "A#2"), split) == []
