"""JSON lines as spaCy and Prodigy write them: one object per line, offsets in characters.

    {"text": "ABC-1 on", "spans": [{"start": 0, "end": 5, "label": "DNA"}], "answer": "accept"}
    {"text": "ABC-1 on", "spans": {"sc": [{"start": 0, "end": 5, "label": "DNA"}]}, "ents": []}

The first is Prodigy's. It may add `tokens`, and to a span `token_start` and `token_end` (its
last token). `_annotator_id` or `_session_id` names the annotator; the lines of one text by
several annotators become records with one id. The second is the output of `Doc.to_json`: the
reader takes its only span group, or `ents` if no doc has a group.

A binary task of Prodigy asks about the spans of a text one at a time. Its records have a true
`_is_binary`, or without that key the `_view_id` "ner" or "spans". The records of one
`_input_hash` and annotator become one record: accepted spans are mentions, rejected ones are
known to be none, and the rest of the text is not annotated.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple, Union

from ...user_error import UserError
from ..faults import tolerate
from ..records import Mention, Record, Skipped
from ..sources import SourceFile, find_files, parse_json, part_of, read_lines
from .characters import CharacterSpan, make_record
from .ids import Ids, name_document, name_files

BINARY_VIEWS = ("ner", "spans")  # of Prodigy; the others end with _manual
NOT_USED = ("reject", "ignore")  # answers of a Prodigy user
OF_OTHERS = ("label", "labels", "entities")  # the mentions in JSON lines of other tools
Object = Dict[str, Any]  # of JSON


def read_jsonl(source: Path) -> Iterator[Union[Record, Skipped]]:
    """Yield one record per line.

    source: A .jsonl file, a folder or an archive. The part comes from the names of files, `id`
        and `document` of a record from keys of these names, if there are any.
    YIELDS: Examples that a Prodigy user rejected or ignored are skipped as "reject" or
        "ignore".
    RAISES (UserError): The file has another format or other keys; a span is not in the text, or
        does not match its tokens or its text; mentions are in two places; an annotator accepts
        and rejects a span; an id comes twice.
    """
    files = find_files(source, [".jsonl"])
    ids = Ids()
    place = ""  # of the mentions in a record, the same in all records
    keys: Dict[str, None] = {}  # a set that keeps the order
    for name, file in zip(name_files(files), files):
        binary: Dict[object, List[Tuple[str, Object]]] = {}
        for n, (where, record) in enumerate(_read_objects(file)):
            keys.update(dict.fromkeys(record))
            if record.get("_is_binary", record.get("_view_id") in BINARY_VIEWS):
                same_text = record.get("_input_hash", record.get("text"))
                binary.setdefault(str(same_text), []).append((where, record))
                continue
            if record.get("answer") in NOT_USED:
                yield Skipped(record["answer"], where)
                continue
            with tolerate("record"):
                _check_keys(record, where)
                here, objects = _find_spans(record, where)
                place = place or here
                if here and here != place:
                    raise UserError(
                        f"{where}: the mentions are in {here}, but before in {place}: use one "
                        "of them."
                    )
                spans = []
                for value in objects:
                    with tolerate("annotation"):
                        spans.append(_make_span(value, record, where))
                annotator = _find_annotator(record)
                text, document, part = record["text"], record.get("document"), part_of(file)
                id = ids.add_annotated(
                    record.get("id"),
                    where,
                    file=name,
                    number=n,
                    annotator=annotator,
                    text=(text, document, part),
                )
                yield make_record(
                    id,
                    text,
                    spans,
                    document=name_document(document, name),
                    part=part,
                    annotator=annotator,
                )
        for n, (same_text, records) in enumerate(binary.items()):
            used: Dict[str, List[Tuple[str, Object]]] = {}  # by annotator
            for where, record in records:
                if record.get("answer") == "ignore":
                    yield Skipped("ignore", where)
                else:
                    annotator = _find_annotator(record) or "unknown"
                    used.setdefault(annotator, []).append((where, record))
            for annotator, answers in used.items():
                with tolerate("record"):
                    where, record = first = next(iter(used.values()))[0]
                    merged = _merge(answers, first)
                    part = part_of(file)
                    id = ids.add_annotated(
                        record.get("id"),
                        where,
                        file=f"{name}:binary",
                        number=n,
                        annotator=annotator,
                        text=(same_text, merged.text, part),
                    )
                    document = name_document(record.get("document"), name) or id
                    yield replace(
                        merged, id=id, document=document, part=part, annotator=annotator
                    )
    if not keys.keys() & {"spans", "ents"}:
        raise UserError(
            f"{source}: no line has 'spans', the keys are {', '.join(keys) or 'none'}: give "
            "JSON lines as spaCy or Prodigy write them."
        )


def _merge(answers: List[Tuple[str, Object]], first: Tuple[str, Object]) -> Record:
    """One record, without an id, of the binary answers of one annotator about one text, each
    with its file and line.

    first: The first answer of any annotator about the text.
    """
    first_where, first_record = first
    _check_keys({**first_record, "answer": None}, first_where)
    text: str = first_record["text"]
    accepted: List[CharacterSpan] = []
    rejected: List[CharacterSpan] = []
    for where, record in answers:
        answer = record.get("answer")
        _check_keys({**record, "answer": "accept" if answer == "reject" else answer}, where)
        if record["text"] != text:
            raise UserError(
                f"{where}: the text differs from the one in {first_where}, which has the "
                "same _input_hash: correct one of them."
            )
        side, others = accepted, rejected
        if answer == "reject":
            side, others = rejected, accepted
        for value in _find_spans(record, where)[1]:
            with tolerate("annotation"):
                span = _make_span(value, record, where)
                _check_other_answers(span, others)
                side.append(span)
    return replace(
        make_record("", text, accepted),
        rejected=make_record("", text, rejected).mentions,
        unannotated=(Mention(0, len(text), ""),) if text else (),
    )


def _check_other_answers(span: CharacterSpan, others: List[CharacterSpan]) -> None:
    """RAISES (UserError): The annotator has given the span the other answer before."""
    for other in others:
        if span[:3] == other[:3]:
            raise UserError(
                f"{span.where}: the span from {span.start} to {span.end} has the label "
                f"{span.label!r} and another answer in {other.where}: keep one of the answers."
            )


def _read_objects(file: SourceFile) -> Iterator[Tuple[str, Object]]:
    """File and line of each object, and the object."""
    for number, line in read_lines(file):
        if line.strip():
            with tolerate("record"):
                where = f"{file.path_in_source}, line {number}"
                value = parse_json(line, file, number)
                if not isinstance(value, dict):
                    raise UserError(
                        f"{where}: {line[:30]!r} is no JSON object: write one object per line."
                    )
                yield where, value


def _check_keys(record: Object, where: str) -> None:
    if not isinstance(record.get("text"), str):
        raise UserError(f"{where}: 'text' is {record.get('text')!r}: give the text.")
    if record.get("answer") not in (None, "accept"):
        raise UserError(
            f"{where}: 'answer' is {record['answer']!r}: give accept, {' or '.join(NOT_USED)}."
        )
    if not isinstance(record.get("document"), (str, type(None))):
        raise UserError(
            f"{where}: 'document' is {record['document']!r}: give the name of a document."
        )


def _find_annotator(record: Object) -> Optional[str]:
    """The annotator in Prodigy. Older versions have only the name of the session."""
    annotator = record.get("_annotator_id") or record.get("_session_id")
    return None if annotator is None else str(annotator)


def _find_spans(record: Object, where: str) -> Tuple[str, List[Object]]:
    """The place of the mentions, in words, and the mentions. No place if there are none."""
    spans = record.get("spans")
    place = "'spans'"
    if isinstance(spans, dict):
        if len(spans) > 1:
            raise UserError(
                f"{where}: 'spans' has the groups {', '.join(map(repr, spans))}: keep one."
            )
        key, spans = next(iter(spans.items()), ("", None))
        place = f"'spans' under {key!r}"
    if spans is None and record.get("ents"):
        place, spans = "'ents'", record["ents"]
    if spans is None:
        _refuse_other_mentions(record, where)
        return "", []
    if not isinstance(spans, list) or not all(isinstance(span, dict) for span in spans):
        raise UserError(f"{where}: {place} is no list of objects: correct it.")
    return place, spans


def _refuse_other_mentions(record: Object, where: str) -> None:
    """Without this, a file of another tool in the same folder would give texts without
    mentions."""
    for key in OF_OTHERS:
        value = record.get(key)
        if isinstance(value, list) and any(isinstance(item, (list, dict)) for item in value):
            raise UserError(
                f"{where}: the mentions are in {key!r}, but spaCy and Prodigy write them in "
                "'spans': choose the format of this file, and give files of one format."
            )


def _make_span(span: Object, record: Object, where: str) -> CharacterSpan:
    start, end = span.get("start"), span.get("end")
    if type(start) is not int or type(end) is not int:
        raise UserError(
            f"{where}: a span from {start!r} to {end!r}: give 'start' and 'end' as whole "
            "numbers, in characters."
        )
    label, text = span.get("label", 0), span.get("text")
    if not isinstance(label, (str, type(None))) or not isinstance(text, (str, type(None))):
        raise UserError(
            f"{where}: the span from {start} to {end} has no 'label', or its 'label' or 'text' "
            "is not a text: correct it."
        )
    for key, edge, expected in (("token_start", "start", start), ("token_end", "end", end)):
        if span.get(key) is not None and record.get("tokens") is not None:
            offset = _token_edge(record["tokens"], span[key], edge)
            if offset != expected:
                raise UserError(
                    f"{where}: the span from {start} to {end} has the {key} {span[key]!r}, but "
                    f"the {edge} of that token is {offset}: correct one of them. token_end is "
                    "the number of the last token in the span."
                )
    return CharacterSpan(start, end, label or "", where, text)


def _token_edge(tokens: Any, i: object, edge: str) -> Optional[object]:
    """Start or end of a token in characters, None if there is no such token."""
    if not isinstance(tokens, list) or type(i) is not int or not 0 <= i < len(tokens):
        return None
    return tokens[i].get(edge) if isinstance(tokens[i], dict) else None
