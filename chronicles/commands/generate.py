"""`chronicles generate`: write episodes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chronicles.commands.options import jobs_option
from chronicles.commands.progress import bar
from chronicles.commands.session import Session
from chronicles.commands.subjects import Selection, Wanted, parse_moment, select
from chronicles.evidence.build import build_dossier

if TYPE_CHECKING:
    from datetime import datetime

    from chronicles.documents.telling import Press, Told

__all__ = ["command"]


def _moment(_ctx: click.Context, _param: click.Parameter, value: str | None) -> datetime | None:
    try:
        return parse_moment(value) if value is not None else None
    except ValueError:
        raise click.BadParameter(f"{value!r} is no day such as 2024-05-31") from None


@click.command("generate")
@click.argument("revisions", nargs=-1, metavar="[REV|RANGE]...")
@click.option("--all", "everything", is_flag=True, help="The whole first-parent history of HEAD.")
@click.option("--since", metavar="DATE", callback=_moment, help="Only commits committed on this day (UTC) or later.")
@click.option(
    "--group-by", type=click.Choice(["commit", "day", "tag"]), help="One page a commit (default), a day or a tag."
)
@click.option("--writer", type=click.Choice(["auto", "plain"]), default="auto", help="Who words the claims.")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), help="Folder for the pages.")
@click.option("--quick", is_flag=True, help="Without symbols, public names and blame; the page says so.")
@click.option("--force", is_flag=True, help="Write pages anew that exist; a person's edits stay.")
@click.option("--revoice", is_flag=True, help="Word and render pages anew from their stored dossiers.")
@jobs_option
@click.option("--dry-run", is_flag=True, help="Print the Markdown and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@click.pass_obj
def command(obj: dict[str, Any], /, output: Path | None, **options: Any) -> None:  # noqa: ANN401 - whatever click parsed
    """Write the episodes of commits; by default of HEAD.

    A commit that has its page is left alone, so a run can be stopped and started again: what is finished is kept.
    Pages are numbered as they are first written, oldest first.

    \b
    chronicles generate                        the newest commit
    chronicles generate v1.0..HEAD             one page a commit of a range
    chronicles generate --all --group-by day   the whole history, a page a day
    """  # noqa: D301 - click knows the mark as the character, not as a backslash
    for flag in ("force", "quick", "dry_run"):
        if options["revoice"] and options[flag]:
            raise click.UsageError(f"--revoice and --{flag.replace('_', '-')} exclude each other")
    wanted = Wanted(
        options["revisions"], options["everything"], options["since"], options["group_by"], options["quick"]
    )
    with Session(Path(obj["path"]), output=output) as session, session.alone():
        if session.repository.bare and output is None and not options["dry_run"]:
            raise click.UsageError("a bare repository has no work tree for pages; name a folder with --output")
        selection = select(session, wanted)
        press = session.press()
        if options["dry_run"]:
            _show(press, selection)
            return
        told = (
            _revoice(press, selection)
            if options["revoice"]
            else _tell(press, selection, force=options["force"], jobs=options["jobs"])
        )
        session.mention_records()
    _report(told, as_json=options["as_json"])


def _tell(press: Press, selection: Selection, *, force: bool, jobs: int) -> Told:
    with bar("Writing episodes") as advance:
        told = press.tell(selection.keys, force=force, jobs=jobs, step=advance)
    told.excluded = {**selection.excluded, **told.excluded}
    return told


def _revoice(press: Press, selection: Selection) -> Told:
    with bar("Voicing anew") as advance:
        return press.revoice([sha for key in selection.keys for sha in key.commits], step=advance)


def _show(press: Press, selection: Selection) -> None:
    """Print the pages that a run would write, or that it wrote."""
    number = press.series.next_number()
    for key in selection.keys:
        for part, entry in press.untold(key):
            page = press.compose(build_dossier(press.workshop, part), entry.number if entry else number)
            number += entry is None
            click.echo(press.render(page), nl=False)


def _report(told: Told, *, as_json: bool) -> None:
    written = [os.path.relpath(path) for path in told.written]
    conflicts = [
        {"path": os.path.relpath(path), "line": one.line_number, "kept": one.kept, "rendered": one.rendered}
        for path, one in told.conflicts
    ]
    if as_json:
        value = {
            "written": written,
            "unchanged": told.unchanged,
            "excluded": told.excluded,
            "conflicts": conflicts,
        }
        click.echo(json.dumps(value, ensure_ascii=False, indent=1))
        return
    for path in written:
        click.echo(path)
    parts = [f"{len(written)} written", f"{told.unchanged} unchanged"]
    parts += [f"{number} left out ({rule})" for rule, number in told.excluded.items()]
    click.echo(f"chronicles: {', '.join(parts)}.", err=True)
    for one in conflicts:
        would = one["rendered"] or "(nothing)"
        click.echo(f"{one['path']}:{one['line']}: a person's line was kept; it would now read: {would}", err=True)
