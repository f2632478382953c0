"""Let a program fail at its n-th change of a file.

    for at in range(count_changes(write, folder, log=log)):
        code = run_with_fault(write, folder, at=at, kind="kill", log=log)

Python reports each opening, move and removal of a file to its audit hooks before it happens. A
hook cannot be removed, so the program runs in a fork of this process.
"""

import errno
import os
import signal
import sys
from pathlib import Path
from typing import Any, Callable, Literal, Tuple

from .forked import Forked

Kind = Literal["kill", "interrupt", "full"]
# what needs space on the disk
CREATING = ("open", "os.mkdir", "os.rename", "os.link", "os.symlink")
CHANGING = (*CREATING, "os.remove", "os.rmdir", "os.chmod", "os.truncate")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def count_changes(
    function: Callable[[], object], folder: Path, *, kind: Kind = "kill", log: Path
) -> int:
    """The number of changes of files in a folder at which `run_with_fault` can fail.

    RAISES (AssertionError): The function fails by itself.
    """

    def count() -> None:
        fault = _Fault(folder, -1, kind)
        try:
            function()
        finally:
            log.with_suffix(".count").write_text(str(fault.count))

    assert Forked(count, Path.cwd(), log).wait() == 0, log.read_text(errors="replace")
    return int(log.with_suffix(".count").read_text())


def run_with_fault(
    function: Callable[[], object], folder: Path, *, at: int, kind: Kind, log: Path
) -> int:
    """Call a function that fails at a change of a file in a folder.

    at: Number of the change, from 0.
    kind: The process is killed ("kill"), interrupted as by Ctrl-C ("interrupt"), or has no
        space left on the disk ("full").
    log: File for its output, outside of the folder.
    RETURNS: The exit code of the process.
    """

    def fail() -> None:
        _Fault(folder, at, kind)
        function()

    return Forked(fail, Path.cwd(), log).wait()


class _Fault:
    """Counts the changes of files in a folder, and fails at one of them."""

    def __init__(self, folder: Path, at: int, kind: Kind) -> None:
        self.folder, self.at, self.kind = os.path.realpath(folder), at, kind
        self.events = CREATING if kind == "full" else CHANGING
        self.count = 0
        sys.addaudithook(self._see)

    def _see(self, event: str, arguments: Tuple[Any, ...]) -> None:
        if event not in self.events or not self._is_change(event, arguments):
            return
        number, self.count = self.count, self.count + 1
        if number != self.at:
            return
        if self.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.kind == "interrupt":
            raise KeyboardInterrupt
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(arguments[0]))

    def _is_change(self, event: str, arguments: Tuple[Any, ...]) -> bool:
        if event == "open" and not arguments[2] & WRITES:
            return False
        # without `realpath`: it would look at the disk at every opening of a file
        return any(
            os.path.abspath(os.fsdecode(place)).startswith(self.folder)
            for place in arguments[:2]
            if isinstance(place, (str, bytes, os.PathLike))
        )
