import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import List

import pytest

from spacy_nested_ner.corpus.readers import genia
from spacy_nested_ner.corpus.readers.genia import read_genia
from spacy_nested_ner.corpus.records import Lost, Mention, Record
from spacy_nested_ner.user_error import UserError
from tests.corpus.genia_xml import (
    FLAT,
    NESTED,
    PLAIN,
    PROTEIN,
    article,
    corpus,
    numbered_corpus,
    write_archive,
)


def read(folder: Path, *articles: str) -> List[Record]:
    file = folder / "corpus.xml"
    file.write_text(corpus(*articles), encoding="utf8")
    return list(read_genia(file))


def test_offsets_are_exact_and_outer_mentions_come_first(tmp_path):
    title, sentence = read(tmp_path, article("MEDLINE:1", FLAT))
    assert title.text == "The ABC-1 gene is on."
    assert title.mentions == (Mention(4, 14, "DNA"), Mention(4, 9, "protein"))
    assert sentence.text == "Cells need XYZ to grow."
    assert sentence.mentions == (Mention(11, 14, "protein"),)


@pytest.mark.parametrize(
    ("sem", "label"),
    [
        ('sem="G#DNA_domain_or_region"', "DNA"),
        ('sem="G#DNA_N/A"', "DNA"),
        ('sem="G#RNA_molecule"', "RNA"),
        ('sem="G#protein_family_or_group"', "protein"),
        ('sem="G#cell_line"', "cell_line"),
        ('sem="G#cell_type"', "cell_type"),
        ('sem="G#cell_component"', None),
        ('sem="G#cell_line_of_old"', None),
        ('sem="G#other_name"', None),
        ('sem="(AND G#protein_molecule G#protein_molecule)"', None),
        ('lex="*_cell"', None),
    ],
)
def test_only_the_five_types_are_kept(tmp_path, sem, label):
    sentence = f"Plain <cons {sem}>thing</cons>."
    *_, record = read(tmp_path, article("MEDLINE:1", sentence))
    assert record.text == "Plain thing."
    assert record.mentions == ((Mention(6, 11, label),) if label else ())


def test_an_exact_repeat_counts_once_and_two_labels_on_a_span_twice(tmp_path):
    twice = f'<cons {PROTEIN}><cons sem="G#protein_complex">AB</cons></cons>'
    both = '<cons sem="G#RNA_molecule"><cons sem="G#cell_type">CD</cons></cons>'
    _, record, other = read(tmp_path, article("MEDLINE:1", f"{twice} {both}", FLAT))
    labels = [(0, 2, "protein"), (3, 5, "RNA"), (3, 5, "cell_type")]
    assert record.mentions == tuple(Mention(*label) for label in labels)
    assert record.lost == (Lost("repeated", "corpus.xml, line 6", "AB"),)
    assert other.lost == ()


def test_characters_are_counted_after_decoding(tmp_path):
    sentence = f"α &lt; &#946; in <cons {PROTEIN}>κB&amp;C</cons>."
    *_, record = read(tmp_path, article("MEDLINE:1", sentence))
    assert record.text == "α < β in κB&C."
    assert record.mentions == (Mention(9, 13, "protein"),)


def test_sentences_are_numbered_from_the_title_and_know_their_paragraph(tmp_path):
    articles = (
        article("MEDLINE:7", FLAT, PLAIN, title=[NESTED, PLAIN]),
        article("MEDLINE:8", PLAIN),
    )
    records = read(tmp_path, *articles)
    assert [(r.id, r.document, r.paragraph) for r in records] == [
        ("MEDLINE:7:0", "MEDLINE:7", 1),
        ("MEDLINE:7:1", "MEDLINE:7", 1),
        ("MEDLINE:7:2", "MEDLINE:7", 2),
        ("MEDLINE:7:3", "MEDLINE:7", 2),
        ("MEDLINE:8:0", "MEDLINE:8", 1),
        ("MEDLINE:8:1", "MEDLINE:8", 2),
    ]


def test_copies_of_an_article_share_the_document_but_no_id(tmp_path):
    records = read(tmp_path, *(article(name, FLAT) for name in ("A", "B", "A", "A")))
    assert [r.id for r in records[::2]] == ["A:0", "B:0", "A#2:0", "A#3:0"]
    assert [r.document for r in records[::2]] == ["A", "B", "A", "A"]


def test_file_folder_and_archive_give_the_same_records(tmp_path):
    file = tmp_path / "plain" / "corpus.xml"
    file.parent.mkdir()
    file.write_text(numbered_corpus(4), encoding="utf8")
    (file.parent / "README.md").write_text("not a candidate")
    (tmp_path / "packed").mkdir()
    note = tmp_path / "note.html"
    note.write_text("beside it")
    archive = write_archive(tmp_path / "packed" / "corpus.tgz", note, file)
    records = list(read_genia(file))
    assert len(records) == 11
    for source in (file.parent, archive, archive.parent):
        assert list(read_genia(source)) == records


def test_chunks_may_end_anywhere(tmp_path, monkeypatch):
    articles = article("MEDLINE:1", NESTED, FLAT), article("MEDLINE:2", FLAT)
    records = read(tmp_path, *articles)
    for size in (1, 7, 100):
        monkeypatch.setattr(genia, "CHUNK", size)
        assert read(tmp_path, *articles) == records


def test_records_arrive_before_the_file_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(genia, "CHUNK", 200)
    file = tmp_path / "corpus.xml"
    file.write_text(numbered_corpus(4) + "<broken", encoding="utf8")
    records = read_genia(file)
    assert next(records).id == "MEDLINE:0:0"
    with pytest.raises(UserError):
        list(records)


GOOD = numbered_corpus(3)
BOMB = '<!DOCTYPE set [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
BAD_FILES = {
    "empty": (b"", "given.xml .*line 1"),
    "cut in half": (GOOD[: len(GOOD) // 2].encode(), "given.xml .*line 8"),
    "JSON": (json.dumps({"text": "no XML"}).encode(), "GENIA XML"),
    "PNG": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "GENIA XML"),
    "plain text": (b"ABC-1 binds XYZ.\n", "GENIA XML"),
    "no articles": (b"<set><page>ABC-1</page></set>", "no <sentence>"),
    "a sentence outside": (b"<set>\n<sentence>A</sentence></set>", "line 2: .*<sentence>"),
    "no name": (GOOD.replace("bibliomisc", "title").encode(), r"line 5: .*<bibliomisc>"),
    "no mentions": (GOOD.replace("sem=", "lex=").encode(), " 9 sentences.* <cons>"),
    "an empty sentence": (GOOD.replace(PLAIN, " ").encode(), r"line \d+: .*<sentence> .*empty"),
    "an empty mention": (
        GOOD.replace("XYZ", "").encode(),
        "line 6: .*<cons> .* protein .*empty",
    ),
    "a blank mention": (
        GOOD.replace("XYZ", " \n").encode(),
        "line 7: .*<cons> .* protein .*empty",
    ),
    "a mention outside": (
        GOOD.replace("<abstract>", f"<abstract><cons {PROTEIN}>A</cons>").encode(),
        "line 6: .*<cons> .* outside .*<sentence>",
    ),
    "a mention around": (
        corpus(article("A", FLAT).replace("<title>", f"<title><cons {PROTEIN}>"))
        .replace("</title>", "</cons></title>")
        .encode(),
        "line 5: .*<cons> .* outside .*<sentence>",
    ),
    "a sentence in a sentence": (
        GOOD.replace(PLAIN, f"<sentence>{PLAIN}</sentence>").encode(),
        "<sentence> .* inside .*<sentence>",
    ),
    "an entity bomb": (corpus(FLAT.replace("XYZ", "&b;"), head=BOMB).encode(), "DOCTYPE"),
    "an unknown entity": (GOOD.replace("XYZ", "&beta;").encode(), "line 6: .*&beta;"),
    "another encoding": (GOOD.replace("XYZ", "é").encode("latin-1"), "line 6"),
    "gzip": (gzip.compress(GOOD.encode()), "GENIA XML"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_one_sentence_that_names_it(tmp_path, case):
    content, message = BAD_FILES[case]
    file = tmp_path / "given.xml"
    file.write_bytes(content)
    with pytest.raises(UserError, match=message) as error:
        list(read_genia(file))
    assert str(file) in str(error.value)
    assert "\n" not in str(error.value)
    assert str(error.value).endswith(".")


@pytest.mark.parametrize("keep", [0.02, 0.5, 0.98])
def test_a_truncated_archive_is_refused(tmp_path, keep):
    file = tmp_path / "corpus.xml"
    file.write_text(numbered_corpus(500), encoding="utf8")
    archive = write_archive(tmp_path / "corpus.tgz", file)
    content = archive.read_bytes()
    archive.write_bytes(content[: int(keep * len(content))])
    with pytest.raises(UserError, match=r"corpus\.tgz "):
        list(read_genia(archive))


@pytest.mark.parametrize("prefix", ["../", "/", "data/../../"])
def test_an_archive_that_leads_outside_is_refused_and_nothing_is_unpacked(tmp_path, prefix):
    (tmp_path / "in").mkdir()
    file = tmp_path / "in" / "corpus.xml"
    file.write_text(numbered_corpus(3), encoding="utf8")
    archive = write_archive(tmp_path / "in" / "corpus.tgz", file, prefix=prefix)
    file.unlink()
    with pytest.raises(UserError, match=r"corpus\.tgz "):
        list(read_genia(archive))
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["corpus.tgz", "in"]


def test_a_source_must_hold_exactly_one_xml(tmp_path):
    for name in ("a.xml", "b.xml"):
        (tmp_path / name).write_text(GOOD, encoding="utf8")
    archive = write_archive(tmp_path / "corpus.tgz", tmp_path / "a.xml", tmp_path / "b.xml")
    for source in (archive, tmp_path):
        with pytest.raises(UserError, match=r"a\.xml, .*b\.xml"):
            list(read_genia(source))


@pytest.mark.parametrize("before", ["<!--", "<article id='", "<sentence>A", "<bibliomisc>A"])
def test_neither_text_nor_tags_grow_without_bound(tmp_path, monkeypatch, before):
    monkeypatch.setattr(genia, "CHUNK", 100)
    monkeypatch.setattr(genia, "MAX_LINE", 1000)
    file = tmp_path / "corpus.xml"
    file.write_text(GOOD.replace("<set>", f"<set>{before}{1200 * 'b'}"), encoding="utf8")
    with pytest.raises(UserError, match=r"line [34]: .*1,000"):
        list(read_genia(file))


def test_a_missing_source_is_refused(tmp_path):
    with pytest.raises(UserError, match="nowhere"):
        list(read_genia(tmp_path / "nowhere"))


def test_readers_import_neither_spacy_nor_torch():
    code = (
        "import sys, spacy_nested_ner.corpus.readers\n"
        "print({'spacy', 'thinc', 'torch', 'numpy', 'typer'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "set()", result.stderr
