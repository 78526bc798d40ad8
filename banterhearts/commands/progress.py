"""A progress bar on stderr, for a person at a terminal; a pipe or a log gets none."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from banterhearts.benchmarking.sitting import Advance, Outcome

__all__ = ["say_missing", "visits_bar"]


@contextmanager
def visits_bar(title: str) -> Iterator[Advance]:
    """Show the visits of a sitting, whose turn it is and the time left while the block runs."""
    if not sys.stderr.isatty():
        yield lambda _done, _total, _label: None
        return
    from rich.console import Console  # noqa: PLC0415 - 60 ms that only a person at a terminal waits for
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415 - as above

    # Drawn between visits only, or its thread would take a share of the cores. A case's name is no markup.
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, auto_refresh=False) as progress:
        task = progress.add_task(title, total=None)

        def advance(done: int, total: int, label: str, /) -> None:
            progress.update(task, completed=done, total=total, description=f"{title}  {label:<11}", refresh=True)

        yield advance


def say_missing(case: str, outcome: Outcome) -> None:
    """What an interrupted sitting kept, and what it lacks."""
    done, last = outcome.blocks, outcome.planned - 1
    kept = f"kept {done} of {outcome.planned} blocks" if outcome.kept else "no block was finished, nothing is kept"
    lacks = f"block {last}" if done == last else f"blocks {done} to {last}"
    click.echo(f"{case}: interrupted; {kept}, {lacks} missing", err=True)
