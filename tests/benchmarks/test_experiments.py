"""Cells run once, leave a line each, and depend on their settings alone."""

import json
import os
import re
import shutil
import subprocess
import sys
from copy import deepcopy
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
import spacy
import srsly
from spacy.tokens import DocBin
from spacy.training.initialize import init_nlp
from spacy.util import load_config, registry
from typer.testing import CliRunner

from benchmarks.cell_engines import run_in_processes, run_on_ray
from benchmarks.counts import count_spans
from benchmarks.experiments import (
    Cell,
    app,
    build_config,
    digest,
    find_missing,
    predict,
    read_cells,
    read_lines,
    run_cell,
    run_cells,
)
from spacy_nested_ner.corpus.conversion.convert import convert
from spacy_nested_ner.training.model_card import hash_file
from spacy_nested_ner.user_error import UserError
from tests.benchmarks.conftest import ARMS
from tests.conftest import ROOT
from tests.waiting import wait_until


def without_time(line):
    changing = ("seconds", "words_per_second", "predicted_words_per_second", "peak_mb")
    return {name: value for name, value in line.items() if name not in changing}


def test_a_file_is_read_as_cells_those_of_the_first_seed_first(plan):
    names = [cell.name for cell in read_cells(plan)]
    assert names == ["all/emc/0", "all/half/0", "all/stock/0", "all/emc/1", "small/emc/0"]


def test_an_arm_that_is_not_there_is_refused(plan):
    content = srsly.read_yaml(plan)
    content["experiments"]["all"]["arms"]["other"] = 1
    srsly.write_yaml(plan, content)
    with pytest.raises(UserError, match=r"'all' .* arm 'other'"):
        read_cells(plan)


def test_a_cell_keeps_the_digest_that_it_had_with_the_old_name_of_its_loss(plan, corpus):
    cell = next(cell for cell in read_cells(plan) if cell.arm == "half")
    assert "spacy_nested_ner.EMC.v1" in str(cell.settings)
    old = json.loads(json.dumps(cell.settings).replace("spacy_nested_ner.EMC.v1", "EMC.v1"))
    line = {"experiment": "all", "arm": "half", "seed": 0}
    line["settings_sha256"] = digest(cell._replace(settings=old), corpus.parent)
    assert find_missing([cell], [line], corpus.parent) == []
    other = json.loads(json.dumps(cell.settings).replace("EMC.v1", "BinaryCrossEntropy.v1"))
    assert digest(cell._replace(settings=other), corpus.parent) != line["settings_sha256"]


@pytest.mark.parametrize(
    "place",
    [
        "components.nested_spancat.lost",
        "components.nested_spancat.model.lost",
        "components.spancat.threshold",
        "training.lost",
    ],
)
def test_a_setting_that_the_config_does_not_have_is_refused(place, plan, corpus):
    cell = read_cells(plan)[0]._replace(settings={place: 1})
    with pytest.raises(UserError, match=place):
        build_config(cell, corpus.parent)


@pytest.mark.parametrize("name", ["losses", "recipe", "small", "updates", "comparison"])
def test_every_setting_of_every_arm_is_in_its_config(name, corpus, tmp_path):
    cells = read_cells(ROOT / "benchmarks" / f"{name}.yml")
    for cell in {(cell.experiment, cell.arm): cell for cell in cells}.values():
        folder = tmp_path / cell.plan["corpus"]
        if not folder.exists():
            folder.symlink_to(corpus)
        config = build_config(cell, tmp_path)
        assert config["training"]["max_steps"] == cell.plan["updates"]


def test_the_digest_leaves_the_plan_as_it_is(plan, corpus):
    """Cells share its sections, so a change would reach the digests of others."""
    config = load_config(ROOT / "configs" / "tok2vec.cfg", interpolate=True)
    tok2vec = config["components"]["nested_spancat"]["model"]["tok2vec"]
    settings = {
        "config": "configs/tok2vec.cfg",
        "components.nested_spancat.model.tok2vec": dict(tok2vec),
    }
    cell = read_cells(plan)[0]._replace(settings=deepcopy(settings))
    digest(cell, corpus.parent)
    assert cell.settings == settings


def test_the_digest_passes_over_threads_and_the_logger_of_the_curve(plan, corpus):
    cell = read_cells(plan)[0]
    shipped = cell._replace(settings={"config": "configs/tok2vec.cfg"})
    former = {
        "initialize.before_init": None,
        "training.logger": {"@loggers": "spacy.ConsoleLogger.v1", "progress_bar": True},
    }
    with_former = shipped._replace(settings={**shipped.settings, **former})
    assert digest(shipped, corpus.parent) == digest(with_former, corpus.parent)
    other = shipped._replace(settings={**shipped.settings, "training.dropout": 0.3})
    assert digest(shipped, corpus.parent) != digest(other, corpus.parent)


def test_the_digest_passes_over_the_bytes_of_the_corpus_files(plan, corpus, tmp_path):
    copied = shutil.copytree(corpus, tmp_path / "copied" / corpus.name)
    docs = DocBin().from_disk(copied / "train.spacy").get_docs(spacy.blank("en").vocab)
    DocBin(docs=docs, attrs=["LEMMA", "ORTH", "SPACY"]).to_disk(copied / "train.spacy")
    assert hash_file(copied / "train.spacy") != hash_file(corpus / "train.spacy")
    cell = read_cells(plan)[0]
    assert digest(cell, copied.parent) == digest(cell, corpus.parent)


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("plan", "corpus"),
    [
        ("losses", "maintie-full"),
        ("losses", "maintie-top"),
        ("recipe", "maintie-full"),
        ("recipe", "maintie-top"),
        pytest.param("losses", "genia-full", marks=pytest.mark.slow),
        pytest.param("recipe", "genia-full", marks=pytest.mark.slow),
        pytest.param("small", "genia-full", marks=pytest.mark.slow),
    ],
)
def test_an_experiment_continues_from_its_result_lines(plan, corpus, datasets, tmp_path):
    name, _, part = corpus.partition("-")
    format = "maintie_top" if part == "top" else None
    convert(name, datasets / name, tmp_path / corpus, format=format)
    cells = [
        cell
        for cell in read_cells(ROOT / "benchmarks" / f"{plan}.yml")
        if cell.plan["corpus"] == corpus
    ]
    lines = read_lines(ROOT / "benchmarks" / "results" / f"{plan}.jsonl")
    assert len(find_missing(cells, lines, tmp_path)) < len(cells)


def test_spancat_over_a_transformer_differs_from_ours_in_the_component_alone():
    folder = ROOT / "benchmarks" / "configs"
    ours = load_config(folder / "transformer.cfg", interpolate=True)
    stock = load_config(folder / "spancat-transformer.cfg", interpolate=True)
    pipes = ours["components"].pop("nested_spancat"), stock["components"].pop("spancat")
    for same in ("learn_rate_scale", "spans_key", "threshold", "scorer"):
        assert pipes[0][same] == pipes[1][same]
    assert pipes[0]["model"]["tok2vec"] == pipes[1]["model"]["tok2vec"]
    assert ours["nlp"].pop("pipeline") != stock["nlp"].pop("pipeline")
    assert ours == stock


@pytest.mark.slow
def test_an_option_that_the_config_leaves_at_its_default_can_be_set(plan, corpus):
    cell = read_cells(plan)[0]
    assert "documents" not in build_config(cell, corpus.parent)["corpora"]["dev"]
    half = cell._replace(settings={"corpora.dev.documents": 0.5})
    assert run_cell(half, corpus.parent)["curve"] != run_cell(cell, corpus.parent)["curve"]


def test_an_arm_replaces_a_whole_section(plan, corpus):
    half = next(cell for cell in read_cells(plan) if cell.arm == "half")
    loss = build_config(half, corpus.parent)["components"]["nested_spancat"]["loss"]
    assert loss == ARMS["half"]["components.nested_spancat.loss"]


@pytest.mark.slow
def test_scores_do_not_depend_on_what_the_process_ran_before(plan, corpus):
    first, _, stock, second, _ = read_cells(plan)
    fresh = run_cell(first, corpus.parent)
    run_cell(stock, corpus.parent)
    assert without_time(run_cell(first, corpus.parent)) == without_time(fresh)
    assert run_cell(second, corpus.parent)["curve"] != fresh["curve"]


@pytest.mark.slow
def test_every_cell_runs_once_and_only_the_missing_ones_again(plan, corpus, tmp_path):
    out = tmp_path / "lines.jsonl"
    command = [
        "--plan",
        str(plan),
        "--out",
        str(out),
        "--corpora",
        str(corpus.parent),
        "--workers",
        "2",
    ]
    assert CliRunner().invoke(app, [*command, "--seed", "1"]).exit_code == 0
    assert CliRunner().invoke(app, command).exit_code == 0
    before = out.read_text()
    again = CliRunner().invoke(app, command)
    first_line = re.sub(r"\x1b\[[\d;]*m", "", again.output.splitlines()[0])  # without colours
    assert re.findall(r"\d+", first_line) == ["5", "5"]
    assert out.read_text() == before
    lines = [json.loads(line) for line in before.splitlines()]
    names = {(line["experiment"], line["arm"], line["seed"]) for line in lines}
    assert len(lines) == len(names) == 5
    assert lines[0]["command"] == (
        "python -m benchmarks.experiments --plan benchmarks/plan.yml "
        "--out benchmarks/results/lines.jsonl --experiment all --arm emc --seed 1 --gpu -1"
    )
    assert str(Path.home()) not in before
    assert str(tmp_path) not in before
    alone = next(
        cell for cell in read_cells(plan) if cell.name == lines[0]["experiment"] + "/emc/1"
    )
    fresh = run_cell(alone, corpus.parent)
    assert {k: lines[0][k] for k in ("dev", "test")} == {k: fresh[k] for k in ("dev", "test")}


def test_a_kept_pipeline_predicts_what_its_line_counts(plan, corpus, tmp_path):
    cell = read_cells(plan)[0]
    line = run_cell(cell, corpus.parent, keep=tmp_path)
    nlp = spacy.load(tmp_path / cell.name)
    assert count_spans(predict(nlp, corpus / "test.spacy").docs) == line["test"]


def test_an_arm_begins_with_the_weights_that_it_names(plan, corpus, tmp_path):
    cell = read_cells(plan)[0]
    named = cell._replace(settings={**cell.settings, "weights": "mine"})
    with pytest.raises(UserError, match=r"mine\.bin"):
        run_cell(named, corpus.parent, weights=tmp_path)
    config = build_config(cell, corpus.parent)
    config["training"]["seed"] = 1
    encoder = init_nlp(config).get_pipe("nested_spancat").model.get_ref("tok2vec")
    (tmp_path / "mine.bin").write_bytes(encoder.to_bytes())
    line = run_cell(named, corpus.parent, weights=tmp_path)
    assert line["weights_sha256"] == hash_file(tmp_path / "mine.bin")
    fresh = run_cell(cell, corpus.parent)
    assert line["curve"] != fresh["curve"]
    assert line["settings_sha256"] != fresh["settings_sha256"]


def test_an_arm_goes_on_from_the_pipeline_that_it_names(plan, corpus, tmp_path):
    cell = read_cells(plan)[0]
    before = run_cell(cell, corpus.parent, keep=tmp_path)
    settings = {
        "config": cell.settings.get("config", "benchmarks/configs/tok2vec.cfg"),
        "components.nested_spancat": {"source": str(tmp_path / cell.name)},
        "initialize.after_init": {"@callbacks": "spacy_nested_ner.grow_pipes.v1"},
        "training.optimizer.learn_rate": 0.0,
    }
    after = run_cell(cell._replace(settings=settings), corpus.parent)
    assert after["test"]["total"][1] > 0
    assert after["test"] == before["test"]


@pytest.mark.slow
def test_every_cell_has_a_process_of_its_own(plan, corpus, monkeypatch):
    started = []
    start = BaseProcess.start

    def count(process):
        started.append(process.name)
        start(process)

    monkeypatch.setattr(BaseProcess, "start", count)
    cells = read_cells(plan)[:2]
    assert len(list(run_cells(cells, corpus.parent))) == 2
    assert len(started) >= 2


@pytest.mark.slow
def test_a_cell_scores_on_ray_as_in_a_process_of_this_machine(plan, corpus, monkeypatch):
    pytest.importorskip("ray", reason="needs the extra ray")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    cells = read_cells(plan)[:2]
    here, there = (
        {each["arm"]: without_time(each) for each in run_cells(cells, corpus.parent, engine=e)}
        for e in ("processes", "ray")
    )
    assert len(here) == 2
    assert here == there


@pytest.mark.slow
@pytest.mark.parametrize("run", [run_in_processes, run_on_ray])
def test_a_process_that_dies_is_named_and_takes_no_other_along(run, monkeypatch):
    if run is run_on_ray:
        pytest.importorskip("ray", reason="needs the extra ray")
        monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    calls = {"dead": partial(os._exit, 1), "alive": partial(int, 3)}
    results = run(calls, 1)
    assert next(results) == 3
    with pytest.raises(UserError, match=r"\bdead\b"):
        next(results)


@pytest.mark.slow
def test_an_error_that_cannot_be_pickled_is_shown():
    wrong = {"loss": {"@losses": "spacy_nested_ner.EMC.v1", "unknown": 1}}
    with pytest.raises(RuntimeError, match="unknown"):
        next(run_in_processes({"cell": partial(registry.resolve, wrong)}, 1))


ENDLESS = """
import os, pathlib, time

def work():
    pathlib.Path("pid").write_text(str(os.getpid()))
    time.sleep(100)

if __name__ == "__main__":
    from benchmarks.cell_engines import run_in_processes
    list(run_in_processes({"cell": work}, 1))
"""


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds processes in /proc")
@pytest.mark.slow
def test_a_cell_ends_with_the_command_that_is_killed(tmp_path):
    (tmp_path / "endless.py").write_text(ENDLESS)
    pid = tmp_path / "pid"
    path = os.pathsep.join([str(ROOT), str(tmp_path)])
    command = subprocess.Popen(
        [sys.executable, "endless.py"], cwd=tmp_path, env={**os.environ, "PYTHONPATH": path}
    )
    wait_until(lambda: pid.exists() and pid.read_text(), 60)
    command.kill()
    command.wait()
    wait_until(lambda: not is_running(int(pid.read_text())), 60)


def is_running(pid):
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


@pytest.fixture
def transformer_cell(corpus, tiny_transformer):
    """Of a tiny encoder that stands in for one on the hub."""
    plan = {
        "corpus": corpus.name,
        "updates": 2,
        "encoder": f"organisation/{Path(tiny_transformer).name}",
        "settings": {"training.batcher.size": 4, "system.gpu_allocator": None},
    }
    return Cell("e", "emc", 0, plan, {"config": "configs/transformer.cfg"})


def test_encoders_come_from_a_folder_that_the_line_does_not_name(
    transformer_cell, corpus, tiny_transformer
):
    folder = Path(tiny_transformer).parent
    line = run_cell(transformer_cell, corpus.parent, folder)
    assert str(folder) not in json.dumps(line)
    assert find_missing([transformer_cell], [line], corpus.parent) == []
    other = {**transformer_cell.plan, "encoder": "organisation/other"}
    with pytest.raises(UserError, match=r"\b1 .* e/emc/0"):
        find_missing([transformer_cell._replace(plan=other)], [line], corpus.parent)


def test_an_arm_may_have_an_encoder_of_its_own(transformer_cell, corpus, tiny_transformer):
    name = transformer_cell.plan["encoder"]
    own = transformer_cell._replace(
        plan={**transformer_cell.plan, "encoder": "organisation/other"},
        settings={**transformer_cell.settings, "encoder": name},
    )
    config = build_config(own, corpus.parent, Path(tiny_transformer).parent)
    assert config["paths"]["encoder"] == tiny_transformer
    assert digest(own, corpus.parent) == digest(transformer_cell, corpus.parent)


def test_lines_made_with_other_settings_are_not_taken_for_done(plan, corpus):
    cells = read_cells(plan)[:1]
    line = run_cell(cells[0], corpus.parent)
    assert find_missing(cells, [line], corpus.parent) == []
    changed = [cells[0]._replace(plan={**cells[0].plan, "updates": 7})]
    with pytest.raises(UserError, match=r"\b1 .* all/emc/0"):
        find_missing(changed, [line], corpus.parent)


def test_an_address_without_ray_is_refused(plan, tmp_path):
    command = ["--plan", str(plan), "--out", str(tmp_path / "x.jsonl"), "--address", "auto"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 2
    assert "--engine" in result.output


def test_a_name_that_is_in_no_cell_is_refused(plan, tmp_path):
    command = ["--plan", str(plan), "--out", str(tmp_path / "x.jsonl"), "--arm", "emcc"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 2
    assert "--arm" in result.stderr
