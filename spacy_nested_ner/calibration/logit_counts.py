"""How many spans of a corpus have which logit: all that calibration has to know of it.

One pass over the documents sorts the logits of all spans into fine bins, gold spans apart from
others. What a threshold finds, how well probabilities are meant, and which temperature and
threshold would be better can then be told from the counts.
"""

from collections import deque
from dataclasses import dataclass, replace
from typing import Deque, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple

import numpy
import torch
from numpy import ndarray
from spacy.attrs import IS_SPACE
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from torch import Tensor

from ..corpus.mention_table import gather_mentions
from ..evaluation.documents import raw_doc
from ..gold_alignment import aligned_spans
from ..model.grid import SpanGrid
from ..pipe.component import NestedSpanCategorizer
from ..pipe.token_batches import batch_by_tokens
from ..user_error import UserError

# Bins a logit. A power of two: an edge is a float32 number then, and a count of the logits
# above it exact. A probability read off the middle of a bin is off by at most
# logit_scale / 512, 0.004 for p = σ(2S), and the errors of many spans cancel out.
BINS_PER_LOGIT = 64
# the logits of the outermost edges; a bin for those beyond lies on either side
REACH = 16
# A span lies above edge i if its logit is in one of the bins behind bin i.
EDGES = numpy.arange(-REACH * BINS_PER_LOGIT, REACH * BINS_PER_LOGIT + 1) / BINS_PER_LOGIT
N_BINS = len(EDGES) + 1
# The logit that stands for a bin: its middle; that of an open bin, its edge.
CENTRES = numpy.concatenate(
    ([EDGES[0]], (EDGES[1:] + EDGES[:-1]) / 2, [EDGES[-1]])
)  # (N_BINS,)


@dataclass(frozen=True)
class LogitCounts:
    """Spans of documents by label and logit, in folds of documents.

    labels: of the last axis of the logits, L of them.
    logit_scale: p = σ(logit_scale · S / T) for a logit S and the temperature T of its label.
    temperatures: those that the pipe has now, (L,).
    gold: gold spans in each bin, (folds, L, N_BINS); no span of a document counts twice.
    other: the other spans that could be predicted, likewise.
    unreachable: gold spans that cannot be predicted, for each label, the unknown ones too, in
        each fold, (folds,): they begin or end inside a token or on whitespace, are too wide,
        or have an unknown label.
    right: gold spans above the threshold that the pipe has now, (folds, L).
    predicted: all spans above it, (folds, L); what a pipe with the policy "all" predicts.
    n_docs: documents, (folds,).
    """

    labels: Tuple[str, ...]
    logit_scale: float
    temperatures: ndarray
    gold: ndarray
    other: ndarray
    unreachable: Mapping[str, ndarray]
    right: ndarray
    predicted: ndarray
    n_docs: ndarray

    @property
    def n_folds(self) -> int:
        return len(self.n_docs)

    @property
    def n_gold(self) -> ndarray:
        """Gold spans of each of the labels, the unreachable ones too, (folds, L)."""
        n = self.gold.sum(-1)
        for i, label in enumerate(self.labels):
            n[:, i] += self.unreachable.get(label, 0)
        return n

    @property
    def n_unknown(self) -> Dict[str, int]:
        """Gold spans of labels that the pipe does not know."""
        return {k: int(n.sum()) for k, n in self.unreachable.items() if k not in self.labels}

    def of_folds(self, folds: Sequence[int]) -> "LogitCounts":
        """The counts of some of the folds."""
        chosen = list(folds)
        return replace(
            self,
            gold=self.gold[chosen],
            other=self.other[chosen],
            unreachable={label: n[chosen] for label, n in self.unreachable.items()},
            right=self.right[chosen],
            predicted=self.predicted[chosen],
            n_docs=self.n_docs[chosen],
        )


def count_corpus(
    nlp: Language,
    references: Sequence[Doc],
    *,
    pipe: Optional[str] = None,
    folds: int = 1,
    seed: int = 0,
    name: str = "The corpus",
) -> LogitCounts:
    """Count the logits of a pipe on documents. Memory does not grow with the logits.

    pipe: Name of the pipe; None for the only `nested_spancat`.
    folds: Number of folds; sentences of one article (doc.user_data["document"], as `convert`
        writes it) come into one fold.
    seed: Seed of the folds.
    name: What a message calls the documents.
    RAISES (UserError): No such pipe; no mention under the key of the pipe; fewer articles
        than folds.
    """
    pipe = find_pipe(nlp, pipe)
    component = nlp.get_pipe(pipe)
    assert isinstance(component, NestedSpanCategorizer)
    gather_mentions(references, name, component.spans_key)  # raises where there is no mention
    fold_of_doc = deal_folds(references, folds, seed=seed)
    return count_logits(component, run_up_to(nlp, pipe, references), fold_of_doc)


def find_pipe(nlp: Language, name: Optional[str] = None) -> str:
    """The name of the pipe `nested_spancat` that is meant.

    RAISES (UserError): There is none, or more than one and no name.
    """
    names = [n for n, pipe in nlp.pipeline if isinstance(pipe, NestedSpanCategorizer)]
    if name is not None and name in names:
        return name
    if name is None and len(names) == 1:
        return names[0]
    found = ", ".join(f"'{n}'" for n in names) or "none"
    asked = "one" if name is None else f"'{name}'"
    raise UserError(
        f"The pipeline ({', '.join(nlp.pipe_names) or 'empty'}) has to have {asked} made by "
        f"nested_spancat, and has {found}: say which with --pipe, or take another pipeline."
    )


def deal_folds(docs: Sequence[Doc], folds: int, *, seed: int) -> List[int]:
    """The fold of each doc; of articles, one more or less comes into each.

    RAISES (UserError): If there are fewer articles than folds.
    """
    articles = [str(doc.user_data.get("document", number)) for number, doc in enumerate(docs)]
    names = list(dict.fromkeys(articles))
    if len(names) < folds:
        raise UserError(
            f"{len(names)} documents do not make {folds} folds: take fewer folds or more "
            "documents."
        )
    order = numpy.random.default_rng(seed).permutation(len(names))
    fold_of = {names[i]: place % folds for place, i in enumerate(order.tolist())}
    return [fold_of[article] for article in articles]


def run_up_to(nlp: Language, name: str, references: Iterable[Doc]) -> Iterator[Example]:
    """Pair gold docs with the same texts as the pipes before one leave them."""
    later = nlp.pipe_names[nlp.pipe_names.index(name) :]
    texts = ((raw_doc(nlp, reference), reference) for reference in references)
    with nlp.select_pipes(disable=later):
        for predicted, reference in nlp.pipe(texts, as_tuples=True):
            yield Example(predicted, reference)


def count_logits(
    pipe: NestedSpanCategorizer, examples: Iterable[Example], fold_of_doc: Sequence[int]
) -> LogitCounts:
    """Count the logits of examples whose predicted docs the pipes before have seen.

    fold_of_doc: Fold of each example, counted from 0.
    """
    counter = _Counter(pipe, n_folds=max(fold_of_doc, default=0) + 1)
    folds = iter(fold_of_doc)
    waiting: Deque[Example] = deque()

    def docs() -> Iterator[Doc]:
        for eg in examples:
            waiting.append(eg)
            yield eg.predicted

    for some in batch_by_tokens(docs()):
        # the first one of the next batch may be waiting, too
        counter.add([waiting.popleft() for _ in some], [next(folds) for _ in some])
    return counter.result()


class _Counter:
    """The counts so far; `group` is the index of a label of a fold, fold · L + label."""

    def __init__(self, pipe: NestedSpanCategorizer, n_folds: int) -> None:
        self.pipe = pipe
        self.label_ids = {label: i for i, label in enumerate(pipe.labels)}
        self.cutoffs = pipe.cutoffs()
        self.shape = n_folds, len(pipe.labels)
        self.n_docs = numpy.zeros(n_folds, dtype=int)
        self.every = numpy.zeros((*self.shape, N_BINS), dtype=int)
        self.gold = self.every.copy()
        self.predicted = numpy.zeros(self.shape, dtype=int)
        self.right = self.predicted.copy()
        self.unreachable: Dict[str, ndarray] = {}

    def result(self) -> LogitCounts:
        logit_scale = self.pipe.loss.logit_scale
        return LogitCounts(
            labels=self.pipe.labels,
            logit_scale=logit_scale,
            temperatures=logit_scale / self.cutoffs.scale,
            gold=self.gold,
            other=self.every - self.gold,
            unreachable=self.unreachable,
            right=self.right,
            predicted=self.predicted,
            n_docs=self.n_docs,
        )

    def add(self, examples: Sequence[Example], folds: Sequence[int]) -> None:
        self.n_docs += numpy.bincount(folds, minlength=len(self.n_docs))
        docs = [eg.predicted for eg in examples]
        if not any(len(doc) for doc in docs):
            return
        scores = self.pipe.model.predict(docs)
        grid, L, device = scores.grid, scores.n_labels, scores.grid.device
        limit = torch.as_tensor(self.cutoffs.limit.astype("f"), device=device)
        gold = self._gold_cells(examples, folds, grid).to(device)
        is_space = numpy.concatenate([doc.to_array(IS_SPACE) for doc in docs]).astype(bool)
        is_word = torch.as_tensor(~is_space, device=device)
        # spans that would end behind the last token are not valid
        is_word_or_behind = torch.cat((is_word, is_word.new_zeros(grid.width)))
        group_of_row = torch.as_tensor(folds, device=device)[grid.doc_of_row] * L
        labels = torch.arange(L, device=device)
        for row, column, S, valid in scores.pieces():
            n, w = valid.shape
            last = is_word_or_behind[row + column : row + column + n + w - 1].unfold(0, w, 1)
            valid = valid & is_word[row : row + n, None] & last  # (n, w)
            group = group_of_row[row : row + n, None].expand(n, w)[valid]  # (M,)
            self._tally(
                S[valid].flatten(),
                (group[:, None] + labels).flatten(),
                limit,
                self.every,
                self.predicted,
            )
            r, c = gold[:, 0] - row, gold[:, 1] - column
            r, c, label = gold[(0 <= r) & (r < n) & (0 <= c) & (c < w)].unbind(1)
            group = group_of_row[r] + label
            self._tally(S[r - row, c - column, label], group, limit, self.gold, self.right)

    def _tally(
        self, S: Tensor, group: Tensor, limit: Tensor, bins: ndarray, above: ndarray
    ) -> None:
        """Add logits, (N,), to the bins of their groups and to those above the limit."""
        reach = REACH * BINS_PER_LOGIT
        bin = (S * BINS_PER_LOGIT).ceil().clamp(-reach, reach + 1).long() + reach
        index = group * N_BINS + bin
        bins += index.bincount(minlength=bins.size).cpu().numpy().reshape(bins.shape)
        found = group[S > limit[group % len(limit)]]
        above += found.bincount(minlength=above.size).cpu().numpy().reshape(above.shape)

    def _gold_cells(
        self, examples: Sequence[Example], folds: Sequence[int], grid: SpanGrid
    ) -> Tensor:
        """Rows, columns and labels of the gold spans that can be predicted, (G, 3); counts the
        others."""
        spans = set()
        for i, (eg, fold) in enumerate(zip(examples, folds)):
            found, lost = aligned_spans(eg, spans_key=self.pipe.spans_key)
            unreachable = {_place(span) for span in lost if len(span)}
            for span in found:
                if span.label_ not in self.label_ids or len(span) > grid.width:
                    unreachable.add(_place(span))
                else:
                    spans.add((i, span.start, span.end, self.label_ids[span.label_]))
            for _, _, name in unreachable:
                n = self.unreachable.setdefault(name, numpy.zeros_like(self.n_docs))
                n[fold] += 1
        columns = torch.tensor(sorted(spans), dtype=torch.long).reshape(-1, 4)
        doc, start, end, label = columns.to(grid.device).unbind(1)
        return torch.stack((*grid.cells(doc, start, end), label), dim=1)


def _place(span: Span) -> Tuple[int, int, str]:
    return span.start_char, span.end_char, span.label_
