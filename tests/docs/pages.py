"""The pages of the documentation, cut into headings, links and blocks of code, and run."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Iterator, List, NamedTuple, Sequence

from tests.conftest import ROOT

PAGES = (
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "benchmarks" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
)
FENCE = re.compile(r"^```(?P<language>[^\n]*)\n(?P<text>.*?)^```$", re.M | re.S)


class Block(NamedTuple):
    page: Path
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}: {self.text.splitlines()[0]}"


def blocks_of(page: Path, language: str) -> List[Block]:
    text = page.read_text(encoding="utf8")
    return [
        Block(page, block["language"], block["text"])
        for block in FENCE.finditer(text)
        if block["language"] == language
    ]


def anchors_of(page: Path) -> List[str]:
    """The names that GitHub gives to the headings of a page."""
    prose = FENCE.sub("", page.read_text(encoding="utf8"))
    headings = re.findall(r"^#+ (.+)$", prose, flags=re.M)
    return [re.sub(r"[^\w -]", "", text).lower().replace(" ", "-") for text in headings]


def links_of(page: Path) -> List[str]:
    """The targets of links and pictures, without those on other sites."""
    prose = FENCE.sub("", page.read_text(encoding="utf8"))
    links = re.findall(r"\]\(([^)\s]+)\)", prose)
    return [link for link in links if "://" not in link]


def commands_of(page: Path) -> Iterator[List[str]]:
    """The command lines of the blocks of bash, and of lines that are indented as code."""
    text = page.read_text(encoding="utf8")
    lines = [block.text for block in blocks_of(page, "bash")]
    lines += re.findall(
        r"^ {4,}(?:\w+=\S+ )?python -m (?:.*\\\n)*.*\n", FENCE.sub("", text), re.M
    )
    for line in "".join(lines).replace("\\\n", " ").splitlines():
        for command in line.split(" && "):
            words = shlex.split(command, comments=True)
            while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
                words = words[1:]
            if words:
                yield words


def run_python(words: Sequence[str], folder: Path, **environment: str) -> str:
    """What Python prints with these words of a command line, in a folder."""
    result = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, (words, result.stdout, result.stderr)
    return result.stdout
