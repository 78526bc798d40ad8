"""What a subject did to performance: facts of its runs and of the runs that they are compared with.

Everything here is made from the raw samples of the records that were chosen (`runs`): the records' own medians and
comparisons are for the eye and are not read. All comparisons of one subject are one family, so that a page with forty
rows shows no more false alarms than a page with one. Rows come in the order of their news: what is slower first, and
what stands alone, since nothing before it was measured alike, last.

Which words a row may use is for `rows` to say.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.dossier import RunName, Source, ToldRun
from chronicles.evidence.rows import comparable, load_told, machine_line, rows_of
from chronicles.evidence.runs import MOST
from chronicles.evidence.series import Series, add_series_facts, median_of, settled
from chronicles.markdown import code, escape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from banterhearts.core.delta import Delta
    from banterhearts.core.entry import Entry
    from banterhearts.core.record import RunRecord
    from chronicles.evidence.facts import FactBook
    from chronicles.evidence.rows import Row, Told
    from chronicles.evidence.runs import Choice, Runs
    from chronicles.history.index import Index

__all__ = ["ROWS", "add_performance_facts"]

ROWS = 16
"""So many rows at most have facts of their own; the others are counted."""

_LONGEST_MACHINE = 240
"""Characters of the line of a machine; a tool may put 4,000 into each of its parts."""
_LONGEST_ERROR = 160
_CHARTS = 4
"""So many runs at most are shown with their series."""
_WHY = {
    "wide": "the interval leaves more than one verdict open",
    "placebo": "the placebo did as much",
    "apart": "the two were measured apart",
    "few_blocks": "the blocks are too few",
    "family": "the blocks are too few for so many comparisons",
    "steps": "the values are rounded too coarsely",
    "no_ratio": "there is no ratio to zero",
}


def add_performance_facts(
    book: FactBook, choices: Sequence[Choice], runs: Runs, index: Index, series: Callable[[Choice], Sequence[Entry]]
) -> tuple[ToldRun, ...]:
    """Add the facts of a subject's runs.

    Args:
        book: What they are added to.
        choices: The runs that tell the subject.
        runs: Where their records are.
        index: Which holds the line of the subject.
        series: From a run that is shown to the runs of its arm up to it, oldest first.

    Returns:
        The runs as a page lists them.
    """
    told = [load_told(choice, runs) for choice in choices]
    if not told:
        return ()
    rows = rows_of(told)
    _add_counts(book, rows, whole=len(told) < MOST)
    machines: dict[str, int] = {}
    for row in rows[:ROWS]:
        environment = row.told.run.environment
        if environment.fingerprint not in machines:
            machines[environment.fingerprint] = len(machines) + 1
            _words(book, f"performance.machine.{len(machines)}", machine_line(environment), "machine", _LONGEST_MACHINE)
    shown = _shown(rows, runs, series)
    for number, row in enumerate(rows[:ROWS], 1):
        name = f"performance.{number}"
        _add_row(book, name, row, index)
        drawn = shown.get(row.told.run.run_id)
        if drawn and drawn.metric is row.metric and row.is_speed and row.verdict in ("slower", "faster"):
            add_series_facts(book, name, drawn, row.verdict, row.told.placebo)
        if len(machines) > 1:
            place = machines[row.told.run.environment.fingerprint]
            _add(book, f"{name}.machine", place, "1", f"machine {place}")
    return tuple(_listed(one, shown.get(one.run.run_id)) for one in told)


# -- facts ----------------------------------------------------------------------------------------------------


def _add_counts(book: FactBook, rows: Sequence[Row], *, whole: bool) -> None:
    counts = Counter("none" if row.verdict in ("failed", "invalid", "impossible") else row.word for row in rows)
    compared = sum(row.delta is not None for row in rows)
    if compared:
        book.count("performance.compared", compared, "measure", source=Source.BENCHMARK)
    for word, name in (
        *(("slower", "slower"), ("faster", "faster"), ("higher", "higher"), ("lower", "lower")),
        *(("no change seen", "equivalent"), ("undecided", "undecided"), ("no baseline", "alone"), ("none", "none")),
    ):
        if counts[word]:
            noun = f"{word} verdict" if name in ("slower", "faster") else "measure"
            book.count(f"performance.{name}", counts[word], noun, source=Source.BENCHMARK)
    if len(rows) > ROWS:
        book.count("performance.left_out", len(rows) - ROWS, "measure", source=Source.BENCHMARK)
    if not whole:
        book.count("performance.most", MOST, "run", source=Source.BENCHMARK)


def _add_row(book: FactBook, name: str, row: Row, index: Index) -> None:
    run, metric = row.told.run, row.metric
    case = f"{run.workload.suite}/{run.workload.case}"
    _name(book, f"{name}.case", case)
    _add(book, f"{name}.verdict", row.verdict, "verdict", row.word)
    _add(book, f"{name}.run", run.run_id, "run", code(run.run_id))
    at = row.told.choice.run.commit
    if at != book.key.commits[0] and at is not None:
        book.sha(f"{name}.at", at, source=Source.BENCHMARK)
    if metric is None:
        what = {"failed": "failed", "invalid": "was invalid", "impossible": "was impossible"}[row.verdict]
        _name(book, f"{name}.what", case)
        _add(book, f"{name}.status", row.verdict, "text", what)
        said = (run.error or "").strip().partition("\n")[0]
        _words(book, f"{name}.error", said or "(no word)", "text", _LONGEST_ERROR)
        return
    _name(book, f"{name}.metric", metric.name)
    only = len(run.metrics) == 1
    text = code(case) if only else f"the {code(metric.name)} of {code(case)}"
    _add(book, f"{name}.what", case if only else f"{metric.name} of {case}", "name", text)
    if row.is_speed:
        _add(book, f"{name}.speed", 1, "1", "a time or a rate")
    if row.delta is not None:
        _add_delta(book, name, row, row.delta, index)
        return
    after = median_of(run, metric)
    _add(book, f"{name}.after", settled(after), metric.unit, _measure(book, after, metric.unit))
    before = row.told.baseline or row.told.earlier
    if before is not None:
        _add(book, f"{name}.elsewhere", before.run_id, "run", _difference(run, before))


def _add_delta(book: FactBook, name: str, row: Row, delta: Delta, index: Index) -> None:
    baseline, unit = row.told.choice.baseline, delta.unit
    assert baseline is not None, row
    assert baseline.commit is not None, row
    book.sha(f"{name}.sha", baseline.commit, source=Source.BENCHMARK)
    distance = _distance(row.told.choice, index)
    is_parent = distance == 1 and book.key.kind == "commit"
    ago = "its parent" if is_parent else f"{phrases.count(distance, 'commit')} earlier"
    book.add(f"{name}.distance", distance, "commit", text=ago, source=Source.BENCHMARK)
    for end, value in (("before", delta.baseline_median), ("after", delta.median)):
        _add(book, f"{name}.{end}", settled(value), unit, _measure(book, value, unit))
    book.count(f"{name}.blocks", delta.blocks, "block", source=Source.BENCHMARK)
    if delta.ratio is not None:
        text, figure = phrases.ratio_times(delta.ratio), phrases.ratio(delta.ratio)
        _add(book, f"{name}.ratio", settled(delta.ratio), "times", text, figure)
    if delta.ci_low is not None and delta.ci_high is not None:
        shown = phrases.between(delta.ci_low, delta.ci_high)
        for end, bound, text in zip(("low", "high"), (delta.ci_low, delta.ci_high), shown.split(" to "), strict=True):
            _add(book, f"{name}.{end}", settled(bound), "times", f"{text} times", text)
        _add(book, f"{name}.interval", shown, "times", f"{shown} times", shown)
    effect = phrases.share(delta.min_effect)
    _add(book, f"{name}.bound", delta.min_effect, "1", effect)
    if delta.why is not None:
        _add(book, f"{name}.why", delta.why.value, "text", _WHY[delta.why.value])
    if delta.blocks_needed is not None:
        _add_needed(book, f"{name}.needed", delta.blocks_needed)
    if delta.placebo is not None:
        shown = phrases.between(*delta.placebo)
        _add(book, f"{name}.placebo", shown, "times", f"{shown} times", shown)


def _add_needed(book: FactBook, name: str, needed: int) -> None:
    from banterhearts.core.power import MOST_BLOCKS  # noqa: PLC0415 - numpy, for those who have runs

    if needed > MOST_BLOCKS:
        text = f"more than {phrases.count(MOST_BLOCKS, 'block')}"
        _add(book, name, needed, "block", text)
    else:
        _add(book, name, needed, "block", f"about {phrases.count(needed, 'block')}")


def _distance(choice: Choice, index: Index) -> int:
    """Steps from the baseline to the run."""
    assert choice.baseline is not None, choice
    ends = [index.depth(entry.commit or "") for entry in (choice.run, choice.baseline)]
    assert ends[0] is not None, choice
    assert ends[1] is not None, choice
    return ends[0] - ends[1]


def _difference(run: RunRecord, earlier: RunRecord) -> str:
    """How an earlier run of the same case was made, so that nothing is compared with it."""
    if run.arm.fingerprint != earlier.arm.fingerprint:
        return "on another machine"
    if run.arm.effective != earlier.arm.effective:
        return "in another configuration"
    if run.arm.workload != earlier.arm.workload:
        return "with another workload"
    return "without this metric" if comparable(run, earlier) else "in other units"


# -- the list -------------------------------------------------------------------------------------------------


def _shown(rows: Sequence[Row], runs: Runs, series: Callable[[Choice], Sequence[Entry]]) -> dict[str, Series]:
    """By run: the series of the metric with the most news, of the first runs that have anything before them."""
    found: dict[str, Series] = {}
    for row in rows[:ROWS]:
        if row.metric is not None and row.told.run.run_id not in found and len(found) < _CHARTS:
            entries = series(row.told.choice)
            if len(entries) > 1:
                found[row.told.run.run_id] = Series(row.metric, entries, [runs.load(entry) for entry in entries])
    return found


def _listed(told: Told, series: Series | None) -> ToldRun:
    """A run as a page lists it."""
    choice, workload = told.choice, told.run.workload
    return ToldRun(
        run=RunName(choice.run.run_id, choice.run.digest),
        baseline=_named(choice.baseline),
        placebo=_named(choice.placebo),
        earlier=_named(choice.earlier),
        suite=workload.suite,
        case=workload.case,
        metric=series.metric.name if series else "",
        unit=series.metric.unit if series else "",
        series=tuple(series.points()) if series else (),
    )


def _named(entry: Entry | None) -> RunName | None:
    return None if entry is None else RunName(entry.run_id, entry.digest)


# -- making facts ---------------------------------------------------------------------------------------------


def _add(book: FactBook, name: str, value: float | str, unit: str, text: str, figure: str | None = None) -> None:
    book.add(name, value, unit, text=text, figure=figure, source=Source.BENCHMARK)


def _name(book: FactBook, name: str, value: str) -> None:
    shown = book.clean(value) or "(empty)"
    _add(book, name, shown, "name", code(shown))


def _words(book: FactBook, name: str, text: str, unit: str, limit: int | None = None) -> None:
    book.words(name, text, unit, limit=limit, source=Source.BENCHMARK)


def _measure(book: FactBook, value: float, unit: str) -> str:
    """A measured value with its unit, which a record of any tool may have given."""
    return escape(book.clean(phrases.measure(value, unit)))
