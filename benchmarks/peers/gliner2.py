"""GLiNER2, https://github.com/fastino-ai/GLiNER2: it scores each span against the labels.

The model is that of the default configuration (`SpanExtractor`, of which `GLiNER2` is another
name). It begins with the pretrained encoder; its other weights are random. Or it begins with a
pretrained checkpoint of GLiNER2. The trainer is that of GLiNER2 with
its default learn rates, schedule and augmentation: a fifth of the examples has "entity 1",
"entity 2" and so on in place of the labels.

GLiNER2 gets our words: a blank is between each two, and the word splitter splits at blanks. The
format of the examples gives a mention its characters, so the same words may be a mention at one
place of a text and not at another. Mentions may be nested, also with the same label, and may
have several labels. A mention with more words than `max_width` is no candidate: training
ignores it. An example also names labels without mentions.

One encoder reads labels and text as one sequence. The 155 labels of MaintIE have about 2,200
subtokens; the encoder reads at most 512, and more is an error. So at most `MAX_LABELS` labels
are in front of a text. With more labels, a training example names its own labels and random
others, which each epoch draws anew, and a text is predicted once for each group of labels.

By default, GLiNER2 drops a mention that overlaps a better one of the same label. Here it drops
it only if they overlap partially (`overlap_policy="nested"`). The decoding goes from the
highest score to the lowest, so a higher threshold keeps the same mentions as a later filter.

Without a checkpoint, one weight is set by hand. GLiNER2 predicts a number of records, and finds
no entity in a text where this number is zero. Entities do not train this part of the model:
here it is random and silences some texts. A bias makes it predict one record, as training
assumes for entities.
"""

import re
from math import ceil
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Dict, Iterator, List, Sequence, Tuple

from gliner2 import AutoExtractor, ExtractorConfig, InputExample
from gliner2.training.trainer import ExtractorTrainer, TrainingConfig
from transformers import set_seed

from benchmarks.peers.tasks import Peer, Prediction, Task
from benchmarks.subsets import Gold

# of labels in front of a text; GLiNER2 recommends no number
MAX_LABELS = 20
# default of the inference
THRESHOLD = 0.5
OVERLAPS = "nested"


def train(task: Task) -> Peer:
    set_seed(task.seed)
    if task.checkpoint:
        model = AutoExtractor.from_pretrained(task.checkpoint, word_splitter=split_at_blanks)
    else:
        config = ExtractorConfig(model_name=str(task.encoder))
        model = AutoExtractor.from_config(config, word_splitter=split_at_blanks)
        model.count_pred[-1].bias.data[1] = 1e4
    examples = make_examples(task)
    rates = {
        "encoder_lr": task.rate * TrainingConfig.encoder_lr,
        "task_lr": task.rate * TrainingConfig.task_lr,
    }
    with TemporaryDirectory() as folder:
        config = TrainingConfig(
            output_dir=folder,
            max_steps=task.updates,
            batch_size=task.batch,
            fp16=False,
            eval_strategy="no",
            logging_steps=task.updates,
            num_workers=0,
            pin_memory=False,
            seed=task.seed,
            **rates,
        )
        trainer = ExtractorTrainer(model, config)
        start = perf_counter()
        trainer.train(examples)
        seconds = perf_counter() - start
    return Peer(
        predict=lambda docs, threshold: predict(model, docs, task.labels, threshold),
        threshold=THRESHOLD,
        seconds=seconds,
        settings={
            "model": type(model).__name__,
            "max_width": model.max_width,
            "max_labels": MAX_LABELS,
            "overlap_policy": OVERLAPS,
            **rates,
        },
        left_out={
            f"wider than {model.max_width} words": sum(
                end - start > model.max_width
                for doc in task.train
                for start, end, _ in doc.spans
            )
        },
    )


def split_at_blanks(text: str, lower: bool = True) -> Iterator[Tuple[str, int, int]]:
    """Yield the words with their characters: a word splitter in the form of GLiNER2."""
    for match in re.finditer("[^ ]+", text):
        word = match.group()
        yield word.lower() if lower else word, match.start(), match.end()


def make_text(words: Sequence[str]) -> str:
    """Join words with blanks; GLiNER2 itself would join a missing period to the last word."""
    text = " ".join(words)
    return text if text.endswith((".", "!", "?")) else f"{text} ."


def find_words(words: Sequence[str]) -> List[Tuple[int, int]]:
    """First and last character of each word in the text, half-open."""
    places, start = [], 0
    for word in words:
        places.append((start, start + len(word)))
        start += len(word) + 1
    return places


def make_examples(task: Task) -> List[InputExample]:
    """Make an example of each document; one for each epoch, if labels are drawn."""
    random = Random(task.seed)
    drawn = len(task.labels) > MAX_LABELS
    epochs = ceil(task.updates * task.batch / len(task.train)) if drawn else 1
    return [
        make_example(doc, draw_labels(doc, task.labels, random))
        for _ in range(epochs)
        for doc in task.train
    ]


def draw_labels(doc: Gold, labels: Sequence[str], random: Random) -> List[str]:
    """Labels of the document and random others, in their order."""
    own = {label for *_, label in doc.spans}
    others = [label for label in labels if label not in own]
    number = min(len(others), max(0, MAX_LABELS - len(own)))
    drawn = own.union(random.sample(others, number))
    return [label for label in labels if label in drawn]


def make_example(doc: Gold, labels: Sequence[str]) -> InputExample:
    text, places = make_text(doc.words), find_words(doc.words)
    mentions: Dict[str, List[Any]] = {label: [] for label in labels}
    for first, end, label in doc.spans:
        start, stop = places[first][0], places[end - 1][1]
        mentions[label].append({"text": text[start:stop], "start": start, "end": stop})
    return InputExample(text=text, entities=mentions)


def predict(
    model: Any, docs: Sequence[Gold], labels: Sequence[str], threshold: float
) -> List[List[Prediction]]:
    texts = [make_text(doc.words) for doc in docs]
    predicted: List[List[Prediction]] = [[] for _ in docs]
    groups = ceil(len(labels) / MAX_LABELS)
    for i in range(groups):
        results = model.batch_extract_entities(
            texts,
            list(labels[i::groups]),
            threshold=threshold,
            include_confidence=True,
            include_spans=True,
            overlap_policy=OVERLAPS,
        )
        for doc, result, mentions in zip(docs, results, predicted):
            places = find_words(doc.words)
            starts = {start: n for n, (start, _) in enumerate(places)}
            ends = {end: n for n, (_, end) in enumerate(places, start=1)}
            mentions += [
                Prediction(starts[one["start"]], ends[one["end"]], label, one["confidence"])
                for label, found in result["entities"].items()
                for one in found
                # not with an added period
                if one["end"] in ends
            ]
    return predicted
