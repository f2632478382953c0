"""spaCy's training tuples in JSON, as a list or one in each line, with offsets in characters.

    ["Kiel Canal", {"entities": [[0, 10, "LOC"]]}]
    ["Kiel Canal", {"spans": {"sc": [[0, 10, "LOC"], [0, 4, "LOC"]]}}]
    {"text": "Kiel Canal", "entities": [[0, 10, "LOC"]]}
    {"classes": ["LOC"], "annotations": [["Kiel Canal", {"entities": [[0, 10, "LOC"]]}]]}

A mention is a list of start, end and label, or an object with these keys. The only span group
comes before the entities. The last form is that of some online annotators. Tags, heads and
categories are not read.
"""

from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

from ..faults import tolerate
from ..records import Record
from ..sources import SourceFile, find_files, part_of
from .characters import CharacterSpan, make_record, make_span
from .ids import Ids, name_files
from .json_values import Place, read_values, show_value

SUFFIXES = (".json", ".jsonl")
KEYS = ("start", "end", "label")


def read_spacy_tuples(source: Path) -> Iterator[Record]:
    """Yield one record for each text.

    source: A .json or .jsonl file, a folder or an archive. The part comes from the names of
        files, the id from the key `id` of an object.
    RAISES (UserError): The file has another format; a mention is not in the text; entities are
        tags of tokens; there are several span groups; an id comes twice.
    """
    files = find_files(source, SUFFIXES)
    ids = Ids()
    for name, file in zip(name_files(files), files):
        with tolerate("file"):
            for number, (place, value) in enumerate(_read_items(file)):
                with tolerate("record"):
                    text, annotations = _open_item(value, place)
                    spans: List[CharacterSpan] = []
                    for entry in _find_entries(annotations, place):
                        with tolerate("annotation"):
                            spans.append(_make_span(entry, place))
                    own = value.get("id") if isinstance(value, dict) else None
                    id = ids.add(own, str(place), file=name, number=number)
                    yield make_record(id, text, spans, part=part_of(file))


def _read_items(file: SourceFile) -> Iterator[Tuple[Place, Any]]:
    for place, value in read_values(file, lists=True):
        if isinstance(value, dict) and isinstance(value.get("annotations"), list):
            for number, item in enumerate(value["annotations"]):
                if item is not None:  # an empty line of the text
                    yield Place(file, f"{place.at}, annotation {number} (from 0)"), item
        else:
            yield place, value


def _open_item(value: Any, place: Place) -> Tuple[str, Dict[str, Any]]:
    """The text of an item, and the object with its mentions."""
    if isinstance(value, list) and len(value) == 2:
        text, annotations = value
    else:
        text, annotations = (value.get("text"), value) if isinstance(value, dict) else (0, 0)
    if not isinstance(text, str) or not isinstance(annotations, dict):
        raise place.error(
            f"{show_value(value)} is neither a text and an object in a list, nor an object "
            "with 'text': correct it"
        )
    return text, annotations


def _find_entries(annotations: Dict[str, Any], place: Place) -> List[Any]:
    groups = annotations.get("spans")
    entries = annotations.get("entities") if groups is None else groups
    if isinstance(groups, dict):
        if len(groups) > 1:
            raise place.error(f"'spans' has the groups {', '.join(groups)}: keep one")
        entries = next(iter(groups.values()), [])
    if entries is None and not annotations.keys() & {"entities", "spans"}:
        keys = ", ".join(annotations) or "none"
        raise place.error(f"the keys are {keys}: give the mentions under entities or spans")
    if not isinstance(entries, list):
        raise place.error(f"{show_value(entries)} is no list of mentions: correct it")
    if any(isinstance(entry, str) for entry in entries):
        raise place.error(
            f"{show_value(entries)} are tags of tokens: give start, end and label of each "
            "mention, in characters"
        )
    return entries


def _make_span(entry: Any, place: Place) -> CharacterSpan:
    start = end = label = None
    if isinstance(entry, dict):
        start, end, label = map(entry.get, KEYS)
    elif isinstance(entry, list) and len(entry) in (3, 4):
        start, end, label = entry[:3]  # a fourth value is the id in a knowledge base
    if not isinstance(label, str):
        raise place.error(
            f"the mention {show_value(entry)} has no {', '.join(KEYS)}: correct it"
        )
    return make_span(start, end, label, str(place))
