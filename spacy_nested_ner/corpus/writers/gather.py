"""Gather annotations: predict them in texts, or take them from docs."""

from typing import Iterable, Mapping, Optional, Sequence, Set

from spacy.language import Language
from spacy.tokens import Doc

from ...progress import progress
from ...rendering.displacy import displacy_options
from ...user_error import UserError
from ..readers.ids import Ids
from ..records import Part
from ..texts import Text
from .annotations import Annotations, Document, make_document


def predict_annotations(
    nlp: Language, texts: Mapping[str, Text], spans_key: str
) -> Annotations:
    """Predict the spans of texts.

    texts: By their ids.
    RAISES (UserError): No pipe writes to the key.
    """
    labels = displacy_options(nlp, spans_key=spans_key)["colors"]
    # not nlp.make_doc: it limits the length of a text, a limit for parsers
    docs = nlp.pipe(nlp.tokenizer(text.text) for text in texts.values())
    documents = [
        make_document(doc, spans_key, id=id, document=text.document or id)
        for (id, text), doc in zip(
            texts.items(), progress(docs, total=len(texts), unit="texts")
        )
    ]
    model = "{lang}_{name}-{version}".format(**nlp.meta)
    return _make_annotations(documents, labels, is_predicted=True, model=model)


def take_annotations(
    docs: Sequence[Doc], spans_key: str, *, name: str, part: Optional[Part] = None
) -> Annotations:
    """Take the spans of docs: predictions if one of them has a probability, else gold.

    name: Of the file of the docs, for the ids of docs without doc.user_data["id"].
    RAISES (UserError): No doc has the key; an id comes twice.
    """
    if not any(spans_key in doc.spans for doc in docs):
        keys = sorted({key for doc in docs for key in doc.spans})
        raise UserError(
            f"No document has doc.spans['{spans_key}'] (keys in the documents: "
            f"{', '.join(map(repr, keys)) or 'none'}): choose one of these keys."
        )
    ids = Ids()
    documents = []
    for number, doc in enumerate(docs):
        where = f"{name}, document {number} (from 0)"
        id = ids.add(doc.user_data.get("id"), where, file=name, number=number)
        document = doc.user_data.get("document")
        source = id if document is None else str(document)
        documents.append(make_document(doc, spans_key, id=id, document=source, part=part))
    is_predicted = any(document.score is not None for document in documents)
    return _make_annotations(documents, (), is_predicted=is_predicted)


def _make_annotations(
    documents: Sequence[Document],
    labels: Iterable[str],
    *,
    is_predicted: bool,
    model: str = "",
) -> Annotations:
    """labels: further labels beside those of the spans."""
    found: Set[str] = {span.label for document in documents for span in document.spans}
    return Annotations(tuple(documents), tuple(sorted({*labels, *found})), is_predicted, model)
