"""`chronicles hook`: pages after each commit, without anybody waiting."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chronicles.commands.hook_install import install, uninstall
from chronicles.commands.session import Session
from chronicles.commands.subjects import Wanted, select
from chronicles.commands.voicing import Account, voice, wish
from chronicles.documents.untold import is_told
from chronicles.errors import ConfigError
from chronicles.history.location import locate
from chronicles.history.worktrees import under_way, worktrees
from chronicles.hook.inspection import inspect
from chronicles.hook.state import State
from chronicles.hook.worker import drain as drain_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chronicles.documents.telling import Press
    from chronicles.dossier import SubjectKey
    from chronicles.history.location import Location
    from chronicles.hook.state import Report

__all__ = ["command"]


@click.group("hook")
def command() -> None:
    """Write the pages of new commits after each commit, in the background.

    Git itself is the queue: the hook only wakes a worker, which tells every untold commit of the published branch since
    the installation. A commit never waits for it and never fails by it.
    """


command.add_command(install)
command.add_command(uninstall)


@command.command("status")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@click.pass_obj
def status(obj: dict[str, Any], *, as_json: bool) -> None:
    """Show what is untold, what the last run did, what failed, and what to do next."""
    location = locate(Path(obj["path"]))
    state = State(location.common_dir)
    found = inspect(location)
    untold = _Pages(location, state).untold() if state.there else []
    value = {
        "hooks": {name: [str(path) for path in paths] for name, paths in found.hooks.items()},
        "managers": found.managers,
        "untold": untold,
        "report": asdict(state.report()),
        "problems": [*found.problems, *state.problems],
    }
    if as_json:
        click.echo(json.dumps(value, ensure_ascii=False, indent=1))
        return
    for key, one in value.items():
        click.echo(f"{key}: {one}")


@command.command("drain")
@click.option("--background", is_flag=True, hidden=True, help="As the hook starts it: nothing is printed.")
@click.pass_obj
def drain(obj: dict[str, Any], *, background: bool) -> None:
    """Write what is untold now, as the worker does."""
    location = locate(Path(obj["path"]))
    state = State(location.common_dir)
    if not state.there:
        raise ConfigError(location.root, "no hook is installed here; `chronicles hook install` installs it")
    report = drain_all(state, _Pages(location, state))
    if not background:
        _say(report)


def _say(report: Report | None) -> None:
    if report is None:
        click.echo("chronicles: a worker is at it already.", err=True)
        return
    click.echo(f"chronicles: {len(report.written)} pages written or changed.", err=True)


class _Pages:
    """The pages of the published branch, as the worker wants them."""

    def __init__(self, location: Location, state: State) -> None:
        self._location = location
        self._state = state

    def waiting(self) -> str:
        for worktree in worktrees(self._location):
            if operation := under_way(worktree):
                return f"a {operation} in {worktree.path}"
        return "" if self._worktree() else f"{self._branch()} to be checked out"

    def untold(self) -> list[str]:
        path = self._worktree()
        if path is None:
            return []
        with Session(path) as session, session.alone():
            return [key.commits[0] for key in self._keys(session, session.press())]

    def tell(self, commits: Sequence[str]) -> list[str]:
        path = self._worktree()
        if path is None:
            return []
        with Session(path) as session:
            with session.alone():
                press = session.press()
                keys = [key for key in self._keys(session, press) if key.commits[0] in commits]
            account = Account(session.settings.writer, ())
            with voice(session, wish(session.settings, None, None), account) as opened:
                press.writer = opened.writer
                told = press.tell(keys)
            return [path.name for path in told.written]

    def _worktree(self) -> Path | None:
        branch = self._branch()
        return next((one.path for one in worktrees(self._location) if one.branch == branch), None)

    def _branch(self) -> str:
        installed = self._state.installed()
        return installed.branch if installed else "main"

    def _keys(self, session: Session, press: Press) -> list[SubjectKey]:
        installed = self._state.installed()
        tip = session.repository.resolve("HEAD")
        since = installed.since if installed else None
        wanted = Wanted((f"{since}..{tip}",)) if since else Wanted((tip,), everything=True)
        keys = select(session, wanted).keys
        return [part for key in keys for part, entry in press.untold(key) if entry is None or not is_told(entry, part)]
