"""Run commands in forks of this process, which has imported everything: a start of Python takes
seconds, a fork milliseconds. POSIX only."""

import os
import shlex
import signal
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Callable, Optional, Sequence


class Forked:
    """A function that runs in a fork, in a process group of its own.

    folder: Its current folder.
    log: File for its standard output and error.
    """

    def __init__(self, function: Callable[[], object], folder: Path, log: Path) -> None:
        self.log = log
        self.code: Optional[int] = None
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            _run(function, folder, log)

    def wait(self, timeout: float = 300.0) -> int:
        """The exit code, minus the signal for a process that was killed.

        RAISES (TimeoutError): It does not end; it is killed.
        """
        end = monotonic() + timeout
        while self.runs():
            if monotonic() > end:
                self.send(signal.SIGKILL)
                os.waitpid(self.pid, 0)
                raise TimeoutError(self.log.read_text(errors="replace")[-2000:])
            sleep(0.005)
        # children of it that still run, such as pip
        self.send(signal.SIGKILL)
        assert self.code is not None
        return self.code

    def runs(self) -> bool:
        """Whether it has not ended."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code is None

    def send(self, number: int) -> None:
        """Send a signal to the process and its children."""
        with suppress(ProcessLookupError, PermissionError):  # it has ended, or not yet begun
            os.killpg(self.pid, number)


def run_command(words: Sequence[str]) -> None:
    """Run a command of this package, or `spacy train …`.

    RAISES (SystemExit): Always, or for `train` if it fails.
    """
    sys.argv = list(words)
    if words[0] == "spacy":
        from spacy.cli import setup_cli

        setup_cli()
    else:
        from spacy_nested_ner.cli import main

        main()


def command(line: str) -> Callable[[], None]:
    """A function that runs the words of a line."""
    return lambda: run_command(shlex.split(line))


def _run(function: Callable[[], object], folder: Path, log: Path) -> None:
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.chdir(folder)
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        # under pytest they are other files
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
        function()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
