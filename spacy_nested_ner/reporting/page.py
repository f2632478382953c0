"""The page: one HTML file without references to other files.

Its input is not trusted: labels, documents and ids may contain HTML. Jinja and the drawings
escape all of it. The content security policy allows only our script, by its hash, and no
requests.
"""

import base64
import hashlib
import re
from importlib.resources import files
from typing import Any, Mapping, Optional, Sequence

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from ..evaluation.documents import EvaluatedDoc
from ..evaluation.errors import judge
from ..evaluation.evaluate import Evaluation
from ..rendering import BARS_SCRIPT, STYLE, draw_legend, label_colors
from .blocks import Section
from .calibration import Calibration, make_calibration_section
from .card import Corpus, describe_corpus, describe_pipeline, pipeline_title
from .documents import draw_judged, show_documents
from .mistakes import KINDS, make_error_section
from .opening import Opening, choose_example, summarize
from .plots.svg import check_matplotlib
from .scores import make_score_sections
from .thresholds import store_probabilities

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
    labels = {mention.label for doc in docs for mention in (*doc.gold, *doc.predicted)}
    colors = label_colors(labels)
    documents = show_documents(docs, limit=n_documents, colors=colors)
    return render_page(
        "page.html",
        ("tables.js", "threshold.js", "page.js"),
        title=f"{pipeline_title(meta)} on {corpus.name}",
        subtitle=str(meta.get("description") or ""),
        warnings=evaluation["warnings"],
        opening=_open(docs, evaluation, colors),
        thresholds=store_probabilities(docs),
        sections=sections,
        documents=documents,
        legend=draw_legend([label for label, _ in documents.labels], KINDS, colors=colors),
    )


def render_page(template: str, scripts: Sequence[str], **values: Any) -> str:
    """A page of a template in templates/, with our style and these scripts."""
    script = "\n".join((*map(_read, scripts), BARS_SCRIPT))
    environment = Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["breakable"] = breakable
    html = environment.get_template(template).render(
        style=Markup(_read("page.css")) + STYLE,
        script=Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode("utf8")).digest()).decode(),
        **values,
    )
    # JSON can hold a lone surrogate, UTF-8 cannot
    return html.encode("utf8", "replace").decode("utf8")


def breakable(name: str) -> Markup:
    """A name that ends a line only behind its signs, not inside of a word or a number."""
    parts = re.split(r"(?<=[/_:-])(?=[^/_.:-])|(?<=\.)(?=[^/_.:\d-])", name)
    return Markup("<wbr>").join(escape(part) for part in parts)


def _open(
    docs: Sequence[EvaluatedDoc], evaluation: Evaluation, colors: Mapping[str, str]
) -> Opening:
    number = choose_example(docs)
    if number is None:
        return Opening(summarize(evaluation), None)
    doc = docs[number]
    return Opening(summarize(evaluation), (doc.id, draw_judged(doc, judge(doc), colors)))


def _read(name: str) -> str:
    return (files(__package__) / "templates" / name).read_text(encoding="utf8")
