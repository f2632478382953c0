"""`python -m spacy_nested_ner convert`: convert a corpus to training data."""

from pathlib import Path
from typing import Optional

import typer

from .recipe_word import RECIPE, leave_to_recipe
from .terminal import seed_option, show, show_progress

EXAMPLE = "custom assets/custom/mine corpus/mine --format jsonl --language en"


def convert_command(
    dataset: str = typer.Argument(
        ...,
        help="Name of a recipe, one of genia, cmeee, icem, maintie, germeval, danplus, "
        "bionlp13cg, custom; custom is for your own corpus.",
    ),
    source: Path = typer.Argument(..., help="File, folder or archive of the corpus."),
    out: Path = typer.Argument(
        ..., help="Folder for train.spacy, dev.spacy, test.spacy and report.json."
    ),
    split: Optional[str] = typer.Option(
        RECIPE,
        callback=leave_to_recipe,
        help="How to divide documents into train, dev and test: published, document, "
        "stratified, sentence, sentence_contiguous. If the recipe has no split, published if "
        "there is one, else stratified.",
    ),
    unit: Optional[str] = typer.Option(
        RECIPE,
        callback=leave_to_recipe,
        help="What one document is: sentence (split at sentence ends, but not inside a "
        "mention) or document (join sentences).",
    ),
    align: str = typer.Option(
        "drop",
        help="What to do with a mention that begins or ends inside a token, one of drop, "
        "expand, contract: leave it out, expand it to whole tokens, or contract it to the "
        "whole tokens inside it.",
    ),
    max_misaligned: Optional[float] = typer.Option(
        None,
        help="Fail if a larger share of the mentions is misaligned: 0.01 for 1 %. By default "
        "0.1 if such mentions are left out, else 1.",
    ),
    seed: int = seed_option("Seed of the split stratified."),
    spans_key: Optional[str] = typer.Option(
        None, help="Key of the span group in doc.spans; sc, or that of the corpus of --add-to."
    ),
    format: Optional[str] = typer.Option(
        RECIPE,
        callback=leave_to_recipe,
        help="Format of the source, for custom: bioc, brat, cas, cmeee, columns, conllu, csv, "
        "docbin, doccano, dygie (DyGIE++), genia, gliner, jsonl, label_studio, maintie, "
        "maintie_top (first level of its labels), parquet (also Hugging Face datasets), "
        "pubtator, spacy_tuples, token_json, webanno, or a registered format of another "
        "package; auto, or none for custom, recognises it.",
    ),
    language: Optional[str] = typer.Option(
        RECIPE,
        callback=leave_to_recipe,
        help="Language code of spaCy, for custom: en, zh, xx.",
    ),
    tokenizer: Optional[str] = typer.Option(
        RECIPE,
        callback=leave_to_recipe,
        help="One of punctuation, language, character: split at whitespace and punctuation, "
        "use spaCy's tokenizer of the language, or make each character a token.",
    ),
    discontinuous: str = typer.Option(
        "drop",
        help="What to do with a mention of several pieces with text between them, one of drop, "
        "cover, parts: leave it out, cover it with one span, or make each piece a mention.",
    ),
    on_error: str = typer.Option(
        "stop",
        help="What to do with records and annotations that break the rules of the format, one "
        "of stop, skip: name all of them and write nothing, or leave them out and list them in "
        "report.json.",
    ),
    annotators: str = typer.Option(
        "stop",
        help="Which mentions of a text with several annotators stay, one of stop, union, "
        "majority, first, separate: refuse texts about which they differ, keep the mentions of "
        "any annotator, of more than half, of the first one in the source, or write a document "
        "for each annotator.",
    ),
    add_to: Optional[Path] = typer.Option(
        None,
        help="Folder that convert wrote from custom: OUT gets its texts, too. They keep their "
        "parts, the same text of SOURCE replaces one of them, and new texts join train.",
    ),
) -> None:
    """Convert a corpus to .spacy files and count what is in it.

    Shows how many records, annotations and mentions cannot be used, and writes examples to
    report.json.
    """
    from ..api.convert import convert

    show_progress()
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
        on_error=on_error,
        discontinuous=discontinuous,
        annotators=annotators,
        add_to=add_to,
    )
    show(result)
