"""The simulation of an annotator."""

import pytest
import spacy
from spacy.tokens import DocBin

from benchmarks import suggestion
from benchmarks.suggestion import read_docs, score, simulate, take
from tests.pipelines import make_examples, make_nlp


@pytest.fixture
def pool(tmp_path):
    """Forty documents of eight articles to annotate."""
    for part, n in {"train": 8, "dev": 2, "test": 1}.items():
        docs = []
        for article in range(n):
            for eg in make_examples(spacy.blank("en").vocab):
                eg.reference.user_data["document"] = f"article {article}"
                docs.append(eg.reference)
        DocBin(docs=docs, store_user_data=True).to_disk(tmp_path / f"{part}.spacy")
    return tmp_path


def run(corpus, arm, shares):
    docs = {part: read_docs(corpus / f"{part}.spacy", 1.0, 0) for part in ("train", "dev")}
    return simulate(corpus, docs["train"], docs["dev"], arm, shares, updates=1, seed=3)


@pytest.fixture
def trained_on(monkeypatch):
    """What each training got; the pipeline is untrained."""
    sets = []

    def train_on(docs, dev, corpus, **options):
        sets.append([doc.text for doc in docs])
        nlp = make_nlp()
        nlp.initialize(lambda: make_examples(nlp.vocab))
        return nlp

    monkeypatch.setattr(suggestion, "train_on", train_on)
    return sets


@pytest.mark.parametrize("arm", suggestion.ARMS)
def test_each_share_adds_documents_until_it_has_its_mentions(arm, trained_on, pool):
    points = run(pool, arm, [0.1, 0.3, 1.0])
    first, second, last = trained_on
    assert first == second[: len(first)]
    assert second == last[: len(second)]
    assert len(last) == points[-1]["documents"]
    most = max(point["mentions"] for point in points)
    for point in points:
        # the last document may have more mentions than were wanted
        assert 0 <= point["mentions"] - point["share"] * most < 20


def test_both_arms_begin_with_the_same_documents(trained_on, pool):
    for arm in suggestion.ARMS:
        run(pool, arm, [0.1, 0.2])
    random, random_2, suggested, suggested_2 = trained_on
    assert random == suggested
    assert random_2 != suggested_2


def test_documents_are_taken_until_they_have_enough_mentions():
    assert take([2, 0, 1], [3, 5, 2], 4) == [2, 0]
    assert take([2, 0, 1], [3, 5, 2], 0) == []
    assert take([2, 0, 1], [3, 5, 2], 99) == [2, 0, 1]


def test_macro_f1_is_the_mean_over_the_labels_of_gold():
    counts = {"total": [3, 1, 1], "per_type": {"a": [1, 1, 1], "b": [2, 0, 0], "c": [0, 0, 0]}}
    assert score(counts) == (pytest.approx(50.0), pytest.approx(50.0))


def test_the_pool_has_whole_articles_which_the_seed_chooses(pool):
    article = len(read_docs(pool / "test.spacy", 1.0, 0))
    drawn = []
    for seed in (0, 1):
        docs = read_docs(pool / "train.spacy", 0.25, seed)
        assert len(docs) == 2 * article
        drawn.append({doc.user_data["document"] for doc in docs})
    assert [len(names) for names in drawn] == [2, 2]
    assert drawn[0] != drawn[1]
    assert len(read_docs(pool / "train.spacy", 1.0, 0)) == 8 * article
