"""Label Studio: a JSON list of tasks, in its export formats JSON and JSON-MIN.

    [{"id": 1, "data": {"text": "Kiel Canal"}, "annotations": [{"completed_by": 3, "result": [
      {"type": "labels", "from_name": "label", "to_name": "text",
       "value": {"start": 0, "end": 4, "text": "Kiel", "labels": ["LOC"]}}]}]}]

    [{"id": 1, "text": "Kiel Canal", "annotator": 3, "annotation_id": 9,
      "label": [{"start": 0, "end": 4, "text": "Kiel", "labels": ["LOC"]}]}]

Each annotation of a task becomes a record; those of one task have the same id. Every label of a
region is a mention. Regions of HTML, dialogues or images have no offsets in a plain text: they
are lost as "other region". Choices, ratings, text areas and relations are not read. Offsets
count characters, in older versions units of UTF-16: the texts of the regions decide.
"""

from collections import Counter
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union
from typing import Counter as Counts

from ...user_error import UserError
from ..faults import tolerate
from ..records import Lost, Record, Skipped
from ..sources import find_files, part_of
from .characters import CharacterSpan, make_record, make_span
from .ids import Ids, name_document, name_files
from .json_values import Place, read_objects, show_value

ANNOTATIONS = ("annotations", "completions")  # the second before version 1.0
CANCELLED = ("was_cancelled", "skipped")
TEXT = "text"  # usual name of the annotated text
BESIDE = ("annotator", "created_at", "updated_at")  # other texts in JSON-MIN
LABELS = "labels"  # type of a region of a plain text
Object = Dict[str, Any]  # of JSON


class Region(NamedTuple):
    """kind: "labels", or another type that ends with it. value: offsets, text and labels.
    target: name of the annotated text in the task's configuration, often that in the data."""

    kind: str
    value: Object
    target: object = None


def read_label_studio(source: Path) -> Iterator[Union[Record, Skipped]]:
    """Yield one record for each annotation.

    source: A .json file, a folder or an archive. The part comes from the names of files.
    YIELDS: A cancelled annotation is skipped as "cancelled", a task without annotations as
        "prediction" if it has predictions, else as "unlabelled".
    RAISES (UserError): The file has another format; it is not clear which text of a task is
        annotated; a region is not in the text, or does not match its text; an id comes twice.
    """
    files = find_files(source, [".json"])
    reading = _Reading()
    for name, file in zip(name_files(files), files):
        with tolerate("file"):
            for number, (place, task) in enumerate(read_objects(file)):
                yield from reading.read_task(task, place, name, number)


class _Reading:
    """What the tasks of a source share.

    text_name: name of the text in the data of the tasks so far.
    annotated: how often an annotator has annotated a task, by file, task and annotator.
    """

    def __init__(self) -> None:
        self.ids = Ids()
        self.text_name = TEXT
        self.annotated: Counts[Tuple[str, str, str]] = Counter()

    def read_task(
        self, task: Object, place: Place, name: str, number: int
    ) -> Iterator[Union[Record, Skipped]]:
        """name: name of the file from `name_files`. number: of the task in the file."""
        annotations: Optional[Sequence[Any]] = None
        with tolerate("record"):
            data, annotations = _open_task(task, place)
        if annotations is not None and not annotations:
            reason = "prediction" if task.get("predictions") else "unlabelled"
            yield Skipped(reason, str(place))
        for annotation in annotations or ():
            with tolerate("record"):
                if any(annotation.get(key) for key in CANCELLED):
                    yield Skipped("cancelled", str(place))
                    continue
                regions = _find_regions(annotation, place)
                text = data[self._find_text(data, regions, place)]
                annotator = _name_annotator(annotation)
                key = (name, repr(task.get("id")), annotator)
                self.annotated[key] += 1
                if self.annotated[key] > 1:
                    annotator += f"#{self.annotated[key]}"
                part = part_of(place.file)
                id = self.ids.add_annotated(
                    data.get("id", task.get("id")),
                    str(place),
                    file=name,
                    number=number,
                    annotator=annotator,
                    text=(text, part),
                )
                spans, lost = _make_spans(regions, text, str(place))
                yield make_record(
                    id,
                    text,
                    spans,
                    document=name_document(data.get("document"), name),
                    part=part,
                    lost=lost,
                    annotator=annotator,
                )

    def _find_text(self, data: Object, regions: Sequence[Region], place: Place) -> str:
        """The name of the annotated text in the data of a task: the name that the regions give,
        "text", that of the tasks before, or the only one that has the texts of all regions."""
        names = [k for k, v in data.items() if isinstance(v, str) and k not in BESIDE]
        targets = [name for name in names if any(name == r.target for r in regions)]
        if len(targets) > 1:
            raise place.error(
                f"there are regions in the texts {', '.join(targets)}: export one of them"
            )
        fitting = [name for name in names if _has_texts(data[name], regions)]
        usual = [name for name in (*targets, TEXT, self.text_name) if name in names]
        found = [name for name in usual if name in fitting]
        if not found:
            found = fitting if len(fitting) == 1 else usual or names
        if not usual and len(found) != 1:
            what = f"it is not clear which of {', '.join(names)} is the annotated text"
            raise place.error(
                f"{what if names else 'there is no text'}: give it the name '{TEXT}'"
            )
        self.text_name = found[0]
        return found[0]


def _open_task(task: Object, place: Place) -> Tuple[Object, List[Object]]:
    """The data of a task, and its annotations. In JSON-MIN a task is its own data and only
    annotation.

    RAISES (UserError): The task is not one of Label Studio.
    """
    data = task.get("data")
    if isinstance(data, dict):
        annotations: Any = next((task[key] for key in ANNOTATIONS if task.get(key)), [])
        if isinstance(annotations, list) and all(isinstance(a, dict) for a in annotations):
            return data, annotations
        raise place.error(f"{show_value(annotations)} is no list of annotations: correct it")
    texts = [key for key, value in task.items() if isinstance(value, str)]
    if "id" not in task or not texts:
        raise place.error(
            f"the keys are {', '.join(task) or 'none'}: give tasks of Label Studio with 'data' "
            "and 'annotations', or its JSON-MIN"
        )
    is_annotated = task.get("annotation_id", 0) is not None
    return task, [task] if is_annotated else []


def _find_regions(annotation: Object, place: Place) -> List[Region]:
    """The regions with labels.

    annotation: One of JSON, or a whole task of JSON-MIN.
    """
    result = annotation.get("result")
    if result is None:  # JSON-MIN
        lists = [value for value in annotation.values() if isinstance(value, list)]
        return [
            Region(kind, value)
            for values in lists
            for value in values
            if isinstance(value, dict)
            for kind in value
            if kind.endswith(LABELS)
        ]
    if not isinstance(result, list) or not all(isinstance(item, dict) for item in result):
        raise place.error(f"the result {show_value(result)} is no list of objects: correct it")
    regions = []
    for item in result:
        kind, value = item.get("type"), item.get("value")
        if isinstance(kind, str) and kind.endswith(LABELS):
            with tolerate("annotation"):
                if not isinstance(value, dict):
                    raise place.error(f"the region {show_value(item)} has no value: give one")
                regions.append(Region(kind, value, item.get("to_name")))
    return regions


def _has_texts(text: str, regions: Sequence[Region]) -> bool:
    words = " ".join(text.split())
    given = [region.value.get("text") for region in regions]
    return all(" ".join(t.split()) in words for t in given if isinstance(t, str))


def _name_annotator(annotation: Object) -> str:
    annotator = annotation.get("completed_by", annotation.get("annotator"))
    if isinstance(annotator, dict):  # also has the e-mail address
        annotator = annotator.get("id")
    return "unknown" if annotator in (None, {}) else str(annotator)


def _make_spans(
    regions: Sequence[Region], text: str, where: str
) -> Tuple[List[CharacterSpan], List[Lost]]:
    spans: List[CharacterSpan] = []
    lost: List[Lost] = []
    for kind, value, _ in regions:
        given = value.get("text")
        if kind != LABELS or "startOffset" in value:
            lost.append(Lost("other region", where, given if isinstance(given, str) else ""))
            continue
        with tolerate("annotation"):
            if isinstance(given, str) and "\\n" not in text:
                given = given.replace("\\n", "\n")  # Label Studio escapes line ends
            labels = value.get(LABELS) or [None]
            if not isinstance(labels, list):
                raise UserError(
                    f"{where}: {show_value(labels)} is no list of labels: correct it."
                )
            for label in labels:
                span = make_span(value.get("start"), value.get("end"), label, where, given)
                spans.append(span)
    return spans, lost
