"""How far a run has come, on stderr: a bar for people, a line now and then in a pipe or on a terminal that has no bars.

The time left of a run that asks a model is its tokens left over its tokens a second, both measured in this very run:
until one page has been asked for and is finished nothing is known, and "measuring" is what is said. Pages whose
answers were kept cost nothing and do not count as measured.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Protocol

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import ProgressColumn, Task

    from chronicles.writers import Effort

__all__ = ["Advance", "Pace", "bar"]

_LINE_SEC = 60.0
"""How often a run without a bar says how far it is."""
_MINUTE, _HOUR = 60, 3600
_SHORT = 12
"""Columns."""


class Advance(Protocol):
    """Says how far the work has come."""

    def __call__(self, done: int, total: int, /) -> None:
        """Show that so much of it all is done."""


@dataclass(slots=True)
class Pace:
    """What a model was measured to need; may be told by several threads.

    Args:
        clock: Seconds from any moment on.
    """

    clock: Callable[[], float] = monotonic
    tokens: int = 0
    """Written in this run."""
    _began: float | None = None
    _pages: int = 0
    """Finished ones that the model was asked for."""
    _finished_tokens: int = 0
    """Tokens when the last of them was finished."""
    _done: int = 0
    _lock: Lock = field(default_factory=Lock)

    def listen(self, effort: Effort) -> None:
        """Hear of one reply."""
        with self._lock:
            if self._began is None:
                # The reply took its seconds before we heard of it.
                self._began = self.clock() - effort.seconds
            self.tokens += effort.written_tokens

    def finish(self, done: int) -> None:
        """Hear that so many pages are done."""
        with self._lock:
            if done > self._done and self.tokens > self._finished_tokens:
                self._pages += done - self._done
                self._finished_tokens = self.tokens
            self._done = done

    @property
    def tok_per_sec(self) -> float | None:
        """Tokens written a second, over all requests at once; None before the first."""
        with self._lock:
            if self._began is None or not self.tokens:
                return None
            return self.tokens / max(self.clock() - self._began, 1e-3)

    def left_sec(self, total: int) -> float | None:
        """Seconds that the pages left will take: their tokens over the tokens a second; None while nobody can know."""
        speed = self.tok_per_sec
        with self._lock:
            if speed is None or not self._pages or total < self._done:
                return None
            begun, pages = self.tokens - self._finished_tokens, total - self._done
            # A page that is longer than those before it is news about the ones to come.
            page = max(self._finished_tokens / self._pages, self.tokens / (self._pages + 1))
            wanted = page * (pages - 1) + max(0.0, page - begun) if pages else 0.0
            return wanted / speed if wanted or not pages else None

    def said(self, total: int) -> str:
        """Both for people; empty for a run that asks no model."""
        speed = self.tok_per_sec
        if speed is None:
            return ""
        left = self.left_sec(total)
        return f"{speed:.1f} tokens/s, {'measuring' if left is None else f'about {_time(left)} left'}"


@contextmanager
def bar(label: str, pace: Pace | None = None) -> Iterator[Advance]:
    """Show how far it is while the block runs.

    Args:
        label: What is being done.
        pace: Of a model that is asked meanwhile; its speed and time left stand beside the bar.
    """
    if not sys.stderr.isatty() or os.environ.get("TERM", "").lower() in ("dumb", "unknown"):
        yield _lines(label, pace)
        return
    from rich.console import Console  # noqa: PLC0415 - 60 ms that only a person at a terminal waits for
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415 - as above

    # A short bar where there is more to say: all of it fits into 80 columns.
    columns = (TextColumn("{task.description}"), BarColumn(_SHORT if pace else 40), MofNCompleteColumn())
    left = _pace_column(pace) if pace else TimeRemainingColumn()
    with Progress(*columns, left, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(label, total=None)

        def advance(done: int, total: int, /) -> None:
            if pace:
                pace.finish(done)
            progress.update(task, completed=done, total=total)

        yield advance


def _pace_column(pace: Pace) -> ProgressColumn:
    """Speed and time left as they are whenever the bar is drawn: a page of a slow model takes minutes."""
    from rich.progress import ProgressColumn  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    class Column(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(pace.said(int(task.total or 0)) or "measuring", no_wrap=True, overflow="ellipsis")

    return Column()


def _lines(label: str, pace: Pace | None, clock: Callable[[], float] = monotonic) -> Advance:
    """Say a line for each minute that has gone by when a page is done; short runs say nothing."""
    last = clock()

    def advance(done: int, total: int, /) -> None:
        nonlocal last
        if pace:
            pace.finish(done)
        if clock() - last < _LINE_SEC or done == total:
            return
        last = clock()
        said = pace.said(total) if pace else ""
        click.echo(
            f"chronicles: {label[:1].lower()}{label[1:]}: {done} of {total}{f', {said}' if said else ''}", err=True
        )

    return advance


def _time(seconds: float) -> str:
    """A time as people say it, no more precise than it is known."""
    if seconds < _MINUTE:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / _MINUTE)
    return f"{minutes} min" if seconds < _HOUR else f"{minutes // 60} h {minutes % 60} min"
