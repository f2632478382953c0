import hashlib
import subprocess

import pytest

from spacy_nested_ner.corpus.checksums import hash_source
from spacy_nested_ner.user_error import UserError
from tests.corpus.source_files import write_folder


def test_the_digest_of_a_file_is_its_checksum(tmp_path):
    file = tmp_path / "x.txt"
    file.write_bytes(b"text")
    assert hash_source(file, "brat") == {
        "name": "x.txt",
        "sha256": hashlib.sha256(b"text").hexdigest(),
    }
    with pytest.raises(UserError, match=r"y\.txt "):
        hash_source(tmp_path / "y.txt", "brat")


@pytest.mark.parametrize("format", ["brat", "of another package"])
def test_the_digest_of_a_folder_depends_on_names_and_contents(tmp_path, format):
    folder = write_folder(tmp_path / "in", {"b/x.txt": b"bx", "a.txt": b"a", ".x": b"left out"})
    printed = subprocess.run(
        ["sha256sum", "a.txt", "b/x.txt"], cwd=folder, capture_output=True, check=True
    ).stdout
    expected = {"name": "in", "sha256": hashlib.sha256(printed).hexdigest()}
    assert hash_source(folder, format) == expected
    (folder / "a.txt").rename(folder / "c.txt")
    assert hash_source(folder, format) != expected
