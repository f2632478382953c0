"""doccano's JSON lines for sequence labelling.

    {"id": "a:0", "document": "a", "text": "ABC-1 on", "label": [[0, 5, "DNA"]]}

doccano counts units of UTF-16, as JavaScript does, so an emoji counts two (doccano, issue
2290). It keeps the other keys and exports them again. It has no place for a probability.
"""

from typing import Dict, Mapping

from ..utf16 import count_utf16
from . import Writer
from .annotations import Annotations
from .json_lines import dump_lines


def write_doccano(annotations: Annotations) -> Dict[str, bytes]:
    lines = []
    for document in annotations.documents:
        units = count_utf16(document.text)
        label = [[units[span.start], units[span.end], span.label] for span in document.spans]
        lines.append({**document.names, "text": document.text, "label": label})
    return {"": dump_lines(lines)}


def count_lost(annotations: Annotations) -> Mapping[str, int]:
    return {"probabilities": annotations.count_scores()}


DOCCANO = Writer(write_doccano, count_lost=count_lost)
