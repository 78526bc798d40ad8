"""`chronicles patch`: what changed between two points."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chronicles.commands.session import Session
from chronicles.documents.page import Patch
from chronicles.documents.patch_range import choose_range
from chronicles.documents.scope import scope_of
from chronicles.evidence.build import build_dossier

if TYPE_CHECKING:
    from chronicles.documents.series import Entry
    from chronicles.documents.telling import Press
    from chronicles.dossier import SubjectKey

__all__ = ["command"]


@click.command("patch")
@click.argument("revision", required=False, metavar="[REV|RANGE]")
@click.option("--path", "paths", multiple=True, metavar="PATH", help="Tell only this folder or file; may be repeated.")
@click.option("--tags", default="", metavar="GLOB", help="Only tags like this one count as a beginning.")
@click.option("--dry-run", is_flag=True, help="Print the Markdown and write nothing.")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), help="Folder for the documents.")
@click.pass_obj
def command(
    obj: dict[str, Any],
    /,
    revision: str | None,
    paths: tuple[str, ...],
    tags: str,
    output: Path | None,
    *,
    dry_run: bool,
) -> None:
    """Write the patch document of a range; by default of all since the last tag or finished document.

    \b
    chronicles patch                  since the last tag or finished document, whichever is nearer
    chronicles patch v2.0             the same of v2.0: what led to it
    chronicles patch v1.0..v2.0       exactly that
    chronicles patch --path packages/core --tags 'core-v*'
    """  # noqa: D301 - click knows the mark as the character, not as a backslash
    with Session(Path(obj["path"])) as session, session.alone():
        press = session.patch_press(output)
        scope = scope_of(paths, tags)
        key = choose_range(session.workshop, press.series, revision, scope, follow=session.follow)
        entry = _of(press, key)
        dossier = build_dossier(session.workshop, key)
        page = press.compose(dossier, entry.number if entry else press.series.next_number(), Patch())
        if dry_run:
            click.echo(press.render(page), nl=False)
            return
        press.series.folder.mkdir(parents=True, exist_ok=True)
        press.publish(page)
    click.echo(os.path.relpath(press.page_path(page.number)))


def _of(press: Press, key: SubjectKey) -> Entry | None:
    """The document of a range, if there is one."""
    wanted = (key.base, key.commits[:1], key.paths)
    return next((one for one in press.series if (one.base, one.commits[:1], one.paths) == wanted), None)
