"""Run commands on a disk with too little space, and check their outputs.

    python -m benchmarks.full_disks --out benchmarks/results/reliability.jsonl

Each trial gives a command a small file system in memory (tmpfs) with the old outputs on it and
some free space, from none up to the need of the command. It must print one sentence, exit with
code 1, leave the old outputs byte for byte, and nothing else. Then the folder for temporary
files is on the full disk, instead of the outputs. At last the command has space, and at each
file that it creates, one after the other, the system says that the disk is full. Linux only,
as root.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, Dict, Iterator, List, Optional

import typer

from benchmarks.entry_points import cached_entry_points
from benchmarks.environment import read_environment
from benchmarks.file_faults import count_changes, run_with_fault
from benchmarks.forked import Forked, command
from benchmarks.kill_targets import CONFIG, CONVERT, make_inputs
from benchmarks.kill_targets import run as run_command
from benchmarks.kills import import_all
from benchmarks.lines import append_line, describe_command

PAGE = 4  # KiB, the least that tmpfs gives to a file
PIPELINE, DEV = "made/model-best", "corpus/dev.spacy"


@dataclass(frozen=True)
class Job:
    """A command.

    line: Its words; its outputs are in the folder `disk`.
    old: The old outputs by name: a folder to copy, or None for a file with other content.
    """

    line: str
    old: Dict[str, Optional[str]]


JOBS = {
    "convert": Job(f"{CONVERT} disk/out --seed 1", {"out": "corpus"}),
    "inspect": Job(f"x inspect {DEV} --output disk/a.json", {"a.json": None}),
    "configure": Job(f"x configure {CONFIG} corpus disk/a.cfg", {"a.cfg": None}),
    "evaluate": Job(f"x evaluate {PIPELINE} {DEV} --output disk/a.json", {"a.json": None}),
    "compare": Job("x compare a.json a.json --output disk/a.json", {"a.json": None}),
    "calibrate": Job(
        f"x calibrate {PIPELINE} {DEV} disk/new --output disk/a.json", {"a.json": None}
    ),
    "report": Job(f"x report {PIPELINE} {DEV} disk/a.html", {"a.html": None}),
    "package": Job(
        f"x package {PIPELINE} disk/wheels --version 1.0.0", {"wheels": "old-wheels"}
    ),
    "export": Job(f"x export {DEV} disk/a.jsonl --format jsonl", {"a.jsonl": None}),
    "export a folder": Job(f"x export {DEV} disk/new --format brat", {}),
    "visualize": Job(
        f"x visualize {PIPELINE} --file texts.txt --output disk/a.html", {"a.html": None}
    ),
}


def main(
    out: Optional[Path] = typer.Option(None, help="File to append the result lines to."),
    job: List[str] = typer.Option([], help="Only this command; repeatable."),
    sizes: int = typer.Option(12, min=2, help="Sizes of the disk for each command."),
) -> None:
    """Run the commands on full disks, print and append a line for each."""
    import_all()
    with tempfile.TemporaryDirectory() as name, cached_entry_points():
        folder = Path(name)
        make_inputs(folder)
        run_command(f"x evaluate {PIPELINE} {DEV} --output a.json", folder)
        (folder / "texts.txt").write_text("ZED binds the BRX-7 gene\n" * 50)
        for chosen in job or JOBS:
            start = perf_counter()
            counts = fill(JOBS[chosen], folder, sizes)
            options = {"job": chosen, "sizes": sizes}
            line = {
                "benchmark": "full disks",
                "command": describe_command("benchmarks.full_disks", options),
                "target": chosen,
                **counts,
                "seconds": round(perf_counter() - start, 1),
                **read_environment(),
            }
            print(json.dumps({name: line[name] for name in ("target", *counts)}), flush=True)
            if out is not None:
                append_line(out, line)


def fill(job: Job, folder: Path, n_sizes: int) -> Dict[str, Any]:
    """Run a command with too little space in all ways.

    RETURNS: The number of trials of each way, and the largest free space that was not enough,
        in KiB.
    RAISES (AssertionError): An output is neither old nor whole, something is left over, or the
        end of the command is not a sentence.
    """
    counts: Counter[str] = Counter()
    disk = folder / "disk"
    with mount(disk, 1 << 20):
        lay_out(job, folder)
        used = kib(disk)
        assert run(job, folder) == 0, read_log(folder)
        need = kib(disk)
    largest = 0
    for step in range(n_sizes):
        # up to the size of the new outputs
        free = round(need * 1.2 * (step / (n_sizes - 1)) ** 2) // PAGE * PAGE
        with mount(disk, used + free):
            before = lay_out(job, folder)
            if try_without_space(job, folder, before):
                counts["full_disk"] += 1
                largest = free
    for free in (0, PAGE, 16 * PAGE):
        # `temporary` holds intermediate files of libraries
        disk.mkdir()
        before = lay_out(job, folder)
        with mount(folder / "temporary", max(free, PAGE)):
            if free == 0:
                (folder / "temporary" / "full").write_bytes(bytes(PAGE << 10))
            if try_without_space(job, folder, before, temporary="temporary"):
                counts["full_temporary"] += 1
        shutil.rmtree(disk)
    disk.mkdir()
    lay_out(job, folder)
    log = folder / "log"
    n_changes = count_changes(partial(start, job, folder), disk, kind="full", log=log)
    shutil.rmtree(disk)
    for number in range(n_changes):
        disk.mkdir()
        before = lay_out(job, folder)
        counts["failed_operation"] += try_without_space(job, folder, before, at=number)
        shutil.rmtree(disk)
    return {**counts, "largest_kib": largest}


def try_without_space(
    job: Job,
    folder: Path,
    before: Dict[str, bytes],
    *,
    at: Optional[int] = None,
    temporary: Optional[str] = None,
) -> bool:
    """Run a command. False if it ends well.

    before: See `lay_out`.
    RAISES (AssertionError): See `fill`.
    """
    code = run(job, folder, at=at, temporary=temporary)
    if code == 0:
        return False
    log = read_log(folder)
    assert code == 1, (code, log)
    assert "Traceback" not in log, log
    # a library may print more; standard output comes after standard error in the log
    assert any(line.startswith(("Error: ", "\x1b[31mError: ")) for line in log.split("\n")), log
    after = read_folder(folder / "disk")
    assert after == before, (sorted(before), sorted(after), log)
    return True


def run(
    job: Job, folder: Path, *, at: Optional[int] = None, temporary: Optional[str] = None
) -> int:
    function, log = partial(start, job, folder, temporary), folder / "log"
    if at is None:
        return Forked(function, folder, log).wait()
    return run_with_fault(function, folder / "disk", at=at, kind="full", log=log)


def start(job: Job, folder: Path, temporary: Optional[str] = None) -> None:
    if temporary is not None:
        tempfile.tempdir = str(folder / temporary)
    os.chdir(folder)
    command(job.line)()


def lay_out(job: Job, folder: Path) -> Dict[str, bytes]:
    """Write the old outputs, and return the content of the disk."""
    for name, source in job.old.items():
        if source is None:
            (folder / "disk" / name).write_text("old\n")
        else:
            shutil.copytree(folder / source, folder / "disk" / name)
    return read_folder(folder / "disk")


def read_folder(folder: Path) -> Dict[str, bytes]:
    """The content of files by path; b"" for folders."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in folder.rglob("*")
    }


def read_log(folder: Path) -> str:
    return (folder / "log").read_text(encoding="utf8", errors="replace")


def kib(folder: Path) -> int:
    """Used space of a file system."""
    usage = shutil.disk_usage(folder)
    return usage.used >> 10


@contextmanager
def mount(folder: Path, size: int) -> Iterator[None]:
    """size: In KiB."""
    folder.mkdir(exist_ok=True)
    options = f"size={max(size, PAGE)}k"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)
        folder.rmdir()


if __name__ == "__main__":
    typer.run(main)
