"""The size of an installation counts each file once."""

from benchmarks.size import folder_size


def test_a_folder_has_the_size_of_its_files(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a").write_bytes(b"123")
    (tmp_path / "sub" / "b").write_bytes(b"4567")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert folder_size(tmp_path) == 7
