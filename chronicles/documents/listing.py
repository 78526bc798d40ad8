"""The runs that a page lists, held against the records that there are.

A page's performance is told from the runs that its sidecar lists, each by id and by the sha256 of its record. Runs that
were added since, or a nearer baseline, are no reason to call it false: it then lists other runs than would be chosen
today, and is stale. False is a page whose records are gone or are others now, and one whose list no rule can have made:
chosen anew from the listed records, and those that shared a sitting with them and so were there from the beginning, it
must come out as it stands. That finds a run of another commit, a baseline of another line or machine, a dirty tree, and
a placebo that was left out.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from chronicles.documents.chart import digest, draw_chart
from chronicles.documents.finding import Finding, Kind
from chronicles.evidence.runs import choose, series_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from chronicles.documents.page import Page
    from chronicles.dossier import Dossier, SubjectKey, ToldRun
    from chronicles.evidence.build import Workshop
    from chronicles.evidence.runs import Choice, Pool, Runs
    from chronicles.history.index import Index

__all__ = ["Listing", "chart_findings", "check_listing", "run_findings"]


@dataclass(frozen=True, slots=True)
class Listing:
    """What became of the runs of a page."""

    false: tuple[tuple[str, str], ...] = ()
    """What the list says and why it cannot be."""
    stale: str = ""
    """How the list differs from what would be chosen today; empty where it does not."""


def check_listing(workshop: Workshop, stored: Dossier, fresh: Dossier) -> Listing:
    """Compare the runs of a stored dossier with those of one that was built anew."""
    then, now = tuple(map(_names, stored.runs)), tuple(map(_names, fresh.runs))
    if then == now:
        return Listing()
    if stored.runs:
        assert workshop.runs is not None or not fresh.runs, fresh.subject
        lost = tuple(_lost(workshop.runs, stored.runs))
        if lost or workshop.runs is None:
            return Listing(lost or (("", "it lists runs, and this repository has no folder of run records"),))
        pool = workshop.runs.pool.part(name for run in stored.runs for name in run.names)
        forged = tuple(_forged(stored.subject, stored.runs, pool, workshop.index))
        if forged:
            return Listing(forged)
    return Listing(stale=_change(stored.runs, fresh.runs))


def run_findings(page: Path, stored: Page, truth: Page, listing: Listing) -> Iterator[Finding]:
    """Runs of a page that are not there or cannot have been listed, and what their samples do not say."""
    sidecar = page.with_suffix(".json")
    for says, why in listing.false:
        yield Finding(Kind.FALSE, sidecar, 0, says, "", why)
    if listing.stale:
        yield Finding(Kind.STALE, page, 0, "", "", f"made of other runs: {listing.stale}")
    for old, new in zip_longest(stored.dossier.runs, truth.dossier.runs):
        if old != new:
            why = "the list of runs, or a point of a series, is not what the samples say"
            yield Finding(Kind.FALSE, sidecar, 0, _shown(old), _shown(new), why)


def chart_findings(path: Path, stored: Page, truth: Page, *, older: bool) -> Iterator[Finding]:
    """A chart that is not the one of the page's runs.

    Args:
        path: Where it stands.
        stored: The page as its sidecar has it.
        truth: The page as it should be.
        older: Whether another version drew it, so that only its digest can tell what it was.
    """
    drawn = "" if truth.patch else draw_chart(truth.dossier.runs)
    should = stored.chart if older else digest(drawn) if drawn else ""
    if should != stored.chart:
        yield Finding(Kind.FALSE, path.with_suffix(".json"), 0, stored.chart, should, "the chart's digest is another")
    if not should:
        return
    try:
        found = digest(path.read_bytes())
    except OSError as error:
        why = f"the page's chart cannot be read: {(error.strerror or str(error)).lower()}"
        yield Finding(Kind.FALSE, path, 0, "", "", why)
        return
    if found != should:
        yield Finding(Kind.FALSE, path, 0, "", "", "this is not the chart of the page's runs")


def _shown(run: ToldRun | None) -> str:
    return "(nothing)" if run is None else json.dumps(asdict(run))[:200]


def _names(run: ToldRun) -> tuple[object, ...]:
    return (run.run, run.baseline, run.placebo, run.earlier, run.metric, tuple(point.run for point in run.series))


def _lost(runs: Runs | None, listed: Sequence[ToldRun]) -> Iterator[tuple[str, str]]:
    """Records that are not there as they were."""
    for name in dict.fromkeys(name for run in listed for name in run.names):
        if runs is None or runs.named(name) is None:
            problem = "is gone" if runs is None else runs.problem_of(name)
            yield name.id, f"the run record {name.id} {problem}"


def _forged(key: SubjectKey, listed: Sequence[ToldRun], pool: Pool, index: Index) -> Iterator[tuple[str, str]]:
    """What the rule does not choose from the listed records."""
    chosen = {choice.run.run_id: choice for choice in choose(key, pool, index)}
    for run in listed:
        choice = chosen.pop(run.run.id, None)
        if choice is None:
            yield (
                run.run.id,
                "this run does not tell the subject: it is of another commit or tree, or another goes before",
            )
            continue
        for role in ("baseline", "placebo", "earlier"):
            said, should = getattr(run, role), getattr(choice, role)
            if (said.id if said else None) != (should.run_id if should else None):
                yield said.id if said else "none", f"this is not the {_ROLES[role]} of run {run.run.id}"
        if run.series and [point.run.id for point in run.series] != _series(choice, run, pool, index):
            yield run.run.id, "the series of this run is another"
    for run_id in chosen:
        yield run_id, "this run of a listed sitting tells the subject too, and is not listed"


_ROLES = {"baseline": "baseline", "placebo": "placebo", "earlier": "nearest run of the same case"}


def _series(choice: Choice, run: ToldRun, pool: Pool, index: Index) -> list[str]:
    """The series as the rule has it, of the runs that are drawn: others may not have measured its metric."""
    drawn = {point.run.id for point in run.series}
    return [entry.run_id for entry in series_of(choice, pool, index) if entry.run_id in drawn]


def _change(then: Sequence[ToldRun], now: Sequence[ToldRun]) -> str:
    """The difference in a few words, the first one by name."""
    before, after = {run.run: run for run in then}, {run.run: run for run in now}
    came = [name.id for name in after if name not in before]
    went = [name.id for name in before if name not in after]
    if came or went:
        return f"run {came[0]} would tell it today" if came else f"run {went[0]} would not tell it today"
    for name, run in after.items():
        if run.baseline != before[name].baseline and run.baseline is not None:
            return f"run {name.id} would be compared with {run.baseline.id} today"
        if run.series != before[name].series:
            return f"runs of earlier commits were added to the series of run {name.id}; --fix draws the chart anew"
    return "its runs would be chosen otherwise today"
