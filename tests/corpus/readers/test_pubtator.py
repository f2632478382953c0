from pathlib import Path
from typing import List

import pytest

from spacy_nested_ner.corpus.faults import collect_faults
from spacy_nested_ner.corpus.readers.pubtator import read_pubtator
from spacy_nested_ner.corpus.records import Lost, Mention, Record
from spacy_nested_ner.user_error import UserError
from tests.corpus.source_files import write_archive, write_folder

TEXT = "101|t|Nord gene promoter\n101|a|It is bound by Nord.\n"
SPANS = (
    "101\t0\t18\tNord gene promoter\tDNA\tX1\n"
    "101\t0\t4\tNord\tProtein\tX2\n"
    "101\t34\t38\tNord\tProtein\tX2\n"
)
MENTIONS = (Mention(0, 18, "DNA"), Mention(0, 4, "Protein"), Mention(34, 38, "Protein"))


def read(folder: Path, text: str) -> List[Record]:
    write_folder(folder, {"a.txt": text.encode("utf8")})
    return list(read_pubtator(folder))


def test_offsets_count_title_and_abstract(tmp_path):
    text = "Nord gene promoter\nIt is bound by Nord."
    assert read(tmp_path, TEXT + SPANS) == [Record("101", "101", text, MENTIONS)]


@pytest.mark.parametrize("between", ["\n", "\n\n\n", "", "\r\n \r\n"])
def test_documents_are_separated_by_blank_lines_or_titles(tmp_path, between):
    second = (TEXT + SPANS).replace("101", "7")
    records = read(tmp_path, TEXT + SPANS + between + second)
    assert [(r.id, r.mentions) for r in records] == [("101", MENTIONS), ("7", MENTIONS)]


def test_blanks_at_the_edges_of_a_title_count(tmp_path):
    (record,) = read(tmp_path, "1|t| Nord \n1|a|Kiel\n1\t7\t11\tKiel\tLOC\t\n")
    assert record.mentions == (Mention(7, 11, "LOC"),)


def test_a_document_may_have_only_one_of_the_texts(tmp_path):
    one, other = read(
        tmp_path, "1|t|\n1|a|Kiel\n1\t1\t5\tKiel\tLOC\n\n2|t|Kiel\n2\t0\t4\tKiel\tLOC"
    )
    assert [len(record.mentions) for record in (one, other)] == [1, 1]


def test_relations_are_passed_over_and_composite_mentions_are_mentions(tmp_path):
    composite = "101\t0\t18\tNord gene promoter\tDNA\tX1|X2\tNord promoter|gene promoter\n"
    relations = "101\tCID\tX1\tX2\n101\tBind\t12\t13\tNovel\n101\tCPR:4\tX1\tX2\n"
    (record,) = read(tmp_path, f"{TEXT}{composite}{relations}")
    assert record.mentions == (Mention(0, 18, "DNA"),)


def test_labels_are_separated_by_commas_and_a_repeat_is_lost(tmp_path):
    labels = "101\t0\t4\tNord\tT116,T123\tX\n101\t0\t4\tNord\tT123\tX\n"
    (record,) = read(tmp_path, TEXT + labels)
    assert record.mentions == (Mention(0, 4, "T116"), Mention(0, 4, "T123"))
    assert record.lost == (Lost("repeated", "a.txt, line 4", "Nord"),)


def test_parts_and_ids_of_several_files(tmp_path):
    files = {f"{part}.PubTator": (TEXT + SPANS).encode() for part in ("dev", "train")}
    records = list(read_pubtator(write_folder(tmp_path / "in", files)))
    assert [(r.part, r.id) for r in records] == [("dev", "101"), ("train", "train:101")]
    assert list(read_pubtator(write_archive(tmp_path / "a.zip", files))) == records


BAD_LINES = {
    "another text": "101\t0\t4\tKiel\tLOC",
    "outside": "101\t95\t99\tKiel\tLOC",
    "another document": "102\t0\t4\tNord\tLOC",
    "another text of another document": "102|a|x",
    "no label": "101\t0\t4\tNord",
    "one number": "101\t0\tx\tNord\tLOC",
    "words": "Nord gene",
    "a blank before a number": "101\t 0\t4\tNord\tLOC\tX",
    "a blank behind a number": "101\t0 \t4\tNord\tLOC",
    "a decimal number": "101\t0.0\t4.0\tNord\tLOC",
    "a sign": "101\t+0\t4\tNord\tLOC",
    "an empty cell": "101\t\t4\tNord\tLOC",
    "a number of 13 digits": "101\t1000000000000\t4\tNord\tLOC",
}


@pytest.mark.parametrize("case", BAD_LINES)
def test_a_bad_line_is_named_and_the_others_are_read(tmp_path, case):
    text = f"{TEXT}{BAD_LINES[case]}\n{SPANS}"
    with pytest.raises(UserError, match=r"a\.txt, line 3: "):
        read(tmp_path, text)
    with collect_faults() as faults:
        (record,) = read(tmp_path, text)
    assert record.mentions == MENTIONS
    assert [fault.of for fault in faults] == ["annotation"]


def test_three_faults_of_a_file_are_all_named(tmp_path):
    with collect_faults() as faults:
        records = read(tmp_path, f"x\n{TEXT}{SPANS}101\t1\t2\tX\tY\n\n{TEXT}")
    assert [record.mentions for record in records] == [MENTIONS]
    assert [fault.of for fault in faults] == ["annotation", "annotation", "record"]
    assert "line 1:" in faults[0].message
    assert "line 7:" in faults[1].message
    assert "line 9" in faults[2].message


def test_a_file_without_a_document_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"a\.txt "):
        read(tmp_path, "\n")
