"""One line at a terminal about what the hook could not do, since nobody stands beside it when it happens.

It costs a look into one small file, and asks neither git nor any setting.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["notice"]


def notice(path: Path) -> None:
    """Say on stderr, if that is a terminal, that the hook of the repository around a path needs somebody."""
    if not sys.stderr.isatty():
        return
    common = _common_dir(path)
    if common is None:
        return
    from chronicles.hook.log import one_line  # noqa: PLC0415 - only beside a terminal
    from chronicles.hook.state import State  # noqa: PLC0415 - as above
    from chronicles.hook.worker import TRIES  # noqa: PLC0415 - as above

    state = State(common)
    if not state.there:
        return
    report = state.report()
    parked = sum(one.tries >= TRIES for one in report.failures.values())
    if report.failure:
        what = f"the hook could not write pages: {one_line(report.failure, 160)}"
    elif state.missing:
        what = "the hook's Python is gone, so it writes no pages"
    elif parked:
        what = f"the hook has given up {'a commit' if parked == 1 else f'{parked} commits'}"
    else:
        return
    click.echo(f"chronicles: {what}. `chronicles hook status` says what to do.", err=True)


def _common_dir(path: Path) -> Path | None:
    """The git directory that all checkouts share, as far as files tell; None where there is none."""
    with suppress(OSError, ValueError):
        for folder in (path.absolute(), *path.absolute().parents):
            git = folder / ".git"
            if git.is_file():
                git = folder / git.read_text("utf-8", "surrogateescape").removeprefix("gitdir:").strip()
            if git.is_dir():
                shared = git / "commondir"
                return git / shared.read_text("utf-8", "surrogateescape").strip() if shared.is_file() else git
    return None
