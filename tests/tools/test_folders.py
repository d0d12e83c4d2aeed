"""Walking a folder: what is there, and what must not be followed or counted."""

from reidbench.tools.files import whole_file
from reidbench.tools.folders import walk


def test_files_links_and_what_is_being_written(tmp_path):
    root = tmp_path / "root"
    (root / "b").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    for file in (root / "b" / "2.JPG", root / "a.txt", tmp_path / "elsewhere" / "1.png"):
        file.touch()
    (root / "linked").symlink_to(tmp_path / "elsewhere")
    (root / "circle").symlink_to(root)
    (root / "up").symlink_to(tmp_path)
    (root / "gone").symlink_to(tmp_path / "nothing")
    (root / "itself").symlink_to("itself")
    with whole_file(root / "c.png"):
        tree = walk(root)
    assert tree.files == ["a.txt", "b/2.JPG", "linked/1.png"]
    assert tree.pictures == ["b/2.JPG", "linked/1.png"]
    assert sorted(tree.loops) == ["circle -> the root", f"up -> {tmp_path}"]
    assert sorted(tree.broken) == ["gone", "itself"] and not tree.closed


def test_a_missing_root_is_named(tmp_path):
    root = tmp_path / "no" / "such" / "folder"
    tree = walk(root)
    assert tree.closed == [str(root)] and not tree.files
