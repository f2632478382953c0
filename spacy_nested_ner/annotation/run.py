"""Run: from the records of an input through an engine into the ledger."""

from collections import deque
from typing import Callable, Deque, Iterable, Iterator, Optional

from ..user_error import UserError
from .annotator import ShardResult
from .engines import Engine, WorkerDied
from .ledger import Ledger
from .records import Fault, InputRecord, RecordError
from .shards import Shard, cut_shards, halve

# a shard whose workers died this many times is halved, or given up if it is one record
MAX_DEATHS = 2


def run(
    records: Iterable[InputRecord],
    engine: Engine,
    ledger: Ledger,
    *,
    shard_size: int,
    strict: bool = False,
    bytes_read: Callable[[], int] = lambda: 0,
    on_shard: Callable[[Shard, Optional[ShardResult]], None] = lambda shard, result: None,
) -> None:
    """Annotate what the ledger has not, and finish the ledger.

    shard_size: Characters of a shard.
    strict: Stop at the first record that cannot be processed.
    bytes_read: How many bytes of the input were read until now.
    on_shard: Called with each shard and its result, None for one of an earlier run.
    RAISES (UserError): See `cut_shards`, `Ledger` and `Engine.wait`; with `strict`, a record
        that cannot be processed.
    """
    cut = _Cut(records, ledger, shard_size, bytes_read, on_shard)
    again: Deque[Shard] = deque()
    while True:
        while engine.has_room():
            shard = again.popleft() if again else next(cut, None)
            if shard is None:
                break
            engine.submit(shard)
        if engine.is_idle():
            break
        shard, outcome = engine.wait()
        if isinstance(outcome, WorkerDied):
            shard = shard._replace(deaths=shard.deaths + 1)
            if shard.deaths < MAX_DEATHS:
                again.append(shard)
                continue
            if len(shard.records) > 1:
                again.extend(halve(shard))
                continue
            outcome = _give_up(shard.records[0], outcome)
        if strict and outcome.errors:
            error = outcome.errors[0]
            raise UserError(
                f"The record {error.position:,} ({error.where}, id {error.id!r}) cannot be "
                f"processed: {error.reason} Correct it, or leave out --strict."
            )
        ledger.commit(shard, outcome)
        on_shard(shard, outcome)
    ledger.finish(cut.n_records)


class _Cut(Iterator[Shard]):
    """The shards that the ledger has not, with the bytes of the input that each took."""

    def __init__(
        self,
        records: Iterable[InputRecord],
        ledger: Ledger,
        shard_size: int,
        bytes_read: Callable[[], int],
        on_shard: Callable[[Shard, Optional[ShardResult]], None],
    ) -> None:
        self.shards = cut_shards(records, ledger.done, shard_size)
        self.bytes_read = bytes_read
        self.on_shard = on_shard
        self.n_records = 0
        self.n_bytes = 0

    def __next__(self) -> Shard:
        while True:
            shard, is_done = next(self.shards)
            before, self.n_bytes = self.n_bytes, self.bytes_read()
            shard = shard._replace(n_bytes=self.n_bytes - before)
            self.n_records = shard.end
            if not is_done:
                return shard
            self.on_shard(shard, None)


def _give_up(record: InputRecord, died: WorkerDied) -> ShardResult:
    fault = Fault("worker", f"{MAX_DEATHS} workers died with this record alone. {died.reason}")
    return ShardResult(None, 0, 0, {}, (RecordError.of(record, fault),), 0.0)
