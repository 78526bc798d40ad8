"""pytest-benchmark: `--benchmark-json FILE` or a file of `.benchmarks/`, version 3 to 5 of the plugin.

One row a benchmark. `stats.data` holds the seconds of each round; where a round ran several iterations the plugin has
divided by them already, so a value is a mean and may be a fraction of a nanosecond. Files that were saved without
`--benchmark-save-data` keep no rounds; then the median stands for them. The time is of `options.timer`; a timer that
reads neither the wall clock nor the processor's is of no known meaning.

`commit_info.id` is the commit of the repository in which pytest ran; "unversioned" and "unknown" are none. Where the
file does not say whether the tree differed from it, it is taken to have. The node's name stays behind.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from banterhearts.api.ingestion.agreement import expect_order, expect_summary
from banterhearts.api.ingestion.fields import Fields, excerpt
from banterhearts.api.ingestion.machine import commit_of, moment, release
from banterhearts.api.ingestion.refusal import Reason, Refused
from banterhearts.api.ingestion.row import SUMMARY, Entry, Reading, Row, in_a_row, pointer, portable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from banterhearts.api.ingestion.row import Stated
    from banterhearts.api.ingestion.source import Source

__all__ = ["PytestBenchmark"]

_TIMERS = {
    "time": ("perf_counter", "monotonic", "time", "default_timer"),
    "cpu_time": ("process_time", "thread_time"),
}
"""Metric to the timers that measure it in seconds, by their last name."""


class PytestBenchmark:
    """The format."""

    name = "pytest-benchmark"
    suite = "pytest-benchmark"
    needs = "`machine_info` and a list of `benchmarks`"
    reads_lines = False

    def recognises(self, source: Source) -> bool:
        """By its keys."""
        value = source.value
        return isinstance(value, dict) and "machine_info" in value and isinstance(value.get("benchmarks"), list)

    def entries(self, source: Source, stated: Stated) -> Iterator[Entry]:
        """One a benchmark."""
        del stated
        common = {key: value for key, value in source.value.items() if key != "benchmarks"}
        for number, bench in enumerate(source.value["benchmarks"]):
            yield Entry(pointer("benchmarks", number), [self.name, bench, common], partial(_row, bench, common))


def _row(value: object, common: Mapping[str, Any]) -> Row:
    bench, file = Fields.of(value), Fields(common)
    name = bench.text("fullname") or bench.text("name")
    if name is None:
        raise Refused(Reason.MISSING, "it has no name")
    stats, options, commit = bench.fields("stats"), bench.fields("options"), file.fields("commit_info")
    values, notes = _values(stats)
    is_dirty, unsaid = _is_dirty(commit)
    timer = options.text("timer") or "default_timer"
    created_at, doubts = moment(file.text("datetime"), tool_writes_utc=True)
    if bench.values.get("extra_info"):
        notes += ("extra_info was not taken over",)
    return Row(
        case=portable(name),
        readings=(Reading(_metric(timer), "ns", values),),
        essence={"name": portable(name), "timer": timer, "disable_gc": options.values.get("disable_gc")},
        machine=_machine(file.fields("machine_info")),
        runtime=_runtime(file.fields("machine_info")),
        created_at=created_at,
        commit=commit_of(commit.text("id")),
        is_dirty=is_dirty,
        repo=commit.text("project"),
        notes=notes + doubts + unsaid,
    )


def _values(stats: Fields) -> tuple[tuple[Decimal, ...], tuple[str, ...]]:
    """The rounds in nanoseconds, and what must be said of them."""
    rounds, iterations = stats.whole("rounds"), stats.whole("iterations")
    if 0 in {rounds, iterations}:
        raise Refused(Reason.CONTRADICTION, f"{rounds} rounds of {iterations} iterations, and there is a time of one")
    mean_of = (f"each value is the mean of {iterations} iterations",) if iterations and iterations > 1 else ()
    values = stats.durations("data", "s")
    if not values:
        expect_order(stats)
        return (stats.duration("median", "s"),), (f"{SUMMARY}, the median of {rounds or 'its'} rounds", *mean_of)
    if rounds is not None and rounds != len(values):
        raise Refused(Reason.CONTRADICTION, f"{rounds} rounds, and {len(values)} in data")
    expect_summary(stats, values, "data")
    return values, (*in_a_row(values), *mean_of)


def _is_dirty(commit: Fields) -> tuple[bool | None, tuple[str, ...]]:
    """Whether the tree differed from the commit, and what must be said where the file does not tell."""
    dirty = commit.values.get("dirty")
    if isinstance(dirty, bool):
        return dirty, ()
    if dirty is not None:
        problem = f"commit_info.dirty is {excerpt(repr(dirty))}, and neither true nor false"
        raise Refused(Reason.MALFORMED, problem)
    if commit_of(commit.text("id")) is None:
        return None, ()
    return True, ("the file does not say whether the tree was that of its commit; it is taken for another",)


def _metric(timer: str) -> str:
    last = timer.rpartition(".")[2]
    for metric, timers in _TIMERS.items():
        if last in timers:
            return metric
    raise Refused(Reason.UNKNOWN_UNIT, f"measured with the timer {excerpt(timer)!r}")


def _machine(info: Fields) -> dict[str, Any]:
    cpu = info.fields("cpu")
    parts = (info.text("system"), release(info.text("release")), info.text("machine"))
    return {
        "cpu": cpu.text("brand_raw") or cpu.text("brand") or info.text("processor"),
        "cores": cpu.whole("count"),
        "os": " ".join(part for part in parts if part) or None,
    }


def _runtime(info: Fields) -> str | None:
    name, version = info.text("python_implementation"), info.text("python_version")
    return f"{name} {version}" if name and version else None
