"""Running one command to its end: timed from before its start to its exit, and ended with all it started.

The command gets a session of its own, so that a time limit ends its children and theirs too (TERM, and KILL for what
does not listen), an empty stdin, and an environment that is handed in whole. Its output is read as it comes, because a
full pipe would stop the command inside the timed region, and only a bounded part is kept: the head of stdout, which
may hold metrics, and the tail of stderr, which may say what went wrong.

Its exit is waited for as an event of the kernel beside its output, on one thread: no timer, no polling interval, and
no thread that would compete for a core with what is measured. The process is reaped only after its group was ended:
until then nobody else can be given its number, so no stranger can be ended by mistake. What left its session on
purpose (a daemon) is ended after that, where the system tells what it was (`orphans`).

`cpu_ns` is user and system time of the command and of those of its children that it waited for. The peak memory that
`wait4` tells beside it is not used: Linux begins that count with the peak of the process that started the command, so
that `true` started by an engine of 300 MB has used 300 MB.
"""

from __future__ import annotations

import os
import select
import selectors
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Self

from banterhearts.benchmarking.bench import MeasureFailed
from banterhearts.benchmarking.clock import Clock, elapsed_ns, perf_clock
from banterhearts.benchmarking.ground import GONE
from banterhearts.benchmarking.orphans import Orphans
from banterhearts.core.record import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import IO

__all__ = ["STDOUT_LIMIT", "Ended", "run_process"]

STDOUT_LIMIT = 16 << 20
"""Bytes of stdout that are kept."""
_STDERR_LIMIT = 64 << 10
_CHUNK = 64 << 10
_DRAIN = (1 << 20) // _CHUNK
"""Chunks that the largest pipe of an unprivileged process can hold."""
_INTERRUPTING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
_GRACE_SEC = 2.0
"""What a command that ran out of time is given to end by itself."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    status: int
    """Its exit status; minus the signal that ended it."""
    in_time: bool
    elapsed_ns: int
    """From before it was started to its exit, which includes starting it."""
    cpu_ns: int
    stdout: bytes
    """Its first `STDOUT_LIMIT` bytes."""
    stdout_bytes: int
    """How many there were."""
    stderr: bytes
    """Its last bytes."""


def run_process(
    arguments: Sequence[str], *, folder: Path, env: Mapping[str, str], limit_sec: float, clock: Clock = perf_clock
) -> Ended:
    """Run a command and wait for it.

    Args:
        arguments: The program, looked up on the `PATH` of `env`, and what follows it.
        folder: Where it runs.
        env: All of its environment.
        limit_sec: Seconds after which it and all it started are ended.
        clock: Tells when it started and ended.

    Raises:
        MeasureFailed: If it cannot be started, or the clock steps back.
    """
    with ExitStack() as stack:
        stack.enter_context(Orphans())
        with _undisturbed():
            started = clock()
            process = _start(arguments, folder, env)
            watch = stack.enter_context(_Watch(process, clock, started))
        in_time = watch.wait(limit_sec)
        if not in_time:
            watch.end()
    return Ended(
        status=process.returncode,
        in_time=in_time,
        elapsed_ns=elapsed_ns(started, watch.ended_at),
        cpu_ns=watch.cpu_ns,
        stdout=bytes(watch.stdout),
        stdout_bytes=watch.stdout_bytes,
        stderr=bytes(watch.stderr),
    )


def _start(arguments: Sequence[str], folder: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            arguments,
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:  # no such program, too long; a NUL inside an argument
        if not folder.is_dir():
            raise MeasureFailed(GONE, Status.INVALID) from error
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise MeasureFailed(f"cannot start {arguments[0]!r}: {reason}") from error


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let Ctrl-C and its like wait until the block has ended.

    Inside `Popen` there is a moment in which the command runs and nobody knows its number yet; an interruption in
    just that moment, one of twenty where commands are short, would leave it running. Blocking the signals would
    not do, since the command would inherit that.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread is interrupted
        return
    noted: list[int] = []
    before = {sign: signal.getsignal(sign) for sign in _INTERRUPTING}
    ours = {sign: handler for sign, handler in before.items() if callable(handler)}
    for sign in ours:
        signal.signal(sign, lambda number, _frame: noted.append(number))
    try:
        yield
    finally:
        for sign, handler in ours.items():
            signal.signal(sign, handler)
        for number in noted[:1]:
            signal.raise_signal(number)


@dataclass(slots=True)
class _Watch:
    """A running command, its two pipes and its death, waited for together."""

    process: subprocess.Popen[bytes]
    clock: Clock
    ended_at: int
    """When it started, until it is known when it ended."""
    cpu_ns: int = 0
    dead: bool = False
    stdout: bytearray = field(default_factory=bytearray)
    stdout_bytes: int = 0
    stderr: bytearray = field(default_factory=bytearray)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _open: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        self._open.enter_context(self._selector)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            self._open.enter_context(pipe)
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe, selectors.EVENT_READ)
        self._selector.register(_death_of(self.process.pid, self._open), selectors.EVENT_READ, self)
        return self

    def __exit__(self, fault: type[BaseException] | None, *rest: object) -> None:
        """End what is left of the session, whatever happened, read what it left and reap the command."""
        try:
            if fault:
                self.end()
        finally:  # the second Ctrl-C of somebody impatient comes here too
            self._reap()

    def _reap(self) -> None:
        self._signal(signal.SIGKILL)
        self._drain()
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.cpu_ns = round((usage.ru_utime + usage.ru_stime) * 1e9)
        self._open.close()

    def wait(self, seconds: float, *, pipes_too: bool = False) -> bool:
        """Read output until the command is dead (and its pipes are closed, if asked), or time is up."""
        deadline = monotonic() + seconds
        while not self.dead or (pipes_too and self._selector.get_map()):
            left = deadline - monotonic()
            if left <= 0:
                return False
            events = self._selector.select(left)
            now = self.clock()
            for key, _ in events:
                if key.data is self:
                    self.dead, self.ended_at = True, now
                    self._selector.unregister(key.fileobj)
                else:
                    self._read(key.fileobj)  # type: ignore[arg-type]  # only pipes have no data
        return True

    def end(self) -> None:
        """Ask the session to end and give it a while; who is left then is killed on the way out."""
        self._signal(signal.SIGTERM)
        self.wait(_GRACE_SEC, pipes_too=True)

    def _signal(self, sign: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):  # macOS says EPERM of a group of zombies
            os.killpg(self.process.pid, sign)

    def _drain(self) -> None:
        """Read what stands in the pipes; for a daemon that goes on writing, we do not wait."""
        for key in list(self._selector.get_map().values()):
            if key.data is not self:
                for _ in range(_DRAIN):
                    if not self._read(key.fileobj):  # type: ignore[arg-type]  # only pipes have no data
                        break

    def _read(self, pipe: IO[bytes]) -> bool:
        """Read once; whether there was something."""
        try:
            chunk = os.read(pipe.fileno(), _CHUNK)
        except BlockingIOError:
            return False
        if not chunk:
            self._selector.unregister(pipe)
        elif pipe is self.process.stdout:
            self.stdout += chunk[: STDOUT_LIMIT - len(self.stdout)]
            self.stdout_bytes += len(chunk)
        else:
            self.stderr += chunk
            del self.stderr[:-_STDERR_LIMIT]
        return bool(chunk)


def _death_of(pid: int, stack: ExitStack) -> int:
    """A descriptor that becomes readable when a child of ours ends, and leaves it to be reaped."""
    if sys.platform != "linux":
        queue = select.kqueue()
        stack.callback(queue.close)
        queue.control([select.kevent(pid, select.KQ_FILTER_PROC, select.KQ_EV_ADD, select.KQ_NOTE_EXIT)], 0)
        return queue.fileno()
    descriptor = os.pidfd_open(pid)
    stack.callback(os.close, descriptor)
    return descriptor
