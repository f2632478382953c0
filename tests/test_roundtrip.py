"""A trained pipeline survives saving into a pipeline that was never initialised."""

import subprocess
import sys
import textwrap

import pytest
import spacy
from spacy.tokens import Doc

from tests.encoders import ENCODERS, inline_cnn, make_pipeline
from tests.pipelines import SENTENCES, make_examples, spans_of, train


def predict(nlp):
    docs = [nlp(Doc(nlp.vocab, words=text.split())) for text, _ in SENTENCES]
    return [(spans_of(doc), doc.spans["sc"].attrs["scores"].tolist()) for doc in docs]


@pytest.mark.parametrize("encoder", ENCODERS, ids=lambda encoder: encoder.__name__)
def test_bytes_and_disk_keep_spans_and_scores(encoder, request, tmp_path):
    nlp = make_pipeline(encoder, request)
    train(nlp, make_examples(nlp.vocab), updates=15)
    expected = predict(nlp)
    assert any(spans for spans, _ in expected)

    never_initialised = make_pipeline(encoder, request)
    assert predict(never_initialised.from_bytes(nlp.to_bytes())) == expected

    nlp.to_disk(tmp_path)
    never_initialised = make_pipeline(encoder, request)
    assert predict(never_initialised.from_disk(tmp_path)) == expected
    assert predict(spacy.load(tmp_path)) == expected


def test_settings_edited_on_loading_count(tmp_path, request):
    nlp = make_pipeline(inline_cnn, request)
    train(nlp, make_examples(nlp.vocab), updates=5)
    nlp.to_disk(tmp_path)
    edits = {"threshold": 0.0, "model": {"max_span_width": 1}, "spans_key": "other"}
    loaded = spacy.load(tmp_path, config={"components": {"nested_spancat": edits}})
    doc = loaded(Doc(loaded.vocab, words=["ZED", "gene"]))
    assert spans_of(doc, "other") == [
        (i, i + 1, label) for i in range(2) for label in ("DNA", "cell", "protein")
    ]


def test_a_saved_pipeline_loads_and_runs_in_two_processes_of_a_fresh_interpreter(
    tmp_path, request
):
    nlp = make_pipeline(inline_cnn, request)
    train(nlp, make_examples(nlp.vocab), updates=15)
    nlp.to_disk(tmp_path)
    code = f"""
    import sys, spacy
    nlp = spacy.load({str(tmp_path)!r})
    docs = nlp.pipe(["the BRX gene promoter binds ZED"] * 4, n_process=2, batch_size=2)
    print([[(s.start, s.end, s.label_) for s in doc.spans["sc"]] for doc in docs])
    """
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=True,
    )
    expected = spans_of(nlp("the BRX gene promoter binds ZED"))
    assert result.stdout.strip() == str([expected] * 4)
    assert expected
