"""Engines: they move shards to workers and results back, and know nothing of files.

    with make_engine("processes", work, workers=2) as engine:
        engine.submit(shard)
        shard, outcome = engine.wait()

An engine gives every shard that it was given back once: with its result or, if its worker died,
with `WorkerDied`. What happens then is not the engine's business.
"""

from typing import Literal, NamedTuple, Optional, Protocol, Tuple, Union

from ..annotator import ShardResult, Work
from ..shards import Shard

EngineName = Literal["local", "processes", "ray"]
ENGINES = ("local", "processes", "ray")


class WorkerDied(NamedTuple):
    """reason: one sentence."""

    reason: str


Outcome = Union[ShardResult, WorkerDied]


class Engine(Protocol):
    def has_room(self) -> bool:
        """Whether a further shard would soon find a worker."""

    def is_idle(self) -> bool:
        """Whether no shard is on its way."""

    def submit(self, shard: Shard) -> None: ...

    def wait(self) -> Tuple[Shard, Outcome]:
        """Wait for a shard and its outcome, in any order. Not to be called while idle.

        RAISES (UserError): A worker cannot load the pipeline.
        """

    def __enter__(self) -> "Engine": ...

    def __exit__(self, *exception: object) -> None:
        """Stop the workers."""


def make_engine(
    name: EngineName,
    work: Work,
    *,
    workers: int,
    gpus_per_worker: float = 0.0,
    address: Optional[str] = None,
) -> Engine:
    """Make an engine; its workers start with the first shards.

    workers: Number of workers; for ray 0 for as many as the cluster has room for.
    gpus_per_worker: From 0 to 1.
    address: Of a Ray cluster; None to start one on this machine.
    """
    if name == "ray":
        from .ray_engine import RayEngine

        return RayEngine(work, workers, gpus_per_worker=gpus_per_worker, address=address)
    if name == "processes":
        from .processes import ProcessEngine

        return ProcessEngine(work, workers, gpus_per_worker=gpus_per_worker)
    from .local import LocalEngine

    return LocalEngine(work, gpu=0 if gpus_per_worker else None)
