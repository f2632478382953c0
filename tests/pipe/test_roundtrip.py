"""A trained pipeline survives saving into a pipeline that was never initialised."""

import json
import subprocess
import sys
import textwrap

import pytest
import spacy
from spacy.tokens import Doc
from spacy.util import load_config, load_model_from_config
from spacy.vocab import Vocab

from spacy_nested_ner.files.manifest import MANIFEST
from tests.encoder_kinds import ENCODERS, inline_cnn, make_pipeline
from tests.pipelines import SENTENCES, make_examples, make_nlp, spans_of, train


def predict(nlp):
    docs = [nlp(Doc(nlp.vocab, words=text.split())) for text, _ in SENTENCES]
    return [(spans_of(doc), doc.spans["sc"].attrs["scores"].tolist()) for doc in docs]


@pytest.mark.slow
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


@pytest.mark.slow
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


AWKWARD = [
    "PhysicalObject/SensingObject",
    "疾病",
    "a.b",
    "key = value",
    "bio:gene",
    "100%",
    "US$",
    "$$x",
    "#1",
    "; x",
    "[x]",
    "@losses",
    " blank ",
    'a "quoted" \\ one',
    "two\nlines",
    "true",
    "1",
    "*",
]


@pytest.mark.parametrize(
    "label", [*AWKWARD[:4], *(pytest.param(x, marks=pytest.mark.slow) for x in AWKWARD[4:])]
)
def test_settings_of_any_label_survive_saving_and_training(tmp_path, label):
    examples = make_examples(Vocab(), [("ZED binds", [(0, 1, label)]), ("BRX", [(0, 1, "b")])])
    settings = {"thresholds": [[label, 0.25], ["b", 1]], "temperatures": [[label, 3.5]]}
    nlp = make_nlp(**settings)
    nlp.initialize(lambda: examples)
    expected = nlp.get_pipe("nested_spancat").logit_thresholds()
    assert sorted(expected.scale.tolist()) == [2.0 / 3.5, 2.0]
    for again in ("once", "twice"):
        nlp.to_disk(tmp_path / again)
        nlp = spacy.load(tmp_path / again)
        found = nlp.get_pipe("nested_spancat").logit_thresholds()
        assert [x.tolist() for x in found] == [x.tolist() for x in expected]
    # as `spacy train` takes the settings of a command line
    override = {
        f"components.nested_spancat.{key}": json.loads(json.dumps(value))
        for key, value in settings.items()
    }
    make_nlp().config.to_disk(tmp_path / "train.cfg")
    config = load_config(tmp_path / "train.cfg", overrides=override, interpolate=False)
    nlp = init_nlp_without_corpora(config, examples)
    found = nlp.get_pipe("nested_spancat").logit_thresholds()
    assert [x.tolist() for x in found] == [x.tolist() for x in expected]


def init_nlp_without_corpora(config, examples):
    nlp = load_model_from_config(config, auto_fill=True)
    nlp.initialize(lambda: examples)
    return nlp


def test_a_pipeline_that_was_saved_before_there_were_these_settings_loads(tmp_path, request):
    nlp = make_pipeline(inline_cnn, request)
    train(nlp, make_examples(nlp.vocab), updates=5)
    expected = predict(nlp)
    nlp.to_disk(tmp_path)
    path = tmp_path / "config.cfg"
    new = ("thresholds", "temperatures", "overlap", "prefer", "max_depth", "ents")
    lines = path.read_text(encoding="utf8").splitlines(keepends=True)
    kept = [line for line in lines if line.split(" = ")[0] not in new]
    assert len(lines) - len(kept) == len(new)
    path.write_text("".join(kept), encoding="utf8")
    (tmp_path / "nested_spancat" / MANIFEST).unlink()
    assert predict(spacy.load(tmp_path)) == expected
