"""The checklist of a patch document: its lines, and the records that it is held to.

A line is ticked where the command ran on the very tree and ended with exit code 0, and nowhere else. What a document
lists comes from stored records, each named by the sha256 of its bytes, so `hold_checks` makes the list anew from them:
a record that is gone or is another one now, or a list that says otherwise than its records, is false. Other settings,
or a check that ran since, only make the list old.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from chronicles.documents.finding import Finding, Kind
from chronicles.documents.listing import Listing
from chronicles.dossier import CheckRun

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from chronicles.dossier import Dossier, Ledger
    from chronicles.evidence.build import Workshop

__all__ = ["check_list_findings", "checklist", "hold_checks"]


def checklist(ledger: Ledger) -> Iterator[str]:
    """The lines, without what makes them a list."""
    for entry in ledger.numbered("check"):
        result = ledger[f"{entry}.result"]
        figures = [ledger[f"{entry}.{what}"].text for what in ("exit", "seconds") if f"{entry}.{what}" in ledger]
        if result.value == "timed out":
            figures = [f"stopped after {figure}" for figure in figures]
        if f"{entry}.wrote" in ledger:
            figures.append(f"it changed {ledger[f'{entry}.wrote'].text} of its checkout")
        box = "[x]" if result.value == "passed" else "[ ]"
        line = f"{box} {ledger[f'{entry}.name'].text}: {ledger[f'{entry}.command'].text}"
        line += f" {result.text}" + (f" ({', '.join(figures)})" if figures else "")
        yield line + (f": “{ledger[f'{entry}.last'].text}”" if f"{entry}.last" in ledger else "")


def hold_checks(workshop: Workshop, stored: Dossier, fresh: Dossier) -> Listing:
    """Hold the checks of a stored dossier against the records that there are.

    Args:
        workshop: Which knows the records.
        stored: The dossier as a document has it.
        fresh: The same, built anew with the checks and records of today.
    """
    if stored.checks == fresh.checks:
        return Listing()
    there = {one.digest: one for one in workshop.records_of(stored.subject.commits[0])}
    false = []
    for check in stored.checks:
        if not check.digest:
            if check != CheckRun(check.name, check.command):
                false.append((_shown(check), f"the check {check.name} has a result and no record"))
        elif check.digest not in there:
            false.append((_shown(check), f"the record of the check {check.name} is gone, or is another one now"))
        elif check != (should := there[check.digest].told()):
            false.append((_shown(check), f"the record of the check {check.name} says otherwise: {_shown(should)}"))
    if stored.checks and stored.subject.kind != "range":
        false.append(("", "only a range is told with checks"))
    return Listing(tuple(false)) if false else Listing(stale=_change(stored.checks, fresh.checks))


def check_list_findings(page: Path, listing: Listing) -> Iterator[Finding]:
    """Checks of a document that no record bears out, and how its list is out of date."""
    for says, why in listing.false:
        yield Finding(Kind.FALSE, page.with_suffix(".json"), 0, says, "", why)
    if listing.stale:
        yield Finding(Kind.STALE, page, 0, "", "", listing.stale)


def _shown(check: CheckRun) -> str:
    return json.dumps(asdict(check), ensure_ascii=False)[:200]


def _change(then: Sequence[CheckRun], now: Sequence[CheckRun]) -> str:
    """The difference in a few words, the first one by name."""
    before, after = ({one.name: one for one in checks} for checks in (then, now))
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if new is None:
            return f"the settings no longer name the check {name}"
        if old is None:
            return f"the settings now name a check {name}"
        if old.command != new.command:
            return f"the settings name another command for the check {name}"
        if old != new:
            return f"the check {name} ran since" if new.digest else f"the check {name} would have to run again today"
    return "the settings name the checks in another order"
