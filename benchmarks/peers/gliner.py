"""GLiNER: it scores each span against the names of the labels.

The model begins with the pretrained encoder; its other weights are random. Or it begins with a
pretrained checkpoint of GLiNER, which also decides how many encoders there are.

The documentation of GLiNER recommends a model for the number of labels. Up to 30 labels are in
front of each text, and one encoder reads both (`UniEncoderSpanGLiNER`). A second encoder, which
also begins with the pretrained one, reads more labels (`BiEncoderSpanGLiNER`). One encoder
cannot read them: the 155 labels of MaintIE have 2179 subtokens, an encoder reads 512, and
GLiNER cuts off the whole text without a warning.

The configuration has the defaults of GLiNER, except the hidden size: it is that of the encoder,
as in the documented training. The default of 512 puts a random projection behind the encoder,
and the low learn rate of the encoder trains it. Learn rates, weight decay, schedule and loss
are also those of the documented training of each model.

Each training example names all labels: `ner_labels` is documented for a fixed set of labels.
The second model ignores it and reads `ner_negatives`. So GLiNER samples no labels.

GLiNER takes our words without splitting a text, and its spans are words, not characters. Spans
have up to `max_width` words. A word without subtokens, such as a blank, shifts the words behind
it. A span may have several labels. The decoding keeps spans from the highest score to the
lowest, and drops each that partially overlaps a kept one, also in its mode for nested mentions.
A filter with a higher threshold keeps what GLiNER would predict with that threshold.
"""

import os
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Dict, List, Sequence

from gliner import GLiNER, GLiNERConfig
from transformers import AutoConfig, set_seed

from benchmarks.peers.tasks import Peer, Prediction, Task
from benchmarks.subsets import Gold

# of labels in front of a text, as documented
MAX_LABELS = 30
# as documented; both models have the same
TRAINING = {
    "weight_decay": 0.01,
    "others_weight_decay": 0.01,
    "lr_scheduler_type": "cosine",
    "warmup_ratio": 0.1,
    "max_grad_norm": 1.0,
}
ENCODER_RATE, OTHERS_RATE = 1e-5, 5e-5
ONE_ENCODER_LOSS = {"focal_loss_alpha": -1.0, "focal_loss_gamma": 0.0}
TWO_ENCODERS_LOSS = {"focal_loss_alpha": 0.25, "focal_loss_gamma": 2.0}
# defaults of `inference`
THRESHOLD, BATCH = 0.5, 8


def train(task: Task) -> Peer:
    # tokenizers would use each core
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    set_seed(task.seed)
    labels = list(task.labels)
    model = begin(task)
    config = model.config
    two_encoders = config.labels_encoder is not None
    settings = {
        "learning_rate": task.rate * ENCODER_RATE,
        "others_lr": task.rate * OTHERS_RATE,
        **TRAINING,
        **(TWO_ENCODERS_LOSS if two_encoders else ONE_ENCODER_LOSS),
    }
    examples = [make_example(doc, labels) for doc in task.train]
    with TemporaryDirectory() as folder:
        start = perf_counter()
        model.train_model(
            examples,
            None,
            output_dir=folder,
            max_steps=task.updates,
            per_device_train_batch_size=task.batch,
            seed=task.seed,
            use_cpu=True,
            dataloader_num_workers=0,
            save_strategy="no",
            logging_strategy="no",
            disable_tqdm=True,
            **settings,
        )
        seconds = perf_counter() - start
    return Peer(
        predict=Predictor(model, labels),
        threshold=THRESHOLD,
        seconds=seconds,
        settings={
            "model": type(model).__name__,
            "span_mode": config.span_mode,
            "max_width": config.max_width,
            "hidden_size": config.hidden_size,
            "dropout": config.dropout,
            **settings,
        },
        left_out={
            f"wider than {config.max_width} words": sum(
                end - start > config.max_width
                for doc in task.train
                for start, end, _ in doc.spans
            )
        },
    )


def begin(task: Task) -> Any:
    """The model before the training.

    RAISES (ValueError): The checkpoint cannot read so many labels.
    """
    many = len(task.labels) > MAX_LABELS
    if task.checkpoint is None:
        encoder = str(task.encoder)
        config = GLiNERConfig(
            model_name=encoder,
            labels_encoder=encoder if many else None,
            hidden_size=AutoConfig.from_pretrained(encoder).hidden_size,
            max_types=len(task.labels),
        )
        return GLiNER.from_config(config)
    model = GLiNER.from_pretrained(task.checkpoint)
    if many and model.config.labels_encoder is None:
        raise ValueError(
            f"{task.checkpoint} reads labels and text with one encoder, and "
            f"{len(task.labels)} labels are too many for it: choose a checkpoint with two."
        )
    model.config.max_types = len(task.labels)
    return model


def make_example(doc: Gold, labels: Sequence[str]) -> Dict[str, Any]:
    """A training example in the format of GLiNER: the end of a mention is inclusive."""
    return {
        "tokenized_text": doc.words,
        "ner": [[start, end - 1, label] for start, end, label in doc.spans],
        "ner_labels": labels,
        "ner_negatives": labels,
    }


class Predictor:
    """Run the stages of `GLiNER.inference` on words instead of texts."""

    def __init__(self, model: Any, labels: List[str]) -> None:
        self.model = model.eval()
        self.labels = labels
        self.embeddings = {}
        if model.config.labels_encoder is not None:
            # once, as documented for many documents, so without a share in the time
            self.embeddings["labels_embeds"] = model.encode_labels(labels)

    def __call__(self, docs: Sequence[Gold], threshold: float) -> List[List[Prediction]]:
        collator = self.model.create_collator()
        predicted = []
        for first in range(0, len(docs), BATCH):
            words = [doc.words for doc in docs[first : first + BATCH]]
            inputs = self.model.prepare_base_input(words)
            batch = self.model.collate_batch(inputs, self.labels, collator)
            output = self.model.run_batch(batch, threshold=threshold, **self.embeddings)
            decoded = self.model.decode_batch(
                output, batch, threshold=threshold, flat_ner=False, multi_label=True
            )
            predicted += [
                [Prediction(s.start, s.end + 1, s.entity_type, s.score) for s in spans]
                for spans in decoded
            ]
        return predicted
