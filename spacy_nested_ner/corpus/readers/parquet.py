"""Parquet files, and folders that Hugging Face `datasets` saved with `save_to_disk`.

The columns decide how a row is read:

    passages, entities          BigBIO's schema `kb`: pieces of the text with their offsets, and
                                mentions with lists of offsets, in characters
    text, entities or spans     mentions with start, end (not included) and label, in characters
    tokens, entities or spans   the same, in tokens
    tokens, ner_tags            tags such as B-LOC. Every column with `ner` in its name is a
                                layer of mentions; else `tags` or `labels` is one.

`type` may stand for `label`, `offsets` for `start` and `end`: [0, 4], or [[0, 4]] with a list
for each piece. A mention may give its `text`.
A mention of several pieces with text between them is lost as "discontinuous". BigBIO has no
characters between passages; they become line ends. Nothing is downloaded.
"""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any, Dict, Iterator, List, Sequence, Tuple, Union

from ...user_error import UserError
from ..faults import tolerate
from ..records import Discontinuous, Record, Skipped
from ..sources import SourceFile, find_files, part_of
from .arrow_rows import Row, read_rows
from .characters import CharacterSpan, check_span, make_record, make_span
from .ids import Ids, name_document, name_files
from .json_values import Place, show_value
from .tag_schemes import Sentence, decode_layer, parse_tags, stack
from .token_json import read_tokens
from .tokens import TokenSpan, make_token_record

SUFFIXES = (".parquet", ".arrow")
CACHE = "cache-"  # begins the names of files that `datasets` keeps beside its data
TEXTS, TOKENS, MENTIONS = ("text", "sentence"), ("tokens", "words"), ("entities", "spans")
LABELS = ("label", "type", "entity_type")
TAGS = ("tags", "labels")
DOCUMENTS = ("document_id", "doc_id", "document")


def read_parquet(source: Path) -> Iterator[Union[Record, Skipped]]:
    """Yield every row.

    source: A .parquet file, a folder of `save_to_disk`, another folder or an archive. The part
        comes from the names of files and folders, the id from the column `id`, the document
        from `document_id`.
    YIELDS: A row without tokens is skipped as "empty", a row whose mentions or tags are missing
        as "unlabelled".
    RAISES (UserError): pyarrow is not installed; a file is damaged; its columns are not those
        above; a mention is not in the text or tokens; a tag breaks its scheme; an id comes
        twice.
    """
    files = [
        file
        for file in find_files(source, SUFFIXES)
        if not PurePosixPath(file.path_in_source).name.startswith(CACHE)
    ]
    ids = Ids()
    for name, file in zip(name_files(files), files):
        with tolerate("file"):
            has_ends = _has_ends(file)
            for number, row in enumerate(read_rows(file)):
                place = Place(file, f"row {number} (from 0)")
                with tolerate("record"):
                    id = ids.add(row.get("id"), str(place), file=name, number=number)
                    made = _read_row(row, id, place, has_ends)
                    if isinstance(made, Record):
                        own = next((row[key] for key in DOCUMENTS if row.get(key)), None)
                        document = name_document(own, name) or id
                        made = replace(made, document=document, part=part_of(file))
                    yield made


def _has_ends(file: SourceFile) -> bool:
    """Whether any tag of the file marks the end of a mention."""
    for row in read_rows(file):
        columns = [row[key] for key in _find_tags(row) if isinstance(row[key], list)]
        if not columns:
            return False
        values = (value for column in columns for value in column if isinstance(value, str))
        if any(tag.prefix == "E" for value in values for tag in parse_tags(value) or ()):
            return True
    return False


def _read_row(row: Row, id: str, place: Place, has_ends: bool) -> Union[Record, Skipped]:
    text = next((key for key in TEXTS if isinstance(row.get(key), str)), None)
    tokens = next((key for key in TOKENS if _is_list_of_texts(row.get(key))), None)
    mentions = next((key for key in MENTIONS if key in row), None)
    tags = _find_tags(row)
    found = _list_objects(row, mentions, place) if mentions else row[tags[0]] if tags else []
    is_missing = isinstance(found, list) and found and all(item is None for item in found)
    if found is None or is_missing:
        return Skipped("unlabelled", str(place))
    if mentions and not _is_list_of_objects(found):
        raise place.error(
            f"'{mentions}' is {show_value(found)}: give mentions with start, end and label"
        )
    if mentions and row.get("passages") is not None:
        return _read_text(id, _join_passages(row["passages"], place), found, place)
    if mentions and text and tokens and not all(isinstance(m.get("text"), str) for m in found):
        raise place.error(
            f"'{mentions}' may count the characters of '{text}' or '{tokens}': remove the "
            "other column"
        )
    if mentions and text:
        return _read_text(id, row[text], found, place)
    if tokens and (mentions or tags):
        words = read_tokens(row[tokens], place)
        if not words:
            return Skipped("empty", str(place))
        if mentions:
            return _read_mentions(id, words, found, place)
        return _read_tags(id, words, {key: row[key] for key in tags}, place, has_ends)
    raise place.error(
        f"the columns are {', '.join(row)}: give text or tokens, and their mentions under "
        "entities or spans, or tags under ner_tags"
    )


def _list_objects(row: Row, key: str, place: Place) -> Any:
    """The mentions as objects, also if there is an object with a list for each key."""
    value = row[key]
    if isinstance(value, dict) and all(isinstance(items, list) for items in value.values()):
        if len({len(items) for items in value.values()}) > 1:
            counts = ", ".join(f"{name} {len(items)}" for name, items in value.items())
            raise place.error(
                f"'{key}' has lists of different lengths, {counts}: give each mention a value "
                "in every list"
            )
        return [dict(zip(value, items)) for items in zip(*value.values())]
    return value


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _find_tags(row: Row) -> List[str]:
    """The columns of tags."""
    layers = [key for key in row if "ner" in key.lower().split("_")]
    return layers or [key for key in TAGS if key in row]


def _join_passages(passages: Any, place: Place) -> str:
    """The text of which BigBIO gives pieces."""
    pieces: List[Tuple[int, int, str]] = []
    for passage in passages if isinstance(passages, list) else [passages]:
        try:
            edges = zip(passage["offsets"], passage["text"], strict=True)
            found = [(start, end, text) for (start, end), text in edges]
        except (LookupError, TypeError, ValueError):
            found = [(None, None, None)]
        if not all(_is_edges([s, e]) and isinstance(text, str) for s, e, text in found):
            raise place.error(
                f"the passage {show_value(passage)} has no texts with offsets: correct it"
            )
        pieces += found
    joined = ""
    for start, end, text in sorted(pieces):
        if start < len(joined) or end - start != len(text):
            raise place.error(
                f"the passage {text[:50]!r} does not fit its offsets, {start} to {end}, behind "
                f"a text of {len(joined)} characters: correct them"
            )
        joined += "\n" * (start - len(joined)) + text
    return joined


def _read_text(id: str, text: str, mentions: Sequence[Row], place: Place) -> Record:
    spans: List[CharacterSpan] = []
    discontinuous: List[Discontinuous] = []
    for mention in mentions:
        with tolerate("annotation"):
            pieces, label = _read_pieces(mention, place)
            given = _join_given(mention.get("text"), mention.get("offsets"))
            span = make_span(pieces[0][0], pieces[-1][1], label, str(place), given)
            between = (text[end:start] for (_, end), (start, _) in pairwise(pieces))
            if any(blanks.strip() for blanks in between):
                for start, end in pieces:
                    check_span(span._replace(start=start, end=end, text=None), text)
                discontinuous.append(Discontinuous(tuple(pieces), label, str(place)))
            else:
                spans.append(span)
    return make_record(id, text, spans, discontinuous=discontinuous)


def _read_pieces(mention: Row, place: Place) -> Tuple[List[Tuple[int, int]], str]:
    """Start and end of each piece of a mention, in order, and its label."""
    offsets = mention.get("offsets") or [mention.get("start"), mention.get("end")]
    pieces = [offsets] if _is_edges(offsets) else offsets
    label = next((mention[key] for key in LABELS if isinstance(mention.get(key), str)), None)
    if not isinstance(pieces, list) or not all(map(_is_edges, pieces)):
        raise place.error(
            f"the mention {show_value(mention)} has no start and end, or offsets: correct it"
        )
    if label is None:
        raise place.error(f"the mention {show_value(mention)} has no label: give one")
    return sorted((start, end) for start, end in pieces), label


def _is_edges(value: Any) -> bool:
    """Whether a value is a start and an end."""
    return isinstance(value, list) and len(value) == 2 and all(type(v) is int for v in value)


def _join_given(texts: Any, offsets: Any) -> Any:
    """The text of a mention, made of the texts of its pieces in the order of their offsets."""
    if not _is_list_of_texts(texts):
        return texts
    if offsets and len(offsets) == len(texts):
        texts = [text for _, text in sorted(zip(offsets, texts))]
    return " ".join(texts)


def _read_mentions(
    id: str, tokens: Sequence[str], mentions: Sequence[Row], place: Place
) -> Record:
    spans = []
    for mention in mentions:
        with tolerate("annotation"):
            pieces, label = _read_pieces(mention, place)
            start, end = pieces[0]
            if len(pieces) > 1 or not 0 <= start < end <= len(tokens):
                raise place.error(
                    f"the mention {show_value(mention)} is not in the {len(tokens)} tokens: "
                    "give start and end, which is not included, from 0"
                )
            spans.append(TokenSpan(start, end, label, str(place)))
    return make_token_record(id, tokens, spans)


def _read_tags(
    id: str, tokens: List[str], columns: Dict[str, Any], place: Place, has_ends: bool
) -> Record:
    """columns: the tags of each layer, by column."""
    spans: List[TokenSpan] = []
    for name, values in columns.items():
        if not isinstance(values, list) or len(values) != len(tokens):
            raise place.error(f"'{name}' has no tag for each of the {len(tokens)} tokens")
        cells = []
        for value in values:
            tags = parse_tags(value) if isinstance(value, str) else None
            if tags is None:
                raise place.error(
                    f"'{name}' has {show_value(value)}, which is no tag such as O or B-PER, "
                    "nor the number of one in a feature ClassLabel"
                )
            cells.append(tags)
        # the row stands for the lines of its tokens
        sentence = Sentence(None, [0] * len(tokens), [])
        for layer in stack(cells):
            with tolerate("annotation"):
                try:
                    found = list(decode_layer(place.file, sentence, layer, has_ends=has_ends))
                except UserError:
                    raise place.error(
                        f"the tags in '{name}' break their scheme, with ends of mentions (E- "
                        "or L-): correct them"
                    ) from None
                spans += [span._replace(where=str(place)) for span in found]
    return make_token_record(id, tokens, spans)
