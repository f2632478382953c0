"""Character n-grams as features of a token: unknown words share n-grams with known words.

Each distinct word of a batch is hashed once and its n-grams are looked up once, however often
it occurs. After Bojanowski et al., "Enriching Word Vectors with Subword Information" (arXiv
1607.04606); the vectors are learned with the rest of the model.
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


@as_config_error()
def build_subword_embed(
    embed: Model[List[Doc], List[Floats2d]],
    *,
    width: int,
    rows: int = 20000,
    min_n: int = 3,
    max_n: int = 5,
) -> Model[List[Doc], List[Floats2d]]:
    """Another embedding layer and the character n-grams of the words, mixed by a Maxout layer;
    registered as spacy_nested_ner.SubwordEmbed.v1.

    embed (Model[List[Doc], List[Floats2d]]): For instance spacy.MultiHashEmbed.v2, or a
        listener to a transformer, which then learns what its word pieces do not tell, such as
        case.
    width (int): Size of the vectors that come out, and of those of the n-grams.
    rows (int): Size of the table of n-gram vectors; each has four rows in it, and shares them.
    min_n, max_n (int): Characters of the shortest and the longest n-gram. A word is taken as
        it is written, between marks of its begin and end, which count as characters.
    """
    if not 1 <= min_n <= max_n:
        raise ValueError(
            f"min_n={min_n}, max_n={max_n} gives no n-gram: choose numbers of characters, at "
            "least 1, the smaller one first."
        )
    both: Model[List[Doc], Ragged] = concatenate(
        chain(embed, list2ragged()), build_subword_vectors(width, rows, min_n, max_n)
    )
    # how wide a listener is shows at initialisation
    embedded = embed.maybe_get_dim("nO")
    mixed = None if embedded is None else embedded + width
    mix: Model[Ragged, Ragged] = with_array(
        Maxout(width, mixed, nP=3, dropout=0.0, normalize=True)
    )
    return chain(both, mix, ragged2list())


def build_subword_vectors(
    width: int, rows: int, min_n: int, max_n: int
) -> Model[List[Doc], Ragged]:
    """The mean of the vectors of the n-grams of every token, (tokens, width)."""
    return Model(
        "subword_vectors",
        _forward,
        init=_initialize,
        layers=[HashEmbed(width, rows, seed=_SEED, dropout=0.0)],
        dims={"nO": width},
        attrs={"min_n": min_n, "max_n": max_n},
    )


@lru_cache(maxsize=200_000)
def ngram_hashes(word: str, min_n: int, max_n: int) -> numpy.ndarray:
    """The hashes of the character n-grams of a word between < and >, one at least, (n,).

    A word that is shorter than the n-grams is one itself.
    """
    marked = f"<{word}>"
    ngrams = [
        marked[i : i + n] for n in range(min_n, max_n + 1) for i in range(len(marked) - n + 1)
    ] or [marked]
    return numpy.array([get_string_id(ngram) for ngram in ngrams], dtype="uint64")


# of the table of n-grams: another one than those that spaCy's embedding layers count up from
_SEED = 99


def _initialize(model: Model[List[Doc], Ragged], X: object = None, Y: object = None) -> None:
    model.layers[0].initialize()


def _forward(
    model: Model[List[Doc], Ragged], docs: List[Doc], is_train: bool
) -> Tuple[Ragged, Callable[[Ragged], List[Doc]]]:
    ops = model.ops
    lengths = ops.asarray1i([len(doc) for doc in docs])
    # the distinct words of the batch, and which of them each token is
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
