import io
import sys
import warnings
import zipfile
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional

import pytest

from spacy_nested_ner.corpus.conversion.reading import read_source
from spacy_nested_ner.corpus.conversion.splits import earlier_copies
from spacy_nested_ner.corpus.faults import collect_faults
from spacy_nested_ner.corpus.readers.cas import META, read_cas
from spacy_nested_ner.corpus.readers.layers import NAMED_ENTITY
from spacy_nested_ner.corpus.recognition.recognise import recognise
from spacy_nested_ner.corpus.records import Lost, Mention
from spacy_nested_ner.user_error import UserError
from tests.corpus.source_files import write_archive, write_folder

cassis = pytest.importorskip("cassis")

TEXT = "🏦 Nord Bank opens"
CUSTOM = "webanno.custom.Span"
TOKEN = "de.tudarmstadt.ukp.dkpro.core.api.segmentation.type.Token"
RELATION = "webanno.custom.Relation"


class Made(NamedTuple):
    """An annotation to write."""

    layer: str
    start: int
    end: int
    features: Dict[str, str]


NESTED = [
    Made(NAMED_ENTITY, 2, 11, {"value": "ORG"}),
    Made(NAMED_ENTITY, 2, 6, {"value": "LOC"}),
]


def type_system(layers: Dict[str, List[str]]):
    types = cassis.TypeSystem()
    types.create_type(META)
    types.create_feature(META, "documentTitle", "uima.cas.String")
    types.create_type(RELATION)
    types.create_feature(RELATION, "Governor", "uima.tcas.Annotation")
    types.create_feature(RELATION, "label", "uima.cas.String")
    for layer, features in layers.items():
        types.create_type(layer)
        for feature in features:
            types.create_feature(layer, feature, "uima.cas.String")
    return types


LAYERS = {
    NAMED_ENTITY: ["identifier", "value"],
    f"{NAMED_ENTITY.removesuffix('NamedEntity')}Person": ["value"],
    CUSTOM: ["entity", "note"],
    TOKEN: ["form"],
    "webanno.custom.Odd": ["red", "blue"],
}


def make(spans: List[Made], text: Optional[str] = TEXT, title: str = "") -> Dict[str, bytes]:
    """The files of a document: XMI, JSON and the type system."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        types = type_system(LAYERS)
        cas = cassis.Cas(typesystem=types)
        cas.sofa_string = text
        for layer, start, end, features in spans:
            cas.add(types.get_type(layer)(begin=start, end=end, **features))
        if title:
            cas.add(types.get_type(META)(begin=0, end=1, documentTitle=title))
        return {
            "xmi": cas.to_xmi().encode(),
            "json": cas.to_json().encode(),
            "TypeSystem.xml": types.to_xml().encode(),
        }


def read(folder: Path, spans: List[Made], kind: str = "xmi", **options):
    files = make(spans, **options)
    write_folder(folder, {f"a.{kind}": files[kind], "TypeSystem.xml": files["TypeSystem.xml"]})
    (record,) = read_cas(folder)
    return record


def labels(record) -> List[str]:
    return [mention.label for mention in record.mentions]


@pytest.mark.parametrize("kind", ["xmi", "json"])
def test_named_entities_are_mentions_by_characters(tmp_path, kind):
    record = read(tmp_path, NESTED, kind)
    assert (record.id, record.document, record.text) == ("a", "a", TEXT)
    assert record.mentions == (Mention(2, 11, "ORG"), Mention(2, 6, "LOC"))


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([Made(CUSTOM, 2, 6, {"entity": "x"})], ["ORG", "LOC"]),
        ([Made(TOKEN, 2, 6, {"form": "x"})], ["ORG", "LOC"]),
        ([Made(RELATION, 2, 6, {"label": "x"})], ["ORG", "LOC"]),
    ],
)
def test_other_layers_are_no_mentions_beside_named_entities(tmp_path, others, expected):
    assert labels(read(tmp_path, [*others, *NESTED])) == expected


def test_kinds_of_named_entities_count_as_such(tmp_path):
    person = NAMED_ENTITY.replace("NamedEntity", "Person")
    assert labels(read(tmp_path, [*NESTED, Made(person, 7, 11, {"value": "PER"})])) == [
        "ORG",
        "LOC",
        "PER",
    ]


def test_without_named_entities_the_only_layer_of_the_users_has_the_mentions(tmp_path):
    spans = [
        Made(CUSTOM, 2, 6, {"entity": "a", "note": "sure"}),
        Made(TOKEN, 0, 1, {"form": "x"}),
        Made(RELATION, 0, 1, {"label": "x"}),
    ]
    assert labels(read(tmp_path, spans)) == ["a"]


def test_a_span_without_a_label_or_without_characters_is_lost(tmp_path):
    spans = [*NESTED, Made(NAMED_ENTITY, 7, 11, {}), Made(NAMED_ENTITY, 3, 3, {"value": "X"})]
    record = read(tmp_path, spans)
    assert {(lost.reason, lost.text) for lost in record.lost} == {
        ("empty", "X"),
        ("unlabelled", "Bank"),
    }
    assert all(isinstance(lost, Lost) and "a.xmi" in lost.where for lost in record.lost)


def test_the_layer_is_chosen_by_all_documents(tmp_path):
    custom = make([Made(CUSTOM, 2, 6, {"entity": "a"})])
    files = {"a.xmi": custom["xmi"], "b.xmi": make(NESTED)["xmi"]}
    write_folder(tmp_path, {**files, "TypeSystem.xml": custom["TypeSystem.xml"]})
    assert [labels(record) for record in read_cas(tmp_path)] == [[], ["ORG", "LOC"]]


def test_titles_name_documents_and_folders_parts(tmp_path):
    files = make(NESTED, title="order.txt")
    write_folder(
        tmp_path,
        {
            "train/admin.xmi": files["xmi"],
            "dev/admin.xmi": files["xmi"],
            "TypeSystem.xml": files["TypeSystem.xml"],
            "exportedproject1.json": b"{}",
        },
    )
    records = list(read_cas(tmp_path))
    assert [(r.document, r.part) for r in records] == [
        ("order.txt", "dev"),
        ("order.txt", "train"),
    ]
    assert len({r.id for r in records}) == 2


def test_another_text_with_the_same_title_is_a_document_of_its_own(tmp_path):
    one, other = (make(NESTED, text=x, title="order.txt") for x in (TEXT, TEXT.upper()))
    files = {f"{name}.xmi": made["xmi"] for name, made in zip("abcd", (one, other) * 2)}
    write_folder(tmp_path, {**files, "TypeSystem.xml": one["TypeSystem.xml"]})
    names = [(r.id, r.document) for r in read_cas(tmp_path)]
    assert names == [
        ("order.txt", "order.txt"),
        ("b:order.txt", "b:order.txt"),
        ("order.txt#2", "order.txt"),
        ("b:order.txt#2", "b:order.txt"),
    ]
    assert [r.copy for r in read_source("cas", tmp_path).records] == [1, 1, 2, 2]


def test_an_archive_and_one_file_are_read_too(tmp_path):
    files = make(NESTED)
    named = {"x/a.xmi": files["xmi"], "x/TypeSystem.xml": files["TypeSystem.xml"]}
    expected = list(read_cas(write_folder(tmp_path / "in", named)))
    assert list(read_cas(write_archive(tmp_path / "a.zip", named))) == expected
    assert list(read_cas(tmp_path / "in" / "x" / "a.xmi")) == expected


def project() -> Dict[str, bytes]:
    """The export of a project: two annotators, a curated document, and one without labels."""

    def pack(name: str, spans: List[Made]) -> bytes:
        files = make(spans, title="order.txt")
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as package:
            package.writestr(f"{name}.xmi", files["xmi"])
            package.writestr("TypeSystem.xml", files["TypeSystem.xml"])
        return data.getvalue()

    return {
        "exportedproject1.json": b"{}",
        "log/events.json": b"{}",
        "annotation/order.txt/INITIAL_CAS.zip": pack("INITIAL_CAS", []),
        "annotation/order.txt/Ann.zip": pack("Ann", NESTED[:1]),
        "annotation/order.txt/Bob.zip": pack("Bob", NESTED[1:]),
        "curation/order.txt/CURATION_USER.zip": pack("CURATION_USER", NESTED),
    }


@pytest.mark.parametrize("name", ["", "project.zip"])
def test_the_curated_document_of_a_project_counts(tmp_path, name):
    source = tmp_path / "in" / name
    source.parent.mkdir(exist_ok=True)
    source = write_archive(source, project()) if name else write_folder(source, project())
    reading = read_source("cas", source)
    assert [(r.document, labels(r)) for r in reading.records] == [
        ("order.txt", ["ORG"]),
        ("order.txt", ["LOC"]),
        ("order.txt", ["ORG", "LOC"]),
    ]
    assert [skipped.reason for skipped in reading.skipped] == ["unlabelled"]
    assert earlier_copies(reading.records, "stratified") == reading.records[:2]
    assert recognise(source) == "cas"


def test_a_damaged_zip_of_a_project_is_named(tmp_path):
    write_folder(tmp_path, {**project(), "annotation/order.txt/Ann.zip": b"PK"})
    with pytest.raises(UserError, match=r"Ann\.zip"):
        list(read_cas(tmp_path))


BAD_LAYERS = {
    "none": ([Made(TOKEN, 2, 6, {"form": "x"})], "span layer"),
    "two": (
        [Made(CUSTOM, 2, 6, {"entity": "x"}), Made("webanno.custom.Odd", 2, 6, {"red": "x"})],
        f"{CUSTOM}, webanno.custom.Odd",
    ),
    "two features": (
        [Made("webanno.custom.Odd", 2, 6, {"red": "x", "blue": "y"})],
        "red, blue",
    ),
}


@pytest.mark.parametrize("case", BAD_LAYERS)
def test_layers_that_leave_a_choice_are_refused(tmp_path, case):
    spans, message = BAD_LAYERS[case]
    with pytest.raises(UserError, match=message):
        read(tmp_path, spans)


BAD_FILES = {
    "no XML": ("a.xmi", b"{}"),
    "truncated": ("a.xmi", make(NESTED)["xmi"][:-30]),
    "no XMI": ("a.xmi", b"<collection/>"),
    "no text": ("a.xmi", make([], text=None)["xmi"]),
    "no JSON": ("a.json", b"[1"),
    "other JSON": ("a.json", b"[1]"),
    "more JSON": ("a.json", b'{"text": ""}'),
    "another type": ("a.xmi", make(NESTED)["xmi"].replace(b"NamedEntity", b"Other")),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_named_and_the_others_are_read(tmp_path, case):
    name, data = BAD_FILES[case]
    good = make(NESTED)
    types = good["TypeSystem.xml"]
    write_folder(tmp_path, {name: data, "b.xmi": good["xmi"], "TypeSystem.xml": types})
    with pytest.raises(UserError, match=name):
        list(read_cas(tmp_path))
    with collect_faults() as faults:
        records = list(read_cas(tmp_path))
    assert [record.id for record in records] == ["b"]
    assert [fault.of for fault in faults] == ["record"]


def test_an_xmi_needs_its_type_system(tmp_path):
    write_folder(tmp_path, {"a.xmi": make(NESTED)["xmi"]})
    with pytest.raises(UserError, match=r"a\.xmi .*TypeSystem\.xml"):
        list(read_cas(tmp_path))


def test_three_faults_of_a_file_are_all_named(tmp_path):
    spans = [*NESTED, *(Made(NAMED_ENTITY, n, 99, {"value": "X"}) for n in range(3))]
    with collect_faults() as faults:
        record = read(tmp_path, spans)
    assert labels(record) == ["ORG", "LOC"]
    assert [fault.of for fault in faults] == ["annotation"] * 3


def test_a_missing_library_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "cassis", None)
    with pytest.raises(UserError, match=r"cassis.*spacy-nested-ner\[inception\]"):
        read(tmp_path, NESTED)
