"""The ideas for few documents, each against an example by hand."""

from random import Random

import numpy
import pytest
import spacy
import srsly
from spacy.training.initialize import init_nlp
from spacy.util import registry

from benchmarks.experiments import Cell, build_config
from benchmarks.little_data import (
    collect_mentions,
    find_outermost,
    make_self_training,
    make_swapped_copies,
    swap_mentions,
)
from benchmarks.subsets import Gold, make_subset_reader, read_gold
from spacy_nested_ner.model.global_pointer import FIRST_LOGIT
from tests.conftest import ROOT
from tests.pipelines import make_examples, make_nlp

ARTICLE = Gold(
    "a",
    ["The", "IL-2", "gene", "binds", "p53", "."],
    [True, True, True, True, False, False],
    [(1, 3, "DNA"), (1, 2, "protein"), (4, 5, "protein")],
)
OTHER = Gold("b", ["a", "GATA-1", "site"], [True, True, False], [(0, 3, "DNA")])


def test_a_mention_is_swapped_together_with_the_mentions_inside():
    mentions = {"DNA": collect_mentions([OTHER])["DNA"], "protein": [ARTICLE]}
    swapped = swap_mentions(ARTICLE._replace(spans=ARTICLE.spans[:2]), mentions, 1.0, Random(0))
    assert swapped.words == ["The", "a", "GATA-1", "site", "binds", "p53", "."]
    assert swapped.spans == [(1, 4, "DNA")]
    back = swap_mentions(OTHER, collect_mentions([ARTICLE]), 1.0, Random(0))
    assert (back.words, back.spans) == (["IL-2", "gene"], [(0, 2, "DNA"), (0, 1, "protein")])


def test_blanks_around_a_swapped_mention_stay():
    protein = {"protein": [Gold("b", ["GATA", "1"], [True, True], [(0, 2, "protein")])]}
    swapped = swap_mentions(
        ARTICLE._replace(spans=[(4, 5, "protein")]), protein, 1.0, Random(0)
    )
    doc = swapped.make_doc(spacy.blank("en").vocab, "sc")
    assert doc.text == "The IL-2 gene binds GATA 1."


@pytest.mark.parametrize(
    "spans", [[(0, 2, "DNA"), (1, 3, "DNA")], [(0, 2, "DNA"), (0, 2, "protein")]]
)
def test_mentions_that_cross_or_share_their_words_stay_in_place(spans):
    assert find_outermost(spans) == []
    one = ARTICLE._replace(spans=spans)
    assert swap_mentions(one, {}, 1.0, Random(0)) == one


def test_the_annotated_documents_stay_beside_their_copies():
    changed = make_swapped_copies(copies=2, share=0.0)([ARTICLE, OTHER], [], 0)
    assert [one.document for one in changed] == ["a", "b", "a", "b", "a", "b"]
    assert changed[2:4] == [ARTICLE, OTHER]


def test_self_training_takes_no_gold_mention_of_the_rest(tmp_path):
    teacher = spacy.blank("en")
    ruler = teacher.add_pipe("span_ruler", config={"spans_key": "sc"})
    ruler.add_patterns([{"label": "protein", "pattern": "p53"}])
    teacher.to_disk(tmp_path / "3")
    rest = [ARTICLE._replace(document="c"), OTHER._replace(document="d")]
    changed = make_self_training(tmp_path, copies=2)([OTHER], rest, 3)
    assert changed[:2] == [OTHER, OTHER]
    assert [one.spans for one in changed[2:]] == [[(4, 5, "protein")], []]


def test_an_uncertain_mention_is_neither_gold_nor_wrong(tmp_path):
    nlp = make_nlp(threshold=0.5)
    nlp.initialize(lambda: make_examples(nlp.vocab))
    nlp.to_disk(tmp_path / "0")

    def self_train(unsure):
        change = {
            "@misc": "benchmarks.self_training.v1",
            "teachers": str(tmp_path),
            "copies": 1,
            "unsure": unsure,
        }
        return registry.resolve({"change": change})["change"]([], [ARTICLE], 0)[0]

    every, none = self_train([0.0, 0.0]), self_train([0.0, 1.0])
    assert every.spans
    assert (none.spans, none.unannotated) == ([], every.spans)
    doc = none.make_doc(nlp.vocab, "sc")
    assert len(doc.spans["sc_unannotated"]) == len(every.spans)
    assert not doc.spans["sc"]


def test_a_change_sees_the_subset_and_the_rest_of_the_corpus(corpus):
    seen = []

    def change(gold, rest, seed):
        seen.append((gold, rest, seed))
        return rest

    path = corpus / "train.spacy"
    reader = make_subset_reader(path, documents=0.4, seed=1, change=change)
    texts = [eg.reference.text for eg in reader(spacy.blank("en"))]
    (gold, rest, seed) = seen[0]
    assert seed == 1
    assert sorted(gold + rest) == sorted(read_gold(path, "sc"))
    assert (len(gold), len(rest), len(texts)) == (2, 3, 3)


def test_the_second_pass_of_an_adversarial_update_has_a_higher_loss(corpus):
    arms = srsly.read_yaml(ROOT / "benchmarks" / "small.yml")["arms"]
    plan = {"corpus": corpus.name, "updates": 1}
    settings = {**arms["emc-adversarial"], "training.dropout": 0.0}
    settings["components.nested_spancat.model.tok2vec.encode.dropout"] = 0.0
    nlp = init_nlp(build_config(Cell("e", "a", 0, plan, settings), corpus.parent))
    pipe = nlp.get_pipe("nested_spancat")
    layer = next(one for one in pipe.model.walk() if one.name == "adversarial")
    moved, passes = [], []
    learn = pipe.guard.learn

    def watch(*args):
        moved.append(layer.attrs["noise"])
        passes.append(learn(*args)[0])
        return passes[-1], {}

    pipe.guard.learn = watch
    examples = list(make_subset_reader(corpus / "train.spacy")(nlp))
    losses = nlp.update(examples, sgd=nlp.create_optimizer())
    assert passes[1] > passes[0]
    assert losses["nested_spancat"] == passes[0]
    assert moved[0] is None
    assert [float(numpy.linalg.norm(one)) for one in moved[1]] == pytest.approx([1.0] * 5)
    assert layer.attrs["noise"] is None


def test_logits_begin_around_zero_in_the_control(corpus):
    arms = srsly.read_yaml(ROOT / "benchmarks" / "small.yml")["arms"]
    plan = {"corpus": corpus.name, "updates": 1}
    means = []
    for arm in ("emc", "emc-from-0"):
        nlp = init_nlp(build_config(Cell("e", arm, 0, plan, arms[arm]), corpus.parent))
        pipe = nlp.get_pipe("nested_spancat")
        scores = pipe.model.predict([nlp.make_doc("feed pump seal leaks")])
        means.append(scores.dense()[scores.grid.valid].mean().item())
    assert means[1] - means[0] == pytest.approx(-FIRST_LOGIT, abs=1e-4)
