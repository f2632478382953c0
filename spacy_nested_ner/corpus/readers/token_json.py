"""Tokens and spans of tokens in JSON, in the forms of research code for nested mentions.

    W2NER    {"sentence": ["Kiel", "Canal"], "ner": [{"index": [0, 1], "type": "LOC"}]}
    PIQN     {"tokens": ["Kiel", "Canal"],
              "entities": [{"start": 0, "end": 2, "type": "LOC"}], "org_id": "news-7"}
    CNN-NER  {"tokens": ["Kiel", "Canal"], "doc_id": "news-7", "sent_id": "news-7-0",
              "entity_mentions": [{"start": 0, "end": 2, "entity_type": "LOC",
                                   "text": "Kiel Canal"}]}

A file is a JSON list of such objects or has one object per line, all of one form. Ends are not
included. If `index` leaves tokens out, the mention is lost as "discontinuous". A mention that
comes twice is lost as "repeated", a sentence without tokens is skipped as "empty". `org_id`
(`orig_id` in SpERT) and `doc_id` name the document. All other keys, such as relations and the
tokens of neighbouring sentences, are ignored.
"""

from itertools import pairwise
from pathlib import Path
from typing import (
    Any,
    Callable,
    Dict,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
    Union,
)

from ..faults import tolerate
from ..records import Lost, Record, Skipped
from ..sources import find_files, part_of
from .ids import Ids, name_document, name_files
from .json_values import Place, read_values, show_value
from .tokens import TokenSpan, join_tokens, make_token_record

SUFFIXES = (".json", ".jsonl", ".jsonlines")


class Form(NamedTuple):
    """The keys of one form.

    span: Keys for the tokens of a mention: one for all their numbers, or start and end.
    documents: Keys for the document; the first one in a sentence counts.
    """

    tokens: str
    mentions: str
    span: Tuple[str, ...]
    label: str
    id: Optional[str] = None
    documents: Tuple[str, ...] = ()


FORMS = {
    "W2NER": Form("sentence", "ner", ("index",), "type"),
    "PIQN": Form(
        "tokens", "entities", ("start", "end"), "type", documents=("org_id", "orig_id")
    ),
    "CNN-NER": Form(
        "tokens",
        "entity_mentions",
        ("start", "end"),
        "entity_type",
        id="sent_id",
        documents=("doc_id",),
    ),
}


def read_token_json(source: Path) -> Iterator[Union[Record, Skipped]]:
    """Yield every sentence, file after file. The part comes from the names of files and
    folders.

    source: A file, a folder or an archive. In the last two, *types.json is no data: PIQN keeps
        its labels there.
    RAISES (UserError): The keys are of no form, or of another one than before; a value has the
        wrong type; a token or label is empty; an id comes twice; a mention is empty, reversed
        or outside the tokens, or its text is not that of its tokens.
    """
    files = find_files(source, SUFFIXES)
    files = [file for file in files if not file.name.endswith("types.json")] or files
    ids = Ids()
    for file, name in zip(files, name_files(files)):
        known = ""
        with tolerate("file"):
            for number, (place, value) in enumerate(read_values(file)):
                with tolerate("record"):
                    found = find_form(value, place)
                    if found != (known := known or found):
                        raise place.error(
                            f"the keys of {found} after those of {known}: split the file"
                        )
                    form = FORMS[found]
                    own = value.get(form.id) if form.id else None
                    id = ids.add(own, str(place), file=name, number=number)
                    yield read_sentence(value, form, place, id, file=name)


def find_form(value: Any, place: Place, *, among: Sequence[str] = tuple(FORMS)) -> str:
    """The name of the form with the keys of a sentence.

    RAISES (UserError): The keys are of no form, or of several.
    """
    keys = value.keys() if isinstance(value, dict) else ()
    found = [f for f in among if FORMS[f].tokens in keys and FORMS[f].mentions in keys]
    if len(found) == 1:
        return found[0]
    what = f"the keys are {', '.join(keys)}" if keys else f"{show_value(value)} is no object"
    forms = ", or ".join(f"{FORMS[f].tokens} and {FORMS[f].mentions} of {f}" for f in among)
    raise place.error(f"{what}: give the keys {forms}")


def read_sentence(
    value: Dict[str, Any],
    form: Form,
    place: Place,
    id: str,
    *,
    file: str,
    make_label: Callable[[str], str] = str,
) -> Union[Record, Skipped]:
    """Make the record of one sentence.

    value: A sentence with the keys of the form.
    file: Name of its file from `name_files`.
    make_label: Turns the label in the file into the label of the mention.
    RAISES (UserError): See `read_token_json`.
    """
    tokens = read_tokens(value[form.tokens], place)
    entities = value[form.mentions]
    if not isinstance(entities, list):
        raise place.error(f"{show_value(entities)} is no list of mentions: correct it")
    if not tokens and entities:
        raise place.error(
            f"the mention {show_value(entities[0])} has no tokens: add the tokens"
        )
    if not tokens:
        return Skipped("empty", str(place))
    spans: List[TokenSpan] = []
    lost: List[Lost] = []
    for entity in entities:
        with tolerate("annotation"):
            numbers, label = _read_mention(entity, tokens, form, place)
            if len(numbers) < numbers[-1] - numbers[0] + 1:
                text, _ = join_tokens([tokens[i] for i in numbers])
                lost.append(Lost("discontinuous", str(place), text))
            else:
                span = TokenSpan(numbers[0], numbers[-1] + 1, make_label(label), str(place))
                spans.append(span)
    document = name_document(_read_document(value, form, place), file)
    part = part_of(place.file)
    return make_token_record(id, tokens, spans, document=document, part=part, lost=lost)


def read_tokens(tokens: Any, place: Place) -> List[str]:
    if not isinstance(tokens, list):
        raise place.error(f"{show_value(tokens)} is no list of tokens: correct it")
    for number, token in enumerate(tokens):
        if not isinstance(token, str) or not token:
            raise place.error(
                f"token {number} (from 0) is {show_value(token)}: replace it with a text, or "
                "remove it and correct the numbers of the mentions"
            )
    return tokens


def _read_mention(
    entity: Any, tokens: Sequence[str], form: Form, place: Place
) -> Tuple[Sequence[int], str]:
    """The numbers of a mention's tokens, ascending, and its label."""
    if not isinstance(entity, dict):
        raise place.error(f"the mention {show_value(entity)} is no object: correct it")
    label = entity.get(form.label)
    if not isinstance(label, str) or not label.strip():
        raise place.error(
            f"the mention {show_value(entity)} has no label under '{form.label}': give one"
        )
    numbers = _read_numbers([entity.get(key) for key in form.span])
    if not numbers or numbers[0] < 0 or numbers[-1] >= len(tokens):
        what = "ascending numbers" if len(form.span) == 1 else "numbers, start before end,"
        raise place.error(
            f"the mention {show_value(entity)} is not in the {len(tokens)} tokens: give "
            f"{' and '.join(form.span)} as {what} from 0"
        )
    text = entity.get("text")
    marked = "".join(tokens[i] for i in numbers)
    if isinstance(text, str) and "".join(text.split()) != "".join(marked.split()):
        raise place.error(
            f"the text of the mention {show_value(entity)} is not that of its tokens, "
            f"{show_value(marked)}: correct the numbers or the text"
        )
    return numbers, label


def _read_numbers(values: Sequence[Any]) -> Sequence[int]:
    """Numbers from [index] or [start, end], empty if these are invalid."""
    numbers = values if len(values) == 2 else values[0]
    if not isinstance(numbers, list) or not all(type(n) is int for n in numbers):
        return ()
    if any(n >= after for n, after in pairwise(numbers)):
        return ()
    return range(*numbers) if len(values) == 2 else numbers


def _read_document(value: Dict[str, Any], form: Form, place: Place) -> Optional[str]:
    for key in form.documents:
        name = value.get(key)
        if name is not None:
            if type(name) not in (str, int) or name == "":
                raise place.error(f"'{key}' is {show_value(name)}: give a text or a number")
            return str(name)
    return None
