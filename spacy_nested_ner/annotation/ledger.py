"""The ledger of a run: which records are in the output. All that makes it exactly once is here.

    OUT/run.json                     what the run is: pipeline, settings, input
    OUT/shards/000000000000.jsonl    records with their spans
    OUT/errors/000000000000.jsonl    records that could not be processed, if there are some
    OUT/manifests/000000000000.json  range of the input, counts, checksums

The number in a name is the position of the first record of the shard. Only a shard with a
complete manifest counts: `commit` writes the manifest last, and `open_ledger` removes files
without one. So a record is in the output once or, after a kill, not yet.

Only one process writes, the one that called `open_ledger` last: it puts a new token into
run.json, and `commit` refuses to write if the token is another one.
"""

import json
import uuid
from collections import Counter
from hashlib import sha256
from typing import Any, Dict, List, Mapping, Optional, Tuple

import srsly

from ..files.storage import Folder
from ..user_error import UserError
from .annotator import ShardResult
from .shards import Done, Shard

RUN = "run.json"
SHARDS, ERRORS, MANIFESTS = "shards", "errors", "manifests"
# what may differ between the runs that make one output
MAY_DIFFER = ("engine",)


class Ledger:
    """The output folder of a run.

    done: shards with a manifest when the run began, sorted and disjoint.
    totals: sums of the manifests: records, errors, tokens, seconds of workers, spans by label,
        errors by kind.
    """

    def __init__(self, folder: Folder, run: Dict[str, Any], suffix: str) -> None:
        self.folder = folder
        self.run = run
        self.suffix = suffix
        self.done: List[Done] = []
        self.totals = Totals()

    def commit(self, shard: Shard, result: ShardResult) -> None:
        """Write the files of a shard, then its manifest.

        RAISES (UserError): A file cannot be written; another run has taken over the folder.
        """
        if self.read_run(self.folder).get("token") != self.run["token"]:
            raise UserError(
                f"Another run writes to {self.folder.url} since it was started with --resume: "
                "let only one of them run."
            )
        assert result.n_records + len(result.errors) == len(shard.records)
        name = f"{shard.start:012}"
        lines = "".join(srsly.json_dumps(error.to_dict()) + "\n" for error in result.errors)
        manifest = {
            "start": shard.start,
            "end": shard.end,
            "input_sha256": shard.sha256,
            "shard": self._write(f"{SHARDS}/{name}{self.suffix}", result.data),
            "errors": self._write(f"{ERRORS}/{name}.jsonl", lines.encode("utf8") or None),
            "n_records": result.n_records,
            "n_errors": len(result.errors),
            "n_tokens": result.n_tokens,
            "n_spans": dict(sorted(result.n_spans.items())),
            "n_errors_by_kind": dict(Counter(error.kind for error in result.errors)),
            "seconds": result.seconds,
            "pipeline": self.run["pipeline"],
            "version": self.run["version"],
            "settings": self.run["settings"],
        }
        self.folder.write(f"{MANIFESTS}/{name}.json", _dump(manifest))
        self.totals.add(manifest)

    def finish(self, n_records: int) -> None:
        """Note that all records of the input are in the output.

        RAISES (UserError): The manifests do not hold each record once.
        """
        complete, broken = _sort_manifests(self.folder)
        check_ranges([read_range(manifest) for manifest in complete], n_records)
        assert not broken
        totals = Totals()
        for manifest in complete:
            totals.add(manifest)
        self.totals = totals
        finished = {"n_shards": len(complete), **totals.to_dict()}
        self.folder.write(RUN, _dump({**self.run, "finished": finished}))

    def _write(self, name: str, data: Optional[bytes]) -> Optional[Dict[str, Any]]:
        if data is None:
            return None
        self.folder.write(name, data)
        return {"file": name, "size": len(data), "sha256": sha256(data).hexdigest()}

    @staticmethod
    def read_run(folder: Folder) -> Dict[str, Any]:
        """RAISES (UserError): run.json cannot be read."""
        run: Dict[str, Any] = _parse(folder.read(RUN)) or {}
        return run


def open_ledger(folder: Folder, run: Mapping[str, Any], *, suffix: str, resume: bool) -> Ledger:
    """Begin a run, or go on with one.

    run: What the run is; of "engine" only the last one is kept.
    suffix: Ending of the files of shards.
    RAISES (UserError): The folder is not empty and `resume` is false; it has files that are not
        of a run; the run in it had another input, pipeline or other settings.
    """
    has_run = RUN in folder.sizes()
    has_shards = bool(folder.sizes(MANIFESTS))
    if has_run and has_shards and not resume:
        raise UserError(
            f"{folder.url} holds a run already: go on with it with --resume, or give another "
            "output folder."
        )
    if not has_run and not folder.is_empty():
        raise UserError(
            f"{folder.url} is not empty and holds no run: give another output folder."
        )
    now = {**json.loads(json.dumps(run)), "token": uuid.uuid4().hex}
    if has_run and has_shards:
        _check_same(Ledger.read_run(folder), now, folder.url)
    ledger = Ledger(folder, now, suffix)
    folder.write(RUN, _dump(now))
    if has_run:
        ledger.done = _clean(folder, ledger.totals)
    return ledger


class Totals:
    """Sums of manifests."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.seconds = 0.0
        self.n_spans: Counter[str] = Counter()
        self.n_errors_by_kind: Counter[str] = Counter()

    def add(self, manifest: Mapping[str, Any]) -> None:
        self.counts.update({k: manifest[k] for k in ("n_records", "n_errors", "n_tokens")})
        self.seconds += manifest["seconds"]
        self.n_spans.update(manifest["n_spans"])
        self.n_errors_by_kind.update(manifest["n_errors_by_kind"])

    def to_dict(self) -> Dict[str, Any]:
        return {
            **{name: self.counts[name] for name in ("n_records", "n_errors", "n_tokens")},
            "seconds": self.seconds,
            "n_spans": dict(sorted(self.n_spans.items())),
            "n_errors_by_kind": dict(sorted(self.n_errors_by_kind.items())),
        }


def check_ranges(ranges: List[Done], n_records: Optional[int] = None) -> None:
    """Check that ranges, sorted, do not overlap.

    n_records: number of records that they must hold; None if some may be missing.
    RAISES (UserError): A record comes twice or, with n_records, is missing.
    """
    end = 0
    for each in ranges:
        if each.start < end or (n_records is not None and each.start > end):
            what = "twice" if each.start < end else "not"
            position = min(each.start, end)
            raise UserError(
                f"The record {position:,} is {what} in the output: someone changed its files. "
                "Annotate into a new folder."
            )
        end = each.end
    if n_records is not None and end != n_records:
        raise UserError(
            f"The output holds {end:,} records, but the input has {n_records:,}: annotate "
            "into a new folder."
        )


def _clean(folder: Folder, totals: Totals) -> List[Done]:
    """Remove what does not count, and return what does."""
    complete, broken = _sort_manifests(folder)
    for name in broken:
        folder.remove(name)
    counted = {name for manifest in complete for name in _files(manifest)}
    for name in {*folder.sizes(SHARDS), *folder.sizes(ERRORS)} - counted:
        folder.remove(name)
    for sub in ("", SHARDS, ERRORS, MANIFESTS):
        folder.remove_unfinished(sub)
    for manifest in complete:
        totals.add(manifest)
    done = [read_range(manifest) for manifest in complete]
    check_ranges(done)
    return done


def _sort_manifests(folder: Folder) -> Tuple[List[Dict[str, Any]], List[str]]:
    """The manifests whose files are complete, by position, and the names of the others."""
    sizes = {**folder.sizes(SHARDS), **folder.sizes(ERRORS)}
    complete, broken = [], []
    for name in folder.sizes(MANIFESTS):
        manifest = _parse(folder.read(name))
        if manifest and all(sizes.get(file) == n for file, n in _files(manifest).items()):
            complete.append(manifest)
        else:
            broken.append(name)
    return complete, broken


def _files(manifest: Mapping[str, Any]) -> Dict[str, int]:
    """The files of a shard with their sizes in bytes."""
    files = (manifest[key] for key in ("shard", "errors") if manifest[key])
    return {file["file"]: file["size"] for file in files}


def read_range(manifest: Mapping[str, Any]) -> Done:
    return Done(manifest["start"], manifest["end"], manifest["input_sha256"])


def _check_same(before: Mapping[str, Any], now: Mapping[str, Any], url: str) -> None:
    for name, old, new in _differences(before, now):
        raise UserError(
            f"--resume would mix two runs in {url}: {name} was {old!r} and is {new!r} now. "
            "Give it the old value, or another output folder."
        )


def _differences(
    before: Mapping[str, Any], now: Mapping[str, Any], prefix: str = ""
) -> List[Tuple[str, Any, Any]]:
    found = []
    for key in sorted({*before, *now} - {*MAY_DIFFER, "token", "finished"}):
        old, new = before.get(key), now.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            found += _differences(old, new, f"{prefix}{key}.")
        elif old != new:
            found.append((f"{prefix}{key}", old, new))
    return found


def _dump(data: Mapping[str, Any]) -> bytes:
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode("utf8")


def _parse(data: bytes) -> Any:
    """The value of JSON, None if it is incomplete."""
    try:
        return json.loads(data)
    except ValueError:
        return None
