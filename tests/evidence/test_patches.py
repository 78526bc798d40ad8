"""Diffs as values."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from chronicles.evidence.patches import FilePatch, Hunk, parse_patches

if TYPE_CHECKING:
    from pathlib import Path

WHO = {
    **dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "Ada"),
    **dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "ada@example.org"),
    **dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), "2025-01-01T00:00:00+00:00"),
    **dict.fromkeys(("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"), os.devnull),
}


def git(folder: Path, *arguments: str) -> bytes:
    """Run git with a fixed identity."""
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], env={**os.environ, **WHO}, capture_output=True, check=True
    )
    return done.stdout


def commit(folder: Path) -> None:
    """Commit all there is."""
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "x")


def changed(folder: Path, *options: str) -> dict[str, FilePatch]:
    """Read the diff of the last commit."""
    found = parse_patches(git(folder, *options, "diff", "-U0", "-M", "HEAD~1", "HEAD"))
    return {patch.path: patch for patch in found.files}


def test_all_kinds_of_change_are_read(tmp_path: Path) -> None:
    """Edits, creations, deletions, renames, modes, binaries and odd names come out as git means them."""
    git(tmp_path, "init", "-q")
    (tmp_path / "edit.py").write_text("def f():\n    a = 1\n    b = 2\n    c = 3\n")
    (tmp_path / "gone.txt").write_text("-- old\n")
    (tmp_path / "old name.txt").write_text("one\ntwo\nthree\nfour\nfive\n")
    (tmp_path / "run.sh").write_text("true\n")
    (tmp_path / "pic.bin").write_bytes(b"\0\1")
    (tmp_path / "both a b").write_text("x\n")
    commit(tmp_path)
    (tmp_path / "edit.py").write_text("def f():\n    a = 1\n    b = 4\n    c = 3")
    (tmp_path / "gone.txt").unlink()
    (tmp_path / "old name.txt").rename(tmp_path / "new name.txt")
    (tmp_path / "run.sh").chmod(0o755)
    (tmp_path / "pic.bin").write_bytes(b"\0\2")
    (tmp_path / 'q"\t\n.txt').write_text("++ new\n@@ -1 +1 @@\ndiff --git a/x b/x\n")
    (tmp_path / "both a b").write_text("y\n")
    commit(tmp_path)
    for quote in ("true", "false"):
        found = changed(tmp_path, "-c", f"core.quotePath={quote}")
        assert found["edit.py"].hunks == (
            Hunk(3, 2, 3, 2, ("    b = 2", "    c = 3"), ("    b = 4", "    c = 3"), "def f():"),
        )
        assert found["gone.txt"].deleted
        assert found["gone.txt"].hunks[0].removed == ("-- old",)
        assert (found["new name.txt"].old_path, found["new name.txt"].hunks) == ("old name.txt", ())
        assert found["run.sh"].mode == 0o100755
        assert found["pic.bin"].binary
        odd = found['q"\t\n.txt']
        assert odd.created
        assert odd.old_path is None
        assert odd.hunks[0].added == ("++ new", "@@ -1 +1 @@", "diff --git a/x b/x")
        assert found["both a b"].old_path == "both a b"
        assert len(found) == 7


def test_names_that_are_not_utf8_can_be_handed_back(tmp_path: Path) -> None:
    """Bytes of a name survive by surrogate escapes."""
    git(tmp_path, "init", "-q")
    (tmp_path / "a").write_text("")
    commit(tmp_path)
    name = os.fsdecode(b"caf\xe9.txt")
    (tmp_path / name).write_bytes(b"\xff\n")
    commit(tmp_path)
    assert changed(tmp_path)["caf\udce9.txt"].hunks[0].added == ("\udcff",)


def test_a_submodule_is_told_by_its_mode() -> None:
    """A link to a commit is no file."""
    diff = (
        b"diff --git a/sub b/sub\nindex 1111111..2222222 160000\n--- a/sub\n+++ b/sub\n@@ -1 +1 @@\n"
        b"-Subproject commit 1\n+Subproject commit 2\n"
    )
    (patch,) = parse_patches(diff).files
    assert patch.submodule


def test_what_the_bounds_leave_out_is_counted() -> None:
    """Files and lines beyond the bounds are numbers, not silence."""
    one = b"diff --git a/%d b/%d\n--- a/%d\n+++ b/%d\n@@ -0,0 +1,5 @@\n" + b"+0123456789\n" * 5
    found = parse_patches(
        b"".join(one % ((n,) * 4) for n in range(3)), max_files=2, max_lines_per_file=3, max_line_length=4
    )
    assert [len(patch.hunks[0].added) for patch in found.files] == [3, 3]
    assert found.files[0].hunks[0].added[0] == "0123"
    assert (found.files[0].left_out, found.files_left_out, found.lines_left_out) == (2, 1, 9)


def test_a_diff_with_context_is_read_as_well() -> None:
    """Lines of context are neither added nor removed."""
    diff = (
        b"diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@ top\n one\n-two\n+zwei\n three\n"
        b"\\ No newline at end of file\n"
    )
    assert parse_patches(diff).files[0].hunks[0] == Hunk(1, 3, 1, 3, ("two",), ("zwei",), "top")


def test_a_mails_signature_is_no_removed_line() -> None:
    """What follows a hunk whose lines are all there does not belong to it."""
    (patch,) = parse_patches(b"diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n-- \n2.39.5\n").files
    assert patch.hunks == (Hunk(1, 1, 1, 1, ("a",), ("b",)),)


@given(
    st.binary()
    | st.lists(
        st.sampled_from([b"diff --git ", b"a/x b/x", b"\n", b"@@ -1 +1 @@", b"+", b"-", b'"', b"\\", b"--- a/x"])
    ).map(b"".join)
)
def test_bytes_of_any_kind_are_read_without_an_error(raw: bytes) -> None:
    """What is no diff has no files, and nothing raises."""
    assert len(parse_patches(raw).files) <= raw.count(b"diff --git ")
