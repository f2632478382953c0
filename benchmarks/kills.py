"""Kill commands at random moments, and check their outputs.

    python -m benchmarks.kills --out benchmarks/results/reliability.jsonl

Each trial starts a command in a fork of this process, sends SIGKILL or SIGINT to it and its
children at a random moment of its usual duration, and checks the outputs: each is the old one,
byte for byte, or a whole new one. A training is killed after its first checkpoint has begun.
After every tenth kill the command runs once more, to its end. POSIX only.
"""

import json
import random
import shutil
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path
from time import perf_counter, sleep
from typing import Any, Dict, List, Optional

import typer

from benchmarks.entry_points import cached_entry_points
from benchmarks.environment import read_environment
from benchmarks.forked import Forked, command
from benchmarks.kill_targets import LEFTOVER, Target, make_targets, run
from benchmarks.lines import append_line, describe_command

SIGNALS = ("SIGKILL", "SIGINT")
RERUN = 10  # trials


def main(
    out: Optional[Path] = typer.Option(None, help="File to append the result lines to."),
    target: List[str] = typer.Option([], help="Kill only this command; repeatable."),
    kills: int = typer.Option(50, min=1, help="Kills of each command with each signal."),
    seed: int = typer.Option(0, help="Seed of the moments."),
) -> None:
    """Kill the commands, print and append a line for each command and signal."""
    import_all()
    with tempfile.TemporaryDirectory() as name, cached_entry_points():
        folder = Path(name)
        targets = make_targets(folder)
        for chosen in target or targets:
            for number in SIGNALS:
                start = perf_counter()
                counts = kill_often(targets[chosen], folder, number, kills, seed)
                options = {"kills": kills, "seed": seed, "target": chosen}
                line = {
                    "benchmark": "kills",
                    "command": describe_command("benchmarks.kills", options),
                    "target": chosen,
                    "signal": number,
                    "seed": seed,
                    **counts,
                    "seconds": round(perf_counter() - start, 1),
                    **read_environment(),
                }
                print(json.dumps({name: line[name] for name in ("target", "signal", *counts)}))
                sys.stdout.flush()
                if out is not None:
                    append_line(out, line)


def import_all() -> None:
    """Import here what the commands import, once for all forks. No backward pass: PyTorch
    refuses one in a fork of a process that has made one."""
    import spacy.cli

    import spacy_nested_ner as package
    import spacy_nested_ner.cli
    import spacy_nested_ner.pipe.factory

    for name in package.__all__:
        getattr(package, name)
    spacy.blank("en")


def kill_often(
    target: Target, folder: Path, number: str, kills: int, seed: int
) -> Dict[str, Any]:
    """Kill a command at random moments.

    number: Name of the signal.
    RETURNS: The number of kills; how often each state was found; how many kills left a
        temporary folder; how many ended in a traceback; the reruns that ended well.
    RAISES (AssertionError): An output is neither old nor whole, or a rerun fails.
    """
    generator = random.Random(f"{seed} {number} {target.line}")
    duration = measure(target, folder)
    states: Counter[str] = Counter()
    n_left = n_traces = n_reruns = 0
    while sum(states.values()) < kills:
        target.reset(folder)
        process = Forked(command(target.line), folder, folder / "log")
        while not (folder / target.begins).exists() and process.runs():
            sleep(0.005)
        sleep(generator.uniform(0.0, duration))
        process.send(getattr(signal, number))
        if process.wait() == 0:  # it ended before
            continue
        states[target.check(folder)] += 1
        n_traces += "Traceback" in (folder / "log").read_text(errors="replace")
        left = list(folder.rglob(f"{LEFTOVER}*"))
        n_left += bool(left)
        if sum(states.values()) % RERUN == 0:
            # with what was left; only an output that is whole has to make room
            if "calibrated" in target.line:
                shutil.rmtree(folder / "calibrated", ignore_errors=True)
            run(target.line, folder)
            target.check(folder)
            n_reruns += 1
        for path in left:
            shutil.rmtree(path, ignore_errors=True)
    return {
        "kills": sum(states.values()),
        "states": dict(sorted(states.items())),
        "left_temporary": n_left,
        "tracebacks": n_traces,
        "reruns": n_reruns,
    }


def measure(target: Target, folder: Path) -> float:
    """Seconds of the command, from the moment that it begins to write."""
    target.reset(folder)
    process = Forked(command(target.line), folder, folder / "log")
    while not (folder / target.begins).exists() and process.runs():
        sleep(0.005)
    start = perf_counter()
    assert process.wait() == 0, (folder / "log").read_text(errors="replace")
    return perf_counter() - start


if __name__ == "__main__":
    typer.run(main)
