import json
import sys
from pathlib import Path

import pytest
from spacy.language import Language
from spacy.util import load_config, load_model_from_config

from spacy_nested_ner.cli import main
from spacy_nested_ner.corpus.conversion.report import COUNTS, FACTS
from spacy_nested_ner.corpus.tokenizers import CHARACTERS
from spacy_nested_ner.training.configure import configure
from spacy_nested_ner.training.updates import EPOCHS, MIN_UPDATES, plan_updates
from spacy_nested_ner.user_error import UserError
from tests.conftest import ROOT

CONFIG = ROOT / "configs" / "tok2vec.cfg"


@pytest.fixture
def corpus(tmp_path):
    """A folder with the report of a corpus of 70 training docs: 3 batches of 32."""
    part = dict.fromkeys(COUNTS, 70) | {"labels": {"protein": 70}, "depth": 2}
    report = dict.fromkeys(FACTS, "text") | {"corpus": "sample", "citation": None}
    report |= {"source": {"name": "file.xml", "sha256": "0a"}, "parts": {"train": part}}
    report |= {"language": "zh", "tokenizer_config": CHARACTERS, "encoder": "a/b"}
    folder = tmp_path / "corpus"
    folder.mkdir()
    write_report(folder, report)
    return folder


def write_report(folder: Path, report):
    (folder / "report.json").write_text(json.dumps(report), encoding="utf8")


@pytest.mark.parametrize(
    ("epochs", "min_updates", "updates", "every"),
    [(5, 0, 15, 3), (5, 15, 15, 3), (5, 16, 20, 4), (4, 101, 104, 26)],
)
def test_every_epoch_ends_with_an_evaluation_and_the_last_of_them_with_the_last_update(
    corpus, epochs, min_updates, updates, every
):
    config = configure(CONFIG, corpus, epochs=epochs, min_updates=min_updates).interpolate()
    assert config["training"]["max_steps"] == updates == epochs * every
    assert config["training"]["eval_frequency"] == every


def test_a_small_corpus_has_the_minimum_of_updates_and_a_large_one_eight_passes(corpus):
    training = configure(CONFIG, corpus).interpolate()["training"]
    assert training["max_steps"] == MIN_UPDATES > 8 * 3
    assert training["eval_frequency"] == MIN_UPDATES / EPOCHS
    assert plan_updates(60_000, 32) == (8 * 1875, 1875)


def with_tokens(corpus, n_tokens):
    """The corpus with another number of tokens in its 70 training documents."""
    report = json.loads((corpus / "report.json").read_text(encoding="utf8"))
    report["parts"]["train"]["tokens"] = n_tokens
    write_report(corpus, report)
    return corpus


@pytest.mark.parametrize(
    ("tokens", "size", "updates"), [(20, 32, 3), (34, 30, 3), (256, 4, 18), (5000, 1, 70)]
)
def test_an_update_has_fewer_documents_if_they_are_longer_than_sentences(
    corpus, tokens, size, updates
):
    config = configure(CONFIG, with_tokens(corpus, 70 * tokens), epochs=1, min_updates=0)
    training = config.interpolate()["training"]
    assert training["batcher"]["size"] == size
    assert training["max_steps"] == updates


@pytest.mark.parametrize(
    "override",
    [
        {"training.batcher.size": 16},
        {"training.batcher": {"@batchers": "spacy.batch_by_sequence.v1", "size": 16}},
    ],
)
def test_long_documents_do_not_change_a_batch_size_that_was_asked_for(corpus, override):
    config = configure(
        CONFIG, with_tokens(corpus, 70 * 500), epochs=1, min_updates=0, overrides=override
    )
    training = config.interpolate()["training"]
    assert training["batcher"]["size"] == 16
    assert training["max_steps"] == 5


def test_the_learn_rate_ends_at_zero_with_the_last_update(corpus):
    config = configure(CONFIG, corpus, epochs=5, min_updates=0).interpolate()
    assert config["training"]["optimizer"]["learn_rate"]["total_steps"] == 15


def test_the_schedule_ends_with_the_updates_of_an_override_unless_it_has_an_end_of_its_own(
    corpus,
):
    end = "training.optimizer.learn_rate.total_steps"
    overrides = {"training.max_steps": 7}
    rate = configure(CONFIG, corpus, overrides=overrides)["training"]["optimizer"]["learn_rate"]
    assert rate["total_steps"] == 7
    config = configure(CONFIG, corpus, overrides={**overrides, end: 9})
    assert config["training"]["optimizer"]["learn_rate"]["total_steps"] == 9


def test_paths_and_seed_are_those_asked_for(corpus):
    config = configure(CONFIG, corpus, seed=7).interpolate()
    assert config["training"]["seed"] == 7
    assert config["corpora"]["train"]["path"] == str(corpus / "train.spacy")
    assert config["corpora"]["dev"]["path"] == str(corpus / "dev.spacy")


def test_an_override_wins_and_its_batch_size_counts(corpus):
    overrides = {"training.batcher.size": 10, "training.eval_frequency": 2, "system.seed": 3}
    settings = {"epochs": 2, "min_updates": 0, "seed": 1}
    config = configure(CONFIG, corpus, **settings, overrides=overrides).interpolate()
    assert config["training"]["max_steps"] == 14
    assert config["training"]["eval_frequency"] == 2
    assert config["training"]["seed"] == 3


@pytest.mark.parametrize("name", ["spancat", "tok2vec", "transformer"])
def test_language_and_tokenizer_are_those_of_the_corpus(corpus, name):
    config = configure(CONFIG.with_name(f"{name}.cfg"), corpus)
    assert (config["nlp"]["lang"], config["nlp"]["tokenizer"]) == ("zh", CHARACTERS)
    nlp = load_model_from_config(config, auto_fill=False)
    assert [token.text for token in nlp.make_doc("水泵leaks")] == [*"水泵leaks"]


def test_overrides_win_over_the_tokenizer_of_the_corpus(corpus):
    overrides = {"nlp.lang": "ja", "nlp.tokenizer.segmenter": "jieba"}
    nlp = configure(CONFIG, corpus, overrides=overrides)["nlp"]
    assert nlp["lang"] == "ja"
    assert nlp["tokenizer"] == {**CHARACTERS, "segmenter": "jieba"}


@pytest.mark.parametrize(("asked", "expected"), [(None, "a/b"), ("../folder", "../folder")])
def test_the_encoder_is_the_one_asked_for_else_that_of_the_corpus(corpus, asked, expected):
    config = configure(CONFIG.with_name("transformer.cfg"), corpus, encoder=asked)
    model = config.interpolate()["components"]["nested_spancat"]["model"]
    assert model["tok2vec"]["embed"]["embed"]["name"] == expected
    assert "encoder" not in configure(CONFIG, corpus)["paths"]


def test_the_facts_of_the_corpus_survive_the_file(corpus, tmp_path):
    config = configure(CONFIG, corpus)
    config.to_disk(tmp_path / "config.cfg", interpolate=False)
    card = load_config(tmp_path / "config.cfg")["training"]["before_to_disk"]
    assert card == config["training"]["before_to_disk"]
    assert card["corpus"]["source"] == {"name": "file.xml", "sha256": "0a"}
    assert card["corpus"]["citation"] is None
    assert card["corpus"]["parts"] == {"train": dict.fromkeys(COUNTS, 70)}


@pytest.mark.parametrize(
    ("file", "name"),
    [("tok2vec.cfg", "tok2vec"), ("My config-2.cfg", "my_config_2"), ("泵.cfg", None)],
)
def test_the_model_card_has_the_name_of_the_config(corpus, tmp_path, file, name):
    (tmp_path / file).write_bytes(CONFIG.read_bytes())
    config = configure(tmp_path / file, corpus)
    assert config["training"]["before_to_disk"]["config"] == name


@pytest.mark.parametrize(
    "override",
    [
        {"training.batcher.size": {"@schedules": "compounding.v1"}},
        {"training.batcher.@batchers": "spacy.batch_by_words.v1"},
    ],
)
def test_batches_of_no_fixed_size_are_refused(corpus, override):
    with pytest.raises(UserError, match=r"tok2vec\.cfg .* training\.batcher "):
        configure(CONFIG, corpus, overrides=override)


def call(monkeypatch, capsys, *arguments):
    """Run the command line and return (exit code, stdout, stderr)."""
    monkeypatch.setattr(sys, "argv", ["spacy-nested-ner", *map(str, arguments)])
    with pytest.raises(SystemExit) as exit:
        main()
    return exit.value.code, *capsys.readouterr()


def test_the_command_writes_the_config(corpus, tmp_path, monkeypatch, capsys):
    out = tmp_path / "new" / "config.cfg"
    arguments = ("configure", CONFIG, corpus, out, "--epochs", 5, "--seed", 2)
    code, _, _ = call(monkeypatch, capsys, *arguments)
    assert code == 0
    assert load_config(out) == configure(CONFIG, corpus, epochs=5, seed=2)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [([], "a/b"), (["--encoder", "recipe"], "a/b"), (["--encoder", "c"], "c")],
)
def test_the_word_recipe_leaves_the_encoder_to_the_corpus(
    corpus, tmp_path, monkeypatch, capsys, arguments, expected
):
    out = tmp_path / "config.cfg"
    config = CONFIG.with_name("transformer.cfg")
    assert call(monkeypatch, capsys, "configure", config, corpus, out, *arguments)[0] == 0
    assert load_config(out)["paths"]["encoder"] == expected


def test_settings_of_the_command_line_win_over_the_config_and_over_what_was_fitted(
    corpus, tmp_path, monkeypatch, capsys
):
    out = tmp_path / "config.cfg"
    attrs = "components.nested_spancat.model.tok2vec.embed.embed.attrs"
    chosen = ["ORTH", "PREFIX", "SUFFIX", "LOWER"]
    settings = (
        "training.dropout=0.25",
        "training.max_steps=7",
        f"{attrs}={json.dumps(chosen)}",
    )
    options = [word for setting in settings for word in ("--set", setting)]
    arguments = ("configure", CONFIG, corpus, out, *options)
    assert call(monkeypatch, capsys, *arguments)[0] == 0
    overrides = {"training.dropout": 0.25, "training.max_steps": 7, attrs: chosen}
    config = load_config(out)
    assert config == configure(CONFIG, corpus, overrides=overrides)
    assert (config["training"]["dropout"], config["training"]["max_steps"]) == (0.25, 7)


@pytest.mark.parametrize(
    "setting", ["training.drop=0.1", "trainings.dropout=0.1", "training.dropout.rate=0.1"]
)
def test_a_setting_that_is_not_in_the_config_is_one_sentence_and_no_file(
    corpus, tmp_path, monkeypatch, capsys, setting
):
    out = tmp_path / "config.cfg"
    arguments = ("configure", CONFIG, corpus, out, "--set", setting)
    code, _, err = call(monkeypatch, capsys, *arguments)
    assert code == 1
    assert f"'{setting.partition('=')[0]}'" in err
    assert not out.exists()


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("training.max_steps", "abc"),
        ("training.eval_frequency", 1.5),
        ("training.patience", None),
        ("training.score_weights", 5),
        ("training.optimizer.learn_rate.initial_rate", "fast"),
        ("corpora.dev.max_length", "long"),
        ("nlp.pipeline", "nested_spancat"),
        ("initialize.vectors", 5),
        ("components.nested_spancat.model.head_size", "large"),
        ("components.nested_spancat.model.tok2vec.encode.depth", 2.5),
        ("components.nested_spancat.threshold", "high"),
        ("components.nested_spancat.prefer", "width"),
        ("components.nested_spancat", 5),
        ("training.dropout", 1.0),
        ("training.dropout", -0.1),
        ("training.eval_frequency", 0),
        ("training.accumulate_gradient", 0),
        ("nlp.batch_size", 0),
    ],
)
def test_a_wrong_value_is_one_sentence_with_its_place(corpus, place, value):
    with pytest.raises(UserError) as caught:
        configure(CONFIG, corpus, overrides={place: value})
    assert f"{place} = {value!r} " in str(caught.value)


def test_a_wrong_value_behind_a_variable_is_found(corpus):
    with pytest.raises(UserError, match=r"training\.seed = 'first' "):
        configure(CONFIG, corpus, overrides={"system.seed": "first"})


def test_the_place_of_a_wrong_value_ends_with_a_setting(corpus):
    # spaCy's schema knows two types for a weight, and names each of them behind it
    with pytest.raises(UserError, match=r"training\.score_weights\.spans_f = 'high' "):
        configure(CONFIG, corpus, overrides={"training.score_weights": {"spans_f": "high"}})


def test_the_arguments_of_a_function_that_is_not_installed_are_not_checked(corpus):
    logger = {"@loggers": "somewhere.Else.v1", "project": 5}
    config = configure(CONFIG, corpus, overrides={"training.logger": logger})
    assert config["training"]["logger"] == logger


def test_a_whole_number_for_a_float_becomes_one(corpus):
    # spaCy trains with a dropout of 0.0, and has an error for one of 0
    config = configure(CONFIG, corpus, overrides={"training.dropout": 0})
    dropout = config["training"]["dropout"]
    assert (dropout, type(dropout)) == (0.0, float)


def test_a_registered_function_may_be_given_an_option_that_its_config_leaves_out(corpus):
    place = "components.nested_spancat.loss"
    overrides = {f"{place}.@losses": "spacy_nested_ner.EIoUEMC.v1", f"{place}.beta": 0.4}
    config = configure(CONFIG, corpus, overrides=overrides)
    assert config["components"]["nested_spancat"]["loss"]["beta"] == 0.4


def test_an_option_that_a_registered_function_lacks_is_refused(corpus):
    place = "components.nested_spancat.loss.reduction"
    with pytest.raises(UserError, match=f"{place} = 'sum' "):
        configure(CONFIG, corpus, overrides={place: "sum"})


def test_an_option_that_a_pipe_lacks_is_refused(corpus):
    place = "components.nested_spancat.thresold"
    with pytest.raises(UserError, match=f"{place} = 0.3 "):
        configure(CONFIG, corpus, overrides={place: 0.3})


def test_a_pipe_may_be_given_an_option_that_its_config_leaves_out(corpus, tmp_path):
    short = tmp_path / "short.cfg"
    short.write_text(CONFIG.read_text(encoding="utf8").replace('prefer = "probability"\n', ""))
    assert "prefer" not in load_config(short)["components"]["nested_spancat"]
    overrides = {"components.nested_spancat.prefer": "length"}
    config = configure(short, corpus, overrides=overrides)
    assert config["components"]["nested_spancat"]["prefer"] == "length"


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("threshold", 2.0),
        ("model.head_size", 63),
        ("model.tok2vec.embed.embed.rows", [1]),
    ],
)
def test_a_value_that_no_pipe_can_be_made_of_is_one_sentence(corpus, place, value):
    with pytest.raises(UserError, match=r"components\.nested_spancat \(.*\): ") as caught:
        configure(CONFIG, corpus, overrides={f"components.nested_spancat.{place}": value})
    assert "\n" not in str(caught.value)


def test_an_error_with_a_method_and_two_lines_is_one_sentence(corpus):
    class Refusal(ValueError):
        def errors(self):  # as an error of pydantic
            return []

    @Language.factory("test_refuses")
    def create(nlp, name):
        raise Refusal("not\nthis one")

    with pytest.raises(UserError, match=r"\(not this one\)"):
        configure(
            CONFIG, corpus, overrides={"components.nested_spancat": {"factory": "test_refuses"}}
        )


def test_a_pipe_that_is_not_installed_is_not_checked(corpus):
    overrides = {"components.nested_spancat.factory": "somewhere_else"}
    config = configure(CONFIG, corpus, overrides=overrides)
    assert config["components"]["nested_spancat"]["factory"] == "somewhere_else"


def test_a_pipe_whose_library_is_not_installed_is_not_checked(corpus):
    @Language.factory("test_needs_a_library")
    def create(nlp, name):
        raise ImportError

    overrides = {"components.nested_spancat": {"factory": "test_needs_a_library"}}
    config = configure(CONFIG, corpus, overrides=overrides)
    assert config["components"]["nested_spancat"] == overrides["components.nested_spancat"]


def test_the_pipes_of_a_language_that_is_not_installed_are_checked(corpus):
    overrides = {"nlp.lang": "qq"}
    assert configure(CONFIG, corpus, overrides=overrides)["nlp"]["lang"] == "qq"
    overrides["components.nested_spancat.threshold"] = 2.0
    with pytest.raises(UserError, match=r"threshold=2\.0"):
        configure(CONFIG, corpus, overrides=overrides)


def test_a_report_that_lacks_something_is_one_sentence(corpus):
    report = json.loads((corpus / "report.json").read_text(encoding="utf8"))
    del report["tokenizer_config"], report["encoder"]
    write_report(corpus, report)
    with pytest.raises(UserError, match=r"report\.json .*tokenizer_config, encoder: convert"):
        configure(CONFIG, corpus)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('{"dataset": "genia"}', "no training config"),
        ("[nlp\nlang = en", "no training config"),
        ("", "[paths], [nlp], [components]"),
    ],
)
def test_a_file_that_is_no_training_config_is_one_sentence(
    text, wrong, corpus, tmp_path, monkeypatch, capsys
):
    (tmp_path / "mine.cfg").write_text(text, encoding="utf8")
    command = ("configure", tmp_path / "mine.cfg", corpus, tmp_path / "out.cfg")
    code, _, err = call(monkeypatch, capsys, *command)
    assert (code, err.count("\n")) == (1, 1)
    assert wrong in err


def test_a_config_without_batches_is_one_sentence(corpus, tmp_path):
    config = load_config(CONFIG)
    del config["training"]["batcher"]
    config.to_disk(tmp_path / "mine.cfg")
    with pytest.raises(UserError, match=r"\[training\.batcher\]"):
        configure(tmp_path / "mine.cfg", corpus)


def test_an_encoder_for_a_config_without_one_is_refused(corpus):
    with pytest.raises(UserError, match=r"'bert'.* configs/transformer\.cfg"):
        configure(CONFIG, corpus, encoder="bert")


@pytest.mark.parametrize("name", ["tok2vec", "spancat"])
def test_the_pipe_has_the_spans_key_of_the_corpus(name, corpus):
    report = json.loads((corpus / "report.json").read_text(encoding="utf8"))
    write_report(corpus, report | {"spans_key": "mentions"})
    config = configure(CONFIG.with_stem(name), corpus)
    (pipe,) = (pipe for pipe in config["components"].values() if "spans_key" in pipe)
    assert pipe["spans_key"] == "mentions"
    weights = config["training"]["score_weights"]
    assert (weights["spans_mentions_f"], "spans_sc_f" in weights) == (1.0, False)
    own = {f"components.{config['nlp']['pipeline'][0]}.spans_key": "sc"}
    assert (
        configure(CONFIG.with_stem(name), corpus, overrides=own)["components"]
        != config["components"]
    )


def test_a_corpus_without_report_is_one_sentence_and_no_file(tmp_path, monkeypatch, capsys):
    out = tmp_path / "new" / "config.cfg"
    code, _, err = call(monkeypatch, capsys, "configure", CONFIG, tmp_path / "none", out)
    assert code == 1
    assert err.count("\n") == 1
    assert err.startswith("Error: ")
    assert "report.json" in err
    assert not out.parent.exists()
