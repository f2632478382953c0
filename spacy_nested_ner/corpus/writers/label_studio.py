"""Label Studio's JSON tasks, and beside them the labelling interface that shows them.

    [{"data": {"text": "ABC-1 on", "id": "a:0", "document": "a"},
      "predictions": [{"model_version": "en_genes-1.0", "score": 0.93, "result": [
        {"id": "1", "from_name": "label", "to_name": "text", "type": "labels", "score": 0.93,
         "value": {"start": 0, "end": 5, "text": "ABC-1", "labels": ["DNA"]}}]}]}]

Predictions are pre-annotations, which an annotator corrects; gold spans are `annotations`, of
which a document that is not annotated has none. The score of a prediction is that of its least
certain span. Offsets count characters: Label Studio counts the code points of a text, not
JavaScript's units of UTF-16 (its domManager.md; its pull request 1559). The keys are those of
its task format, https://labelstud.io/guide/task_format.
"""

from typing import Any, Dict
from xml.sax.saxutils import quoteattr

from ...rendering.colors import label_color
from . import Writer
from .annotations import Annotations, Document
from .json_lines import dump_list

INTERFACE = "-labels.xml"


def write_label_studio(annotations: Annotations) -> Dict[str, bytes]:
    tasks = (_make_task(document, annotations) for document in annotations.documents)
    return {"": dump_list(tasks), INTERFACE: _make_interface(annotations).encode("utf8")}


def _make_task(document: Document, annotations: Annotations) -> Dict[str, Any]:
    result = [
        {
            "id": str(number),
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "value": {
                "start": span.start,
                "end": span.end,
                "text": document.text[span.start : span.end],
                "labels": [span.label],
            },
            **({} if span.score is None else {"score": span.score}),
        }
        for number, span in enumerate(document.spans, start=1)
    ]
    data = {"text": document.text, **document.names}
    if not document.is_annotated:
        return {"data": data, "annotations": []}
    if not annotations.is_predicted:
        return {"data": data, "annotations": [{"result": result}]}
    prediction: Dict[str, Any] = {"result": result}
    if annotations.model:
        prediction["model_version"] = annotations.model
    if document.score is not None:
        prediction["score"] = document.score
    return {"data": data, "predictions": [prediction]}


def _make_interface(annotations: Annotations) -> str:
    """A labelling interface with a button for each label."""
    labels = [
        f"    <Label value={quoteattr(label)} background={quoteattr(label_color(label))}/>"
        for label in annotations.labels
    ]
    lines = [
        "<View>",
        '  <Labels name="label" toName="text">',
        *labels,
        "  </Labels>",
        '  <Text name="text" value="$text"/>',
        "</View>",
    ]
    return "\n".join(lines) + "\n"


LABEL_STUDIO = Writer(write_label_studio, beside=(INTERFACE,), marks_unannotated=True)
