"""Draw the docs of a pipeline: in a notebook, as HTML, or as a page."""

from importlib.resources import files
from typing import Iterable, List, Optional, Sequence, Union

from jinja2 import Template
from markupsafe import Markup
from spacy.tokens import Doc

from .colors import label_colors
from .draw import STYLE, draw, draw_legend, escape_text
from .slots import Bar

PAGE = files(__package__).joinpath("page.html").read_text(encoding="utf8")


class Drawing:
    """Drawing of docs with their mentions. A notebook shows it as the value of a cell.

    html (Markup): An element with its style, for any page.
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
        """The drawing as a page. It loads no other file and runs no script."""
        template = Template(PAGE, autoescape=True, keep_trailing_newline=True)
        title = Markup(escape_text(self._title or "Mentions"))
        page: str = template.render(lang=self._lang, title=title, body=self.html)
        return page


def visualize(
    docs: Union[Doc, Iterable[Doc]],
    spans_key: str = "sc",
    *,
    title: str = "",
    show_scores: bool = True,
) -> Drawing:
    """Draw the spans of one or more docs, and a legend of their labels.

    spans_key: Key of doc.spans; a doc without the key has no spans.
    title: A heading.
    show_scores: Show the probabilities in .attrs["scores"] beside the labels where there is
        room. The tooltip always shows them.
    RAISES (ValueError): There are docs, but none has the key.
    """
    docs = [docs] if isinstance(docs, Doc) else list(docs)
    if docs and not any(spans_key in doc.spans for doc in docs):
        keys = sorted({key for doc in docs for key in doc.spans})
        found = ", ".join(f"'{key}'" for key in keys) or "none"
        raise ValueError(
            f"No doc has doc.spans['{spans_key}'] (keys in the docs: {found}): choose one of "
            "these keys, or run a pipeline on the docs first."
        )
    bars = [get_bars(doc, spans_key) for doc in docs]
    labels = sorted({bar.label for some in bars for bar in some})
    colors = label_colors(labels)
    parts = [Markup("<style>{}</style>").format(STYLE)]
    if title:
        parts.append(Markup("<h1>{}</h1>").format(Markup(escape_text(title))))
    if labels:
        parts.append(draw_legend(labels, colors=colors))
    parts += [
        _article(doc, draw(doc.text, (), some, show_scores=show_scores, colors=colors))
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
    """The spans of a group that are not empty, with their scores if every span has one."""
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
    """An <article> with the language of the doc, on which the forms of Chinese characters
    depend."""
    lang = Markup(' lang="{}"').format(_code(doc.lang_)) if _code(doc.lang_) else Markup("")
    return Markup("<article{}>{}</article>").format(lang, drawing)


def _code(lang: str) -> str:
    """spaCy's language code for HTML, empty for several languages."""
    return "" if lang in ("xx", "mul") else lang
