import json
import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
import spacy
import srsly
from spacy.tokens import Span
from spacy.training import Example

from spacy_nested_ner import install
from spacy_nested_ner.cli import main
from spacy_nested_ner.evaluation.results import FORMAT
from spacy_nested_ner.user_error import UserError
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


@pytest.mark.slow
def test_the_wheel_is_named_by_language_and_version_and_required_by_them(
    pipeline, tmp_path, run
):
    out = tmp_path / "new" / "packages"
    code, printed = run(pipeline, out)
    assert code == 0
    assert 'spacy.load("da_nested_x")' in " ".join(printed.split())
    wheel = "da_nested_x-1.2.3+full-py3-none-any.whl"
    assert sorted(path.name for path in out.iterdir()) == [
        "README.md",
        wheel,
        "requirements.txt",
    ]
    assert "da_nested_x==1.2.3+full" in (out / "requirements.txt").read_text().splitlines()
    with ZipFile(out / wheel) as files:
        metadata = files.read("da_nested_x-1.2.3+full.dist-info/METADATA").decode()
    assert "Requires-Dist: spacy" in metadata


@pytest.mark.slow
def test_the_wheel_of_a_pretrained_encoder_requires_what_it_needs(
    tmp_path, run, tiny_transformer
):
    from transformers import __version__

    nlp = spacy.blank("da", meta={"name": "nested_x", "version": "1.2.3"})
    model = {
        "@architectures": "spacy_nested_ner.HuggingFaceEncoder.v1",
        "name": tiny_transformer,
    }
    nlp.add_pipe("tok2vec", config={"model": model})
    nlp.initialize(lambda: [Example.from_dict(nlp.make_doc("a b"), {})])
    nlp.to_disk(tmp_path / "pipeline")
    assert run(tmp_path / "pipeline", tmp_path / "packages")[0] == 0
    with ZipFile(tmp_path / "packages" / "da_nested_x-1.2.3-py3-none-any.whl") as files:
        metadata = files.read("da_nested_x-1.2.3.dist-info/METADATA").decode()
    assert re.search(rf"^Requires-Dist: transformers.*>={__version__}", metadata, re.M)
    assert re.search("^Requires-Dist: spacy-nested-ner", metadata, re.M)


@pytest.mark.slow
def test_pip_installs_pipeline_and_library_from_the_folder_alone(tmp_path, run):
    """A fresh process loads both from where pip put them."""
    nlp = spacy.blank("da", meta={"name": "nested_x", "version": "1.2.3"})
    nlp.add_pipe("nested_spancat")
    doc = nlp.make_doc("a boat")
    doc.spans["sc"] = [Span(doc, 1, 2, label="boat")]
    nlp.initialize(lambda: [Example(nlp.make_doc("a boat"), doc)])
    nlp.to_disk(tmp_path / "pipeline")
    out = tmp_path / "packages"
    assert run(tmp_path / "pipeline", out)[0] == 0
    (library,) = out.glob("spacy_nested_ner-*.whl")
    (command,) = re.findall(r"^pip (install --find-links \. \S+)$", read_readme(out), re.M)
    # the command of the README; spaCy and torch are here already
    pip = (sys.executable, "-m", "pip", *command.split(), "--no-index", "--no-deps")
    site = tmp_path / "site"
    subprocess.run([*pip, "spacy-nested-ner", "--target", site], cwd=out, check=True)
    code = """if True:
        import sys
        sys.path.insert(0, "site")
        import spacy, spacy_nested_ner
        nlp = spacy.load("da_nested_x")
        print(nlp.get_pipe("nested_spancat").labels, spacy_nested_ner.__file__)"""
    fresh = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert fresh.stdout.split() == ["('boat',)", str(site / "spacy_nested_ner/__init__.py")]

    # packaged there again, the library comes from what pip installed
    again = (
        code
        + """
        from spacy_nested_ner import package
        package("pipeline", "again")"""
    )
    subprocess.run([sys.executable, "-c", again], cwd=tmp_path, check=True)
    assert {path.name for path in (tmp_path / "again").iterdir()} == {
        path.name for path in out.iterdir()
    }
    assert library.name in {path.name for path in (tmp_path / "again").iterdir()}


def read_readme(folder):
    return (folder / "README.md").read_text(encoding="utf8")


def test_a_readme_of_the_user_stays(pipeline, tmp_path, run):
    (tmp_path / "README.md").write_text("# mine")
    code, printed = run(pipeline, tmp_path)
    assert code == 1
    assert str(tmp_path / "README.md") in "".join(printed.split("\n"))
    assert read_readme(tmp_path) == "# mine"
    assert {path.name for path in tmp_path.iterdir()} == {"README.md", "pipeline"}


@pytest.mark.slow
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

    # what pip installed equals the wheel, byte by byte
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert not install(out).installed
    nlp.meta["description"] = "Another pipeline."
    nlp.to_disk(pipeline)
    assert run(pipeline, out)[0] == 0
    with pytest.raises(UserError, match=r"da_nested_x 1\.2\.2 .*--force"):
        install(out)
    monkeypatch.setenv("PIP_TARGET", str(tmp_path / "site"))
    monkeypatch.setenv("PIP_UPGRADE", "1")
    assert install(out, force=True).installed
    assert spacy.load("da_nested_x").meta["description"] == "Another pipeline."


@pytest.mark.slow
def test_name_version_and_words_of_the_package_are_options(pipeline, tmp_path, run):
    words = {"author": "A. O'Person", "license": "mit", "description": "Finds pumps."}
    options = [word for name, value in words.items() for word in (f"--{name}", value)]
    names = ("--name", "da_nested_pumps", "--version", "2.0.0")
    assert run(pipeline, tmp_path / "out", *names, *options)[0] == 0
    (wheel,) = (tmp_path / "out").glob("*.whl")
    assert wheel.name == "da_nested_pumps-2.0.0-py3-none-any.whl"
    with ZipFile(wheel) as files:
        folder = "da_nested_pumps/da_nested_pumps-2.0.0"
        meta = srsly.json_loads(files.read(f"{folder}/meta.json"))
        metadata = files.read("da_nested_pumps-2.0.0.dist-info/METADATA").decode()
    assert {name: meta[name] for name in words} == words
    assert "Author: A. O'Person" in metadata
    assert spacy.load(pipeline).meta["name"] == "nested_x"


def test_a_bad_name_leaves_no_package(pipeline, tmp_path, run):
    code, printed = run(pipeline, tmp_path / "out", "--name", "my pumps")
    assert code == 1
    assert "'my pumps'" in printed
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_pipeline_leaves_no_package(tmp_path, run):
    (tmp_path / "empty").mkdir()
    code, printed = run(tmp_path / "empty", tmp_path / "packages")
    assert code == 1
    assert "meta.json" in printed
    assert not (tmp_path / "packages").exists()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("lang", value) for value in ("/nested-evil", "../en", "en/x", "", None, 3)),
        *(("name", value) for value in ("a/../../b", "a b", "", None, "x" * 500)),
        *(("version", value) for value in ("../1", "1/0", "one", "", None, 1)),
    ],
)
def test_a_meta_whose_values_make_no_name_is_refused(pipeline, tmp_path, run, key, value):
    meta = json.loads((pipeline / "meta.json").read_text())
    (pipeline / "meta.json").write_text(json.dumps({**meta, key: value}))
    before = sorted(Path("/tmp").glob("nested-evil*"))
    code, printed = run(pipeline, tmp_path / "packages")
    assert code == 1
    assert f"The {key} " in printed
    assert not (tmp_path / "packages").exists()
    assert sorted(Path("/tmp").glob("nested-evil*")) == before


@pytest.mark.parametrize("content", ["{", "[]", "3"])
def test_a_damaged_meta_is_refused(pipeline, tmp_path, run, content):
    (pipeline / "meta.json").write_text(content)
    code, printed = run(pipeline, tmp_path / "packages")
    assert code == 1
    assert "Traceback" not in printed


def test_a_link_in_a_pipeline_is_not_followed(pipeline, tmp_path, run):
    (tmp_path / "secret").write_text("secret")
    (pipeline / "vocab" / "notes").symlink_to(tmp_path / "secret")
    code, printed = run(pipeline, tmp_path / "packages")
    assert code == 1
    assert "notes" in printed
    assert not (tmp_path / "packages").exists()


@pytest.mark.slow
def test_a_full_disk_leaves_the_old_package(pipeline, tmp_path, run, monkeypatch):
    out = tmp_path / "packages"
    assert run(pipeline, out)[0] in (0, None)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    write = Path.write_bytes

    def fill(path, data):
        if ".writing-" in str(path) and path.name.endswith(".whl"):
            write(path, data[:10])
            raise OSError(28, "No space left on device")
        return write(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", fill)
        code, printed = run(pipeline, out)
    assert code == 1
    assert "No space left" in printed
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def evaluation_of(folder, **others):
    nlp = spacy.load(folder)
    score = {"value": 0.5, "low": 0.25, "high": 0.75}
    scores = {"gold": 1234, "p": score, "r": score, "f": {**score, "value": 0.625}}
    return {
        "format": FORMAT,
        "pipeline": {key: nlp.meta[key] for key in ("lang", "name", "version")},
        "corpus": "elsewhere/corpus/x-full/test.spacy",
        "docs": 60,
        "intervals": {"level": 95},
        "scores": {
            "all": {"micro": scores, "boundary": scores},
            "structure": {"nested": scores},
            "label": {"gene": scores},
        },
        **others,
    }


@pytest.mark.slow
def test_the_readme_in_the_wheel_has_the_scores_of_an_evaluation(pipeline, tmp_path, run):
    nlp = spacy.load(pipeline)
    nlp.meta["notes"] = "### Limits"
    nlp.to_disk(pipeline)
    file = tmp_path / "evaluation.json"
    srsly.write_json(file, evaluation_of(pipeline))
    code, _ = run(pipeline, tmp_path / "out", "--evaluation", file)
    assert code == 0
    (wheel,) = (tmp_path / "out").glob("*.whl")
    with ZipFile(wheel) as files:
        text = files.read("da_nested_x/da_nested_x-1.2.3+full/README.md").decode()
        meta = srsly.json_loads(files.read("da_nested_x/meta.json"))
    assert "### Limits" in text
    assert "`x-full/test.spacy` (60 documents)" in text
    assert "| `gene` | 1,234 | 50.0 | 50.0 | 62.5 | 25.0 to 75.0 |" in text
    assert text.rstrip().endswith(meta["notes"])
    assert read_readme(tmp_path / "out") == text
    assert "elsewhere" not in text


def test_the_evaluation_of_another_pipeline_is_refused(pipeline, tmp_path, run):
    other = {"lang": "da", "name": "nested_x", "version": "1.2.2+full"}
    file = tmp_path / "evaluation.json"
    srsly.write_json(file, evaluation_of(pipeline, pipeline=other))
    code, printed = run(pipeline, tmp_path / "out", "--evaluation", file)
    assert code == 1
    message = " ".join(printed.split())
    assert re.search(r"da_nested_x 1\.2\.2\+full, .* da_nested_x 1\.2\.3\+full: ", message)
    assert not (tmp_path / "out").exists()
