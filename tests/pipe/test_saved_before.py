"""A pipeline that version 0.1.0 saved loads with the code of today and predicts the same."""

from pathlib import Path

import pytest
import spacy
import srsly
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import load_config, load_model_from_config

FOLDER = Path(__file__).parents[1] / "fixtures" / "pipeline-0.1.0"


def load_from_disk() -> Language:
    return spacy.load(FOLDER / "pipeline")


def load_from_bytes() -> Language:
    nlp = load_model_from_config(load_config(FOLDER / "pipeline" / "config.cfg"))
    return nlp.from_bytes((FOLDER / "pipeline.bytes").read_bytes())


@pytest.mark.parametrize("load", [load_from_disk, load_from_bytes])
def test_a_pipeline_of_version_0_1_0_predicts_the_same_spans(load):
    nlp = load()
    expected = srsly.read_json(FOLDER / "expected.json")
    assert sum(len(document["spans"]) for document in expected) > 5
    for document in expected:
        doc = nlp(Doc(nlp.vocab, words=document["words"]))
        spans = doc.spans["sc"]
        assert [[s.start, s.end, s.label_] for s in spans] == [
            place for *place, _ in document["spans"]
        ]
        scores = [score for *_, score in document["spans"]]
        assert spans.attrs["scores"].tolist() == pytest.approx(scores, abs=1e-5)


def test_the_settings_of_version_0_1_0_are_kept():
    pipe = load_from_disk().get_pipe("nested_spancat")
    assert pipe.thresholds == {"protein": 0.98}
    assert pipe.temperatures == {"DNA": 1.5}
    assert (pipe.loss.beta, pipe.loss.geometry) == (0.3, "length")
