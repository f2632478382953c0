"""Options that make displaCy draw the spans of a pipeline in the colours of their labels."""

from typing import Any, Dict, Iterable, Optional, Union

from spacy.language import Language
from spacy.tokens import Doc

from ..files.pipelines import find_spans_key, predicted_labels
from ..user_error import UserError
from .colors import label_colors


def displacy_options(
    source: Union[Language, Doc, Iterable[str]], *, spans_key: Optional[str] = None
) -> Dict[str, Any]:
    """Options for displaCy's span style: a colour for each label, and the key of the spans.

        doc = nlp("IL-2 gene promoter")
        displacy.render(doc, style="span", options=displacy_options(nlp))

    A label of the corpora that this package converts has the colour of its corpus, another one
    spaCy's or a colour made from its name. `visualize` and `report` draw in the same colours.

    source: A pipeline with the labels that it predicts, a Doc with the labels of its spans, or
        the labels themselves.
    spans_key: Key of doc.spans. By default the one key that the settings of the pipeline name,
        or the one key of the Doc; "sc" for labels.
    RETURNS: {"colors": {label: CSS colour}, "spans_key": key}.
    RAISES (UserError): There is no such key, or more than one to choose from, or the source is
        a str.
    """
    if isinstance(source, str):
        raise UserError(f"'{source}' is a str: give a pipeline, a Doc or a list of labels.")
    if isinstance(source, Language):
        key = find_spans_key(source) if spans_key is None else spans_key
        labels = predicted_labels(source, key)
    elif isinstance(source, Doc):
        key = _find_key(source) if spans_key is None else spans_key
        labels = {span.label_ for span in source.spans.get(key, ())}
    else:
        key, labels = spans_key or "sc", set(source)
    return {"colors": label_colors(labels), "spans_key": key}


def _find_key(doc: Doc) -> str:
    if len(doc.spans) != 1:
        found = ", ".join(f"'{key}'" for key in doc.spans) or "none"
        raise UserError(f"The Doc has the span keys {found}: say which with spans_key.")
    key: str = next(iter(doc.spans))
    return key
