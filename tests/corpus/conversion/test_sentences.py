import random
from collections import defaultdict
from dataclasses import replace
from typing import List, Sequence, Tuple

import pytest

from spacy_nested_ner.corpus.conversion.sentences import (
    cut_sentences,
    group_documents,
    join_documents,
    number_copies,
)
from spacy_nested_ner.corpus.records import Lost, Mention, Record
from spacy_nested_ner.user_error import UserError


def record(text: str, *parts: str, **others) -> Record:
    """A document with a mention for each given piece of its text."""
    mentions = sorted(Mention(text.index(p), text.index(p) + len(p), "DNA") for p in parts)
    return Record("doc", "doc", text, tuple(mentions), **others)


def cut(text: str, language: str, *parts: str) -> List[str]:
    return [sentence.text for sentence in cut_sentences([record(text, *parts)], language)]


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("en", ["A gene is on.", "It binds!", "Does it?", "Yes..."]),
        ("en", ["See Dr. Brown, e.g. on 3.5 km of St. James.", "It is far."]),
        ("en", ["The 2.", "Nor is it the 3.", "B is."]),
        ("en", ['He said: "It is on."', "(It was off.)", "So it is."]),
        ("en", ["It was seen by approx. ten.", "Then by none."]),
        ("de", ["Am Mo. kam Frau Dr. Klee.", "Sie blieb z. B. bis 12.30 Uhr.", "Dann nicht."]),
        ("xx", ["Одно.", "Другое?", "Третье!"]),
        ("en", ["It is on!", "and off?", "yes."]),
        ("hi", ["यह एक है।", "वह दो है।"]),
    ],
)
def test_sentences_are_cut_behind_their_punctuation(language, sentences):
    assert cut(" ".join(sentences), language) == sentences


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("zh", ["压力为12.5兆帕。", "“停机！”", "他说。", "（见图三）", "泵漏油？", "“是”"]),
        ("zh", ["参数a?b=1和c!d无效。", "停机"]),
        ("ja", ["泵です。", "いいえ！", "はい"]),
    ],
)
def test_scripts_without_blanks_are_cut_without_blanks(language, sentences):
    expected = [s for s in sentences if s != "（见图三）"]
    # without a mark of its own, a bracket belongs to what follows
    expected = [("（见图三）" + s if s == "泵漏油？" else s) for s in expected]
    assert cut("".join(sentences), language) == expected


def test_a_line_end_ends_a_sentence_of_any_kind():
    assert cut("A title\nThe text\r\n\r\n  of it \n", "en") == ["A title", "The text", "of it"]


def test_a_bracket_or_quotation_mark_opens_the_next_sentence():
    sentences = ["It is on.", "(It was off.)", "«No.»", "[Yes.]", '"No."', '"Yes."']
    assert cut(" ".join(sentences), "en") == sentences


def test_an_end_inside_a_mention_is_none():
    text = "Cells of E. Coli grow. So does Yahoo! Inc. here.\nNew line"
    assert cut(text, "en") == [
        "Cells of E. Coli grow.",
        "So does Yahoo!",
        "Inc. here.",
        "New line",
    ]
    assert cut(text, "en", "Yahoo! Inc", "here.\nNew") == [
        "Cells of E. Coli grow.",
        "So does Yahoo! Inc. here.\nNew line",
    ]


def test_an_end_at_the_edge_of_a_mention_is_one():
    assert cut("It is on. Off it is.", "en", "on.", "Off") == ["It is on.", "Off it is."]
    assert cut("泵漏油。停机", "zh", "漏油。", "停") == ["泵漏油。", "停机"]


def test_a_mention_keeps_the_whitespace_that_it_was_annotated_with():
    text = " \nOne is on.  Two is. "
    mentions = (Mention(1, 5, "DNA"), Mention(9, 13, "RNA"), Mention(14, 17, "DNA"))
    one, two = cut_sentences([Record("doc", "doc", text, mentions)], "en")
    assert (one.text, two.text) == ("\nOne is on. ", "Two is.")
    assert one.mentions == (Mention(0, 4, "DNA"), Mention(8, 12, "RNA"))
    assert two.mentions == (Mention(0, 3, "DNA"),)


def test_sentences_are_numbered_and_keep_what_they_come_from():
    lost = (Lost("discontinuous", "doc.ann, line 1", "A B"),)
    document = record("A is on. B is.", "A", "B", part="dev", lost=lost, paragraph=3)
    one, two = cut_sentences([document], "en")
    assert (one.id, two.id) == ("doc:0", "doc:1")
    assert [(s.document, s.part, s.paragraph) for s in (one, two)] == [("doc", "dev", 3)] * 2
    assert (one.lost, two.lost) == (lost, ())
    assert two.mentions == (Mention(0, 1, "DNA"),)


@pytest.mark.parametrize("text", ["", " ", "\n\n", "one"])
def test_a_text_without_sentence_ends_is_one_record(text):
    assert cut(text, "en") == [text]


def test_an_unknown_language_is_refused():
    with pytest.raises(UserError, match="'qq'"):
        list(cut_sentences([record("A.")], "qq"))


def solid(texts: Sequence[str]) -> str:
    return "".join("".join(texts).split())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_mention_and_no_character_is_lost(language):
    choices = random.Random(1)
    documents = []
    for i in range(200):
        text = "".join(choices.choices("Ab.。!  \n(”", k=40))
        spans = [tuple(sorted(choices.sample(range(41), 2))) for _ in range(5)]
        mentions = {Mention(s, e, "DNA") for s, e in spans if text[s:e].strip()}
        ordered = tuple(sorted(mentions, key=lambda m: (m.start, -m.end)))
        documents.append(Record(f"doc {i}", f"doc {i}", text, ordered))
    sentences = defaultdict(list)
    for sentence in cut_sentences(documents, language):
        sentences[sentence.document].append(sentence)
    n_mentions = 0
    for document in documents:
        parts = sentences[document.document]
        assert solid([part.text for part in parts]) == solid([document.text])
        found = [part.text[m.start : m.end] for part in parts for m in part.mentions]
        assert found == [document.text[m.start : m.end] for m in document.mentions]
        n_mentions += len(found)
    assert n_mentions > 500
    assert sum(map(len, sentences.values())) > 300


def sentence(id: str, document: str, text: str = "A.", **others) -> Record:
    return Record(id, document, text, (Mention(0, 1, "DNA"),), **others)


def test_sentences_of_a_document_are_joined_in_their_order():
    lost = (Lost("repeated", "x", "A"),)
    joined = join_documents(
        [
            sentence("a:0", "a", "A.", part="test"),
            sentence("b", "b", "Whole."),
            sentence("a:1", "a", "Bee.", part="test", lost=lost),
        ]
    )
    assert [document.id for document in joined] == ["a", "b"]
    assert joined[0].text == "A. Bee."
    assert joined[0].mentions == (Mention(0, 1, "DNA"), Mention(3, 4, "DNA"))
    assert (joined[0].part, joined[0].lost) == ("test", lost)
    assert joined[1] == sentence("b", "b", "Whole.")


def test_ids_of_any_kind_are_joined_by_their_document():
    joined = join_documents([sentence("x1", "d"), sentence("x2", "d"), sentence("y:7", "e")])
    assert [(d.id, d.text) for d in joined] == [("d", "A. A."), ("e", "A.")]


def test_cut_and_joined_again_a_document_has_its_mentions():
    text = "A is on. See (B) for it. C"
    documents = join_documents(cut_sentences([record(text, "A", "B", "C")], "en"))
    assert documents == [record(text, "A", "B", "C")]


@pytest.mark.parametrize("ids", [("r#1", "r#2", "r#3"), ("r", "r#2", "r#3"), ("r#2", "r#3")])
def test_other_texts_with_ids_like_those_of_copies_are_no_copies(ids: Tuple[str, ...]):
    records = [replace(sentence(id, "r"), text=f"{id}.") for id in ids]
    assert number_copies(records) == records
    (joined,) = join_documents(number_copies(records))
    assert (joined.id, joined.text) == ("r", " ".join(f"{id}." for id in ids))


@pytest.mark.parametrize(
    "ids", [("r#1", "r#2"), ("r#2", "r#3"), ("r", "r:1", "r#2"), ("x", "r#2")]
)
def test_a_repeated_text_of_a_document_is_no_copy_of_the_document(ids: Tuple[str, ...]):
    records = [sentence(id, "r") for id in ids]
    assert number_copies(records) == records


def test_a_document_with_the_name_of_a_copy_is_no_copy():
    records = [sentence("r", "r"), sentence("r#2", "r"), sentence("x", "r#2")]
    assert number_copies(records) == records


def test_copies_whose_mentions_cut_other_sentences_are_copies():
    text = "A is on. B is off."
    records = [record(text, "A"), replace(record(text, "on. B"), id="doc#2")]
    cut = list(cut_sentences(number_copies(records), "en"))
    assert [(s.id, s.copy) for s in cut] == [("doc:0", 1), ("doc:1", 1), ("doc#2:0", 2)]
    assert list(group_documents(cut)) == ["doc", "doc#2"]
    assert [d.id for d in join_documents(cut)] == ["doc", "doc#2"]


@pytest.mark.parametrize(
    ("id", "document", "name"),
    [
        ("MEDLINE:1:0", "MEDLINE:1", "MEDLINE:1"),
        ("MEDLINE:1#2:0", "MEDLINE:1", "MEDLINE:1#2"),
        ("MEDLINE:1#2", "MEDLINE:1", "MEDLINE:1#2"),
        ("MEDLINE:1#x:0", "MEDLINE:1", "MEDLINE:1"),
        ("train:5", "train:5", "train:5"),
        ("train:5", "other", "other"),
        ("C#2", "C#2", "C#2"),
        ("#2:0", "C", "C"),
        ("C#2:0", "C", "C#2"),
    ],
)
def test_a_second_copy_is_a_document_of_its_own(id: str, document: str, name: str):
    records = number_copies([sentence(id, document)])
    assert list(group_documents(records)) == [name]
