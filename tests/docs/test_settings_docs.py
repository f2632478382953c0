"""The settings and defaults of docs/settings.md are those of the code."""

import inspect
import json
import re
from statistics import mean

import pytest
import spacy
from catalogue import RegistryError
from spacy.util import registry
from thinc.api import Config

from benchmarks.experiments import read_lines
from benchmarks.recipe_report import at_best_threshold
from benchmarks.runs import Runs
from benchmarks.subsets import keep_documents, read_gold
from spacy_nested_ner import convert
from spacy_nested_ner.training.fit_model import FEW_MENTIONS, MANY_LABELS
from spacy_nested_ner.training.updates import MIN_UPDATES, TOKENS
from tests.conftest import ROOT
from tests.docs.pages import blocks_of
from tests.pipelines import TINY_ENCODER, make_examples

PATH = ROOT / "docs" / "settings.md"
TEXT = PATH.read_text(encoding="utf8")
WHOLE, ENCODER = [block.text for block in blocks_of(PATH, "ini")]
REGISTRIES = (
    "architectures",
    "losses",
    "callbacks",
    "batchers",
    "loggers",
    "readers",
    "tokenizers",
    "scorers",
)
SECTIONS = dict(re.findall(r"^### (\S+\.v\d+)\n(.*?)(?=^##|\Z)", TEXT, flags=re.M | re.S))


def test_the_whole_block_names_every_setting_with_its_default():
    (settings,) = Config().from_str(WHOLE)["components"].values()
    settings["model"].setdefault("tok2vec", TINY_ENCODER)
    nlp = spacy.blank("en")
    nlp.add_pipe(settings.pop("factory"), config=settings)
    filled = nlp.config["components"]["nested_spancat"]
    assert set(filled["model"]) == set(settings["model"])
    assert set(filled) - {"factory", "scorer"} == set(settings)
    defaults = spacy.blank("en")
    defaults.add_pipe("nested_spancat")
    defaults = defaults.config["components"]["nested_spancat"]
    encoder = filled["model"].pop("tok2vec")
    assert encoder != defaults["model"].pop("tok2vec")  # which the block shows another one of
    assert filled == defaults


def test_the_encoder_block_names_every_setting_and_makes_an_encoder():
    block = ENCODER.replace("components.nested_spancat.model.", "")
    tok2vec = Config().from_str(block)["tok2vec"]
    nlp = spacy.blank("en")
    pipe = nlp.add_pipe("nested_spancat", config={"model": {"tok2vec": tok2vec}})
    assert nlp.config["components"]["nested_spancat"]["model"]["tok2vec"] == tok2vec
    examples = make_examples(nlp.vocab)
    nlp.initialize(lambda: examples)
    vectors = pipe.model.get_ref("tok2vec").predict([eg.x for eg in examples])
    assert {len(row) for rows in vectors for row in rows} == {96}


def find_registered(name):
    for kind in REGISTRIES:
        try:
            return getattr(registry, kind).get(name)
        except RegistryError:
            continue
    raise AssertionError(f"{name} is not registered")


@pytest.mark.parametrize("name", SECTIONS)
def test_a_registered_function_has_these_settings_and_defaults(name):
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|", SECTIONS[name], flags=re.M)
    shown = {setting: json.loads(value.strip("`")) for setting, value in rows if value != "–"}
    parameters = inspect.signature(find_registered(name)).parameters
    assert [setting for setting, _ in rows] == list(parameters)
    assert shown == {
        setting: parameter.default
        for setting, parameter in parameters.items()
        if parameter.default is not parameter.empty
    }


def test_everything_that_is_registered_is_explained():
    setup = (ROOT / "setup.py").read_text(encoding="utf8")
    registered = set(re.findall(r'"(spacy_nested_ner\.\w+\.v\d+)\b', setup))
    assert registered
    assert registered <= set(SECTIONS)


def test_the_table_of_updates_is_that_of_its_lines():
    section = TEXT.split("## Number of updates")[1].split("\n## ")[0]
    header, _, *rows = re.findall(r"^\|(.+)\|$", section, flags=re.M)
    numbers = [int(cell.replace(",", "")) for cell in header.split("|")[2:]]
    corpora = {"48 work orders": "orders", "1 % of GENIA": "genia-1-percent"}
    lines = read_lines(ROOT / "benchmarks" / "results" / "updates.jsonl")
    shown = {}
    for row in rows:
        corpus, arm, *scores = (cell.strip() for cell in row.split("|"))
        for number, score in zip(numbers, scores, strict=True):
            if score != "–":
                shown[f"{corpora[corpus]}-{number}", arm.strip("`")] = score
    made = {}
    for experiment in {line["experiment"] for line in lines}:
        runs = Runs(lines, experiment)
        for arm in runs.arms:
            if arm.startswith("shipped-"):
                continue  # of the tables of encoders
            assert runs.seeds(arm) == [0, 1, 2]
            made[experiment, arm] = f"{runs.scores(arm, part='dev').mean():.1f}"
    assert shown == made
    assert re.search(rf"at least {MIN_UPDATES} updates", section)


def test_the_table_of_documents_of_an_update_is_that_of_its_lines():
    section = TEXT.split("## Documents of an update")[1].split("\n## ")[0]
    _, _, *rows = re.findall(r"^\| (.+) \|$", section, flags=re.M)
    lines = read_lines(ROOT / "benchmarks" / "results" / "small.jsonl")
    made = {
        " | ".join(
            [
                line["arm"].rpartition("-")[2],
                f"{line['updates']:,}",
                f"{line['seconds'] / 60:.1f}",
                f"{line['peak_mb']:,}",
                *(
                    f"{Runs([line], line['experiment']).scores(line['arm'], part=part)[0]:.1f}"
                    for part in ("dev", "test")
                ),
            ]
        )
        for line in lines
        if line["experiment"].startswith("bionlp13cg-batches")
    }
    assert set(rows) == made
    assert f"about {TOKENS:,} tokens" in section


SIZES = {
    "84 texts of MaintIE": ("small", "maintie-10-percent", ("emc-whole", "emc")),
    "209 texts of MaintIE": ("small", "maintie-25-percent", ("emc-whole", "emc")),
    "418 texts of MaintIE": ("small", "maintie-50-percent", ("emc-whole", "emc")),
    "48 work orders": ("updates", "orders-640", ("shipped-whole", "shipped-half")),
    "32 articles of GENIA": ("small", "genia-2-percent", ("emc-whole", "emc")),
    "30 articles of BioNLP-CG": ("small", "bionlp13cg-10-percent", ("emc-whole", "emc")),
}
WHOLE_SIZE = ("emc-whole", "emc-whole-residual")
LAYERS = {
    "84 texts of MaintIE": ("small", "maintie-10-percent", WHOLE_SIZE),
    "209 texts of MaintIE": ("small", "maintie-25-percent", WHOLE_SIZE),
    "418 texts of MaintIE": ("small", "maintie-50-percent", WHOLE_SIZE),
    "837 texts of MaintIE": (
        "recipe",
        "maintie-shipped",
        ("shipped-without-residual", "shipped-head-64"),
    ),
    "857 texts of MaintIE, top labels": (
        "recipe",
        "maintie-top-shipped",
        ("shipped", "shipped-residual"),
    ),
    "48 work orders": ("updates", "orders-640", ("shipped-whole", "shipped-whole-residual")),
    "32 articles of GENIA": ("small", "genia-2-percent", WHOLE_SIZE),
    "all of GENIA, one seed": ("recipe", "genia-shipped", ("shipped", "shipped-residual")),
    "30 articles of BioNLP-CG": ("small", "bionlp13cg-10-percent", WHOLE_SIZE),
}
RESIDUAL_SIZE = ("emc-whole-residual", "emc-whole-residual-head-8")
HEADS = {
    "84 texts of MaintIE": ("small", "maintie-10-percent", RESIDUAL_SIZE),
    "209 texts of MaintIE": ("small", "maintie-25-percent", RESIDUAL_SIZE),
    "418 texts of MaintIE": ("small", "maintie-50-percent", RESIDUAL_SIZE),
    "837 texts of MaintIE": ("recipe", "maintie-shipped", ("shipped-head-64", "shipped")),
    "837 texts of MaintIE, over MiniLM": (
        "comparison",
        "comparison-maintie",
        ("nested_spancat-head-64", "nested_spancat"),
    ),
    "857 texts of MaintIE, top labels": (
        "recipe",
        "maintie-top-shipped",
        ("shipped", "shipped-head-8"),
    ),
    "160 articles of GENIA": ("small", "genia-10-percent", ("emc", "emc-head-8")),
}


@pytest.mark.parametrize(
    ("title", "experiments"),
    [
        ("Size of the encoder", SIZES),
        ("Residual connections", LAYERS),
        ("Size of the scorer", HEADS),
    ],
)
def test_the_tables_of_models_are_those_of_their_lines(title, experiments):
    section = TEXT.split(f"## {title}\n")[1].split("\n## ")[0]
    _, _, *rows = re.findall(r"^\| (.+) \|$", section, flags=re.M)
    shown = {name: numbers for name, _, _, *numbers in (row.split(" | ") for row in rows)}
    minutes = experiments is not LAYERS
    made = {name: compare(*runs, minutes=minutes) for name, runs in experiments.items()}
    assert shown == made


def compare(file, experiment, arms, *, minutes):
    """Minutes, dev F1 and test F1 of two arms with the seeds of both, and the differences."""
    lines = [
        line
        for line in read_lines(ROOT / "benchmarks" / "results" / f"{file}.jsonl")
        if line["experiment"] == experiment and line["arm"] in arms
    ]
    seeds = [{line["seed"] for line in lines if line["arm"] == arm} for arm in arms]
    lines = [line for line in lines if line["seed"] in set.intersection(*seeds)]
    runs = at_best_threshold(Runs(lines, experiment))
    numbers = []
    for arm in arms:
        seconds = [line["seconds"] for line in lines if line["arm"] == arm]
        numbers += [f"{mean(seconds) / 60:.1f}"] * minutes
        for part in ("dev", "test"):
            numbers.append(f"{runs.scores(arm, part=part).mean():.1f}")
    return numbers + [str(runs.difference(arms[1], arms[0], part=p)) for p in ("dev", "test")]


DOCUMENTS = {  # corpus, share of its training documents
    "84 texts of MaintIE": ("maintie", 0.1),
    "209 texts of MaintIE": ("maintie", 0.25),
    "418 texts of MaintIE": ("maintie", 0.5),
    "837 texts of MaintIE": ("maintie", 1.0),
    "857 texts of MaintIE, top labels": ("maintie_top", 1.0),
    "48 work orders": ("icem", 0.12),
    "30 articles of BioNLP-CG": ("bionlp13cg", 0.1),
    "32 articles of GENIA": ("genia", 0.02),
    "160 articles of GENIA": ("genia", 0.1),
    "1,601 articles of GENIA": ("genia", 1.0),
}


@pytest.mark.slow
@pytest.mark.corpus
def test_the_tables_count_the_mentions_and_labels_of_the_documents_of_a_run(datasets, tmp_path):
    sources = {
        "genia": datasets / "genia",
        "maintie": datasets / "maintie",
        "maintie_top": datasets / "maintie",
        "bionlp13cg": datasets / "bionlp13cg" / "bionlp-st-2013-cg.tar.gz",
        "icem": ROOT / "assets" / "icem" / "sample",
    }
    gold = {}
    for name, source in sources.items():
        form = name if name == "maintie_top" else None
        convert(name.partition("_")[0], source, tmp_path / name, format=form)
        gold[name] = read_gold(tmp_path / name / "train.spacy", "sc")
    made = {}
    for name, (corpus, share) in DOCUMENTS.items():
        runs = [keep_documents(gold[corpus], share, seed) for seed in range(3)]
        n_mentions = mean(sum(len(doc.spans) for doc in run) for run in runs)
        n_labels = [len({label for doc in run for *_, label in doc.spans}) for run in runs]
        few, many = min(n_labels), max(n_labels)
        made[name] = f"{n_mentions:,.0f}", f"{few}" if few == many else f"{few} to {many}"
    made["837 texts of MaintIE, over MiniLM"] = made["837 texts of MaintIE"]
    made["all of GENIA, one seed"] = made["1,601 articles of GENIA"]
    shown = re.findall(r"^\| ([^|]+) \| ([\d,]+) \| (\d+(?: to \d+)?) \|", TEXT, flags=re.M)
    assert {name for name, *_ in shown} == set(made)
    assert {(name, *made[name]) for name, *_ in shown} == set(shown)


def test_the_limits_of_the_encoder_are_those_of_the_code():
    assert f"fewer than {FEW_MENTIONS:,} annotated" in " ".join(TEXT.split())
    assert f"{MANY_LABELS} labels or more" in " ".join(TEXT.split())
