"""Write a pipeline whose pretrained encoder runs in another library than PyTorch."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Union

from ..encoders.onnx_export import OnnxPrecision, to_onnx
from ..files.pipelines import save_pipeline
from ..files.writing import check_free
from ..tables import Block, Result
from ..user_error import UserError
from .inputs import PipelineLike, get_pipeline, places

RUNTIMES, PRECISIONS = ("onnx",), ("float32", "int8")


@dataclass(frozen=True)
class RuntimeResult(Result):
    """A pipeline in a folder, and how its encoder computes."""

    out: Path
    runtime: str
    precision: str

    def to_dict(self) -> Dict[str, Any]:
        return {"out": str(self.out), "runtime": self.runtime, "precision": self.precision}

    def records(self) -> List[Dict[str, Any]]:
        return [self.to_dict()]

    def blocks(self) -> Iterator[Block]:
        yield f"Wrote {self.out}: its encoder runs in onnxruntime, in {self.precision}"
        yield f'It predicts and does not learn: spacy.load("{self.out}")'


def export_runtime(
    pipeline: PipelineLike,
    out: Union[str, Path],
    *,
    runtime: str = "onnx",
    precision: OnnxPrecision = "float32",
) -> RuntimeResult:
    """Write a pipeline that predicts with its encoder in onnxruntime, on a CPU.

        export_runtime("training/model-best", "training/model-int8", precision="int8")

    pipeline: With spacy_nested_ner.HuggingFaceEncoder.v1, in a pipe or shared.
    out: Folder that does not exist or is empty.
    runtime: "onnx".
    precision: "float32", or "int8", which is faster and rounds.
    RAISES (UserError): The pipeline cannot be loaded or has no such encoder; a library is
        missing; the encoder cannot be exported; `out` cannot be written.
    """
    out = Path(out)
    for name, value, known in (
        ("runtime", runtime, RUNTIMES),
        ("precision", precision, PRECISIONS),
    ):
        if value not in known:
            raise UserError(f"The {name} '{value}' is unknown: choose {' or '.join(known)}.")
    check_free(out, places(pipeline))
    save_pipeline(to_onnx(get_pipeline(pipeline), precision=precision), out)
    return RuntimeResult(out, runtime, precision)
