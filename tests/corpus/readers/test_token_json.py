import json
from pathlib import Path
from typing import Any, Dict, List

import pytest

from spacy_nested_ner.corpus.readers.token_json import read_token_json
from spacy_nested_ner.corpus.records import Discontinuous, Lost, Mention, Record, Skipped
from spacy_nested_ner.user_error import UserError

TOKENS = ["the", "Kiel", "Canal", "Ltd", "pays", "Bonn"]


def w2ner(**changes: Any) -> Dict[str, Any]:
    mentions = [
        {"index": [1], "type": "LOC"},
        {"index": [1, 2, 3], "type": "ORG"},
        {"index": [5], "type": "LOC"},
    ]
    return {"sentence": TOKENS, "ner": mentions, **changes}


def piqn(**changes: Any) -> Dict[str, Any]:
    mentions = [
        {"start": 1, "end": 2, "type": "LOC"},
        {"start": 1, "end": 4, "type": "ORG"},
        {"start": 5, "end": 6, "type": "LOC"},
    ]
    beside = {"relations": [], "ltokens": ["Before"], "rtokens": []}
    return {"tokens": TOKENS, "entities": mentions, **beside, **changes}


def cnn_ner(**changes: Any) -> Dict[str, Any]:
    mentions = [
        {"start": 1, "end": 2, "entity_type": "LOC", "text": "Kiel"},
        {"start": 1, "end": 4, "entity_type": "ORG", "text": "Kiel  CanalLtd"},
        {"start": 5, "end": 6, "entity_type": "LOC"},
    ]
    # files made from ACE also have the text of the sentence
    return {"tokens": TOKENS, "entity_mentions": mentions, "sentence": "The Kiel", **changes}


FORMS = {"W2NER": w2ner, "PIQN": piqn, "CNN-NER": cnn_ner}


def write_list(file: Path, *values: Any) -> Path:
    file.write_text(json.dumps(values, ensure_ascii=False), encoding="utf8")
    return file


def write_lines(file: Path, *values: Any) -> Path:
    lines = [json.dumps(value, ensure_ascii=False) for value in values]
    file.write_text("\n".join(lines) + "\n", encoding="utf8")
    return file


def read(folder: Path, *values: Any) -> List[Record]:
    return list(read_token_json(write_list(folder / "train.json", *values)))


@pytest.mark.parametrize("write", [write_list, write_lines])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_records(tmp_path, form, write):
    values = FORMS[form](), FORMS[form]()
    records = list(read_token_json(write(tmp_path / "dev.json", *values)))
    assert [record.id for record in records] == ["dev:0", "dev:1"]
    assert [record.document for record in records] == ["dev:0", "dev:1"]
    for record in records:
        assert record.text == "the Kiel Canal Ltd pays Bonn"
        assert record.mentions == (
            Mention(4, 18, "ORG"),
            Mention(4, 8, "LOC"),
            Mention(24, 28, "LOC"),
        )
        assert record.part == "dev"
        assert not record.lost


def test_a_mention_that_leaves_tokens_out_has_pieces(tmp_path):
    mentions = [
        {"index": [1, 3], "type": "ORG"},
        {"index": [0, 1, 2], "type": "X"},
        {"index": [0, 1, 2, 5], "type": "X"},
    ]
    (record,) = read(tmp_path, w2ner(ner=mentions))
    assert record.mentions == (Mention(0, 14, "X"),)
    where = "train.json, record 0 (from 0)"
    assert record.discontinuous == (
        Discontinuous(((4, 8), (15, 18)), "ORG", where),
        Discontinuous(((0, 14), (24, 28)), "X", where),
    )


def test_a_mention_that_comes_twice_counts_once_and_is_reported(tmp_path):
    value = piqn()
    value["entities"] += [value["entities"][1], {"start": 1, "end": 4, "type": "LOC"}]
    file = write_lines(tmp_path / "test.jsonl", piqn(), value)
    _, record = read_token_json(file)
    assert [m.label for m in record.mentions] == ["LOC", "ORG", "LOC", "LOC"]
    assert record.lost == (Lost("repeated", "test.jsonl, line 2", "Kiel Canal Ltd"),)


def test_a_sentence_without_tokens_is_skipped_and_counted_in_the_ids(tmp_path):
    records = read(tmp_path, w2ner(), w2ner(sentence=[], ner=[]), w2ner(ner=[]))
    assert records[1] == Skipped("empty", "train.json, record 1 (from 0)")
    assert [records[i].id for i in (0, 2)] == ["train:0", "train:2"]
    assert [len(records[i].mentions) for i in (0, 2)] == [3, 0]


@pytest.mark.parametrize(
    ("value", "id", "document"),
    [
        (piqn(org_id="news-7"), "train:0", "news-7"),
        (piqn(orig_id=12), "train:0", "train:12"),
        (piqn(orig_id=None), "train:0", "train:0"),
        (cnn_ner(doc_id="news-7", sent_id="news-7-3"), "news-7-3", "news-7"),
        (cnn_ner(sent_id="s3"), "s3", "s3"),
        (cnn_ner(doc_id="news-7"), "train:0", "news-7"),
    ],
)
def test_documents_and_ids_of_the_source_are_kept(tmp_path, value, id, document):
    (record,) = read(tmp_path, value)
    assert (record.id, record.document) == (id, document)


def test_characters_of_chinese_join_without_blanks(tmp_path):
    value = {"sentence": list("水泵漏油"), "ner": [{"index": [0, 1], "type": "设备"}]}
    (record,) = read(tmp_path, value)
    assert (record.text, record.mentions) == ("水泵漏油", (Mention(0, 2, "设备"),))


def test_blanks_in_tokens_stay(tmp_path):
    tokens = ["10\u00a0000", "a\tb", " ", "c "]
    mentions = [{"index": [0, 1], "type": "Q", "text": "10 000 a b"}]
    (record,) = read(tmp_path, w2ner(sentence=tokens, ner=mentions))
    assert record.text == "10\u00a0000 a\tb   c "
    assert record.mentions == (Mention(0, 10, "Q"),)


@pytest.mark.parametrize("write", [write_list, write_lines])
def test_bom_crlf_blank_lines_and_no_last_line_end_are_harmless(tmp_path, write):
    file = write(tmp_path / "a.jsonl", piqn(), piqn(tokens=[*TOKENS, "é"]))
    records = list(read_token_json(file))
    text = file.read_text("utf8").rstrip("\n").replace("\n", "\r\n\r\n")
    file.write_bytes(f"\ufeff \r\n{' ' * 99}\r\n{text}".encode())
    assert list(read_token_json(file)) == records


def test_a_list_may_be_one_very_long_line(tmp_path):
    file = tmp_path / "a.json"
    file.write_text(f"[{' ' * 10_000_001}]".replace("]", f"{json.dumps(piqn())}]"))
    assert [record.id for record in read_token_json(file)] == ["a:0"]


def test_types_beside_the_parts_are_no_data(tmp_path):
    write_lines(tmp_path / "news_types.json", {"entities": {}, "relations": {}})
    write_list(tmp_path / "news_train.json", piqn())
    write_lines(tmp_path / "news_dev.jsonlines", cnn_ner())
    records = read_token_json(tmp_path)
    found = [(record.id, record.part) for record in records]
    assert found == [("news_dev:0", "dev"), ("news_train:0", "train")]


def test_lines_are_read_one_by_one(tmp_path):
    file = write_lines(tmp_path / "a.jsonl", piqn(), piqn())
    file.write_text(file.read_text() + '{"tokens"')
    records = read_token_json(file)
    assert [next(records).id, next(records).id] == ["a:0", "a:1"]
    with pytest.raises(UserError, match=r"a\.jsonl, line 3, column \d+: "):
        next(records)


def mention(start: Any, end: Any, type: Any = "X", **more: Any) -> Dict[str, Any]:
    return piqn(entities=[{"start": start, "end": end, "type": type, **more}])


def index(*numbers: Any) -> Dict[str, Any]:
    return w2ner(ner=[{"index": list(numbers), "type": "X"}])


BAD_SENTENCES = {
    "no object": (7, "7 .*object: .*sentence and ner of W2NER, or tokens"),
    "a list": (["Kiel"], r"\[\"Kiel\"\] .*object: "),
    "no keys": ({}, r"{} .*object: "),
    "other keys": ({"text": "a", "spans": []}, "keys .*text, spans: "),
    "half the keys": ({"sentence": TOKENS, "entities": []}, "keys .*sentence, entities: "),
    "two forms": (piqn(entity_mentions=[]), "keys .*tokens, entities, .*entity_mentions: "),
    "text for tokens": (piqn(tokens="Kiel"), '"Kiel" .*list of tokens'),
    "no list of mentions": (piqn(entities={}), "{} .*list of mentions"),
    "a number as token": (piqn(tokens=["a", 5]), "token 1 .*5: "),
    "an empty token": (w2ner(sentence=["a", ""]), 'token 1 .*"": '),
    "no tokens": (piqn(tokens=[]), 'mention {"start": 1,.*} .*no tokens'),
    "a mention as list": (piqn(entities=[[0, 1, "X"]]), r'\[0, 1, "X"\] .*object'),
    "no label": (mention(0, 1, None), "label .*'type'"),
    "an empty label": (mention(0, 1, " "), "label .*'type'"),
    "a number as label": (mention(0, 1, 3), "label .*'type'"),
    "the label of PIQN": (
        cnn_ner(entity_mentions=[{"start": 0, "end": 1, "type": "X"}]),
        "label .*'entity_type'",
    ),
    "past the end": (mention(5, 7), " 6 tokens: .*start and end"),
    "far past the end": (mention(5, 10**30), " 6 tokens"),
    "negative": (mention(-1, 1), " 6 tokens"),
    "both negative": (mention(-3, -1), " 6 tokens"),
    "empty": (mention(2, 2), " 6 tokens"),
    "reversed": (mention(3, 2), " 6 tokens"),
    "no end": (mention(3, None), " 6 tokens"),
    "a fraction": (mention(1, 2.0), " 6 tokens"),
    "a truth value": (mention(False, True), " 6 tokens"),
    "a string": (mention("1", "2"), " 6 tokens"),
    "an index past the end": (index(4, 5, 6), " 6 tokens: .*index .*ascending"),
    "a negative index": (index(-1, 0), " 6 tokens"),
    "no index": (index(), " 6 tokens"),
    "a falling index": (index(2, 1), " 6 tokens"),
    "an index twice": (index(1, 1), " 6 tokens"),
    "a number for the index": (w2ner(ner=[{"index": 1, "type": "X"}]), " 6 tokens"),
    "an index of lists": (index([1]), " 6 tokens"),
    "another text": (mention(1, 3, text="Kiel"), 'text .*"KielCanal"'),
    "an empty document": (piqn(org_id=""), "'org_id' .*\"\""),
    "a list as document": (piqn(org_id=["a"]), r"'org_id' .*\[\"a\"\]"),
    "a list as id": (cnn_ner(sent_id=["a"]), r"\['a'\] .*id"),
    "a mention of a blank": (piqn(tokens=["a", " ", *TOKENS[:4]]), "LOC .*blanks"),
}


@pytest.mark.parametrize("case", BAD_SENTENCES)
def test_a_bad_sentence_is_one_sentence_that_names_file_and_record(tmp_path, case):
    bad, message = BAD_SENTENCES[case]
    with pytest.raises(
        UserError, match=rf"train\.json, record 0 \(from 0\): .*{message}"
    ) as error:
        read(tmp_path, bad)
    assert "\n" not in str(error.value)
    assert str(error.value).endswith(".")


def test_a_long_mention_is_cut_in_the_message(tmp_path):
    with pytest.raises(UserError, match=r"x{60}…") as error:
        read(tmp_path, mention(7, 8, "x" * 5000))
    assert len(str(error.value)) < 500


@pytest.mark.parametrize(("first", "other"), [(w2ner, piqn), (piqn, cnn_ner)])
def test_a_file_has_one_form(tmp_path, first, other):
    with pytest.raises(UserError, match=r"record 2 "):
        read(tmp_path, first(), first(), other())


def test_two_files_may_have_two_forms(tmp_path):
    write_list(tmp_path / "a.json", w2ner())
    write_list(tmp_path / "b.json", piqn())
    assert [record.id for record in read_token_json(tmp_path)] == ["a:0", "b:0"]


def test_an_id_that_comes_twice_in_a_file_is_refused(tmp_path):
    write_lines(tmp_path / "a.jsonl", cnn_ner(sent_id=1), cnn_ner(sent_id="1"))
    with pytest.raises(UserError, match=r"a\.jsonl, line 2: .*id '1' .*a\.jsonl, line 1"):
        list(read_token_json(tmp_path))


def test_ids_belong_to_their_file(tmp_path):
    for name in ("a", "b"):
        write_lines(tmp_path / f"{name}.jsonl", *(cnn_ner(sent_id=i) for i in (0, 1)))
    assert [record.id for record in read_token_json(tmp_path)] == ["0", "1", "b:0", "b:1"]


def test_numbers_of_documents_belong_to_their_file_and_names_to_the_source(tmp_path):
    for name in ("a", "b"):
        sentences = [cnn_ner(sent_id=f"{name}{i}", doc_id=id) for i, id in enumerate([7, "n7"])]
        write_lines(tmp_path / f"{name}.jsonl", *sentences)
    names = [record.document for record in read_token_json(tmp_path)]
    assert names == ["a:7", "n7", "b:7", "n7"]


BAD_FILES = {
    "nothing": (b"", "no sentence"),
    "an empty list": (b"[]", "no sentence"),
    "blank lines": (b"\n \n", "no sentence"),
    "half a list": (
        json.dumps([piqn(), piqn()]).encode()[:-9],
        r"line 1, column \d+: ",
    ),
    "a key twice": (b'[{"tokens": [],\n "tokens": []}]', '"tokens" twice'),
    "half a pair": (rb'[{"sentence": ["\ud83d"], "ner": []}]', "surrogate pair"),
    "a long object": (json.dumps(piqn(), indent=1).encode(), "line 1, column 2: "),
    "Latin-1": (json.dumps(w2ner()).encode() + b'\n{"\xe9": 1}', "line 2: byte 0xe9"),
    "a long line": (b"{" + b" " * 10_000_001, "line 1.* 10,000,000 characters"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_one_sentence_that_names_it(tmp_path, case):
    content, message = BAD_FILES[case]
    file = tmp_path / "train.json"
    file.write_bytes(content)
    with pytest.raises(UserError, match=message) as error:
        list(read_token_json(file))
    assert str(error.value).startswith(str(file))
    assert "\n" not in str(error.value)
