"""`python -m spacy_nested_ner convert`: a corpus becomes training data."""

import warnings
from pathlib import Path
from typing import Any, Dict, List, Optional

import typer
from wasabi import msg

from ..corpus.conversion.alignment import ALIGN
from ..corpus.conversion.convert import convert
from ..corpus.conversion.splits import SPLITS
from ..corpus.recipes import RECIPES
from ..corpus.tokenizers import TOKENIZERS
from .recipe_word import RECIPE, leave_to_recipe


def convert_command(
    dataset: str = typer.Argument(
        ..., help=f"Whose recipe: {', '.join(RECIPES)}, the last for a corpus of your own."
    ),
    source: Path = typer.Argument(..., help="File, folder or archive of the corpus."),
    out: Path = typer.Argument(..., help="Folder for train, dev, test .spacy and report.json."),
    split: Optional[str] = typer.Option(
        RECIPE,
        callback=leave_to_recipe,
        help=f"Which text goes where: {', '.join(SPLITS)}. A recipe without a split takes the "
        "published one, if there is one, else stratified.",
    ),
    unit: Optional[str] = typer.Option(
        RECIPE,
        callback=leave_to_recipe,
        help="What becomes one text: sentence (documents are cut at sentence ends, never "
        "through a mention) or document (sentences are joined).",
    ),
    align: str = typer.Option(
        "drop",
        help="What becomes of a mention that begins or ends inside a token, one of "
        f"{', '.join(ALIGN)}: left out, grown to whole tokens, shrunk to those inside it.",
    ),
    max_misaligned: Optional[float] = typer.Option(
        None, help="Fail if a larger share of mentions is misaligned: 0.01 for one percent."
    ),
    seed: int = typer.Option(0, help="Of split stratified."),
    spans_key: str = typer.Option("sc", help="Key of the span group in doc.spans."),
    format: Optional[str] = typer.Option(
        RECIPE,
        callback=leave_to_recipe,
        help="Of the source, for custom: brat, cmeee, columns, docbin, genia, jsonl, maintie, "
        "maintie_top (the first level of its types), token_json, or another package's.",
    ),
    language: Optional[str] = typer.Option(
        RECIPE,
        callback=leave_to_recipe,
        help="Code of a language of spaCy, for custom: en, zh, xx.",
    ),
    tokenizer: Optional[str] = typer.Option(
        RECIPE,
        callback=leave_to_recipe,
        help=f"One of {', '.join(TOKENIZERS)}: at blanks and punctuation, the language's own, "
        "or a token a character.",
    ),
) -> None:
    """Convert a corpus to .spacy files and count what is in it.

    Texts, annotations and mentions that cannot be used are counted and shown, with examples in
    report.json.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("default", UserWarning)
        report = convert(
            dataset,
            source,
            out,
            split=split,
            unit=unit,
            align=align,
            max_misaligned=max_misaligned,
            seed=seed,
            spans_key=spans_key,
            format=format,
            language=language,
            tokenizer=tokenizer,
            progress=True,
        )
    _print_parts(report)
    for warning in [*(str(warning.message) for warning in caught), *_find_warnings(report)]:
        msg.warn(warning)
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
    seed = "" if report["seed"] is None else f", seed {report['seed']}"
    split = f"split by {report['split']}{seed}"
    msg.divider(f"{report['dataset']}, {report['corpus']} corpus, {split}")
    msg.table(
        rows,
        header=("", *columns, "nested"),
        divider=True,
        aligns=("l", *"r" * (len(columns) + 1)),
    )
    widest = {name: part["width"]["max"] for name, part in parts.items()}
    each = ", ".join(f"{name} {width}" for name, width in widest.items())
    msg.info(f"Widest mention: {max(widest.values())} tokens ({each})")


def _find_warnings(report: Dict[str, Any]) -> List[str]:
    """A line for each kind of thing that the user may not expect."""
    found = []
    skipped, lost = report["skipped"], report["lost"]
    if skipped["count"]:
        found.append(
            f"Skipped {skipped['count']:,} of {report['records']['read']:,} records: "
            f"{_list(skipped['reasons'])}, as {skipped['examples'][0]['where']}"
        )
    if lost["count"]:
        example = lost["examples"][0]
        found.append(
            f"{lost['count']:,} annotations make no mention: {_list(lost['reasons'])}, as "
            f"'{example['text']}' ({example['where']})"
        )
    found += _find_misaligned(report)
    duplicates, leakage = report["duplicates"], report["leakage"]
    texts = {part: duplicates[part]["count"] for part in duplicates}
    if any(texts.values()):
        found.append(f"Texts that come again in a part: {_list(texts)}, {_show(duplicates)}")
    texts = {pair: leakage[pair]["texts"] for pair in leakage}
    if any(texts.values()):
        found.append(f"Leakage, texts in two parts: {_list(texts)}, {_show(leakage)}")
    documents = {pair: leakage[pair]["documents"] for pair in leakage}
    if any(documents.values()):
        found.append(f"Leakage, documents in two parts: {_list(documents)}")
    return found


def _find_misaligned(report: Dict[str, Any]) -> List[str]:
    misaligned = [part["misaligned"] for part in report["parts"].values()]
    examples = [example for part in misaligned for example in part["examples"]]
    if not examples:
        return []
    total = {
        key: sum(part[key] for part in misaligned)
        for key in ("count", "moved", "dropped", "merged")
    }
    n_spans = sum(part["spans"] for part in report["parts"].values())
    some = f"{total['count']:,} of {n_spans:,} mentions ({total['count'] / n_spans:.2%})"
    where = "begin or end inside a token or on whitespace"
    shown = f"as '{examples[0]['text']}' in '{examples[0]['token']}'"
    if report["align"] == "drop":
        return [f"Left out {some} that {where}, {shown}"]
    outcome = {"moved": total["moved"], "left out": total["dropped"], "merged": total["merged"]}
    return [f"{some} {where}, {shown}: {_list(outcome)}"]


def _list(counts: Dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items() if count)


def _show(found: Dict[str, Dict[str, Any]]) -> str:
    """The first example of two records with one text."""
    example = next(example for entry in found.values() for example in entry["examples"])
    one, other = example["ids"]
    return f"as '{' '.join(example['text'].split())}' ({one} and {other})"
