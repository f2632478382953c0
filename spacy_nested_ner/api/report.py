"""Write an HTML page about a pipeline and its errors."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Union, cast

from ..evaluation.evaluate import Evaluation
from ..files.pipelines import find_spans_key
from ..files.writing import check_output
from ..reporting.card import Corpus
from ..reporting.page import N_DOCUMENTS
from ..reporting.write import write_report
from ..tables import Block, Result
from ..user_error import check_range
from .inputs import (
    IN_MEMORY,
    CorpusLike,
    PipelineLike,
    get_docs,
    get_optional_docs,
    get_pipeline,
    hash_corpus,
    places,
)


@dataclass(frozen=True)
class ReportResult(Result):
    """The evaluation on the page.

    out: File of the page.
    """

    evaluation: Evaluation
    out: Path

    def to_dict(self) -> Dict[str, Any]:
        return cast(Dict[str, Any], self.evaluation)

    def records(self) -> List[Dict[str, Any]]:
        """A row for each label; scores from 0 to 1."""
        return [
            {"label": label, **{key: s[key]["value"] for key in ("p", "r", "f")}}
            for label, s in self.to_dict()["scores"]["label"].items()
        ]

    def blocks(self) -> Iterator[Block]:
        f1 = self.evaluation["scores"]["all"]["micro"]["f"]["value"]
        score = "no mention" if f1 is None else f"F1 {100 * f1:.1f}"
        yield f"Wrote {self.out}: {score} on {self.evaluation['docs']:,} documents"


def report(
    pipeline: PipelineLike,
    corpus: CorpusLike,
    out: Union[str, Path],
    *,
    spans_key: Optional[str] = None,
    train: Optional[CorpusLike] = None,
    n_documents: int = N_DOCUMENTS,
    n_resamples: int = 1000,
    seed: int = 0,
) -> ReportResult:
    """Write a page with scores, plots, and documents with gold and predicted mentions.

        report("training/model-best", "corpus/mine/test.spacy", "report.html")

    pipeline: A pipeline, or its name or folder.
    corpus: A .spacy file, a DocBin, gold docs, or examples whose references are gold.
    out: File for the page; the page needs no other files.
    spans_key: Key of doc.spans; None for the key in the settings of the pipeline.
    train: The training data, to group the labels by their frequency there.
    n_documents: How many documents to draw, those with the most errors.
    n_resamples, seed: Number of resamples of the bootstrap, 0 for no intervals, and its seed.
    RAISES (UserError): matplotlib is not installed; an input cannot be read, or has no mention
        under the key; no pipe writes to the key; a number is below 0; the page is an input or
        cannot be written.
    """
    out = Path(out)
    check_output(out, places(pipeline, corpus, train))
    check_range("n_documents", n_documents, at_least=0)
    nlp = get_pipeline(pipeline)
    docs = get_docs(corpus, nlp.vocab)
    if spans_key is None:
        spans_key = find_spans_key(nlp)
    evaluation = write_report(
        nlp,
        docs,
        out,
        corpus=Corpus(_short_name(corpus), hash_corpus(corpus), spans_key),
        train=get_optional_docs(train, nlp.vocab),
        n_documents=n_documents,
        n_resamples=n_resamples,
        seed=seed,
    )
    return ReportResult(evaluation, out)


def _short_name(corpus: CorpusLike) -> str:
    """File name with its folder, but not the full path: the page may be shared."""
    if not isinstance(corpus, (str, Path)):
        return IN_MEMORY
    return "/".join(Path(corpus).parts[-2:])
