import re
import warnings
import zipfile
from pathlib import Path
from typing import List, Tuple

import pytest

from spacy_nested_ner.corpus.readers import columns
from spacy_nested_ner.corpus.readers.columns import read_columns
from spacy_nested_ner.corpus.records import Lost, Mention, Record
from spacy_nested_ner.user_error import UserError

TWO_LAYERS = (
    "Kiel\tB-ORG\tB-LOC\n"
    "Canal\tI-ORG\tO\n"
    "Ltd\tI-ORG\tO\n"
    "pays\tO\tO\n"
    "\n"
    "Ada\tB-PER\tO\n"
    "of\tI-PER\tO\n"
    "Bonn\tI-PER\tB-LOC\n"
)


@pytest.fixture(autouse=True)
def _no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def write(folder: Path, text: str, name: str = "train.tsv") -> Path:
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text.encode("utf8"))
    return file


def read(folder: Path, text: str) -> List[Record]:
    return list(read_columns(write(folder, text)))


def spans(record: Record) -> List[Tuple[str, str]]:
    return [(record.text[m.start : m.end], m.label) for m in record.mentions]


def column(tags: str, *, token: str = "w") -> str:
    """A sentence of tokens w0, w1, … with these tags."""
    lines = [f"{token}{i}\t{tag}" for i, tag in enumerate(tags.split())]
    return "\n".join(lines) + "\n\n"


def test_layers_are_added_up(tmp_path):
    first, second = read(tmp_path, TWO_LAYERS)
    assert first.text == "Kiel Canal Ltd pays"
    assert first.mentions == (Mention(0, 14, "ORG"), Mention(0, 4, "LOC"))
    assert spans(second) == [("Ada of Bonn", "PER"), ("Bonn", "LOC")]
    assert [record.id for record in (first, second)] == ["train:0", "train:1"]
    assert [record.document for record in (first, second)] == ["train:0", "train:1"]


# the outer mention of a token first, as published
JOINED = """
The B-GPE
Ruritanian I-GPE|B-GPE
court I-GPE
met O
Nord B-ORG|B-GPE
Bank I-ORG
"""
RAGGED = JOINED.replace("|", " ")
IN_OTHER_ORDER = JOINED.replace("I-GPE|B-GPE", "B-GPE,I-GPE").replace(
    "B-ORG|B-GPE", "B-GPE|B-ORG"
)


@pytest.mark.parametrize(
    "text",
    [
        JOINED,
        RAGGED,
        IN_OTHER_ORDER,
        JOINED.replace(" ", "\t"),
        JOINED.replace(" ", "\t").replace("|", " "),
        JOINED.replace(" ", " x "),
    ],
    ids=["joined", "ragged", "in other order", "tabs", "tabs and blanks", "another column"],
)
def test_several_tags_of_a_token_are_layers(tmp_path, text):
    (record,) = read(tmp_path, text)
    assert spans(record) == [
        ("The Ruritanian court", "GPE"),
        ("Ruritanian", "GPE"),
        ("Nord Bank", "ORG"),
        ("Nord", "GPE"),
    ]


def test_layers_of_mentions_with_ends(tmp_path):
    text = "a B-X|B-Y\nb I-X|E-Y\nc E-X|S-Y\nd O"
    assert spans(*read(tmp_path, text)) == [("a b c", "X"), ("a b", "Y"), ("c", "Y")]


def test_a_mention_begins_where_another_of_its_label_goes_on(tmp_path):
    (record,) = read(tmp_path, "a B-X\nb I-X|B-X\nc I-X|I-X\nd I-X\n")
    assert spans(record) == [("a b c d", "X"), ("b c", "X")]


@pytest.mark.parametrize("cell", ["B-X/I-Y", "I-X&O", "B-|I-Y"])
def test_a_tag_within_a_tag_is_never_a_label(tmp_path, cell):
    with pytest.raises(UserError, match="line 2"):
        read(tmp_path, f"a\tB-X\nb\t{cell}\nc\tO\n")


@pytest.mark.parametrize("label", ["PER/ORG", "S-Bend", "A-B", "Part.I", "x_B-y", "X|Y", "BIO"])
def test_what_only_looks_like_a_second_tag_is_a_label(tmp_path, label):
    assert spans(*read(tmp_path, f"a\tB-{label}\nb\tO\n")) == [("a", label)]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.rstrip("\n"),
        lambda text: "\n\n" + text + "\n \n\t\n",
        lambda text: text.replace("\t", " "),
        lambda text: text.replace("\t", "   "),
    ],
    ids=["BOM", "CRLF", "no last line end", "more blank lines", "a blank", "several blanks"],
)
def test_what_is_harmless_changes_nothing(tmp_path, change):
    assert read(tmp_path, change(TWO_LAYERS)) == read(tmp_path, TWO_LAYERS)


def test_a_mention_that_a_second_layer_repeats_is_lost_and_says_where(tmp_path):
    text = "a\tO\tO\nKiel\tB-LOC\tB-LOC\nCanal\tI-LOC\tI-LOC\nKiel\tB-LOC\tB-ORG\n"
    (record,) = read(tmp_path, text)
    assert spans(record) == [("Kiel Canal", "LOC"), ("Kiel", "LOC"), ("Kiel", "ORG")]
    assert record.lost == (Lost("repeated", "train.tsv, line 2", "Kiel Canal"),)


def test_mentions_of_two_layers_may_cross(tmp_path):
    (record,) = read(tmp_path, "a\tB-X\tO\nb\tI-X\tB-Y\nc\tO\tI-Y\n")
    assert spans(record) == [("a b", "X"), ("b c", "Y")]


def test_blanks_in_a_token_stay_where_tabs_separate(tmp_path):
    (record,) = read(tmp_path, "20\u00a0000 km\tB-Q\n far\tO\n\u00a0\tO\n")
    assert record.text == "20\u00a0000 km  far \u00a0"
    assert record.mentions == (Mention(0, 9, "Q"),)


SCHEMES = {
    "IOB2": ("B-X I-X B-X O B-Y I-Y", "0-2X 2-3X 4-6Y"),
    "IOB1": ("I-X I-X B-X O I-Y I-Y", "0-2X 2-3X 4-6Y"),
    "IO": ("I-X I-X I-Y O O I-Y", "0-2X 2-3Y 5-6Y"),
    "BILOU": ("B-X L-X U-X O B-Y L-Y", "0-2X 2-3X 4-6Y"),
    "BIOES": ("B-X I-X E-X O S-Y S-Y", "0-3X 4-5Y 5-6Y"),
    "BMEWO": ("B-X M-X E-X O W-Y W-Y", "0-3X 4-5Y 5-6Y"),
    "BIOS": ("B-X I-X S-X O B-Y I-Y", "0-2X 2-3X 4-6Y"),
    "singles": ("S-X S-X O O O S-Y", "0-1X 1-2X 5-6Y"),
    "hyphens": ("B-X-x I-X-x O O O B-Y-", "0-2X-x 5-6Y-"),
    "plain": ("O O O O O O", ""),
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_each_scheme_is_read_by_its_rule(tmp_path, scheme):
    tags, expected = SCHEMES[scheme]
    (record,) = read(tmp_path, column(tags))
    found = [f"{m.start // 3}-{(m.end + 1) // 3}{m.label}" for m in record.mentions]
    assert found == expected.split()


@pytest.mark.parametrize("n_before", [0, 400])
def test_one_end_at_the_end_of_the_file_forbids_what_iob_allows(tmp_path, n_before):
    loose = n_before * column("O") + column("B-X I-X O")
    assert spans(read(tmp_path, loose)[-1]) == [("w0 w1", "X")]
    line = 2 * n_before + 1
    with pytest.raises(UserError, match=f"line {line}: .* X .* no end"):
        read(tmp_path, loose + column("B-X L-X"))


@pytest.mark.parametrize("label", ["X", "Y"])
def test_an_inside_that_continues_nothing_begins_a_mention_with_a_warning(tmp_path, label):
    text = column("B-X O") + column(f"O I-X B-{label} I-X") + column("I-X")
    with pytest.warns(UserWarning, match="line 5") as warned:
        records = read(tmp_path, text)
    expected = {
        "X": [("w1", "X"), ("w2 w3", "X")],
        "Y": [("w1", "X"), ("w2", "Y"), ("w3", "X")],
    }
    assert spans(records[1]) == expected[label]
    assert spans(records[2]) == [("w0", "X")]
    assert len(warned) == 1
    n_inside, n_begin = {"X": (2, 1), "Y": (3, 2)}[label]
    assert re.findall(r"[ ](\d+)\b", str(warned[0].message)) == [
        str(n) for n in (n_inside, 5, n_begin)
    ]


NUMBERED = (
    "#\thttp://one.example/a?b=c [2009-10-17]\n"
    "1\tKiel\tB-LOC\tO\n"
    "2\t#\tO\tO\n"
    "\n"
    "# two.example [2010-01-02]\n"
    "# text = Bonn\n"
    "1\tBonn\tB-LOC\tO\n"
    "\n"
    "1\t1\tO\tO\n"
)


def test_numbers_before_the_tokens_are_left_out_and_comments_name_the_document(tmp_path):
    records = read(tmp_path, NUMBERED)
    assert [record.text for record in records] == ["Kiel #", "Bonn", "1"]
    assert [len(record.mentions) for record in records] == [1, 1, 0]
    one, two = "http://one.example/a?b=c", "two.example"
    assert [record.document for record in records] == [one, two, two]
    assert [record.id for record in records] == ["train:0", "train:1", "train:2"]


def test_comments_of_key_and_value_name_a_document_by_its_id_alone(tmp_path):
    comments = "# newdoc id = news-7\n# sent_id = 3\n# text = Kiel\n"
    (record,) = read(tmp_path, f"{comments}1\tKiel\tB-LOC\n")
    assert (record.document, record.text) == ("news-7", "Kiel")


def test_numbers_begin_anew_in_every_document(tmp_path):
    records = read(tmp_path, 2 * "-DOCSTART-\n1\tKiel\tB-LOC\n2\tpays\tO\n")
    assert [record.text for record in records] == ["Kiel pays", "Kiel pays"]


def test_numbers_may_have_blanks_before_them(tmp_path):
    records = read(tmp_path, " 1 Kiel B-LOC\n 2 pays O\n\n 1 Bonn B-LOC\n")
    assert [record.text for record in records] == ["Kiel pays", "Bonn"]


def test_a_hash_is_a_token_where_tokens_have_no_numbers(tmp_path):
    records = read(tmp_path, "#\tO\tO\n1\tO\tO\n\n#Kiel\tB-LOC\tO\n")
    assert [record.text for record in records] == ["# 1", "#Kiel"]
    assert spans(records[1]) == [("#Kiel", "LOC")]


def test_tokens_that_are_numbers_before_tags_alone_are_tokens(tmp_path):
    (record,) = read(tmp_path, "1\tO\tB-N\n2\tB-N\tI-N\n")
    assert record.text == "1 2"


def test_docstart_lines_separate_documents_and_are_no_sentences(tmp_path):
    start = "-DOCSTART- -X- O\n"
    first = "Kiel NN B-LOC\n\npays VB O\n\n"
    second = "Bonn NN B-LOC\n"
    records = read(tmp_path, f"{start}\n{first}{start}{second}{start}\n{start}Ulm NN O\n")
    assert [(record.id, record.document, record.text) for record in records] == [
        ("train:0", "train:doc0", "Kiel"),
        ("train:1", "train:doc0", "pays"),
        ("train:2", "train:doc1", "Bonn"),
        ("train:3", "train:doc3", "Ulm"),
    ]


def test_columns_without_tags_are_passed_over_beside_one_that_has_them(tmp_path):
    (record,) = read(tmp_path, "Kiel\tNN\tB-LOC\t_\npays\tVB\tO\t_\n")
    assert record.text == "Kiel pays"
    assert spans(record) == [("Kiel", "LOC")]


def test_parts_come_from_the_names(tmp_path):
    for name in ("germ.train.iob2", "germ.dev.iob2", "germ.test.iob2", "more.iob2"):
        write(tmp_path, TWO_LAYERS, name)
    records = read_columns(tmp_path)
    assert {record.id: record.part for record in records} == {
        **{f"germ.{part}:{i}": part for part in ("train", "dev", "test") for i in (0, 1)},
        **{f"more:{i}": None for i in (0, 1)},
    }


def test_file_folder_and_archive_give_the_same_records(tmp_path):
    file = write(tmp_path / "plain", TWO_LAYERS)
    write(tmp_path / "plain", "No columns here.\n", "LICENCE.txt")
    write(tmp_path / "packed", "", "README.md")
    with zipfile.ZipFile(tmp_path / "packed" / "all.zip", "w") as archive:
        archive.write(file, "inner/train.tsv")
    records = list(read_columns(file))
    for source in (file.parent, tmp_path / "packed", tmp_path / "packed" / "all.zip"):
        assert list(read_columns(source)) == records


def test_txt_files_are_columns_where_there_are_no_others(tmp_path):
    write(tmp_path, TWO_LAYERS, "train.txt")
    assert [record.id for record in read_columns(tmp_path)] == ["train:0", "train:1"]


def test_ids_are_unique_where_two_folders_have_files_of_one_name(tmp_path):
    for folder in ("news", "web"):
        write(tmp_path / folder, TWO_LAYERS)
    ids = [record.id for record in read_columns(tmp_path)]
    assert ids == [f"{folder}/train.tsv:{i}" for folder in ("news", "web") for i in (0, 1)]


def test_sentences_arrive_before_the_next_file_is_read(tmp_path):
    write(tmp_path, TWO_LAYERS, "a.tsv")
    write(tmp_path, "Kiel\n", "b.tsv")
    records = read_columns(tmp_path)
    assert [next(records).id, next(records).id] == ["a:0", "a:1"]
    with pytest.raises(UserError, match=r"b\.tsv, line 1"):
        next(records)


BAD_FILES = {
    "nothing": ("", r"train\.tsv .* no sentence"),
    "blank lines": ("\n\r\n \n", r"train\.tsv .* no sentence"),
    "one column": ("\nKiel\n", "line 2: .* one column"),
    "a column less": (TWO_LAYERS + "Ulm\tO\n", "line 9: 2 columns.* 3"),
    "a column more": (TWO_LAYERS + "\nUlm\tO\tO\tO\n", "line 10: 4 columns.* 3"),
    "a blank for a tab": ("Kiel\tO\nUlm O\n", "line 2: 1 column"),
    "no token": ("Kiel\tO\n\tB-X\n", "line 2: .* token .* empty"),
    "no tag": ("Kiel\tO\nUlm\t\n", "line 2: '' is no tag"),
    "no label": ("Kiel\tB-\nUlm\tO\n", "line 1: 'B-' is no tag"),
    "a blank label": ("Kiel\tB- \nUlm\tO\n", "line 1: 'B- ' is no tag"),
    "a blank behind": ("Kiel\tB-X\nUlm\tO \n", "line 2: 'O ' is no tag"),
    "an unknown letter": (column("O O X-X"), "line 3: 'X-X' is no tag"),
    "a small letter": (column("b-X"), "line 1: 'b-X' is no tag"),
    "prose": ("The Kiel Canal.\n\nIt is big.\n", "line 1: 'Kiel' is no tag"),
    "chunks": ("Kiel NN B-NP B-LOC\n", "line 1: 'NN' is no tag.* 2 columns"),
    "a comment": ("# id 1\nKiel\tO\n", "line 1: .* one column.* comment"),
    "a later comment": ("Kiel\tO\n# id\n", "line 2: 1 column.* comment"),
    "an odd number": (NUMBERED.replace("2\t#", "3\t#"), "line 3: '3' .* 2"),
    "no end": (column("S-X B-Y I-Y O E-X"), "line 2: .* Y .* no end"),
    "no end, last": (column("B-X E-X B-X"), "line 3: .* X .* no end .* line 4"),
    "two ends": (column("B-X E-X E-X"), "line 3: 'E-X'"),
    "no begin": (column("O I-X L-X"), "line 2: 'I-X'"),
    "another label": (column("B-X I-Y E-X"), "line 1: .* X .* no end"),
    "Latin-1": (TWO_LAYERS.encode().replace(b"Ada", b"\xc4da"), "line 6: byte 0xc4 "),
    "UTF-16": (TWO_LAYERS.encode("utf-16"), "UTF-16"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_one_sentence_that_names_file_and_line(tmp_path, case):
    content, message = BAD_FILES[case]
    file = tmp_path / "train.tsv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode("utf8"))
    with pytest.raises(UserError, match=message) as error:
        list(read_columns(file))
    assert str(error.value).startswith(str(file))
    assert "\n" not in str(error.value)
    assert str(error.value).endswith(".")


def test_a_very_long_line_is_refused(tmp_path):
    line = "x" * 10_000_001
    with pytest.raises(UserError, match=r"line 2.* 10,000,000 characters"):
        read(tmp_path, f"Kiel\tO\n{line}\tO\n")


@pytest.mark.parametrize("text", ["Kiel\tO\nUlm\t{}\n", "1\ta\tO\n2\tb\tO\n{}\tc\tO\n"])
def test_a_long_value_is_cut_in_the_message(tmp_path, text):
    with pytest.raises(UserError, match=r"'x{50}'") as error:
        read(tmp_path, text.format(5000 * "x"))
    assert len(str(error.value)) < 500


def test_no_pass_holds_more_than_a_sentence(tmp_path, monkeypatch):
    n_lines = 0
    read_lines = columns.read_lines

    def count_lines(file, **options):
        nonlocal n_lines
        for line in read_lines(file, **options):
            n_lines += 1
            yield line

    monkeypatch.setattr(columns, "read_lines", count_lines)
    records = read_columns(write(tmp_path, 1000 * column("B-X O")))
    next(records)
    assert n_lines == 2 * 3000 + 3
