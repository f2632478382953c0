"""Analyse the errors of a pipeline: which kinds of errors reduce F1 most?

    python -m benchmarks.error_analysis --pipeline training/genia-full-tok2vec/model-best \
        --corpus corpus/genia-full --out benchmarks/results/errors.jsonl

There are two analyses of the test part. The first one computes F1 with all errors of one kind
corrected. The second one counts how often the training data annotate the words of a mention
with its label: always, sometimes or never. If the annotation is inconsistent, a model can learn
little from it.
"""

from collections import Counter
from pathlib import Path
from typing import Dict, Iterable, List, Optional, Sequence, Set, Tuple

import spacy
import typer
from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc
from wasabi import msg

from benchmarks.environment import read_environment
from benchmarks.lines import append_line, describe_command
from spacy_nested_ner.corpus.conversion.report import corpus_facts, read_report
from spacy_nested_ner.evaluation.documents import (
    EvaluatedDoc,
    Mention,
    predict_corpus,
)
from spacy_nested_ner.evaluation.errors import judge
from spacy_nested_ner.files.docbin import read_docs
from spacy_nested_ner.files.pipelines import find_spans_key

Name = Tuple[str, str]  # the words of a mention and its label

# share of the occurrences of the words in training that are annotated with the label, ascending
AGREEMENT = ("not there", "never", "less than half", "half or more", "always")


def main(
    pipeline: str = typer.Option(..., help="Package or folder."),
    corpus: Path = typer.Option(..., exists=True, help="Folder with train and test."),
    out: Path = typer.Option(..., dir_okay=False, help="File to append the line to."),
) -> None:
    """Analyse the errors of PIPELINE on the test part of CORPUS, and append a line to OUT."""
    facts = corpus_facts(read_report(corpus))
    nlp = spacy.load(pipeline)
    docs = predict_corpus(nlp, read_docs(corpus / "test.spacy", nlp.vocab, user_data=True))
    train = read_docs(corpus / "train.spacy", nlp.vocab)
    options = {"pipeline": pipeline, "corpus": f"corpus/{corpus.name}"}
    append_line(
        out,
        {
            "pipeline": nlp.meta["name"],
            "components": nlp.pipe_names,
            "seed": nlp.config.interpolate()["training"]["seed"],
            "corpus": {name: facts[name] for name in ("dataset", "split", "source")},
            "kinds": repair(docs),
            "agreement": count_agreement(docs, train, nlp, find_spans_key(nlp)),
            **read_environment(),
            "command": describe_command(
                "benchmarks.error_analysis",
                {**options, "out": f"benchmarks/results/{out.name}"},
            ),
        },
    )
    msg.good(f"{out}: {len(docs)} documents")


def repair(docs: Iterable[EvaluatedDoc]) -> Dict[str, Dict[str, float]]:
    """Count the mentions of each kind, see `errors.judge`, and compute F1, in per cent, with
    all errors of this kind corrected: pairs corrected, missed mentions found, spurious mentions
    removed."""
    kinds: Counter[str] = Counter(judged.kind for doc in docs for judged in judge(doc))
    pairs = kinds["correct"] + kinds["boundary"] + kinds["type"] + kinds["both"]
    gold, predicted = pairs + kinds["missed"], pairs + kinds["spurious"]

    def f1_with(kind: str) -> float:
        right, shown = kinds["correct"], gold + predicted
        if kind == "missed":
            right, shown = right + kinds[kind], shown + kinds[kind]
        elif kind == "spurious":
            shown -= kinds[kind]
        elif kind != "correct":
            right += kinds[kind]
        return 200 * right / shown if shown else 0.0

    names = ("correct", "missed", "spurious", "boundary", "type", "both")
    return {name: {"mentions": kinds[name], "f1": f1_with(name)} for name in names}


def count_agreement(
    docs: Sequence[EvaluatedDoc], train: Sequence[Doc], nlp: Language, spans_key: str
) -> Dict[str, List[int]]:
    """Count gold, found, predicted and right mentions by `annotated_shares`.

    nlp: Its tokenizer tokenizes the words.
    RETURNS: Four counts for each level of AGREEMENT.
    """
    named = [(_names(doc, doc.gold), _names(doc, doc.predicted)) for doc in docs]
    shares = annotated_shares(
        train, {name for sides in named for side in sides for name in side}, nlp, spans_key
    )
    counts = {level: [0, 0, 0, 0] for level in AGREEMENT}
    for doc, sides in zip(docs, named):
        right = {mention[:3] for mention in doc.gold} & {
            mention[:3] for mention in doc.predicted
        }
        for column, mentions, names in zip((0, 2), (doc.gold, doc.predicted), sides):
            for mention, name in zip(mentions, names):
                row = counts[_level(shares.get(name))]
                row[column] += 1
                row[column + 1] += mention[:3] in right
    return counts


def annotated_shares(
    train: Iterable[Doc], names: Set[Name], nlp: Language, spans_key: str
) -> Dict[Name, float]:
    """Share of the occurrences of the words of a mention that are annotated with its label.
    Words that do not occur in the training data are left out."""
    matcher = PhraseMatcher(nlp.vocab)
    for words in {words for words, _ in names}:
        matcher.add(words, [nlp.make_doc(words)])
    places: Counter[str] = Counter()
    mentions: Counter[Name] = Counter()
    for doc in train:
        spans = doc.spans.get(spans_key, ())
        annotated = {(span.start, span.end, span.label_) for span in spans}
        labels = {label for _, _, label in annotated}
        for key, start, end in matcher(doc):
            words = nlp.vocab.strings[key]
            places[words] += 1
            mentions.update(
                (words, label) for label in labels if (start, end, label) in annotated
            )
    return {name: mentions[name] / places[name[0]] for name in names if places[name[0]]}


def _names(doc: EvaluatedDoc, mentions: Iterable[Mention]) -> List[Name]:
    return [(doc.text[mention.start : mention.end], mention.label) for mention in mentions]


def _level(share: Optional[float]) -> str:
    """Level of AGREEMENT. A share of None means that the words do not occur."""
    if share is None:
        return "not there"
    if share in (0.0, 1.0):
        return "always" if share else "never"
    return "half or more" if share >= 0.5 else "less than half"


if __name__ == "__main__":
    typer.run(main)
