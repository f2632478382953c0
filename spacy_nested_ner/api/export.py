"""Write spans for annotation tools: a pipeline annotates, a person corrects."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple, Union, cast

from spacy.language import Language
from spacy.vocab import Vocab

from ..corpus.sources import open_file, part_of
from ..corpus.writers import find_writer
from ..corpus.writers.annotations import Annotations
from ..corpus.writers.gather import predict_annotations, take_annotations
from ..corpus.writers.output import check_place, write_to
from ..files.pipelines import find_spans_key
from ..tables import Block, Heading, Result, Table, Warned
from ..training.threads import limited_threads
from ..user_error import UserError, printable
from .inputs import (
    CorpusLike,
    PipelineLike,
    TextsLike,
    get_docs,
    get_pipeline,
    get_texts,
    places,
)


@dataclass(frozen=True)
class ExportResult(Result):
    """The result of an export.

    out: The file or folder.
    files: All files that were written, for a folder the folder.
    format: Name of the format.
    model: Name and version of the pipeline, "" for docs.
    documents: Number of documents.
    labels: Number of spans by label.
    lost: Number of losses, by kind.
    """

    out: Path
    files: Tuple[Path, ...]
    format: str
    model: str
    documents: int
    labels: Mapping[str, int]
    lost: Mapping[str, int]

    def to_dict(self) -> Dict[str, Any]:
        return {
            "out": str(self.out),
            "files": list(map(str, self.files)),
            "format": self.format,
            "model": self.model,
            "documents": self.documents,
            "labels": dict(self.labels),
            "lost": dict(self.lost),
        }

    def records(self) -> List[Dict[str, Any]]:
        """A row for each label."""
        return [{"label": label, "spans": n} for label, n in self.labels.items()]

    def blocks(self) -> Iterator[Block]:
        source = f", predicted by {self.model}" if self.model else ""
        yield Heading(f"{self.documents:,} documents as {self.format}{source}")
        yield Table(("label", "spans"), [(name, f"{n:,}") for name, n in self.labels.items()])
        if self.lost:
            lost = ", ".join(f"{n:,} {what}" for what, n in self.lost.items())
            yield Warned(f"Not in {self.format}: {lost}")
        yield f"Wrote {' and '.join(map(str, self.files))}"


def export(
    source: Union[PipelineLike, CorpusLike],
    out: Union[str, Path],
    *,
    format: str,
    texts: Optional[TextsLike] = None,
    spans_key: Optional[str] = None,
) -> ExportResult:
    """Write spans in the format of an annotation tool.

        export("training/model-best", "tasks.json", format="label_studio", texts="new.txt")
        export("corpus/mine/test.spacy", "test.csv", format="csv")

    source: A pipeline, or its name or folder, which predicts spans in texts; or a .spacy file,
        docs or examples with their spans. Spans with probabilities count as predictions.
    out: File, for "brat" a folder that does not exist or is empty.
    format: "brat", "label_studio", "doccano", "prodigy", "gliner", "jsonl", "csv" or "parquet".
    texts: For a pipeline: the texts, or their file. A .jsonl file has objects with "text", "id"
        and "document", of which the last two may be absent; another file has one text on each
        line.
    spans_key: Key of doc.spans; None for the key in the settings of the pipeline, for docs
        "sc".
    RAISES (UserError): An input cannot be read; a pipeline has no texts, or docs have some; no
        document has the key; the output is an input or cannot be written. `out` then stays
        unchanged.
    """
    out = Path(out)
    writer = find_writer(format)
    is_pipeline = _is_pipeline(source)
    if is_pipeline and texts is None:
        raise UserError(
            f"There are no texts for the pipeline '{_name(source)}': give texts, or a .spacy "
            "file in place of the pipeline."
        )
    if texts is not None and not is_pipeline:
        raise UserError(
            f"Texts need a pipeline, but {_name(source)} has documents: leave out the texts."
        )
    check_place(writer, out, places(source, texts))
    if is_pipeline:
        nlp = get_pipeline(cast(PipelineLike, source))
        with limited_threads(nlp):
            annotations = predict_annotations(
                nlp,
                get_texts(cast(TextsLike, texts)),
                find_spans_key(nlp) if spans_key is None else spans_key,
            )
    else:
        annotations = _get_annotations(cast(CorpusLike, source), spans_key or "sc")
    files = write_to(writer, out, writer.write(annotations))
    documents = annotations.documents
    counts = Counter(span.label for document in documents for span in document.spans)
    lost = {
        "spans without a label or of only blanks": sum(d.n_unusable for d in documents),
        # they are gold, and not missing among predictions
        "mentions that no span holds": sum(
            d.n_without_span for d in documents if not annotations.is_predicted
        ),
        "marks of documents that are not annotated": 0
        if writer.marks_unannotated
        else sum(not d.is_annotated for d in documents),
        "marks of regions that are not annotated": sum(d.n_unannotated for d in documents),
        "rejected spans": sum(d.n_rejected for d in documents),
        **writer.count_lost(annotations),
    }
    return ExportResult(
        out,
        tuple(files),
        format,
        annotations.model,
        len(documents),
        {label: counts[label] for label in annotations.labels},
        {what: n for what, n in lost.items() if n},
    )


def _is_pipeline(source: object) -> bool:
    """Whether a source predicts. A name or folder is a pipeline unless it ends in .spacy."""
    if isinstance(source, (str, Path)):
        return Path(source).suffix.lower() != ".spacy"
    return isinstance(source, Language)


def _name(source: object) -> str:
    return str(source) if isinstance(source, (str, Path)) else type(source).__name__


def _get_annotations(corpus: CorpusLike, spans_key: str) -> Annotations:
    """The spans of docs; ids and part come from the name of the file if the docs have none."""
    docs = get_docs(corpus, Vocab())
    if not isinstance(corpus, (str, Path)):
        return take_annotations(docs, spans_key, name="docs")
    file = Path(corpus)
    name = printable(file.stem)
    return take_annotations(docs, spans_key, name=name, part=part_of(open_file(file)))
