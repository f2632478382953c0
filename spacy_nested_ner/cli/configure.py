"""`python -m spacy_nested_ner configure`: fit a training config to a corpus."""

from pathlib import Path
from typing import List, Optional

import typer

from ..training.updates import EPOCHS, MIN_UPDATES
from .recipe_word import RECIPE, leave_to_recipe
from .terminal import seed_option, show

EXAMPLE = "configs/tok2vec.cfg corpus/mine training/mine/config.cfg --set training.dropout=0.2"


def configure_command(
    config: Path = typer.Argument(..., help="Training config.", exists=True, dir_okay=False),
    corpus: Path = typer.Argument(..., help="Folder that `convert` wrote."),
    out: Path = typer.Argument(..., help="File for the fitted config.", dir_okay=False),
    epochs: int = typer.Option(
        EPOCHS, min=1, help="Passes over the training documents; an evaluation follows each."
    ),
    min_updates: int = typer.Option(
        MIN_UPDATES, min=0, help="Minimum number of updates, for a small corpus."
    ),
    seed: int = seed_option("Seed of the initial weights and of the order of the batches."),
    encoder: Optional[str] = typer.Option(
        RECIPE,
        callback=leave_to_recipe,
        help="Pretrained encoder, a hub name or a folder, for a config with paths.encoder.",
    ),
    raw_text: Optional[Path] = typer.Option(
        None,
        exists=True,
        dir_okay=False,
        help='JSONL, {"text": ...} in each line: adds the settings of `spacy pretrain`.',
    ),
    predicted: Optional[Path] = typer.Option(
        None,
        exists=True,
        help="Folder that `annotate --format docbin` wrote, or a .spacy file: trains on these "
        "predicted spans beside the corpus.",
    ),
    source: Optional[str] = typer.Option(
        None,
        help="Trained pipeline, a package or a folder: training begins with its pipe, not with "
        "random weights.",
    ),
    set: Optional[List[str]] = typer.Option(
        None,
        help="A setting of the config, SECTION.KEY=VALUE, with a value in JSON or plain text; "
        "repeatable. It replaces all other values of the setting.",
    ),
) -> None:
    """Fit a training config to a corpus.

    Sets language, tokenizer, paths, number of updates, documents of an update, seed, encoder
    and model card. Fits the size of the model, dropout and learn rate.
    """
    from ..api.configure import configure
    from ..training.overrides import parse_overrides

    result = configure(
        config,
        corpus,
        out,
        epochs=epochs,
        min_updates=min_updates,
        seed=seed,
        encoder=encoder,
        raw_text=raw_text,
        predicted=predicted,
        source=source,
        overrides=parse_overrides(set or ()),
    )
    show(result)
