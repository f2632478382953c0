"""Let atheris look for inputs that reach new code: of the readers, and of decoding.

    python -m benchmarks.fuzz_coverage readers --seconds 120
    python -m benchmarks.fuzz_coverage decode --seconds 120

Needs atheris (`pip install atheris`). Anything but a record or a `UserError` of one sentence
ends the run; the input lies in a file `crash-…` in the current folder. Parquet is left out: its
reader starts a process for each file.
"""

import argparse
import json
import sys
import tempfile
import threading
import warnings
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence

from .environment import read_environment
from .fuzz_samples import make_samples
from .lines import append_line

LEFT_OUT = ("parquet", "jsonl zip")
LABELS = ["a", "b"]
OVERLAPS, PREFERENCES = ("all", "nested", "flat"), ("probability", "length")


def main(arguments: Optional[Sequence[str]] = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=["readers", "decode"])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--results", type=Path, help="a .jsonl file for the result line")
    given = parser.parse_args(arguments)
    if find_spec("atheris") is None:
        print("atheris is missing: install it with `pip install atheris`.", file=sys.stderr)
        return 1
    import atheris

    with atheris.instrument_imports(include=["spacy_nested_ner"]):
        try_input = {"readers": make_reader_target, "decode": make_decode_target}[given.what]()
    counts = {"inputs": 0}
    start = perf_counter()

    def count(data: bytes) -> None:
        if counts["inputs"] == 0:
            # libFuzzer ends the process itself, so the line is written just before
            threading.Timer(given.seconds - 2, finish).start()
        counts["inputs"] += 1
        try_input(data)

    def finish() -> None:
        # a failure ends the process without a line
        line = {
            "benchmark": f"fuzz_coverage {given.what}",
            "command": f"python -m benchmarks.fuzz_coverage {given.what} "
            f"--seconds {given.seconds} --seed {given.seed}",
            "seed": given.seed,
            "cases": counts["inputs"],
            "seconds": round(perf_counter() - start, 1),
            **read_environment(),
        }
        print(json.dumps(line), flush=True)
        if given.results:
            append_line(given.results, line)

    corpus = tempfile.mkdtemp()
    if given.what == "readers":
        for number, sample in enumerate(choose_samples()):
            Path(corpus, sample.format).write_bytes(bytes([number]) + sample.data)
    options = [f"-max_total_time={given.seconds}", f"-seed={given.seed}", "-max_len=3000"]
    atheris.Setup([sys.argv[0], *options, "-rss_limit_mb=4096", corpus], count)
    atheris.Fuzz()
    return 0


class Sample(NamedTuple):
    """A file of a format. beside: Other files that it needs."""

    format: str
    name: str
    data: bytes
    beside: Dict[str, bytes]


def choose_samples() -> List[Sample]:
    """The first file of each format; of brat that with the annotations, beside its text."""
    chosen = []
    for format, files in make_samples().items():
        if format not in LEFT_OUT:
            name = next(each for each in files if not each.endswith(".txt"))
            text = Path(name).with_suffix(".txt").name
            beside = {text: files[text]} if text in files else {}
            chosen.append(Sample(format, name, files[name], beside))
    return chosen


def make_reader_target() -> Callable[[bytes], None]:
    """Reads the bytes as a file of one of the formats, which the first byte chooses."""
    from spacy_nested_ner.corpus.conversion.reading import read_source
    from spacy_nested_ner.user_error import UserError

    from .fuzz_readers import check_message

    folder = Path(tempfile.mkdtemp())
    samples = choose_samples()
    for sample in samples:
        (folder / sample.format).mkdir()
        for name, data in sample.beside.items():
            (folder / sample.format / name).write_bytes(data)

    def try_input(data: bytes) -> None:
        sample = samples[data[0] % len(samples) if data else 0]
        (folder / sample.format / sample.name).write_bytes(data[1:])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                for record in read_source(sample.format, folder / sample.format).records:
                    for mention in record.mentions:
                        assert 0 <= mention.start < mention.end <= len(record.text)
            except UserError as error:
                fault = check_message(str(error))
                assert not fault, fault

    # readers are imported at their first use, which has to be now, while imports are watched
    for number, sample in enumerate(samples):
        try_input(bytes([number]) + sample.data)
    return try_input


def make_decode_target() -> Callable[[bytes], None]:
    """Decodes logits that the bytes are; the policy has to be obeyed."""
    import numpy
    import spacy
    import torch
    from spacy.tokens import Doc

    from spacy_nested_ner.decoding.decode import decode_spans
    from spacy_nested_ner.decoding.thresholds import logit_thresholds
    from spacy_nested_ner.model.grid import SpanGrid
    from spacy_nested_ner.model.span_logits import SpanLogits

    from .fuzz_documents import follows

    vocab = spacy.blank("en").vocab

    def try_input(data: bytes) -> None:
        head = (*data[:4], 0, 0, 0, 0)
        lengths = [head[0] % 7, head[0] // 7 % 7]
        docs = [Doc(vocab, words=[" x"[(head[1] >> i) & 1] for i in range(n)]) for n in lengths]
        grid = SpanGrid(lengths, max_width=1 + head[2] % 6)
        shape = grid.n_tokens, grid.width, len(LABELS)
        values = numpy.frombuffer(data[4:] or b"\0", dtype="i1") / 16
        S = torch.tensor(numpy.resize(values, shape), dtype=torch.float32)
        options: Dict[str, Any] = {
            "overlap": OVERLAPS[head[3] % 3],
            "prefer": PREFERENCES[head[3] // 3 % 2],
            "max_depth": (None, 1, 2)[head[3] // 6 % 3],
        }
        thresholds = logit_thresholds(
            LABELS, threshold=head[3] / 255, thresholds={}, temperatures={}, logit_scale=2.0
        )
        if not grid.n_tokens:
            return
        spans = decode_spans(docs, SpanLogits.from_dense(grid, S), thresholds, **options)
        for doc, some in zip(docs, spans.split_by_doc(len(docs))):
            places = [(int(i), int(j), LABELS[a]) for i, j, a in zip(*some[1:4])]
            assert all(0 <= i < j <= min(len(doc), i + grid.width) for i, j, _ in places)
            assert not any(doc[i].is_space or doc[j - 1].is_space for i, j, _ in places)
            assert len(set(places)) == len(places)
            assert follows(places, options["overlap"])
            if options["max_depth"] == 1:
                nested = [(a, b) for a in places for b in places if a[:2] != b[:2]]
                assert not any(a[0] <= b[0] and b[1] <= a[1] for a, b in nested)

    return try_input


if __name__ == "__main__":
    sys.exit(main())
