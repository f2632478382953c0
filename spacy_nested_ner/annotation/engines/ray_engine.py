"""Annotate on a Ray cluster, or on one that is started on this machine.

A shard is a Ray task without retries, so a worker that dies has lost exactly one shard, and the
run decides what becomes of it. Ray Data would repeat tasks by itself and divide the records
anew. Tasks, unlike actors, use nodes that join the cluster later. The pipeline travels through
Ray's object store: nodes need this package, but no common disk.
"""

import io
import logging
import os
import tempfile
import zipfile
from importlib import import_module
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from ...user_error import UserError
from ..annotator import Annotator, ShardResult, Work, load_annotator
from ..shards import Shard
from . import Outcome, WorkerDied

MAX_FAILED_STARTS = 3

# of a worker process: a cluster that lives longer than a run may keep the process
_loaded: Dict[str, Annotator] = {}


class RayEngine:
    """workers: Number of shards at a time, 0 for two for each CPU or GPU share of the cluster.
    address: Of the cluster; None to start one on this machine.

    RAISES (UserError): Ray is not installed; there is no cluster at the address; no worker can
        load the pipeline.
    """

    def __init__(
        self,
        work: Work,
        workers: int,
        *,
        gpus_per_worker: float = 0.0,
        address: Optional[str] = None,
    ) -> None:
        self.ray = import_ray()
        self.workers = workers
        self.resources = {"num_cpus": work.threads or 1, "num_gpus": gpus_per_worker}
        self.started = not self.ray.is_initialized()
        if self.started:
            connect_to_ray(self.ray, address)
        packed = pack_folder(Path(work.pipeline))
        self.work = self.ray.put((work, packed))
        self.task = self.ray.remote(_annotate).options(
            **self.resources, memory=work.memory, max_retries=0
        )
        self.shards: Dict[Any, Shard] = {}
        self._try_start()

    def has_room(self) -> bool:
        return len(self.shards) < (self.workers or 2 * self._count_slots())

    def is_idle(self) -> bool:
        return not self.shards

    def submit(self, shard: Shard) -> None:
        # in a list, the reference reaches the worker, which needs the pipeline only once
        self.shards[self.task.remote([self.work], shard)] = shard

    def wait(self) -> Tuple[Shard, Outcome]:
        (ended, *_), _ = self.ray.wait(list(self.shards), num_returns=1)
        shard = self.shards.pop(ended)
        try:
            result: ShardResult = self.ray.get(ended)
        except self.ray.exceptions.RayTaskError as error:  # raised by our code
            raise _cause(error) from None
        except self.ray.exceptions.RayError as error:
            return shard, WorkerDied(f"{type(error).__name__}: {_first_line(error)}")
        return shard, result

    def __enter__(self) -> "RayEngine":
        return self

    def __exit__(self, *exception: object) -> None:
        for task in self.shards:
            self.ray.cancel(task, force=True)
        if self.started:
            self.ray.shutdown()

    def _count_slots(self) -> int:
        """How many workers the cluster has room for; it may grow and shrink."""
        resources = self.ray.cluster_resources()
        kinds = {"num_cpus": "CPU", "num_gpus": "GPU"}
        slots = [
            int(resources.get(kinds[kind], 0) / need)
            for kind, need in self.resources.items()
            if need
        ]
        return max(1, min(slots))

    def _try_start(self) -> None:
        """Load the pipeline in a worker, before a shard could be blamed for its death.

        RAISES (UserError): It cannot be loaded.
        """
        reasons: List[str] = []
        while len(reasons) < MAX_FAILED_STARTS:
            try:
                self.ray.get(self.task.remote([self.work], None))
                return
            except self.ray.exceptions.RayTaskError as error:
                self.__exit__()
                raise _cause(error) from None
            except self.ray.exceptions.RayError as error:
                reasons.append(_first_line(error))
        self.__exit__()
        raise UserError(
            f"{len(reasons)} workers died while they loaded the pipeline ({reasons[-1]}): give "
            "them more memory."
        )


def import_ray() -> Any:
    """The module `ray`.

    RAISES (UserError): It is not installed.
    """
    try:
        return import_module("ray")
    except ModuleNotFoundError:
        raise UserError(
            "The engine ray needs the library 'ray', which is not installed: "
            'python -m pip install "spacy-nested-ner[ray]".'
        ) from None


def connect_to_ray(ray: Any, address: Optional[str]) -> None:
    """Connect to the cluster at an address; None starts one on this machine.

    RAISES (UserError): There is none.
    """
    # a cluster that a command starts on this machine reports nothing to others, and its workers
    # do not yield to every other process
    for name, value in (("RAY_USAGE_STATS_ENABLED", "0"), ("RAY_worker_niceness", "0")):
        os.environ.setdefault(name, value)
    try:
        ray.init(
            address=address or "local",
            log_to_driver=False,
            logging_level=logging.ERROR,
            **({} if address else {"include_dashboard": False}),
        )
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise UserError(
            f"Cannot reach a Ray cluster at '{address}' ({_first_line(error)}): give the "
            "--address of one, or leave it out to start one on this machine."
        ) from None


def _annotate(work: List[Any], shard: Optional[Shard]) -> Optional[ShardResult]:
    """Runs in a worker process of Ray. shard: None only to load the pipeline."""
    import ray

    key = work[0].hex()
    if key not in _loaded:
        given, packed = ray.get(work[0])
        with tempfile.TemporaryDirectory() as folder:
            unpack_folder(packed, Path(folder))
            gpu = 0 if ray.get_gpu_ids() else None
            annotator = load_annotator(given._replace(pipeline=folder), gpu)
        _loaded.clear()
        _loaded[key] = annotator
    return None if shard is None else _loaded[key].annotate(shard)


def pack_folder(folder: Path) -> bytes:
    """The files of a folder as the bytes of an archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder).as_posix())
    return stream.getvalue()


def unpack_folder(packed: bytes, folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(folder)


def _cause(error: Any) -> Exception:
    """What our code raised in a worker."""
    cause = error.cause
    if isinstance(cause, UserError):
        return UserError(str(cause))
    if isinstance(cause, ModuleNotFoundError):
        return UserError(
            f"A worker of Ray lacks a module ({cause}): install spacy-nested-ner and the "
            "package of the pipeline on all nodes."
        )
    return cause if isinstance(cause, Exception) else error


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
