"""Change the code in many small ways, and count the changes that its tests notice.

    python -m benchmarks.mutants --out benchmarks/results/mutants.jsonl

mutmut makes the changes (mutants) and runs the tests that reach them; `[tool.mutmut]` in
pyproject.toml names the modules and the tests. A mutant is killed if a test fails or takes
too long. `mutants.yml` says of a mutant that survives why no test has to kill it. Results
stay in the folder `mutants/`, and a mutant that was killed is not run again: remove the folder
to run all of them.
"""

import json
import os
import random
import subprocess
import sys
from fnmatch import fnmatchcase as fnmatch
from importlib.metadata import version
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional

import srsly
import typer

from benchmarks.environment import ROOT, read_environment
from benchmarks.lines import append_line, describe_command
from benchmarks.pages import as_markdown

FOLDER = ROOT / "mutants"
# the parts of the package that make a result line each
PARTS = (
    "losses.span_losses",
    "pipe.targets",
    "decoding.decode",
    "decoding.policies",
    "decoding.thresholds",
    "scoring.matching",
    "scoring.nesting",
    "scoring.scorer",
    "corpus.writers",
    "corpus.readers",
)
# mutmut compares each name with each mutant: more names take minutes before the first test
BATCH = 400
KILLED = {"killed", "timeout", "segfault"}


class Survivor(NamedTuple):
    """was, now: the lines of the function that differ, without their indent."""

    function: str
    was: str
    now: str


def make_mutants() -> None:
    """Make the mutants of what has changed since the last run, and forget its old results."""
    from mutmut.__main__ import copy_also_copy_files, copy_src_dir, create_mutants

    FOLDER.mkdir(exist_ok=True)
    copy_src_dir()
    copy_also_copy_files()
    create_mutants(1)


def run_mutants(names: List[str]) -> None:
    """Run the mutants with these names."""
    mutmut = str(Path(sys.executable).with_name("mutmut"))
    for first in range(0, len(names), BATCH):
        batch = names[first : first + BATCH]
        subprocess.run([mutmut, "run", "--max-children", "1", *batch], cwd=ROOT, check=True)


def read_statuses(part: str) -> Dict[str, str]:
    """What became of each mutant in a part of the package, by name."""
    from mutmut.stats import status_by_exit_code

    path = FOLDER / "spacy_nested_ner" / part.replace(".", "/")
    files = sorted(path.glob("*.meta")) if path.is_dir() else [path.with_suffix(".py.meta")]
    statuses = {}
    for file in files:
        codes = json.loads(file.read_text(encoding="utf8"))["exit_code_by_key"]
        statuses.update({name: status_by_exit_code[code] for name, code in codes.items()})
    return statuses


def choose_names(part: str, n: int, seed: int) -> List[str]:
    """The mutants of a part, or if there are more than n, a random sample of n."""
    names = sorted(read_statuses(part))
    return sorted(random.Random(seed).sample(names, n)) if n < len(names) else names


def find_open(part: str, names: List[str], reasons: "Reasons") -> List[str]:
    """Those of the mutants that have to run: not killed yet, and without a reason."""
    statuses = read_statuses(part)
    return [
        name
        for name in names
        if statuses[name] not in KILLED
        and (statuses[name] == "not checked" or reasons.find(read_survivor(name)) is None)
    ]


def read_survivor(name: str) -> Survivor:
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    lines = get_diff_for_mutant(name).splitlines()[2:]
    was, now = (
        " ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+"
    )
    function = name.removeprefix("spacy_nested_ner.").rpartition("__mutmut_")[0]
    # mutmut's names: module.x_function, module.xǁClassǁmethod
    function = function.replace(".xǁ", ".").replace(".x_", ".").replace("ǁ", ".")
    return Survivor(function, was, now)


class Reasons:
    """Why no test has to kill some mutants, from `mutants.yml`. There a mutant is
    `function: fragment`: a part of its changed lines, or with `~ ` before it, of the old ones.
    In the name of the function, `*` stands for any characters."""

    def __init__(self, file: Path) -> None:
        self._reasons = [
            (*mutant.split(": ", 1), group["reason"])
            for group in srsly.read_yaml(file)
            for mutant in group["mutants"]
        ]

    def find(self, survivor: Survivor) -> Optional[str]:
        for function, fragment, reason in self._reasons:
            changed = survivor.was if fragment.startswith("~ ") else survivor.now
            if fnmatch(survivor.function, function) and fragment.removeprefix("~ ") in changed:
                return str(reason)
        return None


def describe_part(
    part: str, statuses: Dict[str, str], reasons: Reasons, *, n_mutants: int
) -> Dict[str, Any]:
    """The result of a part.

    n_mutants: of the whole part, also those that did not run.
    """
    survivors = []
    for name, status in statuses.items():
        if status not in KILLED:
            survivor = read_survivor(name)
            found = {**survivor._asdict(), "status": status}
            survivors.append({**found, "reason": reasons.find(survivor)})
    return {
        "part": part,
        "mutants": n_mutants,
        "run": len(statuses),
        "killed": len(statuses) - len(survivors),
        "survivors": survivors,
    }


def format_lines(lines: List[Dict[str, Any]]) -> str:
    """Result lines as a table in Markdown."""

    def row(name: str, of: List[Dict[str, Any]]) -> List[str]:
        survivors = [survivor for line in of for survivor in line["survivors"]]
        n_explained = sum(survivor["reason"] is not None for survivor in survivors)
        run, killed = (sum(line[key] for line in of) for key in ("run", "killed"))
        mutants = sum(line["mutants"] for line in of)
        shares = f"{mutants:,}", f"{run:,}", f"{killed:,}", f"{killed / run:.1%}"
        return [name, *shares, str(n_explained), str(len(survivors) - n_explained)]

    rows = [row(f"`{line['part']}`", [line]) for line in lines]
    header = ["module", "mutants", "run", "killed", "share", "no fault", "no test"]
    return as_markdown([header, *rows, row("all", lines)])


def main(
    part: Optional[List[str]] = typer.Option(None, help="Only these parts."),
    n: int = typer.Option(400, min=1, help="Most mutants of a part that run."),
    seed: int = typer.Option(0, help="Seed of the sample of a part that has more."),
    out: Optional[Path] = typer.Option(None, help="File to append the result lines to."),
) -> None:
    """Run the mutants, print those that survive without a reason, and append a line for each
    part."""
    reasons = Reasons(ROOT / "benchmarks" / "mutants.yml")
    os.chdir(ROOT)  # where mutmut looks for its settings
    make_mutants()
    chosen = {name: choose_names(name, n, seed) for name in part or PARTS}
    run_mutants([x for name, of in chosen.items() for x in find_open(name, of, reasons)])
    lines = []
    for name, of in chosen.items():
        found = read_statuses(name)
        statuses = {mutant: found[mutant] for mutant in of}
        lines.append(describe_part(name, statuses, reasons, n_mutants=len(found)))
        for survivor in lines[-1]["survivors"]:
            if survivor["reason"] is None:
                typer.echo(json.dumps(survivor, ensure_ascii=False))
    typer.echo(format_lines(lines))
    if out is not None:
        environment = read_environment(gpu=-1)
        environment["versions"]["mutmut"] = version("mutmut")
        for line in lines:
            options = {"part": line["part"], "n": n, "seed": seed}
            command = describe_command("benchmarks.mutants", options)
            append_line(out, {**line, "seed": seed, "command": command, **environment})


if __name__ == "__main__":
    typer.run(main)
