"""The rules of axe-core (npm) on a page. Install it with `npm install axe-core`, and set
NODE_PATH to the folder node_modules."""

import os
from pathlib import Path
from typing import Any, List

import pytest


def read_axe() -> str:
    """Its script; skips where it is missing."""
    for folder in os.environ.get("NODE_PATH", "").split(os.pathsep):
        file = Path(folder, "axe-core", "axe.min.js")
        if folder and file.is_file():
            return file.read_text(encoding="utf8")
    pytest.skip("no axe-core in NODE_PATH: npm install axe-core")


def find_serious(page: Any) -> List[str]:
    """The rules that a page breaks, serious and critical ones. Its context bypasses CSP."""
    page.evaluate(read_axe())
    found = page.evaluate("axe.run()")["violations"]
    return [one["id"] for one in found if one["impact"] in ("serious", "critical")]
