"""EDS-NLP, https://aphp.github.io/edsnlp: a CRF for each label, after a convolution.

The pipeline, the optimizer, the learn rates and the limit of the gradient are those of the
tutorial "Training a NER model" (tutorials/training-ner), in the form of its configuration file:
the selectors of its Python script do not match the parameters of the encoder. The window of
the CRF is that of "Making a training script" (tutorials/make-a-training-script); only decoding
uses it. A batch is a number of documents, not of tokens. The pipeline reads the given words
and writes one span group.

A CRF cannot represent overlapping mentions with the same label. Of these, EDS-NLP trains on
the longer one; on the first one, if they have the same length.

EDS-NLP has no threshold: the CRF decides. Its confidence score (pipes/trainable/ner) is the
mean of 1 - P(O) over the words of a mention; mentions with the same words share it. By default,
EDS-NLP trains in float32 and predicts with PyTorch's autocast, which is bfloat16 on a CPU.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Dict, List, Sequence

import edsnlp
import edsnlp.pipes as eds
from confit.utils.random import set_seed
from edsnlp.training import ScheduledOptimizer, TrainingData
from edsnlp.training import train as train_pipeline
from edsnlp.utils.filter import filter_spans
from spacy.tokens import Doc

from benchmarks.peers.tasks import Peer, Prediction, Task
from benchmarks.subsets import Gold

GOLD = "gold_spans"
PREDICTED = "sc"
# the modules of the pipeline "ner" are nested: CRF, convolution, encoder
ENCODER = "ner[.]embedding[.]embedding"
RATES = {ENCODER: 5e-5, ".*": 3e-4}
WARMUP = 0.1
GRADIENT = 1.0
MODE = "joint"
WINDOW = 20


def train(task: Task) -> Peer:
    set_seed(task.seed)
    nlp = make_pipeline(task.encoder, task.labels)
    docs = [one.make_doc(nlp.vocab, GOLD) for one in task.train]
    rates = {selector: task.rate * rate for selector, rate in RATES.items()}
    data = TrainingData(
        data=edsnlp.data.from_iterable(docs),
        batch_size=task.batch,
        pipe_names=["ner"],
        shuffle="dataset",
    )
    start = perf_counter()
    # for the empty result of the validation
    with TemporaryDirectory() as folder:
        train_pipeline(
            nlp=nlp,
            train_data=data,
            seed=task.seed,
            max_steps=task.updates,
            optimizer=make_optimizer(nlp, rates, task.updates),
            validation_interval=task.updates,
            grad_max_norm=GRADIENT,
            cpu=True,
            output_dir=Path(folder),
            save_model=False,
            logger=False,
        )
    seconds = perf_counter() - start
    nlp.pipes.ner.compute_confidence_score = True
    return Peer(
        predict=lambda docs, threshold: predict(nlp, docs),
        threshold=0.0,
        seconds=seconds,
        settings={
            "mode": MODE,
            "window": WINDOW,
            "kernel_sizes": [3],
            "encoder_rate": rates[ENCODER],
            "rate": rates[".*"],
            "warmup": WARMUP,
            "grad_max_norm": GRADIENT,
        },
        left_out={"overlaps, same label": sum(map(count_discarded, docs))},
    )


def make_pipeline(encoder: Path, labels: Sequence[str]) -> Any:
    nlp = edsnlp.blank("en")
    nlp.add_pipe(
        eds.ner_crf(
            mode=MODE,
            target_span_getter=GOLD,
            span_setter=PREDICTED,
            labels=list(labels),
            window=WINDOW,
            embedding=eds.text_cnn(
                kernel_sizes=[3],
                embedding=eds.transformer(model=str(encoder), window=128, stride=96),
            ),
        ),
        name="ner",
    )
    return nlp


def make_optimizer(nlp: Any, rates: Dict[str, float], updates: int) -> Any:
    """AdamW: the rate of the encoder rises from 0, the other one only falls."""
    return ScheduledOptimizer(
        optim="adamw",
        module=nlp,
        total_steps=updates,
        groups={
            selector: {
                "lr": {
                    "@schedules": "linear",
                    "warmup_rate": WARMUP,
                    "start_value": 0 if selector == ENCODER else rate,
                    "max_value": rate,
                }
            }
            for selector, rate in rates.items()
        },
    )


def count_discarded(doc: Doc) -> int:
    """Count the mentions that the pipeline discards, with its own filter."""
    labels = {span.label_ for span in doc.spans[GOLD]}
    return sum(
        len(filter_spans(spans, return_discarded=True)[1])
        for spans in ([span for span in doc.spans[GOLD] if span.label_ == x] for x in labels)
    )


def predict(nlp: Any, gold: Sequence[Gold]) -> List[List[Prediction]]:
    docs = (Doc(nlp.vocab, one.words, one.spaces) for one in gold)
    return [
        [
            Prediction(span.start, span.end, span.label_, span._.ner_confidence_score)
            for span in doc.spans[PREDICTED]
        ]
        for doc in nlp.pipe(docs).set_processing(batch_size=32, device="cpu")
    ]
