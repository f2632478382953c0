"""`python -m spacy_nested_ner configure`: a training config fitted to a corpus."""

from pathlib import Path
from typing import Optional

import typer
from wasabi import msg

from spacy_nested_ner.training.configure import configure

from ..training.overrides import parse_overrides
from .recipe_word import RECIPE, leave_to_recipe


def configure_command(
    config: Path = typer.Argument(..., help="Training config.", exists=True, dir_okay=False),
    corpus: Path = typer.Argument(..., help="Folder that `convert` wrote."),
    out: Path = typer.Argument(..., help="The config for this corpus.", dir_okay=False),
    epochs: int = typer.Option(8, min=1, help="Passes over the docs; each is evaluated."),
    min_updates: int = typer.Option(0, min=0, help="Fewest updates, for a small corpus."),
    seed: int = typer.Option(0, help="Seed of the weights and of the order of the batches."),
    encoder: Optional[str] = typer.Option(
        RECIPE,
        callback=leave_to_recipe,
        help="Pretrained encoder, a hub name or a folder, for a config that has one.",
    ),
    settings: str = typer.Option(
        "",
        help="What to set in the config, as SECTION.KEY=VALUE with a space between two; wins "
        "over everything else. A value is JSON without spaces, or text.",
    ),
) -> None:
    """Set language, tokenizer, paths, number of updates, seed, encoder and model card of a
    training config."""
    fitted = configure(
        config,
        corpus,
        epochs=epochs,
        min_updates=min_updates,
        seed=seed,
        encoder=encoder,
        overrides=parse_overrides(settings.split()),
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    fitted.to_disk(out, interpolate=False)
    training = fitted["training"]
    msg.good(
        f"Wrote {out}: {training['max_steps']:,} updates of "
        f"{training['batcher']['size']} docs, evaluated every {training['eval_frequency']:,}"
    )
