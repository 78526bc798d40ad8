"""Running the checks that a patch document is told with, before it is told.

They run while nobody holds the folder: a test suite may take an hour, and a commit waits for nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from chronicles.checks import run_checks
from chronicles.evidence.redaction import redact_output

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.commands.session import Session
    from chronicles.dossier import SubjectKey

__all__ = ["check"]


def check(session: Session, choose: Callable[[], SubjectKey], *, wanted: bool | None, writes: bool) -> None:
    """Run what is to run at the end of a range, and say on stderr what that is.

    Args:
        session: Whose settings name the checks.
        choose: Chooses the range.
        wanted: Whether somebody asked for them; None leaves it to the settings.
        writes: Whether this run writes anything.

    Raises:
        click.UsageError: If checks were asked for where none can run.
    """
    checks, folder = session.workshop.checks, session.check_records
    if wanted and not writes:
        raise click.UsageError("--check leaves records, and this run is to write nothing")
    if wanted and not (checks and folder):
        raise click.UsageError("no check is configured; name commands in [tool.chronicles.checks] (docs/checks.md)")
    if wanted is False or not writes or not checks or folder is None:
        return
    tip = session.look(choose).commits[0]
    run_checks(
        session.repository,
        checks,
        tip,
        folder=folder,
        clean=redact_output,
        say=lambda line: click.echo(f"chronicles: {line}", err=True),
        again=wanted is True,
    )
