"""Series of runs: what a page's chart shows, and what a verdict is among those before it.

A series is the runs of one arm along the line, one a commit, the told run last. Its points are medians with their
intervals, computed from the raw samples. The verdicts of its earlier runs, each against the one before, are found here
too: only they entitle to "the first" and to "faster than each".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.dossier import Point, RunName, Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from banterhearts.core.blocks import Blocks
    from banterhearts.core.entry import Entry
    from banterhearts.core.record import Metric, RunRecord
    from chronicles.evidence.facts import FactBook

__all__ = ["Series", "add_series_facts", "has_metric", "interval_of", "median_of", "settled"]


@dataclass(frozen=True, slots=True)
class Series:
    """The runs of one arm up to one that is told, oldest first, and the metric that is looked at."""

    metric: Metric
    entries: Sequence[Entry]
    records: Sequence[RunRecord]

    def points(self) -> Iterator[Point]:
        """A point for each run that measured the metric in its unit."""
        told = self.entries[-1]
        for entry, record in zip(self.entries, self.records, strict=True):
            if has_metric(record, self.metric):
                low, high = interval_of(record, self.metric)
                together = entry == told or (told.sitting is not None and told.sitting == entry.sitting)
                value = settled(median_of(record, self.metric))
                yield Point(RunName(entry.run_id, entry.digest), entry.commit or "", value, low, high, together)


def add_series_facts(book: FactBook, name: str, series: Series, verdict: str, placebo: RunRecord | None) -> None:
    """Add what a verdict is among those that the earlier runs of its series would have got.

    Those are found one by one and without a placebo, so that more of them count than pages have told: a verdict is not
    called the first one lightly. Whether it beats all before it is one family, with the placebo of its own sitting.

    Args:
        book: What is added to.
        name: Of the row whose verdict it is.
        series: That of the row.
        verdict: Slower or faster.
        placebo: The record with the placebo of the row's run.
    """
    from banterhearts.core.comparison import Pair, compare_pairs  # noqa: PLC0415 - scipy, for those who have runs

    runs = [_narrowed(record, series.metric) for record in series.records if has_metric(record, series.metric)]
    *before, run = runs
    quiet = 0
    for record, baseline in zip(reversed(before[1:]), reversed(before[:-1]), strict=True):
        (delta,) = compare_pairs([Pair(record, baseline, None)])
        if delta.verdict.value == verdict:
            break
        quiet += 1
    if quiet:
        text = f"{phrases.count(quiet, 'measured commit')} without one"
        book.add(f"{name}.quiet", quiet, "commit", text=text, source=Source.BENCHMARK)
    double = _narrowed(placebo, series.metric) if placebo is not None else None
    if all(delta.verdict.value == verdict for delta in compare_pairs([Pair(run, one, double) for one in before])):
        book.count(f"{name}.beaten", len(before), "commit", source=Source.BENCHMARK)


def has_metric(record: RunRecord, metric: Metric) -> bool:
    """Whether a record has values of a metric, in its unit."""
    wanted = (metric.name, metric.unit, metric.direction)
    alike = any((one.name, one.unit, one.direction) == wanted for one in record.metrics)
    return alike and bool(_blocks(record, metric))


def median_of(record: RunRecord, metric: Metric) -> float:
    """The median of all measured values of a metric, as a comparison has it."""
    from banterhearts.core.blocks import median  # noqa: PLC0415 - numpy, for those who have runs

    return median(_blocks(record, metric))


def settled(value: float) -> float:
    """A value without the last digits, which another processor or release of a library may compute otherwise."""
    return float(f"{value:.9g}")


def interval_of(record: RunRecord, metric: Metric) -> tuple[float | None, float | None]:
    """The interval of the median over the blocks' medians; none of fewer than six blocks."""
    from statistics import median  # noqa: PLC0415 - as above

    from banterhearts.core.statistics import median_interval  # noqa: PLC0415 - as above

    found = median_interval([median(values.tolist()) for values in _blocks(record, metric).values()])
    if found is None:
        return None, None
    middle = median_of(record, metric)
    return settled(min(found[0], middle)), settled(max(found[1], middle))


def _blocks(record: RunRecord, metric: Metric) -> Blocks:
    from banterhearts.core.blocks import by_metric  # noqa: PLC0415 - as above

    return by_metric(record.samples).get(metric.name, {})


def _narrowed(record: RunRecord, metric: Metric) -> RunRecord:
    """A record with one metric alone."""
    samples = tuple(sample for sample in record.samples if sample.metric == metric.name)
    metrics = tuple(one for one in record.metrics if one.name == metric.name)
    return record.model_copy(update={"samples": samples, "metrics": metrics})
