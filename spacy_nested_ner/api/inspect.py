"""Count the mentions of a corpus before training on it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Sequence, Union, cast

from spacy.vocab import Vocab

from ..corpus.inspect.inspection import RARE, Inspection, inspect_docs
from ..corpus.inspect.misalignment import load_tokenizer, read_left_out
from ..files.writing import check_output, write_text
from ..tables import N_LABELS, Block, Heading, Result, Table, Warned, amount, name_some
from .inputs import CorpusLike, get_docs, name_corpus, optional_path, places

NESTING = {
    "nested": "inside or around another",
    "same_label_nested": "inside or around one with the same label",
    "inside": "inside another",
    "crossing": "crossing another",
    "same_span": "same span, another label",
    "overlapping": "any of these",
}


@dataclass(frozen=True)
class InspectionResult(Result):
    """The statistics of a corpus.

    facts: See `corpus.inspect.inspection.Inspection`.
    """

    facts: Inspection

    def to_dict(self) -> Dict[str, Any]:
        return cast(Dict[str, Any], self.facts)

    def to_json(self) -> str:
        return json.dumps(self.facts, indent=2, ensure_ascii=False) + "\n"

    def records(self) -> List[Dict[str, Any]]:
        """A row for each label."""
        return [{"label": label, **share} for label, share in self.facts["labels"].items()]

    def blocks(self) -> Iterator[Block]:
        facts = self.facts
        yield Heading(f"{facts['file']}, doc.spans['{facts['spans_key']}']")
        yield (
            f"{facts['docs']:,} documents, {facts['tokens']:,} tokens, "
            f"{facts['mentions']:,} mentions"
        )
        yield _share_table("label", facts["labels"])
        yield _share_table("mentions", {NESTING[k]: n for k, n in facts["nesting"].items()})
        yield _share_table("depth", facts["depth"])
        names = list(facts["width"])
        rows = [
            ("mention", *(f"{facts['width'][name]:,}" for name in names)),
            ("document", *(f"{facts['length'][name]:,}" for name in names)),
        ]
        yield Table(("tokens", *names), rows)
        reach = {
            "one tag per token" if name == "flat" else f"spans of 1 to {name[6:]} tokens": n
            for name, n in facts["reach"].items()
        }
        yield _share_table("maximum recall of", reach)
        yield _describe_width(facts)
        for path, overlap in facts["overlap"].items():
            yield from _overlap_blocks(path, overlap)
        yield from _warnings(facts)


def inspect(
    corpus: CorpusLike,
    *,
    dev: Union[CorpusLike, Mapping[str, CorpusLike], None] = None,
    spans_key: str = "sc",
    pipeline: Union[str, Path, None] = None,
    output: Union[str, Path, None] = None,
) -> InspectionResult:
    """Count documents, labels and mentions of a corpus: nesting, widths, and what a model needs
    to predict all of them.

        print(inspect("corpus/mine/train.spacy", dev="corpus/mine/dev.spacy"))

    corpus: The training corpus: a .spacy file, a DocBin, docs or examples.
    dev: Another corpus, to compare with the first; or several, by name.
    spans_key: Key of doc.spans.
    pipeline: Check the mentions against its tokens: name or folder of a trained pipeline, or a
        config file with [nlp.tokenizer].
    output: JSON file for the statistics.
    RAISES (UserError): An input cannot be read, or has no mention under the key; the output is
        an input or cannot be written.
    """
    output = optional_path(output)
    if dev is None:
        others: Dict[str, CorpusLike] = {}
    else:
        others = dict(dev) if isinstance(dev, Mapping) else {name_corpus(dev): dev}
    file = Path(corpus) if isinstance(corpus, (str, Path)) else None
    if output is not None:
        # report.json is an input: it lists the mentions that `convert` left out
        report = None if file is None else file.with_name("report.json")
        check_output(output, places(corpus, *others.values(), pipeline, report))
    nlp = None if pipeline is None else load_tokenizer(str(pipeline))
    facts = inspect_docs(
        get_docs(corpus, Vocab() if nlp is None else nlp.vocab),
        name=name_corpus(corpus),
        dev={name: get_docs(other, Vocab()) for name, other in others.items()},
        spans_key=spans_key,
        tokenizer=None if nlp is None else (str(pipeline), nlp),
    )
    if file is not None:
        facts = {**facts, "left_out": read_left_out(file)}
    result = InspectionResult(facts)
    if output is not None:
        write_text(output, result.to_json())
    return result


def _share_table(title: str, shares: Mapping[str, Any]) -> Table:
    rows = [(name, f"{n['count']:,}", f"{n['share']:.2%}") for name, n in shares.items()]
    return Table((title, "", ""), rows, n_shown=N_LABELS)


def _describe_width(facts: Inspection) -> str:
    width = facts["max_span_width"]
    text = f"max_span_width = {width['all']} keeps every mention"
    if width["p99_9"] < width["all"]:
        saved = 1 - width["p99_9"] / width["all"]
        text += (
            f"; with {width['p99_9']}, {amount(width['lost'])} of them are lost and "
            f"{saved:.0%} fewer spans are scored"
        )
    return text


def _overlap_blocks(path: str, overlap: Mapping[str, Any]) -> Iterator[Block]:
    n_mentions = overlap["mentions"]
    unseen = n_mentions - overlap["seen"]["count"]
    shares = {
        "documents with the text of a training document": overlap["same_text"],
        "mentions seen in training": overlap["seen"],
        "mentions not seen": {"count": unseen, "share": unseen / n_mentions},
        "mentions wider than all in training": overlap["too_wide"],
    }
    yield Heading(f"{path}: {overlap['docs']:,} documents, {n_mentions:,} mentions")
    yield _share_table("text and label", shares)
    if overlap["new_labels"]:
        yield Warned(f"Labels without training mentions: {name_some(overlap['new_labels'])}")


def _warnings(facts: Inspection) -> Iterator[Block]:
    without = facts["docs_without"]
    repeated, empty, blank = (facts["unusable"][k] for k in ("repeated", "empty", "blank"))
    rare = facts["rare_labels"]
    if without["mentions"]["count"]:
        yield f"Documents without mentions: {amount(without['mentions'])}"
    if without["tokens"]["count"]:
        yield Warned(
            f"Documents without tokens, or with whitespace only: {amount(without['tokens'])}"
        )
    if without["group"]["count"]:
        yield Warned(
            f"Documents without doc.spans['{facts['spans_key']}']: {amount(without['group'])}; "
            "spaCy's scorer ignores them, but not documents with an empty group"
        )
    if repeated["count"]:
        yield Warned(f"Duplicate mentions in a document: {amount(repeated)}; counted once")
    if empty["count"]:
        yield Warned(f"Spans without tokens: {amount(empty)}; not counted")
    if blank["count"]:
        yield Warned(f"Mentions that begin or end with a whitespace token: {amount(blank)}")
    if rare:
        yield Warned(f"Labels with fewer than {RARE} mentions: {len(rare)} ({name_some(rare)})")
    if facts["left_out"]:
        yield _misaligned("Left out by the conversion", facts["left_out"])
    if facts["misaligned"]:
        tokenizer = facts["misaligned"]["tokenizer"]
        yield _misaligned(f"Misaligned with the tokens of {tokenizer}", facts["misaligned"])


def _misaligned(title: str, misaligned: Mapping[str, Any]) -> Block:
    if not misaligned["count"]:
        return f"{title}: no mention"
    examples: Sequence[Mapping[str, str]] = misaligned["examples"]
    shown = ", ".join(f"'{e['text']}' in '{e['token']}'" for e in examples)
    return Warned(f"{title}: {amount(misaligned)}, for example {shown}")
