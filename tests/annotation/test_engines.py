"""Every engine gives the same output, also if its workers are killed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.faults import (
    POISON,
    PROCESSES,
    Trial,
    find_children,
    kill_driver,
    kill_workers,
    make_scenarios,
    run_scenarios,
    start_cluster,
)
from spacy_nested_ner import annotate
from spacy_nested_ner.annotation.annotator import Work
from spacy_nested_ner.annotation.engines.processes import ProcessEngine
from spacy_nested_ner.annotation.settings import Settings
from spacy_nested_ner.annotation.verify import verify
from spacy_nested_ner.user_error import UserError
from tests.annotation.helpers import make_rows, make_rules, read_shards, write_jsonl

linux = pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds processes in /proc")


@pytest.mark.parametrize(
    "engine",
    [
        pytest.param("processes", marks=pytest.mark.slow),
        pytest.param("ray", marks=pytest.mark.slow),
    ],
)
def test_engines_agree(tmp_path, tiny, engine, monkeypatch):
    if engine == "ray":
        pytest.importorskip("ray", reason="needs the extra ray")
        monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    file = write_jsonl(tmp_path / "in.jsonl", make_rows())
    options = {"shard_size": 600, "batch_tokens": 30}
    annotate(tiny, file, tmp_path / "local", **options)
    annotate(tiny, file, tmp_path / "other", engine=engine, workers=2, **options)
    local, other = read_shards(tmp_path / "local"), read_shards(tmp_path / "other")
    assert sum(len(row["spans"]) for row in local) > 20
    for a, b in zip(local, other, strict=True):
        scores = [[span.pop("score") for span in row["spans"]] for row in (a, b)]
        assert scores[0] == pytest.approx(scores[1], abs=1e-5)
        assert a == b
    assert verify(str(tmp_path / "local")) == verify(str(tmp_path / "other"))


@linux
@pytest.mark.slow
def test_killed_workers_and_runs_lose_no_record(tmp_path):
    trial = Trial(tmp_path, 600, {}, seed=0)
    process = trial.start(*PROCESSES)
    assert trial.kill(process)
    assert kill_workers(trial, 2, find_children, *PROCESSES) == 2
    assert trial.check()["n_errors"] == 0


@linux
@pytest.mark.slow
def test_no_worker_is_left_when_the_run_ends(tmp_path, tiny):
    tiny.to_disk(tmp_path / "pipeline")
    settings = Settings("sc")
    with ProcessEngine(Work(str(tmp_path / "pipeline"), settings), 2) as engine:
        for worker in engine.workers:
            worker.start.result()
        workers = [each for worker in engine.workers for each in worker.pool._processes]
    assert len(workers) == 2
    assert not [each for each in workers if Path(f"/proc/{each}").exists()]


@linux
@pytest.mark.slow
def test_a_killed_local_run_loses_no_record(tmp_path):
    trial = Trial(tmp_path, 600, {}, seed=1)
    assert kill_driver(trial, 2) == 2
    assert trial.check()["n_errors"] == 0


@linux
@pytest.mark.slow
@pytest.mark.parametrize("name", ["full disk", "processes, poisoned"])
def test_a_scenario_loses_no_record(name):
    scenarios = make_scenarios(lambda: None, 1)
    ((_, line),) = run_scenarios({name: scenarios[name]}, 600, 0)
    assert line["n_records"] + line["n_errors"] == line["records_in"] == 600
    assert line["n_errors"] == (len(POISON) if "poisoned" in name else 0)


@linux
@pytest.mark.slow
def test_a_ray_cluster_that_loses_nodes_loses_no_record():
    pytest.importorskip("ray", reason="needs the extra ray")
    cluster = start_cluster()
    try:
        scenarios = make_scenarios(lambda: cluster, 1)
        name = "ray, nodes killed"
        ((_, line),) = run_scenarios({name: scenarios[name]}, 600, 0)
    finally:
        cluster.shutdown()
    assert (line["faults"], line["n_records"]) == (1, 600)


@pytest.mark.slow
def test_a_pipeline_that_kills_its_worker_at_the_start_is_no_fault_of_a_record(tmp_path):
    """As a script without `if __name__ == "__main__"` does."""
    make_rules().to_disk(tmp_path / "pipeline")
    write_jsonl(tmp_path / "in.jsonl", make_rows())
    script = tmp_path / "script.py"
    script.write_text(
        "from spacy_nested_ner import annotate\n"
        "annotate('pipeline', 'in.jsonl', 'out', engine='processes', workers=1)\n"
    )
    result = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, env=os.environ
    )
    assert "__main__" in result.stderr.splitlines()[-1]
    assert not (tmp_path / "out" / "errors").exists()


@pytest.mark.parametrize(
    "options",
    [
        {"engine": "threads"},
        {"workers": 2},
        {"engine": "processes", "workers": 0},
        {"gpus_per_worker": 2.0},
        {"memory_per_worker": 1.0},
        {"address": "auto"},
        {"format": "xml"},
        {"shard_size": 0},
        {"id_column": "text"},
    ],
)
def test_options_that_mean_nothing_are_refused(tmp_path, options):
    file = write_jsonl(tmp_path / "in.jsonl", make_rows())
    with pytest.raises(UserError):
        annotate(make_rules(), file, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()
