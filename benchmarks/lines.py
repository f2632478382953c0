"""Result lines: one JSON object per run, with the command that reproduces it."""

import shlex
from pathlib import Path
from typing import Any, Mapping

import srsly

from spacy_nested_ner.corpus.recipes import find_recipe


def describe_command(module: str, options: Mapping[str, Any]) -> str:
    """The command that reproduces a run in any copy of the repository, without absolute paths.

    options: By name, with underscores for dashes. A list is a repeated option; None is left
        out; of an absolute path, only the file name is shown.
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
    """Path of a corpus as in the README of the benchmarks.

    facts: See `spacy_nested_ner.corpus.conversion.report.corpus_facts`.
    """
    usual = find_recipe(facts["dataset"]).unit
    unit = "" if facts["unit"] == usual else f"-{facts['unit']}"
    return f"corpus/{facts['dataset']}-{facts['corpus']}{unit}"


def append_line(path: Path, result: Mapping[str, Any]) -> None:
    """Append one line in a single write, so parallel runs can share a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = srsly.json_dumps(round_floats(result))
    with path.open("a", encoding="utf8") as file:
        file.write(line + "\n")


def round_floats(value: Any) -> Any:
    """Round all floats to five decimals, enough for scores and seconds."""
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, Mapping):
        return {key: round_floats(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [round_floats(item) for item in value]
    return value
