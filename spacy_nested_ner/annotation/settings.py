"""The settings of a run that decide about its output. The engine is not among them."""

from dataclasses import asdict, dataclass
from typing import Any, Dict, Optional

from ..user_error import UserError, check_range

FORMATS = {"jsonl": ".jsonl", "parquet": ".parquet", "docbin": ".spacy"}


@dataclass(frozen=True)
class Settings:
    """spans_key: Key of doc.spans.
    format: Of the output, a key of FORMATS.
    text_column, id_column: Columns of the input.
    spans_column: New column of the output; without a meaning for docbin.
    max_length: Longest text, in characters; None for no limit.
    batch_tokens: Tokens of a batch.
    shard_size: Characters of a shard, in all columns.
    """

    spans_key: str
    format: str = "jsonl"
    text_column: str = "text"
    id_column: str = "id"
    spans_column: str = "spans"
    max_length: Optional[int] = None
    batch_tokens: int = 16_384
    shard_size: int = 2_000_000

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise UserError(
                f"Unknown format '{self.format}': choose one of {', '.join(FORMATS)}."
            )
        for name in ("max_length", "batch_tokens", "shard_size"):
            value = getattr(self, name)
            if value is not None:
                check_range(name, value, at_least=1)
        names = (self.text_column, self.id_column, self.spans_column)
        if len(set(names)) < len(names):
            raise UserError(
                f"The columns of text, id and spans are {', '.join(names)}: give three "
                "different names."
            )

    @property
    def suffix(self) -> str:
        """Ending of the files of shards."""
        return FORMATS[self.format]

    def to_dict(self) -> Dict[str, Any]:
        return asdict(self)
