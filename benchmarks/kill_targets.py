"""The commands that `kills` kills: their inputs, and what may lie on the disk afterwards."""

import base64
import csv
import hashlib
import io
import json
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, Set
from zipfile import ZipFile

from spacy_nested_ner.files.manifest import MANIFEST, find_damage
from spacy_nested_ner.files.pipelines import load_pipeline
from spacy_nested_ner.user_error import UserError

from .damage_pipelines import predict
from .environment import ROOT
from .forked import Forked, command

SAMPLE = ROOT / "assets" / "genia" / "sample"
CONVERT = f"x convert genia {shlex.quote(str(SAMPLE))} --split stratified"
CONFIG = shlex.quote(str(ROOT / "configs" / "tok2vec.cfg"))
MODEL = "components.nested_spancat.model"
SETTINGS = {
    f"{MODEL}.head_size": 8,
    f"{MODEL}.tok2vec.encode.width": 16,
    f"{MODEL}.tok2vec.encode.depth": 1,
    f"{MODEL}.tok2vec.embed.width": 16,
    f"{MODEL}.tok2vec.embed.embed.width": 16,
    f"{MODEL}.tok2vec.embed.rows": 2000,
    "corpora.train.limit": 60,
    "corpora.dev.limit": 10,
    "training.max_steps": 16,
    "training.eval_frequency": 2,
    "training.optimizer.learn_rate.total_steps": 16,
}
LEFTOVER = ".writing-"


@dataclass(frozen=True)
class Target:
    """A command.

    line: Its words.
    reset: Bring the folder to the state before the command.
    check: RETURNS: What lies in the folder, in words.
        RAISES (AssertionError): Something there is neither old nor whole.
    begins: The moments are drawn from the time after this path exists.
    """

    line: str
    reset: Callable[[Path], None]
    check: Callable[[Path], str]
    begins: str = ""


def run(line: str, folder: Path) -> None:
    """RAISES (AssertionError): The command fails."""
    code = Forked(command(line), folder, folder / "log").wait()
    assert code == 0, (folder / "log").read_text(errors="replace")[-2000:]


def make_inputs(folder: Path) -> None:
    """Two corpora, a config, two pipelines and their packages."""
    run(f"{CONVERT} corpus --seed 0", folder)
    run(f"{CONVERT} new-corpus --seed 1", folder)
    settings = " ".join(f"--set {name}={value}" for name, value in SETTINGS.items())
    run(f"x configure {CONFIG} corpus config.cfg {settings}", folder)
    run("spacy train config.cfg --output made", folder)
    for name, pipeline in (("old-wheels", "model-best"), ("new-wheels", "model-last")):
        run(f"x package made/{pipeline} {name} --version 1.0.0", folder)


def make_targets(folder: Path) -> Dict[str, Target]:
    """The targets by name. Their inputs and old outputs are made in the folder."""
    make_inputs(folder)
    return {
        "train": Target(
            "spacy train config.cfg --output run", reset_train, check_train, "run/model-last"
        ),
        "convert": Target(f"{CONVERT} out --seed 1", reset_convert, check_convert),
        "calibrate": Target(
            "x calibrate made/model-best corpus/dev.spacy calibrated --output numbers.json",
            reset_calibrate,
            check_calibrate,
        ),
        "package": Target(
            "x package made/model-last wheels --version 1.0.0", reset_package, check_package
        ),
    }


def reset_train(folder: Path) -> None:
    shutil.rmtree(folder / "run", ignore_errors=True)


def check_train(folder: Path) -> str:
    found = {name: load(folder / "run" / name) for name in ("model-last", "model-best")}
    # spaCy copies model-last to model-best, and this copy may be cut off
    assert found["model-last"] in ("absent", "whole"), found
    if found["model-best"] != "whole":
        assert found["model-best"] == "absent" or found["model-last"] == "whole", found
    names_in(folder / "run", {"model-last", "model-best"})
    return ", ".join(f"{name} {state.partition(':')[0]}" for name, state in found.items())


def load(pipeline: Path) -> str:
    """Whether a pipeline is absent, whole, or refused with a reason."""
    if not pipeline.exists():
        return "absent"
    try:
        nlp = load_pipeline(pipeline)
    except UserError as error:
        return f"refused: {error}"
    assert find_damage(pipeline) == []
    assert (pipeline / "nested_spancat" / MANIFEST).is_file()
    assert len(predict(nlp)) > 0
    return "whole"


def reset_convert(folder: Path) -> None:
    shutil.rmtree(folder / "out", ignore_errors=True)
    shutil.copytree(folder / "corpus", folder / "out")


def check_convert(folder: Path) -> str:
    old, new, found = (read_files(folder / name) for name in ("corpus", "new-corpus", "out"))
    names_in(folder / "out", {*old, *new})
    if found in (old, new):
        return "old" if found == old else "new"
    # killed between two moves
    assert "report.json" not in found, "old and new files with a report"
    assert all(data in (old.get(name), new.get(name)) for name, data in found.items())
    return "no report"


def reset_calibrate(folder: Path) -> None:
    shutil.rmtree(folder / "calibrated", ignore_errors=True)
    (folder / "numbers.json").write_text("{}")


def check_calibrate(folder: Path) -> str:
    state = load(folder / "calibrated")
    numbers = json.loads((folder / "numbers.json").read_text(encoding="utf8"))
    assert state == "whole" or (state == "absent" and not numbers), state
    return "old" if state == "absent" else "new" if numbers else "new without --output"


def reset_package(folder: Path) -> None:
    shutil.rmtree(folder / "wheels", ignore_errors=True)
    shutil.copytree(folder / "old-wheels", folder / "wheels")


def check_package(folder: Path) -> str:
    old, new, now = (
        read_files(folder / name) for name in ("old-wheels", "new-wheels", "wheels")
    )
    names_in(folder / "wheels", set(old))
    # README.md comes last, and is missing for the time of the moves
    assert set(now) >= set(old) - {"README.md"}, sorted(now)
    for name, data in now.items():
        if name.endswith(".whl"):
            check_wheel(data)
        else:
            assert data in (old[name], new[name]), name
    return "old" if now == old else "new"


def check_wheel(data: bytes) -> None:
    """RAISES (AssertionError): A file of the wheel is missing or has another SHA-256."""
    with ZipFile(io.BytesIO(data)) as wheel:
        assert wheel.testzip() is None
        (record,) = (name for name in wheel.namelist() if name.endswith(".dist-info/RECORD"))
        rows = list(csv.reader(wheel.read(record).decode("utf8").splitlines()))
        assert {name for name, *_ in rows} == {
            name for name in wheel.namelist() if not name.endswith("/")
        }
        for name, sha256, _ in rows:
            digest = base64.urlsafe_b64encode(hashlib.sha256(wheel.read(name)).digest())
            assert not sha256 or sha256 == f"sha256={digest.rstrip(b'=').decode()}", name


def read_files(folder: Path) -> Dict[str, bytes]:
    """The content of the files of a folder, by name."""
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def names_in(folder: Path, names: Set[str]) -> None:
    """RAISES (AssertionError): There is another name in the folder than these, and those of
    temporary folders."""
    if folder.exists():
        found = {path.name for path in folder.iterdir()}
        others = {name for name in found - names if not name.startswith(LEFTOVER)}
        assert not others, others
