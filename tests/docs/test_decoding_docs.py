"""What docs/decoding.md shows is so."""

import re
from typing import get_args, get_type_hints

import numpy
import spacy

from spacy_nested_ner.cli import app
from spacy_nested_ner.decoding.policies import resolve_overlaps
from spacy_nested_ner.decoding.spans import PredictedSpans
from spacy_nested_ner.pipe.factory import make_nested_spancat
from tests.conftest import ROOT
from tests.pipelines import make_examples, make_nlp

TEXT = (ROOT / "docs" / "decoding.md").read_text(encoding="utf8")
WORDS = ["the", "seal", "of", "the", "feed", "pump", "leaks"]


def rows(header):
    """The cells of a table."""
    table = TEXT.split(f"| {header} |", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in table.splitlines()[2:]]


def test_every_setting_is_there_with_its_default_and_its_choices():
    nlp = spacy.blank("en")
    nlp.add_pipe("nested_spancat")
    settings = nlp.get_pipe_config("nested_spancat")
    hints = get_type_hints(make_nested_spancat)
    table = rows("setting | values | default")
    for name, values, default in table:
        setting = settings[name.strip("`")]
        expected = "null" if setting is None else repr(setting).replace("'", '"')
        assert default == f"`{expected}`"
        for choice in get_args(hints[name.strip("`")]):
            assert not isinstance(choice, str) or f'"{choice}"' in values
    others = {"factory", "model", "loss", "scorer", "spans_key", "learn_rate_scale"}
    assert {name.strip("`") for name, *_ in table} == set(settings) - others


def test_the_code_runs(monkeypatch, tmp_path):
    (code,) = re.findall(r"^```python\n(.*?)^```", TEXT, flags=re.M | re.S)
    nlp = make_nlp()
    nlp.initialize(lambda: make_examples(nlp.vocab))
    nlp.to_disk(tmp_path / "my_pipeline")
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(compile(code, "decoding.md", "exec"), names)
    pipe = names["nlp"].get_pipe("nested_spancat")
    assert (pipe.threshold, pipe.overlap) == (0.3, "nested")


def test_the_policies_leave_out_what_the_example_says():
    spans = []
    for text, _, p in rows("span | label | p"):
        words = text.split()
        start = " ".join(WORDS).split(text)[0].count(" ")
        assert WORDS[start : start + len(words)] == words
        spans.append((text, start, start + len(words), float(p)))
    spans.sort(key=lambda span: (span[1], -span[2]))
    texts, start, end, p = (list(column) for column in zip(*spans))
    zeros = numpy.zeros(len(spans), dtype=int)
    found = PredictedSpans(zeros, numpy.array(start), numpy.array(end), zeros, numpy.array(p))
    table = rows("policy | what is left out")
    for policy, said in table:
        pairs = dict(re.findall(r"`(\w+) = \"?(\w+)\"?`", policy))
        chosen = resolve_overlaps(
            found,
            overlap=pairs.get("overlap", "all"),
            prefer=pairs.get("prefer", "probability"),
            max_depth=int(pairs["max_depth"]) if "max_depth" in pairs else None,
        )
        kept = list(zip(chosen.start.tolist(), chosen.end.tolist()))
        left_out = {t for t, i, j, _ in spans if (i, j) not in kept}
        said = said.split(", which")[0]
        if said.startswith("all but "):
            expected = set(texts) - {said.removeprefix("all but ")}
        else:
            expected = set(said.split(", ")) - {"nothing"}
        assert left_out == expected, policy
    assert len(table) == 5


def test_every_option_it_names_is_one_of_the_command():
    options = set(re.findall(r"--[a-z][a-z-]+(?![\w.])", TEXT))
    (command,) = (c for c in app.registered_commands if c.name == "calibrate")
    names = command.callback.__code__.co_varnames
    assert {"--held-out", "--min-gold"} <= options
    for option in options:
        assert option.strip("-").replace("-", "_") in names, option
