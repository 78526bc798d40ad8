"""A progress bar on stderr, for people only: a pipe or a log gets a line at the end instead."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Advance", "bar"]


class Advance(Protocol):
    """Says how far the work has come."""

    def __call__(self, done: int, total: int, /) -> None:
        """Show that so much of it all is done."""


@contextmanager
def bar(label: str) -> Iterator[Advance]:
    """Show a bar with an estimate of the time left while the block runs."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console  # noqa: PLC0415 - 60 ms that only a person at a terminal waits for
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415 - as above

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(label, total=None)

        def advance(done: int, total: int, /) -> None:
            progress.update(task, completed=done, total=total)

        yield advance
