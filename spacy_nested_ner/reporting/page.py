"""The page: one HTML file without references to other files.

Its input is not trusted: labels, documents and ids may contain HTML. Jinja and the drawings
escape all of it. The content security policy allows only our script, by its hash, and no
requests.
"""

import base64
import hashlib
from importlib.resources import files
from typing import Any, Mapping, Optional, Sequence

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from ..evaluation.documents import EvaluatedDoc
from ..evaluation.evaluate import Evaluation
from ..rendering import STYLE, draw_legend
from .blocks import Section
from .calibration import Calibration, make_calibration_section
from .card import Corpus, describe_corpus, describe_pipeline, pipeline_title
from .documents import show_documents
from .mistakes import KINDS, make_error_section
from .plots.svg import check_matplotlib
from .scores import make_score_sections

# documents on the page
N_DOCUMENTS = 500


def make_page(
    docs: Sequence[EvaluatedDoc],
    evaluation: Evaluation,
    *,
    meta: Mapping[str, Any],
    corpus: Corpus,
    calibration: Optional[Calibration] = None,
    n_documents: int = N_DOCUMENTS,
) -> str:
    """The page of an evaluation. The same arguments give the same bytes.

    evaluation: of these documents.
    meta: nlp.meta of the pipeline.
    calibration: None if the spans have no probabilities.
    n_documents: how many documents the page shows at most, those with the most errors.
    RAISES (UserError): matplotlib is not installed.
    """
    check_matplotlib()
    summary, *scores = make_score_sections(evaluation)
    sections = [
        summary,
        Section("pipeline", "Pipeline", facts=describe_pipeline(meta, corpus.spans_key)),
        Section("corpus", "Corpus", facts=describe_corpus(docs, corpus)),
        *scores,
        make_error_section(evaluation["errors"]),
        make_calibration_section(calibration),
    ]
    documents = show_documents(docs, limit=n_documents)
    script = _read("page.js")
    environment = Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    html = environment.get_template("page.html").render(
        title=f"{pipeline_title(meta)} on {corpus.name}",
        subtitle=str(meta.get("description") or ""),
        warnings=evaluation["warnings"],
        sections=sections,
        documents=documents,
        legend=draw_legend([label for label, _ in documents.labels], KINDS),
        style=Markup(_read("page.css")) + STYLE,
        script=Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode("utf8")).digest()).decode(),
    )
    # JSON can hold a lone surrogate, UTF-8 cannot
    return html.encode("utf8", "replace").decode("utf8")


def _read(name: str) -> str:
    return (files(__package__) / "templates" / name).read_text(encoding="utf8")
