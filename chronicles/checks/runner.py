"""Running checks at the end of a range, each in a fresh checkout, and keeping what came of them.

A check runs where there is no record that speaks for it yet. It gets the files of the commit and nothing of the work
tree, an empty standard input, an environment without git's variables and ours, and a time limit; what it prints is read
to the end and its last line kept. `guard` ends whatever it leaves behind.

A check that cannot be started has not failed. It leaves no record, since a record would speak for the tree for ever and
the disk is full only today; the caller is told why.
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
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from chronicles.checks import guard
from chronicles.checks.record import LAST_LENGTH, Check, CheckRecord, record_of, records, store
from chronicles.errors import ChroniclesError, GitFailed, OutputError, UsageError
from chronicles.history.checkout import check_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType, TracebackType

    from chronicles.checks.record import Stored
    from chronicles.history.repository import Repository

__all__ = ["Guard", "run_checks"]

_HALF_SECRET = 4096
"""So much of the beginning of a line that was cut off is not looked at: half a secret is not known for one."""
_FAREWELL_SEC = 30.0
"""How long the guard may take to clear away."""
_READY_SEC = 60.0
"""How long it may take to begin."""
_PATIENCE_SEC = 60.0
"""So much longer than a check may take its guard has to answer."""
_TICK_SEC = 0.5
"""How often whoever waits for a command is asked whether they still do."""
_OURS = ("GIT_", "CHRONICLES_")
_NOT_HANDED_ON = frozenset({"OLDPWD", "MAKEFLAGS", "MFLAGS", "MAKELEVEL"})
"""Of the folder and of the `make` that `chronicles` may have been started from."""


@dataclass(frozen=True, slots=True)
class _Ended:
    """How a command ended."""

    exit: int | None
    """None where its time was over first."""
    seconds: float
    tail: bytes
    """The end of what it printed."""
    wrote: int | None


def run_checks(
    repository: Repository,
    checks: Sequence[Check],
    commit: str,
    *,
    folder: Path,
    clean: Callable[[bytes], str],
    say: Callable[[str], None],
    again: bool = False,
) -> None:
    """Run the checks that no record speaks for, and record them.

    Args:
        repository: Which has the commit.
        checks: The configured ones.
        commit: The end of the range, a full hash.
        folder: Where the records are, and go.
        clean: Makes text of what a command printed, without secrets and what cannot be read.
        say: Is told what runs and how it ended, a line at a time.
        again: Run those too that have failed or were out of time.

    Raises:
        UsageError: If this system cannot run checks.
        OutputError: If the records cannot be written.
    """
    tree = repository.tree(commit)
    stored = records(folder, tree, repository.find_tree)
    waiting = [check for check in checks if _wants_run(check, stored, again=again)]
    if not waiting:
        return
    if sys.platform == "win32":
        raise UsageError("checks run on POSIX systems only. `--no-check` writes the document without them.")
    _make_sure_of(folder)
    with _ending_in_order(), Guard(say) as guarded:
        for number, check in enumerate(waiting, 1):
            say(f"check {check.name} ({number} of {len(waiting)}) at {commit[:7]}: {check.told}")
            try:
                ended = guarded.run(repository, check, commit)
            except NotStarted as error:
                say(f"check {check.name} was not run: {error}")
                continue
            runs = [one.record.run for one in stored if one.record.name == check.name]
            record = CheckRecord(
                schema="chronicles.check/1",
                name=check.name,
                command=check.told,
                timeout_sec=check.timeout_sec,
                commit=commit,
                tree=tree,
                run=max(runs, default=0) + 1,
                result="timed out" if ended.exit is None else "failed" if ended.exit else "passed",
                exit=ended.exit,
                seconds=round(ended.seconds, 1),
                last=_last_line(ended.tail, clean),
                wrote=ended.wrote,
            )
            store(folder, record)
            say(f"check {check.name}: {record.result} after {record.seconds:g} s")


def _wants_run(check: Check, stored: Sequence[Stored], *, again: bool) -> bool:
    found = record_of(check, stored)
    return found is None or (again and found.record.result != "passed")


def _make_sure_of(folder: Path) -> None:
    """Find out now, and not after an hour of checks, whether records can be written.

    Raises:
        OutputError: If they cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(folder, (error.strerror or str(error)).lower()) from error
    if not os.access(folder, os.W_OK):
        raise OutputError(folder, "it is read-only")


def _never() -> bool:
    return False


class NotStarted(Exception):
    """Why a check could not be run."""


class Guard:
    """The process that runs commands and ends what they leave; a context manager.

    A command can end its guard. What then runs on becomes ours to end, and the next command gets a guard of its own.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._count = 0

    def __enter__(self) -> Self:
        self._others = guard.descendants(os.getpid())
        guard.adopt_orphans()
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()
        guard.adopt_orphans(wanted=False)

    def _start(self) -> None:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.upper().startswith(_OURS) and name not in _NOT_HANDED_ON
        }
        # In a session of its own it has no terminal to ask at, and Ctrl-C is for us, who tell it to end.
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", guard.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=kept,
            start_new_session=True,
        )
        self._folder = Path((self._read(_READY_SEC) or {}).get("folder", ""))

    def _leave(self) -> None:
        """Have the guard clear away, and do what it could not do any more."""
        process = self._process
        assert process.stdin is not None, process.args
        assert process.stdout is not None, process.args
        with suppress(OSError):
            process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_FAREWELL_SEC)
        process.stdout.close()
        if left := self._end_orphans():
            self._say(f"{left} processes of checks could not be ended")
        if self._folder.name.startswith(guard.PREFIX) and self._folder.exists():
            guard.remove(self._folder)
            if self._folder.exists():
                self._say(f"{self._folder} could not be removed; a check left something in it that is not ours.")

    def _end_orphans(self) -> int:
        """End what descends from us since there were checks; how many processes could not be ended."""
        seen: set[int] = set()

        def find() -> set[int]:
            found = guard.descendants(os.getpid(), self._others)
            seen.update(found)
            return found

        def reap() -> None:
            self._process.poll()
            for one in seen - {self._process.pid}:
                with suppress(ChildProcessError):
                    os.waitpid(one, os.WNOHANG)

        left = guard.end_all(find, reap)
        reap()
        return left

    def run(self, repository: Repository, check: Check, commit: str) -> _Ended:
        """Run one check in a checkout of its own.

        Raises:
            NotStarted: If there is no checkout, or no process.
        """
        if not self._folder.name:
            raise NotStarted("the process that guards it did not begin")
        self._count += 1
        place = self._folder / str(self._count)
        temporary = place / "tmp"
        free = _free(self._folder)
        try:
            temporary.mkdir(parents=True)
            checkout = check_out(repository.location, commit, place)
        except (OSError, ChroniclesError) as error:
            shutil.rmtree(place, ignore_errors=True)  # half a checkout takes room that the next one wants
            raise NotStarted(f"its files could not be written to {self._folder}: {_reason(error)}{free}") from error
        request = {
            "command": check.command,
            "folder": str(checkout.folder),
            "temporary": str(temporary),
            "timeout_sec": check.timeout_sec,
        }
        answer = self.ask(request)
        if answer is None:
            self._leave()
            self._start()
            raise NotStarted("the process that guards it was ended")
        if answer.get("left"):
            self._say(f"check {check.name}: {answer['left']} of its processes could not be ended")
        if "problem" in answer:
            raise NotStarted(answer["problem"])
        wrote = checkout.changed()
        shutil.rmtree(place, ignore_errors=True)  # what resists, the guard removes
        return _Ended(answer["exit"], answer["seconds"], base64.b64decode(answer["tail"]), wrote)

    def ask(self, request: dict[str, Any], stopped: Callable[[], bool] = _never) -> dict[str, Any] | None:
        """Have a command run; how it ended, or None where the guard was ended, or nobody waits for it any more."""
        assert self._process.stdin is not None, self._process.args
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(request).encode("ascii") + b"\n")
            self._process.stdin.flush()
        return self._read(request["timeout_sec"] + _PATIENCE_SEC, stopped)

    def _read(self, wait_sec: float, stopped: Callable[[], bool] = _never) -> dict[str, Any] | None:
        """What the guard says; None where it says nothing, since a check can end or stop any process of its user."""
        assert self._process.stdout is not None, self._process.args
        deadline = time.monotonic() + wait_sec
        ready: list[Any] = []
        while not ready and not stopped() and (left := deadline - time.monotonic()) > 0:
            ready, _, _ = select.select([self._process.stdout], [], [], min(left, _TICK_SEC))
        line = self._process.stdout.readline() if ready else b""
        answer: dict[str, Any] | None = json.loads(line) if line else None
        return answer


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Have SIGTERM and SIGHUP unwind the stack, so that what was opened is closed; an interrupt does so anyway."""

    def end(number: int, frame: FrameType | None) -> None:
        del frame
        raise SystemExit(128 + number)

    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:  # `nohup` has SIGHUP ignored, and means it
                before[number] = signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _free(folder: Path) -> str:
    """How much room there is before a checkout, as the end of a sentence; empty where nobody knows."""
    try:
        return f"; {shutil.disk_usage(folder).free / 1e6:,.1f} MB were free there"
    except OSError:
        return ""


def _reason(error: OSError | ChroniclesError) -> str:
    """Why a checkout could not be made, on one line."""
    if isinstance(error, OutputError):
        return error.reason
    if isinstance(error, GitFailed):
        # Of a full disk git complains file by file, after hints.
        lines = [line for line in error.stderr.splitlines() if line.startswith(("error: ", "fatal: "))]
        return f"git says {lines[0]!r}" if lines else f"git ended with status {error.status}"
    return (isinstance(error, OSError) and error.strerror) or " ".join(str(error).split())


def _last_line(tail: bytes, clean: Callable[[bytes], str]) -> str:
    """The last line that has anything to read: without secrets, one line, cut."""
    if len(tail) >= guard.TAIL_BYTES:
        first, _, rest = tail.partition(b"\n")
        tail = rest if rest.strip() else first[_HALF_SECRET:]
    for line in reversed(clean(tail).split("\n")):
        if text := " ".join(line.split()):
            return text if len(text) <= LAST_LENGTH else text[: LAST_LENGTH - 1].rstrip() + "…"
    return ""
