"""Character n-grams as features of a token: unknown words share n-grams with known words.

Each distinct word of a batch is hashed and looked up once. After Bojanowski et al., "Enriching
Word Vectors with Subword Information" (arXiv 1607.04606); the vectors are trained with the rest
of the model.
"""

from functools import lru_cache
from typing import Callable, List, Tuple, cast

import numpy
from spacy.attrs import ORTH
from spacy.strings import get_string_id
from spacy.tokens import Doc
from thinc.api import (
    HashEmbed,
    Maxout,
    Model,
    chain,
    concatenate,
    list2ragged,
    ragged2list,
    with_array,
)
from thinc.types import Floats2d, Ragged

from ..config_errors import as_config_error
from ..letters import split_letters


@as_config_error()
def build_subword_embed(
    embed: Model[List[Doc], List[Floats2d]],
    *,
    width: int,
    rows: int = 20000,
    min_n: int = 3,
    max_n: int = 5,
) -> Model[List[Doc], List[Floats2d]]:
    """Combine an embedding layer with character n-grams of the words in a Maxout layer;
    registered as spacy_nested_ner.SubwordEmbed.v1.

    embed (Model[List[Doc], List[Floats2d]]): For example spacy.MultiHashEmbed.v2, or a listener
        to a transformer, to which n-grams add features that word pieces lack, such as case.
    width (int): Size of the output vectors and of the n-gram vectors.
    rows (int): Number of rows in the table of n-gram vectors; an n-gram is the sum of four of
        them, which it shares with other n-grams.
    min_n, max_n (int): Length of the shortest and of the longest n-gram, in letters: a letter
        includes its combining marks. N-grams keep the case. The signs for the begin and the end
        of a word count as letters.
    RAISES (ValueError): min_n is less than 1 or greater than max_n.
    """
    if not 1 <= min_n <= max_n:
        raise ValueError(
            f"min_n={min_n}, max_n={max_n} give no n-grams: choose a min_n of at least 1 and a "
            "max_n of at least min_n."
        )
    both: Model[List[Doc], Ragged] = concatenate(
        chain(embed, list2ragged()), build_subword_vectors(width, rows, min_n, max_n)
    )
    # the width of a listener is unknown before initialisation
    embedded = embed.maybe_get_dim("nO")
    mixed = None if embedded is None else embedded + width
    mix: Model[Ragged, Ragged] = with_array(
        Maxout(width, mixed, nP=3, dropout=0.0, normalize=True)
    )
    return chain(both, mix, ragged2list())


def build_subword_vectors(
    width: int, rows: int, min_n: int, max_n: int
) -> Model[List[Doc], Ragged]:
    """The mean of the n-gram vectors of each token, (tokens, width)."""
    return Model(
        "subword_vectors",
        _forward,
        init=_initialize,
        layers=[HashEmbed(width, rows, seed=_SEED, dropout=0.0)],
        dims={"nO": width},
        attrs={"min_n": min_n, "max_n": max_n},
    )


# Of n-grams and of words: with up to 512 bytes of hashes, the words take less than 200 MB. A
# word with more n-grams is rare, and its hashes are computed each time.
MOST_CACHED = 64
N_CACHED = 200_000


def ngram_hashes(word: str, min_n: int, max_n: int) -> numpy.ndarray:
    """The hashes of the n-grams of letters of a word between < and >, (n,).

    If the word is shorter than min_n, it is the only n-gram.
    """
    if (len(word) + 2) * (max_n - min_n + 1) <= MOST_CACHED:
        return _cached_hashes(word, min_n, max_n)
    return _hash_ngrams(word, min_n, max_n)


def _hash_ngrams(word: str, min_n: int, max_n: int) -> numpy.ndarray:
    letters = split_letters(f"<{word}>")
    ngrams = [
        "".join(letters[i : i + n])
        for n in range(min_n, max_n + 1)
        for i in range(len(letters) - n + 1)
    ] or [f"<{word}>"]
    return numpy.array([get_string_id(ngram) for ngram in ngrams], dtype="uint64")


_cached_hashes = lru_cache(maxsize=N_CACHED)(_hash_ngrams)


# seed of the n-gram table; not one of the seeds of spaCy's embedding layers
_SEED = 99


def _initialize(model: Model[List[Doc], Ragged], X: object = None, Y: object = None) -> None:
    model.layers[0].initialize()


def _forward(
    model: Model[List[Doc], Ragged], docs: List[Doc], is_train: bool
) -> Tuple[Ragged, Callable[[Ragged], List[Doc]]]:
    ops = model.ops
    lengths = ops.asarray1i([len(doc) for doc in docs])
    # the distinct words of the batch, and the index of each token's word
    orths = numpy.concatenate([numpy.zeros(0, "uint64"), *(d.to_array(ORTH) for d in docs)])
    words, word_of_token = numpy.unique(orths.astype("uint64"), return_inverse=True)
    sizes = model.attrs["min_n"], model.attrs["max_n"]
    ngrams = [ngram_hashes(docs[0].vocab.strings[word], *sizes) for word in words.tolist()]
    n_ngrams = ops.asarray1i([len(some) for some in ngrams])
    hashes = ops.xp.asarray(numpy.concatenate([numpy.zeros(0, "uint64"), *ngrams]))
    vectors, backprop_vectors = model.layers[0](hashes, is_train)
    of_words = ops.reduce_mean(vectors, n_ngrams)
    index = ops.asarray1i(word_of_token.tolist())

    def backprop(d_tokens: Ragged) -> List[Doc]:
        d_words = ops.alloc2f(*of_words.shape)
        ops.scatter_add(d_words, index, cast(Floats2d, ops.as_contig(d_tokens.dataXd)))
        backprop_vectors(ops.backprop_reduce_mean(d_words, n_ngrams))
        return docs

    return Ragged(of_words[index], lengths), backprop
