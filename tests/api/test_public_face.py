"""What `from spacy_nested_ner import …` gives, with everything that it accepts."""

import inspect as inspection
import json
import sys
from types import SimpleNamespace

import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example

import spacy_nested_ner
from spacy_nested_ner import compare, evaluate, inspect, visualize
from spacy_nested_ner.user_error import UserError

GOLD = [
    ("the ZED promoter of BRX", [(1, 3, "DNA"), (1, 2, "protein"), (4, 5, "protein")]),
    ("BRX and ZED bind", [(0, 1, "protein"), (2, 3, "protein")]),
    ("no such promoter here", []),
]
FUNCTIONS = [
    name
    for name in spacy_nested_ner.__all__
    if name not in ("__version__", "displacy_options", "max_size")
]


def make_docs(vocab, gold=GOLD):
    docs = []
    for number, (text, spans) in enumerate(gold):
        doc = Doc(vocab, words=text.split())
        doc.spans["sc"] = [Span(doc, i, j, label=label) for i, j, label in spans]
        doc.user_data.update(id=f"a{number}:0", document=f"a{number}")
        docs.append(doc)
    return docs


def make_rules(*patterns, name="rules"):
    nlp = spacy.blank("en", meta={"name": name, "version": "1.2.3"})
    ruler = nlp.add_pipe("span_ruler", config={"spans_key": "sc", "spans_filter": None})
    ruler.add_patterns([{"label": label, "pattern": text} for text, label in patterns])
    return nlp


@pytest.fixture
def nlp():
    return make_rules(("ZED promoter", "DNA"), ("ZED", "protein"), ("promoter", "DNA"))


@pytest.fixture
def better():
    return make_rules(("ZED promoter", "DNA"), ("ZED", "protein"), ("BRX", "protein"))


@pytest.fixture
def docs():
    """In a vocab of their own."""
    return make_docs(spacy.blank("en").vocab)


@pytest.fixture
def file(docs, tmp_path):
    DocBin(docs=docs, store_user_data=True).to_disk(tmp_path / "gold.spacy")
    return tmp_path / "gold.spacy"


def test_every_public_name_is_a_typed_function_with_a_call_in_its_docstring():
    assert {*FUNCTIONS} <= {*dir(spacy_nested_ner)}
    for name in FUNCTIONS:
        function = getattr(spacy_nested_ner, name)
        signature = inspection.signature(function)
        assert function.__name__ == name
        assert f"{name}(" in function.__doc__
        assert signature.return_annotation is not inspection.Signature.empty
        for parameter in signature.parameters.values():
            assert parameter.annotation is not inspection.Parameter.empty, (name, parameter)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing_like_it"):
        spacy_nested_ner.nothing_like_it  # noqa: B018


@pytest.mark.parametrize("kind", ["str", "Path", "docs", "examples"])
def test_a_corpus_is_a_file_or_documents_in_memory(nlp, docs, file, kind, tmp_path):
    corpus = {
        "str": str(file),
        "Path": file,
        "docs": docs,
        "examples": [Example(Doc(doc.vocab, words=["x"]), doc) for doc in docs],
    }[kind]
    nlp.to_disk(tmp_path / "pipeline")
    for pipeline in (nlp, tmp_path / "pipeline", str(tmp_path / "pipeline")):
        result = evaluate(pipeline, corpus, n_resamples=0, train=corpus)
        assert result.f1 == pytest.approx(0.6)
        assert result.to_dict()["documents"][0]["id"] == "a0:0"
    assert inspect(corpus).facts["mentions"] == 5
    assert inspect(corpus, dev=corpus).records()[0] == {
        "label": "protein",
        "count": 4,
        "share": 0.8,
    }


def test_pipelines_and_results_and_files_compare_alike(nlp, better, docs, tmp_path):
    paths = tmp_path / "a.json", tmp_path / "b.json"
    results = [evaluate(p, docs, output=path) for p, path in zip((nlp, better), paths)]
    by_pipeline = compare(nlp, better, docs, n_resamples=50)
    by_result = compare(*results, n_resamples=50)
    by_file = compare(*paths, n_resamples=50)
    assert by_pipeline.to_dict() == by_result.to_dict() == by_file.to_dict()
    (f1,) = [
        row
        for row in by_file.records()
        if (row["facet"], row["slice"], row["score"]) == ("all", "micro", "f")
    ]
    assert (f1["a"], f1["b"]) == (pytest.approx(0.6), 1.0)


def test_a_result_prints_shows_and_turns_into_data(nlp, docs, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    result = evaluate(nlp, docs)
    assert "60.0" in str(result)
    assert max(map(len, str(result).splitlines())) <= 60
    html = result._repr_html_()
    assert html.count("<table>") > 5
    assert "<td>protein</td>" in html
    assert json.loads(json.dumps(result.to_dict()))["docs"] == 3
    frames = []
    monkeypatch.setitem(
        sys.modules,
        "pandas",
        SimpleNamespace(DataFrame=SimpleNamespace(from_records=frames.append)),
    )
    result.to_df()
    assert {"facet": "label", "slice": "protein", "f1": pytest.approx(2 / 3)}.items() <= next(
        row for row in frames[0] if row["slice"] == "protein"
    ).items()


def test_without_pandas_a_sentence_says_what_to_install(nlp, docs, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UserError, match="pip install pandas"):
        evaluate(nlp, docs, n_resamples=0).to_df()


def test_docs_or_texts_are_drawn(nlp, docs, tmp_path):
    assert visualize(docs).n_spans == 5
    assert visualize(docs[0]).n_spans == 3
    drawing = visualize(nlp, ["ZED promoter", "ZED"], output=tmp_path / "page.html")
    assert drawing.n_spans == 4
    assert "en_rules 1.2.3" in (tmp_path / "page.html").read_text(encoding="utf8")
    assert visualize(nlp, "ZED").n_spans == 1
    (tmp_path / "texts.txt").write_text("ZED promoter\nZED\n", encoding="utf8")
    assert visualize(nlp, tmp_path / "texts.txt").n_spans == 4


@pytest.mark.parametrize(
    "call",
    [
        lambda nlp, docs: visualize(nlp),
        lambda nlp, docs: visualize(docs, "a text"),
        lambda nlp, docs: visualize(docs, spans_key="x"),
        lambda nlp, docs: evaluate(nlp, []),
        lambda nlp, docs: evaluate(nlp, ["a text"]),
        lambda nlp, docs: evaluate(nlp, docs, spans_key="x"),
        lambda nlp, docs: compare(nlp, nlp),
        lambda nlp, docs: compare(evaluate(nlp, docs), nlp, docs),
        lambda nlp, docs: inspect("nowhere.spacy"),
    ],
)
def test_a_mistake_is_a_user_error(nlp, docs, call):
    with pytest.raises(UserError):
        call(nlp, docs)


def test_a_corpus_with_another_vocab_is_left_alone(nlp, docs):
    vocab = docs[0].vocab
    evaluate(nlp, docs, n_resamples=0)
    assert all(doc.vocab is vocab for doc in docs)
    assert [len(doc.spans["sc"]) for doc in docs] == [3, 2, 0]
