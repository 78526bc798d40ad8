"""`chronicles hook status`: what is untold, what the last run did, what went wrong, and what to do next.

It changes nothing, and reads beside a worker that writes. Whatever it cannot find out it says so, and goes on: it is
asked when something is wrong. Its last line is the one thing to do next; the exit is 1 when that is for a person to do,
since nothing will come of waiting.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chronicles.commands.draining import Pages, untold_keys
from chronicles.commands.rewriting import foresee_history, known_pairs
from chronicles.commands.session import Session
from chronicles.commands.subjects import Wanted
from chronicles.errors import Busy, ChroniclesError
from chronicles.evidence.facts import clean
from chronicles.history.location import locate
from chronicles.hook.inspection import inspect
from chronicles.hook.log import one_line
from chronicles.hook.presence import worker
from chronicles.hook.publishing import unpublished
from chronicles.hook.state import State
from chronicles.hook.suite import refusal
from chronicles.hook.worker import TRIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chronicles.documents.telling import Press
    from chronicles.history.location import Location
    from chronicles.hook.state import Report

__all__ = ["status"]

_SHOWN = 5
"""Untold commits that are named."""


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@click.pass_obj
def status(obj: dict[str, Any], *, as_json: bool) -> None:
    """Show what is untold, what the last run did, what failed, and what to do next.

    Exit 1 when a person has to do something about it.
    """
    location = locate(Path(obj["path"]))
    state = State(location.common_dir)
    found = _collect(location, state)
    found["next"], found["needs_you"] = _next(found)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        for line in _lines(found):
            click.echo(line)
    if found["needs_you"]:
        raise click.exceptions.Exit(1)


# -- finding out -------------------------------------------------------------------------------------------------------


def _collect(location: Location, state: State) -> dict[str, Any]:
    """All there is to know, as the JSON report has it."""
    inspection = inspect(location)
    report = state.report()
    found: dict[str, Any] = {
        "installed": inspection.installed,
        "hooks": {hook: [str(path) for path in paths] for hook, paths in inspection.hooks.items()},
        "managers": inspection.managers,
        "problems": inspection.problems,
        "hook_notes": inspection.notes,
        "folder": str(state.folder),
        "owner": state.owner,
        "worker": worker(state) if state.there else None,
        "unpublished": state.there and unpublished(state.folder),
        "log": str(state.folder / "log"),
        "last_run": _last_run(report),
    }
    return found | _history(location, state, report, found) | {"unreadable": state.problems}


def _history(location: Location, state: State, report: Report, found: dict[str, Any]) -> dict[str, Any]:
    """What history and pages say; as far as it can be found out."""
    pages = Pages(location, state)
    told: dict[str, Any] = {"branch": None, "checkout": None, "since": None, "waiting": None, "untold": None}
    told |= {"failed": _failed(report, {}), "unknown": "", "suite": ""}
    if not state.there or found["owner"]:
        return told
    try:
        told["branch"] = pages.branch()
        waiting = pages.waiting()
        if waiting is not None:
            told["waiting"] = {"for": waiting.what, "remedy": waiting.remedy, "passing": waiting.passing}
        checkout = pages.checkout()
        if checkout is None:
            installed = state.installed()
            told["since"] = installed.since if installed else None
            return told
        told["checkout"] = str(checkout.path)
        with Session(checkout.path) as session:
            if suite := session.settings.hook.suite:
                told["suite"] = one_line(refusal(state.folder, checkout.path, suite))
            press = session.press()
            foresee_history(session, press, known_pairs(session), Wanted())
            told |= session.look(lambda: _untold(session, press, pages, str(checkout.branch), report))
    except Busy:
        pass  # another run has the repository for long, and nothing is wrong with that
    except ChroniclesError as error:
        told["unknown"] = one_line(clean(str(error)))
    return told


def _untold(session: Session, press: Press, pages: Pages, branch: str, report: Report) -> dict[str, Any]:
    """What of the published branch has no page."""
    tip = session.repository.branch_tip(branch)
    if tip is None:
        return {"untold": {"number": 0, "parked": 0, "first": []}}
    beginning = pages.beginning(session, press, tip, known_pairs(session))
    parked = {sha for sha, one in report.failures.items() if one.tries >= TRIES}
    shas = [key.commits[0] for key in untold_keys(session, press, beginning, tip)]
    subjects = _subjects(session, [*shas[:_SHOWN], *report.failures])
    return {
        "pages_problems": len(press.series.problems),
        "since": beginning.since,
        "since_note": beginning.note,
        "untold": {
            "number": len(shas),
            "parked": len(parked & set(shas)),
            "first": [{"commit": sha, "subject": subjects.get(sha, "")} for sha in shas[:_SHOWN]],
        },
        "failed": [one for one in _failed(report, subjects) if one["commit"] in shas],
    }


def _subjects(session: Session, shas: Iterable[str]) -> dict[str, str]:
    """The subjects of commits that are still there."""
    there = [sha for sha in dict.fromkeys(shas) if session.repository.find_tree(sha)]
    return {one.sha: one_line(clean(one.subject), 72) for one in session.repository.commits(there, changes=False)}


def _last_run(report: Report) -> dict[str, Any] | None:
    if not report.began_at:
        return None
    return {
        "began": _moment(report.began_at),
        "ended": _moment(report.ended_at) if report.ended_at else None,
        "pages": report.pages,
        "written": [one_line(name) for name in report.written],
        "waiting": one_line(report.waiting),
        "failure": one_line(report.failure),
        "notes": [one_line(note) for note in report.notes],
    }


def _failed(report: Report, subjects: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "commit": sha,
            "subject": subjects.get(sha, ""),
            "tries": one.tries,
            "parked": one.tries >= TRIES,
            "what": one_line(one.what),
            "next_try": "`chronicles hook drain`" if one.tries >= TRIES else "with the next commit",
        }
        for sha, one in report.failures.items()
    ]


def _moment(at: float) -> str | None:
    """A time for people; None where the machine's calendar does not go."""
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return None


# -- saying it ---------------------------------------------------------------------------------------------------------


_DRAIN = "`chronicles hook drain`"


def _next(found: dict[str, Any]) -> tuple[str, bool]:
    """The one thing to do next, and whether a person has to do it."""
    return next(chain(_obstacles(found), _troubles(found), _work_left(found)))


def _obstacles(found: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """What keeps the hook from working at all."""
    if not found["installed"]:
        yield "`chronicles hook install` installs the hook", True
    if owner := found["owner"]:
        yield f"run {_DRAIN} as {owner}, whose repository this is; root writes nothing in it", True
    if found["problems"]:
        yield found["problems"][0], True


def _troubles(found: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """What went wrong with the work."""
    if found["unknown"]:
        yield f"mend this: {found['unknown'].rstrip('.')}. Then {_DRAIN}", True
    if found["unreadable"]:
        yield f"{_DRAIN}, which writes anew what cannot be read", True
    if failure := (found["last_run"] or {}).get("failure"):
        yield f"mend this: {failure.rstrip('.')}. Then {_DRAIN}", True
    if number := found.get("pages_problems"):
        pages = "one page is" if number == 1 else f"{number} pages are"
        yield f"{pages} not in order; `chronicles verify` names them and what mends them", True
    if found["suite"]:
        yield found["suite"], True


def _work_left(found: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """What there is to write."""
    untold, waiting = found["untold"] or {}, found["waiting"]
    if found["worker"]:
        yield "nothing: a worker is at work", False
    if waiting and waiting["passing"]:
        yield waiting["remedy"], False
    if waiting:
        yield f"nothing while you work elsewhere; {waiting['remedy']}, has the pages written", False
    if found["untold"] is None:
        yield "nothing: another run is at work; ask again when it has ended", False
    if found["unpublished"]:
        yield f"nothing: the next pass stages or commits what the last one left; {_DRAIN} does so now", False
    if parked := untold.get("parked"):
        commits = "a commit was" if parked == 1 else f"{parked} commits were"
        yield f"{_DRAIN} tries again what was given up; {found['log']} says why {commits}", True
    if untold.get("number"):
        yield f"nothing: they are told with the next commit; {_DRAIN} does so now", False
    yield "nothing: everything is told", False


def _lines(found: dict[str, Any]) -> Iterable[str]:
    """All of it for people."""
    files = dict.fromkeys(path for paths in found["hooks"].values() for path in paths)
    beside = f" (beside {', '.join(found['managers'])})" if found["managers"] else ""
    yield f"Installed: {', '.join(files) or 'in no hook'}{beside}" if found["installed"] else "Installed: no"
    if not found["installed"]:
        yield f"Next: {found['next']}."
        return
    place = f" in {found['checkout']}" if found["checkout"] else ""
    yield f"Branch: {found['branch'] or 'not known'}{place}"
    yield f"Since: {found['since'] or 'the first commit'}"
    if found.get("since_note"):
        yield f"  {found['since_note']}"
    yield from _told(found)
    if found["unpublished"]:
        yield "Not staged or committed yet: what the last pass wrote"
    if found["waiting"]:
        yield f"Waits for: {found['waiting']['for']}"
    if found["worker"]:
        yield f"Worker: process {found['worker']} is at work"
    yield from _run_lines(found["last_run"])
    for one in found["failed"]:
        given_up = "given up" if one["parked"] else "failed"
        tries = "1 try" if one["tries"] == 1 else f"{one['tries']} tries"
        yield f"Failed: {one['commit'][:12]} {one['subject']}".rstrip()
        yield f"  {given_up} after {tries}: {one['what']}"
        yield f"  next try: {one['next_try']}"
    if found["unknown"]:
        yield f"Not known: {found['unknown']}"
    if found["suite"]:
        yield f"Suite: {found['suite']}"
    for problem in (*found["problems"], *found["unreadable"]):
        yield f"Problem: {problem}"
    for note in found["hook_notes"]:
        yield f"Note: {note}"
    yield f"Log: {found['log']}"
    yield f"Next: {found['next']}."


def _told(found: dict[str, Any]) -> Iterable[str]:
    untold = found["untold"]
    if untold is None:
        yield "Untold: not known"
        return
    yield f"Untold: {untold['number']}"
    for one in untold["first"]:
        yield f"  {one['commit'][:12]} {one['subject']}".rstrip()
    if untold["number"] > len(untold["first"]):
        yield f"  and {untold['number'] - len(untold['first'])} more"


def _run_lines(last: dict[str, Any] | None) -> Iterable[str]:
    if last is None:
        yield "Last run: none yet"
        return
    pages = "1 page" if last["pages"] == 1 else f"{last['pages']} pages"
    names = f" ({', '.join(last['written'][-_SHOWN:])})" if last["written"] else ""
    when = f"ended {last['ended']}" if last["ended"] else f"began {last['began']}, and has not ended in order"
    yield f"Last run: {when}, wrote {pages}{names}"
    for label in ("failure", "waiting"):
        if last[label]:
            yield f"  {'gave up' if label == 'failure' else 'was waiting for'}: {last[label]}"
    for note in last["notes"]:
        yield f"  {note}"
