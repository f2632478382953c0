"""A run that was stopped anywhere goes on, and every record is in the output once."""

import json
import shutil
from collections import Counter, deque
from pathlib import Path

import pytest

from spacy_nested_ner import annotate
from spacy_nested_ner.annotation.annotator import Annotator
from spacy_nested_ner.annotation.engines import WorkerDied
from spacy_nested_ner.annotation.input_files import find_input
from spacy_nested_ner.annotation.ledger import Ledger, open_ledger
from spacy_nested_ner.annotation.read import read_records
from spacy_nested_ner.annotation.run import run
from spacy_nested_ner.annotation.settings import Settings
from spacy_nested_ner.annotation.verify import verify
from spacy_nested_ner.files.storage import Folder
from spacy_nested_ner.user_error import UserError
from tests.annotation.helpers import (
    TEXTS,
    make_rows,
    make_rules,
    read_errors,
    read_shards,
    write_jsonl,
)

NLP = make_rules()
SETTINGS = Settings("sc", shard_size=600)
RUN = {"pipeline": "rules", "version": "1", "settings": SETTINGS.to_dict(), "input": []}


class Stopped(Exception):
    """Stands for a kill: nothing runs after it."""


@pytest.fixture
def file(tmp_path):
    return write_jsonl(tmp_path / "in.jsonl", make_rows())


def stop_write(monkeypatch, n):
    """Stop the n-th write of a run, counted from 0."""
    write, left = Folder.write, [n]

    def stop(self, name, data):
        if not left[0]:
            raise Stopped
        left[0] -= 1
        write(self, name, data)

    monkeypatch.setattr(Folder, "write", stop)


def test_a_run_that_stops_before_any_write_goes_on(tmp_path, file, monkeypatch):
    out = tmp_path / "out"
    annotate(NLP, file, tmp_path / "expected", shard_size=600)
    n_stops = 0
    while n_stops < 100:
        with monkeypatch.context() as patch:
            # a run writes run.json, then a shard and its manifest: stop at each of them
            stop_write(patch, 1 + n_stops % 4)
            try:
                annotate(NLP, file, out, shard_size=600, resume=True)
                break
            except Stopped:
                n_stops += 1
    assert n_stops > 6
    assert read_shards(out) == read_shards(tmp_path / "expected")
    assert verify(str(out)) == verify(str(tmp_path / "expected"))


def test_a_run_without_a_shard_may_begin_anew(tmp_path, file, monkeypatch):
    with monkeypatch.context() as patch:
        stop_write(patch, 1)
        with pytest.raises(Stopped):
            annotate(NLP, file, tmp_path / "out", shard_size=600)
    annotate(NLP, file, tmp_path / "out", shard_size=900)
    assert verify(str(tmp_path / "out"))["n_records"] == len(TEXTS)


def test_no_shards_are_said_to_be_written_if_there_are_none(tmp_path):
    (tmp_path / "empty.jsonl").touch()
    *_, said = annotate(NLP, tmp_path / "empty.jsonl", tmp_path / "out").blocks()
    assert not (tmp_path / "out" / "shards").exists()
    assert "/shards" not in str(said)


def test_without_resume_an_output_stays_as_it_is(tmp_path, file):
    out = tmp_path / "out"
    annotate(NLP, file, out)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(UserError, match="--resume"):
        annotate(NLP, file, out)
    assert before == {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(UserError, match="is not empty"):
        annotate(NLP, file, tmp_path, resume=True)


@pytest.mark.parametrize("change", ["pipeline", "shard_size", "input", "other input"])
def test_resume_does_not_mix_runs(tmp_path, file, change):
    out = tmp_path / "out"
    annotate(NLP, file, out, shard_size=600)
    (out / "manifests" / "000000000000.json").unlink()
    nlp, options, rows = NLP, {"shard_size": 600}, make_rows()
    if change == "pipeline":
        nlp = make_rules()
        nlp.get_pipe("span_ruler").add_patterns([{"label": "cell", "pattern": "BRX"}])
    if change == "shard_size":
        options = {"shard_size": 700}
    if change == "input":
        rows[-1]["text"] += " ZED"
    if change == "other input":  # of the same size
        rows[-1]["text"] = rows[-1]["text"][::-1]
    write_jsonl(file, rows)
    with pytest.raises(UserError):
        annotate(nlp, file, out, resume=True, **options)


def test_two_runs_do_not_write_to_one_output(tmp_path, file, monkeypatch):
    commit, out = Ledger.commit, tmp_path / "out"
    calls = []

    def overtake(self, shard, result):
        if not calls:
            calls.append(shard)
            annotate(NLP, file, out, shard_size=600, resume=True)
        commit(self, shard, result)

    monkeypatch.setattr(Ledger, "commit", overtake)
    with pytest.raises(UserError, match="Another run"):
        annotate(NLP, file, out, shard_size=600)
    assert verify(str(out))["n_records"] == len(TEXTS)


@pytest.mark.parametrize("place", ["shards", "manifests"])
def test_a_file_that_was_cut_off_is_written_again(tmp_path, file, place):
    out = tmp_path / "out"
    annotate(NLP, file, out, shard_size=600)
    cut = sorted((out / place).iterdir())[1]
    data = cut.read_bytes()
    cut.write_bytes(data[:-5])
    (out / "shards" / "999999999999.jsonl").write_bytes(b"of a run that was killed")
    (out / "shards" / ".writing-x").mkdir()
    with pytest.raises((UserError, json.JSONDecodeError)):
        verify(str(out))
    annotate(NLP, file, out, shard_size=600, resume=True)
    assert [row["id"] for row in read_shards(out)] == [row["id"] for row in make_rows()]
    assert verify(str(out))["n_records"] == len(TEXTS)
    assert not (out / "shards" / ".writing-x").exists()


@pytest.mark.parametrize("damage", ["change", "remove", "add", "copy manifest"])
def test_verify_finds_damage(tmp_path, file, damage):
    out = tmp_path / "out"
    annotate(NLP, file, out, shard_size=600)
    shard = sorted((out / "shards").iterdir())[1]
    data = shard.read_bytes()
    if damage == "change":
        shard.write_bytes(data.replace(b"ZED", b"DEZ"))
    if damage == "remove":
        shard.unlink()
    if damage == "add":
        shard.with_name("1.jsonl").write_bytes(data)
    if damage == "copy manifest":
        name = out / "manifests" / f"{shard.stem}.json"
        shutil.copy(name, name.with_name("000000000999.json"))
    with pytest.raises(UserError):
        verify(str(out))


class Fragile:
    """An engine whose workers die with a text that has a fatal word, and by chance."""

    def __init__(self, fatal="fusion", chance=()):
        self.annotator = Annotator(NLP, SETTINGS)
        self.fatal = fatal
        self.chance = deque(chance)
        self.shards = deque()
        self.n_deaths = 0

    def has_room(self):
        return len(self.shards) < 2

    def is_idle(self):
        return not self.shards

    def submit(self, shard):
        self.shards.append(shard)

    def wait(self):
        self.shards.rotate(1)
        shard = self.shards.popleft()
        unlucky = bool(self.chance) and self.chance.popleft()
        if unlucky or any(self.fatal in (record.text or "") for record in shard.records):
            self.n_deaths += 1
            return shard, WorkerDied("It died.")
        return shard, self.annotator.annotate(shard)


def run_fragile(file: Path, out: Path, engine: Fragile):
    ledger = open_ledger(Folder(str(out)), RUN, suffix=".jsonl", resume=True)
    run(read_records(find_input(str(file)), SETTINGS), engine, ledger, shard_size=600)


def test_a_record_that_kills_workers_is_an_error_and_the_others_are_not(tmp_path, file):
    engine = Fragile()
    run_fragile(file, tmp_path / "out", engine)
    fatal = {number for number, text in enumerate(TEXTS) if "fusion" in text}
    assert len(fatal) == 4
    assert read_errors(tmp_path / "out") == dict.fromkeys(fatal, "worker")
    found = Counter(row["id"] for row in read_shards(tmp_path / "out"))
    assert found == {f"r{n}": 1 for n in range(len(TEXTS)) if n not in fatal}
    assert verify(str(tmp_path / "out"))["n_errors"] == 4
    # a record is an error only after two workers had it alone
    assert engine.n_deaths > 3 * len(fatal)


def test_a_worker_that_dies_by_chance_costs_nothing(tmp_path, file):
    run_fragile(file, tmp_path / "out", Fragile("no such word", chance=[1, 0, 1, 1, 0, 1]))
    assert [row["id"] for row in read_shards(tmp_path / "out")] == [
        row["id"] for row in make_rows()
    ]
    assert verify(str(tmp_path / "out"))["n_errors"] == 0
