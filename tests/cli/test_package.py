import sys
from zipfile import ZipFile

import pytest
import spacy

from spacy_nested_ner.cli import main
from tests.conftest import ROOT


@pytest.fixture
def pipeline(tmp_path):
    nlp = spacy.blank("da", meta={"name": "nested_x", "version": "1.2.3+full"})
    nlp.to_disk(tmp_path / "pipeline")
    return tmp_path / "pipeline"


@pytest.fixture
def run(monkeypatch, capfd):
    """Run `package` and return (exit code, stdout and stderr, of pip too)."""

    def run(*arguments: object):
        monkeypatch.setattr(sys, "argv", ["spacy-nested-ner", "package", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit:
            main()
        return exit.value.code, "".join(capfd.readouterr())

    return run


def test_the_wheel_is_named_by_language_and_version_and_required_by_them(
    pipeline, tmp_path, run
):
    out = tmp_path / "new" / "packages"
    code, printed = run(pipeline, out)
    assert code == 0
    assert 'spacy.load("da_nested_x")' in " ".join(printed.split())
    wheel = "da_nested_x-1.2.3+full-py3-none-any.whl"
    assert sorted(path.name for path in out.iterdir()) == [wheel, "requirements.txt"]
    assert "da_nested_x==1.2.3+full" in (out / "requirements.txt").read_text().splitlines()
    with ZipFile(out / wheel) as files:
        metadata = files.read("da_nested_x-1.2.3+full.dist-info/METADATA").decode()
    assert "Requires-Dist: spacy" in metadata


def test_pip_installs_it_from_another_folder(pipeline, tmp_path, run, monkeypatch):
    """Also after it was packaged in another version."""
    out = tmp_path / "packages"
    assert run(pipeline, out)[0] == 0
    nlp = spacy.load(pipeline)
    nlp.meta["version"] = "1.2.2"
    nlp.to_disk(pipeline)
    assert run(pipeline, out)[0] == 0
    assert len(list(out.glob("*.whl"))) == 2

    monkeypatch.chdir(ROOT)
    options = ["--no-deps", "--no-index", "--target", str(tmp_path / "site")]
    requirements = ["-r", str(out / "requirements.txt")]
    spacy.util.run_command([sys.executable, "-m", "pip", "install", *options, *requirements])
    (installed,) = tmp_path.glob("site/*.dist-info")
    assert installed.name == "da_nested_x-1.2.2.dist-info"


def test_a_folder_that_is_no_pipeline_leaves_no_package(tmp_path, run):
    (tmp_path / "empty").mkdir()
    code, printed = run(tmp_path / "empty", tmp_path / "packages")
    assert code == 1
    assert "meta.json" in printed
    assert not (tmp_path / "packages").exists()
