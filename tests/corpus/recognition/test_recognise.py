"""Every kind of file is recognised, and none is taken for another."""

import bz2
import gzip
import json
import lzma
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Dict, Union

import pytest
import spacy
from spacy.tokens import DocBin

from spacy_nested_ner.corpus.conversion.convert import convert
from spacy_nested_ner.corpus.conversion.reading import read_source
from spacy_nested_ner.corpus.recognition import kinds, recognise
from spacy_nested_ner.corpus.recognition.kinds import Kind
from spacy_nested_ner.corpus.recognition.recognise import HEAD, find_kind, suggest_format
from spacy_nested_ner.user_error import UserError
from tests.conftest import ROOT
from tests.corpus.source_files import write_archive, write_folder

KINDS = {name: kind for name, kind in vars(kinds).items() if isinstance(kind, Kind)}
CASES = ROOT.parent / "shared" / "cases" / "unsupported-formats" / "data"
TEXT = "Nord Bank opens"
TOKENS = TEXT.split()
FIRST = {"start": 0, "end": 9}


def lines(*values: Any) -> str:
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)


def conllu(misc: str, tag: str = "_") -> str:
    row = ["Nord", "Nord", "PROPN", tag, "_", "2", "compound", "_", misc]
    return "# sent_id = 1\n" + "".join("\t".join([str(i), *row]) + "\n" for i in (1, 2, 3))


SPAN = lines({"text": TEXT, "spans": [{**FIRST, "label": "ORG"}]}).encode("utf8")
SAMPLES: Dict[str, Dict[str, Union[str, bytes]]] = {
    "BIOC": {
        "a.xml": '<?xml version="1.0"?><!DOCTYPE collection SYSTEM "BioC.dtd"><collection>',
        "a.json": json.dumps({"source": "", "documents": [{"id": "1", "passages": []}]}),
        "b.jsonl": lines({"id": "1", "passages": [{"offset": 0, "text": TEXT}]}),
        "c.json": json.dumps({"PubTator3": [{"id": "1", "passages": []}]}),
    },
    "BRAT": {"a.ann": "", "b.txt": "T1\tORG 0 9\tNord Bank\n"},
    "CAS": {
        "a.xmi": "",
        "b.xml": '<?xml version="1.0"?><xmi:XMI xmlns:xmi="x">',
        "c.json": json.dumps({"%TYPES": {"x": {"%NAME": "x"}}, "%VIEWS": {}}),
    },
    "CMEEE": {
        "a.json": json.dumps(
            [
                {"text": TEXT, "entities": []},
                {"text": TEXT, "entities": [{"start_idx": 0, "end_idx": 9, "type": "a"}]},
            ]
        ),
        "unlabelled.json": json.dumps([{"text": TEXT, "entities": []}]),
    },
    "COLUMNS": {
        "a.tsv": "Nord\tB-ORG\tO\nBank\tI-ORG\tB-LOC\n\nopens\tO\tO\n",
        "b.conll": "-DOCSTART- -X- -X- O\n\nNord NNP B-NP B-ORG\nBank NNP I-NP I-ORG\n",
        "c.iob2": "#\tn-tv.de\n1\tNord\tB-ORG\tO\n2\tBank\tI-ORG\tO\n",
        "d.txt": "Nord I-ORG B-LOC\nBank I-ORG\n",
        "e.conll": "# id 1-2 domain=en\nnord _ _ B-ORG\nbank _ _ I-ORG\n",
        "f.tsv": conllu("_", "B-ORG"),
    },
    "CONLLU": {
        "a.conllu": "",
        "b.txt": conllu("Entity=(org)"),
        "c.txt": conllu("_"),
    },
    "CSV": {
        "a.csv": "id,text,start,end,label\n1,Nord Bank,0,9,ORG\n",
        "b.tsv": "label\tstart\tend",
    },
    "DOCBIN": {"a.spacy": DocBin(docs=[spacy.blank("en")(TEXT)]).to_bytes()},
    "DOCCANO": {
        "a.jsonl": lines({"id": 1, "text": TEXT, "label": [[0, 9, "ORG"]]}),
        "b.jsonl": lines(
            {"text": TEXT, "entities": [{"id": 1, "label": "ORG", "start_offset": 0}]}
        ),
        "c.jsonl": lines(
            {"text": "no", "label": []}, {"text": TEXT, "labels": [[0, 9, "ORG"]]}
        ),
    },
    "DYGIE": {"a.jsonl": lines({"doc_key": "d", "sentences": [TOKENS], "ner": [[]]})},
    "GENIA": {"a.xml": '<?xml version="1.0"?>\n<!DOCTYPE set SYSTEM "x">\n<!-- <x> --><set>\n'},
    "GLINER": {"a.json": json.dumps([{"tokenized_text": TOKENS, "ner": [[0, 1, "org"]]}])},
    "JSONL": {
        "a.jsonl": lines({"text": TEXT, "spans": [{**FIRST, "label": "ORG"}]}),
        "b.jsonl": lines({"text": TEXT, "ents": [], "spans": {"sc": [FIRST]}}),
        "c.jsonl": lines({"text": TEXT, "tokens": [], "ents": [{**FIRST, "label": "ORG"}]}),
        "none.jsonl": lines({"text": TEXT, "spans": [], "answer": "accept"}),
    },
    "LABEL_STUDIO": {
        "a.json": json.dumps([{"id": 1, "data": {"text": TEXT}, "annotations": []}]),
        "b.json": json.dumps([{"data": {"text": TEXT}, "predictions": [{"result": []}]}]),
        "c.json": json.dumps([{"id": 1, "data": {"text": TEXT}, "completions": [{}]}]),
        "min.json": json.dumps([{"text": TEXT, "ner": [{**FIRST, "labels": ["ORG"]}]}]),
    },
    "MAINTIE": {
        "a.json": json.dumps(
            [{"text": TEXT, "tokens": TOKENS, "entities": [{**FIRST, "type": "A/B"}]}]
        )
    },
    "PARQUET": {"a.parquet": b"PAR1", "b": b"PAR1\0", "data-00000-of-00001.arrow": b"\xff\0"},
    "PUBTATOR": {"a.pubtator": "", "b.txt": "101|t|Nord\n101|a|Bank\n101\t0\t4\tNord\tX\n"},
    "SPACY_TUPLES": {
        "a.json": json.dumps([[TEXT, {"entities": [[0, 9, "ORG"]]}]]),
        "b.jsonl": lines([TEXT, {"entities": [[0, 9, "ORG"]]}], [TEXT, {"entities": []}]),
        "c.json": json.dumps([[TEXT, {"spans": {"sc": [[0, 9, "ORG"]]}}]]),
        "d.json": json.dumps([{"text": TEXT, "entities": [[0, 9, "ORG"]]}]),
        "e.jsonl": lines({"text": TEXT, "entities": [{**FIRST, "label": "ORG"}]}),
        "f.jsonl": lines({"text": TEXT, "spans": [[0, 9, "ORG"]]}),
        "g.json": json.dumps({"classes": ["ORG"], "annotations": [[TEXT, {"entities": []}]]}),
    },
    "TOKEN_JSON": {
        "a.json": json.dumps([{"sentence": TOKENS, "ner": []}]),
        "b.json": json.dumps([{"tokens": TOKENS, "entities": [{**FIRST, "type": "ORG"}]}]),
        "c.jsonlines": lines({"tokens": TOKENS, "entity_mentions": []}),
        "d.json": json.dumps([{"tokens": TOKENS, "entities": [{"span": [0, 2]}]}]),
    },
    "WEBANNO": {
        "a.tsv": "#FORMAT=WebAnno TSV 3.3\n#T_SP=x|y\n\n\n#Text=Nord\n1-1\t0-4\tNord\t_\n"
    },
    "ARGILLA": {"a.jsonl": lines({"text": TEXT, "annotation": [["ORG", 0, 9]]})},
    "BIGBIO": {
        "a.json": json.dumps(
            [{"id": "1", "passages": [{"text": [TEXT], "offsets": [[0, 9]]}], "entities": []}]
        )
    },
    "CCKS": {"a.json": json.dumps([{"originalText": TEXT, "entities": []}])},
    "CLUENER": {"a.json": lines({"text": TEXT, "label": {"company": {"Nord": [[0, 3]]}}})},
    "GLINER2": {
        "a.jsonl": lines({"input": TEXT, "output": {"entities": {"company": ["Nord"]}}})
    },
    "INLINE_TAGS": {"a.txt": "Nord|B-ORG Bank|I-ORG opens|O\n", "b.txt": "Kiel/B-LOC ist/O\n"},
    "LU_ROTH": {
        "a.data": "Nord gene binds\nNN NN VBZ\n0,2 G#DNA|0,1 G#protein\n\n\nIt binds\nX X\n\n",
        "b.data": "Nord gene binds\nNN NN VBZ\n0,2,0,2 ORG\n\n",
    },
    "MRC": {"a.json": json.dumps([{"context": TEXT, "span_position": ["0;1"], "query": "?"}])},
    "NER_TAGS": {"a.jsonl": lines({"tokens": TOKENS, "ner_tags": [3, 4, 0]})},
    "OLD_WEBANNO": {
        "a.tsv": "# webanno.custom.Span | value\n#id=1\n",
        "b.tsv": "#id=1\n#text=x",
    },
    "COMPRESSED": {
        "a.jsonl.gz": gzip.compress(SPAN),
        "a.jsonl.bz2": bz2.compress(SPAN),
        "b.bz2": bz2.compress(b""),
        "a.jsonl.xz": lzma.compress(SPAN),
        "a.jsonl.zst": b"\x28\xb5\x2f\xfd\x04\x00",
    },
    "UTF16": {
        "a.jsonl": SPAN.decode().encode("utf-16"),
        "b.csv": b"\xfe\xff" + "start,end".encode("utf-16-be"),
    },
}
EACH = [(name, file) for name, files in SAMPLES.items() for file in files]


def as_bytes(data: Union[str, bytes]) -> bytes:
    return data if isinstance(data, bytes) else data.encode("utf8")


def write(folder: Path, name: str, data: Union[str, bytes]) -> Path:
    write_folder(folder, {name: as_bytes(data)})
    return folder / name


def test_every_kind_has_samples():
    assert SAMPLES.keys() == KINDS.keys()


def test_every_reader_of_ours_has_a_kind():
    points = distribution("spacy-nested-ner").entry_points
    ours = {p.name for p in points if p.group == "spacy_nested_ner_corpus_readers"}
    assert ours <= {kind.format for kind in KINDS.values()} | {"maintie_top"}


def test_a_kind_has_a_reader_or_an_advice():
    assert all(bool(kind.format) != bool(kind.advice) for kind in KINDS.values())


@pytest.mark.parametrize(("name", "file"), EACH)
def test_a_sample_is_recognised_as_file_as_folder_and_in_an_archive(tmp_path, name, file):
    data = SAMPLES[name][file]
    kind = KINDS[name]
    path = write(tmp_path / "in", file, data)
    assert find_kind(path) == kind
    notes = {"README.md": b"x", "LICENSE.txt": b"Nord B-ORG\nBank I-ORG\n"}
    notes[f"x/{file}"] = path.read_bytes()
    assert find_kind(write_folder(tmp_path / "notes", notes)) == kind
    packed = tmp_path / "packed"
    packed.mkdir()
    assert find_kind(write_archive(packed / "a.zip", notes)) == kind
    assert find_kind(packed) == kind


TEXTS = [(n, f) for n, f in EACH if isinstance(SAMPLES[n][f], str) and SAMPLES[n][f]]


@pytest.mark.parametrize(("name", "file"), TEXTS)
def test_a_byte_order_mark_and_windows_line_ends_make_no_difference(tmp_path, name, file):
    data = SAMPLES[name][file].replace("\n", "\r\n")
    assert find_kind(write(tmp_path, file, f"\ufeff{data}")) == KINDS[name]


# kinds whose first record has keys, which may come after a long text
OBJECTS = [(n, f) for n, f in TEXTS if f.endswith(".json") and n not in ("SPACY_TUPLES", "CAS")]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(("name", "file"), OBJECTS)
def test_a_first_record_longer_than_the_beginning_is_recognised(tmp_path, name, file, indent):
    value = json.loads(SAMPLES[name][file])
    record = value[-1] if isinstance(value, list) else value
    record["zzz"] = "x" * 2 * HEAD
    text = json.dumps([record] if isinstance(value, list) else record, indent=indent)
    assert find_kind(write(tmp_path, file, text)) == KINDS[name]


def test_records_without_mentions_do_not_decide(tmp_path):
    text = lines(*[{"text": "none", "label": []}] * 50, {"text": TEXT, "label": {"a": {}}})
    assert find_kind(write(tmp_path, "a.json", text)) == kinds.CLUENER


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.txt", "Nord Bank opens a branch.\n"),
        ("a.xml", "<x/>"),
        ("a.json", '{"a": 1}'),
        ("a.json", "{"),
        ("a.json", "["),
        ("a.bin", b"\0\1"),
    ],
)
def test_other_files_are_not_recognised(tmp_path, name, data):
    path = write(tmp_path, name, data)
    assert find_kind(path) is None
    with pytest.raises(UserError, match="token_json"):
        recognise.recognise(path)


@pytest.mark.parametrize("data", ["", "\ufeff", "\n \n"])
def test_an_empty_file_is_said_to_be_empty(tmp_path, data):
    write(tmp_path, "b.txt", "")
    write(tmp_path, "README", "Nothing here yet.")
    path = write(tmp_path, "a.jsonl", data)
    for source in (path, tmp_path):
        with pytest.raises(UserError, match="is empty: give annotated texts"):
            recognise.recognise(source)


def test_an_xml_may_be_utf16(tmp_path):
    text = SAMPLES["GENIA"]["a.xml"]
    assert find_kind(write(tmp_path, "a.xml", text.encode("utf-16"))) == kinds.GENIA


@pytest.mark.parametrize("format", ["genia", "bioc", "jsonl", "columns", "csv", "label_studio"])
@pytest.mark.parametrize("name", ["COMPRESSED", "UTF16"])
def test_a_reader_says_once_what_to_do_with_a_compressed_file(tmp_path, name, format):
    path = write(tmp_path, "a.gz", next(iter(SAMPLES[name].values())))
    with pytest.raises(UserError) as error:
        read_source(format, path)
    assert str(error.value).count(KINDS[name].advice) == 1


@pytest.mark.parametrize("name", [n for n, kind in KINDS.items() if not kind.format])
def test_a_kind_without_a_reader_is_refused_with_advice(tmp_path, name):
    file, data = next(iter(SAMPLES[name].items()))
    with pytest.raises(UserError) as error:
        recognise.recognise(write(tmp_path, file, data))
    assert KINDS[name].description in str(error.value)
    assert KINDS[name].advice in str(error.value)


@pytest.mark.parametrize(
    ("format", "name", "file"),
    [
        ("jsonl", "WEBANNO", "a.tsv"),
        ("columns", "WEBANNO", "a.tsv"),
        ("genia", "BIOC", "a.xml"),
        ("token_json", "DOCCANO", "a.jsonl"),
        ("jsonl", "DOCCANO", "a.jsonl"),
        ("jsonl", "ARGILLA", "a.jsonl"),
        ("pubtator", "COLUMNS", "d.txt"),
        ("columns", "PUBTATOR", "b.txt"),
        ("bioc", "CAS", "b.xml"),
        ("cmeee", "GLINER", "a.json"),
        ("docbin", "JSONL", "a.jsonl"),
    ],
)
def test_a_reader_names_the_format_of_another_file(tmp_path, format, name, file):
    path = write(tmp_path, file, SAMPLES[name][file])
    with pytest.raises(UserError) as error:
        read_source(format, path)
    assert str(error.value).endswith(suggest_format(path, format))
    assert KINDS[name].description in str(error.value)


def test_a_file_of_the_format_is_said_to_be_no_other(tmp_path):
    path = write(tmp_path, "a.json", SAMPLES["MAINTIE"]["a.json"])
    assert suggest_format(path, "maintie_top") == suggest_format(path, "maintie") == ""
    with pytest.raises(UserError) as error:
        read_source("jsonl", write(tmp_path, "a.jsonl", lines({"text": TEXT, "spans": [1]})))
    assert kinds.JSONL.description not in str(error.value)


@pytest.mark.parametrize("format", [None, "auto"])
def test_convert_recognises_a_corpus_of_ones_own(tmp_path, format):
    records = [
        {"text": f"{word} opens", "id": word, "spans": [{"start": 0, "end": 4, "label": "X"}]}
        for word in ("Kiel", "Bonn", "Rome", "Oslo", "Riga", "Bern", "Lima", "Cork", "Ulm ")
    ]
    source = write(tmp_path, "a.jsonl", lines(*records))
    report = convert("custom", source, tmp_path / "out", format=format, language="en")
    assert report["format"] == "jsonl"


@pytest.mark.skipif(not CASES.exists(), reason="the cases are not beside the repository")
def test_the_cases_beside_the_repository_are_recognised():
    found = {path.name: find_kind(path) for path in sorted(CASES.iterdir())}
    expected = {
        "argilla.jsonl": kinds.ARGILLA,
        "bioc.xml": kinds.BIOC,
        "ccks.json": kinds.CCKS,
        "cluener.json": kinds.CLUENER,
        "conllu.conllu": kinds.CONLLU,
        "doccano.jsonl": kinds.DOCCANO,
        "doccano_rel.jsonl": kinds.DOCCANO,
        "dygie.jsonl": kinds.DYGIE,
        "gliner.json": kinds.GLINER,
        "hf_ner_tags.jsonl": kinds.NER_TAGS,
        "inline_iob_pipe.txt": kinds.INLINE_TAGS,
        "labelstudio.json": kinds.LABEL_STUDIO,
        "labelstudio_min.json": kinds.LABEL_STUDIO,
        "luroth.data": kinds.LU_ROTH,
        "mrc.json": kinds.MRC,
        "multiconer.conll": kinds.COLUMNS,
        "pubtator.txt": kinds.PUBTATOR,
        "pyramid.json": kinds.TOKEN_JSON,
        "spacy_v2.json": kinds.SPACY_TUPLES,
        "webanno.tsv": kinds.WEBANNO,
    }
    assert found == expected
