"""What a .spacy file holds and what it asks of a model: to be looked at before training."""

from collections import Counter
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Sequence, Tuple, TypedDict

from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from ...files.docbin import read_docs
from ...scoring.nesting import count_disjoint, relate
from ..conversion.statistics import count_widths
from ..mention_table import MentionTable, gather_mentions
from ..overlap import normalize_text
from .misalignment import Misaligned, count_misaligned, load_tokenizer, read_left_out

# spaCy's ngram suggester with the widths from 1 to each of these
SUGGESTER_WIDTHS = (3, 6, 8, 12)
# a label with fewer mentions is rare
RARE = 10


class Share(TypedDict):
    """So many mentions, or docs, and their share of all."""

    count: int
    share: float


class SpanWidth(TypedDict):
    """What `max_span_width` may be set to, in tokens: `all` keeps every mention, `p99_9` is
    the width at that percentile, and `lost` are the mentions that it would leave out."""

    all: int
    p99_9: int
    lost: Share


class Overlap(TypedDict):
    """What another file has in common with the inspected one, which is trained on.

    same_text: docs whose text is that of a training doc, but for case, whitespace and the way
        in which Unicode composes characters; blank ones aside.
    seen: mentions whose text and label are those of a training mention.
    too_wide: mentions wider than the widest training mention.
    new_labels: labels that no training mention has.
    """

    docs: int
    mentions: int
    same_text: Share
    seen: Share
    too_wide: Share
    new_labels: List[str]


class Inspection(TypedDict):
    """The facts of a file, of its distinct mentions: two of one doc, span and label are one.

    labels: The most frequent first; `rare_labels` have fewer than `RARE` mentions.
    nesting: Mentions that are `nested` (inside or around another), `same_label_nested`,
        `inside` another, `crossing` another, on the `same_span` as one of another label;
        `overlapping` is any of these.
    depth: "1", "2" …: in how many spans, each inside the one before, a mention is the last.
    width, length: Percentiles of mentions and of docs, in tokens.
    reach: Highest recall open to spaCy's ngram suggester with the widths 1 to n (`width_<n>`),
        and to a tagger with one tag a token (`flat`): the largest subset without overlaps.
    docs_without: Docs that have only blank `tokens`; of the others, those without `mentions`;
        and those without the `group`, which spaCy's scorer passes over.
    unusable: Mentions that come again (`repeated`) or have no token (`empty`), both counted
        nowhere else, and those that begin or end with a `blank` token.
    left_out: Mentions that did not fit the tokens when the file was made, from the report.json
        of `convert` beside it; None without one.
    misaligned: Mentions that do not fit the tokens of the pipeline; None without one.
    overlap: By file.
    """

    file: str
    spans_key: str
    docs: int
    tokens: int
    mentions: int
    labels: Dict[str, Share]
    rare_labels: List[str]
    nesting: Dict[str, Share]
    depth: Dict[str, Share]
    width: Dict[str, int]
    length: Dict[str, int]
    reach: Dict[str, Share]
    max_span_width: SpanWidth
    docs_without: Dict[str, Share]
    unusable: Dict[str, Share]
    left_out: Optional[Misaligned]
    misaligned: Optional[Misaligned]
    overlap: Dict[str, Overlap]


def inspect_corpus(
    file: Path,
    *,
    dev: Sequence[Path] = (),
    spans_key: str = "sc",
    pipeline: Optional[str] = None,
) -> Inspection:
    """Count what is in a .spacy file, in a time that grows as n log n with its mentions.

    file: Docs of spaCy (DocBin), those to train on.
    dev: Other such files, to be compared with the first.
    spans_key: Key of the span group in doc.spans.
    pipeline: Whose tokens the mentions have to fit: a trained pipeline, by name or folder, or
        a config file with [nlp.tokenizer].
    RETURNS: Facts that JSON can hold.
    RAISES (UserError): A file cannot be read, is no DocBin or has no mention under the key,
        or the pipeline cannot be loaded.
    """
    nlp = None if pipeline is None else load_tokenizer(pipeline)
    facts = inspect_docs(
        read_docs(file, Vocab() if nlp is None else nlp.vocab),
        name=str(file),
        dev={str(path): read_docs(path, Vocab()) for path in dev},
        spans_key=spans_key,
        tokenizer=None if nlp is None else (str(pipeline), nlp),
    )
    return {**facts, "left_out": read_left_out(file)}


def inspect_docs(
    docs: Sequence[Doc],
    *,
    name: str = "The corpus",
    dev: Mapping[str, Sequence[Doc]] = {},
    spans_key: str = "sc",
    tokenizer: Optional[Tuple[str, Language]] = None,
) -> Inspection:
    """Count what is in docs: as `inspect_corpus`, without a file.

    name: What the facts and the messages call the docs.
    dev: Other docs by name, to be compared with the first.
    tokenizer: Name and pipeline whose tokens the mentions have to fit.
    """
    table = gather_mentions(docs, name, spans_key)
    others = {other: gather_mentions(dev[other], other, spans_key) for other in dev}
    start, end, label = table.columns()
    relations = relate(start, end, label)
    widths = (end - start).tolist()
    labels = dict(Counter(table.labels).most_common())
    depths = Counter(relations.depth.tolist())
    n_docs, n_mentions = len(docs), len(table.labels)
    nesting = {
        "nested": relations.nested,
        "same_label_nested": relations.same_label,
        "inside": relations.inside,
        "crossing": relations.crossing,
        "same_span": relations.same_span,
        "overlapping": relations.overlapping,
    }
    reach = {f"width_{n}": sum(width <= n for width in widths) for n in SUGGESTER_WIDTHS}
    reach["flat"] = count_disjoint(start, end)
    misaligned = None
    if tokenizer is not None:
        misaligned = count_misaligned(
            docs, tokenizer[1], spans_key=spans_key, name=tokenizer[0]
        )
    return {
        "file": name,
        "spans_key": spans_key,
        "docs": n_docs,
        "tokens": sum(table.lengths),
        "mentions": n_mentions,
        "labels": _shares(labels, n_mentions),
        "rare_labels": [label for label, count in labels.items() if count < RARE],
        "nesting": _shares({k: int(v.sum()) for k, v in nesting.items()}, n_mentions),
        "depth": _shares({str(k): n for k, n in sorted(depths.items())}, n_mentions),
        "width": count_widths(widths),
        "length": count_widths(table.lengths),
        "reach": _shares(reach, n_mentions),
        "max_span_width": _span_width(widths),
        "docs_without": _shares(table.docs_without, n_docs),
        "unusable": _shares(table.unusable, n_mentions),
        "left_out": None,
        "misaligned": misaligned,
        "overlap": {path: _overlap(table, other) for path, other in others.items()},
    }


def _span_width(widths: Sequence[int]) -> SpanWidth:
    percentiles = count_widths(widths)
    p99_9 = percentiles["p99.9"]
    lost = sum(width > p99_9 for width in widths)
    return {"all": percentiles["max"], "p99_9": p99_9, "lost": _share(lost, len(widths))}


def _overlap(train: MentionTable, dev: MentionTable) -> Overlap:
    n_docs, n_mentions = len(dev.lengths), len(dev.labels)
    doc_texts = {normalize_text(text) for text in train.doc_texts} - {""}
    mentions = set(zip(train.texts, train.labels))
    widest = max(end - start for start, end in zip(train.start, train.end))
    same_text = sum(normalize_text(text) in doc_texts for text in dev.doc_texts)
    seen = sum(mention in mentions for mention in zip(dev.texts, dev.labels))
    too_wide = sum(end - start > widest for start, end in zip(dev.start, dev.end))
    return {
        "docs": n_docs,
        "mentions": n_mentions,
        "same_text": _share(same_text, n_docs),
        "seen": _share(seen, n_mentions),
        "too_wide": _share(too_wide, n_mentions),
        "new_labels": sorted({*dev.labels} - {*train.labels}),
    }


def _shares(counts: Mapping[str, int], total: int) -> Dict[str, Share]:
    return {name: _share(count, total) for name, count in counts.items()}


def _share(count: int, total: int) -> Share:
    return {"count": count, "share": round(count / total, 5)}
