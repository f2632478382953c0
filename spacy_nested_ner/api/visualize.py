"""Draw the mentions of documents."""

from pathlib import Path
from typing import Iterable, List, Optional, Union

from spacy.language import Language
from spacy.tokens import Doc

from ..corpus.sources import open_file
from ..corpus.texts import read_texts
from ..files.pipelines import find_spans_key
from ..files.writing import check_output, write_text
from ..rendering import Drawing
from ..rendering import visualize as draw_docs
from ..training.threads import pipe_documents
from ..user_error import UserError
from .inputs import PipelineLike, check_texts, get_pipeline, optional_path, places


def visualize(
    docs_or_pipeline: Union[Doc, Iterable[Doc], PipelineLike],
    texts: Union[str, Path, Iterable[str], None] = None,
    *,
    spans_key: Optional[str] = None,
    title: Optional[str] = None,
    show_scores: bool = True,
    output: Union[str, Path, None] = None,
) -> Drawing:
    """Draw the mentions of docs, or predict mentions in texts and draw them.

        visualize(nlp("The feed pump leaks."))
        visualize("training/model-best", ["The feed pump leaks.", "No fault found."])
        visualize("training/model-best", Path("orders.jsonl"))

    A notebook shows the drawing; `.page()` returns an HTML page without other files.

    docs_or_pipeline: One or more docs; or a pipeline, or its name or folder, with texts.
    texts: One or more texts; or a Path to a file with texts: .jsonl with a text under the key
        "text" of each line, .spacy, or a file of texts, one per line.
    spans_key: Key of doc.spans; None for the key in the settings of the pipeline, for docs
        "sc".
    title: A heading; None for name and version of the pipeline.
    show_scores: Whether to show probabilities next to the labels.
    output: File for the page.
    RAISES (UserError): The pipeline or the file of texts cannot be read; a text is not valid;
        texts are given without a pipeline, or a pipeline without texts; no document has the
        key; the output is an input or cannot be written.
    """
    output = optional_path(output)
    if isinstance(docs_or_pipeline, (str, Path, Language)):
        if texts is None:
            raise UserError("A pipeline needs texts: visualize(pipeline, texts).")
        if output is not None:
            check_output(output, places(docs_or_pipeline, texts))
        if isinstance(texts, Path):
            texts = [text.text for text in read_texts(open_file(texts))]
        texts = [texts] if isinstance(texts, str) else list(texts)
        check_texts(texts)
        nlp = get_pipeline(docs_or_pipeline)
        spans_key = find_spans_key(nlp) if spans_key is None else spans_key
        docs = _predict(nlp, texts)
        title = "{lang}_{name} {version}".format(**nlp.meta) if title is None else title
    else:
        if texts is not None:
            raise UserError("Texts need a pipeline: visualize(pipeline, texts).")
        docs = [docs_or_pipeline] if isinstance(docs_or_pipeline, Doc) else [*docs_or_pipeline]
        if output is not None:
            check_output(output, ())
    try:
        drawing = draw_docs(docs, spans_key or "sc", title=title or "", show_scores=show_scores)
    except ValueError as error:  # no doc has the key
        raise UserError(str(error)) from None
    if output is not None:
        write_text(output, drawing.page())
    return drawing


def _predict(nlp: Language, texts: Iterable[str]) -> List[Doc]:
    # not nlp.make_doc: it limits the length of a text, a limit for parsers
    return list(pipe_documents(nlp, (nlp.tokenizer(text) for text in texts)))
