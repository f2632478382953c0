"""Kill, starve and poison runs of `annotate`, and count the records afterwards.

    python -m benchmarks.faults --out benchmarks/results/annotate.jsonl

Every scenario annotates invented texts with a pipe of fixed speed, in a process of its own, and
lets something fail. Afterwards the ids of the records in the shards and in the errors files
must be those of the input, each once, and all checksums must hold. The Ray cluster has a head
and two nodes, each with its own raylet, on this machine. Linux only.
"""

import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Callable, Dict, Iterator, List, Optional

import typer

from benchmarks.environment import read_environment
from benchmarks.fault_pipe import make_environment, save_pipeline
from benchmarks.lines import append_line, describe_command
from spacy_nested_ner.annotation.verify import verify

SECONDS = 0.01  # for a document
TIMEOUT = 600.0
MEMORY = 3.0  # GB for a worker


class Trial:
    """A folder with an input and a pipeline, and the runs that annotate it."""

    def __init__(self, folder: Path, n: int, poison: Dict[int, str], seed: int) -> None:
        self.folder = folder
        self.ids = [f"r{number}" for number in range(n)]
        self.random = random.Random(seed)
        self.env = {**make_environment(folder / "site"), "RAY_USAGE_STATS_ENABLED": "0"}
        save_pipeline(folder / "pipeline", seconds=SECONDS)
        lines = [
            json.dumps({"id": id, "text": f"Record {number} of Trial {poison.get(number, '')}"})
            for number, id in enumerate(self.ids)
        ]
        (folder / "in.jsonl").write_text("\n".join(lines) + "\n")
        self.out = folder / "out"
        self.log = (folder / "log").open("ab")

    def start(self, *options: str, limit: Optional[Callable[[], None]] = None) -> Any:
        """Start a run; it goes on with the run before."""
        words = ["pipeline", "in.jsonl", str(self.out), "--shard-size", "1500", "--resume"]
        return subprocess.Popen(
            [sys.executable, "-m", "spacy_nested_ner", "annotate", *words, *options],
            cwd=self.folder,
            env=self.env,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            preexec_fn=limit,
        )

    def finish(self, *options: str) -> None:
        code = self.start(*options).wait(TIMEOUT)
        assert code == 0, self.read_log()

    def kill(self, process: Any) -> bool:
        """Kill a run at a random moment after it has written a further shard. False if it
        ended before."""
        if not self.wait_for_shards(process, self.count_shards() + 1):
            return False
        sleep(self.random.uniform(0.0, 1.0))
        process.kill()
        process.wait()
        return True

    def wait_for_shards(self, process: Any, n: int) -> bool:
        """Wait for n shards. False if the run ended before."""
        end = monotonic() + TIMEOUT
        while self.count_shards() < n:
            if process.poll() is not None or monotonic() > end:
                return False
            sleep(0.02)
        return process.poll() is None

    def count_shards(self) -> int:
        return len(list((self.out / "manifests").glob("*.json")))

    def read_log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf8", errors="replace")[-2000:]

    def check(self) -> Dict[str, Any]:
        """Check that each record is in the output once, and return the counts."""
        totals = verify(str(self.out))
        found: Counter[str] = Counter()
        for name in ("shards", "errors"):
            for file in (self.out / name).glob("*.jsonl"):
                found.update(json.loads(line)["id"] for line in file.open(encoding="utf8"))
        assert found == Counter(self.ids), found - Counter(self.ids)
        return {"records_in": len(self.ids), **totals}


def kill_driver(trial: Trial, kills: int, *options: str) -> int:
    """Kill the command itself, and go on with --resume."""
    n = sum(trial.kill(trial.start(*options)) for _ in range(kills))
    trial.finish(*options)
    return n


def kill_workers(
    trial: Trial, kills: int, find: Callable[[int], List[int]], *options: str
) -> int:
    """Kill worker processes of one run.

    find: The worker processes of a run, by the id of its process.
    """
    process = trial.start(*options)
    n = 0
    while n < kills and trial.wait_for_shards(process, trial.count_shards() + 1):
        sleep(trial.random.uniform(0.0, 0.5))
        pids = find(process.pid)
        if pids:
            os.kill(trial.random.choice(pids), signal.SIGKILL)
            n += 1
    assert process.wait(TIMEOUT) == 0, trial.read_log()
    return n


def kill_nodes(trial: Trial, kills: int, cluster: Any, *options: str) -> int:
    """Kill nodes of a Ray cluster, and start others in their place."""
    process = trial.start(*options)
    n = 0
    while n < kills and trial.wait_for_shards(process, trial.count_shards() + 1):
        sleep(trial.random.uniform(0.0, 0.5))
        node = trial.random.choice(sorted(cluster.worker_nodes, key=str))
        cluster.remove_node(node, allow_graceful=False)
        n += 1
        cluster.add_node(num_cpus=1)
    assert process.wait(TIMEOUT) == 0, trial.read_log()
    return n


def fill_disk(trial: Trial) -> int:
    """Write to a disk of 300 kB, or where it cannot be mounted under a limit of the size of a
    file; then enlarge it."""
    trial.out.mkdir()
    mounted = _mount(trial.out, "size=300k")
    limit = None if mounted else _limit_files
    process = trial.start(limit=limit)
    assert process.wait(TIMEOUT) == 1, trial.read_log()
    if mounted:
        subprocess.run(["mount", "-o", "remount,size=100m", trial.out], check=True)
    trial.finish()
    return 1


def _mount(folder: Path, options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True).returncode == 0


def _limit_files() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))


def find_children(pid: int) -> List[int]:
    """The processes that a process has started, without multiprocessing's own."""
    children: List[int] = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        children += map(int, file.read_text().split())
    return [child for child in children if b"spawn_main" in _command(child)]


def find_ray_tasks(pid: int) -> List[int]:
    """The processes of Ray that annotate a shard now."""
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]
    return [pid for pid in pids if _command(pid).startswith(b"ray::_annotate")]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has ended
        return b""


POISON = {100: "RAISE", 300: "MEMORY", 500: "KILL"}
PROCESSES = ("--engine", "processes", "--workers", "2")


def make_scenarios(cluster: Callable[[], Any], kills: int) -> Dict[str, Any]:
    """Each scenario by name: its poisoned records, and a function that runs it and returns the
    number of faults."""

    def ray() -> List[str]:
        return ["--engine", "ray", "--address", cluster().address]

    memory = ("--memory-per-worker", str(MEMORY))
    return {
        "local, driver killed": ({}, lambda t: kill_driver(t, kills)),
        "processes, driver killed": ({}, lambda t: kill_driver(t, kills, *PROCESSES)),
        "processes, workers killed": (
            {},
            lambda t: kill_workers(t, kills, find_children, *PROCESSES),
        ),
        "ray, driver killed": ({}, lambda t: kill_driver(t, kills, *ray())),
        "ray, workers killed": ({}, lambda t: kill_workers(t, kills, find_ray_tasks, *ray())),
        "ray, nodes killed": ({}, lambda t: kill_nodes(t, kills, cluster(), *ray())),
        "full disk": ({}, fill_disk),
        "processes, poisoned": (POISON, lambda t: t.finish(*PROCESSES, *memory)),
        "ray, poisoned": (POISON, lambda t: t.finish(*ray(), *memory)),
    }


def main(
    out: Optional[Path] = typer.Option(None, help="File to append the result lines to."),
    scenario: List[str] = typer.Option([], help="Run only this one; repeatable."),
    kills: int = typer.Option(4, min=1, help="Kills of each scenario that kills."),
    records: int = typer.Option(1500, min=600, help="Records of each input."),
    seed: int = typer.Option(0, help="Seed of the moments."),
) -> None:
    """Run the scenarios, print and append a line for each."""
    clusters: List[Any] = []

    def cluster() -> Any:
        if not clusters:
            clusters.append(start_cluster())
        return clusters[0]

    chosen = {
        name: value
        for name, value in make_scenarios(cluster, kills).items()
        if name in scenario or not scenario
    }
    try:
        for name, line in run_scenarios(chosen, records, seed):
            typer.echo(f"{name}: {json.dumps(line)}")
            if out is not None:
                options = {
                    "out": f"benchmarks/results/{out.name}",
                    "scenario": name,
                    "kills": kills,
                    "records": records,
                    "seed": seed,
                }
                command = describe_command("benchmarks.faults", options)
                about = {"command": command, **read_environment(gpu=-1)}
                append_line(out, {"varies": "fault", "scenario": name, **line, **about})
    finally:
        for each in clusters:
            each.shutdown()


def run_scenarios(scenarios: Dict[str, Any], records: int, seed: int) -> Iterator[Any]:
    """Yield the name of each scenario and its counts.

    RAISES (AssertionError): A record is missing, or comes twice.
    """
    for name, (poison, act) in scenarios.items():
        with tempfile.TemporaryDirectory() as folder:
            trial = Trial(Path(folder), records, poison, seed)
            try:
                begin = monotonic()
                n = act(trial)
                seconds = monotonic() - begin
                counts = trial.check()
                assert counts["n_errors"] == len(poison), trial.read_log()
                yield name, {"faults": n or len(poison), **counts, "wall_seconds": seconds}
            finally:
                if os.path.ismount(trial.out):
                    subprocess.run(["umount", trial.out], check=True)


def start_cluster() -> Any:
    """A Ray cluster of a head without CPUs and two nodes with one each."""
    from ray.cluster_utils import Cluster

    os.environ.update(make_environment(Path(tempfile.mkdtemp())))
    # by default workers of Ray yield to every other process of the machine
    os.environ.update(RAY_worker_niceness="0")
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    for _ in range(2):
        cluster.add_node(num_cpus=1)
    return cluster


if __name__ == "__main__":
    typer.run(main)
