"""Bidirectional LSTM layers over token vectors, with or without residual connections. The
vectors of a document do not depend on the other documents of the batch."""

from typing import Any, Callable, Dict, Iterator, List, Sequence, Tuple, cast

import torch
from thinc.api import ArgsKwargs, Model, PyTorchShim, torch2xp, xp2torch
from thinc.types import Floats2d
from thinc.util import get_torch_default_device
from torch import Tensor, nn

from ..config_errors import as_config_error
from ..model.in_place_shim import InPlaceShim
from ..model.saved_state import load_state
from ..user_error import UserError

# Maximum number of rows of a padded group of documents, with padding: limits the memory.
_MAX_ROWS = 1 << 14


@as_config_error()
def build_bilstm_encoder(
    width: int, depth: int, dropout: float
) -> Model[List[Floats2d], List[Floats2d]]:
    """Encode context with bidirectional LSTM layers; registered as
    spacy_nested_ner.BiLSTMEncoder.v1, for the `encode` block of spacy.Tok2Vec.v2.

    It has the settings of spacy.TorchBiLSTMEncoder.v1. There the backward direction starts in
    the padding of the batch, so the vectors depend on the longest document of the batch. Here
    both directions start at an end of the document, from a learnt state.

    width (int): Size of the token vectors, in and out; even, one half for each direction.
    depth (int): Number of layers.
    dropout (float): Dropout rate between the layers. `training.dropout` of the config does not
        change it.
    RAISES (ValueError): width is odd or not positive, depth is less than 1, or dropout is
        not in [0, 1).
    """
    return _build(width, depth, dropout, residual=False)


@as_config_error()
def build_residual_bilstm_encoder(
    width: int, depth: int, dropout: float
) -> Model[List[Floats2d], List[Floats2d]]:
    """The encoder of `build_bilstm_encoder` with residual connections: each layer but the first
    adds its input to its output, as in Wu et al. 2016 (arXiv 1609.08144). Several layers then
    learn as fast as one. Registered as spacy_nested_ner.BiLSTMEncoder.v2.

    width, depth, dropout: As for `build_bilstm_encoder`. A layer adds its input without
        dropout.
    RAISES (ValueError): As there.
    """
    return _build(width, depth, dropout, residual=True)


def _build(
    width: int, depth: int, dropout: float, *, residual: bool
) -> Model[List[Floats2d], List[Floats2d]]:
    if width < 2 or width % 2 or depth < 1 or not 0.0 <= dropout < 1.0:
        raise ValueError(
            f"width={width}, depth={depth}, dropout={dropout} are not valid for a BiLSTM: "
            "choose an even width of at least 2, a depth of at least 1 and a dropout of at "
            "least 0 and less than 1."
        )
    shim = InPlaceShim(
        BiLSTM(width, depth, residual=residual).to(get_torch_default_device()),
        deserialize_model=_deserialize,
    )
    return Model(
        "bilstm_encoder",
        _forward,
        init=_init,
        dims={"nI": width, "nO": width},
        attrs={"layer_dropout": dropout},
        shims=[shim],
    )


class BiLSTM(nn.Module):
    """LSTM layers in two directions; each direction starts at an end of the document.

    width (int): Size D of the vectors, in and out.
    depth (int): Number of layers.
    residual (bool): Each layer but the first adds its input to its output.
    """

    def __init__(self, width: int, depth: int, *, residual: bool = False) -> None:
        super().__init__()
        # saved with the weights, because they fit both kinds; a single layer is of both
        self.register_buffer("is_residual", torch.tensor(residual and depth > 1))
        self.width, self.depth, self.residual = width, depth, residual
        half = width // 2
        self.left_to_right = nn.ModuleList(nn.LSTM(width, half) for _ in range(depth))
        self.right_to_left = nn.ModuleList(nn.LSTM(width, half) for _ in range(depth))
        # hidden state and cell of each direction before the first token
        self.start = nn.Parameter(torch.zeros(depth, 2, 2, half))

    def as_new(self) -> "BiLSTM":
        """An encoder with the same settings and random weights."""
        return BiLSTM(self.width, self.depth, residual=self.residual)

    def forward(self, X: Tensor, lengths: Sequence[int], *, dropout_rate: float) -> Tensor:
        """Encode concatenated documents.

        X (Tensor): Token vectors, (T, D).
        lengths (Sequence[int]): Number of tokens of each document; their sum is T.
        dropout_rate (float): Not `self.training`: threads share the module, and one thread may
            change it while another thread predicts.
        RETURNS (Tensor): (T, D).
        """
        documents = X.split(list(lengths))
        encoded = list(documents)
        for group in _group_by_length(lengths):
            sizes = [lengths[i] for i in group]
            Y = self._encode(torch.cat([documents[i] for i in group]), sizes, dropout_rate)
            for i, y in zip(group, Y.split(sizes)):
                encoded[i] = y
        return torch.cat(encoded) if encoded else X

    def _encode(self, X: Tensor, lengths: Sequence[int], dropout_rate: float) -> Tensor:
        """Encode one padded group of documents, (T, D) → (T, D)."""
        n, device = len(lengths), X.device
        length = torch.tensor(lengths, device=device)  # (n,)
        first = length.cumsum(0) - length
        step = torch.arange(max(lengths), device=device)[:, None]
        is_token = step < length  # (steps, n)
        # the row of X at each step of each direction; an arbitrary row in the padding
        ahead = torch.where(is_token, first + step, 0)
        back = torch.where(is_token, first + length - 1 - step, 0)
        # index of each row of X in (steps · n)
        doc = torch.arange(n, device=device).repeat_interleave(length)  # (T,)
        place = torch.arange(len(doc), device=device) - first[doc]
        from_ahead = place * n + doc
        from_back = (length[doc] - 1 - place) * n + doc
        for k, (right, left) in enumerate(zip(self.left_to_right, self.right_to_left)):
            rate = dropout_rate if k else 0.0
            read = nn.functional.dropout(X, rate, training=rate > 0.0)
            start = self.start[k, :, :, None, None].expand(2, 2, 1, n, -1).contiguous()
            Y_ahead, _ = right(read[ahead], (start[0, 0], start[0, 1]))  # (steps, n, D / 2)
            Y_back, _ = left(read[back], (start[1, 0], start[1, 1]))
            Y = torch.cat(
                (Y_ahead.flatten(0, 1)[from_ahead], Y_back.flatten(0, 1)[from_back]), dim=1
            )
            X = X + Y if self.residual and k else Y
        return X


def _group_by_length(lengths: Sequence[int]) -> Iterator[List[int]]:
    """Yield indices of documents of similar length, at most `_MAX_ROWS` rows after padding;
    empty documents are left out."""
    group: List[int] = []
    for i in sorted((i for i, n in enumerate(lengths) if n), key=lengths.__getitem__):
        if group and lengths[i] * (len(group) + 1) > _MAX_ROWS:
            yield group
            group = []
        group.append(i)
    if group:
        yield group


def _init(model: Model[List[Floats2d], List[Floats2d]], X: Any = None, Y: Any = None) -> None:
    """Replace an encoder that has learned by a new one."""
    shim = cast(InPlaceShim, model.shims[0])
    if shim.learned:
        shim.begin_again(cast(BiLSTM, shim._model).as_new().to(shim.device))


def _forward(
    model: Model[List[Floats2d], List[Floats2d]], X: List[Floats2d], is_train: bool
) -> Tuple[List[Floats2d], Callable[[List[Floats2d]], List[Floats2d]]]:
    shim = cast(PyTorchShim, model.shims[0])
    lengths = [len(x) for x in X]
    rate = model.attrs["layer_dropout"] if is_train else 0.0

    def flatten(arrays: List[Floats2d]) -> Any:
        # the array of an empty document may have a width of 0
        filled = [x for x in arrays if len(x)] or [model.ops.alloc2f(0, model.get_dim("nI"))]
        return model.ops.xp.concatenate(filled)

    def unflatten(flat: Tensor) -> List[Floats2d]:
        return model.ops.unflatten(cast(Floats2d, torch2xp(flat)), model.ops.asarray1i(lengths))

    rows = flatten(X)
    _check_width(model, rows.shape[1])
    flat = xp2torch(rows, requires_grad=is_train, device=shim.device)
    call = ArgsKwargs((flat, lengths), {"dropout_rate": rate})
    Y, backprop_call = shim(call, is_train)

    def backprop(dY: List[Floats2d]) -> List[Floats2d]:
        d_flat = xp2torch(flatten(dY), device=shim.device)
        d_call = backprop_call(ArgsKwargs(((Y,),), {"grad_tensors": (d_flat,)}))
        return unflatten(d_call.args[0])

    return unflatten(Y.detach()), backprop


@as_config_error()
def _check_width(model: Model[List[Floats2d], List[Floats2d]], given: int) -> None:
    """RAISES (ValueError): The vectors below the encoder have another width."""
    width = model.get_dim("nI")
    if given != width:
        raise ValueError(
            f"A BiLSTM with width={width} cannot read vectors of {given} numbers: give the "
            "sections 'embed' and 'encode' of the encoder the same width."
        )


def _deserialize(module: BiLSTM, state: bytes, device: torch.device) -> BiLSTM:
    # Thinc's own leaves weights_only to PyTorch, and before 2.6 that runs code of the file
    saved = load_state(state, device)
    expected = module.state_dict()
    # weights from before this entry do not say it
    saved.setdefault("is_residual", expected["is_residual"])
    if _describe(saved) != _describe(expected):
        raise UserError(
            f"The saved weights are those of a BiLSTM with {_describe(saved)}, but the config "
            f"has one with {_describe(expected)}: give weights of the encoder in the config."
        )
    module.load_state_dict(saved)
    return module.to(device)


def _describe(state: Dict[str, Tensor]) -> str:
    depth, _, _, half = state["start"].shape
    layers = "1 layer" if depth == 1 else f"{depth} layers"
    connections = "with" if state["is_residual"] else "without"
    return f"{layers} of width {2 * half} {connections} residual connections"
