"""`python -m spacy_nested_ner serve` in a process of its own."""

import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import Iterator, List, NamedTuple

import httpx


class Process(NamedTuple):
    """lines: of its standard output so far."""

    client: httpx.Client
    process: subprocess.Popen
    lines: List[str]

    @property
    def port(self) -> int:
        return self.client.base_url.port

    def stop(self) -> int:
        """Send SIGTERM and wait for the end."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@contextmanager
def serve_command(*arguments: str, **variables: str) -> Iterator[Process]:
    command = [sys.executable, "-m", "spacy_nested_ner", "serve", *arguments, "--port", "0"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **variables, "PYTHONUNBUFFERED": "1"},
    )
    lines: List[str] = []
    try:
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if address := re.search(r"http://\S+:(\d+)/", line):
                break
        else:
            raise AssertionError("\n".join(lines))
        # the log must not fill the pipe
        reader = threading.Thread(
            target=lambda: lines.extend(line.rstrip("\n") for line in process.stdout),
            daemon=True,
        )
        reader.start()
        with httpx.Client(base_url=f"http://127.0.0.1:{address[1]}", timeout=60) as client:
            yield Process(client, process, lines)
    finally:
        process.kill()
        process.wait()
