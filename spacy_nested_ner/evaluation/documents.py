"""Documents with gold and predicted mentions: the input of the evaluation."""

from dataclasses import dataclass
from typing import Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..corpus.mention_table import gather_mentions
from ..files.pipelines import find_spans_key, written_keys
from ..gold_alignment import Judge
from ..progress import progress
from ..scoring.scorer import warn_of_left_out
from ..training.threads import pipe_documents
from ..user_error import UserError


class Mention(NamedTuple):
    """A mention: half-open character offsets and a label.

    score: Probability; None for gold mentions and for pipes without probabilities.
    """

    start: int
    end: int
    label: str
    score: Optional[float] = None


@dataclass(frozen=True)
class EvaluatedDoc:
    """A document with its gold and its predicted mentions.

    id: doc.user_data["id"] of the gold doc, as `convert` writes it, else the index of the doc.
    token_starts, token_ends: Offsets of the gold tokens, in characters; (n,) each.
    gold, predicted: Each sorted by start, then longer first, then label, without duplicates.
        Spans of zero characters are left out.
    document: Name of the source document, doc.user_data["document"].
    not_aligned: Gold mentions that are not among the gold spans because they begin or end
        inside a token; doc.user_data["not_aligned"], as `convert` writes it.
    n_discontinuous: Number of gold mentions of several parts, which no span can hold;
        doc.user_data["discontinuous"].
    number: Index of the gold doc in the corpus.
    """

    id: str
    text: str
    token_starts: Sequence[int]
    token_ends: Sequence[int]
    gold: Tuple[Mention, ...]
    predicted: Tuple[Mention, ...]
    document: Optional[str] = None
    not_aligned: Tuple[Mention, ...] = ()
    n_discontinuous: int = 0
    number: int = 0


def predict_corpus(
    nlp: Language,
    references: Sequence[Doc],
    spans_key: Optional[str] = None,
    *,
    name: str = "The corpus",
) -> List[EvaluatedDoc]:
    """Predict the mentions of documents.

    The pipeline gets the text alone and tokenizes it, unless a document has words but no text.
    The mentions may come from any pipe that writes to doc.spans, for example spaCy's `spancat`.

    references: Gold docs, with the vocab of the pipeline.
    spans_key: Key of the gold and the predicted spans; None for the one key in the settings of
        the pipes.
    name: Name of the documents in messages.
    RAISES (UserError): There is no gold mention under the key; no pipe writes to the key;
        the settings name no key, or more than one.
    """
    spans_key = find_spans_key(nlp) if spans_key is None else spans_key
    return pair_examples(predict_examples(nlp, references, spans_key, name=name), spans_key)


def predict_examples(
    nlp: Language,
    references: Sequence[Doc],
    spans_key: str,
    *,
    name: str = "The corpus",
    allow_no_mention: bool = False,
) -> Iterator[Example]:
    """Yield each gold doc with the prediction of the pipeline for its text.

    allow_no_mention: Accept documents without any gold mention.
    RAISES (UserError): See `predict_corpus`.
    """
    if not allow_no_mention:
        gather_mentions(references, name, spans_key)  # raises if there is no mention
    texts = ((raw_doc(nlp, reference), reference) for reference in references)
    pairs = pipe_documents(nlp, texts, as_tuples=True)
    for predicted, reference in progress(pairs, total=len(references), unit="documents"):
        if spans_key not in predicted.spans:
            keys = sorted({*predicted.spans, *written_keys(nlp)} - {spans_key})
            found = ", ".join(f"'{key}'" for key in keys) or "none"
            raise UserError(
                f"No pipe of the pipeline ({', '.join(nlp.pipe_names) or 'empty'}) writes to "
                f"doc.spans['{spans_key}']; its keys are {found}: choose one of them."
            )
        yield Example(predicted, reference)


def raw_doc(nlp: Language, reference: Doc) -> Doc:
    """Tokenize the text of a gold doc with a pipeline."""
    if reference.has_unknown_spaces:  # it has words, but no text
        return Doc(nlp.vocab, words=[token.text for token in reference])
    # not nlp.make_doc: it limits the length of a text, a limit for parsers
    return nlp.tokenizer(reference.text)


def pair_examples(examples: Iterable[Example], spans_key: str) -> List[EvaluatedDoc]:
    """Read gold and predicted mentions of examples.

    Left out are documents without the key, and predictions that the gold does not judge; see
    `gold_alignment`. A missing group of predictions counts as empty.

    RAISES (UserError): The texts of a gold and a predicted doc differ.
    """
    docs = []
    n_left_out = 0
    for number, eg in enumerate(examples):
        reference, predicted = eg.reference, eg.predicted
        data = reference.user_data
        name = str(data.get("id", number))
        check_same_text(reference, predicted, number)
        judge = Judge(reference, spans_key=spans_key)
        if judge.says_nothing:
            n_left_out += 1
            continue
        starts = [token.idx for token in reference]
        docs.append(
            EvaluatedDoc(
                id=name,
                text=reference.text,
                token_starts=starts,
                token_ends=[start + len(token) for start, token in zip(starts, reference)],
                gold=_mentions(reference, spans_key, scored=False),
                predicted=tuple(
                    mention
                    for mention in _mentions(predicted, spans_key, scored=True)
                    if judge.judges(mention.start, mention.end, mention.label)
                ),
                document=str(data["document"]) if "document" in data else None,
                not_aligned=tuple(Mention(*place) for place in data.get("not_aligned", ())),
                n_discontinuous=int(data.get("discontinuous", 0)),
                number=number,
            )
        )
    if docs and n_left_out:
        warn_of_left_out(n_left_out, len(docs) + n_left_out, spans_key=spans_key)
    return docs


def check_same_text(reference: Doc, predicted: Doc, number: int) -> None:
    """Check that gold and predicted doc have the same text.

    number: Index of the document in its corpus; messages show it if the document has no id.
    RAISES (UserError): The texts differ.
    """
    if reference.text != predicted.text:
        name = reference.user_data.get("id", number)
        raise UserError(
            f"The text of document '{name}' differs between gold and prediction, so their "
            "character offsets do not match: use a tokenizer that keeps every character."
        )


def sort_key(mention: Mention) -> Tuple[int, int, str]:
    """By start, then longer first, then label."""
    return mention.start, -mention.end, mention.label


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
