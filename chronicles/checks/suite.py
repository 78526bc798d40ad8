"""Running a benchmark suite of the engine before pages are written, so that they tell what it found.

The engine is another program: `banterhearts history`, started by the interpreter that runs us and from no folder of the
repository, so that no file there is taken for a module. It runs under the guard of the checks, which ends all that it
has started when its time is over or we are gone, however that happened. What it had measured until then is kept, since
it writes a record after every block, and the work trees that it leaves it removes when it runs next.

A suite that fails stops nothing: what is not measured is told without a measurement.
"""

from __future__ import annotations

import base64
import shlex
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from chronicles.checks.runner import Guard

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["run_suite"]

_NOTHING_MEASURED = 1


def run_suite(
    folder: Path,
    suite: str,
    revisions: str,
    *,
    records: str,
    limit_sec: float,
    clean: Callable[[bytes], str],
    stopped: Callable[[], bool],
) -> str:
    """Have the engine measure a suite at the commits of a range.

    Args:
        folder: The work tree, whose declaration of the suite counts.
        suite: Its name.
        revisions: A range, or one commit, of hashes.
        records: Folder of the run records, from the top of the work tree.
        limit_sec: How long all of it may take.
        clean: Makes text of what the engine printed, without secrets and what cannot be read.
        stopped: Whether nobody waits for it any more.

    Returns:
        Why there is no measurement, as a clause; empty where there is one.
    """
    if sys.platform == "win32":
        return "suites run on POSIX systems only"
    options = ("--suite", suite, "--output", records)
    command = (sys.executable, "-P", "-m", "banterhearts", "-C", str(folder), "history", revisions, *options)
    complaints: list[str] = []
    with Guard(complaints.append) as guarded:
        request = {
            "command": shlex.join(command),
            "folder": "/",
            "temporary": tempfile.gettempdir(),
            "timeout_sec": limit_sec,
        }
        answer = guarded.ask(request, stopped)
    return "it was stopped" if answer is None else _told(answer, limit_sec, clean)


def _told(answer: dict[str, Any], limit_sec: float, clean: Callable[[bytes], str]) -> str:
    """How the engine ended, as a clause; empty where it ended well."""
    if "problem" in answer:
        return f"it could not be started: {answer['problem']}"
    if answer["exit"] is None:
        return f"it was stopped after {limit_sec / 60:g} minutes; what was measured until then is kept"
    if answer["exit"] == 0:
        return ""
    lines = [line.strip() for line in clean(base64.b64decode(answer["tail"])).splitlines() if line.strip()]
    told = f": {lines[-1]}" if lines else ""
    if answer["exit"] == _NOTHING_MEASURED:
        return f"it gave no measurement{told}"
    return f"it ended with status {answer['exit']}{told}"
