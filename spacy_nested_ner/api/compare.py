"""Compare two pipelines: is the difference more than chance?"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from spacy.vocab import Vocab

from ..evaluation.compare import compare_results
from ..evaluation.results import (
    evaluate_pipeline,
    hash_text,
    read_documents,
    read_results,
)
from ..files.writing import check_output, write_json, write_text
from ..tables import N_LABELS, Block, Heading, Result, Table, percent, points, signed
from ..user_error import UserError, check_range
from .evaluation_result import FACETS, SLICES, EvaluationResult, interval_notes
from .inputs import (
    CorpusLike,
    PipelineLike,
    get_docs,
    get_pipeline,
    name_corpus,
    optional_path,
    places,
)

CHANGES = ("found", "lost", "removed", "added")


@dataclass(frozen=True)
class ComparisonResult(Result):
    """The differences B − A.

    comparison: The JSON of `compare`; see docs/evaluation.md.
    names: Names or paths of A and B; "" for an object in memory.
    n_documents: How many of the changed documents to show, worst and best.
    """

    comparison: Dict[str, Any]
    names: Tuple[str, str] = ("", "")
    n_documents: int = 20

    def to_dict(self) -> Dict[str, Any]:
        return self.comparison

    def records(self) -> List[Dict[str, Any]]:
        """A row for each score of each slice, from 0 to 1."""
        return [
            {"facet": facet, "slice": name, "score": score, **difference}
            for facet, slices in self.comparison["scores"].items()
            for name, scores in slices.items()
            for score, difference in scores.items()
        ]

    def blocks(self) -> Iterator[Block]:
        comparison = self.comparison
        yield Heading("B − A")
        for side, name in zip("ab", self.names):
            pipeline = "{lang}_{name} {version}".format(**comparison[side]["pipeline"])
            yield f"{side.upper()}: {', '.join(filter(None, (name, pipeline)))}"
        yield f"{comparison['docs']:,} documents of {comparison['a']['corpus']}"
        scores = comparison["scores"]
        micro, boundary = scores["all"]["micro"], scores["all"]["boundary"]
        summary = {
            "micro precision": micro["p"],
            "micro recall": micro["r"],
            "micro F1": micro["f"],
            "macro F1": comparison["macro"]["f"],
            "boundary F1": boundary["f"],
        }
        yield _difference_table("", summary, comparison)
        for facet, title in FACETS.items():
            if title:
                differences = {name: s["f"] for name, s in scores[facet].items()}
                if facet == "label":
                    differences = _largest_first(differences)
                yield _difference_table(f"F1 by {title}", differences, comparison)
        yield _document_table(comparison["documents"], self.n_documents)
        yield from interval_notes(comparison["intervals"])


def compare(
    a: Union[PipelineLike, EvaluationResult],
    b: Union[PipelineLike, EvaluationResult],
    corpus: Optional[CorpusLike] = None,
    *,
    spans_key: Optional[str] = None,
    n_documents: int = 20,
    n_resamples: int = 1000,
    seed: int = 0,
    output: Union[str, Path, None] = None,
    page: Union[str, Path, None] = None,
) -> ComparisonResult:
    """Compare two pipelines on the same documents: differences B − A with 95 % intervals, and
    the documents that changed.

        print(compare("training/small", "training/large", "corpus/mine/test.spacy"))
        print(compare("metrics/small.json", "metrics/large.json"))

    a, b: Without a corpus, two results of `evaluate` or their JSON files; with a corpus, two
        pipelines, or their names or folders.
    corpus: A .spacy file, a DocBin, gold docs, or examples whose references are gold.
    spans_key: Key of doc.spans, with a corpus; None for the key in the settings of each
        pipeline.
    n_documents: How many of the changed documents to show.
    n_resamples, seed: Number of resamples of the bootstrap, 0 for no intervals, and its seed.
    output: JSON file for all differences and all changed documents.
    page: HTML file with the differences, and with a corpus also the changed documents, drawn.
    RAISES (UserError): An input cannot be read; a number is below 0; the two are not of the
        same corpus; the output or the page is an input or cannot be written; a page needs
        matplotlib.
    """
    output, page = optional_path(output), optional_path(page)
    for out in (output, page):
        if out is not None:
            check_output(out, places(a, b, corpus))
    check_range("n_documents", n_documents, at_least=0)
    if corpus is None:
        results = [_get_results(given) for given in (a, b)]
    else:
        results = [_evaluate(given, corpus, spans_key) for given in (a, b)]
    comparison = compare_results(*results, n_resamples=n_resamples, seed=seed)
    if output is not None:
        write_json(output, comparison)
    result = ComparisonResult(comparison, (_name(a), _name(b)), n_documents)
    if page is not None:
        write_text(page, _make_page(result, results, corpus))
    return result


def _make_page(
    result: ComparisonResult, results: Sequence[Dict[str, Any]], corpus: Optional[CorpusLike]
) -> str:
    from ..reporting.comparison import make_comparison_page

    comparison = result.comparison
    docs = None
    if corpus is not None:
        texts = {hash_text(doc.text): doc.text for doc in get_docs(corpus, Vocab())}
        one, other = (
            [
                replace(doc, text=texts[written["sha256"]])
                for doc, written in zip(read_documents(evaluated), evaluated["documents"])
            ]
            for evaluated in results
        )
        docs = (one, other)
    names = ["{lang}_{name} {version}".format(**comparison[side]["pipeline"]) for side in "ab"]
    if names[0] == names[1]:  # two trainings of one pipeline
        names = [given or name for given, name in zip(result.names, names)]
    return make_comparison_page(
        comparison,
        docs,
        names=(names[0], names[1]),
        shown=_worst_and_best(comparison["documents"], result.n_documents),
    )


def _name(given: object) -> str:
    return str(given) if isinstance(given, (str, Path)) else ""


def _get_results(given: Union[PipelineLike, EvaluationResult]) -> Dict[str, Any]:
    if isinstance(given, EvaluationResult):
        return given.results
    if not isinstance(given, (str, Path)) or Path(given).is_dir():
        what = f"{given} is a folder" if isinstance(given, (str, Path)) else "A is a pipeline"
        raise UserError(
            f"{what}: give two JSON files that `evaluate` wrote, or two pipelines and a corpus "
            "(--corpus)."
        )
    return read_results(Path(given))


def _evaluate(
    given: Union[PipelineLike, EvaluationResult], corpus: CorpusLike, spans_key: Optional[str]
) -> Dict[str, Any]:
    if isinstance(given, EvaluationResult):
        raise UserError("A result of `evaluate` needs no corpus: leave the corpus out.")
    nlp = get_pipeline(given)
    docs = get_docs(corpus, nlp.vocab)
    name = name_corpus(corpus)
    return evaluate_pipeline(nlp, docs, corpus=name, spans_key=spans_key, n_resamples=0)


def _difference_table(
    title: str, differences: Mapping[str, Dict[str, Any]], comparison: Mapping[str, Any]
) -> Table:
    rows = [
        (
            SLICES.get(name, name),
            percent(d["a"]),
            percent(d["b"]),
            points(d["difference"]),
            "–" if d["low"] is None else f"{points(d['low'])} to {points(d['high'])}",
            percent(d["not_better"]),
        )
        for name, d in differences.items()
        if d["a"] is not None or d["b"] is not None
    ]
    level = f"{comparison['intervals']['level']} %"
    header = (title, "A", "B", "B − A", level, "B ≤ A, %")
    return Table(header, rows, n_shown=N_LABELS)


def _largest_first(differences: Mapping[str, Dict[str, Any]]) -> Dict[str, Dict[str, Any]]:
    """Sort by the size of the difference, since a terminal shows only the first labels."""

    size = {name: abs(d["difference"] or 0.0) for name, d in differences.items()}
    names = sorted(size, key=size.__getitem__, reverse=True)
    return {name: differences[name] for name in names}


def _document_table(changed: Sequence[Mapping[str, Any]], n_documents: int) -> Table:
    rows: List[Tuple[str, ...]] = [
        (
            f"{doc['number']}",
            doc["id"],
            *(f"{len(doc[change]):,}" for change in CHANGES),
            signed(doc["change"]),
        )
        for doc in _worst_and_best(changed, n_documents)
    ]
    totals = (f"{sum(len(doc[change]) for doc in changed):,}" for change in CHANGES)
    total = signed(sum(doc["change"] for doc in changed))
    rows.append(("", f"all {len(changed):,} changed", *totals, total))
    header = ("document", "id", "found", "lost", "errors gone", "new errors", "change")
    return Table(header, rows, n_names=2)


def _worst_and_best(
    changed: Sequence[Mapping[str, Any]], n_documents: int
) -> List[Mapping[str, Any]]:
    """Take half of `n_documents` from each end of the list, in order."""
    if len(changed) <= n_documents:
        return list(changed)
    n_best = n_documents // 2
    return [*changed[: n_documents - n_best], *changed[len(changed) - n_best :]]
