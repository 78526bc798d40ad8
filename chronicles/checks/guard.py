"""The process between `chronicles` and the commands that it runs: nothing of theirs outlives it.

A check may start whatever it likes: servers that keep its output open, daemons with a session of their own, children
that ignore SIGTERM. And `chronicles` itself may be interrupted or killed at any moment, with no chance to clear away.
So commands run under this small process. It adopts what they leave behind (Linux calls it a subreaper), so that a
daemon cannot get away by having its parent end; when a command has ended or its time is over, all that descends from
it is ended; and when the pipe from `chronicles` closes, which it does however that process ends, the guard ends what
runs, removes the folder, and goes. A command may also end the guard, which belongs to the same user. What it leaves
then falls to `chronicles`, which uses the same functions on it.

It is run as a file by a bare interpreter and so imports nothing of ours. It reads one JSON object a line, a command to
run, and answers each with one; the first thing it says is the folder that it has made. Of a command's output it keeps
the end, so memory stays as it is however much is printed.

Left out: where there is no subreaper, a daemon with a session of its own is not found. Processes that another one was
asked to start, as `docker run` or `at` do, are nobody's descendants.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from types import FrameType

__all__ = ["PREFIX", "TAIL_BYTES", "adopt_orphans", "descendants", "end_all", "main", "remove"]

PREFIX = "chronicles-checks-"
"""How the name of the folder begins."""
_SHELL = "/bin/sh"
TAIL_BYTES = 64 * 1024
"""How much of the end of a command's output is kept."""
_TICK_SEC = 0.05
"""How often a quiet command is looked after."""
_GRACE_SEC = 2.0
"""How long a process has to end by itself after SIGTERM."""
_GIVE_UP_SEC = 20.0
"""When a process that SIGKILL does not end, such as one that waits for a dead disk, is left alone."""
_SET_SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER of Linux' prctl(2)."""
_LIFELINE = 0
_MOST_READS = 64
"""So many times the end of an output is read that nobody closes; a pipe holds less."""
_ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class _Over(BaseException):
    """`chronicles` has ended, or somebody ends the guard."""


def main() -> None:
    """Make the folder, serve commands until the lifeline closes, and clear away."""
    for number in _ENDING:
        signal.signal(number, _end)
    adopt_orphans()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        _say({"folder": str(folder)})
        while request := sys.stdin.buffer.readline():
            _say(_answer(json.loads(request)))
    except (_Over, BrokenPipeError):
        pass
    finally:
        _end_once()
        remove(folder)


def _end(number: int, frame: FrameType | None) -> None:
    del number, frame
    _end_once()
    raise _Over


def _end_once() -> None:
    """Let nothing interrupt the clearing away."""
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def adopt_orphans(*, wanted: bool = True) -> None:
    """Have what descends from this process become its child when its own parent ends; Linux alone can."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - whoever reads records imports this module too, and runs nothing

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_SET_SUBREAPER, int(wanted), 0, 0, 0)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    """Run one command to its end, or to the end of its time."""
    environment = {**os.environ, "TMPDIR": request["temporary"], "PWD": request["folder"]}
    reading, writing = os.pipe()
    try:
        process = subprocess.Popen(
            [_SHELL, "-c", request["command"]],
            cwd=request["folder"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=writing,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        os.close(reading)
        return {"problem": str(error)}
    finally:
        os.close(writing)
    return _watch(process, _Output(reading), request["timeout_sec"])


def _watch(process: subprocess.Popen[bytes], output: _Output, timeout_sec: float) -> dict[str, Any]:
    begun = time.monotonic()
    try:
        while process.returncode is None and time.monotonic() - begun < timeout_sec:
            if output.wait():
                raise _Over
            _reap(process)
        seconds, status = time.monotonic() - begun, process.returncode
    finally:
        left = _stop(process)
        output.drain()
    if status is not None and status < 0:
        status = 128 - status  # as a shell tells of a command that a signal ended
    return {"exit": status, "seconds": seconds, "tail": base64.b64encode(output.tail).decode("ascii"), "left": left}


class _Output:
    """The reading end of a command's output, and the last of what came out of it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor
        os.set_blocking(descriptor, False)
        self.tail = b""

    def wait(self) -> bool:
        """Take in what comes during one tick; True when the lifeline is cut."""
        open_ones = [_LIFELINE] if self._descriptor is None else [_LIFELINE, self._descriptor]
        ready, _, _ = select.select(open_ones, [], [], _TICK_SEC)
        if self._descriptor in ready:
            self._read()
        return _LIFELINE in ready  # nothing is sent while a command runs, so what can be read is the end

    def drain(self) -> None:
        """Take in what is there already, and close; a pipe's worth, since whoever wrote it is gone."""
        for _ in range(_MOST_READS):
            if self._descriptor is None or not self._read():
                break
        self._close()

    def _read(self) -> bool:
        assert self._descriptor is not None
        try:
            found = os.read(self._descriptor, TAIL_BYTES)
        except BlockingIOError:
            return False
        if not found:
            self._close()
        self.tail = (self.tail + found)[-TAIL_BYTES:]
        return bool(found)

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _reap(process: subprocess.Popen[bytes]) -> None:
    """Take note of what has ended: the command, and orphans that were adopted."""
    if sys.platform == "linux":
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                break
            if ended is None or ended.si_pid == process.pid:
                break
            os.waitpid(ended.si_pid, 0)
    process.poll()


def _stop(process: subprocess.Popen[bytes]) -> int:
    """End all that descends from a command; how many processes could not be ended."""
    return end_all(lambda: _running(process), lambda: _reap(process))


def end_all(find: Callable[[], set[int]], reap: Callable[[], object]) -> int:
    """End processes, those too that come while this is done.

    Args:
        find: Gives those that run; a negative number is a group.
        reap: Takes note of those that have ended.

    Returns:
        How many could not be ended.
    """
    begun = time.monotonic()
    signalled: set[int] = set()
    while time.monotonic() - begun < _GIVE_UP_SEC:
        reap()
        running = find()
        if not running:
            return 0
        if time.monotonic() - begun < _GRACE_SEC:
            for one in running - signalled:
                _signal(one, signal.SIGTERM)
                _signal(one, signal.SIGCONT)  # what is stopped hears nothing before it goes on
            signalled |= running
        else:
            for one in running:
                _signal(one, signal.SIGKILL)
        time.sleep(_TICK_SEC / 5)
    return len(find())


def _signal(target: int, number: signal.Signals) -> None:
    """Send a signal to a process, or to a group where the number is negative."""
    with suppress(ProcessLookupError, PermissionError):
        os.kill(target, number)


def _running(process: subprocess.Popen[bytes]) -> set[int]:
    """What still runs of a command: its descendants, or on systems that do not tell them its group."""
    if sys.platform != "linux":
        try:
            os.killpg(process.pid, 0)
        except (ProcessLookupError, PermissionError):
            return set()
        return {-process.pid}
    return descendants(os.getpid())


def descendants(ancestor: int, but: Container[int] = ()) -> set[int]:
    """What runs of all that descends from a process, without some and what descends from those; Linux alone tells."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc") if sys.platform == "linux" else ():  # noqa: PTH208 - a process's folder may go
        if entry.isdecimal():
            with suppress(OSError, ValueError, IndexError):
                # 4242 (a name) with (anything)) S 4200 ...
                state, parent = Path("/proc", entry, "stat").read_bytes().rpartition(b")")[2].split()[:2]
                if state not in (b"Z", b"X"):
                    children.setdefault(int(parent), []).append(int(entry))
    found: set[int] = set()
    waiting = [ancestor]
    while waiting:
        below = [one for one in children.get(waiting.pop(), []) if one not in but]
        found.update(below)
        waiting += below
    return found


def remove(folder: Path) -> None:
    """Remove a folder, also where a command has taken the permissions away, or git still writes into it."""
    for _ in range(50):
        for place, names, _ in os.walk(folder):
            for name in names:
                _open_up(Path(place, name))
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)


def _open_up(folder: Path) -> None:
    # What a link leads to is none of ours.
    if not folder.is_symlink():
        with suppress(OSError):
            folder.chmod(0o700)


if __name__ == "__main__":
    main()
