"""Fit a training config to a corpus."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Collection, Dict, Iterator, List, Mapping, Optional, Sequence, Union

from spacy.util import dot_to_object
from thinc.api import Config

from ..corpus.conversion.report import read_report
from ..files.writing import check_output, write_text
from ..tables import Block, Result, Warned, name_some
from ..training.configure import configure as fit_config
from ..training.configure import read_marked_labels
from ..training.fit_model import (
    FEW_DROPOUT,
    FEW_MENTIONS,
    MANY_LABELS,
    SMALL,
    SMALL_HEAD_SIZE,
    find_encoders,
    find_pretrained,
    find_scorers,
    has_residual,
    size_of,
)
from ..training.fit_rates import SMALL_WIDTH, fit_rates
from ..training.predicted_texts import describe_held_out, find_predicted
from ..training.updates import EPOCHS, MIN_UPDATES
from ..user_error import UserError


@dataclass(frozen=True)
class ConfigureResult(Result):
    """The fitted config.

    config: Variables are not interpolated.
    out: The file of the config.
    labels: Of the mentions in the training part.
    marked: Labels of its regions that were not annotated, and of rejected spans, for a config
        with a source; "" stands for all labels.
    width: Numbers in a vector of the pretrained encoder that the learn rates fit; None if they
        are those of the config.
    warned: Sentences about predicted texts of dev and test, and about an encoder that cannot
        be read.
    """

    config: Config
    out: Path
    labels: Sequence[str]
    marked: Collection[str] = ()
    width: Optional[int] = None
    warned: Sequence[str] = ()

    def to_dict(self) -> Dict[str, Any]:
        return dict(self.config)

    def records(self) -> List[Dict[str, Any]]:
        """A row for each setting of [training] that is a number."""
        training = self.config["training"]
        return [
            {"setting": f"training.{name}", "value": value}
            for name, value in training.items()
            if isinstance(value, (int, float))
        ]

    def blocks(self) -> Iterator[Block]:
        training = self.config["training"]
        yield (
            f"Wrote {self.out}: {training['max_steps']:,} updates of "
            f"{training['batcher']['size']} documents, an evaluation every "
            f"{training['eval_frequency']:,} updates"
        )
        reader = dot_to_object(self.config, training["train_corpus"])
        yield from map(Warned, self.warned)
        if "predicted" in reader:
            yield f"Copies of the corpus beside the predicted texts: {reader['copies']}"
        source = training["before_to_disk"].get("source")
        if source is not None:
            path, known = self.config["paths"]["source"], source["labels"]
            yield f"Training begins with the pipe of {path}, which keeps its settings"
            schedule = training.get("optimizer", {}).get("learn_rate")
            if isinstance(schedule, dict) and "initial_rate" in schedule:
                yield f"Learn rate: {schedule['initial_rate']:g}"
            new = [label for label in self.labels if label not in known]
            if new:
                yield f"Its new labels: {name_some(new)}"
            used = {*self.labels, *(known if "" in self.marked else self.marked)}
            unused = [label for label in known if label not in used]
            if unused:
                yield f"Labels that it loses: {name_some(unused)}; the corpus has none of them"
        facts = training["before_to_disk"]["corpus"]
        mentions = facts["parts"]["train"]["spans"]
        is_few, is_many = mentions < FEW_MENTIONS, len(self.labels) >= MANY_LABELS
        for _, tok2vec in find_encoders(self.config):
            if is_few and size_of(tok2vec) == SMALL:
                yield (
                    f"Encoder: {SMALL.depth} layers of width {SMALL.width}, because "
                    f"{mentions:,} annotated mentions are few"
                )
            if is_many and has_residual(tok2vec):
                yield (
                    "Encoder: residual connections between its layers, because "
                    f"{len(self.labels)} labels are many"
                )
        for _, model in find_scorers(self.config):
            if is_many and model.get("head_size") == SMALL_HEAD_SIZE:
                yield (
                    f"Scorer: queries and keys of size {SMALL_HEAD_SIZE}, because "
                    f"{len(self.labels)} labels are many"
                )
        if is_few and find_pretrained(self.config) and training["dropout"] == FEW_DROPOUT:
            yield (
                f"Dropout: {FEW_DROPOUT} over the pretrained encoder, because {mentions:,} "
                "annotated mentions are few"
            )
        if self.width is not None and self.width <= SMALL_WIDTH:
            yield (
                f"Learn rate: {training['optimizer']['learn_rate']['initial_rate']:g}, because "
                f"the vectors of the encoder have only {self.width} numbers"
            )
        # texts without annotations gain most with few mentions (docs/results.md)
        if is_few and facts["corpus"] != "sample" and self._has_the_corpus_alone():
            yield (
                f"Tip: {mentions:,} annotated mentions are few. Similar texts without "
                "annotations help: an encoder reads them with --raw-text, and a pipeline "
                "learns from spans that another one predicts there with --predicted. Or begin "
                "with a pipeline for a similar corpus, with --source, or with "
                "configs/transformer.cfg."
            )

    def _has_the_corpus_alone(self) -> bool:
        """Whether there are neither pretrained weights nor texts beside the corpus."""
        paths = self.config["paths"]
        names = "encoder", "init_tok2vec", "predicted", "source"
        return not (any(map(paths.get, names)) or self.config.get("pretraining"))


def configure(
    config: Union[str, Path],
    corpus: Union[str, Path],
    out: Union[str, Path],
    *,
    epochs: int = EPOCHS,
    min_updates: int = MIN_UPDATES,
    seed: int = 0,
    encoder: Optional[str] = None,
    raw_text: Optional[Union[str, Path]] = None,
    predicted: Optional[Union[str, Path]] = None,
    source: Optional[Union[str, Path]] = None,
    overrides: Optional[Mapping[str, Any]] = None,
) -> ConfigureResult:
    """Fit a training config to a corpus and write it. Sets language, tokenizer, paths, number
    of updates, documents of an update, seed, encoder and model card; fits the size of the
    model, dropout and learn rate.

        configure("configs/tok2vec.cfg", "corpus/mine", "training/mine/config.cfg")

    config: A complete training config with a fixed number of documents in a batch. The fitted
        config has fewer, if the documents are longer than sentences. Its encoder has half the
        width with fewer than 1,000 annotated mentions. With 60 labels or more, it has residual
        connections between its layers, and the scorer has smaller queries and keys. Over a
        pretrained encoder whose vectors have 384 numbers or fewer, the learn rates are higher;
        over any pretrained encoder, the dropout is higher with few mentions of fewer than 60
        labels.
    corpus: Folder that `convert` wrote.
    out: File for the fitted config.
    epochs: Passes over the training documents; an evaluation follows each.
    min_updates: Minimum number of updates, for a small corpus: an epoch becomes several passes
        over the documents.
    seed: Seed of the initial weights and of the order of the batches.
    encoder: Pretrained encoder, a hub name or a folder, for a config with `paths.encoder`; None
        for the one that the recipe of the corpus suggests.
    raw_text: JSONL with a `text` in each line, without annotations: adds the settings of
        `spacy pretrain`, for a config without a pretrained encoder.
    predicted: Documents with the spans that a pipeline predicts, as `annotate` writes them with
        `format="docbin"`: the training reads them beside copies of the corpus.
    source: A trained pipeline, by name or folder. Training begins with its pipe, which keeps
        its settings, gets the labels of the corpus and loses all others. Without a pretrained
        encoder, the learn rate is three tenths of that of the config. Not together with
        `encoder` or `raw_text`.
    overrides: Settings by dotted name, {"training.dropout": 0.2}; they replace all others.
    RAISES (UserError): The folder has no report; the number of documents in a batch is not
        fixed; the config lacks a setting; a value has the wrong type or range; the texts or
        the encoder do not fit `spacy pretrain`; the predicted documents have no spans, or
        other labels than the corpus; the source does not fit the config or the corpus; the
        output is an input or cannot be written.
    """
    out = Path(out)
    inputs = [config, corpus, raw_text, predicted, source]
    check_output(out, [file for file in inputs if file is not None])
    fitted = fit_config(
        Path(config),
        Path(corpus),
        epochs=epochs,
        min_updates=min_updates,
        seed=seed,
        encoder=encoder,
        raw_text=None if raw_text is None else Path(raw_text),
        predicted=None if predicted is None else Path(predicted),
        source=source,
        overrides=overrides,
    )
    report = read_report(Path(corpus))
    labels = sorted(report["parts"]["train"]["labels"])
    has_source = "source" in fitted["training"]["before_to_disk"]
    marked = read_marked_labels(Path(corpus), report["spans_key"]) if has_source else ()
    warned = []
    texts = find_predicted(fitted)
    if texts and (held_out := describe_held_out(texts, Path(corpus))):
        warned.append(held_out)
    width = None
    try:
        width = fit_rates(fitted, overrides or {})
    except UserError as error:
        warned.append(f"{error} So the learn rates stay those for an encoder of BERT's size.")
    write_text(out, fitted.to_str(interpolate=False))
    return ConfigureResult(fitted, out, labels, marked, width, warned)
