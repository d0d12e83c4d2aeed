"""Digests follow contents, not names of variables or the order of keys."""

import os

from reidbench.tools.digests import file_digest, files_digest, json_digest


def test_json_is_digested_by_content_not_by_order():
    assert json_digest({"a": 1, "b": [1, 2]}) == json_digest({"b": [1, 2], "a": 1})
    assert json_digest({"a": 1}) != json_digest({"a": 2})


def test_a_file_that_changes_gets_another_digest_within_one_process(tmp_path):
    path = tmp_path / "f"
    path.write_text("one")
    before = file_digest(path)
    assert before == file_digest(path)
    status = path.stat()
    path.write_text("two")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))  # the same size and time
    assert file_digest(path) != before


def test_a_folder_is_digested_by_names_and_contents(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name / "sub").mkdir(parents=True)
        (tmp_path / name / "sub" / "f").write_text("x")
    assert files_digest(tmp_path / "a") == files_digest(tmp_path / "b")
    (tmp_path / "b" / "__pycache__").mkdir()
    (tmp_path / "b" / "__pycache__" / "c.pyc").write_text("left out")
    assert files_digest(tmp_path / "a") == files_digest(tmp_path / "b")
    (tmp_path / "b" / "sub" / "f").rename(tmp_path / "b" / "sub" / "g")
    assert files_digest(tmp_path / "a") != files_digest(tmp_path / "b")
