"""`chronicles patch`: what changed between two points."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chronicles.commands.session import Session
from chronicles.documents.page import Patch
from chronicles.evidence.build import build_dossier

if TYPE_CHECKING:
    from chronicles.documents.series import Entry
    from chronicles.documents.telling import Press
    from chronicles.dossier import SubjectKey

__all__ = ["command"]


@click.command("patch")
@click.argument("revision", required=False, metavar="[REV|RANGE]")
@click.option("--dry-run", is_flag=True, help="Print the Markdown and write nothing.")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), help="Folder for the documents.")
@click.pass_obj
def command(obj: dict[str, Any], /, revision: str | None, output: Path | None, *, dry_run: bool) -> None:
    """Write the patch document of a range; by default of all since the last tag."""
    with Session(Path(obj["path"])) as session, session.alone():
        press = session.patch_press(output)
        key = session.span(revision or _since_last_tag(session))
        entry = _of(press, key)
        dossier = build_dossier(session.workshop, key)
        page = press.compose(dossier, entry.number if entry else press.series.next_number(), Patch())
        if dry_run:
            click.echo(press.render(page), nl=False)
            return
        press.series.folder.mkdir(parents=True, exist_ok=True)
        press.publish(page)
    click.echo(os.path.relpath(press.page_path(page.number)))


def _since_last_tag(session: Session) -> str:
    """The range from the nearest tag among HEAD's ancestors."""
    tip = session.repository.resolve("HEAD")
    tags = {sha for _, sha in session.repository.tags()} - {tip}
    base = next((sha for sha in session.repository.steps(tip) if sha in tags), None)
    return f"{base}..{tip}" if base else tip


def _of(press: Press, key: SubjectKey) -> Entry | None:
    """The document of a range, if there is one."""
    return next((one for one in press.series if (one.base, one.commits[:1]) == (key.base, key.commits[:1])), None)
