"""The table of docs/encoders.md is that of the result lines."""

import srsly

from benchmarks.table import markdown_table
from tests.conftest import ROOT

DOC = (ROOT / "docs" / "encoders.md").read_text(encoding="utf8")
LINES = list(srsly.read_jsonl(ROOT / "benchmarks" / "results" / "encoder_speed.jsonl"))


def test_the_table_of_speed_is_that_of_its_lines():
    assert markdown_table("encoder", LINES) in DOC
