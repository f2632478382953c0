"""Measure the throughput of `serve` with many clients, beside `nlp.pipe` on the same texts.

python -m benchmarks.serving --pipeline training/genia-sample-tok2vec/model-best \\
    --corpus corpus/genia-full --out benchmarks/results/serving.jsonl

The server runs in a process of its own, and so do the clients. Each client sends a request,
waits for the answer and sends the next. A round runs `nlp.pipe` in this process, then the
clients; the median of the rounds counts. CPU times are those of this process and of the server:
other programs on the machine hardly change them. Every answer is compared with that of
`nlp.pipe`.
"""

import http.client
import json
import multiprocessing
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

import spacy
import srsly
import torch
import typer
from spacy.tokens import DocBin

from .environment import read_environment
from .lines import append_line, describe_command, round_floats

# label, start and end of each span of a text
Spans = List[Tuple[str, int, int]]


class Kind(NamedTuple):
    """sentences: in a text. texts: in a request."""

    sentences: int
    texts: int


KINDS = {
    "one sentence per request": Kind(1, 1),
    "one text of 8 sentences per request": Kind(8, 1),
    "16 sentences per request": Kind(1, 16),
}


class Run(NamedTuple):
    seconds: float
    cpu_seconds: float


def main(
    pipeline: Path = typer.Option(..., help="Folder of a trained pipeline."),
    corpus: Path = typer.Option(
        ..., help="Folder that `convert` wrote, with sentences; its dev part is used."
    ),
    out: Optional[Path] = typer.Option(None, help="File to append the result lines to."),
    sentences: int = typer.Option(480, min=1, help="Number of sentences."),
    clients: int = typer.Option(16, min=1, help="Number of clients."),
    rounds: int = typer.Option(3, min=1, help="Rounds, after one that does not count."),
    batch_size: int = typer.Option(128, min=1, help="Batch size of nlp.pipe, in documents."),
) -> None:
    """Measure, print a JSON line for each kind of requests, and append them to OUT."""
    torch.set_num_threads(1)
    nlp = spacy.load(pipeline)
    docs = DocBin().from_disk(corpus / "dev.spacy").get_docs(nlp.vocab)
    given = [doc.text for doc in islice(docs, sentences)]
    options = {
        "pipeline": f"training/{pipeline.parent.name}/{pipeline.name}",
        "corpus": f"corpus/{corpus.name}",
        "sentences": len(given),
        "clients": clients,
        "rounds": rounds,
        "batch_size": batch_size,
    }
    file = {} if out is None else {"out": f"benchmarks/results/{out.name}"}
    command = describe_command("benchmarks.serving", {**options, **file})
    with serving(pipeline) as port:
        for name, kind in KINDS.items():
            texts = join(given, kind.sentences)
            measured = measure(nlp, port, texts, kind.texts, clients, rounds, batch_size)
            result = {"command": command, "kind": name, **options, **measured}
            result.update(read_environment())
            print(srsly.json_dumps(round_floats(result)))
            if out is not None:
                append_line(out, result)


def join(sentences: Sequence[str], n: int) -> List[str]:
    return [" ".join(sentences[i : i + n]) for i in range(0, len(sentences), n)]


def measure(
    nlp: Any,
    port: int,
    texts: Sequence[str],
    per_request: int,
    n_clients: int,
    rounds: int,
    batch_size: int,
) -> Dict[str, Any]:
    expected = [spans_of(doc) for doc in nlp.pipe(texts, batch_size=batch_size)]
    n_words = sum(map(len, nlp.tokenizer.pipe(texts)))
    runs: Dict[str, List[Run]] = {"nlp.pipe": [], "serve": []}
    load = os.getloadavg()[0]
    for number in range(rounds + 1):
        some = {
            "nlp.pipe": run_pipe(nlp, texts, batch_size),
            "serve": run_clients(port, texts, n_clients, per_request, expected),
        }
        for name, run in some.items():
            if number:  # the first round warms up
                runs[name].append(run)
    medians = {
        name: Run(*(median(times) for times in zip(*some))) for name, some in runs.items()
    }
    pipe, served = medians["nlp.pipe"], medians["serve"]
    return {
        "texts": len(texts),
        "texts_per_request": per_request,
        "words": n_words,
        "words_per_second": {
            name: round(n_words / run.seconds) for name, run in medians.items()
        },
        "ratio": pipe.seconds / served.seconds,
        "ratio_of_cpu_time": pipe.cpu_seconds / served.cpu_seconds,
        "seconds": {name: [list(run) for run in some] for name, some in runs.items()},
        "load_before": load,
    }


def spans_of(doc: Any) -> Spans:
    return [(s.label_, s.start_char, s.end_char) for s in doc.spans["sc"]]


def run_pipe(nlp: Any, texts: Sequence[str], batch_size: int) -> Run:
    start, cpu = perf_counter(), process_time()
    for _ in nlp.pipe(texts, batch_size=batch_size):
        pass
    return Run(perf_counter() - start, process_time() - cpu)


def run_clients(
    port: int, texts: Sequence[str], n_clients: int, per_request: int, expected: List[Spans]
) -> Run:
    """Send all texts, and compare the answers with the spans expected."""
    cpu = read_cpu_seconds(port)
    # a process of its own: its threads must not take turns with ours
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        bodies = [
            json.dumps({"texts": texts[i : i + per_request]}).encode()
            for i in range(0, len(texts), per_request)
        ]
        seconds, answers = pool.apply(send_all, (port, bodies, n_clients))
    cpu = read_cpu_seconds(port) - cpu
    documents = [doc for answer in answers for doc in json.loads(answer)["documents"]]
    found = [[(s["label"], s["start"], s["end"]) for s in doc["spans"]] for doc in documents]
    assert found == expected, "an answer differs from that of nlp.pipe"
    return Run(seconds, cpu)


def send_all(port: int, bodies: Sequence[bytes], n_clients: int) -> Tuple[float, List[bytes]]:
    """RETURNS: Seconds from the first request to the last answer, and the answers in order."""
    waiting = iter(enumerate(bodies))
    answers: Dict[int, bytes] = {}

    def send(_: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for number, body in waiting:
            headers = {"Content-Type": "application/json"}
            connection.request("POST", "/annotate", body, headers)
            answer = connection.getresponse()
            answers[number] = answer.read()
            assert answer.status == 200, answers[number]
        connection.close()

    start = perf_counter()
    with ThreadPoolExecutor(n_clients) as pool:
        list(pool.map(send, range(n_clients)))
    return perf_counter() - start, [answers[i] for i in range(len(bodies))]


def read_cpu_seconds(port: int) -> float:
    """CPU time of the server since its start."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    (value,) = re.findall(r"^process_cpu_seconds_total (\S+)$", text, flags=re.M)
    return float(value)


@contextmanager
def serving(pipeline: Path) -> Iterator[int]:
    """The port of a server in a process of its own, with one thread for PyTorch and BLAS."""
    command = [sys.executable, "-m", "spacy_nested_ner", "serve", str(pipeline), "--port", "0"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    try:
        (port,) = re.findall(r":(\d+)/", process.stdout.readline())
        yield int(port)
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    typer.run(main)
