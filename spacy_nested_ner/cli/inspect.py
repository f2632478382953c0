"""`python -m spacy_nested_ner inspect`: what is in a .spacy file, before training on it."""

import json
from pathlib import Path
from typing import Dict, List, Optional, Union

import typer
from wasabi import msg

from ..corpus.inspect.inspection import RARE, Inspection, Overlap, Share, inspect_corpus
from ..corpus.inspect.misalignment import Misaligned

# rare labels named in the warning
N_NAMED = 10
# characters; some schemes have types like "PhysicalObject/SensingObject/LevelSensingObject"
MAX_COLUMN = 100
NESTING = {
    "nested": "inside or around another",
    "same_label_nested": "the same, of one label",
    "inside": "inside another",
    "crossing": "crossing another",
    "same_span": "on a span with another label",
    "overlapping": "any of these",
}


def inspect_command(
    file: Path = typer.Argument(..., help="A .spacy file, the one to train on."),
    dev: Optional[List[Path]] = typer.Option(
        None, help="Another .spacy file, to compare with the first; may be given again."
    ),
    spans_key: str = typer.Option("sc", help="Key of the span group in doc.spans."),
    pipeline: Optional[str] = typer.Option(
        None,
        help="Whose tokens the mentions have to fit: a trained pipeline, by name or folder, "
        "or a config file with [nlp.tokenizer].",
    ),
    as_json: bool = typer.Option(False, "--json", help="Print JSON and nothing else."),
    output: Optional[Path] = typer.Option(
        None, dir_okay=False, help="Write the JSON to this file, too."
    ),
) -> None:
    """Count what is in a .spacy file and what it asks of a model."""
    facts = inspect_corpus(file, dev=dev or (), spans_key=spans_key, pipeline=pipeline)
    text = json.dumps(facts, indent=2, ensure_ascii=False) + "\n"
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf8")
    if as_json:
        typer.echo(text, nl=False)
        return
    msg.divider(f"{facts['file']}, doc.spans['{spans_key}']")
    msg.text(
        f"{facts['docs']:,} docs, {facts['tokens']:,} tokens, {facts['mentions']:,} mentions"
    )
    _print_shares("label", facts["labels"])
    _print_shares("mentions", {NESTING[key]: n for key, n in facts["nesting"].items()})
    _print_shares("depth", facts["depth"])
    _print_percentiles(facts)
    _print_reach(facts)
    for path, overlap in facts["overlap"].items():
        _print_overlap(path, overlap)
    _print_warnings(facts)


def _print_shares(title: str, shares: Dict[str, Share]) -> None:
    rows = [(name, f"{n['count']:,}", f"{n['share']:.2%}") for name, n in shares.items()]
    header = (title, "", "")
    msg.table(rows, header=header, divider=True, aligns=("l", "r", "r"), max_col=MAX_COLUMN)


def _print_percentiles(facts: Inspection) -> None:
    names = list(facts["width"])
    rows = [
        ("mention", *(f"{facts['width'][name]:,}" for name in names)),
        ("doc", *(f"{facts['length'][name]:,}" for name in names)),
    ]
    aligns = ("l", *"r" * len(names))
    msg.table(rows, header=("tokens", *names), divider=True, aligns=aligns)


def _print_reach(facts: Inspection) -> None:
    reach = {
        "one tag a token" if name == "flat" else f"spans of 1 to {name[6:]} tokens": n
        for name, n in facts["reach"].items()
    }
    _print_shares("highest recall of", reach)
    width = facts["max_span_width"]
    if width["p99_9"] < width["all"]:
        saved = 1 - width["p99_9"] / width["all"]
        msg.info(
            f"max_span_width = {width['all']} keeps every mention; {width['p99_9']} would lose "
            f"{_amount(width['lost'])} of them and spare {saved:.0%} of the spans to score"
        )
    else:
        msg.info(f"max_span_width = {width['all']} keeps every mention")


def _print_overlap(path: str, overlap: Overlap) -> None:
    n_mentions = overlap["mentions"]
    unseen = n_mentions - overlap["seen"]["count"]
    shares: Dict[str, Share] = {
        "docs with the text of a training doc": overlap["same_text"],
        "mentions seen in training": overlap["seen"],
        "mentions not seen": {"count": unseen, "share": unseen / n_mentions},
        "mentions wider than all in training": overlap["too_wide"],
    }
    msg.divider(f"{path}: {overlap['docs']:,} docs, {n_mentions:,} mentions")
    _print_shares("text and label", shares)
    if overlap["new_labels"]:
        msg.warn(f"Not in training: {', '.join(overlap['new_labels'])}")


def _print_warnings(facts: Inspection) -> None:
    without = facts["docs_without"]
    repeated, empty, blank = (facts["unusable"][k] for k in ("repeated", "empty", "blank"))
    rare = facts["rare_labels"]
    if without["mentions"]["count"]:
        msg.info(f"Docs without a mention: {_amount(without['mentions'])}")
    if without["tokens"]["count"]:
        msg.warn(f"Docs without a token, or with blank ones only: {_amount(without['tokens'])}")
    if without["group"]["count"]:
        msg.warn(
            f"Docs without doc.spans['{facts['spans_key']}']: {_amount(without['group'])}; "
            "spaCy's scorer passes over them, an empty group would count"
        )
    if repeated["count"]:
        msg.warn(f"Mentions that come again in their doc: {_amount(repeated)}; counted once")
    if empty["count"]:
        msg.warn(f"Spans without a token: {_amount(empty)}; not counted")
    if blank["count"]:
        msg.warn(f"Mentions that begin or end with a blank token: {_amount(blank)}")
    if rare:
        some = ", ".join(rare[:N_NAMED]) + (" …" if len(rare) > N_NAMED else "")
        msg.warn(f"Labels with fewer than {RARE} mentions: {len(rare)} ({some})")
    if facts["left_out"]:
        _warn_misaligned("Left out by the conversion", facts["left_out"])
    if facts["misaligned"]:
        tokenizer = facts["misaligned"]["tokenizer"]
        _warn_misaligned(f"Misaligned with the tokens of {tokenizer}", facts["misaligned"])


def _warn_misaligned(title: str, misaligned: Misaligned) -> None:
    if not misaligned["count"]:
        msg.good(f"{title}: no mention")
        return
    examples = (f"'{e['text']}' in '{e['token']}'" for e in misaligned["examples"])
    msg.warn(f"{title}: {_amount(misaligned)}, as {', '.join(examples)}")


def _amount(share: Union[Share, Misaligned]) -> str:
    return f"{share['count']:,} ({share['share']:.2%})"
