"""Annotate in this process."""

from typing import List, Optional, Tuple

from ..annotator import Annotator, Work, load_annotator
from ..shards import Shard
from . import Outcome


class LocalEngine:
    """RAISES (UserError): The pipeline cannot be loaded."""

    def __init__(self, work: Work, *, gpu: Optional[int] = None) -> None:
        self.annotator: Annotator = load_annotator(work, gpu)
        self.shards: List[Shard] = []

    def has_room(self) -> bool:
        return not self.shards

    def is_idle(self) -> bool:
        return not self.shards

    def submit(self, shard: Shard) -> None:
        self.shards.append(shard)

    def wait(self) -> Tuple[Shard, Outcome]:
        shard = self.shards.pop(0)
        return shard, self.annotator.annotate(shard)

    def __enter__(self) -> "LocalEngine":
        return self

    def __exit__(self, *exception: object) -> None:
        pass
