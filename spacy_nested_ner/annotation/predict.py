"""Run a pipeline on many batches: a bad text fails alone, and memory stays flat."""

from contextlib import nullcontext
from typing import ContextManager, Iterator, List, Sequence, Union

from spacy.language import Language
from spacy.tokens import Doc

# New words of this number stay in the vocab, where the tokenizer finds them fast. Further words
# are forgotten after each batch, so that memory does not grow with the input.
MAX_NEW_WORDS = 50_000


def forget_new_words(nlp: Language, n_known_words: int) -> ContextManager[object]:
    """A context in which documents are made, annotated and read. If the vocab has grown by too
    many words, it forgets those of the context, so no document may be used after it.

    n_known_words: Length of nlp.vocab.strings after loading.
    """
    if len(nlp.vocab.strings) - n_known_words < MAX_NEW_WORDS:
        return nullcontext()
    return nlp.memory_zone()


def predict_text(nlp: Language, text: str) -> Doc:
    """Annotate one text. Not nlp(text): it limits the length of a text, a limit for parsers."""
    (doc,) = nlp.pipe([nlp.tokenizer(text)])
    return doc


def predict_batch(nlp: Language, docs: Sequence[Doc]) -> Iterator[Union[Doc, Exception]]:
    """Annotate documents together; if a pipe fails, each of them by itself.

    YIELDS: For each document, the document or why it failed.
    """
    try:
        annotated: List[Union[Doc, Exception]] = list(nlp.pipe(docs, batch_size=len(docs)))
    except Exception:  # a pipe may raise anything, for one of the documents
        for doc in docs:
            try:
                yield predict_text(nlp, doc.text)
            except Exception as error:  # a pipe may raise anything
                yield error
    else:
        yield from annotated
