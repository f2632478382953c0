"""`calibrate` on a small trained pipeline: what it prints is what the saved pipeline does."""

import json
import re
import sys

import numpy
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import DocBin, Span
from spacy.training import Corpus
from spacy.util import load_config

from spacy_nested_ner.api.calibrate import KEPT
from spacy_nested_ner.calibration.calibrate import CALIBRATED
from spacy_nested_ner.cli import main
from tests.pipelines import SENTENCES, make_examples, make_nlp, spans_of, train

# other texts than those of the training, so that the pipeline makes mistakes
TEXTS = [
    ("the ZED gene promoter binds BRX-7", [(1, 4, "DNA"), (1, 3, "DNA"), (1, 2, "protein")]),
    ("human T cells express the BRX-7 complex", [(0, 3, "cell"), (1, 3, "cell")]),
    ("nothing was seen in resting cells", [(4, 6, "cell")]),
    ("ZED complex of BRX-7", [(0, 2, "protein"), (3, 4, "protein")]),
    ("a promoter fusion of ZED", [(1, 3, "DNA"), (4, 5, "protein"), (0, 2, "virus")]),
    ("BRX-7 and ZED", [(0, 1, "protein"), (2, 3, "protein")]),
]


@pytest.fixture(scope="module")
def nlp():
    nlp = make_nlp(threshold=0.2)  # too low, so there is something to gain
    train(nlp, make_examples(nlp.vocab), updates=12)
    nlp.meta["description"] = "Invented."
    return nlp


@pytest.fixture
def folder(nlp, tmp_path):
    nlp.to_disk(tmp_path / "pipeline")
    docs = []
    for number, (text, spans) in enumerate(TEXTS):
        doc = nlp.make_doc(text)
        doc.spans["sc"] = [Span(doc, i, j, label=label) for i, j, label in spans]
        doc.user_data["document"] = str(number)
        docs.append(doc)
    DocBin(docs=docs, store_user_data=True).to_disk(tmp_path / "dev.spacy")
    DocBin(docs=docs[1:4], store_user_data=True).to_disk(tmp_path / "test.spacy")
    return tmp_path


@pytest.fixture
def run(monkeypatch, capsys, folder):
    """Run `calibrate` in the folder; return (exit code, stdout, stderr)."""

    def run(*arguments: object, pipeline="pipeline", dev="dev.spacy", out="out"):
        monkeypatch.chdir(folder)
        words = ["calibrate", pipeline, dev, out, *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", ["spacy-nested-ner", *words])
        with pytest.raises(SystemExit) as exit:
            main()
        printed = capsys.readouterr()
        return exit.value.code, *(" ".join(x.split()) for x in printed)

    return run


def evaluate(folder, path, file="dev.spacy"):
    nlp = spacy.load(folder / path)
    return nlp.evaluate(list(Corpus(folder / file)(nlp)))


@pytest.mark.parametrize("objective", ["micro", "macro", "precision"])
def test_its_scores_are_those_of_the_saved_pipeline(run, folder, objective):
    # no folds: on six documents, nothing that is fitted helps on the others
    options = ("--min-gold", 3, "--folds", 1, "--standard-errors", 0, "--min-precision", 0.5)
    code, printed, _ = run("--objective", objective, *options, "--output", "out.json")
    assert code == 0
    written = json.loads((folder / "out.json").read_text(encoding="utf8"))
    n_labels = len(written["labels"])
    assert 0 < sum(label["new_threshold"] for label in written["labels"].values()) <= n_labels
    for path, when in (("pipeline", "before"), ("out", "after")):
        scores = evaluate(folder, path)
        for name in ("p", "r", "f", "macro_f"):
            assert written["dev"][when][name] == pytest.approx(scores[f"spans_sc_{name}"] or 0)
        for label, score in scores["spans_sc_per_type"].items():
            if label in written["labels"]:
                assert written["labels"][label][when]["f"] == pytest.approx(score["f"])
    change = written["dev"]
    if objective == "precision":
        assert change["after"]["p"] >= 0.5
    else:
        assert change["after"]["f"] > change["before"]["f"]
    assert f"{100 * change['before']['f']:.2f} → {100 * change['after']['f']:.2f}" in printed
    assert written["gold"] == sum(len(spans) for _, spans in TEXTS)
    assert written["unreachable"] == 1  # the virus


def test_the_settings_stand_in_the_config_and_the_rest_is_as_before(run, folder, nlp):
    assert run("--min-gold", 4, "--folds", 1, "--output", "out.json")[0] == 0
    written = json.loads((folder / "out.json").read_text(encoding="utf8"))
    settings = load_config(folder / "out" / "config.cfg")["components"]["nested_spancat"]
    before = load_config(folder / "pipeline" / "config.cfg")["components"]["nested_spancat"]
    names = ("threshold", "thresholds", "temperatures")
    assert {name: settings[name] for name in names} == written["settings"]
    assert [label for label, _ in settings["temperatures"]] == ["DNA", "cell", "protein"]
    assert {k: v for k, v in settings.items() if k not in names} == {
        k: v for k, v in before.items() if k not in names
    }
    one, other = (spacy.load(folder / path) for path in ("pipeline", "out"))
    pipe = other.get_pipe("nested_spancat")
    logits = [
        x.get_pipe("nested_spancat").model.predict([x.make_doc(TEXTS[0][0])]).dense()
        for x in (one, other)
    ]
    assert numpy.array_equal(*logits)
    # an edit of the calibrated pipeline counts
    edited = spacy.load(
        folder / "out",
        config={"components.nested_spancat.thresholds": [["protein", 1.0], ["cell", 0.0]]},
    )
    found = {label for _, _, label in spans_of(edited(TEXTS[0][0]))}
    assert "cell" in found
    assert "protein" not in found
    copy = spacy.load(folder / "pipeline").from_bytes(other.to_bytes())
    assert copy.get_pipe("nested_spancat").labels == pipe.labels


def test_the_card_names_the_calibration_and_its_corpus(run, folder):
    assert run("--folds", 1, "--standard-errors", 0)[0] == 0
    meta = spacy.load(folder / "out").meta
    assert meta["description"].startswith("Invented. ")
    assert meta["description"].count(CALIBRATED) == 1
    assert meta["calibration"]["corpus"] == "dev.spacy"
    assert meta["calibration"]["docs"] == len(TEXTS)
    # a second calibration adds no second sentence
    assert run("--objective", "macro", pipeline="out", out="again")[0] == 0
    meta = spacy.load(folder / "again").meta
    assert meta["description"].count(CALIBRATED) == 1
    assert meta["calibration"]["options"]["objective"] == "macro"


def test_calibrating_a_calibrated_pipeline_changes_nothing(run, folder):
    options = ("--min-gold", 3, "--standard-errors", 0)
    assert run(*options, "--output", "one.json")[0] == 0
    assert run(*options, "--output", "two.json", pipeline="out", out="again")[0] == 0
    one, two = (
        json.loads((folder / f"{name}.json").read_text(encoding="utf8"))
        for name in ("one", "two")
    )
    assert one["settings"] == two["settings"]
    assert two["dev"]["before"] == two["dev"]["after"] == one["dev"]["after"]


def test_the_gain_on_another_corpus_is_that_of_running_both(run, folder):
    options = (
        "--folds",
        1,
        "--min-gold",
        3,
        "--standard-errors",
        0,
        "--held-out",
        "test.spacy",
    )
    code, printed, _ = run(*options, "--output", "out.json")
    assert code == 0
    assert re.search(r"test\.spacy, 3 ", printed)
    held_out = json.loads((folder / "out.json").read_text(encoding="utf8"))["held_out"]
    scores = [
        evaluate(folder, path, "test.spacy")["spans_sc_f"] for path in ("pipeline", "out")
    ]
    gain = held_out["micro"]["f"]
    assert [gain["a"], gain["b"]] == pytest.approx(scores)
    assert scores[0] != scores[1]


def test_labels_with_few_mentions_share_their_settings_and_have_a_mark(run, folder):
    code, printed, _ = run("--output", "out.json")
    assert code == 0
    assert "protein *" in printed
    assert re.search(r" \* \D*\b50 ", printed)
    settings = json.loads((folder / "out.json").read_text(encoding="utf8"))["settings"]
    assert settings["thresholds"] == []
    assert len({T for _, T in settings["temperatures"]}) == 1
    labels = json.loads((folder / "out.json").read_text(encoding="utf8"))["labels"].values()
    assert len({label["new_temperature"] for label in labels}) == 1


def test_a_policy_that_drops_spans_is_a_warning(run, folder, nlp):
    pipeline = spacy.load(folder / "pipeline")
    pipeline.get_pipe_config("nested_spancat").update({"overlap": "flat", "max_depth": 2})
    pipeline.to_disk(folder / "flat")
    code, printed, _ = run(pipeline="flat")
    assert code == 0
    assert "overlap = flat, max_depth = 2" in printed
    settings = spacy.load(folder / "out").get_pipe("nested_spancat")
    assert (settings.overlap, settings.max_depth) == ("flat", 2)
    assert "max_depth" not in run(out="other")[1]


@pytest.mark.parametrize("objective", ["micro", "macro"])
def test_it_reports_no_loss_on_documents_that_were_not_used_for_fitting(run, folder, objective):
    """Few documents and no caution. What does not help is kept, and marked."""
    options = ("--min-gold", 1, "--standard-errors", 0, "--folds", 6, "--output", "out.json")
    kept = 0
    for seed in range(3):
        _, printed, _ = run(*options, "--objective", objective, "--seed", seed, out=f"o{seed}")
        written = json.loads((folder / "out.json").read_text(encoding="utf8"))
        for when in ("dev", "cross_fitted"):
            before, after = written[when]["before"], written[when]["after"]
            assert after["error"] <= before["error"]
            score = "f" if objective == "micro" else "macro_f"
            assert after[score] >= before[score]
        settings = dict(written["settings"]["temperatures"])
        for name, label in written["labels"].items():
            assert settings[name] == label["settings_after"]["temperature"]
            if not label["new_temperature"]:
                kept += 1
                assert settings[name] == 1.0
        n_kept = sum(
            not label[setting]
            for label in written["labels"].values()
            for setting in ("new_temperature", "new_threshold")
        )
        assert len(re.findall(rf"\d {KEPT}\b(?!:)", printed)) == n_kept
    assert kept


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        ({"out": "pipeline"}, " pipeline "),
        ({"out": "dev.spacy"}, " dev.spacy "),
        ({"out": "pipeline/new"}, " pipeline/new "),
        ({"dev": "none.spacy"}, " none.spacy "),
        ({"dev": "pipeline/config.cfg"}, "pipeline/config.cfg "),
        ({"pipeline": "none"}, "'none'"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_leaves_nothing(run, folder, arguments, value):
    before = sorted(folder.rglob("*"))
    code, _, err = run(**arguments)
    assert code == 1
    assert err.startswith("Error: ")
    assert value in err
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(
    ("options", "value"),
    [
        (("--pipe", "other"), "'other' .*nested_spancat"),
        (("--folds", 7), r"\b6 .*\b7 "),
        (("--output", "dev.spacy"), r" dev\.spacy "),
        (("--output", "out"), r" out "),
        (("--held-out", "none.spacy"), r" none\.spacy "),
    ],
)
def test_an_option_that_cannot_be_is_one_sentence_and_leaves_nothing(
    run, folder, options, value
):
    before = sorted(folder.rglob("*"))
    code, _, err = run(*options)
    assert code == 1
    assert re.search(value, err)
    assert sorted(folder.rglob("*")) == before


def test_an_unknown_objective_is_refused_with_the_known_ones(run):
    code, _, err = run("--objective", "f1")
    assert code == 2
    for name in ("f1", "micro", "macro", "precision"):
        assert f"'{name}'" in err


def test_an_empty_folder_is_filled_and_a_failure_leaves_it_empty(run, folder, monkeypatch):
    (folder / "out").mkdir()

    def fail(self, *_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Language, "to_disk", fail)
        code, _, err = run()
    assert code == 1
    assert " out (No space left on device)" in err
    assert sorted(x.name for x in folder.iterdir()) == [
        "dev.spacy",
        "out",
        "pipeline",
        "test.spacy",
    ]
    assert not any((folder / "out").iterdir())
    assert run()[0] == 0
    assert spacy.load(folder / "out")(SENTENCES[0][0]).spans["sc"] is not None
    assert (folder / "out").stat().st_mode == (folder / "pipeline").stat().st_mode


def test_a_label_that_reads_as_a_variable_is_refused(run, folder):
    nlp = make_nlp()
    nlp.initialize(lambda: make_examples(nlp.vocab, [("ZED", [(0, 1, "${x}")])]))
    nlp.to_disk(folder / "variable")
    code, _, err = run(pipeline="variable")
    assert code == 1
    assert "'${x}'" in err
