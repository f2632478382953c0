import bz2
import gzip
import io
import lzma
import os
import random
import re
import tarfile
from pathlib import Path
from typing import List, Union

import pytest

from spacy_nested_ner.corpus import sources
from spacy_nested_ner.corpus.sources import (
    SourceFile,
    find_files,
    open_file,
    part_of,
    read_json,
    read_lines,
    read_text,
)
from spacy_nested_ner.files import limits
from spacy_nested_ner.user_error import UserError
from tests.corpus.source_files import write_archive, write_folder

KINDS = (".zip", ".tar", ".tgz", ".tar.gz")
FILES = {
    "train/b.txt": b"two",
    "a.txt": b"one\r\n",
    "train/deep/C.TXT": b"three",
    "train/b.ann": b"",
    "notes.md": b"#",
    ".hidden.txt": b"",
    "__MACOSX/._a.txt": b"",
    ".git/x.txt": b"",
}


def write(folder: Path, data: Union[bytes, str], name: str = "given.txt") -> SourceFile:
    file = folder / name
    file.write_bytes(data.encode("utf8") if isinstance(data, str) else data)
    (found,) = find_files(file, [".txt"])
    return found


def paths(source: Path, *suffixes: str) -> List[str]:
    return [file.path_in_source for file in find_files(source, suffixes or (".txt",))]


def test_a_folder_is_searched_to_its_depth_without_hidden_files(tmp_path):
    folder = write_folder(tmp_path / "in", FILES)
    assert paths(folder) == ["a.txt", "train/b.txt", "train/deep/C.TXT"]
    assert paths(folder, ".ann", ".md") == ["notes.md", "train/b.ann"]
    assert find_files(folder, [".md"])[0].name == str(folder / "notes.md")


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_gives_the_files_of_its_folder(tmp_path, kind):
    archive = write_archive(tmp_path / f"data{kind}", FILES)
    found = find_files(archive, [".txt"])
    assert [file.path_in_source for file in found] == [
        "a.txt",
        "train/b.txt",
        "train/deep/C.TXT",
    ]
    # in any order and more than once
    assert [read_text(file) for file in [*reversed(found), found[2]]] == [
        "three",
        "two",
        "one\r\n",
        "three",
    ]
    assert found[0].name == f"{archive}:a.txt"
    assert os.listdir(tmp_path) == [archive.name]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("packed", ["./in/a.txt", "in\\a.txt"])
def test_names_in_an_archive_are_brought_to_one_form(tmp_path, kind, packed):
    assert paths(write_archive(tmp_path / f"x{kind}", {packed: b""})) == ["in/a.txt"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_in_an_archive_is_no_file(tmp_path, kind):
    archive = tmp_path / f"x{kind}"
    if kind == ".zip":
        write_archive(archive, {"a.txt/": b"", "a.txt/b.txt": b"b"})
    else:
        with tarfile.open(archive, "w" if kind == ".tar" else "w:gz") as package:
            for name, kind in (("a.txt", tarfile.DIRTYPE), ("a.txt/b.txt", tarfile.REGTYPE)):
                member = tarfile.TarInfo(name)
                member.type = kind
                package.addfile(member)
    assert paths(archive) == ["a.txt/b.txt"]


def test_a_folder_with_nothing_but_archives_stands_for_them(tmp_path):
    write_archive(tmp_path / "b.zip", {"x.txt": b"xb"})
    write_archive(tmp_path / "a.tgz", {"x.txt": b"xa", "y.txt": b"ya"})
    (tmp_path / "README.md").touch()
    assert paths(tmp_path) == ["a.tgz/x.txt", "a.tgz/y.txt", "b.zip/x.txt"]
    assert find_files(tmp_path, [".txt"])[2].name == f"{tmp_path / 'b.zip'}:x.txt"
    # unpacked beside its archive, the file would come twice
    (tmp_path / "x.txt").touch()
    assert paths(tmp_path) == ["x.txt"]


def test_a_given_file_is_taken_whatever_its_name(tmp_path):
    file = tmp_path / "corpus.dat"
    file.write_bytes(b"text")
    (found,) = find_files(file, [".txt"])
    assert (found.name, found.path_in_source) == (str(file), "corpus.dat")
    assert read_text(found) == "text"


def test_a_linked_folder_is_searched_once(tmp_path):
    write_folder(tmp_path / "elsewhere", {"a.txt": b""})
    write_folder(tmp_path / "in", {"b.txt": b""})
    (tmp_path / "in" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    assert paths(tmp_path / "in") == ["b.txt", "link/a.txt"]


def test_the_error_lists_the_files_when_nothing_fits(tmp_path):
    with pytest.raises(UserError, match="nowhere"):
        find_files(tmp_path / "nowhere", [".txt"])
    with pytest.raises(UserError, match=r"\.ann or \.a1 file: "):
        find_files(tmp_path, [".ann", ".a1"])
    write_folder(tmp_path, {f"{name}.json": b"" for name in "dcba"})
    with pytest.raises(UserError, match=r"\.txt .*a\.json, b\.json, c\.json, …: "):
        find_files(tmp_path, [".txt"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name", ["../x.txt", "/x.txt", "in/../../x.txt", "..\\x.md", "C:\\x.txt", "\\\\host\\x.txt"]
)
def test_an_archive_that_leads_outside_is_refused(tmp_path, kind, name):
    archive = write_archive(tmp_path / f"in{kind}", {"a.txt": b"", name: b""})
    with pytest.raises(UserError, match=re.escape(name)):
        find_files(archive, [".txt"])
    assert os.listdir(tmp_path) == [archive.name]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("keep", [0, 0.1, 0.5, 0.9])
def test_an_archive_cut_short_is_refused(tmp_path, kind, keep):
    files = {f"{i}.txt": random.Random(i).randbytes(1000 + i) for i in range(30)}
    archive = write_archive(tmp_path / f"cut{kind}", files)
    data = archive.read_bytes()
    archive.write_bytes(data[: int(keep * len(data))])
    with pytest.raises(UserError, match=rf"cut\{kind} ") as error:
        find_files(archive, [".txt"])
    assert "\n" not in str(error.value)


def test_a_tar_that_ends_between_two_members_is_refused(tmp_path):
    archive = write_archive(tmp_path / "cut.tar", {"a.txt": b"a", "b.txt": b"b"})
    archive.write_bytes(archive.read_bytes()[:1024])
    with pytest.raises(UserError, match=r"cut\.tar .*1,024"):
        find_files(archive, [".txt"])


@pytest.mark.parametrize("kind", KINDS)
def test_changed_bytes_in_an_archive_are_found(tmp_path, kind):
    text = b"".join(b"%d" % i for i in range(0, 10**7, 9973))[:3000]
    archive = write_archive(tmp_path / f"x{kind}", {"a.txt": text, "b.txt": b"b"})
    data = bytearray(archive.read_bytes())
    if kind == ".tar":  # it has checksums of its headers alone
        data[512 + 3072 + 5] ^= 1
    else:
        data[1500] ^= 1
    archive.write_bytes(data)
    with pytest.raises(UserError, match=rf"x\{kind}[: ]"):
        [read_text(file) for file in find_files(archive, [".txt"])]


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_no_archive_is_refused(tmp_path, kind):
    file = tmp_path / f"x{kind}"
    file.write_bytes(b"ABC-1 binds XYZ.\n" * 100)
    with pytest.raises(UserError, match=rf"x\{kind} "):
        find_files(file, [".txt"])


def test_a_member_that_comes_twice_is_refused(tmp_path):
    archive = tmp_path / "twice.tar"
    with tarfile.open(archive, "w") as package:
        package.addfile(tarfile.TarInfo("a.txt"))
        package.addfile(tarfile.TarInfo("./a.txt"))
    with pytest.raises(UserError, match=r"twice\.tar .*'a\.txt'"):
        find_files(archive, [".txt"])


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_a_link_in_an_archive_is_not_followed(tmp_path, kind):
    archive = tmp_path / "link.tar"
    with tarfile.open(archive, "w") as package:
        member = tarfile.TarInfo("a.txt")
        member.type, member.linkname = kind, "/etc/hostname"
        package.addfile(member)
    with pytest.raises(UserError, match=r"link 'a\.txt'"):
        find_files(archive, [".txt"])


def test_an_encrypted_archive_is_refused(tmp_path):
    archive = write_archive(tmp_path / "x.zip", {"a.txt": b"a"})
    data = bytearray(archive.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(data)
    with pytest.raises(UserError, match=r"x\.zip "):
        find_files(archive, [".txt"])


def test_a_compressed_archive_cannot_fill_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "MIB", 1)
    within = {"a.txt": b"a" * 50, "b.txt": b"b" * 50, "c.bin": b"c" * 50}
    with limits.max_size(100):
        assert len(find_files(write_archive(tmp_path / "x.tar", within), [".txt"])) == 2
        archive = write_archive(tmp_path / "y.tar", {**within, "d.txt": b"d"})
        with pytest.raises(UserError, match=" 100 MiB"):
            find_files(archive, [".txt"])


def test_lines_are_numbered_and_end_at_line_feeds_alone(tmp_path):
    file = write(tmp_path, "one\r\n\r\n\tf\u00fcnf\u2028\x0b\rsix \nlast")
    assert list(read_lines(file)) == [
        (1, "one"),
        (2, ""),
        (3, "\tf\u00fcnf\u2028\x0b\rsix "),
        (4, "last"),
    ]


@pytest.mark.parametrize("text", ["one\ntwo\n", "one\r\ntwo\r\n", "one\ntwo"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_neither_mark_nor_line_ends_change_the_lines(tmp_path, text, mark):
    file = write(tmp_path, mark + text)
    assert list(read_lines(file)) == [(1, "one"), (2, "two")]
    assert read_text(file) == text


def test_a_mark_within_the_text_is_text(tmp_path):
    file = write(tmp_path, "\ufeff\ufeffa\n\ufeffb")
    assert list(read_lines(file)) == [(1, "\ufeffa"), (2, "\ufeffb")]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a\nb\nM\xfcnchen\n", "given.txt, line 3: byte 0xfc"),
        (b"\xef\xbb\xbfa\r\n\xe2\x82", "given.txt, line 2: byte 0xe2"),
        (b"a\n\xed\xa0\x80", "given.txt, line 2: byte 0xed"),
        ("Wort\n".encode("utf-16"), "given.txt is UTF-16"),
        (gzip.compress(b"a\nb\n", mtime=0), r"given.txt is compressed: decompress it first\.$"),
        (bz2.compress(b"a"), "given.txt is compressed"),
        (lzma.compress(b"a"), "given.txt is compressed"),
        (b"\x28\xb5\x2f\xfd\x04\x00\x09", "given.txt is compressed"),
    ],
)
def test_another_encoding_is_refused_with_its_line(tmp_path, data, message):
    file = write(tmp_path, data)
    with pytest.raises(UserError, match=message):
        list(read_lines(file))
    with pytest.raises(UserError, match=message):
        read_text(file)


def test_a_text_may_begin_like_the_magic_of_bzip2(tmp_path):
    assert read_text(write(tmp_path, "BZh9 is a name")) == "BZh9 is a name"


def test_a_missing_file_a_folder_and_a_closed_file_are_not_called_damaged(
    tmp_path, monkeypatch
):
    with pytest.raises(UserError, match=r"^There is no .*nix\.txt: give a file that exists\.$"):
        open_file(tmp_path / "nix.txt").open()
    with pytest.raises(UserError, match=r"is a folder: give a file\.$"):
        open_file(tmp_path).open()

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(sources, "open_regular", refuse)
    with pytest.raises(UserError, match="cannot be read: give it read permission"):
        open_file(tmp_path / "closed.txt").open()


@pytest.mark.parametrize("character", ["a", "語", "🦠"])
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_line_may_have_the_longest_length_and_no_character_more(
    tmp_path, monkeypatch, character, end
):
    monkeypatch.setattr(sources, "MAX_LINE", 20)
    longest = character * 20
    file = write(tmp_path, f"\ufeff{longest}\n{longest}{end}")
    assert list(read_lines(file)) == [(1, longest), (2, longest)]
    file = write(tmp_path, f"ab\n{longest}x{end}")
    with pytest.raises(UserError, match=r"given\.txt, line 2.* 20 characters"):
        list(read_lines(file))


def test_an_endless_line_is_not_read_to_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MAX_LINE", 1000)
    given = io.BytesIO(b"a" * 10_000_000)
    file = SourceFile("endless", "endless", lambda: given)
    lines = read_lines(file)
    position = []
    monkeypatch.setattr(given, "close", lambda: position.append(given.tell()), raising=False)
    with pytest.raises(UserError, match=r"line 1.* 1,000 characters"):
        next(lines)
    assert position[0] <= sources.CHUNK


def test_a_file_that_does_not_fit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MAX_FILE", 5)
    assert read_text(write(tmp_path, "12345")) == "12345"
    monkeypatch.setattr(limits, "MIB", 1)
    with limits.max_size(5), pytest.raises(UserError, match=" 5 MiB"):
        read_text(write(tmp_path, "123456"))


def test_json_is_read_as_it_is(tmp_path):
    file = write(tmp_path, '\ufeff[{"a": 1,\r\n"b": ["\\ud83e\\udda0", null]}]')
    assert read_json(file) == [{"a": 1, "b": ["🦠", None]}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"a": 1},\n {"a": ', r"given.txt, line 2, column \d+"),
        ("", "line 1, column 1"),
        ("[1]\n[2]", r"line 2, column 1: .*Extra data"),
        ("[1, NaN]", "line 1.*NaN"),
        ('[{"a": 1, "b": 2, "a": 1}]', '"a" twice'),
        ('["\\uD83E"]', "line 1.*surrogate pair"),
        ("[" * 100_000, "recursion"),
    ],
)
def test_bad_json_is_refused_with_its_place(tmp_path, text, message):
    with pytest.raises(UserError, match=message) as error:
        read_json(write(tmp_path, text))
    assert "given.txt" in str(error.value)


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("CMeEE-V2_train.json", "train"),
        ("germ.dev.iob2", "dev"),
        ("da_news_TEST.tsv", "test"),
        ("x/valid.jsonl", "dev"),
        ("validation/x.jsonl", "dev"),
        ("original/devel/PMID-1.txt", "dev"),
        ("train/dev/x.txt", "dev"),
        ("test/inner/x.txt", "test"),
        ("train/test.txt", "test"),
        ("train2.txt", "train"),
        ("trainer.txt", None),
        ("latest.txt", None),
        ("train_dev.txt", None),
        ("test/train_dev.txt", None),
        ("x.txt", None),
    ],
)
def test_the_part_is_a_word_of_the_name(path, part):
    assert part_of(SourceFile(f"test/{path}", path, io.BytesIO)) == part


def test_a_folder_that_cannot_be_read_is_not_passed_over(tmp_path, monkeypatch):
    write_folder(tmp_path, {"a.txt": b"", "closed/b.txt": b""})
    scandir = os.scandir

    def refuse(path):
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(UserError, match=r"closed .*Permission denied"):
        find_files(tmp_path, [".txt"])
