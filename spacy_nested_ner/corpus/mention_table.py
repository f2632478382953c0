"""The gold mentions of a .spacy file as columns of one table."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Sequence, Set, Tuple, Union

import numpy
from numpy import ndarray
from spacy.tokens import Doc

from ..user_error import UserError


@dataclass
class MentionTable:
    """The distinct mentions of documents. Token numbers count through all documents.

    start, end: half-open tokens of each mention.
    labels, texts: label and text of each mention.
    lengths, doc_texts: number of tokens and text of each document.
    docs_without: number of documents with only blank tokens ("tokens"), of the others those
        without a mention ("mentions"), and all without the span group ("group").
    unusable: number of repeated mentions, of spans without a token ("empty"), and of mentions
        that begin or end with a blank token. Only the last are in the table.
    """

    start: List[int] = field(default_factory=list)
    end: List[int] = field(default_factory=list)
    labels: List[str] = field(default_factory=list)
    texts: List[str] = field(default_factory=list)
    lengths: List[int] = field(default_factory=list)
    doc_texts: List[str] = field(default_factory=list)
    docs_without: Dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("tokens", "mentions", "group"), 0)
    )
    unusable: Dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("repeated", "empty", "blank"), 0)
    )

    def columns(self) -> Tuple[ndarray, ndarray, ndarray]:
        """Start, end and number of the label of each mention, each of shape (N,)."""
        numbers = {label: i for i, label in enumerate(dict.fromkeys(self.labels))}
        labels = [numbers[label] for label in self.labels]
        start, end, label = (numpy.array(x, dtype=int) for x in (self.start, self.end, labels))
        return start, end, label


def count_labels(
    docs: Sequence[Doc], spans_key: str, *, name: Union[str, Path] = "The corpus"
) -> Dict[str, int]:
    """Number of mentions per label, the most frequent label first.

    RAISES (UserError): See `gather_mentions`.
    """
    table = gather_mentions(docs, name, spans_key)
    return dict(sorted(Counter(table.labels).items(), key=lambda item: (-item[1], item[0])))


def gather_mentions(
    docs: Sequence[Doc], name: Union[str, Path], spans_key: str
) -> MentionTable:
    """Collect the mentions of documents.

    name: Where the documents come from, for messages.
    spans_key: Key of doc.spans.
    RAISES (UserError): No document has a mention under the key.
    """
    table = MentionTable()
    offset = 0  # tokens of the documents before
    for doc in docs:
        _add_mentions(table, doc, offset, spans_key)
        table.lengths.append(len(doc))
        table.doc_texts.append(doc.text)
        offset += len(doc)
    if not table.labels:
        raise UserError(_explain_absence(docs, name, spans_key))
    return table


def _add_mentions(table: MentionTable, doc: Doc, offset: int, spans_key: str) -> None:
    seen: Set[Tuple[int, int, int]] = set()
    doc_text = doc.text
    for span in doc.spans.get(spans_key, ()):
        mention = (span.start, span.end, span.label)
        if span.start >= span.end:
            table.unusable["empty"] += 1
        elif mention in seen:
            table.unusable["repeated"] += 1
        else:
            seen.add(mention)
            # not span.text: it joins the tokens one by one, which is slow
            text = doc_text[span.start_char : span.end_char]
            # no model can find these: blank tokens have no vector in spaCy's transformers
            table.unusable["blank"] += text[0].isspace() or text[-1].isspace()
            table.start.append(offset + span.start)
            table.end.append(offset + span.end)
            table.labels.append(span.label_)
            table.texts.append(text)
    is_blank = not doc_text.strip()
    table.docs_without["tokens"] += is_blank
    table.docs_without["mentions"] += not seen and not is_blank
    table.docs_without["group"] += spans_key not in doc.spans


def _explain_absence(docs: Sequence[Doc], name: Union[str, Path], spans_key: str) -> str:
    keys = sorted({key for doc in docs for key, group in doc.spans.items() if len(group)})
    what = f"{name} has no mention under the span key '{spans_key}' in its {len(docs):,} docs"
    if keys:
        found = ", ".join(f"'{key}'" for key in keys)
        return f"{what}, but some under {found}: choose one of these keys."
    return f"{what}, nor under another key: give a file with mentions in doc.spans."
