"""What the commands that measure open before, and end after."""

from __future__ import annotations

import shlex
import signal
import sys
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from banterhearts.benchmarking.declarations import Declarations
    from banterhearts.benchmarking.git import Repository
    from banterhearts.benchmarking.measuring import Workplace
    from banterhearts.core.record import RunRecord

__all__ = ["declarations_of", "open_workplace"]


def declarations_of(repository: Repository) -> Declarations:
    """What the work tree's settings declare.

    Raises:
        SuiteError: If they are unusable.
    """
    from banterhearts.benchmarking.declarations import load_declarations  # noqa: PLC0415 - costs pydantic
    from banterhearts.benchmarking.suites import BUILT_IN  # noqa: PLC0415 - as above

    return load_declarations(repository.root, tuple(BUILT_IN))


@contextmanager
def open_workplace(repository: Repository, suite: str, options: Sequence[str], folder: Path) -> Iterator[Workplace]:
    """A place to measure a suite in; while it is open, SIGTERM interrupts like Ctrl-C does.

    Args:
        repository: What is measured.
        suite: The suite's name.
        options: `key=value` of the command line.
        folder: Where records go.

    Raises:
        SuiteError: If the suite is not declared or an option is unusable.
        OutputError: If nothing can be written where records go, or where work trees go.
    """
    from banterhearts.benchmarking.declarations import parse_option  # noqa: PLC0415 - as above
    from banterhearts.benchmarking.measuring import Workplace, machine_of  # noqa: PLC0415 - as above
    from banterhearts.benchmarking.sitting import Setting  # noqa: PLC0415 - as above
    from banterhearts.benchmarking.suites import find_suite  # noqa: PLC0415 - as above
    from banterhearts.benchmarking.worktrees import Worktrees  # noqa: PLC0415 - as above
    from banterhearts.core.throttle import Throttle  # noqa: PLC0415 - as above

    found = find_suite(suite, declarations_of(repository), dict(map(parse_option, options)))
    with ExitStack() as stack:
        stack.callback(signal.signal, signal.SIGTERM, signal.signal(signal.SIGTERM, signal.default_int_handler))
        setting = Setting(
            probe=machine_of,
            keep=partial(_write, folder),
            command=_command_line(),
            throttle=stack.enter_context(Throttle()),
        )
        yield Workplace(repository, found, stack.enter_context(Worktrees(repository)), setting)


def _command_line() -> str:
    line = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    return line.replace(str(Path.home()), "~")[:4000]


def _write(folder: Path, record: RunRecord) -> Path:
    path = folder / record.workload.suite / f"{record.run_id}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(record.to_json(), encoding="utf-8")
    return path
