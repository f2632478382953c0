import re
import sys
from pathlib import Path
from typing import Sequence

import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span

from spacy_nested_ner.calibration.count_logits import count_corpus
from spacy_nested_ner.calibration.reliability import reliability
from spacy_nested_ner.cli import main
from spacy_nested_ner.evaluation.documents import predict_corpus
from spacy_nested_ner.evaluation.evaluate import evaluate_docs
from spacy_nested_ner.files.docbin import read_docs
from tests.pipelines import SENTENCES, make_examples, make_nlp, train
from tests.reporting.pages import Page

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory) -> Path:
    """Trained a little: it finds some and errs somewhere."""
    nlp = make_nlp()
    train(nlp, make_examples(nlp.vocab), updates=25)
    nlp.meta.update(name="nested_try", version="3.2.1")
    folder = tmp_path_factory.mktemp("pipeline") / "model"
    nlp.to_disk(folder)
    return folder


def write_docs(path: Path, sentences: Sequence = SENTENCES, *, spans_key: str = "sc") -> Path:
    vocab = spacy.blank("en").vocab
    docs = []
    for number, (text, spans) in enumerate(sentences):
        doc = Doc(vocab, words=text.split())
        doc.spans[spans_key] = [Span(doc, i, j, label=label) for i, j, label in spans]
        doc.user_data["id"] = f"sentence {number}"
        docs.append(doc)
    DocBin(docs=docs, store_user_data=True).to_disk(path)
    return path


def predict(pipeline: Path, corpus: Path):
    nlp = spacy.load(pipeline)
    return predict_corpus(nlp, read_docs(corpus, nlp.vocab, user_data=True), "sc")


@pytest.fixture
def corpus(tmp_path) -> Path:
    (tmp_path / "corpus").mkdir()
    return write_docs(tmp_path / "corpus" / "test.spacy")


@pytest.fixture
def run(monkeypatch, capsys):
    """Run `report` and return (exit code, stdout, stderr)."""

    def run(*arguments: object):
        monkeypatch.setattr(sys, "argv", ["spacy-nested-ner", "report", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit:
            main()
        return exit.value.code, *capsys.readouterr()

    return run


def test_the_page_has_the_scores_of_evaluate_and_the_text_of_all_docs(
    pipeline, corpus, tmp_path, run
):
    out = tmp_path / "new" / "page.html"
    code, printed, err = run(pipeline, corpus, out)
    assert (code, err) == (0, "")
    assert [path.name for path in out.parent.iterdir()] == ["page.html"]
    page = Page(out.read_text(encoding="utf8"))
    docs = predict(pipeline, corpus)
    evaluation = evaluate_docs(docs)
    header, *rows = page.tables["Scores by label"]
    counts = ("gold", "predicted", "right")
    columns = [header.index(name) for name in counts]
    scores = evaluation["scores"]["label"]
    assert {row[0]: tuple(int(row[i]) for i in columns) for row in rows} == {
        label: tuple(s[name] for name in counts) for label, s in scores.items()
    }
    assert {text for _, text in page.documents} == {doc.text for doc in docs}
    assert "en_nested_try 3.2.1" in page.text
    assert "corpus/test.spacy" in page.text
    assert "sentence 3" in page.text  # the id of a document
    f1 = evaluation["scores"]["all"]["micro"]["f"]["value"]
    assert re.search(rf"F1 {100 * f1:.1f} .*\b5 ", " ".join(printed.split()))
    # from the logits of all spans, not from those above the threshold
    nlp = spacy.load(pipeline)
    overall = reliability(count_corpus(nlp, read_docs(corpus, nlp.vocab)))
    _, *bins = page.tables["Reliability in numbers"]
    assert [int(row[2]) for row in bins] == overall.size.tolist()
    assert f" {overall.error:.3f}." in page.text  # the expected calibration error


def test_options_reach_the_page(pipeline, corpus, tmp_path, run):
    out = tmp_path / "page.html"
    training = write_docs(tmp_path / "train.spacy", SENTENCES[:1])
    code, *_ = run(
        *(pipeline, corpus, out, "--documents", 2, "--n-resamples", 7, "--seed", 3),
        *("--train", training, "--spans-key", "sc"),
    )
    assert code == 0
    page = Page(out.read_text(encoding="utf8"))
    text = " ".join(page.text.split())
    assert len(page.documents) == 2
    assert "2 of 5" in text
    assert re.search(r"\b7 \w+ of 5 ", text)
    assert "seed 3" in text
    # protein is first in that sentence, DNA second, and cell is not in it
    assert [row[0] for row in page.tables["Scores by frequency of the label"][1:]] == [
        *("frequent (protein)", "in between (DNA)", "rare (cell)")
    ]


@pytest.mark.slow
def test_a_second_run_writes_the_same_bytes(pipeline, corpus, tmp_path, run):
    for name in ("one.html", "two.html"):
        assert run(pipeline, corpus, tmp_path / name)[0] == 0
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


@pytest.mark.slow
def test_a_spancat_of_spacy_has_a_page_too(corpus, tmp_path, run):
    """And its probabilities are those beside its spans."""
    nlp = spacy.blank("en")
    suggester = {"@misc": "spacy.ngram_suggester.v1", "sizes": [1, 2]}
    nlp.add_pipe("spancat", config={"suggester": suggester, "threshold": 0.0})
    nlp.initialize(lambda: make_examples(nlp.vocab))
    nlp.to_disk(tmp_path / "spancat")
    code, *_ = run(tmp_path / "spancat", corpus, tmp_path / "page.html")
    assert code == 0
    page = Page((tmp_path / "page.html").read_text(encoding="utf8"))
    _, *rows = page.tables["Reliability in numbers"]
    docs = predict(tmp_path / "spancat", corpus)
    assert sum(int(row[2]) for row in rows) == sum(len(doc.predicted) for doc in docs)


def test_the_page_of_a_pipe_without_probabilities_states_that(corpus, tmp_path, run):
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("span_ruler", config={"spans_key": "sc"})
    ruler.add_patterns([{"label": "protein", "pattern": "ZED"}])
    nlp.to_disk(tmp_path / "ruler")
    code, *_ = run(tmp_path / "ruler", corpus, tmp_path / "page.html")
    assert code == 0
    text = (tmp_path / "page.html").read_text(encoding="utf8")
    assert 'id="probabilities"' in text
    assert "plot-reliability" not in text


def test_bad_input_is_one_line_and_leaves_no_page(pipeline, corpus, tmp_path, run):
    (tmp_path / "empty.spacy").touch()
    out = tmp_path / "new" / "page.html"
    for arguments in (
        [pipeline, tmp_path / "missing.spacy", out],
        [pipeline, tmp_path / "empty.spacy", out],
        [tmp_path / "no_pipeline", corpus, out],
        [pipeline, corpus, out, "--spans-key", "gold"],
        [pipeline, corpus, out, "--train", tmp_path / "missing.spacy"],
    ):
        code, printed, err = run(*arguments)
        assert (code, printed) == (1, ""), arguments
        assert err.startswith("Error: "), arguments
        assert err.count("\n") == 1, arguments
        assert not out.parent.exists(), arguments


def test_inputs_are_never_written_over(pipeline, corpus, tmp_path, run):
    training = write_docs(tmp_path / "train.spacy")
    before = {path: path.read_bytes() for path in (corpus, training, pipeline / "meta.json")}
    for out in before:
        code, _, err = run(pipeline, corpus, out, "--train", training)
        assert code == 1
        assert err.count("\n") == 1
    assert {path: path.read_bytes() for path in before} == before


def test_without_matplotlib_one_sentence_names_what_to_install(
    pipeline, corpus, tmp_path, run, monkeypatch
):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, printed, err = run(pipeline, corpus, tmp_path / "page.html")
    assert (code, printed) == (1, "")
    assert 'pip install "spacy-nested-ner[report]"' in " ".join(err.split())
    assert err.count("\n") == 1
    assert not (tmp_path / "page.html").exists()


def test_a_page_that_cannot_be_written_leaves_the_old_one(
    pipeline, corpus, tmp_path, run, monkeypatch
):
    out = tmp_path / "page.html"
    out.write_text("old", encoding="utf8")
    monkeypatch.setattr("os.replace", _fail)
    code, _, err = run(pipeline, corpus, out)
    assert code == 1
    assert str(out) in err
    assert out.read_text(encoding="utf8") == "old"
    assert [path.name for path in tmp_path.glob("*.html*")] == ["page.html"]
    assert not list(tmp_path.glob(".page*"))


def _fail(*_):
    raise OSError(28, "No space left on device")
