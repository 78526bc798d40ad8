"""`chronicles hook drain`: write what is untold, by hand or as the worker that the hook starts.

The hook starts this after every commit that finds no worker, several at once in a burst, and all but one of them have
nothing to do. So the lock is tried before anything heavy is loaded: what tells pages comes by a late import.
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chronicles.errors import ChroniclesError, ConfigError, OutputError
from chronicles.hook.presence import detach, worker
from chronicles.hook.script import STATE
from chronicles.hook.state import State
from chronicles.hook.work import BACKGROUND, BY_HAND
from chronicles.hook.worker import drain as write_untold

if TYPE_CHECKING:
    from chronicles.commands.draining import Pages
    from chronicles.hook.log import Log
    from chronicles.hook.state import Report

__all__ = ["drain"]


@click.command("drain")
@click.option("--background", is_flag=True, hidden=True, help="As the hook starts it: nothing is printed.")
@click.pass_obj
def drain(obj: dict[str, Any], *, background: bool) -> None:
    """Write what is untold now, as the worker does.

    Commits that were given up are tried again. Exit 1 when pages are left: a commit could not be told, or they wait for
    a rebase, merge, cherry-pick, revert or bisect that is under way, or for the published branch to be checked out.
    """
    if background:
        _in_background(Path(obj["path"]))
    else:
        _by_hand(Path(obj["path"]))


def _in_background(path: Path) -> None:
    """Be the worker, unless there is one."""
    path, here = path.absolute(), Path.cwd()
    if here.name == STATE:  # where the shell starts it, and git need not be asked
        state = State(here.parent)
    else:
        from chronicles.history.location import locate  # noqa: PLC0415 - as above

        state = State(locate(path).common_dir)
    if not state.there:
        return
    if state.owner:
        state.leave_to_owner()
        return
    detach()
    with ExitStack() as stack:

        def prepare() -> tuple[Pages, Log]:
            import faulthandler  # noqa: PLC0415 - as above

            faulthandler.enable()  # the shell has turned our standard error to a file that is looked at
            pages, log = _prepare(state, path)
            pages.ending.listen()
            stack.enter_context(closing(log))
            stack.enter_context(log.hearing())
            return pages, log

        try:
            write_untold(state, prepare, BACKGROUND)
        except OutputError as error:
            now = time.time()
            state.tell(replace(state.report(), began_at=now, ended_at=now, failure=str(error)))


def _by_hand(path: Path) -> None:
    """Write what is untold, and say what came of it."""
    from chronicles.history.location import locate  # noqa: PLC0415 - as above

    location = locate(path)
    state = State(location.common_dir)
    if not state.there:
        raise ConfigError(location.root, "no hook is installed here; `chronicles hook install` installs it")
    if owner := state.owner:
        raise ConfigError(
            location.common_dir, f"it belongs to {owner}, who could not write what root leaves; run this as {owner}"
        )
    pages, log = _prepare(state, path)
    waiting = pages.waiting()
    if waiting is not None:
        click.echo(f"chronicles: pages wait for {waiting.what}. Next: {waiting.remedy}.", err=True)
        raise click.exceptions.Exit(1)
    if (other := worker(state)) is not None:
        state.wake()  # one that rests after a failure begins at once
        click.echo(f"chronicles: a worker (process {other}) is at work; waiting for it.", err=True)
    with closing(log):
        report = write_untold(state, lambda: (pages, log), BY_HAND)
    _say(report, pages, log)
    if report is None or report.failures or report.waiting:
        raise click.exceptions.Exit(1)


def _prepare(state: State, path: Path) -> tuple[Pages, Log]:
    from chronicles.commands.draining import Pages  # noqa: PLC0415 - as above
    from chronicles.evidence.facts import clean  # noqa: PLC0415 - as above
    from chronicles.history.location import locate  # noqa: PLC0415 - as above
    from chronicles.hook.log import Log  # noqa: PLC0415 - as above

    try:
        location = locate(path)
    except ChroniclesError:
        location = None  # the checkout of the commit is gone
    if location is None or location.common_dir.resolve() != state.folder.parent.resolve():
        location = locate(state.folder.parent)
    return Pages(location, state), Log(state.folder, clean)


def _say(report: Report | None, pages: Pages, log: Log) -> None:
    for one in pages.paths:
        click.echo(os.path.relpath(one))
    if report is None:
        click.echo("chronicles: the hook was taken out meanwhile.", err=True)
        return
    written = len(pages.paths)
    pages_are = "1 page" if written == 1 else f"{written} pages"
    click.echo(f"chronicles: {pages_are} written or changed.", err=True)
    for note in report.notes:
        click.echo(f"chronicles: {note}.", err=True)
    if report.waiting:
        click.echo(f"chronicles: the rest waits for {report.waiting}.", err=True)
    for sha, failed in report.failures.items():
        click.echo(f"chronicles: {sha[:12]} could not be told, {failed.tries} tries: {failed.what}", err=True)
    if report.failures:
        click.echo(f"chronicles: {log.path} has the details; `chronicles hook drain` tries again.", err=True)
