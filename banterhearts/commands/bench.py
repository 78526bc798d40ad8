"""`banterhearts bench`: measure a suite where you stand, or list what can be measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from banterhearts.commands.progress import say_missing, visits_bar
from banterhearts.commands.quantities import show_interval, show_value
from banterhearts.commands.table import echo_table, printable
from banterhearts.commands.verdicts import COLUMNS, delta_json, delta_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from banterhearts.benchmarking.git import Repository
    from banterhearts.benchmarking.pairing import Judged
    from banterhearts.benchmarking.sitting import Kept

__all__ = ["command"]


@click.group("bench")
def command() -> None:
    """Measure a suite, or list the suites there are."""


@command.command("run")
@click.argument("suite")
@click.option("--case", "cases", multiple=True, metavar="NAME", help="Only this case; may be repeated.")
@click.option("--blocks", type=click.IntRange(min=1), metavar="N", help="Instead of the suite's.")
@click.option(
    "--option", "options", multiple=True, metavar="KEY=VALUE", help="Over the suite's table; may be repeated."
)
@click.option("--against", metavar="REV", help="Measure this commit too, block by block, as the baseline.")
@click.option("--allow-dirty", is_flag=True, help="Measure changed files; the record says so, and is never told.")
@click.option("--output", default="reports", show_default=True, metavar="FOLDER", help="Where records go.")
@click.option("--json", "as_json", is_flag=True, help="Print the runs as JSON.")
@click.pass_context
def run(
    ctx: click.Context,
    suite: str,
    *,
    cases: tuple[str, ...],
    blocks: int | None,
    options: tuple[str, ...],
    against: str | None,
    allow_dirty: bool,
    output: str,
    as_json: bool,
) -> None:
    """Measure SUITE in the work tree and write a run record a case.

    The arms of a case (the work tree, the commit of --against and a placebo) are visited in blocks, in an order drawn
    by chance and mirrored. When it is interrupted, finished blocks are kept. Exit 1: a case gave no measurement.
    """
    from banterhearts.benchmarking.conclusion import pairs_of  # noqa: PLC0415 - help does without
    from banterhearts.benchmarking.git import open_repository  # noqa: PLC0415 - as above
    from banterhearts.benchmarking.pairing import judge_records  # noqa: PLC0415 - as above
    from banterhearts.commands.workplace import open_store, open_workplace  # noqa: PLC0415 - as above

    repository = open_repository(Path(ctx.obj["path"]))
    if blocks is not None:
        options = (*options, f"blocks={blocks}")
    kept: list[Kept] = []
    with open_store(repository, output) as store, open_workplace(repository, suite, options, store) as place:
        head = repository.resolve("HEAD")
        changed = _expect_clean(repository, allow_dirty=allow_dirty)
        trees = [place.checkout(repository.resolve(against))] if against else []
        trees.append(place.present(head, dirty=bool(changed)))
        for case in cases or place.suite.cases:
            with visits_bar(f"{suite}: {case}") as advance:
                outcome = place.measure(case, trees, advance)
            kept += outcome.kept
            if outcome.interrupted:
                say_missing(case, outcome)
            if outcome.interrupted or place.moved(trees[-1]):
                break
        judged = judge_records(store, pairs_of([one.record for one in kept]))
    _show(kept, judged, as_json=as_json)
    if outcome.interrupted:
        raise click.Abort
    ctx.exit(int(any(record.error for record, _ in kept)))


def _expect_clean(repository: Repository, *, allow_dirty: bool) -> list[str]:
    """The tracked files that differ from HEAD.

    Raises:
        RepositoryError: If there are any, and that was not allowed.
    """
    from banterhearts.errors import RepositoryError  # noqa: PLC0415 - help does without

    changed = repository.changed_files()
    if changed and not allow_dirty:
        told = f"{changed[0]} and {len(changed) - 1} more differ" if len(changed) > 1 else f"{changed[0]} differs"
        problem = f"{printable(told)} from HEAD, so that no commit would be measured"
        raise RepositoryError(repository.root, f"{problem}; commit or stash them, or measure with --allow-dirty")
    return changed


def _show(kept: Sequence[Kept], judged: Sequence[Judged], *, as_json: bool) -> None:
    """The runs and verdicts on stdout, the files on stderr."""
    if as_json:
        deltas = [delta_json(delta) for one in judged for delta in one.deltas]
        click.echo(json.dumps({"runs": [_as_json(one) for one in kept], "deltas": deltas}, indent=1))
    else:
        rows = [row for one in kept for row in _rows(one)]
        echo_table(("case", "commit", "metric", "median", "interval", "n", "status"), rows)
        if judged:
            click.echo()
            lines = [(one.run.workload.case, *delta_row(delta)) for one in judged for delta in one.deltas]
            echo_table(("case", *COLUMNS), lines)
    for _, path in kept:
        click.echo(f"wrote {path}", err=True)


def _rows(kept: Kept) -> list[tuple[str, ...]]:
    record = kept.record
    commit = (record.subject.commit_sha or "")[:7] + ("+changes" if record.subject.dirty else "")
    if record.error:
        return [(record.workload.case, commit, "", "", record.error, "", record.status)]
    return [
        (
            record.workload.case,
            commit,
            metric.name,
            show_value(metric.median, metric.unit),
            show_interval(metric.ci_low, metric.ci_high, metric.unit),
            str(metric.n),
            record.status,
        )
        for metric in record.metrics
    ]


def _as_json(kept: Kept) -> dict[str, Any]:
    record = kept.record
    return {
        "run_id": record.run_id,
        "path": str(kept.path),
        "status": record.status,
        "error": record.error,
        "suite": record.workload.suite,
        "case": record.workload.case,
        "commit_sha": record.subject.commit_sha,
        "dirty": record.subject.dirty,
        "sitting": record.provenance.sitting,
        "metrics": [metric.model_dump(mode="json") for metric in record.metrics],
    }


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the suites as JSON.")
@click.pass_context
def list_suites(ctx: click.Context, *, as_json: bool) -> None:
    """List the suites that this repository declares, and those that are built in."""
    from banterhearts.benchmarking.git import open_repository  # noqa: PLC0415 - help does without
    from banterhearts.benchmarking.suites import BUILT_IN, find_suite  # noqa: PLC0415 - as above
    from banterhearts.commands.workplace import declarations_of  # noqa: PLC0415 - as above

    declared = declarations_of(open_repository(Path(ctx.obj["path"])))
    rows: list[dict[str, Any]] = []
    for name in declared.suites:
        suite = find_suite(name, declared, {})
        rows.append({"suite": name, "cases": list(suite.cases), "blocks": suite.plan.blocks, "summary": "declared"})
    rows += [{"suite": name, "cases": [], "blocks": None, "summary": one.summary} for name, one in BUILT_IN.items()]
    if as_json:
        click.echo(json.dumps({"suites": rows}, indent=1))
        return
    lines = [(row["suite"], ", ".join(row["cases"]), str(row["blocks"] or ""), row["summary"]) for row in rows]
    echo_table(("suite", "cases", "blocks", ""), lines)
