"""The rooms of docs/how-it-works.md are those of the package."""

import re

from tests.conftest import ROOT
from tests.docs.import_graph import SHOWN, draw, find_edges

PAGE = (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf8")


def test_the_rooms_are_listed_in_their_order():
    table = PAGE.split("| room | holds |", 1)[1]
    assert tuple(re.findall(r"^\| `(\w+)` \|", table, flags=re.M)) == SHOWN


def test_the_picture_is_of_the_imports_of_today():
    picture = (ROOT / "docs" / "rooms" / "now.svg").read_text(encoding="utf8")
    # draw it again: python -m tests.docs.import_graph docs/rooms/now.svg
    assert picture == draw(find_edges(ROOT, {}))
