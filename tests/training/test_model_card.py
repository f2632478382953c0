import pytest
import spacy
from spacy.schemas import ModelMetaSchema, validate

from spacy_nested_ner import __version__
from spacy_nested_ner.corpus.conversion.report import FACTS
from spacy_nested_ner.training.card_sections import MAX_LABELS, describe_scores
from spacy_nested_ner.training.model_card import PURPOSE, hash_file, make_model_card


def facts(kind, **others):
    return {
        **dict.fromkeys(FACTS, "text"),
        "dataset": "genia",
        "corpus": kind,
        "licence": "CC",
        "source": {"name": "file.xml", "sha256": "0a"},
        "parts": {"train": {"docs": 15038, "tokens": 400000, "spans": 46203}},
        **others,
    }


def card(kind, config=None, **others):
    nlp = spacy.blank("en")
    nlp.add_pipe("spancat").add_label("protein")
    return make_model_card(corpus=facts(kind, **others), config=config)(nlp).meta


@pytest.mark.parametrize("kind", PURPOSE)
def test_version_and_facts_name_the_training_corpus(kind):
    meta = card(kind)
    assert (meta["name"], meta["version"]) == ("nested_genia", f"{__version__}+{kind}")
    assert meta["corpus"] == facts(kind)
    assert meta["license"] == "cc"
    assert "protein" in meta["description"]


def test_a_model_of_invented_sentences_begins_with_a_warning():
    assert card("sample")["description"].startswith(
        "DEMONSTRATION MODEL, NOT FIT FOR REAL TEXT"
    )
    assert "CUSTOM" in card("custom")["description"]
    assert card("full")["description"] == "Nested entities of the GENIA corpus (protein)."


def test_pipelines_of_two_configs_have_two_names():
    names = [card("full", config)["name"] for config in ("tok2vec", "transformer")]
    assert names == ["nested_genia_tok2vec", "nested_genia_transformer"]


def test_a_corpus_of_ones_own_has_no_words_and_no_licence_of_a_recipe():
    own = card("custom", dataset="custom", licence="of a recipe")
    other = card("custom", licence="of a recipe")
    assert (own["license"], other["license"]) == ("", "other")
    assert "protein" in own["description"]
    for word in ("custom", "recipe"):
        assert word in (other["description"] + other["notes"]).lower()
        assert word not in (own["description"] + own["notes"]).lower()
    assert "`file.xml`" in own["notes"]


def test_the_card_names_every_source_of_the_corpus():
    more = [{"name": f"more_{i}.jsonl", "sha256": f"{i}b"} for i in (1, 2)]
    notes = card("custom", dataset="custom", added=more)["notes"]
    for text in ("`file.xml`", "`more_1.jsonl`", "`1b`", "`more_2.jsonl`", "`2b`"):
        assert text in notes


def test_the_card_says_with_which_weights_the_encoder_began(tmp_path):
    (tmp_path / "model-last.bin").write_bytes(b"weights")

    def notes(pretraining=None, **paths):
        sections = {"pretraining": pretraining} if pretraining else {}
        nlp = spacy.blank("en", config={"paths": paths, **sections})
        return make_model_card(corpus=facts("full"))(nlp).meta["notes"]

    weights = str(tmp_path / "model-last.bin")
    assert "### Encoder" not in notes(init_tok2vec=None)
    assert "`model-last.bin`" in notes({"component": "pipe"}, init_tok2vec=weights)
    # spaCy does not read them
    assert "### Encoder" not in notes(init_tok2vec=weights)
    assert "`microsoft/deberta-v3-base`" in notes(encoder="microsoft/deberta-v3-base")
    assert str(tmp_path) not in notes(encoder=str(tmp_path), init_tok2vec=None)
    assert "### Predicted texts" not in notes(init_tok2vec=None)
    assert "`predicted`" in notes(predicted=str(tmp_path / "predicted"))


DEV = {"articles": 2, "docs": 20, "tokens": 1000, "spans": 29}


def reuse(tmp_path, *, train, dev):
    """The card of a training on two files with a config for train.spacy and dev.spacy."""
    for name in ("train", "dev", "mine"):
        (tmp_path / f"{name}.spacy").write_bytes(name.encode())
    files = {"train": tmp_path / "train.spacy", "dev": tmp_path / "dev.spacy"}
    sha256 = {part: hash_file(file) for part, file in files.items()}
    nlp = spacy.blank("en", config={"paths": {"train": str(train), "dev": str(dev)}})
    nlp.add_pipe("spancat").add_label("pump")
    corpus = facts("full", parts={**facts("full")["parts"], "dev": DEV})
    return make_model_card(corpus=corpus, config="tok2vec", sha256=sha256)(nlp).meta


@pytest.mark.parametrize("names", [("mine", "dev"), ("train", "mine"), ("mine", "gone")])
def test_a_config_used_again_leaves_no_fact_of_its_first_corpus(tmp_path, names):
    train, dev = (tmp_path / f"{name}.spacy" for name in names)
    meta = reuse(tmp_path, train=train, dev=dev)
    assert (meta["name"], meta["version"]) == ("nested_tok2vec", f"{__version__}+custom")
    assert (meta["license"], meta["sources"]) == ("", [{"name": train.name}])
    assert "corpus" not in meta
    assert train.name in meta["notes"]
    assert "pump" in meta["description"]
    shown = f"{meta['name']} {meta['description']} {meta['notes']}"
    for fact in ("genia", "GENIA", "file.xml", "15,038", "29", "⚠", "CC"):
        assert fact not in shown


def test_the_same_corpus_in_another_folder_keeps_its_facts(tmp_path):
    (tmp_path / "moved").mkdir()
    (tmp_path / "moved" / "a.spacy").write_bytes(b"train")
    meta = reuse(tmp_path, train=tmp_path / "moved" / "a.spacy", dev=tmp_path / "dev.spacy")
    assert meta["name"] == "nested_genia_tok2vec"
    assert "15,038" in meta["notes"]
    assert "⚠" in meta["notes"]


def test_of_hundreds_of_labels_the_description_names_some():
    nlp = spacy.blank("en")
    pipe = nlp.add_pipe("spancat")
    n_shown = MAX_LABELS // len("label000, ")
    for number in range(n_shown + 2):
        pipe.add_label(f"label{number:03}")
    meta = make_model_card(corpus=facts("full"))(nlp).meta
    assert meta["description"].endswith(f", label{n_shown - 1:03} and 2 more).")
    assert f"label{n_shown:03}" not in meta["description"]


def test_a_label_of_any_length_is_named():
    nlp = spacy.blank("en")
    label = "Activity" * MAX_LABELS
    nlp.add_pipe("spancat").add_label(label)
    assert label in make_model_card(corpus=facts("full"))(nlp).meta["description"]


@pytest.mark.parametrize("kind", PURPOSE)
@pytest.mark.parametrize("citation", ["Somebody 2003", None])
def test_spacy_accepts_the_meta(kind, citation):
    meta = card(kind, citation=citation)
    assert validate(ModelMetaSchema, meta) == []
    assert meta["sources"][0].get("author") == citation


def test_an_unknown_kind_of_corpus_is_refused():
    with pytest.raises(ValueError, match=r"'large' .* full, sample, custom"):
        make_model_card(corpus=facts("large"))


def test_notes_describe_the_corpus_and_its_unit_and_licence():
    notes = card("full", split="document", unit="sentence", citation="Somebody 2003")["notes"]
    data, limits = notes.split("### Limits")
    for fact in ("`genia`", "`file.xml`", "`0a`", "`document`", "sentence", "CC"):
        assert fact in data
    assert "| train | 15,038 | 400,000 | 46,203 |" in data
    assert "Somebody 2003" in data
    assert "sentence" in limits
    assert "invented" not in notes


def test_without_a_citation_notes_have_one_paragraph_less():
    paragraphs = [
        card("full", citation=citation)["notes"].count("\n\n") for citation in ("Somebody", "")
    ]
    assert paragraphs[0] == paragraphs[1] + 1


def test_the_limits_of_a_demonstration_model_name_the_invented_sentences():
    assert "invented" in card("sample")["notes"].split("### Limits")[1]


@pytest.mark.parametrize(
    ("dev", "shown"),
    [
        ({"articles": 5, "docs": 40, "spans": 29}, "29 gold mentions in 5 documents"),
        ({"articles": 1, "docs": 12, "spans": 300}, "300 gold mentions in 12 documents"),
        ({"articles": 199, "docs": 1765, "spans": 4714}, None),
    ],
)
def test_a_small_dev_part_is_a_warning(dev, shown):
    dev = {"tokens": 1000, **dev}
    notes = card("full", parts={**facts("full")["parts"], "dev": dev})["notes"]
    assert (shown is None) == ("⚠" not in notes)
    assert shown is None or shown in notes.split("### Limits")[0]


def test_scores_of_a_small_or_cross_validated_corpus_say_so():
    score = {"gold": 3, **{key: {"value": 1.0, "low": 0.4, "high": 1.0} for key in "prf"}}
    results = {
        "corpus": "x/test.spacy",
        "docs": 2,
        "intervals": {"level": 95},
        "warnings": ["Small sample: 3 gold mentions in 2 documents"],
        "cross_validation": {"folds": 7},
        "scores": {
            "all": {"micro": score, "boundary": score},
            "structure": {"nested": score},
            "label": {},
        },
    }
    text = describe_scores(results)
    assert "⚠ Small sample: 3 gold mentions in 2 documents." in text
    assert "7 pipelines" in text
    assert "⚠" not in describe_scores({**results, "warnings": [], "cross_validation": None})
