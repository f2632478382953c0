"""`python -m spacy_nested_ner convert`: a published corpus becomes training data."""

from pathlib import Path
from typing import Any, Dict

import typer
from wasabi import msg

from ..corpus.convert import convert


def convert_command(
    dataset: str = typer.Argument(..., help="Which corpus: genia."),
    source: Path = typer.Argument(..., help="The published archive or file, or its folder."),
    out: Path = typer.Argument(..., help="Folder for train, dev, test .spacy and report.json."),
    split: str = typer.Option("document", help="document, sentence or sentence_contiguous."),
    unit: str = typer.Option("sentence", help="What becomes one text: sentence or document."),
    spans_key: str = typer.Option("sc", help="Key of the span group in doc.spans."),
) -> None:
    """Convert a published corpus to .spacy files and count what is in it."""
    report = convert(
        dataset, source, out, split=split, unit=unit, spans_key=spans_key, progress=True
    )
    _print_parts(report)
    _warn_misaligned(report["parts"])
    msg.good(f"Wrote {', '.join(report['parts'])} and report.json to {out}")


def _print_parts(report: Dict[str, Any]) -> None:
    parts: Dict[str, Dict[str, Any]] = report["parts"]
    columns = {
        "articles": "articles",
        "texts": "docs",
        "without mention": "without_mention",
        "tokens": "tokens",
        "mentions": "spans",
        "depth": "depth",
    }
    rows = [
        (name, *(f"{part[key]:,}" for key in columns.values()), f"{part['nested_share']:.1%}")
        for name, part in parts.items()
    ]
    msg.divider(f"{report['dataset']}, {report['corpus']} corpus, split by {report['split']}")
    msg.table(
        rows,
        header=("", *columns, "nested"),
        divider=True,
        aligns=("l", *"r" * (len(columns) + 1)),
    )
    widest = {name: part["width"]["max"] for name, part in parts.items()}
    each = ", ".join(f"{name} {width}" for name, width in widest.items())
    msg.info(f"Widest mention: {max(widest.values())} tokens ({each})")


def _warn_misaligned(parts: Dict[str, Dict[str, Any]]) -> None:
    examples = [e for part in parts.values() for e in part["misaligned"]["examples"]]
    if not examples:
        return
    n_misaligned = sum(part["misaligned"]["count"] for part in parts.values())
    n_spans = sum(part["spans"] for part in parts.values())
    share = n_misaligned / n_spans
    msg.warn(
        f"Left out {n_misaligned:,} of {n_spans:,} mentions ({share:.2%}) that begin or end "
        f"inside a token, as '{examples[0]['text']}' in '{examples[0]['token']}'"
    )
