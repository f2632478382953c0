"""What docs/serve.md and the Dockerfile say is so."""

import json
import re

import pytest
import srsly
from typer.main import get_command

from spacy_nested_ner.cli import app
from spacy_nested_ner.serving.limits import Limits
from tests.conftest import ROOT

pytest.importorskip("fastapi")

DOCS = (ROOT / "docs" / "serve.md").read_text(encoding="utf8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf8")
LINES = list(srsly.read_jsonl(ROOT / "benchmarks" / "results" / "serving.jsonl"))


def test_fields_and_addresses_are_those_of_the_interface():
    from spacy_nested_ner.serving.app import ERRORS
    from spacy_nested_ner.serving.messages import FLOOR, AnnotateRequest

    fields = re.findall(r"^\| ((?:`\w+`(?: or )?)+) \|", DOCS, flags=re.M)
    assert set(re.findall(r"`(\w+)`", " ".join(fields))) == set(AnnotateRequest.model_fields)
    statuses = set(
        re.findall(r"\b\d{3}\b", " ".join(re.findall(r"^\| (\d[\d, ]+) \|", DOCS, re.M)))
    )
    assert {str(status) for status in ERRORS} < statuses
    assert f"from {FLOOR} to 1" in DOCS


def test_limits_are_the_defaults_of_the_command():
    options = {p.name: p.default for p in get_command(app).commands["serve"].params}
    limits = vars(Limits())
    assert {name: options[name] for name in limits} == limits
    for name, shown in (
        ("max_length", "20,000"),
        ("max_texts", "256"),
        ("batch_tokens", "4,096"),
    ):
        assert re.search(rf"\b{shown} [^.]*`--{name.replace('_', '-')}`", DOCS)
        assert f"{limits[name]:,}" == shown


def test_the_command_of_the_container_exists():
    words = json.loads(re.findall(r"^ENTRYPOINT (.*)$", DOCKERFILE, flags=re.M)[0])
    words += json.loads(re.findall(r"^CMD (.*)$", DOCKERFILE, flags=re.M)[0])
    assert words[:4] == ["python", "-m", "spacy_nested_ner", "serve"]
    context = get_command(app).commands["serve"].make_context("serve", words[4:])
    assert context.params["pipelines"] == ["/pipeline"]
    assert context.params["host"] == "0.0.0.0"
    (user,) = re.findall(r"^USER (.*)$", DOCKERFILE, flags=re.M)
    assert int(user) > 0
    (check,) = re.findall(r"^HEALTHCHECK .*\\\n +CMD (.*)$", DOCKERFILE, flags=re.M)
    url = re.search(r"http://[\d.]+:(\d+)/health", json.loads(check)[-1])
    assert int(url[1]) == context.params["port"]


def test_the_table_of_throughput_is_that_of_the_lines():
    for line in LINES:
        row = f"| {line['kind']} | {line['ratio_of_cpu_time']:.2f} | {line['ratio']:.2f} |"
        assert row in DOCS
