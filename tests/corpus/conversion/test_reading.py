from pathlib import Path
from typing import Sequence, Union

import pytest

from spacy_nested_ner.corpus.conversion.reading import read_source
from spacy_nested_ner.corpus.readers import corpus_readers
from spacy_nested_ner.corpus.records import Mention, Record, Skipped
from spacy_nested_ner.user_error import UserError

GOOD = Record("a:0", "a", "A pump.", (Mention(2, 6, "PART"),))


@pytest.fixture
def read(monkeypatch):
    """Read what a reader of another package would yield."""

    def read(*items: Union[Record, Skipped]):
        def read_mine(source: Path) -> Sequence[Union[Record, Skipped]]:
            return items

        registered = {"mine": read_mine}
        monkeypatch.setattr(
            "spacy_nested_ner.corpus.conversion.reading.find_reader", registered.get
        )
        return read_source("mine", Path("a.mine"))

    return read


def test_records_and_what_is_skipped_are_kept_apart_in_their_order(read):
    other, bad = Record("a:1", "a", "", ()), Skipped("rejected", "a.mine, line 2")
    assert read(GOOD, bad, other) == ([GOOD, other], [bad], [])


def test_a_reader_is_found_by_its_name(tmp_path):
    assert "genia" in corpus_readers
    with pytest.raises(UserError, match=r"format 'docx': .*brat, "):
        read_source("docx", tmp_path)


def test_a_source_without_records_is_refused(read):
    with pytest.raises(UserError, match=r"a\.mine .*'mine' \(1 skipped"):
        read(Skipped("rejected", "a.mine, line 1"))


def record(*mentions: tuple, text: str = "A pump.") -> Record:
    return Record("b:0", "b", text, tuple(Mention(*mention) for mention in mentions))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (GOOD, "id 'a:0' .*twice"),
        (record((2, 8, "PART")), "'PART' from 2 to 8 .*'b:0' .* 7 "),
        (record((0, 1, "PART"), (-1, 1, "PART")), "'PART' from -1 to 1"),
        (record((3, 3, "PART")), "'PART' from 3 to 3"),
        (record((4, 3, "PART")), "'PART' from 4 to 3"),
        (record((0, 1, "PART"), text=""), "'PART' from 0 to 1"),
        (record((2, 6, "")), "'' from 2 to 6"),
        (record((2, 6, " ")), "' ' from 2 to 6"),
        (record((2, 6, "PART"), (2, 6, "PART")), "'b:0' .*twice"),
    ],
)
def test_a_reader_that_breaks_its_promise_is_refused(read, bad, message):
    with pytest.raises(UserError, match=f"a.mine: .*{message}"):
        read(GOOD, bad)


def test_two_labels_on_a_span_and_a_mention_of_the_whole_text_are_right(read):
    good = record((0, 7, "PART"), (0, 7, "TOOL"))
    assert read(good).records == [good]
