"""One worker a repository, known to the shell, and out of everybody's way.

The operating system holds the lock, so a worker that was killed holds none. The shell cannot ask for such a lock; it
looks at `worker.pid`, which a worker touches as long as it lives, and spares itself a Python that would find the lock
taken. The file decides nothing: whoever starts all the same finds the lock held and leaves.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from chronicles.files import hold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chronicles.hook.state import State

__all__ = ["at_work", "detach", "worker"]

_BEAT_SEC = 30.0
"""How often a worker shows that it lives."""
_DEAD_SEC = 300.0
"""After which one that did not is taken for dead, here and in the shell."""
_NICE = 10
"""Below what people wait for."""


@contextmanager
def at_work(state: State, wait_sec: float = 0.0) -> Iterator[None]:
    """Be the repository's one worker while the block runs.

    Args:
        state: Of the repository.
        wait_sec: How long to wait for another.

    Raises:
        Busy: Another is at work.
        OutputError: The lock cannot be made, as on a file system that knows none.
    """
    pid = state.folder / "worker.pid"
    with hold(state.folder, locks=state.folder, wait_sec=wait_sec):
        over = threading.Event()
        with suppress(OSError):  # on a full disk the shell starts a Python a commit, which leaves at once
            pid.write_text(f"{os.getpid()}\n", "ascii")
        threading.Thread(target=_beat, args=(pid, over), daemon=True).start()
        try:
            yield
        finally:
            over.set()
            with suppress(OSError):
                if not state.gone:
                    pid.unlink()


def worker(state: State) -> int | None:
    """The process that is at work, as far as its file tells; the lock alone knows, and is not touched to ask.

    A look that took the lock would have a worker leave that starts at that moment.
    """
    try:
        number = int((state.read("worker.pid") or b"")[:20])
        if time.time() - (state.folder / "worker.pid").stat().st_mtime > _DEAD_SEC:
            return None  # another process may have its number by now
        if number > 0 and sys.platform != "win32":
            os.kill(number, 0)
    except PermissionError:
        return number  # of another user
    except (OSError, ValueError, OverflowError):
        return None
    return number if number > 0 else None


def detach() -> None:
    """Leave terminal, session and folder of whoever started this process, and all that it had open."""
    # Descriptors that a commit's caller waits for the end of would keep it waiting.
    os.closerange(3, _most_descriptors())
    os.chdir(Path(os.sep).absolute())  # a folder that somebody stands in cannot be deleted everywhere
    if sys.platform == "win32":
        return
    with suppress(OSError):
        os.setsid()
    with suppress(OSError):
        os.nice(_NICE)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _most_descriptors() -> int:
    """One more than any descriptor that may be open."""
    with suppress(OSError, ValueError):
        return max(map(int, os.listdir("/dev/fd"))) + 1  # noqa: PTH208 - names of no files
    return 256


def _beat(pid: Path, over: threading.Event) -> None:
    while not over.wait(_BEAT_SEC):
        with suppress(OSError):
            os.utime(pid)
