"""The gold mentions of a .spacy file as columns, read once."""

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
    """The distinct mentions of some docs, which stand in a row of tokens, one behind the other.

    start, end: first token in the row and token behind the last.
    labels, texts: of each mention.
    lengths, doc_texts: tokens and text of each doc.
    docs_without: docs that have only blank tokens, others without a mention, and docs without
        the span group.
    unusable: repeats of a mention, spans without a token, mentions that begin or end with a
        blank token. The first two are not among the mentions.
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
        """Start, end and the number of the label of each mention, (N,)."""
        numbers = {label: i for i, label in enumerate(dict.fromkeys(self.labels))}
        labels = [numbers[label] for label in self.labels]
        start, end, label = (numpy.array(x, dtype=int) for x in (self.start, self.end, labels))
        return start, end, label


def count_labels(
    docs: Sequence[Doc], spans_key: str, *, name: Union[str, Path] = "The corpus"
) -> Dict[str, int]:
    """Number of mentions of each label, the most frequent first.

    RAISES (UserError): As `gather_mentions` does.
    """
    table = gather_mentions(docs, name, spans_key)
    return dict(sorted(Counter(table.labels).items(), key=lambda item: (-item[1], item[0])))


def gather_mentions(
    docs: Sequence[Doc], name: Union[str, Path], spans_key: str
) -> MentionTable:
    """The mentions of docs under a key.

    name: What the message calls the docs: their file.
    RAISES (UserError): There is none.
    """
    table = MentionTable()
    row = 0
    for doc in docs:
        _add_spans(table, doc, row, spans_key)
        table.lengths.append(len(doc))
        table.doc_texts.append(doc.text)
        row += len(doc)
    if not table.labels:
        raise UserError(_explain_absence(docs, name, spans_key))
    return table


def _add_spans(table: MentionTable, doc: Doc, row: int, spans_key: str) -> None:
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
            # not span.text, which joins the tokens one by one
            text = doc_text[span.start_char : span.end_char]
            # no model finds these: spaCy's transformers see no blank tokens
            table.unusable["blank"] += text[0].isspace() or text[-1].isspace()
            table.start.append(row + span.start)
            table.end.append(row + span.end)
            table.labels.append(span.label_)
            table.texts.append(text)
    is_blank = not doc_text.strip()
    table.docs_without["tokens"] += is_blank
    table.docs_without["mentions"] += not seen and not is_blank
    table.docs_without["group"] += spans_key not in doc.spans


def _explain_absence(docs: Sequence[Doc], name: Union[str, Path], spans_key: str) -> str:
    keys = sorted({key for doc in docs for key, group in doc.spans.items() if len(group)})
    where = f"{name} has no mention under the span key '{spans_key}' in its {len(docs):,} docs"
    if keys:
        found = ", ".join(f"'{key}'" for key in keys)
        return f"{where}; it has some under {found}: choose one of these keys."
    return f"{where}, nor under another key: give a file with mentions in doc.spans."
