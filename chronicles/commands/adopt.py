"""`chronicles adopt`: sign a person's edits."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from chronicles.commands.session import Session
from chronicles.documents.edits import adopt
from chronicles.documents.files import hold, write_together
from chronicles.documents.foreign import check_mentions, find_mentions
from chronicles.documents.page import load_page
from chronicles.documents.verification import known_of
from chronicles.evidence.build import build_dossier

__all__ = ["command"]


@click.command("adopt")
@click.argument("page", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--name", help="Who signs; by default git's user.name.")
@click.pass_obj
def command(obj: dict[str, Any], page: Path, name: str | None) -> None:
    """Mark the edits on PAGE as a person's own.

    Signed sentences stay through every regeneration, and `verify` holds their numbers and names to the ledger. End a
    line with <!-- claim: external WHY --> for what no repository can prove.
    """
    page = page.resolve()
    with Session(Path(obj["path"]), output=page.parent, fresh=True) as session:
        stored = load_page(page.with_suffix(".json"))
        signer = name or session.user_name()
        with hold(session.folder, locks=session.repository.git_dir / "chronicles", wait_sec=60):
            done = adopt(page.read_text(encoding="utf-8"), stored.rendered, signer, stored.deleted)
            sidecar = replace(stored, deleted=done.deleted)
            write_together({page: done.text, page.with_suffix(".json"): sidecar.to_json()})
        session.follow(stored.dossier.subject.commits[0])
        dossier = build_dossier(session.workshop, stored.dossier.subject)
        known = known_of(dossier, session.repository)
    shown = os.path.relpath(page)
    for edit in done.signed:
        click.echo(f"{shown}:{edit.line_number}: signed by {signer}")
    problems = 0
    for edit, reason in done.refused:
        problems += 1
        click.echo(f"{shown}:{edit.line_number}: not signed: {reason}", err=True)
    for edit in done.signed:
        for found in check_mentions(find_mentions(edit.text), known):
            problems += 1
            click.echo(f"{shown}:{edit.line_number}: {found.text}: {found.problem}", err=True)
    if not done.signed and not done.refused:
        click.echo(f"chronicles: {shown} has no unsigned edit.", err=True)
    if problems:
        raise click.exceptions.Exit(1)
