"""Options that several commands have."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["jobs", "jobs_option"]

_Decorated = TypeVar("_Decorated", bound="Callable[..., Any]")


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def jobs(what: str) -> Callable[[_Decorated], _Decorated]:
    """The option `--jobs`: how much of something is done at once."""
    return click.option(
        "--jobs", type=click.IntRange(min=1), default=_cores, show_default="one a core", metavar="N", help=what
    )


jobs_option = jobs("Processes that build dossiers; long runs only.")
