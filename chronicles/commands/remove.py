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
    """Delete PAGE and its sidecar; its number is not used again, and an episode's commits are not told again."""
    page = page.resolve()
    with Session(Path(obj["path"]), output=page.parent) as session, session.alone():
        press = session.press_of(page)
        entry = next((one for one in press.series if one.page.resolve() == page), None)
        if entry is None:
            raise PageError(page, "is no page of this series", f"The pages are in {os.path.relpath(page.parent)}/")
        press.remove(entry)
        for problem in press.problems.values():
            click.echo(f"chronicles: {problem}", err=True)
    click.echo(f"chronicles: removed {os.path.relpath(page)}; number {entry.number} stays unused.", err=True)
