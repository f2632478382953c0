"""Hostile inputs, thousands of them: readers, prediction and training neither crash nor lie.

    python -m benchmarks.fuzz readers --n 100000 --seed 0
    python -m benchmarks.fuzz predict --n 20000 --seed 0
    python -m benchmarks.fuzz training --n 5000 --seed 0

A failure is written to --out, in a folder with the number of its case.
"""

import argparse
import json
import sys
from pathlib import Path
from time import perf_counter
from typing import Optional, Sequence

from .environment import read_environment
from .fuzz_documents import fuzz_predict
from .fuzz_readers import fuzz_readers
from .fuzz_training import fuzz_training
from .lines import append_line

KINDS = {"readers": fuzz_readers, "predict": fuzz_predict, "training": fuzz_training}


def main(arguments: Optional[Sequence[str]] = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=list(KINDS))
    parser.add_argument("--n", type=int, default=1000, help="files, documents or updates")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--out", type=Path, default=Path("fuzz"), help="for failures")
    parser.add_argument("--results", type=Path, help="a .jsonl file for the result line")
    given = parser.parse_args(arguments)
    start = perf_counter()
    fuzz = KINDS[given.what]
    outcomes, failures = fuzz(given.n, given.seed, first=given.first, out=given.out)
    line = {
        "benchmark": f"fuzz {given.what}",
        "command": f"python -m benchmarks.fuzz {given.what} --n {given.n} "
        f"--seed {given.seed} --first {given.first}",
        "seed": given.seed,
        "cases": sum(outcomes.values()),
        "outcomes": dict(sorted(outcomes.items())),
        "failures": failures,
        "seconds": round(perf_counter() - start, 1),
        **read_environment(),
    }
    print(json.dumps(line))
    if given.results:
        append_line(given.results, line)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
