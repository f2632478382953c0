import json
import re

import pytest

from tests.cli.test_evaluate import GOLD, corpus, pipeline, run, save_pipeline, write

__all__ = ["corpus", "pipeline", "run"]  # fixtures


@pytest.fixture
def better(tmp_path):
    # one wrong mention less, one right one more
    return save_pipeline(
        tmp_path / "better",
        [("ZED promoter", "DNA"), ("ZED", "protein"), ("BRX and", "DNA"), ("BRX", "protein")],
    )


@pytest.fixture
def results(pipeline, better, corpus, tmp_path, run):
    paths = tmp_path / "a.json", tmp_path / "b.json"
    for path, one in zip(paths, (pipeline, better)):
        assert run("evaluate", one, corpus, "--output", path)[0] == 0
    return paths


def test_the_tables_show_the_differences(results, run):
    code, out, err = run("compare", *results)
    assert (code, err) == (0, "")
    assert "micro precision 60.0 83.3 +23.3" in out
    assert "micro recall 60.0 100.0 +40.0" in out
    assert "DNA 50.0 66.7 +16.7" in out
    # found, lost, errors gone, new errors, change
    assert "0 a0:0 1 0 1 0 +2" in out
    assert "1 a1:0 1 0 0 1 0\n" in out
    assert "all 3 changed 2 0 2 1 +3" in out
    assert re.search(r"\b1,000 \w+ of 3 ", out)


def test_the_worst_and_the_best_documents_are_shown(results, run):
    _, out, _ = run("compare", *results, "--documents", 2)
    assert "1 a1:0" in out
    assert "0 a0:0" in out
    assert "2 a2:0" not in out
    assert "all 3 changed" in out


def test_two_pipelines_are_compared_as_their_evaluations_are(
    results, pipeline, better, corpus, tmp_path, run
):
    from_json, at_once = tmp_path / "json.json", tmp_path / "corpus.json"
    run("compare", *results, "--output", from_json)
    run("compare", pipeline, better, "--corpus", corpus, "--output", at_once)
    one, other = (json.loads(path.read_text(encoding="utf8")) for path in (from_json, at_once))
    assert one == other
    assert one["scores"]["all"]["micro"]["f"]["difference"] > 0
    assert one["documents"][-1]["found"] == [[20, 23, "protein"]]


def test_a_page_draws_the_documents_that_changed(pipeline, better, corpus, tmp_path, run):
    pytest.importorskip("matplotlib")
    page = tmp_path / "difference.html"
    words = ("compare", pipeline, better, "--corpus", corpus, "--page", page)
    code, out, err = run(*words, "--documents", 1)
    assert (code, err) == (0, "")
    assert str(page) in out
    html = page.read_text(encoding="utf8")
    assert html.count('<article class="document"') == 1
    # the document for A, and below it for B
    assert html.count('class="nested-ner named') == 2
    assert "+40.0" in html
    assert "<title>" in html


def test_a_page_of_two_evaluations_has_no_documents(results, tmp_path, run):
    pytest.importorskip("matplotlib")
    page = tmp_path / "difference.html"
    assert run("compare", *results, "--page", page)[0] == 0
    html = page.read_text(encoding="utf8")
    assert "+40.0" in html
    assert "<article" not in html


def test_the_page_may_not_be_an_input(results, run):
    before = results[1].read_bytes()
    code, _, err = run("compare", *results, "--page", results[1])
    assert code == 1
    assert str(results[1]) in err
    assert results[1].read_bytes() == before


@pytest.mark.parametrize(
    ("number", "text", "spans", "what"),
    [
        (1, "BRX and ZED bound", GOLD[1][1], "1 .* text"),
        (2, GOLD[2][0], [(2, 3, "DNA")], "2 .* gold"),
    ],
)
def test_another_corpus_is_refused(results, pipeline, tmp_path, run, number, text, spans, what):
    docs = list(GOLD)
    docs[number] = text, spans
    other = write(tmp_path / "other.spacy", docs)
    run("evaluate", pipeline, other, "--output", tmp_path / "other.json")
    code, _, err = run("compare", results[0], tmp_path / "other.json")
    assert code == 1
    assert re.search(what, err)


def test_a_part_of_a_corpus_is_refused(results, pipeline, tmp_path, run):
    some = write(tmp_path / "some.spacy", GOLD[:2])
    run("evaluate", pipeline, some, "--output", tmp_path / "some.json")
    code, _, err = run("compare", results[0], tmp_path / "some.json")
    assert code == 1
    assert re.search(r"\bA .*\b3 .*\bB .*\b2\b", err)


def test_the_output_may_not_be_an_input(results, run):
    before = results[1].read_bytes()
    code, _, err = run("compare", *results, "--output", results[1])
    assert code == 1
    assert str(results[1]) in err
    assert results[1].read_bytes() == before


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("{", "'spacy-nested-ner evaluation 1'"),
        ("[1]", "'spacy-nested-ner evaluation 1'"),
        ('{"format": "another 2"}', "'another 2'"),
        ('{"format": "spacy-nested-ner evaluation 1"}', "name of its pipeline"),
    ],
)
def test_another_file_is_refused(results, tmp_path, run, content, value):
    (tmp_path / "other.json").write_text(content, encoding="utf8")
    code, _, err = run("compare", results[0], tmp_path / "other.json")
    assert code == 1
    assert value in err


def test_pipelines_without_a_corpus_are_refused(pipeline, better, run):
    code, _, err = run("compare", pipeline, better)
    assert code == 1
    assert f"{pipeline} " in err
    assert "--corpus" in err
