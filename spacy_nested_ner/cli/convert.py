"""`python -m spacy_nested_ner convert`: a corpus becomes training data."""

from pathlib import Path
from typing import Optional

import typer

from .recipe_word import RECIPE, leave_to_recipe
from .terminal import is_quiet, show

EXAMPLE = "custom my-data corpus/mine --format jsonl --language en"


def convert_command(
    dataset: str = typer.Argument(
        ...,
        help="Whose recipe: genia, cmeee, icem, maintie, germeval, danplus, bionlp13cg, "
        "custom, the last for a corpus of your own.",
    ),
    source: Path = typer.Argument(..., help="File, folder or archive of the corpus."),
    out: Path = typer.Argument(..., help="Folder for train, dev, test .spacy and report.json."),
    split: Optional[str] = typer.Option(
        RECIPE,
        callback=leave_to_recipe,
        help="Which text goes where: published, document, stratified, sentence, "
        "sentence_contiguous. A recipe without a split takes the published one, if there is "
        "one, else stratified.",
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
        "drop, expand, contract: left out, grown to whole tokens, shrunk to those inside it.",
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
        help="One of punctuation, language, character: at blanks and punctuation, the "
        "language's own, or a token a character.",
    ),
) -> None:
    """Convert a corpus to .spacy files and count what is in it.

    Texts, annotations and mentions that cannot be used are counted and shown, with examples in
    report.json.
    """
    from ..api.convert import convert

    result = convert(
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
        progress=not is_quiet(),
    )
    show(result)
