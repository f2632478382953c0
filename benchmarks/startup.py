"""Measure the start-up time of commands, as ratios of commands that run in turn.

python -m benchmarks.startup --out benchmarks/results/startup.jsonl
"""

import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Dict, List, Optional

import srsly
import typer

from .environment import read_environment
from .lines import append_line, describe_command, round_floats

# after this code, Python does not find our installed package
HIDE = (
    "import importlib.metadata as m; found = m.distributions; "
    "m.distributions = lambda **k: "
    "(d for d in found(**k) if d.metadata['Name'] != 'spacy-nested-ner'); "
)
LOOK = (
    "import importlib.metadata as m; found = m.distributions; "
    "m.distributions = lambda **k: (d for d in found(**k) if d.metadata['Name'] != ''); "
)
SPACY_HELP = (
    "import runpy, sys; sys.argv = ['spacy', '--help']; "
    "runpy.run_module('spacy', run_name='__main__')"
)
BLANK = "import spacy; spacy.blank('en')"
COMMANDS: Dict[str, List[str]] = {
    "help": ["-m", "spacy_nested_ner", "--help"],
    "typer and spacy": ["-c", "import typer, spacy"],
    "spacy help with us": ["-c", LOOK + SPACY_HELP],
    "spacy help without us": ["-c", HIDE + SPACY_HELP],
    "spacy.blank with us": ["-c", LOOK + BLANK],
    "spacy.blank without us": ["-c", HIDE + BLANK],
}
RATIOS = {
    "help": ("help", "typer and spacy"),
    "spacy help": ("spacy help with us", "spacy help without us"),
    "spacy.blank": ("spacy.blank with us", "spacy.blank without us"),
}


def main(
    repetitions: int = typer.Option(7, min=1, help="Rounds; each runs every command once."),
    out: Optional[Path] = typer.Option(
        None, dir_okay=False, help="File to append the line to."
    ),
) -> None:
    """Print a JSON line with the medians and their ratios; append it to a file."""
    seconds: Dict[str, List[float]] = {name: [] for name in COMMANDS}
    for round_number in range(repetitions + 1):
        for name, words in COMMANDS.items():
            start = perf_counter()
            subprocess.run([sys.executable, *words], check=True, capture_output=True)
            if round_number:  # the first round fills the caches of the disk
                seconds[name].append(perf_counter() - start)
    medians = {name: median(values) for name, values in seconds.items()}
    result = {
        "command": describe_command("benchmarks.startup", {"repetitions": repetitions}),
        "repetitions": repetitions,
        "seconds": medians,
        "ratios": {name: medians[a] / medians[b] for name, (a, b) in RATIOS.items()},
        **read_environment(),
    }
    typer.echo(srsly.json_dumps(round_floats(result)))
    if out is not None:
        append_line(out, result)


if __name__ == "__main__":
    typer.run(main)
