"""The training data of GLiNER: a JSON list, or one object in each line.

    [{"tokenized_text": ["Kiel", "Canal", "opens"], "ner": [[0, 1, "place"], [0, 0, "place"]]}]

A mention has its first and its last token, and a label. Other keys, such as labels to choose
from, are not read.
"""

from pathlib import Path
from typing import Iterator, Union

from ..faults import tolerate
from ..records import Record, Skipped
from ..sources import find_files, part_of
from .ids import Ids, name_document, name_files
from .json_values import read_objects
from .token_json import read_tokens
from .token_triples import read_triples
from .tokens import make_token_record

SUFFIXES = (".json", ".jsonl")


def read_gliner(source: Path) -> Iterator[Union[Record, Skipped]]:
    """Yield every text.

    source: A .json or .jsonl file, a folder or an archive. The part comes from the names of
        files, the id from the key `id`, the document from `document`.
    YIELDS: A text without tokens is skipped as "empty".
    RAISES (UserError): The file has another format; a mention is not in the tokens; an id comes
        twice.
    """
    files = find_files(source, SUFFIXES)
    ids = Ids()
    for name, file in zip(name_files(files), files):
        with tolerate("file"):
            for number, (place, value) in enumerate(read_objects(file)):
                with tolerate("record"):
                    if not value.keys() >= {"tokenized_text", "ner"}:
                        keys = ", ".join(value) or "none"
                        raise place.error(f"the keys are {keys}: give tokenized_text and ner")
                    tokens = read_tokens(value["tokenized_text"], place)
                    spans = read_triples(value["ner"], range(len(tokens)), place)
                    if not tokens:
                        yield Skipped("empty", str(place))
                        continue
                    id = ids.add(value.get("id"), str(place), file=name, number=number)
                    document = name_document(value.get("document"), name)
                    part = part_of(file)
                    yield make_token_record(id, tokens, spans, document=document, part=part)
