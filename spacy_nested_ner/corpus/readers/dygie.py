"""The documents of DyGIE++ (and SciERC): one object in each line, or a JSON list.

    {"doc_key": "d1", "sentences": [["Kiel", "Canal", "opens"], ["In", "Kiel"]],
     "ner": [[[0, 1, "LOC"], [0, 0, "LOC"]], [[4, 4, "LOC"]]]}

`ner` has a list for each sentence. A mention has the numbers of its first and its last token in
the document, and a label. Relations, clusters, events and predictions are not read.
"""

from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, Dict, Iterator, List, Union

from ..faults import tolerate
from ..records import Record, Skipped
from ..sources import find_files, part_of
from .ids import Ids, name_files
from .json_values import Place, read_objects, show_value
from .token_json import read_tokens
from .token_triples import read_triples
from .tokens import make_token_record

SUFFIXES = (".json", ".jsonl")


def read_dygie(source: Path) -> Iterator[Union[Record, Skipped]]:
    """Yield every sentence.

    source: A .jsonl or .json file, a folder or an archive. The part comes from the names of
        files, the document from `doc_key`.
    YIELDS: A sentence without tokens is skipped as "empty", a document without `ner` as
        "unlabelled".
    RAISES (UserError): The file has another format; there is not one list of mentions for each
        sentence; a mention is not in its sentence; a document comes twice.
    """
    files = find_files(source, SUFFIXES)
    ids = Ids()
    for name, file in zip(name_files(files), files):
        with tolerate("file"):
            for number, (place, value) in enumerate(read_objects(file)):
                with tolerate("record"):
                    sentences = _read_sentences(value, place)
                    mentions = value.get("ner")
                    if mentions is None:
                        yield Skipped("unlabelled", str(place))
                        continue
                    if not isinstance(mentions, list) or len(mentions) != len(sentences):
                        raise place.error(
                            f"'ner' {show_value(mentions)} is no list with an entry for each "
                            f"of the {len(sentences)} sentences: correct it"
                        )
                    id = ids.add(value.get("doc_key"), str(place), file=name, number=number)
                    yield from _make_records(id, sentences, mentions, place)


def _read_sentences(value: Dict[str, Any], place: Place) -> List[List[str]]:
    sentences = value.get("sentences")
    if not isinstance(sentences, list):
        raise place.error(
            f"the keys are {', '.join(value) or 'none'}: give a list of sentences under "
            "'sentences', and their mentions under 'ner'"
        )
    return [read_tokens(sentence, place) for sentence in sentences]


def _make_records(
    document: str, sentences: List[List[str]], mentions: List[Any], place: Place
) -> Iterator[Union[Record, Skipped]]:
    bounds = pairwise([0, *accumulate(map(len, sentences))])
    for number, (tokens, values, (start, end)) in enumerate(zip(sentences, mentions, bounds)):
        with tolerate("record"):
            spans = read_triples(values, range(start, end), place)
            if tokens:
                id = f"{document}:{number}"
                yield make_token_record(
                    id, tokens, spans, document=document, part=part_of(place.file)
                )
            else:
                yield Skipped("empty", str(place))
