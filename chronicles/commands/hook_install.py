"""`chronicles hook install` and `uninstall`: the hook beside the hooks that are there, and out again."""

from __future__ import annotations

import os
import shutil
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import chronicles
from chronicles.config import load_settings
from chronicles.documents.series import Series
from chronicles.errors import Busy, ConfigError, OutputError, RangeError
from chronicles.files import hold
from chronicles.history.location import locate
from chronicles.history.repository import Repository
from chronicles.history.worktrees import hooks_folders, published_branch, worktrees
from chronicles.hook import changes
from chronicles.hook.inspection import inspect
from chronicles.hook.install import check, left_aside, places
from chronicles.hook.install import install as put
from chronicles.hook.install import uninstall as take
from chronicles.hook.managers import is_husky, lefthook_lines
from chronicles.hook.script import wake_script
from chronicles.hook.state import Installed, State
from chronicles.hook.suite import allow_suite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chronicles.config import Settings
    from chronicles.history.location import Location
    from chronicles.history.worktrees import HooksFolder

__all__ = ["install", "uninstall"]


@click.command("install")
@click.option(
    "--branch", metavar="NAME", help="Branch whose commits get pages; by default the remote's default branch."
)
@click.option("--since", metavar="REV", help="Write the pages of what came after this commit, too.")
@click.option("--shared", is_flag=True, help="Also where `core.hooksPath` names hooks that serve other repositories.")
@click.pass_obj
def install(obj: dict[str, Any], *, branch: str | None, since: str | None, shared: bool) -> None:
    """Install the hook in this repository, beside the hooks that are there.

    Commits of the published branch get their pages from now on. Hooks that are there keep running, those of husky,
    lefthook and pre-commit too; `chronicles hook uninstall` gives every byte of them back. Running it again mends what
    was damaged, and goes on where it was.
    """
    location = locate(Path(obj["path"]))
    _refuse(location)
    folders = hooks_folders(location)
    check(folders, shared=shared)
    state = State(location.common_dir)
    settings = load_settings(location.worktree_dir, name="")
    with Repository.open(Path(obj["path"])) as repository:
        wanted = _wanted(repository, state, settings, branch, since)
    git = Path(shutil.which("git") or "/usr/bin/git")
    with ExitStack() as undo:
        changes.make(state.folder / "rewritten", undo)
        changes.keep(state.folder / "installed.json", undo)
        state.install(wanted)
        package = Path(chronicles.__file__)
        changes.write(state.folder / "wake", wake_script(Path(sys.executable), package, git), undo)
        changes.keep(state.folder / "suite.json", undo)
        suite = allow_suite(state.folder, location.root, settings.hook.suite)
        changed = put(folders, state.folder, undo)
        undo.pop_all()
    for name in ("missing", "complaints"):
        with suppress(OSError):
            (state.folder / name).unlink(missing_ok=True)
    _tell(location, wanted, changed, folders)
    if suite:
        click.echo(f"  {suite}", err=True)
    click.echo(
        "chronicles: next, commit; a worker writes the page in the background. `chronicles hook status` shows what it "
        "does, `chronicles hook drain` writes what is untold now.",
        err=True,
    )


@click.command("uninstall")
@click.option("--shared", is_flag=True, help="Also out of hooks that serve other repositories.")
@click.pass_obj
def uninstall(obj: dict[str, Any], *, shared: bool) -> None:
    """Take the hook out again; every other byte of the hooks is as it was. Pages stay."""
    location = locate(Path(obj["path"]))
    folders = hooks_folders(location)
    state = State(location.common_dir)
    installed = state.folder.is_dir()
    files = places(state.folder).files
    with ExitStack() as undo:
        changed = take(folders, state.folder, shared=shared, undo=undo)
        undo.pop_all()
    busy = installed and _forget(state)
    if not changed and not installed:
        click.echo("chronicles: no hook of ours is installed here.", err=True)
        return
    click.echo("chronicles: the hook is taken out; the pages stay.", err=True)
    _list(changed)
    for path in left_aside(files):
        click.echo(f"  {path} is what was there before; what took its place was changed since, so both stay", err=True)
    if busy:
        click.echo("  a worker is at work still; it ends by itself", err=True)
    for folder in folders:
        if folder.shared and not shared:
            what = "serves other repositories too; `chronicles hook uninstall --shared` frees it of the block for all"
            click.echo(f"  {folder.path} {what}", err=True)


def _refuse(location: Location) -> None:
    """Refuse where no worker could work.

    Raises:
        ConfigError: For a bare repository, and to root in somebody else's.
    """
    if location.worktree_dir is None:
        problem = "a bare repository has no checkout that pages could be written to; install the hook in a clone of it"
        raise ConfigError(location.root, problem)
    if not sys.executable:
        raise ConfigError(location.root, "this Python does not know where it is; run `chronicles` by its full path")
    if sys.platform != "win32":
        owner = location.common_dir.stat().st_uid
        if os.geteuid() == 0 and owner != 0:
            name = _user(owner)
            problem = f"belongs to {name}, who could not change what root writes there"
            raise ConfigError(
                location.root, f"{problem}; `sudo -u {name} chronicles hook install` installs it for them"
            )


def _user(number: int) -> str:
    import pwd  # noqa: PLC0415 - Windows has none

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"'#{number}'"  # as sudo takes a number


def _wanted(
    repository: Repository, state: State, settings: Settings, branch: str | None, since: str | None
) -> Installed:
    """Of which branch, and since when, commits are told.

    Raises:
        ConfigError: If there is no such branch, or none to be found.
        UnknownRevision: If `since` names no commit.
        RangeError: If it names one beside the branch.
    """
    before = state.installed()
    if branch and settings.hook.branch not in ("", branch):
        problem = f"the settings name {settings.hook.branch} as the hook's branch; change it there"
        raise ConfigError(repository.root, problem)
    known = before.branch if before and (repository.branch_tip(before.branch) or before.since is None) else ""
    name = branch or published_branch(repository, configured=settings.hook.branch, remembered=known)
    if name is None:
        problem = "HEAD is on no branch, and nothing says whose history is told; name a branch: `--branch NAME`"
        raise ConfigError(repository.root, problem)
    tip = repository.branch_tip(name)
    if tip is None and name != repository.head_branch():
        raise ConfigError(repository.root, f"there is no branch {name} here; `git branch` lists those that there are")
    if since is not None:
        start = repository.resolve(since)
        if tip is None or not repository.is_ancestor(start, tip):
            raise RangeError(since, f"is no commit of {name}", f"Name one of `git log --first-parent {name}`")
        return Installed(name, start)
    if before is not None and (before.branch == name or _goes_on(repository, before.since, tip)):
        return Installed(name, before.since)
    if before is None and state.folder.is_dir() and tip is not None:
        checkout = next((one.path for one in worktrees(repository.location) if one.branch == name), repository.root)
        told = Series(checkout / settings.output, first=settings.first_episode)
        return Installed(name, next((step for step in repository.steps(tip) if told.by_commit(step)), tip))
    return Installed(name, tip)


def _goes_on(repository: Repository, since: str | None, tip: str | None) -> bool:
    """Whether the history of a branch goes on from where another's began, as that of a renamed one does."""
    return since is not None and tip is not None and since in repository.steps(tip)


def _forget(state: State) -> bool:
    """Remove the hook's own folder; whether a worker was at work in it.

    Raises:
        OutputError: If it cannot be removed.
    """
    busy = False
    with suppress(OSError):
        (state.folder / "wake").unlink(missing_ok=True)  # so that nobody else begins
    try:
        with hold(state.folder, locks=state.folder):
            pass
    except Busy:
        busy = True
    # A commit of a moment ago may still be leaving its wake-up there.
    for wait_sec in (0.0, 0.1, 0.3, 0.6):
        time.sleep(wait_sec)
        shutil.rmtree(state.folder, ignore_errors=True)
        if not state.folder.exists():
            return busy
    raise OutputError(state.folder, "the hook is out of use, but its folder cannot be removed")


def _tell(location: Location, wanted: Installed, changed: Sequence[Path], folders: Sequence[HooksFolder]) -> None:
    """Say what was done, in which files, and what happens next."""
    since = f"after {wanted.since[:7]}" if wanted.since else "from the first one on"
    click.echo(f"chronicles: the hook is installed; commits on {wanted.branch} {since} get their pages.", err=True)
    if changed:
        _list(changed)
    else:
        click.echo("  every hook has the block already; nothing was changed", err=True)
    if any(map(is_husky, folders)):
        hint = "are files of husky's that git tracks: commit them or not, they do nothing in other clones"
        click.echo(f"  the files in .husky {hint}", err=True)
    found = inspect(location)
    for problem in (*found.problems, *found.notes):
        click.echo(f"  mind: {problem}", err=True)
    for folder in folders:
        if lines := lefthook_lines(folder):
            click.echo(f"  for your lefthook-local configuration:\n\n{lines}", err=True)


def _list(paths: Sequence[Path]) -> None:
    for path in paths:
        click.echo(f"  {os.path.relpath(path)}", err=True)
