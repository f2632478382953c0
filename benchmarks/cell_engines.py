"""Run each cell of an experiment in its own process: on this machine, or on a Ray cluster.

So a cell does not depend on what its process computed before, and a process that dies takes no
other cell along. The engines of `annotate` are no choice here: they keep their processes.
"""

import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, TypeVar

from spacy_nested_ner.annotation.engines.processes import exit_with_parent
from spacy_nested_ner.annotation.engines.ray_engine import connect_to_ray, import_ray
from spacy_nested_ner.user_error import UserError

T = TypeVar("T")


def run_in_processes(calls: Mapping[str, Callable[[], T]], workers: int) -> Iterator[T]:
    """Yield the results of calls as they end.

    calls: By name; they can be pickled.
    workers: Number of processes at a time.
    RAISES (UserError): Processes died; all other calls have ended.
    """
    died = []
    with ThreadPoolExecutor(workers) as threads:
        running = {threads.submit(_in_a_process, call): name for name, call in calls.items()}
        try:
            for future in as_completed(running):
                try:
                    yield future.result()
                except BrokenProcessPool:
                    died.append(running[future])
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
    _report(died)


def _in_a_process(call: Callable[[], T]) -> T:
    # not "fork": the child of a process with PyTorch threads would wait for them forever
    context = get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=exit_with_parent) as pool:
        return pool.submit(_raise_what_can_travel, call).result()


def _raise_what_can_travel(call: Callable[[], T]) -> T:
    """Replace an error that cannot be pickled: it would look like the death of the process."""
    try:
        return call()
    except Exception as error:
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:
            raise RuntimeError(f"{type(error).__name__}: {error}") from None
        raise


def run_on_ray(
    calls: Mapping[str, Callable[[], T]],
    workers: int = 0,
    *,
    gpus: int = 0,
    environment: Optional[Mapping[str, str]] = None,
    address: Optional[str] = None,
) -> Iterator[T]:
    """Yield the results of calls as they end. The nodes need this repository and the files of
    the calls.

    calls: By name; they can be pickled.
    workers: Number of calls at a time, 0 for as many as the cluster has room for.
    gpus: Number of GPUs of a call.
    environment: Variables of the processes.
    address: Of the cluster; None to start one on this machine.
    RAISES (UserError): Ray is not installed; there is no cluster at the address; processes
        died, and all other calls have ended.
    """
    ray = import_ray()
    connect_to_ray(ray, address)
    task = ray.remote(
        num_cpus=1,
        num_gpus=gpus,
        max_calls=1,
        max_retries=0,
        runtime_env={"env_vars": dict(environment or {})},
    )(_call)
    waiting = list(calls)
    running: Dict[Any, str] = {}
    died = []
    try:
        while waiting or running:
            while waiting and not 0 < workers <= len(running):
                name = waiting.pop(0)
                running[task.remote(calls[name])] = name
            (ended, *_), _ = ray.wait(list(running), num_returns=1)
            name = running.pop(ended)
            try:
                yield ray.get(ended)
            except ray.exceptions.RayTaskError:  # the call raised
                raise
            except ray.exceptions.RayError:
                died.append(name)
    finally:
        ray.shutdown()
    _report(died)


def _call(call: Callable[[], T]) -> T:
    return call()


def _report(died: List[str]) -> None:
    if died:
        raise UserError(
            f"The processes of {len(died)} cells died ({', '.join(died[:3])}): give them more "
            "memory or fewer workers, and run the same command again."
        )
