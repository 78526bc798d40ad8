"""What the commands that measure open before, and end after."""

from __future__ import annotations

import shlex
import signal
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from banterhearts.benchmarking.declarations import Declarations
    from banterhearts.benchmarking.git import Repository
    from banterhearts.benchmarking.measuring import Workplace
    from banterhearts.core.store import RecordStore

__all__ = ["REPORTS", "declarations_of", "open_store", "open_workplace"]

REPORTS = "reports"
"""The folder of records, in the work tree."""
_LONGEST = 4000
_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""What interrupts like Ctrl-C does: what we started has sessions of its own and would outlive us."""


def declarations_of(repository: Repository) -> Declarations:
    """What the work tree's settings declare.

    Raises:
        SuiteError: If they are unusable.
    """
    from banterhearts.benchmarking.declarations import load_declarations  # noqa: PLC0415 - costs pydantic
    from banterhearts.benchmarking.suites import BUILT_IN  # noqa: PLC0415 - as above

    return load_declarations(repository.root, tuple(BUILT_IN))


@contextmanager
def open_workplace(
    repository: Repository, suite: str, options: Sequence[str], store: RecordStore
) -> Iterator[Workplace]:
    """A place to measure a suite in; while it is open, SIGTERM and SIGHUP interrupt like Ctrl-C does.

    Args:
        repository: What is measured.
        suite: The suite's name.
        options: `key=value` of the command line.
        store: Where records go.

    Raises:
        SuiteError: If the suite is not declared or an option is unusable.
        OutputError: If nothing can be written where records go, or where work trees go.
    """
    from banterhearts.benchmarking.declarations import parse_option  # noqa: PLC0415 - as above
    from banterhearts.benchmarking.measuring import Workplace, machine_of, throttle_of  # noqa: PLC0415 - as above
    from banterhearts.benchmarking.sitting import Setting  # noqa: PLC0415 - as above
    from banterhearts.benchmarking.suites import find_suite  # noqa: PLC0415 - as above
    from banterhearts.benchmarking.worktrees import Worktrees  # noqa: PLC0415 - as above

    found = find_suite(suite, declarations_of(repository), dict(map(parse_option, options)))
    _expect_writable(store.folder / suite)
    with ExitStack() as stack:
        for sign in _ENDING:
            stack.callback(signal.signal, sign, signal.signal(sign, signal.default_int_handler))
        setting = Setting(
            probe=machine_of,
            keep=store.write,
            command=_command_line(repository),
            throttle=throttle_of,
        )
        yield Workplace(repository, found, stack.enter_context(Worktrees(repository)), setting)


@contextmanager
def open_store(repository: Repository, output: str) -> Iterator[RecordStore]:
    """The records of a repository; their index lies in its git directory, unless they are kept somewhere else."""
    from banterhearts.core.store import RecordStore  # noqa: PLC0415 - as above

    folder = repository.root / output
    index = repository.git_dir / "banterhearts" / "runs.sqlite" if output == REPORTS else None
    with RecordStore(folder, index) as store:
        yield store


def _command_line(repository: Repository) -> str:
    """How we were called, without the places of who called."""
    line = shlex.join(["banterhearts", *sys.argv[1:]])
    line = line.replace(str(repository.root), ".").replace(str(Path.home()), "~")
    return line.encode("utf-8", "replace").decode()[:_LONGEST]


def _expect_writable(folder: Path) -> None:
    """Find out now, and not after an hour of measuring.

    Raises:
        OutputError: If no file can be made in a folder, or it cannot be made itself.
    """
    from banterhearts.errors import OutputError  # noqa: PLC0415 - as above

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(folder, (error.strerror or str(error)).lower()) from error
