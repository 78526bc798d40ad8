"""`chronicles generate`: write episodes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chronicles.commands.progress import bar
from chronicles.commands.session import Session
from chronicles.documents.files import hold
from chronicles.evidence.build import build_dossier
from chronicles.evidence.subject import GroupBy, plan

if TYPE_CHECKING:
    from chronicles.documents.telling import Press, Told
    from chronicles.evidence.dossier import SubjectKey

__all__ = ["command"]


@click.command("generate")
@click.argument("revisions", nargs=-1, metavar="[REV|RANGE]...")
@click.option("--all", "everything", is_flag=True, help="The whole first-parent history of HEAD.")
@click.option("--since", metavar="DATE", help="Only commits committed at or after this day (2024-05-31).")
@click.option(
    "--group-by", type=click.Choice(["commit", "day", "tag"]), help="One page a commit (default), a day or a tag."
)
@click.option("--writer", type=click.Choice(["auto", "plain"]), default="auto", help="Who words the claims.")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), help="Folder for the pages.")
@click.option("--quick", is_flag=True, help="Without symbols, public names and blame; the page says so.")
@click.option("--force", is_flag=True, help="Write pages anew that exist; a person's edits stay.")
@click.option("--revoice", is_flag=True, help="Word and render pages anew from their stored dossiers.")
@click.option("--dry-run", is_flag=True, help="Print the Markdown and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@click.pass_obj
def command(  # noqa: PLR0917 - click passes each option
    obj: dict[str, Any],
    revisions: tuple[str, ...],
    everything: bool,  # noqa: FBT001 - click passes it by name
    since: str | None,
    group_by: GroupBy | None,
    writer: str,
    output: Path | None,
    quick: bool,  # noqa: FBT001 - as above
    force: bool,  # noqa: FBT001 - as above
    revoice: bool,  # noqa: FBT001 - as above
    dry_run: bool,  # noqa: FBT001 - as above
    as_json: bool,  # noqa: FBT001 - as above
) -> None:
    """Write the episodes of commits; by default of HEAD.

    A commit that has its page is left alone, so a run can be stopped and started again: what is finished is kept.
    Pages are numbered as they are first written, oldest first.

    \b
    chronicles generate                        the newest commit
    chronicles generate v1.0..HEAD             one page a commit of a range
    chronicles generate --all --group-by day   the whole history, a page a day
    """
    del writer  # one writer so far; `auto` is `plain` where no model is
    with Session(Path(obj["path"]), output=output) as session:
        press = session.press()
        reading = "quick" if quick else "full"
        keys, excluded = _keys(session, revisions, everything, since, group_by, reading)
        if dry_run:
            _show(press, session, keys)
            return
        with hold(session.folder, locks=session.repository.git_dir / "chronicles", wait_sec=60):
            told = _revoice(press, keys) if revoice else _tell(press, keys, force)
        told.excluded = excluded
        _report(told, session, as_json=as_json)


def _keys(  # noqa: PLR0917 - the options that choose subjects
    session: Session,
    revisions: tuple[str, ...],
    everything: bool,  # noqa: FBT001 - an option's value
    since: str | None,
    group_by: GroupBy | None,
    reading: str,
) -> tuple[list[SubjectKey], dict[str, int]]:
    """The subjects that were asked for, oldest first within each revision, and what no page tells."""
    keys: dict[tuple[str, ...], SubjectKey] = {}
    excluded: dict[str, int] = {}
    whole = everything or since is not None
    fold = session.settings.fold_below if session.settings.fold == "day" and group_by is None else None
    tags = [sha for _, sha in session.repository.tags()] if group_by == "tag" else []
    for revision in revisions or ("HEAD",):
        single = ".." not in revision and not whole and group_by is None
        base, tip = (
            (None, session.repository.resolve(revision))
            if ".." not in revision
            else session.repository.resolve_range(revision)
        )
        with bar("Reading history") as advance:
            depth = session.follow(tip, advance)
        index = session.workshop.index
        if single:
            first = depth
        elif ".." in revision:
            steps = session.steps(base, tip)
            first = depth - len(steps) + 1
        else:
            first = 0 if whole or group_by == "tag" else _start_of_day(session, depth)
        chosen = [step for step in index.steps(first, depth) if since is None or step.at >= _at(since)]
        found, left = plan(
            chosen,
            parent=session.workshop.parent,
            group_by=group_by or "commit",
            fold_below=None if single else fold,
            tags=tags,
            reading=reading,
        )
        keys |= {key.commits: key for key in found}
        for rule, number in left.items():
            excluded[rule] = excluded.get(rule, 0) + number
    return list(keys.values()), excluded


def _start_of_day(session: Session, depth: int) -> int:
    """The first step of the run of steps that share the day of the step at a depth."""
    from chronicles.evidence.subject import utc_day  # noqa: PLC0415 - used by this option alone

    index = session.workshop.index
    last = index.step(depth)
    while depth and last and (before := index.step(depth - 1)) and utc_day(before.at) == utc_day(last.at):
        depth -= 1
    return depth


def _at(day: str) -> int:
    from datetime import UTC, datetime  # noqa: PLC0415 - used by one option alone

    try:
        moment = datetime.fromisoformat(day)
    except ValueError:
        raise click.BadParameter(f"{day!r} is no day such as 2024-05-31", param_hint="--since") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _tell(press: Press, keys: list[SubjectKey], force: bool) -> Told:  # noqa: FBT001 - an option's value
    done = 0
    with bar("Writing episodes") as advance:

        def step(_told: Told) -> None:
            nonlocal done
            done += 1
            advance(done, len(keys))

        return press.tell(keys, force=force, step=step)


def _revoice(press: Press, keys: list[SubjectKey]) -> Told:
    with bar("Voicing anew") as advance:
        return press.revoice([sha for key in keys for sha in key.commits], step=advance)


def _show(press: Press, session: Session, keys: list[SubjectKey]) -> None:
    number = press.series.next_number()
    for key in keys:
        entry = press.series.by_commits(key.commits)
        page = press.compose(build_dossier(session.workshop, key), entry.number if entry else number)
        number += entry is None
        click.echo(press.render(page), nl=False)


def _report(told: Told, session: Session, *, as_json: bool) -> None:
    shown = [Path(os.path.relpath(path)) for path in told.written]
    if as_json:
        value = {"written": [str(path) for path in shown], "unchanged": told.unchanged, "excluded": told.excluded}
        click.echo(json.dumps(value))
        return
    for path in shown[:20]:
        click.echo(str(path))
    if len(shown) > 20:  # noqa: PLR2004 - a screenful
        click.echo(f"... and {len(shown) - 20} more in {os.path.relpath(session.folder)}")
    parts = [f"{len(shown)} written", f"{told.unchanged} unchanged"]
    parts += [f"{number} commits left out ({rule})" for rule, number in told.excluded.items()]
    click.echo(f"chronicles: {', '.join(parts)}.", err=True)
    for path, conflict in told.conflicts:
        place = f"{os.path.relpath(path)}:{conflict.line_number}"
        click.echo(
            f"{place}: a person's line was kept; it would now read: {conflict.rendered or '(nothing)'}", err=True
        )
