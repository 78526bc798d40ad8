"""`chronicles adopt`: sign a person's edits."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chronicles.commands.session import Session
from chronicles.documents.edits import adopt
from chronicles.documents.page import load_page
from chronicles.documents.patch_laws import kept_digests
from chronicles.documents.verification import Kind, verify_page
from chronicles.files import write_together

if TYPE_CHECKING:
    from chronicles.documents.edits import Adopted
    from chronicles.documents.telling import Press

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
    with Session(Path(obj["path"]), output=page.parent, fresh=True) as session, session.alone():
        signer = name or session.user_name()
        press = session.press_of(page)
        done = _sign(press, page, signer)
        signed = {edit.line_number for edit in done.signed}
        verified = verify_page(press, page)
        findings = [one for one in verified if one.kind is Kind.FALSE and one.line in signed]
    shown = os.path.relpath(page)
    for edit in done.signed:
        click.echo(f"{shown}:{edit.line_number}: signed by {signer}")
    for edit, reason in done.refused:
        click.echo(f"{shown}:{edit.line_number}: not signed: {reason}", err=True)
    for one in findings:
        click.echo(str(one).replace(str(one.path), shown, 1), err=True)
    if not done.signed and not done.refused:
        click.echo(f"chronicles: {shown} has no unsigned edit.", err=True)
    if findings or done.refused:
        raise click.exceptions.Exit(1)


def _sign(press: Press, page: Path, signer: str) -> Adopted:
    """Sign what is unsigned, on the page and, for lines taken away, in its sidecar."""
    sidecar = page.with_suffix(".json")
    stored = load_page(sidecar)
    text = page.read_bytes().decode("utf-8", "replace")
    done = adopt(text, stored.rendered, signer, stored.deleted, kept_digests(press, stored))
    write_together({page: done.text, sidecar: replace(stored, deleted=done.deleted).to_json()})
    return done
