"""Let a program fail at its n-th change of a file.

    fault = Fault(folder, at=3, kind="kill")  # in a process of its own

Python reports each opening, move and removal of a file to its audit hooks before it happens. A
hook cannot be removed, so a fault is for a forked process, see `forked`.
"""

import errno
import os
import signal
import sys
from pathlib import Path
from typing import Any, Literal, Tuple

Kind = Literal["kill", "interrupt", "full"]
# what needs space on the disk
CREATING = ("open", "os.mkdir", "os.rename", "os.link", "os.symlink")
CHANGING = (*CREATING, "os.remove", "os.rmdir", "os.chmod", "os.truncate")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class Fault:
    """Counts the changes of files in a folder, and fails at one of them.

    at: Number of the change, from 0; -1 for none.
    kind: The process is killed ("kill"), interrupted as by Ctrl-C ("interrupt"), or has no
        space left on the disk ("full").
    count: Number of changes so far.
    """

    def __init__(self, folder: Path, *, at: int = -1, kind: Kind = "kill") -> None:
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
