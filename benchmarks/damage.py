"""Damage saved pipelines at random, load them, and compare what they predict.

    python -m benchmarks.damage --n 10000 --out benchmarks/results/damage.jsonl

Each trial damages one file, or the bytes, of a small trained pipeline. It must be refused with
one sentence, or predict exactly what it predicted before. Four kinds of encoder take turns.
"""

import json
import random
import shutil
import signal
import tempfile
import warnings
from collections import Counter
from importlib.metadata import EntryPoint, distributions
from pathlib import Path
from time import perf_counter
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple, Union

import catalogue
import srsly
import typer
from spacy.language import Language
from spacy.util import load_model_from_config

from benchmarks.damage_pipelines import KINDS, Predictions, make_pipeline, predict
from benchmarks.environment import read_environment
from benchmarks.lines import append_line, describe_command
from benchmarks.pages import as_markdown
from spacy_nested_ner.files.pipelines import load_pipeline
from spacy_nested_ner.user_error import UserError

PIPE = "nested_spancat"
# seconds for one trial
LIMIT = 60

Damage = Callable[[bytes, random.Random], bytes]


def flip_bit(data: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1 :]


def truncate(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def overwrite(data: bytes, rng: random.Random) -> bytes:
    place, n = rng.randrange(len(data)), rng.randint(1, 64)
    return (data[:place] + rng.randbytes(n) + data[place + n :])[: len(data)]


def blank_out(data: bytes, rng: random.Random) -> bytes:
    """A block of zeros, as of a disk that lost it."""
    place, n = rng.randrange(len(data)), rng.randint(1, 4096)
    return data[:place] + bytes(len(data[place : place + n])) + data[place + n :]


def append(data: bytes, rng: random.Random) -> bytes:
    return data + rng.randbytes(rng.randint(1, 64))


def change_digit(data: bytes, rng: random.Random) -> bytes:
    places = [i for i, byte in enumerate(data) if chr(byte).isdigit()]
    if not places:
        return flip_bit(data, rng)
    place = rng.choice(places)
    digit = rng.choice([d for d in b"0123456789" if d != data[place]])
    return data[:place] + bytes([digit]) + data[place + 1 :]


def reorder_labels(data: bytes, rng: random.Random) -> bytes:
    cfg = srsly.json_loads(data)
    labels = cfg["labels"]
    while cfg["labels"] == labels:
        cfg["labels"] = rng.sample(labels, len(labels))
    return srsly.json_dumps(cfg).encode()


def change_rules(data: bytes, rng: random.Random) -> bytes:
    """Change one of the patterns of a tokenizer, or remove some of its special cases."""
    rules = srsly.msgpack_loads(data)
    name = rng.choice(["prefix_search", "suffix_search", "infix_finditer", "exceptions"])
    if name == "exceptions":
        kept = rng.sample(sorted(rules[name]), len(rules[name]) // 2)
        rules[name] = {word: rules[name][word] for word in kept}
    else:
        rules[name] = "|".join(filter(None, (rules[name], rng.choice(["^e", "e", "7$", "^Z"]))))
    changed: bytes = srsly.msgpack_dumps(rules)
    return changed


ANYWHERE: Tuple[Damage, ...] = (
    flip_bit,
    truncate,
    overwrite,
    blank_out,
    append,
    change_digit,
)


class Trial:
    """A trained pipeline, on disk and as bytes, and another one like it.

    folder: Empty, for their files.
    """

    def __init__(self, kind: str, folder: Path, seed: int) -> None:
        self.kind = kind
        nlp, other = make_pipeline(kind, 2 * seed), make_pipeline(kind, 2 * seed + 1)
        self.good, self.other, self.work = (folder / x for x in ("good", "other", "work"))
        nlp.to_disk(self.good)
        other.to_disk(self.other)
        shutil.copytree(self.good, self.work)
        self.config = nlp.config
        self.bytes, self.other_bytes = nlp.to_bytes(), other.to_bytes()
        # of the loaded one: loading makes the table of norms count
        self.expected = predict(load_pipeline(self.good))
        assert sum(map(len, self.expected)) > 3, self.expected
        assert predict(load_pipeline(self.other)) != self.expected
        files = (file for file in self.good.rglob("*") if file.is_file())
        self.files = sorted(file.relative_to(self.good).as_posix() for file in files)

    def run_on_disk(self, rng: random.Random) -> Tuple[str, str, str]:
        """Damage a file. RETURNS: The damage, the file, the outcome."""
        name = rng.choice(self.files)
        damages: List[Union[str, Damage]] = [*ANYWHERE, "delete", "swap", "swap within"]
        if name == f"{PIPE}/cfg":
            damages += [reorder_labels] * 3
        if name == "tokenizer":
            damages += [change_rules] * 3
        damage = rng.choice(damages)
        file, data = self.work / name, (self.good / name).read_bytes()
        names = [name]
        if damage == "delete":
            file.unlink()
        elif damage == "swap":
            # a folder of a pipe, or a file
            names = [x for x in self.files if x.startswith(f"{name.partition('/')[0]}/")]
            names = names if names and rng.random() < 0.2 else [name]
            for each in names:
                shutil.copy(self.other / each, self.work / each)
        elif damage == "swap within":
            second = rng.choice(self.files)
            names = [name, second]
            shutil.copy(self.good / second, file)
            shutil.copy(self.good / name, self.work / second)
        else:
            assert callable(damage)
            file.write_bytes(damage(data, rng) if data else b"\0")
        try:
            outcome = self._judge(lambda: load_pipeline(self.work))
        finally:
            for each in names:
                shutil.copy(self.good / each, self.work / each)
        return _title(damage), " and ".join(names[:2]), outcome

    def run_on_bytes(self, rng: random.Random) -> Tuple[str, str, str]:
        """Damage the bytes, or what one pipe has in them."""
        damages: List[Union[str, Damage]] = [*ANYWHERE, "swap", reorder_labels, change_rules]
        damage = rng.choice(damages)
        where = "bytes"
        if not isinstance(damage, str) and damage in ANYWHERE:
            data = damage(self.bytes, rng)
        else:
            message, other = map(srsly.msgpack_loads, (self.bytes, self.other_bytes))
            if isinstance(damage, str):
                where = rng.choice(sorted(message))
                message[where] = other[where]
            elif damage is change_rules:
                where = "tokenizer"
                message[where] = change_rules(message[where], rng)
            else:
                where = PIPE
                pipe = srsly.msgpack_loads(message[PIPE])
                pipe["cfg"] = reorder_labels(pipe["cfg"], rng).decode()
                message[PIPE] = srsly.msgpack_dumps(pipe)
            data = srsly.msgpack_dumps(message)
            where = f"bytes, {where}"
        nlp = load_model_from_config(self.config)
        outcome = self._judge(lambda: nlp.from_bytes(data), any_error=True)
        return _title(damage), where, outcome

    def _judge(self, load: Callable[[], Language], *, any_error: bool = False) -> str:
        """RETURNS: "refused", "refused later" (by the first prediction), "identical", or what
        must not be.

        any_error: Whether loading may raise other errors than `UserError`: spaCy reads most of
            the bytes, and there is no command for them.
        """
        signal.alarm(LIMIT)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                nlp = load()
        except TimeoutError:
            return "LASTS TOO LONG"
        except UserError as error:
            return _check_message(error)
        except Exception as error:  # the finding of the trial
            return _check_message(error) if any_error else f"TRACEBACK {type(error).__name__}"
        finally:
            signal.alarm(0)
        return self._compare(nlp)

    def _compare(self, nlp: Language) -> str:
        try:
            found: Predictions = predict(nlp)
        except Exception as error:  # of a pipe, at its first document
            return _check_message(error, "refused later")
        return "identical" if found == self.expected else "OTHER PREDICTIONS"


def _title(damage: Union[str, Damage]) -> str:
    return damage if isinstance(damage, str) else damage.__name__.replace("_", " ")


def _check_message(error: Exception, outcome: str = "refused") -> str:
    return "ADVICE OF TORCH" if "weights_only" in str(error) else outcome


def run_trials(
    n: int, seed: int, *, kinds: Tuple[str, ...] = KINDS
) -> Iterator[Dict[str, str]]:
    """Yield kind, damage, file and outcome of n trials; the kinds take turns."""
    rng = random.Random(seed)
    _index_entry_points()

    def stop(*_: Any) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, stop)
    with tempfile.TemporaryDirectory() as temporary:
        trials = []
        for kind in kinds:
            folder = Path(temporary, kind)
            folder.mkdir()
            trials.append(Trial(kind, folder, seed))
        for number in range(n):
            trial = trials[number % len(trials)]
            run = trial.run_on_bytes if rng.random() < 0.25 else trial.run_on_disk
            damage, file, outcome = run(rng)
            yield {"kind": trial.kind, "damage": damage, "file": file, "outcome": outcome}


def format_line(line: Dict[str, Any]) -> str:
    """A result line as a table in Markdown: a row for each damage."""
    outcomes = sorted(line["outcomes"])
    counts = {**line["by_damage"], "all": line["outcomes"]}
    rows = [[name, *(f"{c.get(x, 0):,}" for x in outcomes)] for name, c in counts.items()]
    return as_markdown([["damage", *outcomes], *rows])


def _index_entry_points() -> None:
    """Loading searches the entry points of all packages dozens of times, which takes half of
    its time; the catalogue also takes a dictionary."""
    groups: Dict[str, List[EntryPoint]] = {}
    for distribution in distributions():
        for point in distribution.entry_points:
            groups.setdefault(point.group, []).append(point)
    catalogue.AVAILABLE_ENTRY_POINTS = groups


def main(
    n: int = typer.Option(10000, min=1, help="Number of trials."),
    seed: int = typer.Option(0, help="Seed of the damages."),
    out: Optional[Path] = typer.Option(None, help="File to append the result line to."),
) -> None:
    """Run the trials, print each that failed, and append a line."""
    begin = perf_counter()
    outcomes: Counter[str] = Counter()
    by_damage: Dict[str, Counter[str]] = {}
    failed: List[Dict[str, str]] = []
    for trial in run_trials(n, seed):
        outcomes[trial["outcome"]] += 1
        by_damage.setdefault(trial["damage"], Counter())[trial["outcome"]] += 1
        if trial["outcome"].isupper() or trial["outcome"].startswith("TRACEBACK"):
            failed.append(trial)
            typer.echo(json.dumps(trial))
    line = {
        "trials": n,
        "failed": len(failed),
        "outcomes": dict(sorted(outcomes.items())),
        "by_damage": {name: dict(sorted(c.items())) for name, c in sorted(by_damage.items())},
        "seconds": perf_counter() - begin,
    }
    typer.echo(format_line(line))
    if out is not None:
        options = {"n": n, "seed": seed}
        command = describe_command("benchmarks.damage", options)
        append_line(out, {**line, "command": command, **read_environment(gpu=-1)})


if __name__ == "__main__":
    typer.run(main)
