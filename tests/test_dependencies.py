"""Every module of others that the package imports is declared."""

import ast
import re
import sys
from importlib.metadata import distribution
from typing import Dict, Set

from tests.source_imports import PACKAGE

REQUIREMENTS = distribution("spacy-nested-ner").requires or []
DISTRIBUTIONS = {
    "cassis": "dkpro-cassis",
    "prometheus_client": "prometheus-client",
}  # modules with another name


def imported_by_package() -> Dict[str, Set[str]]:
    """Files by the top-level module of others that they import."""
    found: Dict[str, Set[str]] = {}
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for name in names:
                module = name.split(".")[0]
                found.setdefault(DISTRIBUTIONS.get(module, module), set()).add(str(file))
    ours = {*sys.stdlib_module_names, PACKAGE.name}
    return {name: files for name, files in found.items() if name not in ours}


def test_every_imported_module_is_declared():
    declared = {re.split(r"[^\w.-]", requirement)[0] for requirement in REQUIREMENTS}
    undeclared = {k: v for k, v in imported_by_package().items() if k not in declared}
    assert not undeclared
    assert len(imported_by_package()) > 8


def test_every_dependency_is_declared_once_and_used():
    plain = [requirement for requirement in REQUIREMENTS if "extra ==" not in requirement]
    names = [re.split(r"[^\w.-]", requirement)[0] for requirement in plain]
    assert len(names) == len(set(names))
    # pip needs setuptools to build the wheel of a pipeline
    assert set(names) - {"setuptools"} <= set(imported_by_package())


def test_every_dependency_has_a_floor():
    for requirement in REQUIREMENTS:
        assert ">=" in requirement.partition(";")[0], requirement
