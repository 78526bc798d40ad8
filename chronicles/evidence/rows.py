"""Rows: what may be said of each metric of some chosen runs, in the order of their news.

An episode's facts and the site's series are made of the same rows, so that a page and a chart never disagree about a
verdict. All comparisons that are asked for at once are one family.

Speed words are for times of which less is better and rates of which more is better; of anything else, a rate of errors
among it, a row says whether it is higher or lower than it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chronicles import phrases
from chronicles.evidence.series import has_metric

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from banterhearts.core.delta import Delta
    from banterhearts.core.record import Environment, Metric, RunRecord
    from chronicles.evidence.runs import Choice, Runs

__all__ = ["Row", "Told", "comparable", "is_speed", "load_told", "machine_line", "rows_of"]

_ORDER = ("slower", "faster", "failed", "invalid", "impossible", "equivalent", "undecided", "alone")
"""Verdicts, and what stands in place of one, in the order of their news."""
_TIMES = ("ns", "us", "ms", "s", "min", "h")
_SAID = {"equivalent": "no change seen", "alone": "no baseline"}
"""What is not said by its own name."""


@dataclass(frozen=True, slots=True)
class Told:
    """A chosen run with the records behind it."""

    choice: Choice
    run: RunRecord
    baseline: RunRecord | None
    placebo: RunRecord | None
    earlier: RunRecord | None


@dataclass(frozen=True, slots=True)
class Row:
    """One metric of one run; or a run without a number."""

    told: Told
    verdict: str
    metric: Metric | None = None
    delta: Delta | None = None

    @property
    def rank(self) -> tuple[object, ...]:
        """Where it stands among all rows."""
        ratio = self.delta.ratio if self.delta else None
        strength = max(ratio, 1 / ratio) if ratio else 0.0
        strength = strength if self.verdict in ("slower", "faster") else 0.0
        names = self.told.run.metrics
        place = names.index(self.metric) if self.metric else 0
        return (_ORDER.index(self.verdict), not self.is_speed, -strength, self.told.choice.run.arm, place)

    @property
    def is_speed(self) -> bool:
        """Whether it is a time or a rate whose better direction is that of speed: only then is better faster."""
        return self.metric is not None and is_speed(self.metric.unit, self.metric.direction.value)

    @property
    def word(self) -> str:
        """What a table says of it."""
        if self.verdict in ("slower", "faster") and not self.is_speed:
            assert self.delta is not None, self
            return "higher" if (self.delta.ratio or 1) > 1 else "lower"
        return _SAID.get(self.verdict, self.verdict)


def is_speed(unit: str, direction: str) -> bool:
    """Whether a metric is a time of which less is better, or a rate of which more is."""
    return (unit in _TIMES and direction == "lower") or (unit.endswith("/s") and direction == "higher")


def load_told(choice: Choice, runs: Runs) -> Told:
    """Load the records of a choice."""
    others = (choice.baseline, choice.placebo, choice.earlier)
    return Told(choice, runs.load(choice.run), *(None if one is None else runs.load(one) for one in others))


def rows_of(told: Sequence[Told]) -> list[Row]:
    """The rows of chosen runs, in the order of their news."""
    return sorted(_found(told), key=lambda row: row.rank)


def _found(told: Sequence[Told]) -> Iterator[Row]:
    from banterhearts.core.comparison import Pair, compare_pairs  # noqa: PLC0415 - scipy, for those who have runs

    paired = [one for one in told if one.baseline is not None and comparable(one.run, one.baseline)]
    pairs = [Pair(one.run, one.baseline, one.placebo) for one in paired if one.baseline is not None]
    deltas = {(delta.run, delta.metric): delta for delta in compare_pairs(pairs)}
    for one in told:
        if one.run.error is not None:
            yield Row(one, one.run.status.value)
        for metric in one.run.metrics if one.run.error is None else ():
            delta = deltas.get((one.run.run_id, metric.name))
            if delta is not None:
                yield Row(one, delta.verdict.value, metric, delta)
            elif has_metric(one.run, metric):
                yield Row(one, "alone", metric)


def comparable(run: RunRecord, baseline: RunRecord) -> bool:
    """Whether metrics of one name are of one unit in both."""
    theirs = {metric.name: (metric.unit, metric.direction) for metric in baseline.metrics}
    return all(theirs.get(one.name, (one.unit, one.direction)) == (one.unit, one.direction) for one in run.metrics)


def machine_line(environment: Environment) -> str:
    """The machine in one line; what is not known is left out."""
    cores = phrases.count(environment.cores, "core") if environment.cores else ""
    memory = f"{phrases.decimal(environment.memory_bytes / 2**30)} GiB" if environment.memory_bytes else ""
    parts = (environment.gpu, environment.cpu, cores, memory, environment.os, environment.runtime)
    return ", ".join(part for part in parts if part) or "not known"
