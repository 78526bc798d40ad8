"""`banterhearts compare`: the verdicts between the runs of two commits, or between two runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from banterhearts.commands.table import echo_table, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from banterhearts.benchmarking.git import Repository
    from banterhearts.benchmarking.pairing import Judged
    from banterhearts.core.record import RunRecord
    from banterhearts.core.store import Entry, RecordStore
    from banterhearts.errors import UsageError

__all__ = ["command"]


@click.command("compare")
@click.argument("base")
@click.argument("head")
@click.option("--suite", "suites", multiple=True, metavar="NAME", help="Only this suite; may be repeated.")
@click.option("--output", default="reports", show_default=True, metavar="FOLDER", help="Where the records are.")
@click.option("--fail-on", type=click.Choice(["slower"]), help="Exit 1 if there is such a verdict.")
@click.option("--min-effect", hidden=True, help="Refused.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdicts as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    base: str,
    head: str,
    *,
    suites: tuple[str, ...],
    output: str,
    fail_on: str | None,
    min_effect: str | None,
    as_json: bool,
) -> None:
    """Say what may be said of HEAD against BASE.

    Each is a revision, the id of a run, or the file of a record. Of two revisions, all suites and cases are compared
    that both were measured in, in the same way and on the same machine; all of it is one family, so that many
    comparisons cost certainty.
    """
    from banterhearts.benchmarking.git import open_repository  # noqa: PLC0415 - help does without
    from banterhearts.commands.workplace import open_store  # noqa: PLC0415 - as above

    if min_effect is not None:
        problem = "the smallest effect worth a verdict is set before the run, as `min_effect` of the suite"
        raise click.UsageError(f"--min-effect: {problem}; afterwards it would be chosen to fit")
    repository = open_repository(Path(ctx.obj["path"]))
    with open_store(repository, output) as store:
        judged = _judge(_find_side(base, repository, store), _find_side(head, repository, store), store, suites)
        for fault in store.problems():
            click.echo(f"left out: {printable(str(fault))}", err=True)
    _show(judged, as_json=as_json)
    ctx.exit(int(any(delta.verdict == fail_on for one in judged for delta in one.deltas)))


@dataclass(frozen=True, slots=True)
class _Side:
    """What one of the two arguments named."""

    text: str
    record: RunRecord | None = None
    commit: str = ""

    @property
    def shown(self) -> str:
        """As messages name it."""
        return f"run {self.record.run_id}" if self.record else f"{printable(self.text)} ({self.commit[:7]})"


def _find_side(text: str, repository: Repository, store: RecordStore) -> _Side:
    """A record's file, the id of a run in the store, or a revision.

    Raises:
        RecordError: If it is a file, and no record.
        RepositoryError: If it is none of the three.
    """
    from banterhearts.core.reading import read_record  # noqa: PLC0415 - help does without

    if text.endswith(".json") and Path(text).exists():
        return _Side(text, record=read_record(Path(text)))
    if any(entry.run_id == text for entry in store.entries()):
        return _Side(text, record=store.load(text).record)
    return _Side(text, commit=repository.resolve(text))


def _judge(base: _Side, head: _Side, store: RecordStore, suites: Sequence[str]) -> tuple[Judged, ...]:
    """Compare the two, as one family.

    Raises:
        NotComparable: If two runs were named that must not be compared.
        UsageError: If there is nothing to compare.
    """
    from banterhearts.benchmarking.pairing import judge_commits, judge_records  # noqa: PLC0415 - help does without

    if base.record or head.record:
        pair = (base.record or _like(head, base, store), head.record or _like(base, head, store))
        return judge_records(store, [pair])

    def counts(entry: Entry) -> bool:
        return not suites or entry.arm.suite in suites

    judged, alone = judge_commits(store, [head.commit, base.commit], counts)
    for entry in alone:
        case = printable(f"{entry.arm.suite}/{entry.arm.case}")
        click.echo(f"not compared: {case} of {head.shown}, since {base.shown} has no run like it", err=True)
    if not judged:
        raise _nothing(
            next((one for one in (base, head) if not any(map(counts, store.runs_of(one.commit)))), base), store
        )
    return judged


def _like(named: _Side, other: _Side, store: RecordStore) -> RunRecord:
    """The run of a commit that a run that was named is best compared with.

    Raises:
        UsageError: If there is none.
    """
    from banterhearts.benchmarking.pairing import find_like  # noqa: PLC0415 - help does without

    assert named.record is not None, named
    found = find_like(store, other.commit, named.record)
    if found is None:
        raise _nothing(other, store)
    return found


def _nothing(side: _Side, store: RecordStore) -> UsageError:
    from banterhearts.errors import UsageError  # noqa: PLC0415 - help does without

    problem = f"nothing to compare: {side.shown} has no run in {store.folder} that is like one of the other side"
    return UsageError(f"{problem}; `banterhearts bench run SUITE --against REV` measures two commits together")


def _show(judged: Sequence[Judged], *, as_json: bool) -> None:
    from banterhearts.commands.verdicts import COLUMNS, delta_json, delta_row  # noqa: PLC0415 - help does without
    from banterhearts.core.environment import machine  # noqa: PLC0415 - as above

    if as_json:
        rows = [
            {
                "suite": one.run.workload.suite,
                "case": one.run.workload.case,
                "commit_sha": one.run.subject.commit_sha,
                "baseline_commit_sha": one.baseline.subject.commit_sha,
                "machine": machine(one.run.environment),
                **delta_json(delta),
            }
            for one in judged
            for delta in one.deltas
        ]
        click.echo(json.dumps({"deltas": rows}, indent=1))
        return
    for name in dict.fromkeys(machine(one.run.environment) for one in judged):
        click.echo(f"on {printable(name)}")
    lines = [
        (one.run.workload.suite, one.run.workload.case, *delta_row(delta)) for one in judged for delta in one.deltas
    ]
    echo_table(("suite", "case", *COLUMNS), lines)
