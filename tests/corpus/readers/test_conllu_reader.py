from pathlib import Path
from typing import List, Tuple

import pytest

from spacy_nested_ner.corpus.faults import collect_faults
from spacy_nested_ner.corpus.readers.conllu_reader import read_conllu
from spacy_nested_ner.corpus.records import Discontinuous, Lost, Mention, Record
from spacy_nested_ner.user_error import UserError
from tests.corpus.source_files import write_archive, write_folder


def word(id: str, form: str, misc: str = "_") -> str:
    return "\t".join([id, form, *["_"] * 7, misc]) + "\n"


def sentence(*rows: Tuple[str, ...]) -> str:
    return "".join(word(*row) for row in rows) + "\n"


NORD = sentence(
    ("1", "Nord", "Entity=(org(loc)"), ("2", "Bank", "Entity=org)|SpaceAfter=No"), ("3", ".")
)


def read(folder: Path, text: str) -> List[Record]:
    write_folder(folder, {"a.conllu": text.encode("utf8")})
    return list(read_conllu(folder))


def covered(folder: Path, text: str) -> List[Tuple[str, str]]:
    (record,) = read(folder, text)
    return [(record.text[m.start : m.end], m.label) for m in record.mentions]


def test_brackets_are_mentions_and_words_make_the_text(tmp_path):
    assert read(tmp_path, f"# newdoc id = d\n# sent_id = 1\n# text = ?\n{NORD}") == [
        Record("a:0", "d", "Nord Bank.", (Mention(0, 9, "org"), Mention(0, 4, "loc")))
    ]


FORMS = {
    "CorefUD": ("eid-etype-head-other", "(e1-org-2-x:y(e2-loc-1)", "e1)"),
    "CorefUD, the type later": ("eid-head-etype", "(e1-2-org(e2-1-loc)", "e1)"),
    "GUM": ("GRP-etype-infstat", "(1-org-new(2-loc-new)", "1)"),
    "GUM, as before version 9": ("entity-GRP-infstat", "(org-1-new(loc-2-new)", "org-1)"),
    "UD Coptic": ("etype-identity", "(org-Nord_Bank(loc)", "org)"),
    "no line, id first": ("", "(e1-org-2-x(e2-loc)", "e1)"),
    "no line, label first": ("", "(org-1-new(loc-2)", "org-1)"),
    "no line, id alone": ("", "(org-1-new(loc-2)", "1)"),
    "labels alone": ("", "(org(loc)", "org)"),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_entities(tmp_path, form):
    line, begin, end = FORMS[form]
    text = f"# global.Entity = {line}\n" if line else ""
    text += sentence(("1", "Nord", f"Entity={begin}"), ("2", "Bank", f"X=Y|Entity={end}"))
    assert covered(tmp_path, text) == [("Nord Bank", "org"), ("Nord", "loc")]


def test_a_label_alone_may_have_a_hyphen(tmp_path):
    assert covered(tmp_path, sentence(("1", "Nord", "Entity=(B-cell)"))) == [("Nord", "B-cell")]


def test_the_last_one_of_two_open_mentions_with_a_label_ends_first(tmp_path):
    rows = (
        ("1", "a", "Entity=(x"),
        ("2", "b", "Entity=(x"),
        ("3", "c", "Entity=x)"),
        ("4", "d"),
    )
    rows = (*rows[:3], ("4", "d", "Entity=x)"))
    assert covered(tmp_path, sentence(*rows)) == [("a b c d", "x"), ("b c", "x")]


def test_mentions_may_cross(tmp_path):
    rows = (("1", "a", "Entity=(e1-x"), ("2", "b", "Entity=(e2-y"), ("3", "c", "Entity=e1)"))
    text = sentence(*rows, ("4", "d", "Entity=e2)"))
    assert covered(tmp_path, text) == [("a b c", "x"), ("b c d", "y")]


def test_words_of_a_multiword_token_have_its_text(tmp_path):
    text = sentence(
        ("1-2", "zum", "SpaceAfter=No"),
        ("1", "zu", "Entity=(x)"),
        ("2", "dem", "Entity=(y"),
        ("3", "Hafen", "Entity=y)"),
    )
    assert covered(tmp_path, text) == [("zumHafen", "y"), ("zum", "x")]


def test_words_whose_forms_make_the_multiword_token_have_their_part_of_it(tmp_path):
    text = sentence(
        ("1", "im"), ("2-3", "Alhafen"), ("2", "Al"), ("3", "hafen", "Entity=(x)"), ("4", "und")
    )
    (record,) = read(tmp_path, text)
    assert (record.text, record.mentions) == ("im Alhafen und", (Mention(5, 10, "x"),))


def test_empty_nodes_have_no_text(tmp_path):
    rows = [("0.1", "ich", "Entity=(e1-per)"), ("1", "komme"), ("1.1", "er", "Entity=(e2-per")]
    (record,) = read(tmp_path, sentence(*rows, ("2", "Bob", "Entity=e2)")))
    assert record.text == "komme Bob"
    assert record.mentions == (Mention(6, 9, "per"),)
    assert record.lost == (Lost("empty", "a.conllu, line 1", "ich"),)


def test_pieces_are_one_lost_mention(tmp_path):
    rows = [
        ("1", "a", "Entity=(e1[1/2]-x(e2--x)"),
        ("2", "b", "Entity=e1[1/2])"),
        ("3", "c"),
        ("4", "d", "Entity=(e1[2/2]-x)"),
        ("5", "e", "Entity=(e1[1/2]-x)"),
        ("6", "f"),
        ("7", "g", "Entity=(e1[2/2]-x)"),
    ]
    (record,) = read(tmp_path, f"# global.Entity = eid-etype-head\n{sentence(*rows)}")
    assert record.mentions == ()
    assert record.discontinuous == (
        Discontinuous(((0, 3), (6, 7)), "x", "a.conllu, line 2"),
        Discontinuous(((8, 9), (12, 13)), "x", "a.conllu, line 6"),
    )
    assert record.lost == (Lost("unlabelled", "a.conllu, line 2", "a"),)


def test_documents_parts_and_archives(tmp_path):
    text = f"# newdoc\n{NORD}# newdoc id = x\n{NORD}{NORD}".replace("\n", "\r\n").encode()
    files = {"dev.conllu": text, "train.conllu": text.rstrip()}
    records = list(read_conllu(write_folder(tmp_path / "in", files)))
    assert [(r.id, r.document, r.part) for r in records[:4]] == [
        ("dev:0", "dev:0", "dev"),
        ("dev:1", "x", "dev"),
        ("dev:2", "x", "dev"),
        ("train:0", "train:0", "train"),
    ]
    assert list(read_conllu(write_archive(tmp_path / "a.zip", files))) == records


BAD_SENTENCES = {
    "no columns": "Nord Bank\n\n",
    "no number": word("x", "Nord") + "\n",
    "no form": word("1", "") + "\n",
}
BAD_BRACKETS = {
    "no begin": "Entity=org)",
    "no end": "Entity=(org",
    "no bracket": "Entity=org",
    "another bracket": "Entity=(org))",
    "another key": "Entity=(e1-org",
}


@pytest.mark.parametrize("case", BAD_SENTENCES)
def test_a_bad_sentence_is_named_and_the_others_are_read(tmp_path, case):
    text = f"{NORD}{BAD_SENTENCES[case]}{NORD}"
    with pytest.raises(UserError, match=r"a\.conllu, line 5: "):
        read(tmp_path, text)
    with collect_faults() as faults:
        records = read(tmp_path, text)
    assert [record.id for record in records] == ["a:0", "a:2"]
    assert [fault.of for fault in faults] == ["record"]


@pytest.mark.parametrize("case", BAD_BRACKETS)
def test_bad_brackets_are_named_and_the_others_are_read(tmp_path, case):
    text = NORD + sentence(("1", "Nord", BAD_BRACKETS[case]), ("2", "Bank", "Entity=(loc)"))
    with pytest.raises(UserError, match=r"a\.conllu, line 5: "):
        read(tmp_path, text)
    with collect_faults() as faults:
        _, record = read(tmp_path, text)
    assert Mention(5, 9, "loc") in record.mentions
    assert [fault.of for fault in faults] == ["annotation"]


def test_three_faults_of_a_file_are_all_named(tmp_path):
    bad = sentence(("1", "Nord", "Entity=a)(b"))
    with collect_faults() as faults:
        records = read(tmp_path, f"{NORD}x\n\n{bad}")
    assert len(records) == 2
    assert [fault.of for fault in faults] == ["record", "annotation", "annotation"]


def test_a_line_that_is_not_utf8_leaves_out_its_sentence(tmp_path):
    text = NORD.encode() + NORD.replace("Bank", "B\xe4nk").encode("latin1") + NORD.encode()
    write_folder(tmp_path, {"a.conllu": text})
    with collect_faults() as faults:
        records = list(read_conllu(tmp_path))
    assert [record.id for record in records] == ["a:0", "a:2"]
    assert len(faults) == 1


@pytest.mark.parametrize("text", ["", sentence(("1", "Nord"))])
def test_a_file_without_entities_is_refused(tmp_path, text):
    with pytest.raises(UserError, match=r"a\.conllu .*Entity"):
        read(tmp_path, text)


def test_a_file_without_entities_is_a_fault_of_the_file_and_others_are_read(tmp_path):
    files = {"a.conllu": sentence(("1", "Nord")), "b.conllu": NORD}
    write_folder(tmp_path, {name: text.encode("utf8") for name, text in files.items()})
    with collect_faults() as faults:
        records = list(read_conllu(tmp_path))
    # the sentences of a.conllu are not annotated, so they are no records without mentions
    assert [record.id for record in records] == ["b:0"]
    assert [fault.of for fault in faults] == ["file"]
