"""No package is installed over another pipeline of the same name without --force."""

import hashlib
from base64 import urlsafe_b64encode
from zipfile import ZipFile

import pytest

from spacy_nested_ner.training import install
from spacy_nested_ner.training.install import install_wheel
from spacy_nested_ner.training.package import name_and_version
from spacy_nested_ner.user_error import UserError

NAME, VERSION = "en_nested_pumps", "1.2.0"


def record(weights: bytes, *others: str, name: str = NAME) -> str:
    digest = urlsafe_b64encode(hashlib.sha256(weights).digest()).decode().rstrip("=")
    info = f"{NAME}-{VERSION}.dist-info"
    rows = [f"{name}/model,sha256={digest},{len(weights)}", f"{info}/RECORD,,", *others]
    return "\n".join(rows) + "\n"


def write_wheel(folder, weights: bytes, name: str = NAME):
    folder.mkdir(exist_ok=True)
    wheel = folder / f"{NAME}-{VERSION}-py3-none-any.whl"
    with ZipFile(wheel, "w") as files:
        files.writestr(f"{name}/model", weights)
        files.writestr(f"{name}-{VERSION}.dist-info/RECORD", record(weights, name=name))
    (folder / "requirements.txt").write_text(f"--find-links .\n{NAME}=={VERSION}\n")
    return wheel


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """As pip installs it: with files of its own, and with compiled ones without a hash."""
    info = tmp_path / "site" / f"{NAME}-{VERSION}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Name: {NAME}\nVersion: {VERSION}\n")
    others = f"{NAME}/__pycache__/a.pyc,,", f"{info.name}/INSTALLER,sha256=x,4"
    (info / "RECORD").write_text(record(b"good", *others))
    monkeypatch.syspath_prepend(tmp_path / "site")


@pytest.fixture
def calls(monkeypatch):
    """The commands of pip, which do not run."""
    calls = []
    monkeypatch.setattr(install, "run_command", calls.append)
    return calls


def test_a_new_name_is_installed(tmp_path, calls):
    wheel = write_wheel(tmp_path / "out", b"good")
    assert install_wheel(tmp_path / "out") == (wheel, True)
    assert calls[0][-1] == str(wheel)


def test_another_pipeline_of_the_same_name_is_replaced_only_by_force(
    tmp_path, installed, calls
):
    wheel = write_wheel(tmp_path / "out", b"after 20 updates")
    with pytest.raises(UserError, match=rf"^{NAME} {VERSION} .*--force.*--name"):
        install_wheel(tmp_path / "out")
    assert calls == []
    assert install_wheel(tmp_path / "out", force=True) == (wheel, True)
    assert len(calls) == 1


def test_the_same_package_is_not_installed_twice(tmp_path, installed, calls):
    wheel = write_wheel(tmp_path / "out", b"good")
    assert install_wheel(tmp_path / "out") == (wheel, False)
    assert calls == []


def test_the_name_is_that_of_the_folder_in_the_wheel(tmp_path, installed, calls):
    """setuptools writes the name of a wheel in small letters."""
    wheel = write_wheel(tmp_path / "out", b"good", name="en_Nested_Pumps")
    assert name_and_version(wheel) == ("en_Nested_Pumps", VERSION)
    with pytest.raises(UserError, match="differs"):
        install_wheel(tmp_path / "out")
    assert calls == []


def test_a_package_without_hashes_is_equal_to_none(tmp_path, installed, calls, monkeypatch):
    write_wheel(tmp_path / "out", b"good")
    for function in ("wheel_hashes", "installed_hashes"):
        monkeypatch.setattr(install, function, lambda *_: {})
    with pytest.raises(UserError, match="differs"):
        install_wheel(tmp_path / "out")


def test_a_damaged_wheel_is_one_sentence(tmp_path):
    wheel = write_wheel(tmp_path / "out", b"good")
    wheel.write_bytes(wheel.read_bytes()[:50])
    with pytest.raises(UserError, match=f"^{wheel} .*package"):
        install_wheel(tmp_path / "out")


def test_a_folder_without_a_package_is_refused(tmp_path):
    with pytest.raises(UserError, match=str(tmp_path)):
        install_wheel(tmp_path)
    write_wheel(tmp_path / "out", b"").unlink()
    with pytest.raises(UserError, match=str(tmp_path / "out")):
        install_wheel(tmp_path / "out")
