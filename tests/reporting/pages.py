"""Pages of invented documents, and what is on them."""

from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

from spacy_nested_ner.evaluation.documents import EvaluatedDoc, Mention, sort_key
from spacy_nested_ner.evaluation.evaluate import evaluate_docs
from spacy_nested_ner.reporting.card import Corpus
from spacy_nested_ner.reporting.page import make_page
from spacy_nested_ner.reporting.span_scores import calibrate_from_scores

# first word, word behind the last, label; and of the predicted ones the probability
Spans = Sequence[Tuple[Any, ...]]

META: Dict[str, Any] = {
    "lang": "en",
    "name": "nested_pumps",
    "version": "1.2.3",
    "description": "Parts and faults of pumps.",
    "license": "CC0",
    "pipeline": ["tok2vec", "nested_spancat"],
    "labels": {"nested_spancat": ["fault", "part"]},
    "performance": {"spans_sc_f": 0.5, "spans_sc_p": 0.25, "spans_sc_r": 0.75},
    "corpus": {
        "dataset": "pumps",
        "corpus": "custom",
        "split": "published",
        "parts": {"train": {"docs": 1234, "tokens": 56789, "spans": 4321}},
    },
}


def make_doc(text: str, gold: Spans = (), predicted: Spans = (), id: str = "") -> EvaluatedDoc:
    """Spans in words, which stand between blanks."""
    starts, ends, place = [], [], 0
    for word in text.split():
        place = text.index(word, place)
        starts.append(place)
        place += len(word)
        ends.append(place)

    def mentions(spans: Spans) -> Tuple[Mention, ...]:
        found = (Mention(starts[i], ends[j - 1], *rest) for i, j, *rest in spans)
        return tuple(sorted(found, key=sort_key))

    name = id or f"doc-{len(text)}"
    return EvaluatedDoc(name, text, starts, ends, mentions(gold), mentions(predicted))


def numbered(docs: Iterable[EvaluatedDoc]) -> List[EvaluatedDoc]:
    return [replace(doc, number=number) for number, doc in enumerate(docs)]


# one of each kind of error and more, nested and crossing, two labels on a span
_DOCS = [
    make_doc(
        "the seal of the feed pump leaks badly",
        [(0, 6, "part"), (4, 6, "part"), (6, 7, "fault")],
        [(0, 6, "part", 0.9), (4, 6, "part", 0.8), (6, 8, "fault", 0.6)],
        "boundary-1",
    ),
    make_doc("no fault found", [], [], "empty"),
    make_doc(
        "replaced pump seal, bearing worn",
        [(1, 3, "part"), (1, 2, "part"), (3, 5, "fault")],
        [(1, 3, "fault", 0.7), (1, 2, "part", 0.95), (0, 1, "action", 0.55)],
        "type-1",
    ),
    make_doc(
        "impeller blade cracked near shaft",
        [(0, 2, "part"), (1, 3, "fault"), (4, 5, "part")],
        [(0, 2, "part", 0.99), (1, 3, "fault", 0.97), (4, 5, "part", 0.9)],
        "perfect",
    ),
    make_doc(
        "  valve\tstuck,\n\n  no flow  at all ",
        [(0, 1, "part"), (0, 2, "fault"), (2, 4, "fault")],
        [(1, 3, "part", 0.51)],
        "worst <one> & only",
    ),
]
DOCS = numbered(_DOCS)
HOSTILE = '</script><script>window.broken=1</script><img src=x onerror="window.broken=1">'


def make(docs: Sequence[EvaluatedDoc] = DOCS, **settings: Any) -> str:
    docs = numbered(docs)
    evaluation = evaluate_docs(docs, n_resamples=50)
    arguments = {
        "meta": META,
        "corpus": Corpus("pumps/test.spacy", "0" * 64, "sc"),
        "calibration": calibrate_from_scores(docs),
        **settings,
    }
    return make_page(docs, evaluation, **arguments)


@cache
def make_once() -> str:
    """The page of `DOCS`."""
    return make()


class Page(HTMLParser):
    """What a reader finds on a page.

    tables: the texts of the cells by caption, the header first.
    documents: number of each drawn document and the text of its drawing, in order.
    text: all text that is seen.
    scripts: what stands between the tags of each script.
    attributes: (tag, name, value) of all.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: Dict[str, List[List[str]]] = {}
        self.documents: List[Tuple[int, str]] = []
        self.scripts: List[str] = []
        self.attributes: List[Tuple[str, str, Optional[str]]] = []
        self.text = ""
        self._caption = ""
        self._rows: List[List[str]] = []
        self._tag = ""
        self._depth = 0  # of elements in a drawing
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: List[Tuple[str, Optional[str]]]) -> None:
        self._tag = tag
        named = dict(attrs)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag == "table":
            self._rows = []
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append("")
        elif tag in ("caption", "summary"):
            self._caption = ""
        elif tag == "script":
            self.scripts.append("")
        elif tag == "article":
            self.documents.append((int((named["id"] or "").rpartition("-")[2]), ""))
        if self._depth or (
            self.documents and "nested-ner" in (named.get("class") or "").split()
        ):
            self._depth += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self.tables[self._caption] = self._rows
        self._depth = max(0, self._depth - 1)
        self._tag = ""

    def handle_data(self, data: str) -> None:
        if self._tag == "script":
            self.scripts[-1] += data
            return
        if self._tag == "style":
            return
        if self._depth:
            number, text = self.documents[-1]
            self.documents[-1] = (number, text + data)
        if self._tag in ("td", "th"):
            self._rows[-1][-1] += data
        elif self._tag in ("caption", "summary"):
            self._caption += data
        self.text += data
