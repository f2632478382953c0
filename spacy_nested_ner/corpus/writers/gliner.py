"""GLiNER's training data: a JSON list of tokens with spans, the last token included.

    [{"id": "a:0", "document": "a", "tokenized_text": ["ABC-1", "on"], "ner": [[0, 0, "DNA"]]}]

GLiNER reads only `tokenized_text` and `ner`. The blanks of the text are lost: a reader can only
put one blank between two tokens. Tokens of nothing but blanks are left out.
"""

from itertools import accumulate
from typing import Any, Dict, List, Mapping

from ..readers.tokens import join_tokens
from . import Writer
from .annotations import Annotations, Document
from .json_lines import dump_list


def write_gliner(annotations: Annotations) -> Dict[str, bytes]:
    return {"": dump_list(map(_make_example, annotations.documents))}


def _make_example(document: Document) -> Dict[str, Any]:
    is_word = [bool(document.text[start:end].strip()) for start, end in document.tokens]
    # before[i]: how many words are before token i
    before = [0, *accumulate(map(int, is_word))]
    return {
        **document.names,
        "tokenized_text": _words(document),
        "ner": [
            [before[span.start_token], before[span.end_token] - 1, span.label]
            for span in document.spans
        ],
    }


def _words(document: Document) -> List[str]:
    tokens = (document.text[start:end] for start, end in document.tokens)
    return [token for token in tokens if token.strip()]


def count_lost(annotations: Annotations) -> Mapping[str, int]:
    respaced = (join_tokens(_words(d))[0] != d.text for d in annotations.documents)
    return {
        "probabilities": annotations.count_scores(),
        "texts with other blanks than one between two words": sum(respaced),
    }


GLINER = Writer(write_gliner, count_lost=count_lost)
