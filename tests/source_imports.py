"""Which of our source files a file imports: read from its text, without running it."""

import ast
from pathlib import Path
from typing import Iterator

from tests.conftest import ROOT

PACKAGE = ROOT / "spacy_nested_ner"


def find_imports(file: Path) -> Iterator[Path]:
    """The modules of the package that a file imports, at its top or in a function."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf8"))):
        if isinstance(node, ast.ImportFrom):
            names = (node.module or "").split(".")
            if node.level:
                base = file.parents[node.level - 1]
            elif names[0] == PACKAGE.name:
                base = ROOT
            else:
                continue
            module = base.joinpath(*names)
            places = [module, *(module / alias.name for alias in node.names)]
        elif isinstance(node, ast.Import):
            places = [ROOT.joinpath(*alias.name.split(".")) for alias in node.names]
        else:
            continue
        for place in places:
            for found in (place.with_suffix(".py"), place / "__init__.py"):
                if PACKAGE in found.parents and found.is_file():
                    yield found
