"""The commands of docs/own-data.md, one after the other, lead from annotations to a package."""

import json
import os
import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.docs.pages import blocks_of, commands_of

PAGE = ROOT / "docs" / "own-data.md"


def test_the_example_has_nested_mentions_with_the_right_offsets():
    (block,) = blocks_of(PAGE, "json")
    records = [json.loads(line) for line in block.text.splitlines()]
    mentions = [
        {r["text"][s["start"] : s["end"]] for s in r["spans"] if s["label"] == "part"}
        for r in records
    ]
    assert mentions == [
        {"seal of the feed pump", "feed pump"},
        {"feed pump seal", "feed pump"},
        set(),
        {"motor bearing", "motor"},
    ]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_commands_run_one_after_the_other(tmp_path):
    pytest.importorskip("matplotlib")
    mine = tmp_path / "assets" / "custom" / "mine"
    mine.mkdir(parents=True)
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    (block,) = blocks_of(PAGE, "json")
    records = [json.loads(line) for line in block.text.splitlines()]
    lines = (
        json.dumps({**record, "id": f"{record['id']}-{copy}"})
        for copy in range(20)
        for record in records
    )
    (mine / "orders.jsonl").write_text("\n".join(lines), encoding="utf8")
    site = tmp_path / "site"
    environment = {**os.environ, "PIP_TARGET": str(site), "PYTHONPATH": f"{ROOT}"}
    ran = []
    for python, *words in commands_of(PAGE):
        assert python == "python"
        if "project" in words:
            continue  # tests/test_project.py runs it
        if words[:3] == ["-m", "spacy", "train"]:
            words += ["--training.max_steps", "20", "--training.eval_frequency", "10"]
        result = subprocess.run(
            [sys.executable, *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, (words, result.stdout, result.stderr)
        ran.append(words[2] if words[1] == "spacy_nested_ner" else words[1])
    for command in ("convert", "evaluate", "package", "install"):
        assert ran.count(command) == 1

    (code,) = blocks_of(PAGE, "python")
    assert re.search(r'spacy\.load\("en_nested_orders"\)', code.text)
    environment["PYTHONPATH"] = f"{site}{os.pathsep}{ROOT}"
    result = subprocess.run(
        [sys.executable, "-c", code.text], env=environment, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
