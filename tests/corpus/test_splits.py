from typing import List

import pytest

from spacy_nested_ner.corpus.records import CorpusError, Mention, Record, join_sentences
from spacy_nested_ner.corpus.splits import split_records


def sentences_of(*articles: str, n_sentences: int = 2) -> List[Record]:
    """`n_sentences` of one text a (copy of an) article, named like the reader's."""
    return [
        Record(f"{name}:{i}", name.partition("#")[0], f"{name} {i}.", ())
        for name in articles
        for i in range(n_sentences)
    ]


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
    with pytest.raises(CorpusError, match="one article into two parts"):
        split_records(sentences_of(*"ABCDEFGHIJKL"), split=split, unit="document")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "random", "unit": "sentence"}, "Unknown split 'random': .* sentence_contig"),
        ({"split": "document", "unit": "page"}, "Unknown unit 'page': .* sentence, document"),
    ],
)
def test_unknown_names_are_refused_with_the_known_ones(options, message):
    with pytest.raises(CorpusError, match=message):
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
    with pytest.raises(CorpusError, match="too few for train, dev and test"):
        split_records(one_less, split=split, unit="sentence")
