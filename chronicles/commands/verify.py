"""`chronicles verify`: derive every published fact again."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import click

from chronicles.commands.progress import bar
from chronicles.commands.session import Session
from chronicles.documents.files import hold
from chronicles.documents.foreign import check_mentions, find_mentions
from chronicles.documents.verification import Finding, Kind, known_of, mend_page, verify_page
from chronicles.evidence.build import build_dossier

__all__ = ["command"]


@click.command("verify")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option("--fix", is_flag=True, help="Render anew what is false or stale; a person's sentences stay.")
@click.option("--strict", is_flag=True, help="Count stale pages as findings.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), help="Folder of the pages.")
@click.option("--foreign", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A page of another hand.")
@click.option("--subject", metavar="REV", help="What the foreign page tells.")
@click.pass_obj
def command(  # noqa: PLR0917 - click passes each option
    obj: dict[str, Any],
    paths: tuple[Path, ...],
    fix: bool,  # noqa: FBT001 - click passes it by name
    strict: bool,  # noqa: FBT001 - as above
    as_json: bool,  # noqa: FBT001 - as above
    output: Path | None,
    foreign: Path | None,
    subject: str | None,
) -> None:
    """Hold pages to the repository: false, stale or edited, with path and line.

    Without PATH, all pages of the output folder. Exit 1 when a page is false or has an unsigned edit; a stale page is
    listed, and counts with --strict.

    \b
    chronicles verify                                     all pages
    chronicles verify --fix                               and mend them
    chronicles verify --foreign notes.md --subject v2.0   a text that was written elsewhere
    """
    if (foreign is None) != (subject is None):
        raise click.UsageError("--foreign FILE and --subject REV go together")
    if foreign is not None and subject is not None:
        _foreign(obj, foreign, subject, as_json=as_json)
        return
    if output is None and paths:
        folders = {path.resolve() if path.is_dir() else path.resolve().parent for path in paths}
        output = folders.pop() if len(folders) == 1 else None
    with Session(Path(obj["path"]), output=output, fresh=True) as session:
        press = session.press()
        session.follow(session.repository.resolve("HEAD"))
        wanted = [path.resolve() for path in paths if path.is_file()]
        pages = [
            entry.page for entry in press.series if entry.has_page and (not wanted or entry.page.resolve() in wanted)
        ]
        findings = [
            Finding(Kind.FALSE, problem.path, 0, "", "", f"{problem.problem}. {problem.remedy}")
            for problem in press.series.problems
        ]
        with bar("Verifying") as advance:
            for done, page in enumerate(pages, 1):
                found = verify_page(press, page)
                if fix and any(one.kind in (Kind.FALSE, Kind.STALE) for one in found):
                    with hold(session.folder, locks=session.repository.git_dir / "chronicles", wait_sec=60):
                        mend_page(press, page, found)
                    found = verify_page(press, page)
                findings += found
                advance(done, len(pages))
    _report(findings, len(pages), as_json=as_json)
    if any(one.kind in (Kind.FALSE, Kind.EDITED) or (strict and one.kind is Kind.STALE) for one in findings):
        raise click.exceptions.Exit(1)


def _report(findings: list[Finding], pages: int, *, as_json: bool) -> None:
    shown = [(os.path.relpath(finding.path), finding) for finding in findings]
    if as_json:
        rows = [
            {
                "kind": one.kind.value,
                "path": path,
                "line": one.line,
                "says": one.says,
                "repository": one.repository,
                "why": one.why,
            }
            for path, one in shown
        ]
        click.echo(json.dumps({"pages": pages, "findings": rows}, ensure_ascii=False, indent=1))
        return
    for path, one in shown:
        click.echo(str(one).replace(str(one.path), path, 1))
    counts = Counter(one.kind.value for one in findings)
    parts = [f"{counts[kind.value]} {kind.value}" for kind in Kind]
    click.echo(f"chronicles: {pages} pages verified: {', '.join(parts)}.", err=True)


def _foreign(obj: dict[str, Any], path: Path, revision: str, *, as_json: bool) -> None:
    with Session(Path(obj["path"]), fresh=True) as session:
        dossier = build_dossier(session.workshop, session.subject(revision))
        text = path.read_text(encoding="utf-8", errors="replace")
        found = check_mentions(find_mentions(text), known_of(dossier, session.repository))
    if as_json:
        rows = [
            {
                "line": one.line,
                "column": one.column,
                "kind": str(one.kind),
                "says": one.text,
                "why": one.problem,
                "nearest": one.nearest,
            }
            for one in found
        ]
        click.echo(json.dumps({"findings": rows}, ensure_ascii=False, indent=1))
    else:
        for one in found:
            nearest = f" (nearest: {one.nearest})" if one.nearest else ""
            click.echo(f"{path}:{one.line}:{one.column}: {one.text}: {one.problem}{nearest}")
        click.echo(f"chronicles: {len(found)} mentions that {revision} does not have.", err=True)
    if found:
        raise click.exceptions.Exit(1)
