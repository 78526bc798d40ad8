"""`chronicles verify`: derive every published fact again."""

from __future__ import annotations

import json
import os
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chronicles.commands.options import jobs_option
from chronicles.commands.progress import bar
from chronicles.commands.session import Session
from chronicles.documents.foreign import check_mentions, find_mentions
from chronicles.documents.known import known_of
from chronicles.documents.mending import mend_page
from chronicles.documents.verification import Finding, Kind, verify_page, verify_pages
from chronicles.documents.verified import Verified, keep_verified, stamp_of
from chronicles.errors import PageError
from chronicles.evidence.build import build_dossier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chronicles.documents.foreign import Finding as Mentioned
    from chronicles.documents.series import Entry, Problem
    from chronicles.documents.telling import Press

__all__ = ["command"]


@click.command("verify")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option("--fix", is_flag=True, help="Render anew what is false or stale; a person's sentences stay.")
@click.option("--strict", is_flag=True, help="Count stale pages as findings.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@jobs_option
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), help="Folder of the pages.")
@click.option("--foreign", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A page of another hand.")
@click.option("--subject", metavar="REV", help="What the foreign page tells.")
@click.pass_obj
def command(obj: dict[str, Any], /, paths: tuple[Path, ...], **options: Any) -> None:  # noqa: ANN401 - whatever click parsed
    """Hold pages to the repository: false, stale or edited, with path and line.

    PATH is a page or a folder of pages; without it, all pages of the output folder. Exit 1 when a page is false or has
    an unsigned edit; a stale page is listed, and counts with --strict.

    \b
    chronicles verify                                     all pages
    chronicles verify --fix                               and mend them
    chronicles verify --foreign notes.md --subject v2.0   a text that was written elsewhere
    """  # noqa: D301 - click knows the mark as the character, not as a backslash
    foreign, subject = options["foreign"], options["subject"]
    if (foreign is None) != (subject is None):
        raise click.UsageError("--foreign FILE and --subject REV go together")
    if foreign is not None:
        found = _read_foreign(Path(obj["path"]), foreign, subject)
        _report_foreign(found, foreign, subject, as_json=options["as_json"])
        failed = bool(found)
    else:
        verified = _Verified([], 0)
        for folder, wanted in _by_folder(paths, options["output"]):
            verified += _verify_folder(Path(obj["path"]), folder, wanted, fix=options["fix"], jobs=options["jobs"])
        _report(verified, as_json=options["as_json"])
        counted = {Kind.FALSE, Kind.EDITED, *((Kind.STALE,) if options["strict"] else ())}
        failed = any(one.kind in counted for one in verified.findings)
    if failed:
        raise click.exceptions.Exit(1)


@dataclass(frozen=True, slots=True)
class _Verified:
    """What some pages were found to say."""

    findings: list[Finding]
    pages: int
    stamps: Mapping[Path, str] = field(default_factory=dict)
    """What the files of each page were that was held to the repository."""

    def __add__(self, other: _Verified) -> _Verified:
        return _Verified([*self.findings, *other.findings], self.pages + other.pages, {**self.stamps, **other.stamps})

    @property
    def clean(self) -> dict[str, str]:
        """The pages that are in order: nothing on them or in their sidecars is false, stale or edited."""
        wrong = {one.path.with_suffix(".md") for one in self.findings if one.kind is not Kind.EXTERNAL}
        return {str(page): stamp for page, stamp in self.stamps.items() if stamp and page not in wrong}


def _by_folder(paths: tuple[Path, ...], output: Path | None) -> list[tuple[Path | None, list[Path]]]:
    """Folders of pages, each with the pages of it that are wanted; none for all of them."""
    if not paths:
        return [(output, [])]
    folders: dict[Path, list[Path]] = {}
    for path in map(Path.resolve, paths):
        if path.is_dir():
            folders[path] = []
        elif folders.get(path.parent) != []:
            folders.setdefault(path.parent, []).append(path)
    return list(folders.items())


def _verify_folder(repository: Path, folder: Path | None, wanted: list[Path], *, fix: bool, jobs: int) -> _Verified:
    """Verify the episodes and the patch documents of a folder, or all that the settings name."""
    with Session(repository, output=folder, fresh=True) as session, session.alone() if fix else nullcontext():
        tip = session.repository.resolve("HEAD")
        session.follow(tip)
        verified = _Verified([], 0)
        unknown = set(wanted)
        for opened in (session.press, partial(session.patch_press, folder)):
            press = opened()
            entries = [
                one for one in press.series if not wanted or {one.page.resolve(), one.sidecar.resolve()} & unknown
            ]
            known = {path for one in entries for path in _files(one)}
            unknown -= known
            verified += _verify_entries(press, entries, fix=fix, jobs=jobs)
            series = opened().series if fix and entries else press.series
            problems = [_of_problem(one) for one in series.problems if not wanted or one.path.resolve() in known]
            verified = replace(verified, findings=problems + verified.findings)
        if unknown:
            raise PageError(min(unknown), "is no page of a series", "`--foreign FILE --subject REV` reads any text")
        session.mention_records()
        if not wanted and folder is None:
            note = Verified(tip, verified.clean, len(verified.stamps) - len(verified.clean))
            keep_verified(session.repository.git_dir / "chronicles", note)
    return verified


def _files(entry: Entry) -> set[Path]:
    return {entry.page.resolve(), entry.sidecar.resolve()}


def _verify_entries(press: Press, entries: list[Entry], *, fix: bool, jobs: int) -> _Verified:
    findings: list[Finding] = []
    stamps: dict[Path, str] = {}
    readable = [entry.page for entry in entries if entry.has_page and entry.has_sidecar]
    with bar("Verifying") as advance:
        for done, (page, first) in enumerate(verify_pages(press, readable, jobs=jobs), 1):
            found = first
            if fix and any(one.kind in (Kind.FALSE, Kind.STALE) for one in found):
                mend_page(press, page, found)
                found = verify_page(press, page)
            findings += found
            stamps[page] = stamp_of(page, page.with_suffix(".json"))
            advance(done, len(readable))
    return _Verified(findings, sum(entry.has_page for entry in entries), stamps)


def _of_problem(problem: Problem) -> Finding:
    return Finding(Kind.FALSE, problem.path, 0, "", "", f"{problem.problem}. {problem.remedy}")


def _report(verified: _Verified, *, as_json: bool) -> None:
    shown = [(os.path.relpath(finding.path), finding) for finding in verified.findings]
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
        click.echo(json.dumps({"pages": verified.pages, "findings": rows}, ensure_ascii=False, indent=1))
        return
    for path, one in shown:
        click.echo(str(one).replace(str(one.path), path, 1))
    # Of pages, as those that were verified are: a page may say much that is false.
    counts = Counter(kind for kind, _ in {(one.kind, one.path.with_suffix(".md")) for one in verified.findings})
    parts = [f"{counts[kind]} {kind.value}" for kind in Kind]
    pages = f"{verified.pages:,} {'page' if verified.pages == 1 else 'pages'}"
    click.echo(f"chronicles: {pages} verified: {', '.join(parts)}.", err=True)


def _read_foreign(repository: Path, path: Path, revision: str) -> list[Mentioned]:
    with Session(repository, fresh=True) as session:
        dossier = build_dossier(session.workshop, session.subject(revision))
        text = path.read_text(encoding="utf-8", errors="replace")
        return check_mentions(find_mentions(text), known_of(dossier, session.repository))


def _report_foreign(found: list[Mentioned], path: Path, revision: str, *, as_json: bool) -> None:
    if as_json:
        rows = [
            {
                "line": one.line,
                "column": one.column,
                "kind": one.kind.value,
                "says": one.text,
                "why": one.problem,
                "nearest": one.nearest,
            }
            for one in found
        ]
        click.echo(json.dumps({"findings": rows}, ensure_ascii=False, indent=1))
        return
    for one in found:
        nearest = f" (nearest: {one.nearest})" if one.nearest else ""
        click.echo(f"{path}:{one.line}:{one.column}: {one.text}: {one.problem}{nearest}")
    click.echo(f"chronicles: {len(found)} mentions that {revision} does not have.", err=True)
