"""Training reads a corpus and texts with predicted spans side by side."""

import json
import re
import sys
import warnings

import pytest
import spacy
from spacy.tokens import DocBin
from spacy.training import Corpus
from spacy.training.initialize import init_nlp
from spacy.util import load_config, registry
from thinc.api import ConfigValidationError

from spacy_nested_ner import annotate, configure, convert
from spacy_nested_ner.cli import main
from spacy_nested_ner.tables import Warned
from spacy_nested_ner.training.predicted_texts import (
    describe_held_out,
    make_corpus_with_predicted,
)
from spacy_nested_ner.user_error import UserError
from tests.conftest import ROOT

CONFIG = ROOT / "configs" / "tok2vec.cfg"
TEXT = "The seal of the feed pump leaks again"
# not in the corpus
OTHER = "A pump of the crane is loud"


@pytest.fixture
def corpus(tmp_path):
    span = {"start": 16, "end": 25, "label": "PART"}
    rows = (json.dumps({"text": TEXT, "spans": [span], "id": f"{n}"}) for n in range(10))
    (tmp_path / "mine.jsonl").write_text("\n".join(rows), encoding="utf8")
    convert("custom", tmp_path / "mine.jsonl", tmp_path / "corpus", language="en")
    return tmp_path / "corpus"


def predict_texts(folder, n, word="pump", label="PART"):
    """What `annotate` writes for n texts with a pipeline that finds a word."""
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("span_ruler", config={"spans_key": "sc"})
    ruler.add_patterns([{"label": label, "pattern": word}])
    nlp.to_disk(folder / "teacher")
    texts = folder / "texts.jsonl"
    texts.write_text(f'{{"text": "{OTHER}"}}\n' * n, encoding="utf8")
    annotate(folder / "teacher", texts, folder / "predicted", format="docbin")
    return folder / "predicted"


@pytest.fixture(scope="module")
def predicted(tmp_path_factory):
    return predict_texts(tmp_path_factory.mktemp("texts"), 150)


def test_training_reads_copies_of_the_corpus_and_the_predicted_texts(
    corpus, predicted, tmp_path
):
    fitted = configure(CONFIG, corpus, tmp_path / "config.cfg", predicted=predicted)
    n = len(DocBin().from_disk(corpus / "train.spacy"))
    copies = round(150 / (5 * n))
    assert copies > 1
    assert fitted.config["corpora"]["train"]["copies"] == copies
    nlp = init_nlp(load_config(tmp_path / "config.cfg", interpolate=True))
    reader = registry.resolve(nlp.config.interpolate()["corpora"])["train"]
    found = [[span.text for span in eg.reference.spans["sc"]] for eg in reader(nlp)]
    assert found == [["feed pump"]] * (copies * n) + [["pump"]] * 150


def test_the_updates_are_those_of_the_corpus_alone(corpus, predicted, tmp_path):
    alone = configure(CONFIG, corpus, tmp_path / "alone.cfg").config
    beside = configure(CONFIG, corpus, tmp_path / "beside.cfg", predicted=predicted).config
    assert beside["training"]["max_steps"] == alone["training"]["max_steps"]
    assert beside["training"]["batcher"] == alone["training"]["batcher"]


def test_few_predicted_texts_leave_one_copy_of_the_corpus(corpus, tmp_path):
    predicted = predict_texts(tmp_path, 2)
    fitted = configure(CONFIG, corpus, tmp_path / "config.cfg", predicted=predicted)
    assert fitted.config["corpora"]["train"]["copies"] == 1


def test_the_command_takes_a_file_and_copies(corpus, predicted, tmp_path, monkeypatch):
    (file,) = (predicted / "shards").iterdir()
    out = tmp_path / "config.cfg"
    options = ["--predicted", str(file), "--set", "corpora.train.copies=3"]
    command = ["spacy-nested-ner", "configure", CONFIG, corpus, out, *options]
    monkeypatch.setattr(sys, "argv", [str(word) for word in command])
    with pytest.raises(SystemExit) as exit:
        main()
    assert exit.value.code == 0
    train = load_config(out, interpolate=True)["corpora"]["train"]
    assert (train["predicted"]["path"], train["copies"]) == (str(file), 3)


def test_the_corpus_keeps_its_reader(corpus, predicted, tmp_path):
    lower = {"@augmenters": "spacy.lower_case.v1", "level": 1.0}
    config = load_config(CONFIG, interpolate=False)
    reader = config["corpora"].pop("train")
    config["corpora"]["mine"] = {**reader, "augmenter": lower, "limit": 5}
    config["training"]["train_corpus"] = "corpora.mine"
    config.to_disk(tmp_path / "mine.cfg")
    out = tmp_path / "config.cfg"
    configure(tmp_path / "mine.cfg", corpus, out, predicted=predicted)
    # a second configure replaces the predicted texts of the first
    result = configure(out, corpus, tmp_path / "again.cfg", predicted=predicted)
    assert "Copies of the corpus" in str(result)
    fitted = result.config
    assert "train" not in fitted["corpora"]
    reader = registry.resolve(fitted.interpolate()["corpora"])["mine"]
    texts = [eg.text for eg in reader(init_nlp(fitted.interpolate()))]
    copies = fitted["corpora"]["mine"]["copies"]
    assert texts == [TEXT.lower()] * 5 * copies + [OTHER.lower()] * 150


@pytest.mark.filterwarnings("ignore:.*W090")  # the file is no JSONL
def test_a_reader_of_another_kind_stays(corpus, predicted, tmp_path):
    config = load_config(CONFIG, interpolate=False)
    other = {"@readers": "spacy.JsonlCorpus.v1", "path": "${paths.train}", "min_length": 1}
    config["corpora"]["train"] = other
    config.to_disk(tmp_path / "mine.cfg")
    fitted = configure(
        tmp_path / "mine.cfg", corpus, tmp_path / "config.cfg", predicted=predicted
    ).config.interpolate()
    train = fitted["corpora"]["train"]
    assert train["annotated"] == {**other, "path": str(corpus / "train.spacy")}
    others = registry.resolve({"others": train["predicted"]})["others"]
    assert len(list(others(init_nlp(fitted)))) == 150


def test_predicted_texts_and_texts_for_the_encoder_go_together(corpus, predicted, tmp_path):
    texts = predicted.parent / "texts.jsonl"
    fitted = configure(
        CONFIG, corpus, tmp_path / "config.cfg", predicted=predicted, raw_text=texts
    ).config.interpolate()
    assert fitted["corpora"]["train"]["predicted"]["path"] == str(predicted)
    assert fitted["corpora"]["pretrain"]["path"] == str(texts)
    assert fitted["pretraining"]["component"] == "nested_spancat"


def test_a_label_that_the_corpus_does_not_have_is_refused(corpus, tmp_path):
    predicted, out = predict_texts(tmp_path, 3, label="FAULT"), tmp_path / "config.cfg"
    with pytest.raises(UserError, match="FAULT"):
        configure(CONFIG, corpus, out, predicted=predicted)
    assert not out.exists()


def test_a_fitted_config_keeps_its_predicted_texts_and_checks_them_again(corpus, tmp_path):
    predicted, fitted = predict_texts(tmp_path, 150), tmp_path / "config.cfg"
    configure(CONFIG, corpus, fitted, predicted=predicted)
    again = configure(fitted, corpus, tmp_path / "again.cfg").config
    assert again["paths"]["predicted"] == str(predicted)
    assert again["corpora"] == load_config(fitted)["corpora"]
    save_texts(corpus / "dev.spacy", OTHER)
    assert "150 of dev" in str(configure(fitted, corpus, tmp_path / "again.cfg"))
    report = json.loads((corpus / "report.json").read_text(encoding="utf8"))
    report["parts"]["train"]["labels"] = {"FAULT": 10}
    (corpus / "report.json").write_text(json.dumps(report), encoding="utf8")
    with pytest.raises(UserError, match="PART"):
        configure(fitted, corpus, tmp_path / "other.cfg")
    assert not (tmp_path / "other.cfg").exists()


def test_texts_without_spans_are_refused(corpus, tmp_path):
    predicted, out = predict_texts(tmp_path, 3, word="valve"), tmp_path / "config.cfg"
    with pytest.raises(UserError, match=r"predicted has a span in doc\.spans\['sc'\]"):
        configure(CONFIG, corpus, out, predicted=predicted)
    assert not out.exists()


@pytest.mark.parametrize("name", ["texts.jsonl", "empty", "shards", "nowhere"])
def test_predicted_texts_that_are_no_spacy_files_are_refused(corpus, tmp_path, name):
    (tmp_path / "empty").mkdir()
    (tmp_path / "shards").mkdir()
    for folder in (tmp_path, tmp_path / "shards"):
        (folder / "texts.jsonl").write_text(f'{{"text": "{OTHER}"}}\n', encoding="utf8")
    message = rf"^There is no \.spacy file in .*{name}: give .* `annotate --format docbin`"
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # spaCy would warn with W090
        with pytest.raises(UserError, match=message):
            configure(CONFIG, corpus, tmp_path / "config.cfg", predicted=tmp_path / name)


def save_texts(file, *texts):
    nlp = spacy.blank("en")
    DocBin(docs=[nlp.make_doc(text) for text in texts]).to_disk(file)


@pytest.fixture
def parts(tmp_path):
    """A folder whose parts have different texts, and one blank text in common."""
    folder = tmp_path / "parts"
    folder.mkdir()
    for part, word in (("train", "One"), ("dev", "Two"), ("test", "Three")):
        save_texts(folder / f"{part}.spacy", f"{word} pump leaks", f"{word} fan is off", " ")
    return folder


def test_texts_of_dev_and_test_are_counted(parts, tmp_path):
    same = "Three fan  is\noff ", "Two pump leaks", "Three pump leaks"
    save_texts(tmp_path / "predicted.spacy", "One pump leaks", " ", *same)
    found = describe_held_out(tmp_path / "predicted.spacy", parts)
    assert "1 of dev and 2 of test; the first is 'Three fan is off'" in found
    assert "2 of dev and 2 of test" in describe_held_out(parts, parts)


def test_a_long_text_of_test_is_shortened(parts, tmp_path):
    for file in (parts / "test.spacy", tmp_path / "predicted.spacy"):
        save_texts(file, f"{TEXT} . " * 50)
    found = describe_held_out(tmp_path / "predicted.spacy", parts)
    assert re.search(r"1 of test; the first is 'The seal [^']*…", found)
    assert len(found) < 400


def test_other_texts_and_those_of_train_are_no_texts_of_dev(parts, tmp_path):
    save_texts(tmp_path / "predicted.spacy", OTHER, "One pump leaks", " ")
    assert describe_held_out(tmp_path / "predicted.spacy", parts) == ""
    (parts / "test.spacy").unlink()
    assert describe_held_out(tmp_path / "predicted.spacy", parts) == ""


def test_configure_warns_of_texts_of_dev(corpus, predicted, tmp_path):
    for texts, warned in ((corpus / "dev.spacy", True), (predicted, False)):
        result = configure(CONFIG, corpus, tmp_path / "config.cfg", predicted=texts)
        found = [block.text for block in result.blocks() if isinstance(block, Warned)]
        assert any("of dev" in text for text in found) == warned


def test_a_number_of_copies_below_one_is_refused(corpus):
    with pytest.raises(ConfigValidationError, match="copies=0"):
        make_corpus_with_predicted(annotated=Corpus(corpus), predicted=Corpus(corpus), copies=0)
