"""Files are written whole or not at all, and by one run at a time."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from chronicles.errors import Busy, OutputError
from chronicles.files import hold, write_atomic, write_together

HOLDER = """
import sys, time
from pathlib import Path
from chronicles.files import hold
with hold(Path(sys.argv[1]), locks=Path(sys.argv[2])):
    print("held", flush=True)
    time.sleep(60)
"""


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_is_written_with_the_permissions_of_the_umask(tmp_path: Path) -> None:
    """New pages are as readable as any file that the user makes."""
    before = os.umask(0o027)
    try:
        assert write_atomic(tmp_path / "a.md", "é\n") is True
    finally:
        os.umask(before)
    assert (tmp_path / "a.md").read_bytes() == "é\n".encode()
    assert (tmp_path / "a.md").stat().st_mode & 0o777 == 0o640
    assert _names(tmp_path) == ["a.md"]


def test_the_same_content_touches_nothing(tmp_path: Path) -> None:
    """A rerun leaves the very file: same inode, same times."""
    path = tmp_path / "a.md"
    write_atomic(path, "x\r\ny\n")
    before = path.stat()
    assert write_atomic(path, "x\r\ny\n") is False
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_changed_file_keeps_its_mode(tmp_path: Path) -> None:
    """Permissions that a user gave stay."""
    path = tmp_path / "a.md"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o604)
    assert write_atomic(path, "new") is True
    assert path.stat().st_mode & 0o777 == 0o604


def test_surrogates_are_written_so_that_json_reads_them_back(tmp_path: Path) -> None:
    """A path that is not UTF-8 neither stops the writing nor makes a file that is not UTF-8."""
    write_atomic(tmp_path / "a.json", '"\udcff"')
    assert (tmp_path / "a.json").read_text("utf-8") == '"\\udcff"'


@pytest.mark.parametrize("make", ["folder", "pipe", "file_as_parent", "no_parent"])
def test_a_place_that_cannot_hold_the_file_is_refused(tmp_path: Path, make: str) -> None:
    """A folder, a pipe, a file for a parent or no parent each give an error that names the path."""
    path = tmp_path / "a.md"
    if make == "folder":
        path.mkdir()
    elif make == "pipe":
        os.mkfifo(path)
    elif make == "file_as_parent":
        (tmp_path / "file").write_text("x", encoding="utf-8")
        path = tmp_path / "file" / "a.md"
    else:
        path = tmp_path / "missing" / "a.md"
    before = _names(tmp_path)
    with pytest.raises(OutputError, match=r"cannot write .*a\.md"):
        write_atomic(path, "x")
    assert _names(tmp_path) == before


def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    """A folder that forbids writing gives an error and stays as it is."""
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o500)
    try:
        if os.access(folder, os.W_OK):
            pytest.skip("this user (root) may write to any folder")
        with pytest.raises(OutputError, match="permission denied"):
            write_atomic(folder / "a.md", "x")
    finally:
        folder.chmod(0o700)


def test_a_folder_of_the_kernel_is_refused() -> None:
    """A place where even root may make no file gives the same error."""
    if not Path("/proc/self").is_dir():
        pytest.skip("no /proc on this machine")
    with pytest.raises(OutputError):
        write_atomic(Path("/proc/self/a.md"), "x")


def test_a_full_disk_leaves_everything_as_it_was(tmp_path: Path) -> None:
    """When the second file does not fit, the first is not replaced and no temporary file stays."""
    page, sidecar = tmp_path / "a.md", tmp_path / "a.json"
    page.write_text("old", encoding="utf-8")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
        with pytest.raises(OutputError, match=r"cannot write .*a\.json: file too large"):
            write_together({page: "new", sidecar: "x" * 10_000})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert page.read_text("utf-8") == "old"
    assert _names(tmp_path) == ["a.md"]


def test_an_interrupt_leaves_no_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C between writing and moving cleans up."""

    def interrupted(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "a.md", "x")
    assert _names(tmp_path) == []


def test_a_unit_is_taken_back_when_its_second_move_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page is never newer than its sidecar."""
    page, fresh, sidecar = tmp_path / "a.md", tmp_path / "b.md", tmp_path / "a.json"
    page.write_text("old", encoding="utf-8")
    move = Path.replace

    def refusing(self: Path, target: Path) -> Path:
        if target == sidecar:
            raise PermissionError(13, "Permission denied")
        return move(self, target)

    monkeypatch.setattr(Path, "replace", refusing)
    with pytest.raises(OutputError, match="permission denied"):
        write_together({page: "new", fresh: "new", sidecar: "{}"})
    assert page.read_text("utf-8") == "old"
    assert _names(tmp_path) == ["a.md"]


def test_a_unit_tells_which_files_changed(tmp_path: Path) -> None:
    """Only files whose content differs are written and named."""
    page, sidecar = tmp_path / "a.md", tmp_path / "a.json"
    assert write_together({sidecar: "{}", page: "x"}) == (sidecar, page)
    assert write_together({sidecar: "{}", page: "y"}) == (page,)
    assert write_together({sidecar: "{}", page: "y"}) == ()


def test_a_second_run_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    """Two runs at once: the second names the first, and gets its turn once that has died."""
    folder, locks = tmp_path / "episodes", tmp_path / "locks"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder), str(locks)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(Busy, match=f"process {holder.pid}"), hold(folder, locks=locks):
            pass
        with hold(tmp_path / "patches", locks=locks):
            """Another folder is free."""
        holder.kill()
        holder.wait()
        with hold(folder, locks=locks, wait_sec=5):
            assert not folder.exists()


def test_a_run_may_wait_its_turn(tmp_path: Path) -> None:
    """Given time, the second run starts when the first ends, also inside one process."""
    held, free = threading.Event(), threading.Event()

    def first() -> None:
        with hold(tmp_path, locks=tmp_path / "locks"):
            held.set()
            free.wait(5)

    thread = threading.Thread(target=first)
    thread.start()
    assert held.wait(5)
    with pytest.raises(Busy), hold(tmp_path, locks=tmp_path / "locks", wait_sec=0.01):
        pass
    threading.Timer(0.1, free.set).start()
    with hold(tmp_path, locks=tmp_path / "locks", wait_sec=5):
        pass
    thread.join()


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="the system has no such flag")
def test_a_link_in_the_place_of_a_lock_is_not_followed(tmp_path: Path) -> None:
    """What somebody points a lock's name at stays as it is."""
    locks, target = tmp_path / "locks", tmp_path / "target"
    with hold(tmp_path, locks=locks):
        pass
    (lock,) = locks.iterdir()
    lock.unlink()
    target.write_text("dear", encoding="utf-8")
    lock.symlink_to(target)
    with pytest.raises(OutputError), hold(tmp_path, locks=locks):
        pass
    assert target.read_text(encoding="utf-8") == "dear"


def test_locks_that_cannot_be_made_are_an_output_error(tmp_path: Path) -> None:
    """A file where the lock folder should be gives an error, not a traceback."""
    (tmp_path / "locks").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError), hold(tmp_path, locks=tmp_path / "locks"):
        pass
