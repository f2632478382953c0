"""Convert a corpus to training data."""

import csv
import warnings
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Mapping, Optional, Tuple, Union

from ..corpus.conversion.convert import convert as convert_corpus
from ..tables import Block, Heading, Result, Table, Warned
from ..user_error import UserError

N_PAIRS = 10  # of annotators, in the result; all are in the report
if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = {
    "articles": "articles",
    "documents": "docs",
    "without mention": "without_mention",
    "tokens": "tokens",
    "mentions": "spans",
    "depth": "depth",
}


@dataclass(frozen=True)
class ConversionResult(Result):
    """The result of a conversion.

    report: The content of report.json.
    out: Folder of the files.
    warned: Warnings of the conversion.
    """

    report: Dict[str, Any]
    out: Path
    warned: Tuple[str, ...] = ()

    def to_dict(self) -> Dict[str, Any]:
        return self.report

    def records(self) -> List[Dict[str, Any]]:
        """A row for each part."""
        keys = (*COLUMNS.values(), "nested_share")
        return [
            {"part": name, **{key: part[key] for key in keys}}
            for name, part in self.report["parts"].items()
        ]

    def blocks(self) -> Iterator[Block]:
        report = self.report
        seed = "" if report["seed"] is None else f", seed {report['seed']}"
        split = f"split by {report['split']}{seed}"
        yield Heading(f"{report['dataset']}, {report['corpus']} corpus, {split}")
        parts = report["parts"]
        rows = [
            (
                name,
                *(f"{part[key]:,}" for key in COLUMNS.values()),
                f"{part['nested_share']:.1%}",
            )
            for name, part in parts.items()
        ]
        yield Table(("", *COLUMNS, "nested"), rows)
        widest = {name: part["width"]["max"] for name, part in parts.items()}
        each = ", ".join(f"{name} {width}" for name, width in widest.items())
        yield from _show_agreement(report["annotators"])
        for added in report["added"][-1:]:
            new = added["texts"] - added["replaced"] - added["copies"]
            more = f", {added['copies']:,} more copies of them" if added["copies"] else ""
            yield (
                f"Added from {added['name']}: {new:,} texts to train, {added['replaced']:,} in "
                f"place of the same texts{more}"
            )
        yield f"Widest mention: {max(widest.values())} tokens ({each})"
        for text in (*self.warned, *_find_warnings(report)):
            yield Warned(text)
        yield f"Wrote {', '.join(parts)} and report.json to {self.out}"


def convert(
    dataset: str,
    source: Union[str, Path, "DataFrame"],
    out: Union[str, Path],
    *,
    split: Optional[str] = None,
    unit: Optional[str] = None,
    align: str = "drop",
    max_misaligned: Optional[float] = None,
    seed: int = 0,
    spans_key: Optional[str] = None,
    format: Optional[str] = None,
    language: Optional[str] = None,
    tokenizer: Optional[str] = None,
    on_error: str = "stop",
    discontinuous: str = "drop",
    annotators: str = "stop",
    add_to: Optional[Union[str, Path]] = None,
) -> ConversionResult:
    """Convert a corpus to .spacy files and count what is in it.

        convert("custom", "assets/custom/mine", "corpus/mine", format="jsonl", language="en")

    dataset: Name of a recipe, which sets the arguments that are None; "custom" for your own
        corpus.
    source: File, folder or archive of the corpus; or a DataFrame of pandas with a row for each
        mention, for which the format is "csv".
    out: Folder for train.spacy, dev.spacy, test.spacy and report.json.
    split: How to divide documents into train, dev and test; None for the split of the recipe,
        else the published split, else "stratified".
    seed: Seed of the split "stratified".
    unit: What one document is: "sentence" or "document".
    align: What to do with a mention that begins or ends inside a token: "drop", "expand" or
        "contract" it.
    max_misaligned: Maximum share of such mentions; None for 0.1 with "drop", else 1.
    spans_key: Key of doc.spans; None for "sc", or that of the corpus in `add_to`.
    format: Format of your own corpus: "brat", "csv", "jsonl", "label_studio" …; None or "auto"
        recognises it.
    language: Language code of spaCy for your own corpus.
    tokenizer: "punctuation", "language" or "character".
    discontinuous: What to do with a mention of several pieces with text between them: "drop"
        it, "cover" it with one span from its first to its last piece, or make its "parts"
        mentions.
    on_error: What to do with parts of the source that break the rules of its format: "stop"
        names all of them and writes nothing, "skip" leaves them out and reports each.
    annotators: Which mentions of a text with several annotators stay: those of any of them
        ("union"), of more than half ("majority"), of the first one in the source ("first"), or
        all in documents of their own ("separate"). "stop" refuses texts about which annotators
        differ.
    add_to: Folder that `convert` wrote from your own annotations. `out` then has its texts and
        those of the source. A text that it has already is replaced and keeps its part; all
        other texts of the source join train. Language, tokenizer and unit stay the same.
    RAISES (UserError): The source or an argument is wrong; `out` is the source or `add_to`, is
        inside them, or cannot be written. `out` then stays unchanged.
    """
    with warnings.catch_warnings(record=True) as caught, ExitStack() as stack:
        if not isinstance(source, (str, Path)):
            source = _write_table(source, stack.enter_context(TemporaryDirectory()))
            format = format or "csv"
        warnings.simplefilter("ignore")
        warnings.simplefilter("default", UserWarning)
        report = convert_corpus(
            dataset,
            Path(source),
            Path(out),
            split=split,
            unit=unit,
            align=align,
            max_misaligned=max_misaligned,
            seed=seed,
            spans_key=spans_key,
            format=format,
            language=language,
            tokenizer=tokenizer,
            on_error=on_error,
            discontinuous=discontinuous,
            annotators=annotators,
            add_to=None if add_to is None else Path(add_to),
        )
    warned = tuple(str(warning.message) for warning in caught)
    return ConversionResult(report, Path(out), warned)


def _write_table(frame: "DataFrame", folder: str) -> Path:
    if not hasattr(frame, "to_csv"):
        raise UserError(
            f"The source is a {type(frame).__name__}: give a file, a folder, an archive or a "
            "DataFrame of pandas."
        )
    file = Path(folder, "dataframe.csv")
    # without quotes, "\r" in a text ends its row
    frame.to_csv(file, index=False, quoting=csv.QUOTE_ALL)
    return file


def _show_agreement(annotated: Optional[Mapping[str, Any]]) -> Iterator[Block]:
    """The annotators of the same texts, those who agree least first."""
    if annotated is None:
        return
    agreement, n = annotated["agreement"], annotated["mentions"]
    yield (
        f"Texts with several annotators: {annotated['texts']:,}, pairwise F1 "
        f"{_percent(agreement['f1'])}; by '{annotated['annotators']}', {n['kept']:,} of "
        f"{n['read']:,} mentions stay"
    )
    pairs = sorted(agreement["pairs"], key=lambda pair: (pair["f1"] is None, pair["f1"]))
    rows = [
        (
            " and ".join(pair["annotators"]),
            f"{pair['texts']:,}",
            *(f"{count:,}" for count in (*pair["mentions"], pair["both"])),
            _percent(pair["f1"]),
        )
        for pair in pairs[:N_PAIRS]
    ]
    yield Table(("annotators", "texts", "of one", "of other", "of both", "F1"), rows)


def _percent(share: Optional[float]) -> str:
    return "–" if share is None else f"{share:.1%}"


def _find_warnings(report: Mapping[str, Any]) -> List[str]:
    """Warnings about the data, one for each kind of problem."""
    found = []
    faults = report["faults"]
    if faults:
        kinds = Counter(fault["of"] for fault in faults)
        found.append(
            f"Left out what breaks the rules of the format: {_list(kinds)}, all in "
            f"report.json, for example {faults[0]['message']}"
        )
    skipped, lost = report["skipped"], report["lost"]
    reasons = _without_faults(skipped)
    if report["added"]:  # a line of its own says it
        reasons.pop("earlier copy", None)
    if reasons:
        found.append(
            f"Skipped {sum(reasons.values()):,} of {report['records']['read']:,} records: "
            f"{_list(reasons)}, for example {skipped['examples'][0]['where']}"
        )
    reasons = _without_faults(lost)
    if reasons:
        example = lost["examples"][0]
        found.append(
            f"Left out {sum(reasons.values()):,} annotations: {_list(reasons)}, for example "
            f"'{example['text']}' ({example['where']})"
        )
    several = report["discontinuous"]
    if several["count"] and several["policy"] != "drop":
        found.append(
            f"{several['count']:,} discontinuous mentions became spans by the policy "
            f"'{several['policy']}'"
        )
    if report["trimmed"]:
        found.append(f"Trimmed blanks at the edges of {report['trimmed']:,} mentions or labels")
    found += _find_misaligned(report)
    duplicates, leakage = report["duplicates"], report["leakage"]
    texts = {part: duplicates[part]["count"] for part in duplicates}
    if any(texts.values()):
        found.append(f"Duplicate texts in a part: {_list(texts)}, {_show(duplicates)}")
    texts = {pair: leakage[pair]["texts"] for pair in leakage}
    if any(texts.values()):
        found.append(f"Leakage: texts in two parts: {_list(texts)}, {_show(leakage)}")
    documents = {pair: leakage[pair]["documents"] for pair in leakage}
    if any(documents.values()):
        found.append(f"Leakage: source documents in two parts: {_list(documents)}")
    return found


def _without_faults(counted: Mapping[str, Any]) -> Dict[str, int]:
    """The reasons of skipped records or lost annotations. Faults have a line of their own."""
    return {reason: n for reason, n in counted["reasons"].items() if reason != "fault"}


def _find_misaligned(report: Mapping[str, Any]) -> List[str]:
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
    shown = f"for example '{examples[0]['text']}' in '{examples[0]['token']}'"
    if report["align"] == "drop":
        return [f"Left out {some} that {where}, {shown}"]
    outcome = {"moved": total["moved"], "left out": total["dropped"], "merged": total["merged"]}
    return [f"{some} {where}, {shown}: {_list(outcome)}"]


def _list(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items() if count)


def _show(found: Mapping[str, Mapping[str, Any]]) -> str:
    """The first example of two records with the same text."""
    example = next(example for entry in found.values() for example in entry["examples"])
    one, other = example["ids"]
    return f"for example '{' '.join(example['text'].split())}' ({one} and {other})"
