"""Files of texts: formats that are read, and formats that are refused."""

import gzip

import pytest

from spacy_nested_ner.corpus.sources import open_file
from spacy_nested_ner.corpus.texts import read_texts
from spacy_nested_ner.user_error import UserError


@pytest.mark.parametrize("name", ["a.txt", "A.TXT", "a", "a.text", "a.log", "a.md", "v1.2"])
def test_a_file_of_an_unknown_ending_has_a_text_in_each_line(tmp_path, name):
    (tmp_path / name).write_text("The pump leaks.\n\nThe seal is worn.\n")
    texts = [text.text for text in read_texts(open_file(tmp_path / name))]
    assert texts == ["The pump leaks.", "The seal is worn."]


def test_a_file_of_json_lines_has_a_text_in_each_object(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "The pump leaks.", "id": 3}\n')
    (text,) = read_texts(open_file(tmp_path / "a.jsonl"))
    assert (text.text, text.id) == ("The pump leaks.", 3)


@pytest.mark.parametrize(
    "ending",
    [
        ".json",
        ".csv",
        ".TSV",
        ".parquet",
        ".arrow",
        ".conll",
        ".conllu",
        ".xml",
        ".xmi",
        ".ann",
    ],
)
def test_a_file_of_other_data_is_not_read_as_lines(tmp_path, ending):
    file = tmp_path / f"a{ending}"
    file.write_text('[{"text": "The pump leaks."}]\n')
    with pytest.raises(
        UserError, match=r"a\.\w+ ends in \.\w+, .*: give a \.txt file with one"
    ):
        read_texts(open_file(file))


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.txt.bz2", "a.zst", "a.xz", "a.zip", "a.tgz"])
def test_a_compressed_file_of_texts_must_be_decompressed(tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(UserError, match=f"{name} is compressed: decompress it first"):
        read_texts(open_file(tmp_path / name))
    (tmp_path / "a.txt").write_bytes(gzip.compress(b"The pump leaks."))
    with pytest.raises(UserError, match=r"a\.txt is compressed: decompress it first"):
        read_texts(open_file(tmp_path / "a.txt"))


@pytest.mark.parametrize("name", ["nix.txt", "nix.jsonl", "nix"])
def test_a_missing_file_of_texts_is_said_to_be_missing(tmp_path, name):
    with pytest.raises(UserError, match=f"There is no .*{name}: "):
        read_texts(open_file(tmp_path / name))
