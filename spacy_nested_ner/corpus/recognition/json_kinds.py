"""The kind of a JSON file, by its first records.

{"text": "Nord Bank", "label": [[0, 9, "ORG"]]}      doccano
{"sentence": ["Nord", "Bank"], "ner": []}            token_json
"""

import json
from itertools import islice
from typing import Any, Dict, Iterator, List, Optional

from . import kinds
from .kinds import Kind

N_RECORDS = 100  # records that may have no mention before the first one that decides
CLOSING = {"{": "}", "[": "]"}


def find_json_kind(head: str) -> Optional[Kind]:
    """The kind of a JSON list, a JSON object, or JSON lines.

    head: Text at the beginning of the file, which may end anywhere.
    RETURNS: None if the text is no JSON, or its records decide nothing.
    """
    values = list(islice(read_head(head), N_RECORDS))
    found = _find_tuple(values[:2])  # JSON lines, each a tuple
    for value in values:
        if isinstance(value, dict):
            found = found or _find_by_keys(value) or _find_by_mentions(value)
        else:
            found = found or _find_tuple(value)
    return found


def find_likely_json_kind(head: str) -> Optional[Kind]:
    """The likely kind of JSON whose records have no mention. head: see `find_json_kind`."""
    values = islice(read_head(head), N_RECORDS)
    found = (_find_without_mentions(value) for value in values if isinstance(value, dict))
    return next(filter(None, found), None)


def read_head(head: str) -> Iterator[Any]:
    """Yield the elements of a list, or the values of JSON lines, as far as the text goes. The
    last value may lack its end."""
    decoder = json.JSONDecoder()
    text = head.lstrip()
    is_list = text.startswith("[")
    at = 1 if is_list else 0
    while True:
        while text[at : at + 1].isspace() or text[at : at + 1] == ",":
            at += 1
        if text[at : at + 1] in ("", "]"):
            return
        try:
            value, at = decoder.raw_decode(text, at)
        except ValueError:
            yield from _read_beginning(text[at:])
            return
        yield value


def _read_beginning(text: str) -> Iterator[Any]:
    """The value whose beginning is given, up to its last comma; none if it is no JSON."""
    opened: List[str] = []
    in_string = is_escaped = False
    end, closing = 0, ""  # of the longest part that is complete
    for i, character in enumerate(text):
        if in_string:
            is_ending = character == '"' and not is_escaped
            is_escaped = character == "\\" and not is_escaped
            in_string = not is_ending
        elif character == '"':
            in_string = True
        elif character in CLOSING:
            opened.append(CLOSING[character])
        elif opened and character == opened[-1]:
            opened.pop()
        elif character == ",":
            end, closing = i, "".join(reversed(opened))
    try:
        yield json.loads(text[:end] + closing)
    except ValueError:
        return


def _find_by_keys(value: Dict[str, Any]) -> Optional[Kind]:
    keys = value.keys()
    if any(key.startswith("%") for key in keys):
        return kinds.CAS
    lists = [item for item in value.values() if isinstance(item, list)]
    if "passages" in keys or any("passages" in _first(items) for items in lists):
        first = _first(value["passages"]) if "passages" in keys else {}
        return kinds.BIGBIO if "offsets" in first else kinds.BIOC
    if "annotations" in keys and _find_tuple(next(iter(_list(value["annotations"])), None)):
        return kinds.SPACY_TUPLES
    if "data" in keys and keys & {"annotations", "completions", "predictions"}:
        return kinds.LABEL_STUDIO
    if any({"start", "end", "labels"} <= _first(items).keys() for items in lists):
        return kinds.LABEL_STUDIO
    if "tokenized_text" in keys:
        return kinds.GLINER
    if "sentences" in keys and keys & {"ner", "doc_key", "predicted_ner"}:
        return kinds.DYGIE
    if {"sentence", "ner"} <= keys or {"tokens", "entity_mentions"} <= keys:
        return kinds.TOKEN_JSON
    if "tokens" in keys and keys & {"ner_tags", "tags", "labels"}:
        return kinds.NER_TAGS
    if {"input", "output"} <= keys and isinstance(value["output"], dict):
        return kinds.GLINER2
    if "originalText" in keys:
        return kinds.CCKS
    if "context" in keys and keys & {"span_position", "entity_label", "start_position"}:
        return kinds.MRC
    return None


def _find_by_mentions(value: Dict[str, Any]) -> Optional[Kind]:
    """The kind of a record with a mention."""
    entities = _first(value.get("entities"))
    if "tokens" in value and {"start", "end", "type"} <= entities.keys():
        return kinds.MAINTIE if "text" in value else kinds.TOKEN_JSON
    if "tokens" in value and "span" in entities:
        return kinds.TOKEN_JSON
    labels = value.get("label", value.get("labels"))
    if _is_triple(labels):
        return kinds.DOCCANO
    if not isinstance(value.get("text"), str):
        return None
    if isinstance(value.get("spans"), dict) or "start" in _first(value.get("spans")):
        return kinds.JSONL
    if "start" in _first(value.get("ents")):
        return kinds.JSONL
    if "start_offset" in entities:
        return kinds.DOCCANO
    if "start_idx" in entities:
        return kinds.CMEEE
    if isinstance(labels, dict):
        return kinds.CLUENER
    if any(_is_triple(value.get(key), label=0) for key in ("annotation", "prediction")):
        return kinds.ARGILLA
    if _is_triple(value.get("entities")) or _is_triple(value.get("spans")):
        return kinds.SPACY_TUPLES
    return kinds.SPACY_TUPLES if {"start", "end", "label"} <= entities.keys() else None


def _find_without_mentions(value: Dict[str, Any]) -> Optional[Kind]:
    """The likely kind of a record that has no mention."""
    keys = value.keys()
    if {"tokens", "entities"} <= keys:
        return kinds.MAINTIE if "text" in keys else kinds.TOKEN_JSON
    if "text" in keys and keys & {"spans", "ents"}:
        return kinds.JSONL
    if {"text", "label"} <= keys or {"text", "entities", "relations"} <= keys:
        return kinds.DOCCANO
    if {"text", "entities"} <= keys:
        return kinds.CMEEE
    return None


def _find_tuple(value: Any) -> Optional[Kind]:
    """The kind of [text, {"entities": …}]."""
    if not isinstance(value, list) or len(value) != 2 or not isinstance(value[0], str):
        return None
    is_dict = isinstance(value[1], dict)
    return kinds.SPACY_TUPLES if is_dict and value[1].keys() & {"entities", "spans"} else None


def _list(value: Any) -> List[Any]:
    return value if isinstance(value, list) else []


def _first(value: Any) -> Dict[str, Any]:
    """The first object of a list of objects, else an empty one."""
    first = next(iter(_list(value)), None)
    return first if isinstance(first, dict) else {}


def _is_triple(value: Any, *, label: int = 2) -> bool:
    """Whether a value is a list of start, end and label. label: its place."""
    first = _list(next(iter(_list(value)), None))
    expected: List[type] = [int, int]
    expected.insert(label, str)
    return [type(item) for item in first[:3]] == expected
