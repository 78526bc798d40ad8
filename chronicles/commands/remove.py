"""`chronicles remove`: take a page out for good."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from chronicles.commands.session import Session
from chronicles.errors import PageError

__all__ = ["command"]


@click.command("remove")
@click.argument("page", type=click.Path(path_type=Path))
@click.pass_obj
def command(obj: dict[str, Any], page: Path) -> None:
    """Delete PAGE and its sidecar; its number is not used again, and an episode's commits are not told again.

    PAGE is a path, or the name of an episode or a patch document alone, with or without .md.
    """
    named, page = page, _find(Path(obj["path"]), page).resolve()
    with Session(Path(obj["path"]), output=page.parent) as session, session.alone():
        press = session.press_of(page)
        entry = next((one for one in press.series if one.page.resolve() == page), None)
        if entry is None:
            where = " and ".join(f"{os.path.relpath(folder)}/" for folder in _folders(session))
            raise PageError(named, "is no page of this project", f"The pages are in {where}")
        press.remove(entry)
        for problem in press.problems.values():
            click.echo(f"chronicles: {problem}", err=True)
    click.echo(f"chronicles: removed {os.path.relpath(page)}; number {entry.number} stays unused.", err=True)


def _find(repository: Path, page: Path) -> Path:
    """The page that a path names; a name alone that is no file here is looked for where the pages are."""
    if page.exists() or page.name != str(page):
        return page
    with Session(repository) as session:
        names = (page.name, f"{page.name}.md")
        there = [folder / name for folder in _folders(session) for name in names]
    return next((one for one in there if one.is_file()), page)


def _folders(session: Session) -> dict[Path, None]:
    """Where the settings have episodes and patch documents."""
    return dict.fromkeys(session.root / folder for folder in (session.settings.output, session.settings.patches))
