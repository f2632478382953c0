"""Result lines: one JSON object a run, with the command that makes it again."""

import shlex
from pathlib import Path
from typing import Any, Mapping

import srsly

from spacy_nested_ner.corpus.recipes import find_recipe


def describe_command(module: str, options: Mapping[str, Any]) -> str:
    """The command that makes a run again in any copy of the repository, without a path of
    this machine.

    options: By name, underscores for dashes. A list gives an option for each of its items;
        None is left out; of a path only what lies inside the repository or beside it is told.
    """
    words = ["python", "-m", module]
    for name, value in options.items():
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                absolute = isinstance(item, (str, Path)) and Path(item).is_absolute()
                shown = Path(item).name if absolute else item
                words += [f"--{name.replace('_', '-')}", str(shown)]
    return shlex.join(words)


def describe_corpus(facts: Mapping[str, Any]) -> str:
    """Where the README of the benchmarks puts a corpus.

    facts: See `spacy_nested_ner.training.configure.corpus_facts`.
    """
    usual = find_recipe(facts["dataset"]).unit
    unit = "" if facts["unit"] == usual else f"-{facts['unit']}"
    return f"corpus/{facts['dataset']}-{facts['corpus']}{unit}"


def append_line(path: Path, result: Mapping[str, Any]) -> None:
    """Append one line in a single write: runs that share the file do not mix their lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = srsly.json_dumps(round_floats(result))
    with path.open("a", encoding="utf8") as file:
        file.write(line + "\n")


def round_floats(value: Any) -> Any:
    """Five decimals are plenty for a score and for seconds."""
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, Mapping):
        return {key: round_floats(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [round_floats(item) for item in value]
    return value
