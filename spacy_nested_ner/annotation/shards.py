"""Cut the records of an input into shards, and leave out the shards of an earlier run."""

import hashlib
from typing import Iterable, Iterator, List, NamedTuple, Sequence, Tuple

from ..user_error import UserError
from .records import InputRecord


class Shard(NamedTuple):
    """Consecutive records of the input.

    sha256: of the positions and texts of its records.
    n_bytes: how many bytes of the input were read since the shard before.
    deaths: how many workers died while they annotated it.
    """

    records: Sequence[InputRecord]
    sha256: str
    n_bytes: int = 0
    deaths: int = 0

    @property
    def start(self) -> int:
        return self.records[0].position

    @property
    def end(self) -> int:
        """Position of the last record + 1."""
        return self.records[-1].position + 1


def make_shard(records: Sequence[InputRecord], n_bytes: int = 0, deaths: int = 0) -> Shard:
    digest = hashlib.sha256()
    for record in records:
        text = record.fault.kind if record.fault else record.text or ""
        # surrogatepass: JSON and CSV may have half of a surrogate pair
        encoded = text.encode("utf8", "surrogatepass")
        digest.update(b"%d %d " % (record.position, len(encoded)) + encoded)
    return Shard(records, digest.hexdigest(), n_bytes, deaths)


class Done(NamedTuple):
    """A shard that has its manifest. start, end: half-open positions."""

    start: int
    end: int
    sha256: str


def cut_shards(
    records: Iterable[InputRecord], done: Sequence[Done], size: int
) -> Iterator[Tuple[Shard, bool]]:
    """Yield shards, and whether an earlier run has annotated them.

    done: shards of the earlier run, sorted and disjoint.
    size: budget of a new shard, in characters of its records; a longer record is a shard.
    RAISES (UserError): The input of the earlier run was another one.
    """
    ranges = iter(done)
    skip = next(ranges, None)
    held: List[InputRecord] = []
    n_held = 0  # characters
    for record in records:
        is_done = skip is not None and record.position >= skip.start
        is_full = not is_done and n_held + record.size > size
        if held and (is_full or (skip is not None and record.position == skip.start)):
            yield make_shard(held), False
            held, n_held = [], 0
        held.append(record)
        n_held += record.size
        if skip is not None and record.position + 1 == skip.end:
            shard = make_shard(held)
            if shard.sha256 != skip.sha256:
                raise _changed(skip)
            yield shard, True
            held, n_held, skip = [], 0, next(ranges, None)
    if skip is not None:
        raise _changed(skip)
    if held:
        yield make_shard(held), False


def halve(shard: Shard) -> List[Shard]:
    """The two halves of a shard whose workers died, to find the record that kills them. A
    single record must be alone in two workers that die."""
    middle = len(shard.records) // 2
    bytes_left = shard.n_bytes - shard.n_bytes // 2
    parts = (shard.records[:middle], shard.n_bytes // 2), (shard.records[middle:], bytes_left)
    return [make_shard(part, n, deaths=int(len(part) > 1)) for part, n in parts]


def _changed(done: Done) -> UserError:
    return UserError(
        f"The records {done.start:,} to {done.end:,} of the input are not those of the run "
        "that --resume goes on with: give the same input, or another output folder."
    )
