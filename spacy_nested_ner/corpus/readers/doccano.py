"""doccano: JSON lines, or a JSON list, with offsets in characters.

    {"id": 1, "text": "Kiel Canal", "label": [[0, 10, "LOC"], [0, 4, "LOC"]]}
    {"id": 1, "text": "Kiel Canal", "relations": [],
     "entities": [{"id": 7, "label": "LOC", "start_offset": 0, "end_offset": 4}]}

`labels` may stand for `label`, and `data` for `text`. `document` names the source document.
Relations, comments and other metadata are not read. doccano exports a file for each user if a
project does not share annotations: the name of the file is the annotator.

Some versions count units of UTF-16, which differ from characters behind an emoji, and there is
no text of the mention to compare. The count is right whose mentions begin and end at more
borders of words.
"""

from pathlib import Path
from typing import Any, Dict, Iterator, List, Sequence, Tuple

from ..faults import tolerate
from ..records import Record
from ..sources import find_files, part_of
from .characters import CharacterSpan, make_record, make_span
from .ids import Ids, name_document, name_files
from .json_values import Place, read_objects, show_value
from .offsets import Places, move

SUFFIXES = (".jsonl", ".json")
TEXTS = ("text", "data")
LABELS = ("label", "labels", "entities")
Object = Dict[str, Any]  # of JSON


def read_doccano(source: Path) -> Iterator[Record]:
    """Yield one record for each object.

    source: A .jsonl or .json file, a folder or an archive. The part comes from the names of
        files.
    RAISES (UserError): The file has another format; a mention is not in the text; an id comes
        twice.
    """
    files = find_files(source, SUFFIXES)
    ids = Ids()
    for name, file in zip(name_files(files), files):
        with tolerate("file"):
            part = part_of(file)
            for number, (place, value) in enumerate(read_objects(file)):
                with tolerate("record"):
                    text, entries = _open_object(value, place)
                    spans: List[CharacterSpan] = []
                    for entry in entries:
                        with tolerate("annotation"):
                            spans.append(_make_span(entry, place))
                    id = ids.add_annotated(
                        value.get("id"),
                        str(place),
                        file=name,
                        number=number,
                        annotator=name,
                        text=(text, part),
                    )
                    spans = _to_characters(spans, text)
                    yield make_record(
                        id,
                        text,
                        spans,
                        document=name_document(value.get("document"), name),
                        part=part,
                        annotator=name,
                    )


def _open_object(value: Object, place: Place) -> Tuple[str, List[Any]]:
    """The text of an object, and its mentions."""
    text = next((value[key] for key in TEXTS if isinstance(value.get(key), str)), None)
    found = [key for key in LABELS if key in value]
    if text is None or len(found) != 1:
        raise place.error(
            f"the keys are {', '.join(value) or 'none'}: give a text under "
            f"{' or '.join(TEXTS)}, and its mentions under one of {', '.join(LABELS)}"
        )
    entries = value[found[0]]
    if not isinstance(entries, list):
        raise place.error(f"{show_value(entries)} is no list of mentions: correct it")
    return text, entries


def _make_span(entry: Any, place: Place) -> CharacterSpan:
    if isinstance(entry, dict):
        entry = [entry.get(key) for key in ("start_offset", "end_offset", "label")]
    if not isinstance(entry, list) or len(entry) != 3 or not isinstance(entry[2], str):
        raise place.error(
            f"the mention {show_value(entry)} is no list of start, end and label, nor an "
            "object with start_offset, end_offset and label: correct it"
        )
    start, end, label = entry
    return make_span(start, end, label, str(place))


def _to_characters(spans: Sequence[CharacterSpan], text: str) -> List[CharacterSpan]:
    """The spans with offsets in characters, whatever doccano counted."""
    units = [i for i, char in enumerate(text) for _ in range(1 + (ord(char) > 0xFFFF))]
    moved = _move(spans, units)
    is_better = _count_edges(moved, text) > _count_edges(spans, text)
    return moved if is_better else list(spans)


def _move(spans: Sequence[CharacterSpan], places: Places) -> List[CharacterSpan]:
    edges = move([(span.start, span.end) for span in spans], places)
    return [span._replace(start=start, end=end) for span, (start, end) in zip(spans, edges)]


def _count_edges(spans: Sequence[CharacterSpan], text: str) -> int:
    """How many starts and ends are at a border of a word, with the word inside the span."""
    n = 0
    for start, end, *_ in spans:
        if 0 <= start < end <= len(text):
            before, first = text[start - 1 : start], text[start]
            last, after = text[end - 1], text[end : end + 1]
            n += not first.isspace() and not (before.isalnum() and first.isalnum())
            n += not last.isspace() and not (after.isalnum() and last.isalnum())
    return n
