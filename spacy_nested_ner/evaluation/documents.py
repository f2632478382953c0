"""What is evaluated: documents with the mentions that are right and those that were found."""

from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..corpus.mention_table import gather_mentions
from ..files.docbin import read_docs
from ..user_error import UserError


class Mention(NamedTuple):
    """A labelled piece of a text, in half-open characters.

    score: probability; None of gold, and of a pipe that gives none.
    """

    start: int
    end: int
    label: str
    score: Optional[float] = None


@dataclass(frozen=True)
class EvaluatedDoc:
    """A text with its gold and its predicted mentions.

    id: doc.user_data["id"] of the gold doc, as `convert` writes it, else the number of the doc.
    token_starts, token_ends: of the gold tokens, in characters; (n,) each.
    gold, predicted: each sorted by start, then longer first, then label; no two of one side
        have one span and label. Spans without a character are left out.
    document: name of the article that the text is a part of, doc.user_data["document"].
    """

    id: str
    text: str
    token_starts: Sequence[int]
    token_ends: Sequence[int]
    gold: Tuple[Mention, ...]
    predicted: Tuple[Mention, ...]
    document: Optional[str] = None


def predict_corpus(
    nlp: Language,
    path: Union[Path, Sequence[Doc]],
    spans_key: Optional[str] = None,
    *,
    name: str = "The corpus",
) -> List[EvaluatedDoc]:
    """Let a pipeline find the mentions of the texts of a .spacy file.

    The pipeline sees the text alone and makes its own tokens, unless the file has nothing but
    words. Any pipe counts that writes spans to doc.spans: spaCy's `spancat`, too.

    spans_key: Key of the gold and the predicted spans; None for the one key that the settings
        of the pipes name.
    RAISES (UserError): The file cannot be read, is no DocBin, has no mention under the key;
        no pipe writes to the key; there is none to choose, or more than one.
    """
    spans_key = find_spans_key(nlp) if spans_key is None else spans_key
    return pair_examples(predict_examples(nlp, path, spans_key, name=name), spans_key)


def find_spans_key(nlp: Language) -> str:
    """The key of doc.spans that the settings of the pipes name.

    RAISES (UserError): There is none, or more than one.
    """
    keys = _written_keys(nlp)
    if len(keys) != 1:
        found = ", ".join(f"'{key}'" for key in keys) or "none"
        raise UserError(
            f"The pipeline ({', '.join(nlp.pipe_names) or 'empty'}) has to write to one key of "
            f"doc.spans, and its settings name {found}: say which with spans_key."
        )
    return keys[0]


def predict_examples(
    nlp: Language,
    path: Union[Path, Sequence[Doc]],
    spans_key: str,
    *,
    name: str = "The corpus",
) -> Iterator[Example]:
    """Yield each gold doc of a .spacy file with the same text as the pipeline leaves it.

    RAISES (UserError): As `predict_corpus`.
    """
    if isinstance(path, Path):
        references: Sequence[Doc] = read_docs(path, nlp.vocab, user_data=True)
        name = str(path)
    else:
        references = path
    gather_mentions(references, name, spans_key)  # raises where there is no mention
    texts = ((raw_doc(nlp, reference), reference) for reference in references)
    for predicted, reference in nlp.pipe(texts, as_tuples=True):
        if spans_key not in predicted.spans:
            keys = sorted({*predicted.spans, *_written_keys(nlp)} - {spans_key})
            found = ", ".join(f"'{key}'" for key in keys) or "none"
            raise UserError(
                f"No pipe of the pipeline ({', '.join(nlp.pipe_names) or 'empty'}) writes to "
                f"doc.spans['{spans_key}']; the keys that it knows are {found}: choose one "
                "of them."
            )
        yield Example(predicted, reference)


def raw_doc(nlp: Language, reference: Doc) -> Doc:
    """The text of a gold doc in the tokens of a pipeline."""
    if reference.has_unknown_spaces:  # there is no text, but words
        return Doc(nlp.vocab, words=[token.text for token in reference])
    # not nlp.make_doc, whose limit on the length of a text is meant for parsers
    return nlp.tokenizer(reference.text)


def pair_examples(examples: Iterable[Example], spans_key: str) -> List[EvaluatedDoc]:
    """The gold and the predicted mentions of examples; a missing group is an empty one.

    RAISES (UserError): Gold and predicted doc differ in their texts.
    """
    docs = []
    for number, eg in enumerate(examples):
        reference, predicted = eg.reference, eg.predicted
        data = reference.user_data
        name = str(data.get("id", number))
        check_same_text(reference, predicted, number)
        starts = [token.idx for token in reference]
        docs.append(
            EvaluatedDoc(
                id=name,
                text=reference.text,
                token_starts=starts,
                token_ends=[start + len(token) for start, token in zip(starts, reference)],
                gold=_mentions(reference, spans_key, scored=False),
                predicted=_mentions(predicted, spans_key, scored=True),
                document=str(data["document"]) if "document" in data else None,
            )
        )
    return docs


def check_same_text(reference: Doc, predicted: Doc, number: int) -> None:
    """number: place of the document in its corpus, its name if it has no id.

    RAISES (UserError): Gold and predicted doc differ in their texts.
    """
    if reference.text != predicted.text:
        name = reference.user_data.get("id", number)
        raise UserError(
            f"Text '{name}' is not the same in gold and prediction, so their characters do "
            "not correspond: use a tokenizer that keeps every character."
        )


def sort_key(mention: Mention) -> Tuple[int, int, str]:
    """By start, then longer first, then label."""
    return mention.start, -mention.end, mention.label


def _written_keys(nlp: Language) -> List[str]:
    """The settings `spans_key` of the pipes that are on, each once."""
    keys = (nlp.get_pipe_config(name).get("spans_key") for name in nlp.pipe_names)
    return list(dict.fromkeys(key for key in keys if key))


def _mentions(doc: Doc, spans_key: str, *, scored: bool) -> Tuple[Mention, ...]:
    if spans_key not in doc.spans:
        return ()
    group = doc.spans[spans_key]
    scores = group.attrs.get("scores") if scored else None
    if scores is None or len(scores) != len(group):
        scores = [None] * len(group)
    best: Dict[Tuple[int, int, str], Optional[float]] = {}
    for span, given in zip(group, scores):
        place = (span.start_char, span.end_char, span.label_)
        score = None if given is None else float(given)
        if place[0] < place[1] and (place not in best or (score or 0) > (best[place] or 0)):
            best[place] = score
    return tuple(sorted((Mention(*place, best[place]) for place in best), key=sort_key))
