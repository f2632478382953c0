import codecs
from pathlib import Path
from typing import Dict, List, Union

import pytest

from spacy_nested_ner.corpus.readers.brat import read_brat
from spacy_nested_ner.corpus.records import Discontinuous, Lost, Mention, Record
from spacy_nested_ner.user_error import UserError
from tests.corpus.source_files import write_archive, write_folder

TEXT = "White mice and rats lost weight."
ENTITIES = "T1\tStrain 0 10\tWhite mice\nT2\tOrganism 6 10\tmice\nT7\tOrganism 15 19\trats\n"


def read(folder: Path, files: Dict[str, Union[str, bytes]]) -> List[Record]:
    data = {n: f if isinstance(f, bytes) else f.encode("utf8") for n, f in files.items()}
    return list(read_brat(write_folder(folder, data)))


def read_one(folder: Path, text: Union[str, bytes], annotations: str) -> Record:
    (record,) = read(folder, {"doc.txt": text, "doc.ann": annotations})
    return record


def test_entities_keep_their_characters(tmp_path):
    assert read_one(tmp_path, TEXT, ENTITIES) == Record(
        "doc",
        "doc",
        TEXT,
        (Mention(0, 10, "Strain"), Mention(6, 10, "Organism"), Mention(15, 19, "Organism")),
    )


def test_characters_are_counted_not_bytes_or_surrogates(tmp_path):
    record = read_one(tmp_path, "🦠 grün α-1", "T1\tX 2 6\tgrün\nT2\tX 7 10\tα-1")
    assert record.mentions == (Mention(2, 6, "X"), Mention(7, 10, "X"))


def test_folders_determine_parts_and_documents(tmp_path):
    one = {"devel/b.txt": TEXT, "devel/b.a1": ENTITIES, "devel/b.a2": "T9\tEvent 99 100\t?"}
    two = {"test/a.txt": "Rats.", "test/a.a1": "", "train/c.d.txt": TEXT, "train/c.d.ann": ""}
    records = read(tmp_path / "in", {**one, **two, "annotation.conf": "[entities]"})
    assert [(r.id, r.document, r.part, len(r.mentions)) for r in records] == [
        ("b", "b", "dev", 3),
        ("a", "a", "test", 0),
        ("c.d", "c.d", "train", 0),
    ]


def test_two_documents_of_one_name_keep_apart(tmp_path):
    files = {f"{folder}/1.{kind}": "" for folder in ("x", "y") for kind in ("txt", "ann")}
    first, second = read(tmp_path, files)
    assert first.id != second.id
    assert (first.text, first.mentions) == ("", ())


@pytest.mark.parametrize("name", ["data.zip", "data.tar.gz"])
def test_an_archive_gives_the_records_of_its_folder(tmp_path, name):
    files = {"in/train/b.ann": ENTITIES, "in/train/b.txt": TEXT, "in/train/b.a2": ""}
    data = {name: text.encode("utf8") for name, text in files.items()}
    archive = write_archive(tmp_path / name, data)
    assert list(read_brat(archive)) == read(tmp_path / "folder", files)


def test_pieces_with_words_between_them_are_reported(tmp_path):
    annotations = "T1\tCell 0 3;12 17\tred cells\nT2\tCell 7 17\tblue cells\n"
    record = read_one(tmp_path, "red or blue cells", annotations)
    assert record.mentions == (Mention(7, 17, "Cell"),)
    pieces = ((0, 3), (12, 17))
    assert record.discontinuous == (Discontinuous(pieces, "Cell", "doc.ann, line 1"),)


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("mouse\nstrain", "0 12\tmouse strain"),
        ("mouse\r\nstrain", "0 13\tmouse strain"),
        ("mouse\r\nstrain", "0 13\tmouse  strain"),
        ("mouse\n  strain", "0 5;8 14\tmouse strain"),
        ("mouse\n  strain", "0 5;6 14\tmouse   strain"),
        ("mouse\n\tstrain", "0 5;6 13\tmouse \tstrain"),
        ("mouse \nstrain", "0 6;7 13\tmouse  strain"),
    ],
)
def test_an_entity_may_go_over_a_line_break(tmp_path, text, entity):
    record = read_one(tmp_path, text, f"T1\tX {entity}\n")
    assert record.mentions == (Mention(0, len(text), "X"),)
    assert record.text == text


@pytest.mark.parametrize("entity", ["6 12;0 5\tstrain mouse", "0 8;6 12\tmouse st strain"])
def test_pieces_that_do_not_follow_each_other_are_no_span(tmp_path, entity):
    record = read_one(tmp_path, "mouse strain", f"T1\tX {entity}\n")
    assert record.mentions == ()
    assert len(record.discontinuous) == 1


def test_what_is_no_entity_is_passed_over(tmp_path):
    others = [
        "E1\tBinding:T1 Theme:T2",
        "R1\tPart-of Arg1:T1 Arg2:T2",
        "A1\tNegation E1",
        "M1\tSpeculation E1",
        "N1\tReference T1 Taxonomy:10090\tMus musculus",
        "*\tEquiv T1 T2",
        "#1\tAnnotatorNotes T1\tsure?",
        "",
    ]
    record = read_one(tmp_path, TEXT, "\r\n".join([*others, ENTITIES]))
    assert [m.label for m in record.mentions] == ["Strain", "Organism", "Organism"]


def test_a_repeat_is_reported_and_two_labels_on_a_span_are_not(tmp_path):
    annotations = "T1\tX 0 5\tWhite\nT2\tY 0 5\tWhite\nT3\tX 0 5\tWhite\n"
    record = read_one(tmp_path, TEXT, annotations)
    assert record.mentions == (Mention(0, 5, "X"), Mention(0, 5, "Y"))
    assert record.lost == (Lost("repeated", "doc.ann, line 3", "White"),)


@pytest.mark.parametrize(
    "entity", ["5 10\tmice", "5 10\t mice", "6 11\tmice ", "5 11\tmice", "6 10\tmice "]
)
def test_blanks_at_the_edges_of_an_entity_are_trimmed(tmp_path, entity):
    record = read_one(tmp_path, TEXT, f"T1\tX {entity}\n")
    assert record.mentions == (Mention(6, 10, "X"),)
    assert record.trimmed == (not entity.startswith("6 10"))


def test_line_ends_count_as_they_are(tmp_path):
    record = read_one(tmp_path, "One.\r\nmice\r\nrats", "T1\tX 6 10\tmice\r\nT2\tX 12 16\trats")
    assert record.text == "One.\r\nmice\r\nrats"
    assert record.mentions == (Mention(6, 10, "X"), Mention(12, 16, "X"))


@pytest.mark.parametrize("first", [0, 1])
def test_a_mark_may_count_as_a_character_or_not(tmp_path, first):
    annotations = f"T1\tX {first} {first + 5}\tWhite\nT2\tX {first + 6} {first + 10}\tmice"
    record = read_one(tmp_path, codecs.BOM_UTF8 + TEXT.encode(), f"\ufeff{annotations}")
    assert record.text == TEXT
    assert record.mentions == (Mention(0, 5, "X"), Mention(6, 10, "X"))


def test_offsets_that_fit_both_ways_do_not_count_the_mark(tmp_path):
    record = read_one(tmp_path, "\ufeffaaa", "T1\tX 1 2\ta")
    assert record.mentions == (Mention(1, 2, "X"),)


def test_without_a_mark_offsets_are_never_shifted(tmp_path):
    with pytest.raises(UserError, match=r"'hite '.* 'White'"):
        read_one(tmp_path, TEXT, "T1\tX 1 6\tWhite")


LINES = "One.\nmice\nrats"


@pytest.mark.parametrize(
    ("text", "offsets"),
    [
        (LINES, [(5, 9), (10, 14)]),
        (LINES, [(6, 10), (12, 16)]),  # counted with CRLF, stored with LF
        (LINES.replace("\n", "\r\n"), [(6, 10), (12, 16)]),
        (LINES.replace("\n", "\r\n"), [(5, 9), (10, 14)]),  # a CRLF counted as one
        ("\ufeff" + LINES.replace("\n", "\r\n"), [(6, 10), (11, 15)]),  # and the mark
    ],
)
def test_the_texts_of_entities_decide_how_line_ends_count(tmp_path, text, offsets):
    (a, b), (c, d) = offsets
    record = read_one(tmp_path, text, f"T1\tX {a} {b}\tmice\nT2\tX {c} {d}\trats")
    assert [record.text[m.start : m.end] for m in record.mentions] == ["mice", "rats"]
    assert record.text == text.removeprefix("\ufeff")


def test_documents_arrive_before_a_later_one_is_read(tmp_path):
    data = {"a.txt": b"rats", "a.ann": b"", "b.txt": b"\xff", "b.ann": b""}
    records = read_brat(write_folder(tmp_path, data))
    assert next(records).id == "a"
    with pytest.raises(UserError, match=r"b.txt, line 1: byte 0xff"):
        next(records)


BAD_LINES = {
    "past the end": ("T2\tX 28 33\tght.", "X .* 28 to 33 .* 32 "),
    "negative": ("T2\tX -3 2\tWh", "X .* -3 to 2 "),
    "reversed": ("T2\tX 10 6\tmice", "X .* 10 to 6 "),
    "empty": ("T2\tX 6 6\t", "X .* 6 to 6 "),
    "blank": ("T2\tX 5 6\t ", "X .* 5 to 6 .* blanks"),
    "an empty piece": ("T2\tX 0 5;6 6\tWhite ", "X .* 6 to 6 "),
    "another text": ("T2\tX 6 10\trats", "X .* 'mice'.* 'rats'"),
    "a piece of another text": ("T2\tX 0 5;15 19\tWhite mice", "'White rats'.* 'White mice'"),
    "an id again": ("T1\tX 6 10\tmice", "T1 .* line 1"),
    "no text": ("T2\tX 6 10", "annotation"),
    "no type": ("T2\t6 10\tmice", "annotation"),
    "blanks for tabs": ("T2 X 6 10 mice", "annotation"),
    "no number": ("T2\tX 6 x\tmice", "annotation"),
    "an endless number": (f"T2\tX 6 {'9' * 9999}\tmice", "annotation"),
    "something else": ("Every line counts", "'Every line counts' .* annotation"),
}


@pytest.mark.parametrize("case", BAD_LINES)
def test_a_bad_line_is_named(tmp_path, case):
    line, message = BAD_LINES[case]
    with pytest.raises(UserError, match=message) as error:
        read_one(tmp_path, TEXT, f"T1\tStrain 0 10\tWhite mice\n\n{line}\n")
    assert str(error.value).startswith("doc.ann, line 3: ")


BAD_FOLDERS = {
    "a text alone": ({"a.txt": "", "a.ann": "", "b.txt": ""}, r"b\.txt .* \.ann .* \.a1"),
    "annotations alone": ({"a.txt": "", "a.ann": "", "b.a1": ""}, r"b\.a1 .* \.txt"),
    "events alone": ({"a.txt": "", "a.a2": ""}, r"a\.txt .* \.ann .* \.a1"),
    "two annotations": ({"a.txt": "", "a.a1": "", "a.ann": ""}, r"a\.a1 .*a\.ann"),
    "in two folders": ({"x/a.txt": "", "y/a.ann": ""}, r"a\.txt .* \.ann .* \.a1"),
    "names in two cases": ({"a.TXT": "", "a.txt": "", "a.ann": ""}, r"a\.TXT .*a\.txt"),
    "nothing": ({"a.json": ""}, r"\.txt .*\.ann .*\.a1 .*a\.json"),
    "another encoding": ({"a.txt": "", "a.ann": b"T1\tX 0 1\t\xe4"}, r"a.ann, line 1: byte"),
}


@pytest.mark.parametrize("case", BAD_FOLDERS)
def test_a_bad_folder_is_refused(tmp_path, case):
    files, message = BAD_FOLDERS[case]
    with pytest.raises(UserError, match=message):
        read(tmp_path, files)


def test_one_file_is_no_document(tmp_path):
    folder = write_folder(tmp_path, {"a.txt": b"", "a.ann": b""})
    with pytest.raises(UserError, match=r"a\.txt .* folder"):
        list(read_brat(folder / "a.txt"))
