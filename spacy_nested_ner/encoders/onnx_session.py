"""A pretrained encoder in the ONNX format, which onnxruntime computes."""

import os
from dataclasses import dataclass
from threading import Lock
from typing import Any, Dict, List, Tuple

import srsly
import torch
from torch import Tensor

from ..user_error import UserError
from .windows import EncoderInput, SpecialTokens

INSTALL = "python -m pip install 'spacy-nested-ner[onnx]'"
# names of the inputs and of the output in the file
INPUTS, OUTPUT = ("ids", "mask"), "vectors"
# Sessions of the process that this one was forked from. Their threads are not here, so the
# destructor of such a session would wait for them without end.
_INHERITED: List[Any] = []


def import_onnxruntime() -> Any:
    """The module.

    RAISES (UserError): It is not installed, or the tokenizers library is not.
    """
    try:
        import onnxruntime
        import tokenizers  # noqa: F401
    except ImportError as error:
        raise UserError(
            f"An encoder in the ONNX format needs onnxruntime and tokenizers ({error}): run "
            f"`{INSTALL}`."
        ) from error
    return onnxruntime


@dataclass(frozen=True)
class OnnxFile:
    """All that a pipeline holds of an encoder.

    onnx: From word pieces and mask, (n, L) each, to vectors, (n, L, D).
    tokenizer: In the format of tokenizer.json.
    special: The special tokens of a window.
    width: Size D of the vectors.
    """

    onnx: bytes
    tokenizer: str
    special: SpecialTokens
    width: int

    def to_bytes(self) -> bytes:
        message = {
            "model.onnx": self.onnx,
            "tokenizer.json": self.tokenizer,
            "special": [
                list(self.special.before),
                list(self.special.after),
                self.special.padding,
            ],
            "width": self.width,
        }
        saved: bytes = srsly.msgpack_dumps(message)
        return saved

    @classmethod
    def from_bytes(cls, saved: bytes) -> "OnnxFile":
        message = srsly.msgpack_loads(saved)
        before, after, padding = message["special"]
        special = SpecialTokens(tuple(before), tuple(after), padding)
        return cls(message["model.onnx"], message["tokenizer.json"], special, message["width"])


class OnnxEncoder:
    """An encoder in the ONNX format, ready to compute on a CPU.

    RAISES (UserError): onnxruntime is not installed, or cannot read the file.
    """

    def __init__(self, file: OnnxFile) -> None:
        import_onnxruntime()
        from tokenizers import Tokenizer

        self.file = file
        try:
            self.tokenizer = Tokenizer.from_str(file.tokenizer)
        except Exception as error:  # tokenizers raises nothing more special
            raise UserError(
                f"The tokenizer of the encoder in this pipeline is damaged ({error}): export "
                "the pipeline again."
            ) from error
        self._lock = Lock()
        self._sessions: Dict[Tuple[int, int], Any] = {}
        self._session()

    def forward(self, inputs: EncoderInput) -> Tensor:
        """Vectors of tokens, (T, D)."""
        session = self._session()
        rows: List[Tensor] = []
        for batch in inputs.batches:
            feed = dict(zip(INPUTS, (each.numpy() for each in batch)))
            (vectors,) = session.run([OUTPUT], feed)  # (n, L, D)
            rows.append(torch.from_numpy(vectors).flatten(0, 1))
        return inputs.pool(torch.cat(rows))

    def _session(self) -> Any:
        """The session for this process, with as many threads as PyTorch has now.

        So the limits for PyTorch, such as OMP_NUM_THREADS, are limits for onnxruntime. A
        process that was forked has no threads of its parent: it needs a session of its own.
        """
        key = os.getpid(), torch.get_num_threads()
        session = self._sessions.get(key)
        if session is None:
            with self._lock:
                session = self._sessions.get(key) or open_session(self.file.onnx, key[1])
                _INHERITED.extend(s for (pid, _), s in self._sessions.items() if pid != key[0])
                # only the newest: each one holds the weights
                self._sessions = {key: session}
        return session


def open_session(onnx: bytes, n_threads: int) -> Any:
    """RAISES (UserError): onnxruntime cannot read the file."""
    onnxruntime = import_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = n_threads
    options.inter_op_num_threads = 1
    # errors alone; not the advice for those who make files
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no common class but this one
        reason = " ".join(str(error).split())
        raise UserError(
            f"onnxruntime {onnxruntime.__version__} cannot read the encoder of this pipeline "
            f"({reason}): restore its files, or install a newer onnxruntime if a newer one "
            "exported it."
        ) from error
