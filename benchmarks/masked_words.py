"""Train a pretrained encoder on: it reads texts without annotations and learns masked words.

    python -m benchmarks.masked_words --encoder assets/encoders/all-MiniLM-L6-v2 \\
        --texts genia-train.jsonl --out assets/encoders/all-MiniLM-L6-v2-genia

OUT is an encoder like the first one, for `configure --encoder`. 15 % of the word pieces are
masked, as in Devlin et al. (arXiv 1810.04805). A CPU multiplies in bfloat16.
"""

from pathlib import Path
from random import Random
from typing import Any, Iterator, List

import srsly
import torch
import typer
from torch.nn.functional import cross_entropy
from tqdm import tqdm
from transformers import (
    AutoModelForMaskedLM,
    AutoTokenizer,
    DataCollatorForLanguageModeling,
    get_linear_schedule_with_warmup,
    set_seed,
)

BATCH = 64  # texts
CHUNK = 50  # batches with texts of similar length
MAX_PIECES = 128
IGNORED = -100  # label of a piece that is not masked


def main(
    encoder: Path = typer.Option(
        ..., exists=True, file_okay=False, help="Folder to begin with."
    ),
    texts: Path = typer.Option(..., exists=True, help='JSONL, {"text": …} in each line.'),
    out: Path = typer.Option(..., file_okay=False, help="Folder of the new encoder."),
    epochs: int = typer.Option(5, min=1, help="Number of times that each text is read."),
    rate: float = typer.Option(3e-4, help="Highest learn rate."),
    seed: int = typer.Option(0, help="Of the order and of the masks."),
) -> None:
    """Write an encoder to OUT that has read the texts."""
    torch.set_num_threads(1)
    set_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    # MiniLM comes without the layer that predicts words: it begins with random weights
    model = AutoModelForMaskedLM.from_pretrained(encoder).train()
    pieces = tokenizer(
        [line["text"] for line in srsly.read_jsonl(texts)],
        truncation=True,
        max_length=MAX_PIECES,
    )["input_ids"]
    mask = DataCollatorForLanguageModeling(tokenizer, seed=seed)
    batches = [batch for _ in range(epochs) for batch in make_batches(pieces, Random(seed))]
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.01)
    schedule = get_linear_schedule_with_warmup(optimizer, len(batches) // 20, len(batches))
    progress = tqdm(batches, unit="update", mininterval=5.0)
    for batch in progress:
        loss = find_loss(model, mask([{"input_ids": one} for one in batch]))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        progress.set_postfix(loss=f"{loss.item():.2f}", refresh=False)
    model.base_model.save_pretrained(out)
    tokenizer.save_pretrained(out)


def make_batches(pieces: List[List[int]], random: Random) -> Iterator[List[List[int]]]:
    """All texts in random order, in batches of texts with similar length."""
    shuffled = random.sample(pieces, len(pieces))
    batches = []
    for first in range(0, len(shuffled), BATCH * CHUNK):
        chunk = sorted(shuffled[first : first + BATCH * CHUNK], key=len)
        batches += [chunk[i : i + BATCH] for i in range(0, len(chunk), BATCH)]
    random.shuffle(batches)
    yield from batches


def find_loss(model: Any, batch: Any) -> torch.Tensor:
    """The cross-entropy of the masked pieces; only these pass through the last layer, which is
    `cls` in the class of BERT."""
    labels = batch.pop("labels")
    masked = labels != IGNORED
    with torch.autocast("cpu", torch.bfloat16):
        vectors = model.base_model(**batch).last_hidden_state
        logits = model.cls(vectors[masked])
    return cross_entropy(logits.float(), labels[masked])


if __name__ == "__main__":
    typer.run(main)
