"""spaCy's own binary format: a DocBin in a .spacy file.

The mentions are the span group "sc", or else the only group with spans. If no group has spans,
they are the entities. The groups "{group}_unannotated" and "{group}_rejected" mark regions
without annotation, and spans that are no mention. In `Doc.user_data`, `convert` stores the
mentions inside tokens and the number of discontinuous ones.
"""

from dataclasses import replace
from pathlib import Path
from typing import (
    Any,
    Dict,
    FrozenSet,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

from ...files.damage import refuse_damage
from ...user_error import UserError
from ..faults import tolerate
from ..records import Lost, Mention, Record
from ..sources import SourceFile, find_files, part_of
from .characters import CharacterSpan, make_record
from .ids import Ids, name_document, name_files

GROUP = "sc"  # spaCy's default
# ends of the keys of groups without mentions; see `gold_alignment`
UNANNOTATED, REJECTED = "_unannotated", "_rejected"
Spans = List[Tuple[int, int, str]]  # half-open characters, label


class StoredDoc(NamedTuple):
    """The contents of a doc, without its tokens.

    groups: the span groups that have spans.
    keys: the keys of all span groups.
    not_aligned: mentions that did not fit the tokens.
    discontinuous: number of discontinuous mentions that were left out.
    """

    text: str
    groups: Dict[str, Spans]
    ents: Spans
    id: object
    document: object
    keys: FrozenSet[str]
    not_aligned: Spans
    discontinuous: int


def read_docbin(source: Path) -> Iterator[Record]:
    """Yield one record per doc.

    source: A .spacy file, a folder or an archive. The part comes from the names of files, `id`
        and `document` from these keys of `Doc.user_data`, if it was stored.
    RAISES (UserError): A file is no DocBin; several groups have spans and none is "sc"; a span
        is empty; an id comes twice.
    """
    files = find_files(source, [".spacy"])
    docs: Dict[SourceFile, List[StoredDoc]] = {}
    for file in files:
        with tolerate("file"):
            docs[file] = _read_docs(file)
    group = _find_group([doc for docs_of_file in docs.values() for doc in docs_of_file], source)
    ids = Ids()
    for name, file in zip(name_files(files), files):
        for number, doc in enumerate(docs.get(file, [])):
            with tolerate("record"):
                where = f"{file.path_in_source}, doc {number} (from 0)"
                spans = doc.ents if group is None else doc.groups.get(group, [])
                spans = spans + doc.not_aligned
                record = make_record(
                    ids.add(doc.id, where, file=name, number=number),
                    doc.text,
                    [CharacterSpan(*span, where) for span in spans],
                    document=name_document(doc.document, name),
                    part=part_of(file),
                    lost=[Lost("discontinuous", where, "")] * doc.discontinuous,
                )
                regions = doc.groups.get(f"{group or GROUP}{UNANNOTATED}", [])
                if group is not None and group not in doc.keys and doc.text:
                    # an empty group says that there is no mention, a missing one says nothing
                    regions = [(0, len(doc.text), "")]
                yield replace(
                    record,
                    unannotated=_mentions(regions),
                    rejected=_mentions(doc.groups.get(f"{group or GROUP}{REJECTED}", [])),
                )


def _read_docs(file: SourceFile) -> List[StoredDoc]:
    from spacy.vocab import Vocab

    from ...files.docbin import unpack_docs

    with file.open() as stream:
        data = stream.read()
    what = f"{file.name} has a document that spaCy cannot read"
    with refuse_damage(what, "write it again with DocBin.to_disk"):
        return [
            StoredDoc(
                doc.text,
                {key: _offsets(group) for key, group in doc.spans.items() if len(group)},
                _offsets(doc.ents),
                doc.user_data.get("id"),
                doc.user_data.get("document"),
                frozenset(doc.spans),
                _not_aligned(doc),
                # no text has more of them than characters
                min(int(doc.user_data.get("discontinuous", 0)), len(doc.text)),
            )
            for doc in unpack_docs(data, file.name, Vocab(), user_data=True)
        ]


def _not_aligned(doc: Any) -> Spans:
    stored = doc.user_data.get("not_aligned", ())
    return [(int(start), int(end), str(label)) for start, end, label in stored]


def _mentions(spans: Spans) -> Tuple[Mention, ...]:
    return tuple(Mention(start, end, label.strip()) for start, end, label in spans)


def _offsets(spans: Iterable[Any]) -> Spans:
    return [(span.start_char, span.end_char, span.label_) for span in spans]


def _find_group(docs: Sequence[StoredDoc], source: Path) -> Optional[str]:
    """The group of the mentions, None if the mentions are the entities."""
    keys = sorted(
        {key for doc in docs for key in doc.groups if not key.endswith((UNANNOTATED, REJECTED))}
    )
    if len(keys) > 1 and GROUP not in keys:
        raise UserError(
            f"{source} has spans in the groups {', '.join(map(repr, keys))}: keep one, or "
            f"rename the group of the mentions to {GROUP!r}."
        )
    return GROUP if GROUP in keys else next(iter(keys), None)
