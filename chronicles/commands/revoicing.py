"""`generate --revoice`, and what is said of the writer before and after any wording.

A page that a model was asked for loses its sentences, or the word that they are owed to it, only to a writer that
somebody named: where `auto` finds no model now, such a page stays as it is, and the run says so. A commit without a
page has nothing to be worded anew, and the command that writes one is named; no model is opened for it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from chronicles.commands.progress import bar
from chronicles.commands.voicing import voice
from chronicles.documents.page import load_page
from chronicles.documents.told import Told
from chronicles.writers.parts import PLAIN

if TYPE_CHECKING:
    from chronicles.commands.session import Session
    from chronicles.commands.subjects import Selection
    from chronicles.commands.voicing import Account, Wish
    from chronicles.documents.series import Entry
    from chronicles.documents.telling import Press
    from chronicles.writers.choosing import Opened

__all__ = ["announce", "complain", "revoice"]

_SHOWN = 3
"""Commits that are named."""


def announce(opened: Opened, wished: Wish) -> None:
    """Say what there is to know before the work begins: of a named writer always, of `auto` to people alone."""
    if opened.note and (wished.named or sys.stderr.isatty()):
        click.echo(f"chronicles: {opened.note}.", err=True)
    if opened.late:
        click.echo(f"chronicles: {opened.late}.", err=True)
    if opened.degraded:
        click.echo(f"chronicles: {opened.degraded}", err=True)
        click.echo("chronicles: pages are written in plain words, and each says so.", err=True)


def complain(opened: Opened, told: Told) -> None:
    """Say what went wrong with a model on the way, with what helps; it may name this machine, so no page has it."""
    if told.degraded:
        for trouble in getattr(opened.writer, "troubles", ()):
            click.echo(f"chronicles: {trouble}", err=True)
    lost = getattr(opened.writer, "lost", "")
    if lost and lost not in opened.note:
        click.echo(f"chronicles: {lost}.", err=True)


def revoice(session: Session, press: Press, selection: Selection, wished: Wish, account: Account, *, jobs: int) -> Told:
    """Word and render anew the pages of a selection."""
    found = _entries(press, selection)
    if not found:
        return Told()
    with voice(session, wished, account) as opened:
        press.writer = opened.writer
        announce(opened, wished)
        spared = 0
        if wished.writer == "auto" and opened.writer.name == PLAIN:
            asked = [(sha, entry) for sha, entry in found if load_page(entry.sidecar).byline is None]
            spared, found = len(found) - len(asked), asked
        if spared:
            pages = (
                "1 page that a model was asked for is"
                if spared == 1
                else f"{spared:,} pages that a model was asked for are"
            )
            click.echo(
                f"chronicles: no model that was found fit is there; {pages} left as before."
                " `--writer plain` words such pages plainly.",
                err=True,
            )
        with bar("Voicing anew", account.asks(press.writer)) as advance:
            told = press.revoice([sha for sha, _ in found], jobs=jobs, step=advance)
        told.unchanged += spared
        complain(opened, told)
    return told


def _entries(press: Press, selection: Selection) -> list[tuple[str, Entry]]:
    """The pages that tell a selection, each once and with a commit of it; says which commits have none."""
    found: dict[int, tuple[str, Entry]] = {}
    without: list[str] = []
    for key in selection.keys:
        entries = [(sha, entry) for sha in key.commits if (entry := press.series.by_commit(sha))]
        found |= {entry.number: (sha, entry) for sha, entry in entries}
        if not entries and not any(map(press.series.was_removed, key.commits)):
            without.append(key.commits[0][:7])
    if without:
        named = ", ".join(without[:_SHOWN]) + (" ..." if len(without) > _SHOWN else "")
        writes = f"`chronicles generate {without[0] if len(without) == 1 else 'COMMIT...'}` writes one"
        click.echo(f"chronicles: {named}: there is no page to word anew; {writes}.", err=True)
    return list(found.values())
