"""`calibrate`, `report` and `package` with pipelines and documents in memory."""

import pytest
import spacy

from spacy_nested_ner import calibrate, package, report
from spacy_nested_ner.user_error import UserError
from tests.pipelines import SENTENCES, make_examples, make_nlp, train


@pytest.fixture(scope="module")
def trained():
    nlp = make_nlp()
    train(nlp, make_examples(nlp.vocab), updates=12)
    nlp.meta.update(name="nested_try", version="3.2.1")
    return nlp


@pytest.fixture
def nlp(trained, tmp_path):
    trained.to_disk(tmp_path / "pipeline")
    return spacy.load(tmp_path / "pipeline")


def test_a_pipeline_in_memory_is_calibrated_on_documents_in_memory(nlp, tmp_path):
    examples = make_examples(spacy.blank("en").vocab)
    result = calibrate(nlp, examples, tmp_path / "out", folds=1, held_out=examples, min_gold=3)
    settings = nlp.get_pipe_config("nested_spancat")
    assert result.to_dict()["settings"]["temperatures"] == settings["temperatures"]
    saved = spacy.load(tmp_path / "out")
    assert saved.get_pipe_config("nested_spancat") == settings
    assert {row["label"] for row in result.records()} == {"DNA", "cell", "protein"}
    assert len(str(result).splitlines()) > 10


def test_a_pipeline_is_not_saved_into_itself(nlp, tmp_path):
    with pytest.raises(UserError):
        calibrate(nlp, make_examples(nlp.vocab), tmp_path / "pipeline" / "out")
    assert not (tmp_path / "pipeline" / "out").exists()


def test_a_page_about_documents_in_memory(nlp, tmp_path):
    pytest.importorskip("matplotlib")
    docs = [eg.reference for eg in make_examples(spacy.blank("en").vocab)]
    result = report(nlp, docs, tmp_path / "page.html", n_resamples=10, train=docs)
    page = (tmp_path / "page.html").read_text(encoding="utf8")
    assert "SHA-256" not in page
    assert SENTENCES[2][0] in page
    assert result.evaluation["docs"] == len(SENTENCES)
    assert len(result.records()) == 3


def test_a_package_needs_a_folder(tmp_path):
    with pytest.raises(UserError):
        package(tmp_path / "nowhere", tmp_path / "out")
    assert not (tmp_path / "out").exists()
