"""The JSON of requests and answers. The descriptions are those of OpenAPI."""

import json
from typing import Any, Dict, List, Optional, Type, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

# Lower thresholds make almost every part of a text a span.
FLOOR = 0.05

M = TypeVar("M", bound=BaseModel)


class BadRequest(Exception):
    """A request that cannot be answered. The message is one sentence.

    status: of HTTP.
    """

    def __init__(self, message: str, status: int = 422) -> None:
        super().__init__(message)
        self.status = status


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class AnnotateRequest(_Request):
    """One or many texts, and which of their spans to return."""

    text: Optional[str] = Field(None, description="A text, in place of texts.")
    texts: Optional[List[str]] = Field(None, description="Texts, in place of a text.")
    pipeline: Optional[str] = Field(
        None, description="Name of a pipeline, see /pipelines; by default, the first one."
    )
    threshold: Optional[float] = Field(
        None,
        ge=FLOOR,
        le=1.0,
        description="Return spans with a probability above this; by default, the thresholds of "
        "the pipeline.",
    )
    thresholds: Dict[str, float] = Field(
        {}, description=f"Thresholds of single labels, from {FLOOR} to 1."
    )
    labels: Optional[List[str]] = Field(None, description="Only these; by default, all labels.")

    @property
    def as_predicted(self) -> bool:
        """Whether the spans are those that the pipeline predicts."""
        return self.threshold is None and not self.thresholds and self.labels is None


class SpanAnswer(BaseModel):
    """A span. Offsets are half-open; those of characters count code points of Unicode."""

    start: int = Field(description="First character.")
    end: int = Field(description="Character after the last.")
    label: str
    start_token: int = Field(description="First token.")
    end_token: int = Field(description="Token after the last.")
    text: str
    score: Optional[float] = Field(description="Probability, null if the pipeline has none.")


class DocumentAnswer(BaseModel):
    """The spans of a text, in its order."""

    spans: List[SpanAnswer]


class AnnotateAnswer(BaseModel):
    """A document for each text, in the order of the request."""

    pipeline: str
    documents: List[DocumentAnswer]


class PipelineAnswer(BaseModel):
    name: str = Field(description="For requests.")
    title: str = Field(description="Language, name and version.")
    description: str
    labels: List[str]
    thresholds: Dict[str, float] = Field(description="Empty if they are unknown.")
    floor: Optional[float] = Field(
        description="Lowest threshold of a request; null if a request can only raise them."
    )
    overlap: str
    prefer: str
    max_depth: Optional[int]


class PipelinesAnswer(BaseModel):
    pipelines: List[PipelineAnswer]
    max_length: int = Field(description="Longest text, in characters.")
    max_texts: int = Field(description="Texts of a request.")


class ErrorAnswer(BaseModel):
    """Why there is no other answer, in one sentence."""

    detail: str


class DrawRequest(_Request):
    text: str


class TaskSpan(_Request):
    start: int = Field(ge=0)
    end: int = Field(ge=1)
    label: str = Field(min_length=1)
    # JSON has no NaN, so no task could hold it
    score: Optional[float] = Field(None, ge=0.0, le=1.0)


class TaskRequest(_Request):
    """Spans of a text, to write as a task of another program."""

    text: str
    spans: List[TaskSpan]
    pipeline: Optional[str] = None
    format: str


def read_message(model: Type[M], body: bytes) -> M:
    """Read JSON.

    RAISES (BadRequest): It is no JSON, or has other fields or values.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise BadRequest(describe(error)) from None


def describe(error: ValidationError) -> str:
    """The first error as a sentence."""
    first = error.errors(include_url=False, include_input=False)[0]
    reason = first["msg"][:1].lower() + first["msg"][1:]
    if first["type"] == "json_invalid":
        return f"The body is not JSON in UTF-8: {reason}."
    place = "".join(
        f"[{part}]" if isinstance(part, int) else f".{part[:80]}" for part in first["loc"]
    ).lstrip(".")
    if not place:
        return f"The body is not a JSON object: {reason}."
    return f"The field {json.dumps(place, ensure_ascii=False)} is not valid: {reason}."


def openapi_body(model: Type[BaseModel]) -> Dict[str, Any]:
    """What OpenAPI says of a body that a route reads by itself."""
    schema = model.model_json_schema()
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}
    }
