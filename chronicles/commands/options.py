"""Options that several commands have."""

from __future__ import annotations

import os

import click

__all__ = ["jobs_option"]


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


jobs_option = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=_cores,
    show_default="one a core",
    metavar="N",
    help="Processes that build dossiers; long runs only.",
)
