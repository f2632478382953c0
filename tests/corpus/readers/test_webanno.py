from pathlib import Path
from typing import List

import pytest

from spacy_nested_ner.corpus.faults import collect_faults
from spacy_nested_ner.corpus.readers.webanno import read_webanno
from spacy_nested_ner.corpus.records import Lost, Mention, Record
from spacy_nested_ner.user_error import UserError
from tests.corpus.source_files import write_archive, write_folder

HEAD = "#FORMAT=WebAnno TSV 3.3\n"
SPAN = "#T_SP=webanno.custom.Span|value\n"
NORD = """

#Text=Nord Bank opens
1-1\t0-4\tNord\tORG[1]|LOC[2]\t
1-2\t5-9\tBank\tORG[1]\t
1-3\t10-15\topens\t_\t
"""


def read(folder: Path, *texts: str) -> List[Record]:
    names = ("a.tsv", "b.tsv", "c.tsv")
    files = {name: text.encode("utf8") for name, text in zip(names, texts)}
    return list(read_webanno(write_folder(folder, files)))


def read_one(folder: Path, body: str, head: str = SPAN) -> Record:
    (record,) = read(folder, f"{HEAD}{head}\n\n{body}")
    return record


def covered(record: Record) -> List[tuple]:
    return [(record.text[m.start : m.end], m.label) for m in record.mentions]


def test_annotations_of_several_tokens_and_of_one_token(tmp_path):
    assert read_one(tmp_path, NORD) == Record(
        "a", "a", "Nord Bank opens", (Mention(0, 9, "ORG"), Mention(0, 4, "LOC"))
    )


def test_parts_of_tokens(tmp_path):
    body = (
        "#Text=aaaaaa bbbbbb cccccc\n"
        "1-1\t0-6\taaaaaa\t2[1]|7[2]|1[3]\t\n"
        "1-1.1\t3-6\taaa\t9[4]|6[5]|8[6]\t\n"
        "1-2\t7-13\tbbbbbb\t2[1]|9[4]|6[5]\t\n"
        "1-2.1\t7-10\tbbb\t7[2]|8[6]\t\n"
        "1-2.2\t7-7\t\t11\t\n"
        "1-2.3\t9-13\tbbbb\t5\t\n"
        "1-3\t14-20\tcccccc\t_\t\n"
        "1-3.1\t14-17\tccc\t9[4]\t\n"
    )
    record = read_one(tmp_path, body)
    assert {m.label: (m.start, m.end) for m in record.mentions} == {
        "1": (0, 6),
        "2": (0, 13),
        "5": (9, 13),
        "6": (3, 13),
        "7": (0, 10),
        "8": (3, 10),
        "9": (3, 17),
    }
    assert record.lost == (Lost("empty", "a.tsv, line 10", "11"),)


def test_stacked_values_belong_together_across_columns(tmp_path):
    head = "#T_SP=webanno.custom.Referent|entity|infstat\n"
    body = (
        "#Text=Nord Bank\n"
        "1-1\t0-4\tNord\torg[1]|loc[2]\tnew[1]|*[2]\t\n"
        "1-2\t5-9\tBank\torg[1]\tnew[1]\t\n"
    )
    assert covered(read_one(tmp_path, body, head)) == [("Nord Bank", "org"), ("Nord", "loc")]


def test_equal_values_without_a_number_are_different_annotations(tmp_path):
    body = "#Text=Kiel Bonn\n1-1\t0-4\tKiel\tLOC\t\n1-2\t5-9\tBonn\tLOC\t\n"
    assert covered(read_one(tmp_path, body)) == [("Kiel", "LOC"), ("Bonn", "LOC")]


def test_columns_of_other_layers_are_passed_over(tmp_path):
    head = (
        "#T_SP=de.tudarmstadt.ukp.dkpro.core.api.lexmorph.type.pos.POS|PosValue\n"
        "#T_SP=webanno.custom.Quote|\n"
        "#T_SP=webanno.custom.Empty\n"
        "#T_SP=webanno.custom.Frame|ROLE_webanno.custom.Frame:Roles_Link|webanno.custom.Lu\n"
        "#T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|identifier|value\n"
        "#T_CH=webanno.custom.Chain|referenceType|referenceRelation\n"
        "#T_RL=webanno.custom.Relation|label|BT_webanno.custom.Quote\n"
    )
    body = (
        "#Text=Kiel\n1-1\t0-4\tKiel\tNN\t*\t*\tr;s\t1-1;1-1\t*\tLOC\tpr[1]\tx->1-1\tq\t1-1\t\n"
    )
    assert covered(read_one(tmp_path, body, head)) == [("Kiel", "LOC")]


def test_values_and_texts_are_unescaped(tmp_path):
    body = (
        "#Sentence.id=one\n"
        r"#Text=a\tb [c] \\ d" + "\n"
        r"1-1	0-3	a\tb	x\|y\[1\][1]|\_\->\*\\|z[3]	" + "\n"
        "1-2\t4-7\t[c]\tx\\|y\\[1\\][1]\t\n"
        "1-3\t8-9\t\\\\\t_\t\n"
        "1-4\t10-11\td\t_\t\n"
    )
    assert covered(read_one(tmp_path, body)) == [
        ("a\tb [c]", "x|y[1]"),
        ("a\tb", "_->*\\"),
        ("a\tb", "z"),
    ]
    tab = "#Text=a\n1-1\t0-1\ta\tx\\ty\t\n"
    assert covered(read_one(tmp_path, tab)) == [("a", "x\ty")]


def test_version_3_1_writes_code_points(tmp_path):
    body = "#Text=\\ud83c\\udfe6 K\\u00f6ln\n"
    body += "1-1\t0-2\t\\ud83c\\udfe6\t_\t\n1-2\t3-7\tKöln\tLOC\t\n"
    record = read_one(tmp_path, body)
    assert (record.text, covered(record)) == ("🏦 Köln", [("Köln", "LOC")])


@pytest.mark.parametrize("width", [1, 2])
def test_offsets_are_units_of_utf16_or_characters(tmp_path, width):
    body = (
        f"#Text=🏦 Kiel\n1-1\t0-{width}\t🏦\t_\t\n1-2\t{width + 1}-{width + 5}\tKiel\tLOC\t\n\n"
        f"#Text=Bonn\n2-1\t{width + 6}-{width + 10}\tBonn\tLOC\t\n"
    )
    record = read_one(tmp_path, body)
    assert record.text == "🏦 Kiel\nBonn"
    assert covered(record) == [("Kiel", "LOC"), ("Bonn", "LOC")]


def test_sentences_keep_their_distance_and_lines(tmp_path):
    body = (
        "#Text=Nord\n#Text=Bank\n1-1\t0-4\tNord\tORG[1]\t\n1-2\t5-9\tBank\tORG[1]\t\n\n"
        "#Text=X.\n2-1\t9-10\tX\tORG[1]\t\n2-2\t10-11\t.\t_\t\n\n"
        "#Text=Far\n3-1\t40-43\tFar\tLOC\t"
    )
    record = read_one(tmp_path, body)
    assert record.text == "Nord\nBankX.\nFar"
    assert covered(record) == [("Nord\nBankX", "ORG"), ("Far", "LOC")]


def test_files_are_documents_and_their_names_give_parts(tmp_path):
    text = f"{HEAD}{SPAN}{NORD}".encode()
    files = {"train/x.tsv": text, "dev/y.tsv": text.replace(b"\n", b"\r\n")}
    records = list(read_webanno(write_folder(tmp_path / "in", files)))
    assert [(r.id, r.part, len(r.mentions)) for r in records] == [
        ("y", "dev", 2),
        ("x", "train", 2),
    ]
    assert list(read_webanno(write_archive(tmp_path / "a.zip", files))) == records


BAD = {
    "another format": ("x\ty", "line 1: .*WebAnno TSV 3"),
    "no token": (f"{HEAD}{SPAN}{NORD}x", "line 9: 'x'"),
    "a column is missing": (f"{HEAD}{SPAN}\n\n#Text=Nord\n1-1\t0-4\tNord", "line 6"),
    "no number of the token": (f"{HEAD}{SPAN}{NORD.replace('1-2', 'two')}", "line 7: 'two"),
    "no offsets": (f"{HEAD}{SPAN}{NORD.replace('5-9', 'five')}", "line 7: '1-2"),
    "another token": (
        f"{HEAD}{SPAN}{NORD.replace('Bank opens', 'Park opens')}",
        "line 7: .*Park",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_named_and_the_others_are_read(tmp_path, case):
    text, message = BAD[case]
    with pytest.raises(UserError, match=rf"a\.tsv, {message}"):
        read(tmp_path, text, f"{HEAD}{SPAN}{NORD}")
    with collect_faults() as faults:
        records = read(tmp_path, text, f"{HEAD}{SPAN}{NORD}")
    assert [record.id for record in records] == ["b"]
    assert [fault.of for fault in faults] == ["record"]


def test_a_file_without_labels_is_refused(tmp_path):
    with pytest.raises(UserError, match="span layer"):
        read_one(tmp_path, NORD.replace("ORG[1]|LOC[2]", "_").replace("ORG[1]", "_"))
