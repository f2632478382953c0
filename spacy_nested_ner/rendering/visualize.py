"""The docs of a pipeline as pictures: in a notebook, as HTML, as a page."""

from importlib.resources import files
from typing import Iterable, List, Optional, Sequence, Union

from jinja2 import Template
from markupsafe import Markup
from spacy.tokens import Doc

from .draw import STYLE, draw, draw_legend, escape_text
from .slots import Bar

PAGE = files(__package__).joinpath("page.html").read_text(encoding="utf8")


class Drawing:
    """Docs with their mentions, drawn. A notebook shows it where it is the value of a cell.

    html (Markup): An element with its style, to be put into any page.
    n_spans (int): How many spans are drawn.
    """

    def __init__(self, html: Markup, *, title: str, lang: str, n_spans: int) -> None:
        self.html = html
        self.n_spans = n_spans
        self._title = title
        self._lang = lang

    def _repr_html_(self) -> str:
        return str(self.html)

    def __str__(self) -> str:
        return str(self.html)

    def page(self) -> str:
        """The drawing as a page, which needs nothing but itself and runs no script."""
        template = Template(PAGE, autoescape=True, keep_trailing_newline=True)
        title = Markup(escape_text(self._title or "Mentions"))
        return template.render(lang=self._lang, title=title, body=self.html)


def visualize(
    docs: Union[Doc, Iterable[Doc]],
    spans_key: str = "sc",
    *,
    title: str = "",
    show_scores: bool = True,
) -> Drawing:
    """Draw the spans of one or more docs, and a legend of their labels.

    spans_key: The spans are those of doc.spans[spans_key]; a doc without it has none.
    title: A heading.
    show_scores: Whether the probabilities in .attrs["scores"] stand beside the labels. The
        pointer shows them anyway.
    RAISES (ValueError): There are docs, and none of them has the key.
    """
    docs = [docs] if isinstance(docs, Doc) else list(docs)
    if docs and not any(spans_key in doc.spans for doc in docs):
        keys = sorted({key for doc in docs for key in doc.spans})
        found = ", ".join(f"'{key}'" for key in keys) or "none"
        raise ValueError(
            f"No doc has doc.spans['{spans_key}'], and the keys that there are: {found}: "
            "choose one of them, or let a pipeline find spans first."
        )
    bars = [get_bars(doc, spans_key) for doc in docs]
    labels = sorted({bar.label for some in bars for bar in some})
    parts = [Markup("<style>{}</style>").format(STYLE)]
    if title:
        parts.append(Markup("<h1>{}</h1>").format(Markup(escape_text(title))))
    if labels:
        parts.append(draw_legend(labels))
    parts += [
        _article(doc, draw(doc.text, (), some, show_scores=show_scores))
        for doc, some in zip(docs, bars)
    ]
    html = Markup('<div class="nested-ner-docs">{}</div>').format(Markup("\n").join(parts))
    languages = {doc.lang_ for doc in docs}
    return Drawing(
        html,
        title=title,
        lang=_code(languages.pop()) if len(languages) == 1 else "",
        n_spans=sum(map(len, bars)),
    )


def get_bars(doc: Doc, spans_key: str) -> List[Bar]:
    """The spans of a group with their scores, if it has one for each; empty ones left out."""
    if spans_key not in doc.spans:
        return []
    group = doc.spans[spans_key]
    given = group.attrs.get("scores")
    scores: Sequence[Optional[float]] = [None] * len(group)
    if given is not None and len(given) == len(group):
        scores = [float(score) for score in given]
    return [
        Bar(span.start_char, span.end_char, span.label_, score)
        for span, score in zip(group, scores)
        if span.start_char < span.end_char
    ]


def _article(doc: Doc, drawing: Markup) -> Markup:
    """The language chooses the forms of Chinese characters."""
    lang = Markup(' lang="{}"').format(_code(doc.lang_)) if _code(doc.lang_) else Markup("")
    return Markup("<article{}>{}</article>").format(lang, drawing)


def _code(lang: str) -> str:
    """spaCy's code of a language for HTML; of many languages there is none."""
    return "" if lang in ("xx", "mul") else lang
