"""Count the training mentions that the methods of other libraries leave out.

    python -m benchmarks.peers.left_out --corpus corpus/genia-full \\
        --out benchmarks/results/left_out.jsonl

The table of docs/comparison.md has the counts. No peer needs to be installed.
"""

from pathlib import Path
from typing import Dict, Sequence

import typer
from spacy.util import filter_spans
from spacy.vocab import Vocab

from benchmarks.environment import read_environment
from benchmarks.lines import append_line, describe_command, describe_corpus
from benchmarks.subsets import Gold, read_gold
from spacy_nested_ner.corpus.conversion.report import corpus_facts, read_report

KEY = "sc"
# words of the widest span: of GLiNER and of our config of `spancat`, and of GLiNER2
WIDTHS = (12, 8)


def main(
    corpus: Path = typer.Option(..., help="Folder that `convert` wrote."),
    out: Path = typer.Option(..., dir_okay=False, help="File to append the result line to."),
) -> None:
    """Count, and append one line of JSON to OUT."""
    facts = corpus_facts(read_report(corpus))
    counts = count_left_out(read_gold(corpus / "train.spacy", KEY))
    options = {
        "corpus": describe_corpus(facts),
        "out": f"benchmarks/results/{out.name}",
    }
    line = {
        "corpus": {name: facts[name] for name in ("dataset", "split", "source")},
        **counts,
        "command": describe_command("benchmarks.peers.left_out", options),
        **read_environment(),
    }
    append_line(out, line)
    typer.echo(counts)


def count_left_out(docs: Sequence[Gold]) -> Dict[str, int]:
    """Count all mentions, the mentions that a CRF for each label drops, and the mentions wider
    than each of WIDTHS.

    A CRF knows one mention of a label at a word: of overlapping ones EDS-NLP keeps the longer
    one, or the first one, as spaCy's `filter_spans` does.
    """
    vocab = Vocab()
    same_label = 0
    for one in docs:
        doc = one.make_doc(vocab, KEY)
        spans = list(doc.spans[KEY])
        for label in {span.label for span in spans}:
            of_label = [span for span in spans if span.label == label]
            same_label += len(of_label) - len(filter_spans(of_label))
    mentions = [span for one in docs for span in one.spans]
    return {
        "mentions": len(mentions),
        "same_label": same_label,
        **{
            f"wider_than_{n}": sum(end - start > n for start, end, _ in mentions)
            for n in WIDTHS
        },
    }


if __name__ == "__main__":
    typer.run(main)
