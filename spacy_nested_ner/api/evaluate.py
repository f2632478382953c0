"""Score a pipeline on a corpus, with confidence intervals."""

from pathlib import Path
from typing import List, Optional, Union

from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab
from thinc.api import Config

from ..corpus.records import PARTS
from ..evaluation.cross_validation import cross_validate as run_cross_validation
from ..evaluation.results import evaluate_pipeline
from ..files.pipelines import load_pipeline
from ..files.writing import check_output, write_json
from ..training.configure import read_config
from ..user_error import UserError
from .evaluation_result import EvaluationResult
from .inputs import (
    CorpusLike,
    PipelineLike,
    get_docs,
    get_optional_docs,
    get_pipeline,
    name_corpus,
    optional_path,
    places,
)


def evaluate(
    pipeline: PipelineLike,
    corpus: CorpusLike,
    *,
    spans_key: Optional[str] = None,
    train: Optional[CorpusLike] = None,
    cross_validate: Optional[int] = None,
    n_resamples: int = 1000,
    seed: int = 0,
    output: Union[str, Path, None] = None,
) -> EvaluationResult:
    """Score a pipeline on a corpus, by label, nesting, depth and width, with 95 % intervals.

        result = evaluate("training/model-best", "corpus/mine/test.spacy")
        print(result)
        result.f1, result.to_df()

    A mention is right if its start, end and label are right.

        evaluate("training/config.cfg", "corpus/mine", cross_validate=10)

    scores a corpus that is too small for a test part: trains a pipeline for each of ten folds,
    and evaluates what each predicts for its fold.

    pipeline: A pipeline, or its name or folder. With `cross_validate` also the file of a
        training config; of a pipeline only the config is used.
    corpus: A .spacy file, a DocBin, gold docs, or examples whose references are gold. With
        `cross_validate` also the folder that `convert` wrote: its parts together.
    spans_key: Key of doc.spans; None for the key in the settings of the pipeline.
    train: The training data, to group the labels by their frequency there.
    cross_validate: Number of folds, at least 3; None to evaluate the pipeline as it is.
    n_resamples: Number of resamples of the bootstrap, 0 for no intervals.
    seed: Seed of the bootstrap and of the folds.
    output: JSON file for the scores and all mentions, without texts.
    RAISES (UserError): An input cannot be read, or has no mention under the key; no pipe
        writes to the key; the output is an input or cannot be written.
    """
    output = optional_path(output)
    if output is not None:
        check_output(output, places(pipeline, corpus, train))
    if cross_validate is not None:
        vocab = Vocab()
        results = run_cross_validation(
            _get_config(pipeline),
            _get_parts(corpus, vocab),
            folds=cross_validate,
            corpus=name_corpus(corpus),
            spans_key=spans_key,
            train_docs=get_optional_docs(train, vocab),
            n_resamples=n_resamples,
            seed=seed,
        )
        if output is not None:
            write_json(output, results)
        return EvaluationResult(results)
    nlp = get_pipeline(pipeline)
    results = evaluate_pipeline(
        nlp,
        get_docs(corpus, nlp.vocab),
        corpus=name_corpus(corpus),
        spans_key=spans_key,
        train=get_optional_docs(train, nlp.vocab),
        n_resamples=n_resamples,
        seed=seed,
    )
    if output is not None:
        write_json(output, results)
    return EvaluationResult(results)


def _get_config(pipeline: PipelineLike) -> Config:
    """The training config of a pipeline, or a file of one.

    RAISES (UserError): It cannot be read.
    """
    if isinstance(pipeline, (str, Path)) and Path(pipeline).is_file():
        return read_config(pipeline)
    # only the config counts, so the pipeline need not be trained
    nlp = pipeline if isinstance(pipeline, Language) else load_pipeline(pipeline)
    return nlp.config


def _get_parts(corpus: CorpusLike, vocab: Vocab) -> List[Doc]:
    """The docs of a corpus, or of all parts in a folder.

    RAISES (UserError): They cannot be read; the folder has no part.
    """
    if not isinstance(corpus, (str, Path)) or not Path(corpus).is_dir():
        return get_docs(corpus, vocab)
    files = [Path(corpus, f"{part}.spacy") for part in PARTS]
    docs = [doc for file in files if file.is_file() for doc in get_docs(file, vocab)]
    if not docs:
        raise UserError(
            f"{corpus} has none of the files {', '.join(file.name for file in files)}: give a "
            "folder that `convert` wrote, or a .spacy file."
        )
    return docs
