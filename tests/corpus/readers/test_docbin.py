import zlib
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

import pytest
import spacy
import srsly
from spacy.tokens import Doc, DocBin, Span

from spacy_nested_ner.corpus.conversion.convert import convert
from spacy_nested_ner.corpus.readers.docbin import read_docbin
from spacy_nested_ner.corpus.records import Lost, Mention, Record
from spacy_nested_ner.user_error import UserError
from tests.corpus.source_files import write_archive

Tokens = Sequence[Tuple[int, int, str]]  # half-open tokens, label
WORDS = ["🦠", "growth", "hormone", "gene", "is", "on"]
SPACES = [False, True, True, False, True, False]
TEXT = "🦠growth hormone geneis on"
NLP = spacy.blank("en")


def make_doc(
    groups: Dict[str, Tokens], ents: Tokens = (), user_data: Optional[Dict[str, object]] = None
) -> Doc:
    doc = Doc(NLP.vocab, words=WORDS, spaces=SPACES)
    for key, tokens in groups.items():
        doc.spans[key] = [Span(doc, *span) for span in tokens]
    doc.set_ents([Span(doc, *span) for span in ents])
    doc.user_data.update(user_data or {})
    return doc


def write(file: Path, *docs: Doc, store_user_data: bool = True) -> Path:
    DocBin(docs=docs, store_user_data=store_user_data).to_disk(file)
    return file


def read(folder: Path, *docs: Doc) -> List[Record]:
    return list(read_docbin(write(folder / "x.spacy", *docs)))


def test_spans_become_characters_with_the_longer_one_first(tmp_path):
    nested = make_doc({"sc": [(1, 3, "protein"), (1, 4, "DNA"), (0, 4, "DNA")]})
    assert read(tmp_path, nested, make_doc({"sc": []})) == [
        Record(
            "x:0",
            "x:0",
            TEXT,
            (Mention(0, 20, "DNA"), Mention(1, 20, "DNA"), Mention(1, 15, "protein")),
        ),
        Record("x:1", "x:1", TEXT, ()),
    ]


@pytest.mark.parametrize(
    ("groups", "ents", "label"),
    [
        ({"sc": [(1, 2, "in sc")], "other": [(2, 3, "in other")]}, [(3, 4, "ent")], "in sc"),
        ({"other": [(2, 3, "in other")]}, [(3, 4, "ent")], "in other"),
        ({"sc": [], "other": [(2, 3, "in other")], "third": []}, [], "in other"),
        ({"sc": [], "other": []}, [(3, 4, "ent")], "ent"),
        ({}, [(3, 4, "ent")], "ent"),
    ],
)
def test_the_default_group_goes_before_the_only_one_and_that_before_entities(
    tmp_path, groups, ents, label
):
    (record,) = read(tmp_path, make_doc(groups, ents))
    assert [mention.label for mention in record.mentions] == [label]


def test_all_docs_have_their_mentions_in_one_place(tmp_path):
    write(tmp_path / "train.spacy", make_doc({}, [(3, 4, "ent")]))
    write(tmp_path / "dev.spacy", make_doc({"other": [(2, 3, "in other")]}, [(3, 4, "ent")]))
    dev, train = read_docbin(tmp_path)
    assert dev.mentions == (Mention(8, 15, "in other"),)
    assert train.mentions == ()


def test_a_doc_without_the_group_of_the_others_is_not_annotated(tmp_path):
    full, empty, missing = read(
        tmp_path, make_doc({"sc": [(2, 3, "A")]}), make_doc({"sc": []}), make_doc({})
    )
    assert full.unannotated == empty.unannotated == ()
    assert missing.unannotated == (Mention(0, len(TEXT), ""),)


def test_a_doc_without_entities_is_annotated(tmp_path):
    one, none = read(tmp_path, make_doc({}, [(3, 4, "ent")]), make_doc({}))
    assert one.unannotated == none.unannotated == ()


def test_groups_with_spans_are_not_guessed_among(tmp_path):
    write(tmp_path / "train.spacy", make_doc({"b": [(2, 3, "B")]}))
    write(tmp_path / "dev.spacy", make_doc({"a": [(2, 3, "A")], "c": []}))
    with pytest.raises(UserError, match="groups 'a', 'b'"):
        list(read_docbin(tmp_path))


def test_files_determine_the_parts_and_stored_data_the_ids(tmp_path):
    stored = [make_doc({}, user_data={"id": f"A:{i}", "document": "A"}) for i in range(2)]
    write(tmp_path / "train.spacy", *stored)
    write(tmp_path / "dev.spacy", make_doc({}, user_data={"id": 7}), make_doc({}))
    write(tmp_path / "test.spacy", make_doc({}, user_data={"id": "A:0"}), store_user_data=False)
    assert [(r.id, r.document, r.part) for r in read_docbin(tmp_path)] == [
        ("7", "7", "dev"),
        ("dev:1", "dev:1", "dev"),
        ("test:0", "test:0", "test"),
        ("A:0", "A", "train"),
        ("A:1", "A", "train"),
    ]


def test_an_archive_gives_the_records_of_its_files(tmp_path):
    file = write(tmp_path / "dev.spacy", make_doc({"sc": [(1, 4, "DNA")]}))
    archive = write_archive(tmp_path / "a.tgz", {"in/dev.spacy": file.read_bytes()})
    assert list(read_docbin(archive)) == list(read_docbin(file))


def test_blanks_of_the_text_are_kept(tmp_path):
    doc = NLP.make_doc(" Growth  hormone\n\tis on \n")
    doc.spans["sc"] = [Span(doc, 1, 4, "protein")]
    (record,) = read(tmp_path, doc)
    assert record.text == " Growth  hormone\n\tis on \n"
    assert record.mentions == (Mention(1, 16, "protein"),)


def test_a_repeat_and_a_span_without_a_label_are_reported(tmp_path):
    spans = [(1, 2, "X"), (1, 2, "X"), (1, 2, "Y"), (2, 3, "")]
    (record,) = read(tmp_path, make_doc({"sc": spans}))
    assert record.mentions == (Mention(1, 7, "X"), Mention(1, 7, "Y"))
    assert record.lost == (
        Lost("repeated", "x.spacy, doc 0 (from 0)", "growth"),
        Lost("unlabelled", "x.spacy, doc 0 (from 0)", "hormone"),
    )


def test_an_id_that_comes_twice_is_refused(tmp_path):
    write(tmp_path / "train.spacy", *(make_doc({}, user_data={"id": "A"}) for _ in "12"))
    message = r"^train\.spacy, doc 1 .*'A'.* train\.spacy, doc 0"
    with pytest.raises(UserError, match=message):
        list(read_docbin(tmp_path))


def packed(**changes: object) -> bytes:
    """A DocBin of one doc with other values in its fields, None for no field."""
    doc_bin = DocBin(docs=[make_doc({"sc": [(1, 4, "fresh label")]})], store_user_data=True)
    message = {**srsly.msgpack_loads(zlib.decompress(doc_bin.to_bytes())), **changes}
    message = {key: value for key, value in message.items() if value is not None}
    return zlib.compress(srsly.msgpack_dumps(message))


BAD_FILES = {
    "empty": b"",
    "text": b'{"text": "ABC-1"}',
    "cut short": packed()[:-20],
    "another compressed file": zlib.compress(b"ABC-1 binds XYZ."),
    "another message": zlib.compress(srsly.msgpack_dumps([1, 2])),
    "no tokens": packed(tokens=None),
    "no characters of tokens": packed(tokens=b"\x00" * 7),
    "other lengths": packed(lengths=b"\x06\x00\x00"),
    "other groups": packed(span_groups=[b"\x01"]),
    "fewer groups": packed(span_groups=[]),
    "no strings": packed(strings=[]),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_refused(tmp_path, case):
    file = tmp_path / "bad.spacy"
    file.write_bytes(BAD_FILES[case])
    with pytest.raises(UserError, match=r"bad\.spacy .* DocBin") as error:
        list(read_docbin(file))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "data", [{"not_aligned": 3}, {"not_aligned": [("a", 2, "gene")]}, {"discontinuous": "many"}]
)
def test_data_that_convert_does_not_write_is_refused(tmp_path, data):
    write(tmp_path / "bad.spacy", make_doc({}, user_data=data))
    with pytest.raises(UserError, match=r"bad\.spacy .* DocBin"):
        list(read_docbin(tmp_path))


def test_what_convert_left_out_is_known_again(tmp_path):
    data = {"not_aligned": [(0, 2, "gene")], "discontinuous": 2}
    write(tmp_path / "x.spacy", make_doc({"sc": [(1, 4, "gene")]}, user_data=data))
    (record,) = read_docbin(tmp_path)
    assert record.mentions == (Mention(0, 2, "gene"), Mention(1, 20, "gene"))
    assert [lost.reason for lost in record.lost] == ["discontinuous"] * 2


def test_an_unchanged_file_is_read(tmp_path):
    (tmp_path / "good.spacy").write_bytes(packed())
    (record,) = read_docbin(tmp_path)
    assert record.mentions == (Mention(1, 20, "fresh label"),)


def test_convert_keeps_what_was_not_annotated_in_each_sentence(tmp_path):
    nlp = spacy.blank("en")
    source = tmp_path / "source"
    source.mkdir()
    docs = []
    for i in range(6):
        doc = nlp("ZED binds here. BRX is a gene.")
        doc.spans["sc"] = [Span(doc, 0, 1, "protein")]
        doc.spans["sc_rejected"] = [Span(doc, 4, 5, "protein")]
        doc.spans["sc_unannotated"] = [Span(doc, 2, 6)]
        doc.user_data["id"] = f"d{i}"
        docs.append(doc)
    for part, some in (("train", docs[:2]), ("dev", docs[2:4]), ("test", docs[4:])):
        DocBin(docs=some, store_user_data=True).to_disk(source / f"{part}.spacy")
    convert("custom", source, tmp_path / "out", format="docbin", language="en", unit="sentence")
    first, second, *_ = DocBin().from_disk(tmp_path / "out/train.spacy").get_docs(nlp.vocab)
    assert [(s.text, s.label_) for s in first.spans["sc_unannotated"]] == [("here.", "")]
    assert [(s.text, s.label_) for s in second.spans["sc_unannotated"]] == [("BRX is", "")]
    assert [(s.text, s.label_) for s in second.spans["sc_rejected"]] == [("BRX", "protein")]
    assert len(first.spans.get("sc_rejected", ())) == 0


def test_a_number_as_source_document_belongs_to_its_file(tmp_path):
    docs = [make_doc({"sc": []}, user_data={"document": name}) for name in (7, "d")]
    assert [record.document for record in read(tmp_path, *docs)] == ["x:7", "d"]


def test_rejected_spans_have_the_label_of_mentions_without_blanks(tmp_path):
    groups = {"sc": [(0, 2, "DNA ")], "sc_rejected": [(1, 3, "DNA ")]}
    (record,) = read(tmp_path, make_doc(groups))
    assert [m.label for m in (*record.mentions, *record.rejected)] == ["DNA", "DNA"]
