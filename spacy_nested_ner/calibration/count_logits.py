"""Counts the logits of the documents of a corpus while a pipeline predicts them.

A pipe reports the logits of each batch that it predicts to a `LogitCounter`. So one pass over
the documents gives predictions and counts, and no document is encoded twice.
"""

from contextlib import contextmanager
from typing import Dict, Iterator, Optional, Sequence, Tuple

import numpy
import torch
from numpy import ndarray
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from torch import Tensor

from ..corpus.mention_table import gather_mentions
from ..decoding.decode import is_whitespace
from ..decoding.thresholds import of_labels
from ..evaluation.documents import check_same_text, raw_doc
from ..evaluation.folds import assign_folds
from ..gold_alignment import Judge, aligned_spans
from ..model.grid import SpanGrid
from ..model.span_logits import SpanLogits
from ..pipe.component import NestedSpanCategorizer
from ..pipe.targets import ignored_cells
from ..progress import progress
from ..scoring.scorer import warn_of_left_out
from ..training.threads import pipe_documents
from ..user_error import UserError
from .logit_counts import BINS_PER_LOGIT, N_BINS, REACH, LogitCounts


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

    Left out are documents without the key, and spans that the gold does not judge; see
    `gold_alignment`.

    references: Gold documents; their vocab is that of the pipeline.
    pipe: Name of the pipe; None for the only `nested_spancat`.
    folds: Number of folds, see `evaluation.folds`.
    seed: Seed of the folds.
    name: Name of the corpus in error messages.
    RAISES (UserError): No such pipe; no gold span under the key of the pipe; fewer documents
        than folds.
    """
    pipe = find_pipe(nlp, pipe)
    component = nlp.get_pipe(pipe)
    assert isinstance(component, NestedSpanCategorizer)
    gather_mentions(references, name, component.spans_key)  # raises if there is no mention
    fold_of_doc = assign_folds(references, folds, seed=seed, spans_key=component.spans_key)
    counter = LogitCounter(component, references, fold_of_doc)
    later = nlp.pipe_names[nlp.pipe_names.index(pipe) + 1 :]
    with nlp.select_pipes(disable=later), counter.counting():
        docs = pipe_documents(nlp, (raw_doc(nlp, gold) for gold in references))
        for _ in progress(docs, total=len(references), unit="documents"):
            pass
    if counter.n_left_out:
        warn_of_left_out(counter.n_left_out, len(references), spans_key=component.spans_key)
    return counter.result()


def find_pipe(nlp: Language, name: Optional[str] = None) -> str:
    """The name of a pipe made by `nested_spancat`: the given one, or the only one.

    RAISES (UserError): There is none, or more than one and no name is given.
    """
    names = [n for n, pipe in nlp.pipeline if isinstance(pipe, NestedSpanCategorizer)]
    if name is not None and name in names:
        return name
    if name is None and len(names) == 1:
        return names[0]
    found = ", ".join(f"'{n}'" for n in names) or "none"
    wanted = "one pipe" if name is None else f"a pipe '{name}'"
    raise UserError(
        f"The pipeline ({', '.join(nlp.pipe_names) or 'empty'}) needs {wanted} of the kind "
        f"nested_spancat, and has {found}: name one with --pipe, or use another pipeline."
    )


class LogitCounter:
    """Counts the logits of the documents that a pipe predicts.

    pipe: The pipe, which predicts each document once, in the order of the references.
    references: Gold documents.
    fold_of_doc: Fold of each reference, counted from 0; None for one fold.
    """

    def __init__(
        self,
        pipe: NestedSpanCategorizer,
        references: Sequence[Doc],
        fold_of_doc: Optional[Sequence[int]] = None,
    ) -> None:
        fold_of_doc = [0] * len(references) if fold_of_doc is None else fold_of_doc
        self.pipe = pipe
        self.waiting = iter(enumerate(zip(references, fold_of_doc)))
        self.label_ids = {label: i for i, label in enumerate(pipe.labels)}
        self.thresholds = pipe.logit_thresholds()
        shape = max(fold_of_doc, default=0) + 1, len(pipe.labels)
        self.n_docs = numpy.zeros(shape[0], dtype=int)
        self.n_left_out = 0  # documents without gold spans, not even an empty group
        self.every = numpy.zeros((*shape, N_BINS), dtype=int)
        self.gold = self.every.copy()
        self.predicted = numpy.zeros(shape, dtype=int)
        self.right = self.predicted.copy()
        self.unreachable: Dict[str, ndarray] = {}

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count what the pipe predicts in the block."""
        assert self.pipe.observer is None
        self.pipe.observer = self.add
        try:
            yield
        finally:
            self.pipe.observer = None

    def result(self) -> LogitCounts:
        logit_scale = self.pipe.loss.logit_scale
        pipe = self.pipe
        thresholds = of_labels(
            pipe.labels, pipe.thresholds, pipe.threshold, setting="thresholds"
        )
        return LogitCounts(
            labels=self.pipe.labels,
            logit_scale=logit_scale,
            temperatures=logit_scale / self.thresholds.scale,
            thresholds=numpy.array(thresholds, dtype=float),
            gold=self.gold,
            other=self.every - self.gold,
            unreachable=self.unreachable,
            right=self.right,
            predicted=self.predicted,
            n_docs=self.n_docs,
        )

    def add(self, docs: Sequence[Doc], scores: Optional[SpanLogits]) -> None:
        """Count a batch; scores: its logits, None if no document has a token."""
        examples, folds = [], []
        for doc, (number, (reference, fold)) in zip(docs, self.waiting):
            check_same_text(reference, doc, number)
            examples.append(Example(doc, reference))
            folds.append(fold)
            if Judge(reference, spans_key=self.pipe.spans_key).says_nothing:
                self.n_left_out += 1
            else:
                self.n_docs[fold] += 1
        if scores is None:
            return
        grid, L, device = scores.grid, scores.n_labels, scores.grid.device
        threshold = torch.as_tensor(self.thresholds.logit.astype("f"), device=device)
        gold = self._gold_cells(examples, folds, grid).to(device)
        ignored = ignored_cells(
            examples, grid, self.label_ids, gold, spans_key=self.pipe.spans_key
        )
        is_word = torch.as_tensor(~is_whitespace(docs), device=device)
        # padded: a span of the last rows may end after the last token; it is not valid
        is_word_padded = torch.cat((is_word, is_word.new_zeros(grid.width)))
        # the group of a label of a fold is fold · L + label
        group_of_row = torch.as_tensor(folds, device=device)[grid.doc_of_row] * L
        labels = torch.arange(L, device=device)
        for row, column, S, valid in scores.pieces():
            n, w = valid.shape
            last = is_word_padded[row + column : row + column + n + w - 1].unfold(0, w, 1)
            valid = valid & is_word[row : row + n, None] & last  # (n, w)
            judged = valid[:, :, None].expand(n, w, L)
            if ignored is not None:
                judged = judged & ~ignored[row : row + n, column : column + w]
            group = group_of_row[row : row + n, None, None] + labels  # (n, 1, L)
            self._tally(
                S[judged],
                group.expand(n, w, L)[judged],
                threshold,
                self.every,
                self.predicted,
            )
            r, c = gold[:, 0] - row, gold[:, 1] - column
            r, c, label = gold[(0 <= r) & (r < n) & (0 <= c) & (c < w)].unbind(1)
            group = group_of_row[r] + label
            self._tally(S[r - row, c - column, label], group, threshold, self.gold, self.right)

    def _gold_cells(
        self, examples: Sequence[Example], folds: Sequence[int], grid: SpanGrid
    ) -> Tensor:
        """The reachable gold spans as (row, column, label), (G, 3); counts the others."""
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

    def _tally(
        self, S: Tensor, group: Tensor, threshold: Tensor, bins: ndarray, above: ndarray
    ) -> None:
        """Add logits (N,) to the bins of their groups, and to those above the threshold."""
        reach = REACH * BINS_PER_LOGIT
        bin = (S * BINS_PER_LOGIT).ceil().clamp(-reach, reach + 1).long() + reach
        index = group * N_BINS + bin
        bins += index.bincount(minlength=bins.size).cpu().numpy().reshape(bins.shape)
        found = group[S > threshold[group % len(threshold)]]
        above += found.bincount(minlength=above.size).cpu().numpy().reshape(above.shape)


def _place(span: Span) -> Tuple[int, int, str]:
    return span.start_char, span.end_char, span.label_
