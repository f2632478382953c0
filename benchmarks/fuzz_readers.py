"""Damage files of every format, and convert them: a sentence or a whole account, never more.

A case is a sample of one format after one to four changes: changed, missing or repeated bytes,
swapped tokens, and other values in JSON, XML and msgpack. It may be converted, with an account
that adds up, or be refused with a `UserError` of one sentence. Anything else is a failure: its
files are written to --out, in a folder with the name of its number, from which the case is made
again with --first NUMBER --n 1.
"""

import json
import re
import sys
import tempfile
import traceback
import warnings
import zlib
from collections import Counter
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any, Callable, Dict, List, Tuple
from unittest import mock

import srsly

from spacy_nested_ner.corpus.conversion import convert as converter
from spacy_nested_ner.corpus.tokenizers import blank_pipeline
from spacy_nested_ner.files.limits import max_size
from spacy_nested_ner.user_error import UNPRINTABLE, UserError

from .entry_points import cached_entry_points
from .fuzz_samples import make_samples

SLOW = 20.0  # seconds; a case that takes longer is a failure
PUNCTUATION = "spacy_nested_ner.PunctuationTokenizer.v1"
LONGEST = 100_000  # characters of a message
VALUES: List[Any] = [
    *(None, True, "", 0, -1, 10**30, 1.5, 1e308, [], {}, [[]], [None], {"a": []}, "\0", "😀"),
    *("<b>", "${x}", "a" * 5000, "\u202e", "0", "-1", " ", "\n", 2**31, -(2**63)),
]
CUT_LIST = re.compile(r"\n- … and \d+ more$")
TOKENS = re.compile(rb"\w+|[^\w\s]|\s+")
ODD_BYTES = [
    *(
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\r",
        b"\n",
        b"\t",
        b'"',
        b"<",
        b"&",
        b"\x1b",
        b"[",
        b"{",
    )
]
XML = [
    *(
        b"&x;",
        b"<!--",
        b"]]>",
        b"<![CDATA[",
        b"<!DOCTYPE a [<!ENTITY x 'y'>]>",
        b"&#0;",
        b"</a>",
    )
]


def fuzz_readers(n: int, seed: int, *, first: int = 0, out: Path) -> Tuple[Counter, int]:
    """Convert n cases.

    RETURNS: How often each outcome came, "converted", "refused" or the name of an error, and
        the number of failures.
    """
    samples = make_samples()
    outcomes: Counter = Counter()
    failures = 0
    # making the blank pipeline takes most of the time of a case
    nlp = blank_pipeline("en", {"@tokenizers": PUNCTUATION})
    with (
        cached_entry_points(),
        mock.patch.object(converter, "blank_pipeline", return_value=nlp),
    ):
        for number in range(first, first + n):
            format, files = make_case(samples, number, seed)
            begin = perf_counter()
            outcome, trace = run_case(format, files, number)
            if not trace and perf_counter() - begin > SLOW:
                outcome, trace = "slow", f"{perf_counter() - begin:.1f} seconds"
            outcomes[outcome] += 1
            if trace:
                failures += 1
                write_case(out / str(number), format, files, trace)
                print(f"case {number}, {format}: {outcome}", file=sys.stderr)
    return outcomes, failures


def make_case(
    samples: Dict[str, Dict[str, bytes]], number: int, seed: int
) -> Tuple[str, Dict[str, bytes]]:
    """The format and the damaged files of a case; the same for the same numbers."""
    random = Random(f"{seed} {number}")
    names = sorted(samples)
    name = names[number % len(names)]
    files = dict(samples[name])
    for _ in range(random.randint(1, 4)):
        file = random.choice(sorted(files))
        files[file] = damage(files[file], random)
    return name.split()[0], files


def run_case(format: str, files: Dict[str, bytes], number: int) -> Tuple[str, str]:
    """The outcome of a case, and what is wrong with it, "" for nothing."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        source = Path(folder, "in")
        source.mkdir()
        for name, data in files.items():
            (source / name).write_bytes(data)
        if len(files) == 1:
            (source,) = source.iterdir()
        on_error = "skip" if number % 2 else "stop"
        try:
            with max_size(16):
                report = converter.convert(
                    *("custom", source, Path(folder, "out")),
                    format=format,
                    language="en",
                    on_error=on_error,
                    annotators="first",
                    max_misaligned=1.0,
                )
        except UserError as error:
            return "refused", check_message(str(error))
        except Exception as error:  # the finding of the case
            return type(error).__name__, traceback.format_exc()
        return "converted", check_account(report)


def check_message(message: str) -> str:
    """What is wrong with a message, "" for nothing."""
    if UNPRINTABLE.search(message) or len(message) > LONGEST:
        return f"the message is not printable or too long: {message[:500]!r}"
    # a long list of faults is cut: "… and 32 more"
    is_whole = message.rstrip().endswith((".", "…")) or CUT_LIST.search(message)
    return "" if is_whole else f"no sentence: {message[:500]!r}"


def check_account(report: Dict[str, Any]) -> str:
    """What is wrong with the account of a conversion, "" for nothing."""
    records, mentions = report["records"], report["mentions"]
    parts = report["parts"].values()
    sums = {
        "records": records["read"] == records["skipped"] + records["written"],
        "mentions": mentions["read"]
        == sum(mentions[key] for key in ("skipped", "dropped", "merged", "written")),
        "written": mentions["written"] == sum(part["written"] for part in parts),
    }
    wrong = [name for name, is_right in sums.items() if not is_right]
    return f"the account does not add up: {wrong}" if wrong else ""


def write_case(folder: Path, format: str, files: Dict[str, bytes], trace: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / "failure.txt").write_text(f"{format}\n{trace}", encoding="utf8")


def damage(data: bytes, random: Random) -> bytes:
    """One change."""
    changes: List[Callable[[bytes, Random], bytes]] = [
        *(change_bytes, cut, repeat, insert, swap_tokens),
        *(change_json, change_json, change_xml, change_msgpack),
    ]
    for _ in range(5):
        changed = random.choice(changes)(data, random)
        if changed != data:
            return changed
    return data


def change_bytes(data: bytes, random: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 8))):
        if changed:
            changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def cut(data: bytes, random: Random) -> bytes:
    start, end = sorted(random.randrange(len(data) + 1) for _ in range(2))
    return random.choice((data[:start], data[:start] + data[end:]))


def repeat(data: bytes, random: Random) -> bytes:
    start, end = sorted(random.randrange(len(data) + 1) for _ in range(2))
    return data[:end] + data[start:end] * random.choice((1, 1, 3)) + data[end:]


def insert(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + random.choice(ODD_BYTES) * random.choice((1, 1, 100)) + data[at:]


def swap_tokens(data: bytes, random: Random) -> bytes:
    tokens = TOKENS.findall(data)
    if len(tokens) > 1:
        i, j = (random.randrange(len(tokens)) for _ in range(2))
        tokens[i], tokens[j] = tokens[j], tokens[i]
    return b"".join(tokens)


def change_json(data: bytes, random: Random) -> bytes:
    """Change a value of a JSON file, or of a line."""
    try:
        lines = data.decode("utf8").splitlines()
        at = random.randrange(len(lines))
        value = change_value(json.loads(lines[at]), random)
    except (ValueError, IndexError):
        return data
    lines[at] = json.dumps(value, ensure_ascii=random.random() < 0.5)
    return "\n".join(lines).encode("utf8", "replace") + b"\n"


def change_xml(data: bytes, random: Random) -> bytes:
    tags = [match.span() for match in re.finditer(rb"<[^<>]*>", data)]
    if not tags:
        return data
    start, end = random.choice(tags)
    other = data[slice(*random.choice(tags))]
    new = random.choice([b"", other, data[start:end] * 2, random.choice(XML)])
    return data[:start] + new + data[end:]


def change_msgpack(data: bytes, random: Random) -> bytes:
    """Change a value of a DocBin, or its bytes below the compression."""
    try:
        raw = zlib.decompress(data)
    except zlib.error:
        return data
    if random.random() < 0.5:
        return zlib.compress(change_bytes(raw, random))
    try:
        value = change_value(srsly.msgpack_loads(raw), random)
        return zlib.compress(srsly.msgpack_dumps(value))
    except Exception:  # the changed value has no msgpack
        return data


def change_value(value: Any, random: Random) -> Any:
    """Change one value inside of lists and objects."""
    if isinstance(value, list) and value and random.random() < 0.85:
        changed: Any = list(value)
        i = random.randrange(len(changed))
        changed[i] = change_value(changed[i], random)
        return changed
    if isinstance(value, dict) and value and random.random() < 0.85:
        changed = dict(value)
        key = random.choice(list(changed))
        if random.random() < 0.2:
            changed[random.choice(["id", "text", "x", ""])] = changed.pop(key)
        else:
            changed[key] = change_value(changed[key], random)
        return changed
    if isinstance(value, bytes) and value and random.random() < 0.8:
        return change_bytes(value, random)
    if type(value) is int and random.random() < 0.5:
        return value + random.choice((-1, 1, 5, 1000))
    return random.choice(VALUES)
