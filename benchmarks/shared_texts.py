"""Count the source documents that two corpora have in common, by their words.

    python -m benchmarks.shared_texts --corpus corpus/genia-full \\
        --corpus corpus/bionlp13cg-full --out benchmarks/results/shared_texts.jsonl

The ids of the documents do not tell: GENIA has MEDLINE numbers, BioNLP has PubMed numbers.
"""

from collections import Counter
from pathlib import Path
from typing import Dict, List, Mapping, Set, Tuple

import typer

from benchmarks.environment import read_environment
from benchmarks.lines import append_line, describe_command, describe_corpus
from benchmarks.subsets import read_gold
from spacy_nested_ner.corpus.conversion.report import corpus_facts, read_report

KEY = "sc"
PARTS = ("train", "dev", "test")
# two documents are the same text if they share more sequences of words than phrases explain
N_WORDS, N_PHRASES = 8, 5

Sequences = Set[Tuple[str, ...]]


def main(
    corpus: List[Path] = typer.Option(..., help="Folder that `convert` wrote; give two."),
    out: Path = typer.Option(..., dir_okay=False, help="File to append the result line to."),
) -> None:
    """Count, and append one line of JSON to OUT."""
    facts = [corpus_facts(read_report(folder)) for folder in corpus]
    first, second = (read_sequences(folder) for folder in corpus)
    options = {
        "corpus": [describe_corpus(one) for one in facts],
        "out": f"benchmarks/results/{out.name}",
    }
    line = {
        "corpora": [{name: one[name] for name in ("dataset", "source")} for one in facts],
        "documents": [len(first), len(second)],
        "shared": count_shared(first, second),
        "command": describe_command("benchmarks.shared_texts", options),
        **read_environment(),
    }
    append_line(out, line)
    typer.echo(f"{line['shared']} of {len(second)} documents are in both")


def read_sequences(folder: Path) -> Dict[str, Sequences]:
    """The sequences of N_WORDS words of each source document of a corpus."""
    words: Dict[str, List[str]] = {}
    for part in PARTS:
        for doc in read_gold(folder / f"{part}.spacy", KEY):
            of_document = words.setdefault(doc.document, [])
            of_document += [word.lower() for word in doc.words if word.isalnum()]
    return {name: find_sequences(of_document) for name, of_document in words.items()}


def find_sequences(words: List[str]) -> Sequences:
    return {tuple(words[i : i + N_WORDS]) for i in range(len(words) - N_WORDS + 1)}


def count_shared(first: Mapping[str, Sequences], second: Mapping[str, Sequences]) -> int:
    """Count the documents of `second` with more than N_PHRASES sequences of one of `first`."""
    places: Dict[Tuple[str, ...], List[str]] = {}
    for name, sequences in first.items():
        for sequence in sequences:
            places.setdefault(sequence, []).append(name)
    shared = 0
    for sequences in second.values():
        common = Counter(name for one in sequences for name in places.get(one, ()))
        shared += max(common.values(), default=0) > N_PHRASES
    return shared


if __name__ == "__main__":
    typer.run(main)
