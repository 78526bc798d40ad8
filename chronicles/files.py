"""Writing files whole or not at all, and one run at a time.

A page is written to a temporary file beside its place and moved over it, so that a reader, a full disk or an interrupt
never meets half of one. A page, its chart and its sidecar are one unit: all temporary files stand complete before the
first is moved, and if a later move is refused the earlier ones are taken back. Content that is already there is not
written again, so a rerun with nothing new touches nothing.

What is left out: nothing is forced to the platter (`fsync` costs more than rendering a page, and a page lost to a power
cut can be generated again), and owners and extended attributes are not carried over.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chronicles.errors import Busy, OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["hold", "own_folder", "write_atomic", "write_together"]

_POLL_SEC = 0.05
"""How often a waiting run looks whether the other has ended."""


@dataclass(frozen=True, slots=True)
class _Pending:
    """One file that will change."""

    path: Path
    content: bytes | None
    """None for a file that goes."""
    before: bytes | None
    """What stands there now; None for a new file."""
    mode: int | None
    """The permissions to keep; None for a new file, which gets those of the umask."""


def write_atomic(path: Path, content: str | bytes) -> bool:
    """Write one file whole or not at all.

    Args:
        path: Where; its folder must exist.
        content: Text is written as UTF-8 with its line ends as they are; a lone surrogate as its JSON escape.

    Returns:
        Whether the file changed; False when it already held the content.

    Raises:
        OutputError: The place cannot be written to; it is as it was.
    """
    return bool(write_together({path: content}))


def write_together(files: Mapping[Path, str | bytes | None]) -> tuple[Path, ...]:
    """Write several files as one unit.

    Args:
        files: Content by path, moved into place in this order; None for a file that shall not be there.

    Returns:
        The paths whose content changed.

    Raises:
        OutputError: One of the places cannot be written to; all are as they were.
    """
    pending = [change for path, content in files.items() if (change := _pending(path, _octets(content))) is not None]
    with contextlib.ExitStack() as stack:
        staged = [(change, None if change.content is None else _stage(change, stack)) for change in pending]
        done: list[_Pending] = []
        for change, temporary in staged:
            try:
                if temporary is None:
                    change.path.unlink()
                else:
                    temporary.replace(change.path)
            except OSError as error:
                _take_back(done)
                raise _refused(change.path, error) from error
            done.append(change)
    return tuple(change.path for change in pending)


@contextlib.contextmanager
def hold(folder: Path, *, locks: Path, wait_sec: float = 0.0, mark: str = "") -> Iterator[bool]:
    """Keep other runs from writing to a folder while the block runs.

    It gives whether nobody else has held the folder since one with this mark did, so that what was read then still
    holds; without a mark nobody can know.

    The operating system holds the lock, so it ends with the process, however that ends. The lock's file stays behind,
    with the mark of who held it last; deleting it would let two runs hold two files of one name.

    Args:
        folder: The output folder; it need not exist yet.
        locks: Where lock files are kept, such as `.git/chronicles`; made if missing.
        wait_sec: How long to wait for another run.
        mark: What a run that takes turns is known by; letters that are no number.

    Raises:
        Busy: Another run holds the folder still.
        OutputError: The lock cannot be made.
    """
    key = hashlib.blake2b(os.fsencode(folder.resolve()), digest_size=8).hexdigest()
    lock = locks / f"output-{key}.lock"
    try:
        locks.mkdir(parents=True, exist_ok=True)
        # A link in the lock's place would have us empty what it points at.
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
    except OSError as error:
        raise _refused(lock, error) from error
    try:
        deadline = time.monotonic() + wait_sec
        while not _try_lock(descriptor, lock):
            if time.monotonic() >= deadline:
                raise Busy(folder, _holder(descriptor))
            time.sleep(_POLL_SEC)
        undisturbed = bool(mark) and _read_holder(descriptor) == mark
        _write_holder(descriptor, f"{os.getpid()}\n")
        try:
            yield undisturbed
        finally:
            _write_holder(descriptor, mark)
            _unlock(descriptor)
    finally:
        os.close(descriptor)


def own_folder(*, make: bool = True) -> Path:
    """A folder of the user's own, open to nobody else, for what a repository refuses to hold.

    Args:
        make: Whether to make it if it is missing.

    Raises:
        OutputError: If that folder's name is taken by something that others can write to, or it is not there.
    """
    from pathlib import Path  # noqa: PLC0415 - few runs need it
    from tempfile import gettempdir  # noqa: PLC0415 - as above

    user = os.getuid() if sys.platform != "win32" else 0  # Windows has a temporary folder for each user
    folder = Path(gettempdir()) / f"chronicles-{user}"
    try:
        if make:
            folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError as error:
        raise OutputError(folder, error.strerror or str(error)) from error
    if sys.platform != "win32" and (status.st_uid != user or stat.S_IMODE(status.st_mode) & 0o077):
        raise OutputError(folder, "it belongs to another user or is open to others")
    return folder


def _octets(content: str | bytes | None) -> bytes | None:
    # In JSON the replacement is the escape that reads back as the same surrogate.
    return content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content


def _pending(path: Path, content: bytes | None) -> _Pending | None:
    """Compare a place with what shall stand there; None when it does already."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None if content is None else _Pending(path, content, None, None)
    except OSError as error:
        raise _refused(path, error) from error
    if not stat.S_ISREG(status.st_mode):
        raise OutputError(path, "something that is no file has that name")
    try:
        before = path.read_bytes()
    except OSError as error:
        raise _refused(path, error) from error
    return None if before == content else _Pending(path, content, before, stat.S_IMODE(status.st_mode))


def _stage(change: _Pending, stack: contextlib.ExitStack) -> Path:
    """Write the temporary file of a change; the stack removes it unless it was moved into place."""
    assert change.content is not None, change.path
    temporary = change.path.with_name(f".chronicles-{secrets.token_hex(8)}.tmp")
    stack.callback(_discard, temporary)
    try:
        # Not `tempfile`, whose files are readable by their owner alone whatever the umask says.
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        with open(descriptor, "wb") as stream:  # noqa: PTH123 -- a Path cannot open a descriptor
            stream.write(change.content)
        if change.mode is not None:
            temporary.chmod(change.mode)
    except OSError as error:
        raise _refused(change.path, error) from error
    return temporary


def _take_back(done: list[_Pending]) -> None:
    """Undo the moves of a unit that could not be finished, as far as the machine lets us."""
    for change in reversed(done):
        with contextlib.suppress(OSError, OutputError):
            if change.before is None:
                change.path.unlink()
            else:
                write_atomic(change.path, change.before)


def _discard(temporary: Path) -> None:
    with contextlib.suppress(OSError):
        temporary.unlink(missing_ok=True)


def _refused(path: Path, error: OSError) -> OutputError:
    if isinstance(error, FileNotFoundError):
        return OutputError(path, "its folder does not exist")
    return OutputError(path, (error.strerror or str(error)).lower())


def _holder(descriptor: int) -> str:
    """Name the run that holds the lock, as far as it has written its name yet."""
    written = _read_holder(descriptor)
    return f"process {written}" if written.isdecimal() else "another process"


def _read_holder(descriptor: int) -> str:
    with contextlib.suppress(OSError):
        os.lseek(descriptor, 0, os.SEEK_SET)
        return os.read(descriptor, 32).decode("ascii", "replace").strip()
    return ""


def _write_holder(descriptor: int, text: str) -> None:
    # The name serves the message alone: a disk too full for it is no reason to stop.
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, text.encode("ascii"))


if sys.platform == "win32":
    import msvcrt

    _LOCKED_BYTE = 1 << 30
    """Windows forbids others to read what is locked, so the byte lies far behind the holder's name."""

    def _try_lock(descriptor: int, lock: Path) -> bool:
        del lock
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int, lock: Path) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            raise _refused(lock, error) from error
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
