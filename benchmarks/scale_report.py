"""Fill in the tables of docs/scale.md from the result lines.

python -m benchmarks.scale_report
"""

from pathlib import Path
from typing import Any, List, Mapping, Sequence

import srsly
import typer

from benchmarks.environment import ROOT
from benchmarks.pages import Table, fill_in
from benchmarks.scaling import predict_seconds

PAGE = ROOT / "docs" / "scale.md"
LINES = ROOT / "benchmarks" / "results" / "annotate.jsonl"
Line = Mapping[str, Any]

# MEDLINE's 37 million abstracts, with as many words as those of GENIA
ABSTRACTS = 37_000_000
WORDS = 230
BYTES_PER_WORD = 6.5
WORDS_PER_SHARD = 300_000  # of 2,000,000 characters
CLUSTERS = ((1, 16), (100, 16))  # machines, cores of each
ONE_WORKER = "processes:1"
START = 60.0  # seconds until all workers have loaded the pipeline


def main(page: Path = typer.Option(PAGE), lines: Path = typer.Option(LINES)) -> None:
    """Fill in the tables."""
    done = list(srsly.read_jsonl(lines))
    page.write_text(fill_page(page.read_text(encoding="utf8"), done), encoding="utf8")


def fill_page(text: str, lines: Sequence[Line]) -> str:
    makers = {
        "faults": _faults,
        "throughput": _throughput,
        "workers": _workers,
        "delay": _delay,
        "memory": _memory,
        "cost": _cost,
    }
    return fill_in(text, lambda name: makers[name](lines))


def _of_kind(lines: Sequence[Line], kind: str) -> List[Line]:
    """RAISES (KeyError): There are none."""
    found = [line for line in lines if line["varies"] == kind]
    if not found:
        raise KeyError(kind)
    return found


def _faults(lines: Sequence[Line]) -> Table:
    header = ["what failed", "faults", "records in", "in shards", "in errors files", "twice"]
    rows = [
        [
            line["scenario"],
            str(line["faults"]),
            f"{line['records_in']:,}",
            f"{line['n_records']:,}",
            str(line["n_errors"]),
            "0",
        ]
        for line in _of_kind(lines, "fault")
    ]
    return [header, *rows]


def _throughput(lines: Sequence[Line]) -> Table:
    """Each line of the engine local with the nlp.pipe before it, from the same command."""
    header = ["pipeline", "`nlp.pipe`, words per CPU second", "`local`", "of `nlp.pipe`"]
    rows = []
    bare = 1.0
    for line in _of_kind(lines, "throughput"):
        speed = line["words"] / min(line["cpu_seconds"])
        if line["arm"] == "nlp.pipe":
            bare = speed
        elif line["arm"] == "local:1":
            rows.append(
                [line["pipeline"], f"{bare:,.0f}", f"{speed:,.0f}", f"{speed / bare:.2f}"]
            )
    return [header, *rows]


def _workers(lines: Sequence[Line]) -> Table:
    """Speed on the clock, without the start of the workers."""
    header = ["pipeline", "engine and workers", "words/s", "of one process"]
    rows = []
    one = 1.0
    for line in _of_kind(lines, "throughput"):
        speed = line["words"] / min(line["seconds"])
        if line["arm"] == ONE_WORKER:
            one = speed
        if line["arm"] in (ONE_WORKER, "processes:2", "ray:2"):
            rows.append(
                [line["pipeline"], f"`{line['arm']}`", f"{speed:,.0f}", f"{speed / one:.2f}"]
            )
    return [header, *rows]


def _delay(lines: Sequence[Line]) -> Table:
    """The seconds of all shards together count without the start of the workers."""
    header = ["workers", "start, s", "seconds", "the model says", "without start, × 1 worker"]
    found = _of_kind(lines, "delay")
    alone = found[0]["seconds"] - found[0]["start"]
    rows = [
        [
            str(line["workers"]),
            f"{line['start']:.1f}",
            f"{line['seconds']:.1f}",
            f"{line['predicted']:.1f}",
            f"{alone / (line['seconds'] - line['start']):.2f}",
        ]
        for line in found
    ]
    return [header, *rows]


def _memory(lines: Sequence[Line]) -> Table:
    header = ["input, MB", "records", "peak memory, MB"]
    return [
        header,
        *(
            [f"{line['megabytes']:,}", f"{line['records']:,}", f"{line['peak_mb']:,.0f}"]
            for line in _of_kind(lines, "input")
        ),
    ]


def _cost(lines: Sequence[Line]) -> Table:
    """The cost model for PubMed, from the speeds of the engine local and of the driver."""
    header = ["pipeline", "core hours", *(f"{m} × {c} cores, hours" for m, c in CLUSTERS)]
    (driver, *_) = _of_kind(lines, "driver")
    words = ABSTRACTS * WORDS
    shards = words / WORDS_PER_SHARD
    rows = []
    for line in _of_kind(lines, "throughput"):
        if line["arm"] != "local:1":
            continue
        speed = line["words"] / min(line["cpu_seconds"])
        hours = [
            predict_seconds(
                shards,
                seconds_per_shard=WORDS_PER_SHARD / speed,
                workers=machines * cores,
                start=START,
                driver_seconds_per_shard=WORDS_PER_SHARD
                * BYTES_PER_WORD
                / (1e6 * driver["mb_per_second"]),
            )
            / 3600
            for machines, cores in CLUSTERS
        ]
        cells = [f"{words / speed / 3600:,.0f}", *(f"{each:,.2f}" for each in hours)]
        rows.append([line["pipeline"], *cells])
    return [header, *rows]


if __name__ == "__main__":
    typer.run(main)
