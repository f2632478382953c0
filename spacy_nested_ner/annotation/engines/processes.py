"""Annotate in several processes of this machine.

Each worker is a pool of one process: if the process dies, this breaks only its own pool, and
the engine knows which shard it had. A pool of several processes would lose the shards of all.
"""

import multiprocessing
import os
import signal
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait as wait_for_processes
from threading import Thread
from typing import Any, Deque, Dict, Optional, Tuple

from ...user_error import UserError
from ..annotator import Annotator, ShardResult, Work, load_annotator
from ..shards import Shard
from . import Outcome, WorkerDied

# shards at a worker: one that it annotates, and one that waits, so that it is never idle
AT_A_WORKER = 2
MAX_FAILED_STARTS = 3

# of a worker process
_loaded: Dict[str, Annotator] = {}


class ProcessEngine:
    """workers: Number of processes.
    gpus_per_worker: From 0 to 1. Worker i gets the GPU i · gpus_per_worker, rounded down.
    """

    def __init__(self, work: Work, workers: int, *, gpus_per_worker: float = 0.0) -> None:
        gpus = [int(i * gpus_per_worker) if gpus_per_worker else None for i in range(workers)]
        self.workers = [_Worker(work, gpu) for gpu in gpus]

    def has_room(self) -> bool:
        return any(len(worker.shards) < AT_A_WORKER for worker in self.workers)

    def is_idle(self) -> bool:
        return not any(worker.shards for worker in self.workers)

    def submit(self, shard: Shard) -> None:
        min(self.workers, key=lambda worker: len(worker.shards)).submit(shard)

    def wait(self) -> Tuple[Shard, Outcome]:
        while True:
            first = {worker.shards[0][1]: worker for worker in self.workers if worker.shards}
            done, _ = wait(first, return_when=FIRST_COMPLETED)
            taken = first[done.pop()].take()
            if taken is not None:
                return taken

    def __enter__(self) -> "ProcessEngine":
        return self

    def __exit__(self, *exception: object) -> None:
        for worker in self.workers:
            worker.stop()


class _Worker:
    """A process and its shards, in the order in which it annotates them."""

    def __init__(self, work: Work, gpu: Optional[int]) -> None:
        self.work = work
        self.gpu = gpu
        self.shards: Deque[Tuple[Shard, Future[ShardResult]]] = deque()
        self.failed_starts = 0
        self._start()

    def _start(self) -> None:
        # not "fork": the child of a process with PyTorch threads would wait for them forever
        context = multiprocessing.get_context("spawn")
        self.pool = ProcessPoolExecutor(1, mp_context=context)
        self.start: Future[None] = self.pool.submit(_load, self.work, self.gpu)

    def submit(self, shard: Shard) -> None:
        try:
            future = self.pool.submit(_annotate, shard)
        except BrokenProcessPool:  # it died while it had nothing to do
            self._restart()
            future = self.pool.submit(_annotate, shard)
        self.shards.append((shard, future))

    def take(self) -> Optional[Tuple[Shard, Outcome]]:
        """The first shard and its outcome, which is known; None if the worker died before it
        began with the shard.

        RAISES (UserError): The pipeline cannot be loaded, or kills the process.
        """
        shard, future = self.shards[0]
        try:
            self.start.result()
            outcome: Outcome = future.result()
        except BrokenProcessPool:
            began = self.start.exception() is None
            if began:
                self.shards.popleft()
            self._restart()
            outcome = WorkerDied("The worker process was killed, or it had no memory left.")
            return (shard, outcome) if began else None
        self.shards.popleft()
        return shard, outcome

    def _restart(self) -> None:
        """Start a new process, and give it the shards that waited at the old one."""
        self.failed_starts = 0 if self.start.exception() is None else self.failed_starts + 1
        if self.failed_starts == MAX_FAILED_STARTS:
            raise UserError(
                f"{MAX_FAILED_STARTS} worker processes died while they loaded the pipeline: "
                "give fewer workers or more memory, and protect the main module of a script "
                "with `if __name__ == '__main__':`."
            )
        self.stop()
        waiting = [shard for shard, _ in self.shards]
        self.shards.clear()
        self._start()
        for shard in waiting:
            self.submit(shard)

    def stop(self) -> None:
        processes: Any = self.pool._processes or {}
        running = list(processes.values())
        self.pool.shutdown(wait=False, cancel_futures=True)
        for process in running:
            process.kill()
        for process in running:
            process.join()


def _load(work: Work, gpu: Optional[int]) -> None:
    """The first call in a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the parent, which ends this
    exit_with_parent()
    _loaded["annotator"] = load_annotator(work, gpu)


def exit_with_parent() -> None:
    """End this process when its parent ends: without a parent, the process of a pool works on,
    and then waits forever."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    Thread(target=_exit_with, args=(parent,), daemon=True).start()


def _exit_with(parent: Any) -> None:
    wait_for_processes([parent.sentinel])
    os._exit(1)


def _annotate(shard: Shard) -> ShardResult:
    return _loaded["annotator"].annotate(shard)
