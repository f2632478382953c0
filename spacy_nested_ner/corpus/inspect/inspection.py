"""Facts of a .spacy file to look at before training."""

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

# largest widths of spaCy's ngram suggester, in tokens
SUGGESTER_WIDTHS = (3, 6, 8, 12)
# a label with fewer mentions than this is rare
RARE = 10


class Share(TypedDict):
    """A number of mentions or docs, and its share of all."""

    count: int
    share: float


class SpanWidth(TypedDict):
    """Values for `max_span_width`, in tokens.

    all: The width of the widest mention.
    p99_9: The width at this percentile.
    lost: The mentions that are wider than that.
    """

    all: int
    p99_9: int
    lost: Share


class Overlap(TypedDict):
    """Another file, compared with the inspected one, the training file.

    same_text: Docs with the text of a training doc, compared by `normalize_text`, without blank
        docs.
    seen: Mentions with the text and label of a training mention.
    too_wide: Mentions wider than the widest training mention.
    new_labels: Labels without a training mention.
    """

    docs: int
    mentions: int
    same_text: Share
    seen: Share
    too_wide: Share
    new_labels: List[str]


class Inspection(TypedDict):
    """Facts of a file. Mentions are distinct: a span and label counts once in a doc.

    labels: Mentions by label, the most frequent label first. `rare_labels` have fewer than
        `RARE` mentions.
    nesting: Mentions that are `nested` (inside or around another), `same_label_nested`,
        `inside` another, `crossing` another, or have the `same_span` as one of another label;
        `overlapping` is any of these.
    depth: Mentions by depth, "1", "2" …: the depth is the length of the longest chain of spans,
        each inside the one before, that ends with the mention.
    width, length: Percentiles of the width of mentions and the length of docs, in tokens.
    reach: Highest possible recall of spaCy's ngram suggester with the widths 1 to n
        (`width_<n>`), and of a tagger with one tag per token (`flat`): the largest subset
        without overlaps.
    docs_without: Docs with only blank `tokens`; of the others, those without `mentions`; and
        all without the span `group`, which spaCy's scorer leaves out.
    unusable: Mentions that are `repeated` or `empty` (without a token), which count nowhere
        else, and those that begin or end with a `blank` token.
    left_out: Mentions that `convert` dropped, from its report.json beside the file; None
        without such a report.
    misaligned: Mentions that do not fit the tokens of the pipeline; None without a pipeline.
    overlap: Comparison with each of the other files.
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
    """Collect the facts of a .spacy file. Time grows as n log n with the number of mentions.

    file: The training file.
    dev: Other .spacy files, to be compared with the first.
    spans_key: Key of doc.spans.
    pipeline: Checks that the mentions fit the tokens of this pipeline: name or folder of a
        trained pipeline, or a config file with [nlp.tokenizer].
    RETURNS: Facts that can be written as JSON.
    RAISES (UserError): A file cannot be read, is no .spacy file or has no mention under the
        key, or the pipeline cannot be loaded.
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
