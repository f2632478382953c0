"""A peer reads the same data as our arms, and is scored like them."""

import json
from types import SimpleNamespace

import pytest
import srsly
import typer
from typer.testing import CliRunner

from benchmarks.peers import run
from benchmarks.peers.run import pair
from benchmarks.peers.tasks import Peer, Prediction
from benchmarks.subsets import keep_documents, read_gold

GENE = [Prediction(0, 1, "gene", 0.2), Prediction(0, 1, "gene", 0.7)]


@pytest.fixture
def call(corpus, tmp_path, monkeypatch, request):
    """Run a peer that knows the gold mentions, each with the probability 0.3."""
    plan = {"corpus": corpus.name, "encoder": "a/b", "updates": 3, "documents": 0.4, "arms": {}}
    plan |= getattr(request, "param", {})
    srsly.write_yaml(tmp_path / "plan.yml", {"experiments": {"e": plan}})
    gold = {
        tuple(doc.words): [Prediction(*span, 0.3) for span in doc.spans]
        for part in ("dev", "test")
        for doc in read_gold(corpus / f"{part}.spacy", "sc")
    }
    tasks = []

    def train(task):
        tasks.append(task)
        return Peer(
            predict=lambda docs, threshold: [
                [span for span in gold[tuple(doc.words)] if span.score > threshold]
                for doc in docs
            ],
            threshold=0.5,
            seconds=1.0,
            settings={},
        )

    monkeypatch.setattr(run, "PEERS", {"oracle": "spacy"})
    monkeypatch.setattr(run, "import_module", lambda name: SimpleNamespace(train=train))
    app = typer.Typer()
    app.command()(run.main)

    def call(**options):
        out = tmp_path / "peers.jsonl"
        options |= {"peer": "oracle", "experiment": "e", "out": out}
        arguments = [x for name, value in options.items() for x in (f"--{name}", str(value))]
        arguments += ["--corpora", str(corpus.parent), "--encoders", str(tmp_path)]
        arguments += ["--plan", str(tmp_path / "plan.yml")]
        CliRunner().invoke(app, arguments, catch_exceptions=False, standalone_mode=False)
        return tasks[-1], json.loads(out.read_text().splitlines()[-1])

    return call


def test_a_peer_reads_the_articles_that_an_arm_with_this_seed_reads(call, corpus):
    everything = read_gold(corpus / "train.spacy", "sc")
    for seed in (0, 1):
        task, _ = call(seed=seed)
        assert task.train == keep_documents(everything, 0.4, seed)
        assert (task.updates, task.encoder.name, task.seed) == (3, "b", seed)


@pytest.mark.parametrize("call", [{"peer_updates": {"oracle": 2, "other": 7}}], indirect=True)
def test_a_peer_may_have_fewer_updates_than_our_arms(call):
    task, line = call()
    assert (task.updates, line["updates"], line["plan"]["updates"]) == (2, 2, 3)


def test_a_peer_begins_with_a_checkpoint_that_names_its_arm(call, monkeypatch):
    monkeypatch.setattr(run, "WITH_CHECKPOINTS", ("oracle",))
    task, line = call(checkpoint="name/on_hub", rate=6)
    assert task.checkpoint == "name/on_hub"
    assert line["arm"] == "on_hub*6"
    assert "--checkpoint name/on_hub" in line["command"]
    task, line = call()
    assert task.checkpoint is None
    assert (line["arm"], "checkpoint" in line["command"]) == ("oracle", False)


def test_a_peer_without_checkpoints_refuses_one(call):
    with pytest.raises(typer.BadParameter, match="oracle has no checkpoints"):
        call(checkpoint="name/on_hub")


def test_dev_chooses_the_threshold_of_a_peer(call):
    _, line = call()
    gold, found, right = line["test"]["total"]
    assert (found, right) == (0, 0)
    assert line["at_best_threshold"]["threshold"] <= 0.3
    assert line["at_best_threshold"]["test"]["total"] == [gold, gold, gold]


def test_another_learn_rate_is_another_arm(call):
    assert [call(rate=rate)[1]["arm"] for rate in (1.0, 6.0)] == ["oracle", "oracle*6"]


def test_a_mention_that_is_found_twice_counts_once_with_its_higher_score(corpus):
    gold = read_gold(corpus / "test.spacy", "sc")[:1]
    (doc,) = pair(gold, [GENE])
    assert [(m.label, round(m.score, 2)) for m in doc.predicted] == [("gene", 0.7)]
