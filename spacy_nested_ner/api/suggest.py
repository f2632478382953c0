"""Choose the texts that a person should annotate next."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from spacy.vocab import Vocab

from ..annotation.candidates import CandidatePipeline
from ..corpus.texts import Text
from ..corpus.writers import find_writer
from ..corpus.writers.gather import predict_annotations
from ..corpus.writers.output import check_place, write_to
from ..progress import progress
from ..selection.choose import choose_documents
from ..selection.doubts import Doubts, find_doubts
from ..tables import Block, Heading, Result, Table, Warned
from ..training.threads import limited_threads
from ..user_error import UserError, check_range
from .inputs import (
    CorpusLike,
    PipelineLike,
    TextsLike,
    get_corpora,
    get_docs,
    get_pipeline,
    get_texts,
    places,
)


@dataclass(frozen=True)
class SuggestResult(Result):
    """The result of a choice.

    out: The file or folder.
    files: All files that were written, for a folder the folder.
    format: Name of the format.
    model: Name and version of the pipeline.
    ids: Of the chosen texts, the most valuable one first.
    expected_errors: How many errors the pipeline expects in each of them.
    mentions: Its predicted mentions in all of them, by label.
    texts: Number of texts to choose from.
    repeated: Number of texts that were left out because they came before.
    annotated: Number of texts that were left out because they are annotated.
    failed: Number of texts that the pipeline could not annotate.
    """

    out: Path
    files: Tuple[Path, ...]
    format: str
    model: str
    ids: Tuple[str, ...]
    expected_errors: Tuple[float, ...]
    mentions: Mapping[str, int]
    texts: int
    repeated: int
    annotated: int
    failed: int

    def to_dict(self) -> Dict[str, Any]:
        return {
            **vars(self),
            "out": str(self.out),
            "files": list(map(str, self.files)),
            "ids": list(self.ids),
            "expected_errors": list(self.expected_errors),
            "mentions": dict(self.mentions),
        }

    def records(self) -> List[Dict[str, Any]]:
        """A row for each chosen text."""
        rows = zip(self.ids, self.expected_errors)
        return [{"id": id, "expected_errors": errors} for id, errors in rows]

    def blocks(self) -> Iterator[Block]:
        yield Heading(f"{len(self.ids):,} of {self.texts:,} texts, chosen with {self.model}")
        left_out = [
            (self.annotated, "annotated"),
            (self.repeated, "repeated"),
            (self.failed, "on which the pipeline fails"),
        ]
        if any(n for n, _ in left_out):
            yield "Left out texts: " + ", ".join(f"{n:,} {what}" for n, what in left_out if n)
        yield f"Expected errors in the chosen texts: {sum(self.expected_errors):.1f}"
        rows = [(label, f"{n:,}") for label, n in self.mentions.items()]
        yield Table(("label", "predicted mentions"), rows)
        if not sum(self.expected_errors):
            yield Warned("The pipeline doubts nothing, so these are the first texts.")
        yield f"Wrote {' and '.join(map(str, self.files))}"


def suggest(
    pipeline: PipelineLike,
    texts: TextsLike,
    out: Union[str, Path],
    *,
    format: str,
    n: int = 50,
    annotated: Union[CorpusLike, Sequence[CorpusLike]] = (),
    spans_key: Optional[str] = None,
) -> SuggestResult:
    """Choose the texts in which a correction teaches a pipeline most, and write them with its
    predicted spans for an annotation tool.

        suggest("training/model-best", "new.txt", "tasks.json", format="label_studio", n=50)

    The choice is explained in `spacy_nested_ner.selection.choose`.

    texts: The texts to choose from, or their file, as for `export`.
    out, format: As for `export`.
    n: Number of texts to choose.
    annotated: One or more .spacy files or lists of docs or examples that are annotated already:
        their texts are left out.
    spans_key: Key of doc.spans; None for the key in the settings of the pipeline.
    RAISES (UserError): An input cannot be read; n is below 1; no text is left to choose; the
        spans of the pipeline have no probabilities; the output is an input or cannot be
        written. `out` then stays unchanged.
    """
    out = Path(out)
    check_range("n", n, at_least=1)
    writer = find_writer(format)
    corpora = get_corpora(annotated)
    check_place(writer, out, places(pipeline, texts, *corpora))
    nlp = get_pipeline(pipeline)
    given = get_texts(texts)
    known = {_normal(doc.text) for corpus in corpora for doc in get_docs(corpus, Vocab())}
    new = {id: text for id, text in given.items() if _normal(text.text) not in known}
    # of equal texts the first
    firsts = {_normal(text.text): id for id, text in reversed(new.items())}
    pool = {id: text for id, text in new.items() if firsts[_normal(text.text)] == id}
    with limited_threads(nlp):
        candidates = CandidatePipeline(nlp, spans_key)
        doubts = _find_doubts(candidates, pool)
        if not doubts:
            n_annotated, n_failed = len(given) - len(new), len(pool)
            raise UserError(
                f"None of {len(given):,} texts is left to choose from ({n_annotated:,} are "
                f"annotated, the pipeline fails on {n_failed:,}): give other texts."
            )
        ids = list(doubts)
        chosen = [ids[i] for i in choose_documents(list(doubts.values()), n)]
        annotations = predict_annotations(
            nlp, {id: pool[id] for id in chosen}, candidates.spans_key
        )
    files = write_to(writer, out, writer.write(annotations))
    counts = Counter(span.label for one in annotations.documents for span in one.spans)
    return SuggestResult(
        out,
        tuple(files),
        format,
        annotations.model,
        tuple(chosen),
        tuple(sum(doubt.error for doubt in doubts[id].doubts) for id in chosen),
        {label: counts[label] for label in annotations.labels},
        texts=len(given),
        repeated=len(new) - len(pool),
        annotated=len(given) - len(new),
        failed=len(pool) - len(doubts),
    )


def _find_doubts(pipeline: CandidatePipeline, texts: Mapping[str, Text]) -> Dict[str, Doubts]:
    """The doubts about the texts that the pipeline can annotate."""
    # not nlp.make_doc: it limits the length of a text, a limit for parsers
    docs = (pipeline.nlp.tokenizer(text.text) for text in texts.values())
    found = progress(find_doubts(pipeline, docs), total=len(texts), unit="texts")
    return {id: one for id, one in zip(texts, found) if isinstance(one, Doubts)}


def _normal(text: str) -> str:
    """A text in lower case, with single blanks: texts that differ in no more are equal."""
    return " ".join(text.lower().split())
