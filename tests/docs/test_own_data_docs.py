"""The example of docs/own-data.md. Its commands run in test_own_data_in_four_forms."""

import json

from tests.conftest import ROOT
from tests.docs.pages import blocks_of

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
