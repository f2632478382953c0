"""A pipeline that is saved over an older one, and killed at each change of a file: it loads as
the old one or the new one, or not at all."""

import os
import shutil
from functools import partial

import pytest
import spacy

from benchmarks.file_faults import count_changes, run_with_fault
from spacy_nested_ner.files.pipelines import load_pipeline
from spacy_nested_ner.training.model_card import make_model_card
from spacy_nested_ner.training.save_whole import save_whole
from spacy_nested_ner.user_error import UserError
from tests.pipelines import TINY_ENCODER, make_examples, make_nlp, train
from tests.training.test_model_card import facts

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
TEXT = "the BRX-7 gene promoter binds the ZED complex"
LISTENER = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32}


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    """A folder with two checkpoints of one training, `old` and `new`, and the pipeline."""
    folder = tmp_path_factory.mktemp("checkpoints")
    nlp = make_nlp()
    nlp.remove_pipe("nested_spancat")
    nlp.add_pipe("tok2vec", config={"model": TINY_ENCODER})
    nlp.add_pipe("nested_spancat", config={"model": {"tok2vec": LISTENER}, "threshold": 0.0})
    examples = make_examples(nlp.vocab)
    train(nlp, examples, updates=1)
    nlp.to_disk(folder / "old")
    optimizer = nlp.resume_training()
    optimizer.learn_rate = 0.01
    nlp.update(examples, sgd=False)
    for _, pipe in nlp.pipeline:
        pipe.finish_update(optimizer)
    nlp.to_disk(folder / "new")
    return folder, nlp


def predict(nlp):
    return nlp(TEXT).spans["sc"].attrs["scores"].tolist()


def save_and_kill(checkpoints, tmp_path, nlp):
    """What loads after each kill: old, new, or the reason why nothing does."""
    folder, _ = checkpoints
    predicted = {name: predict(spacy.load(folder / name)) for name in ("old", "new")}
    assert predicted["old"] != predicted["new"]
    place, log = tmp_path / "out" / "model-last", tmp_path / "log"
    shutil.copytree(folder / "old", place)
    n_changes = count_changes(partial(nlp.to_disk, place), place.parent, log=log)
    found = []
    for at in range(n_changes):
        shutil.rmtree(place.parent)
        shutil.copytree(folder / "old", place)
        code = run_with_fault(
            partial(nlp.to_disk, place), place.parent, at=at, kind="kill", log=log
        )
        assert code == -9
        if not place.exists():
            found.append("absent")
            continue
        try:
            now = predict(load_pipeline(place))
        except UserError as error:
            found.append(str(error))
        else:
            found += [name for name, before in predicted.items() if now == before]
    assert len(found) == n_changes, "a mixture of old and new"
    return found


def test_a_mixture_of_two_checkpoints_is_refused(checkpoints, tmp_path):
    found = save_and_kill(checkpoints, tmp_path, checkpoints[1])
    refused = [state for state in found if state not in ("old", "new")]
    assert {"old", "new"} < set(found)
    assert len(refused) > 2
    assert "absent" not in refused


@pytest.mark.slow
def test_a_checkpoint_of_a_training_is_whole(checkpoints, tmp_path):
    card = make_model_card(corpus=facts("full"))
    found = save_and_kill(checkpoints, tmp_path, card(checkpoints[1]))
    assert set(found) == {"old", "new", "absent"}
    # between two moves; then it lies beside its place
    assert found.count("absent") == 1


def test_a_checkpoint_replaces_all_files_of_the_last_one(checkpoints, tmp_path):
    _, nlp = checkpoints
    whole = save_whole(nlp)
    assert isinstance(whole, type(nlp))
    whole.to_disk(tmp_path / "a")
    (tmp_path / "a" / "of another pipeline").write_text("x")
    whole.to_disk(tmp_path / "a")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert not (tmp_path / "a" / "of another pipeline").exists()
    assert predict(spacy.load(tmp_path / "a")) == predict(nlp)
    whole.to_disk(tmp_path / "b", exclude=["vocab"])
    assert not (tmp_path / "b" / "vocab").exists()
    # the pipeline itself is saved as before
    assert nlp.to_disk.__func__ is type(nlp).to_disk
