"""Inputs of the public functions: names, paths, pipelines, and documents in memory."""

import hashlib
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Union, cast

from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training import Example
from spacy.vocab import Vocab

from ..corpus.sources import HALF_PAIR, open_file
from ..corpus.texts import Text, name_texts, read_texts
from ..files.docbin import read_docs
from ..files.initialized import check_initialized
from ..files.pipelines import load_pipeline
from ..user_error import UserError, printable

# a pipeline, or its name or folder
PipelineLike = Union[str, Path, Language]
# a .spacy file or its content, or gold docs, or examples whose references are gold
CorpusLike = Union[str, Path, DocBin, Sequence[Doc], Sequence[Example]]

# texts, or their file
TextsLike = Union[str, Path, Sequence[str]]

IN_MEMORY = "documents in memory"


def get_pipeline(pipeline: PipelineLike) -> Language:
    """Load a pipeline, unless it is one already.

    RAISES (UserError): It cannot be loaded, or was not trained.
    """
    nlp = pipeline if isinstance(pipeline, Language) else load_pipeline(pipeline)
    name = "{lang}_{name}".format(**nlp.meta) if pipeline is nlp else str(pipeline)
    check_initialized(nlp, name)
    return nlp


def get_docs(corpus: CorpusLike, vocab: Vocab) -> List[Doc]:
    """Read gold docs with the given vocab.

    RAISES (UserError): The file cannot be read, or the corpus has no documents.
    """
    if isinstance(corpus, (str, Path)):
        return read_docs(Path(corpus), vocab, user_data=True)
    items = corpus.get_docs(vocab) if isinstance(corpus, DocBin) else corpus
    docs = [_get_doc(item) for item in items]
    if not docs:
        raise UserError("The corpus has no documents: give docs, examples or a .spacy file.")
    if all(doc.vocab is vocab for doc in docs):
        return docs
    return list(DocBin(docs=docs, store_user_data=True).get_docs(vocab))


def get_texts(texts: TextsLike) -> Dict[str, Text]:
    """Read texts, by their ids.

    RAISES (UserError): The file cannot be read or has no text; two texts have the same id; a
        text is not valid, see `check_texts`.
    """
    if isinstance(texts, (str, Path)):
        file = Path(texts)
        return name_texts(read_texts(open_file(file)), printable(file.stem))
    check_texts(texts)
    return name_texts([Text(text, f"text {n}") for n, text in enumerate(texts)], "texts")


def check_texts(texts: Sequence[str]) -> None:
    """RAISES (UserError): A text has half of a surrogate pair, which is no character."""
    for number, text in enumerate(texts):
        if HALF_PAIR.search(text):
            raise UserError(
                f"Text {number} (from 0) has half of a surrogate pair, '\\ud8…' or '\\udc…', "
                "as a character: correct it."
            )


def get_corpora(corpora: Union[CorpusLike, Sequence[CorpusLike]]) -> List[CorpusLike]:
    """The list of corpora, also if only one was given."""
    if isinstance(corpora, (str, Path, DocBin)) or any(
        isinstance(item, (Doc, Example)) for item in corpora
    ):
        return [cast(CorpusLike, corpora)]
    return list(cast(Sequence[CorpusLike], corpora))


def get_optional_docs(corpus: Optional[CorpusLike], vocab: Vocab) -> Optional[List[Doc]]:
    return None if corpus is None else get_docs(corpus, vocab)


def name_corpus(corpus: CorpusLike) -> str:
    """Name of a corpus in results and messages."""
    return printable(str(corpus)) if isinstance(corpus, (str, Path)) else IN_MEMORY


def hash_corpus(corpus: CorpusLike) -> str:
    """SHA-256 of a file; "" for documents in memory."""
    if not isinstance(corpus, (str, Path)):
        return ""
    return hashlib.sha256(Path(corpus).read_bytes()).hexdigest()


def places(*given: object) -> List[Union[str, Path, None]]:
    """Paths of inputs, None for inputs in memory; for `writing.check_output`."""
    return [
        item.path
        if isinstance(item, Language)
        else item
        if isinstance(item, (str, Path))
        else None
        for item in given
    ]


def optional_path(path: Union[str, Path, None]) -> Optional[Path]:
    return None if path is None else Path(path)


def _get_doc(item: Union[Doc, Example]) -> Doc:
    if isinstance(item, Example):
        return item.reference
    if isinstance(item, Doc):
        return item
    raise UserError(
        f"A corpus must be a .spacy file or a list of docs or examples, but this one contains "
        f"a {type(item).__name__!r}: make docs first, for example with nlp(text)."
    )
