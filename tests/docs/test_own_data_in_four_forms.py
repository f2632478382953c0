"""docs/own-data.md, followed literally: sixty invented work orders, as four tools export them,
become four packages that find the same."""

import csv
import json
import os
from pathlib import Path
from typing import Any, Callable, Dict, List, Set, Tuple

import pytest
import spacy
from spacy.tokens import DocBin

from spacy_nested_ner import convert
from tests.conftest import ROOT
from tests.docs.pages import blocks_of, commands_of, run_python

PAGE = ROOT / "docs" / "own-data.md"
NOTEBOOK = ROOT / "docs" / "own-data.ipynb"
FOLDER = "assets/custom/mine"
Order = Dict[str, Any]  # a record of Prodigy


@pytest.fixture(scope="module")
def orders() -> List[Order]:
    """The work orders of the notebook."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf8"))["cells"]
    code = next("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    names: Dict[str, Any] = {}
    exec(code.split("folder = ")[0], names)
    assert len(names["orders"]) == 60
    return names["orders"]


def write_prodigy(folder: Path, orders: List[Order]) -> None:
    lines = [json.dumps({**order, "answer": "accept"}) for order in orders]
    (folder / "orders.jsonl").write_text("\n".join(lines), encoding="utf8")


def write_brat(folder: Path, orders: List[Order]) -> None:
    for order in orders:
        text = order["text"]
        annotations = "".join(
            f"T{i}\t{s['label']} {s['start']} {s['end']}\t{text[s['start'] : s['end']]}\n"
            for i, s in enumerate(order["spans"], start=1)
        )
        (folder / f"{order['id']}.txt").write_text(text, encoding="utf8")
        (folder / f"{order['id']}.ann").write_text(annotations, encoding="utf8")


def write_label_studio(folder: Path, orders: List[Order]) -> None:
    tasks = []
    for number, order in enumerate(orders):
        regions = [
            {
                "id": f"r{i}",
                "from_name": "label",
                "to_name": "text",
                "type": "labels",
                "value": {
                    "start": span["start"],
                    "end": span["end"],
                    "text": order["text"][span["start"] : span["end"]],
                    "labels": [span["label"]],
                },
            }
            for i, span in enumerate(order["spans"])
        ]
        annotation = {"id": number, "was_cancelled": False, "result": regions}
        task = {"id": number, "data": {"text": order["text"]}, "annotations": [annotation]}
        tasks.append(task)
    (folder / "project.json").write_text(json.dumps(tasks), encoding="utf8")


def write_csv(folder: Path, orders: List[Order]) -> None:
    with (folder / "spans.csv").open("w", encoding="utf8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text", "start", "end", "label"])
        for order in orders:
            for span in order["spans"]:
                place = (span["start"], span["end"], span["label"])
                writer.writerow([order["id"], order["text"], *place])


FORMS: Dict[str, Callable[[Path, List[Order]], None]] = {
    "jsonl": write_prodigy,
    "brat": write_brat,
    "label_studio": write_label_studio,
    "csv": write_csv,
}


def read_corpus(folder: Path) -> Set[Tuple[str, Tuple[Tuple[int, int, str], ...]]]:
    vocab = spacy.blank("en").vocab
    docs = [
        doc
        for part in ("train", "dev", "test")
        for doc in DocBin().from_disk(folder / f"{part}.spacy").get_docs(vocab)
    ]
    assert len(docs) == 60
    return {
        (doc.text, tuple((s.start_char, s.end_char, s.label_) for s in doc.spans["sc"]))
        for doc in docs
    }


def test_the_four_forms_give_the_same_corpus(orders, tmp_path):
    corpora = []
    for form, write in FORMS.items():
        (tmp_path / form).mkdir()
        write(tmp_path / form, orders)
        convert("custom", tmp_path / form, tmp_path / f"{form}-out", format=form, language="en")
        corpora.append(read_corpus(tmp_path / f"{form}-out"))
    assert all(corpus == corpora[0] for corpus in corpora)
    assert {label for _, spans in corpora[0] for *_, label in spans} == {
        "machine",
        "component",
        "fault",
    }


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("form", FORMS)
def test_the_page_leads_to_a_package_that_finds_nested_mentions(form, orders, tmp_path):
    pytest.importorskip("matplotlib")
    data = tmp_path / FOLDER
    data.mkdir(parents=True)
    FORMS[form](data, orders)
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    site = tmp_path / "site"
    environment = {
        "PIP_TARGET": str(site),
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PYTHONPATH": f"{site}{os.pathsep}{ROOT}",
    }
    ran = []
    for python, *words in commands_of(PAGE):
        assert python == "python"
        if "project" in words:
            continue  # tests/test_project.py runs it
        if "visualize" in words or "--cross-validate" in words:
            continue  # one opens a browser, the other trains five pipelines
        if "suggest" in words or "--add-to" in words:
            continue  # test_annotate_docs.py runs them
        if words[2] == "evaluate":
            words += ["--output", "scores.json"]
        run_python(words, tmp_path, **environment)
        ran.append(words[2])
    assert set(ran) >= {"convert", "inspect", "configure", "train", "evaluate", "package"}
    scores = json.loads((tmp_path / "scores.json").read_text(encoding="utf8"))
    assert scores["spans_sc_f"] >= 0.9

    (code,) = blocks_of(PAGE, "python")
    assert "boiler 2 machine" in run_python(["-c", code.text], tmp_path, **environment)
