"""The products of queries and keys in a band: only the spans up to a width.

Letters as in `global_pointer`.
"""

import torch
from torch import Tensor

# Queries of one matrix product. A larger block means fewer and larger products, but more
# unused ones: BLOCK - 1 for each row, beside its w used ones.
BLOCK = 16


def _blocks(n: int) -> int:
    """Number of blocks that hold n rows, at least one."""
    return max(1, -(-n // BLOCK))


def rows_of_band(n: int, w: int) -> int:
    """Number of queries and of keys that `multiply_band` needs for n rows of w columns: full
    blocks, and the keys after them."""
    return (_blocks(n) - (1 - w) // BLOCK) * BLOCK


def multiply_band(q: Tensor, k: Tensor, n: int, w: int, scale: float) -> Tensor:
    """The products of every query with the w keys from its own position on.

    Cuts the rows into blocks of c queries and multiplies each block with the c + w - 1 keys in
    its reach: dense matrix products, whose number grows linearly with the rows. The heads are
    concatenated to one long sequence; products of queries of one head with keys of the next
    belong to no valid span.

    q, k (Tensor): (heads, rows_of_band(n, w), d).
    n (int): Number of rows.
    RETURNS (Tensor): (heads, n / c rounded up, c, w), multiplied by `scale`; a view.
    """
    heads, rows, d = q.shape
    c, keys = BLOCK, BLOCK + w - 1
    k = k.flatten(0, 1).unfold(0, keys, c)  # (blocks with all their keys, d, keys), a view
    q = q.flatten(0, 1).view(-1, c, d)[: len(k)]
    S = torch.baddbmm(q.new_zeros(()), q, k, beta=0, alpha=scale)  # (…, c, keys)
    # the w keys of query i are in the columns from i on: a shift by one column with each row
    steps = (rows * keys, c * keys, keys + 1, 1)
    return S.as_strided((heads, _blocks(n), c, w), steps)
