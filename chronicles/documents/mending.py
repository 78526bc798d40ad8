"""Mending a page that verification found wrong.

What is ours but for a changed fact is written back, what a person wrote stays, and the page is rendered anew from the
repository with the words that it has: no model is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.documents.page import load_page
from chronicles.documents.retired import retired_page
from chronicles.documents.steps import missing_step
from chronicles.errors import PageError
from chronicles.evidence.build import build_dossier

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from chronicles.documents.finding import Finding
    from chronicles.documents.page import Page
    from chronicles.documents.telling import Press

__all__ = ["mend_page"]


def mend_page(press: Press, path: Path, findings: Sequence[Finding]) -> bool:
    """Render a page anew; lines that are ours but for a changed fact are written back, a person's sentences stay.

    Returns:
        Whether it could be done: a page without a readable sidecar, or of commits that are gone, can only be removed.
    """
    try:
        stored = load_page(path.with_suffix(".json"))
    except PageError:
        return False
    if stored.retired:
        return _mend_retired(press, stored)
    if missing_step(press.workshop, stored.dossier.subject):
        return False
    lines = path.read_bytes().decode("utf-8", "replace").split("\n")
    # From the end, so that a line that comes back moves none that is still to be mended; of one place the last first.
    for finding in sorted(findings, key=lambda one: one.line)[::-1]:
        if finding.mendable and finding.path == path:
            place = finding.line - 1
            end = "\r" if lines[min(place, len(lines) - 1)].endswith("\r") else ""
            lines[place : place + bool(finding.says)] = [finding.repository + end]
    page = press.restate(stored, build_dossier(press.workshop, stored.dossier.subject))
    press.publish(page, over="\n".join(lines))
    return True


def _mend_retired(press: Press, stored: Page) -> bool:
    """Write anew what is ours on a retired page; whether it is one still, only `generate` decides."""
    entry = press.series.by_number(stored.number)
    if entry is None or not entry.retired:
        return False
    press.publish(retired_page(press, entry, entry.retired_into or ""))
    return True
