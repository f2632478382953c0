"""The cluster files of docs/scale.md are what Ray, SLURM and Kubernetes take."""

import os
import shlex
import subprocess

import pytest
import srsly
from typer.main import get_command

from benchmarks.scale_report import LINES, PAGE, fill_page
from spacy_nested_ner.cli import app
from tests.conftest import ROOT
from tests.docs.test_pages import check_arguments

FOLDER = ROOT / "docs" / "scale"


def test_the_tables_are_those_of_the_result_lines():
    page = PAGE.read_text(encoding="utf8")
    assert fill_page(page, list(srsly.read_jsonl(LINES))) == page
    assert page.count("<!-- table: ") == 6


def check_command(words) -> None:
    assert words[:4] == ["python", "-m", "spacy_nested_ner", "annotate"]
    check_arguments(get_command(app), words[3:])
    assert {"--resume", "--address"} <= {*words}
    assert words[words.index("--engine") + 1] == "ray"


def test_the_cluster_file_is_valid_for_ray():
    util = pytest.importorskip("ray.autoscaler._private.util", reason="needs the extra ray")
    config = srsly.read_yaml(FOLDER / "ray-cluster.yaml")
    filled = util.prepare_config(config)
    util.validate_config(filled)
    assert len(config["provider"]["worker_ips"]) == config["max_workers"]
    with pytest.raises(Exception, match="no_such"):
        util.validate_config({**filled, "no_such": 1})


@pytest.mark.parametrize("nodes", [1, 3])
def test_the_slurm_script_starts_a_cluster_and_a_run(tmp_path, nodes):
    """A dry run: commands that only write down their words stand for those of SLURM."""
    for name, body in {
        "srun": 'printf "%s\\n" "$*" >> "$LOG"',
        "scontrol": 'printf "node1\\nnode2\\nnode3\\n"',
    }.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{body}\n")
        (tmp_path / name).chmod(0o755)
    env = {
        **os.environ,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "LOG": str(tmp_path / "log"),
        "WAIT": "0.2",
        "SLURM_JOB_NODELIST": "node[1-3]",
        "SLURM_JOB_NUM_NODES": str(nodes),
        "SLURM_CPUS_PER_TASK": "16",
    }
    subprocess.run(["bash", FOLDER / "slurm.sh"], env=env, check=True)
    lines = (tmp_path / "log").read_text().splitlines()
    assert len(lines) == (2 if nodes == 1 else 3)
    assert "ray start --head --port=6379 --num-cpus=16" in lines[0]
    assert nodes == 1 or "--nodes=2" in lines[1]
    assert nodes == 1 or "ray start --address=node1:6379" in lines[1]
    words = shlex.split(lines[-1])
    check_command(words[words.index("python") :])
    assert words[words.index("--address") + 1] == "node1:6379"


def test_the_job_for_kubernetes_runs_the_command():
    job = srsly.read_yaml(FOLDER / "kuberay-job.yaml")
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    check_command(shlex.split(job["spec"]["entrypoint"]))
    cluster = job["spec"]["rayClusterSpec"]
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    assert len(groups) == 2
    for group in groups:
        (container,) = group["template"]["spec"]["containers"]
        assert container["image"]
        assert {*container["resources"]} == {"limits", "requests"}
    constraints = (ROOT / "constraints.txt").read_text()
    assert f"\nray=={cluster['rayVersion']}\n" in constraints
