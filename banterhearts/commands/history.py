"""`banterhearts history`: measure a suite at many commits, or look for the commit that changed something."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from banterhearts.commands.progress import say_missing, visits_bar
from banterhearts.commands.quantities import show_value
from banterhearts.commands.table import echo_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from banterhearts.benchmarking.git import Repository
    from banterhearts.benchmarking.history import History, Told
    from banterhearts.benchmarking.measuring import Workplace
    from banterhearts.benchmarking.sitting import Outcome
    from banterhearts.benchmarking.suites import Tree

__all__ = ["command"]

_SUBJECT = 40
"""Characters of a commit's subject that a row shows."""
_SHOWN = 120
"""And of its error; `--json` has all of it."""


@click.command("history")
@click.argument("revisions", metavar="RANGE")
@click.option("--suite", required=True, metavar="NAME", help="A declared suite.")
@click.option("--case", "cases", multiple=True, metavar="NAME", help="Only this case; may be repeated.")
@click.option("--blocks", type=click.IntRange(min=1), metavar="N", help="Instead of the suite's.")
@click.option("--every", type=click.IntRange(min=1), default=1, metavar="N", help="Only every Nth commit.")
@click.option("--max", "most", type=click.IntRange(min=1), metavar="N", help="Only the N newest commits.")
@click.option("--bisect", is_flag=True, help="Halve towards a change instead of measuring every commit.")
@click.option("--output", default="reports", show_default=True, metavar="FOLDER", help="Where records go.")
@click.option("--dry-run", is_flag=True, help="Only say which commits would sit together next.")
@click.option("--json", "as_json", is_flag=True, help="Print the commits as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    revisions: str,
    *,
    suite: str,
    cases: tuple[str, ...],
    blocks: int | None,
    every: int,
    most: int | None,
    bisect: bool,
    output: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Measure a suite at the commits of RANGE (A..B, or one revision and its parent), newest first.

    Commits are checked out in work trees of their own, a few neighbours sit together, and each commit shares a sitting
    with its parent. What is measured already is not measured again, so that it can be interrupted and go on; a commit
    that does not build is recorded as failed, and the others go on.
    """
    from banterhearts.benchmarking.git import open_repository  # noqa: PLC0415 - help does without
    from banterhearts.benchmarking.history import History, Interrupted  # noqa: PLC0415 - as above
    from banterhearts.commands.workplace import open_store, open_workplace  # noqa: PLC0415 - as above

    repository = open_repository(Path(ctx.obj["path"]))
    line = _line(repository, revisions)[::every][:most]
    options = () if blocks is None else (f"blocks={blocks}",)
    with open_store(repository, output) as store, open_workplace(repository, suite, options, store) as place:
        bench = _Teller(place)
        histories = [History(place, store, case, line, bench.measure) for case in cases or place.suite.cases]
        if dry_run:
            _show_plans(histories)
            return
        try:
            told = _search_all(histories) if bisect else _measure_all(histories)
        except Interrupted as stop:
            say_missing(stop.case, stop.outcome)
            raise click.Abort from stop
    _show(told, as_json=as_json)
    if told and not any(one.judged or one.run for one in told):
        ctx.exit(1)


def _line(repository: Repository, revisions: str) -> list[str]:
    """The commits of a range and the one before it, newest first: what the oldest is compared with is measured too.

    Raises:
        RepositoryError: If it is no range of one first-parent line.
    """
    from banterhearts.errors import RepositoryError  # noqa: PLC0415 - help does without

    if "..." in revisions:
        raise RepositoryError(repository.root, f"{revisions!r} has two ends of different lines; give A..B")
    base, dots, tip = revisions.rpartition("..")
    head = repository.resolve(tip or "HEAD")
    if dots:
        line = repository.line(repository.resolve(base or "HEAD"), head)
        if len(line) < 2:  # noqa: PLR2004 - the two ends are one
            raise RepositoryError(
                repository.root, f"{revisions!r} has no commit; give two different ends, or one commit"
            )
        return line
    return [head, *repository.parents(head)[:1]]


class _Teller:
    """Holds sittings and tells a person on stderr which, as they begin."""

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._held = 0

    def measure(self, case: str, trees: Sequence[Tree]) -> Outcome:
        """Hold a sitting."""
        self._held += 1
        names = [str(tree.subject.commit_sha)[:7] for tree in trees]
        told = f"{len(names)} commits, {names[-1]} back to {names[0]}" if len(names) > 1 else names[0]
        click.echo(f"sitting {self._held}, {case}: {told}", err=True)
        with visits_bar(case) as advance:
            return self._place.measure(case, trees, advance)


def _measure_all(histories: Sequence[History]) -> list[Told]:
    """Measure all commits in all cases; what comes first on the line goes first, so that cases share work trees."""
    while plans := [
        (one.line.index(plan[-1]), place, plan) for place, one in enumerate(histories) if (plan := one.plan())
    ]:
        _, place, plan = min(plans)
        histories[place].sit(plan)
    for one in histories:
        _say_unconfirmed(one)
    return [told for one in histories for told in one.tell()]


def _say_unconfirmed(history: History) -> None:
    """Tell of steps in the medians of different sittings that the sittings themselves do not show."""
    for span in history.suspects():
        effect = history.effect(span)
        if effect is None or not effect.is_decided:
            told = f"the medians step between {span.older[:7]} and {span.newer[:7]}, measured together they do not"
            click.echo(f"{history.case}: {told}", err=True)


def _search_all(histories: Sequence[History]) -> list[Told]:
    """Look for changes in all cases."""
    found = []
    for one in histories:
        told = one.search()
        found += told
        if not told:
            ends = f"{one.line[-1][:7]} and {one.line[0][:7]}"
            click.echo(f"{one.case}: no change found between {ends}", err=True)
    return found


def _show_plans(histories: Sequence[History]) -> None:
    for one in histories:
        plan = one.plan()
        told = f"next {plan[-1][:7]} back to {plan[0][:7]}, {len(plan)} commits" if plan else "all is measured"
        click.echo(f"{one.case}: {told}")


def _show(told: Sequence[Told], *, as_json: bool) -> None:
    from banterhearts.commands.verdicts import COLUMNS, delta_json  # noqa: PLC0415 - help does without

    if as_json:
        rows = [
            {
                "case": one.case,
                "commit_sha": one.commit,
                "subject": one.subject,
                "error": one.failure,
                "baseline_commit_sha": one.judged.baseline.subject.commit_sha if one.judged else None,
                "deltas": [delta_json(delta) for delta in one.judged.deltas] if one.judged else [],
            }
            for one in told
        ]
        click.echo(json.dumps({"commits": rows}, indent=1))
        return
    echo_table(("case", "commit", "subject", "since", *COLUMNS), [row for one in told for row in _rows(one)])


def _rows(told: Told) -> list[tuple[str, ...]]:
    """A commit's rows: one a metric, or one that says why there is no metric."""
    from banterhearts.commands.verdicts import COLUMNS, delta_row  # noqa: PLC0415 - help does without

    head = (told.case, told.commit[:7], told.subject[:_SUBJECT])
    if told.judged:
        since = str(told.judged.baseline.subject.commit_sha)[:7]
        return [(*head, since, *delta_row(delta)) for delta in told.judged.deltas]
    if told.run:
        cells = [{"metric": one.name, "after": show_value(one.median, one.unit)} for one in told.run.metrics]
    else:
        cells = [{"verdict": f"failed: {told.failure or 'interrupted'}"[:_SHOWN]}]
    return [(*head, "", *(row.get(name, "") for name in COLUMNS)) for row in cells]
