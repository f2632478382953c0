"""Nested named-entity recognition for spaCy.

The functions below are the public face; the commands of `python -m spacy_nested_ner` call the
same ones. They load when they are first used (PEP 562), so `import spacy_nested_ner` is fast.

    >>> from spacy_nested_ner import evaluate
    >>> print(evaluate("training/model-best", "corpus/mine/test.spacy"))  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, List

from .about import __version__

if TYPE_CHECKING:
    from .api.annotate import annotate
    from .api.calibrate import calibrate
    from .api.compare import compare
    from .api.configure import configure
    from .api.convert import convert
    from .api.evaluate import evaluate
    from .api.export import export
    from .api.export_runtime import export_runtime
    from .api.fill_unannotated import fill_unannotated
    from .api.inspect import inspect
    from .api.install import install
    from .api.package import package
    from .api.project import project
    from .api.report import report
    from .api.serve import create_app, serve
    from .api.spans import merge_docs, span_to_doc, spans_from_json, spans_to_json
    from .api.suggest import suggest
    from .api.visualize import visualize
    from .files.limits import max_size

__all__ = [
    "__version__",
    "annotate",
    "calibrate",
    "compare",
    "configure",
    "convert",
    "create_app",
    "displacy_options",
    "evaluate",
    "export",
    "export_runtime",
    "fill_unannotated",
    "inspect",
    "install",
    "max_size",
    "merge_docs",
    "package",
    "project",
    "report",
    "serve",
    "span_to_doc",
    "spans_from_json",
    "spans_to_json",
    "suggest",
    "visualize",
]

_MODULES = {
    **{name: f".api.{name}" for name in __all__ if name not in ("__version__",)},
    **dict.fromkeys(
        ("merge_docs", "span_to_doc", "spans_from_json", "spans_to_json"), ".api.spans"
    ),
    "create_app": ".api.serve",
    "displacy_options": ".rendering.displacy",
    "max_size": ".files.limits",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name], __name__), name)


def __dir__() -> List[str]:
    return sorted(__all__)
