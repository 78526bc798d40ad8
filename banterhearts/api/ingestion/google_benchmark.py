"""Google Benchmark: `--benchmark_out=FILE` (JSON).

One row a benchmark, its repetitions together: `real_time` and `cpu_time` per iteration, in `time_unit`. Where only
aggregates were reported the median stands for them. `BigO` and `RMS` are fitted over other benchmarks and are no
measurement. Of the counters two have a unit by definition, `bytes_per_second` and `items_per_second`; what an author's
own counter counts, and whether more of it is better, the file does not say.

The library does not ask for the processor's name: cores and caches are all that tells two machines apart. The
host's name stays behind. A commit is taken from `--benchmark_context=commit=<40 digits>`.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any

from banterhearts.api.ingestion.agreement import expect_same
from banterhearts.api.ingestion.fields import Fields, excerpt
from banterhearts.api.ingestion.machine import commit_of, moment, no_commit
from banterhearts.api.ingestion.refusal import LeftOut, Reason, Refused
from banterhearts.api.ingestion.row import SUMMARY, Entry, Reading, Row, in_a_row, pointer, portable
from banterhearts.core.record import Direction

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from banterhearts.api.ingestion.row import Stated
    from banterhearts.api.ingestion.source import Source

__all__ = ["GoogleBenchmark"]

_COMMIT_KEYS = ("commit", "commit_sha", "git_commit", "git_sha", "git_commit_sha")
_FITTED = ("BigO", "RMS")
_RATES = {"bytes_per_second": ("byte_rate", "By/s"), "items_per_second": ("item_rate", "{item}/s")}
_OWN_KEYS = frozenset(
    (  # noqa: SIM905 - as a list it would fill a screen
        "name family_index per_family_instance_index run_name run_type repetitions repetition_index threads iterations "
        "real_time cpu_time time_unit aggregate_name aggregate_unit error_occurred error_message skipped skip_message "
        "allocs_per_iter max_bytes_used total_allocated_bytes net_heap_growth label"
    ).split()
)


class GoogleBenchmark:
    """The format."""

    name = "google-benchmark"
    suite = "google-benchmark"
    needs = "a `context` and a list of `benchmarks`"
    reads_lines = False

    def recognises(self, source: Source) -> bool:
        """By its keys."""
        value = source.value
        return isinstance(value, dict) and "context" in value and isinstance(value.get("benchmarks"), list)

    def entries(self, source: Source, stated: Stated) -> Iterator[Entry]:
        """One a benchmark, and one a fit."""
        del stated
        context = source.value["context"]
        for place, runs in _groups(source.value["benchmarks"]):
            yield Entry(
                pointer("benchmarks", place),
                [self.name, runs, context],
                partial(_row, runs, context),
            )


def _groups(benchmarks: Sequence[object]) -> list[tuple[int, list[object]]]:
    """The entries of each benchmark, with the place of the first; a fit is a group of its own."""
    groups: dict[object, tuple[int, list[object]]] = {}
    for place, run in enumerate(benchmarks):
        key: object = place
        if isinstance(run, dict) and run.get("aggregate_name") not in _FITTED:
            name = run.get("run_name", run.get("name"))
            key = name if isinstance(name, str) else place
        groups.setdefault(key, (place, []))[1].append(run)
    return list(groups.values())


def _row(values: Sequence[object], head: object) -> Row:
    runs, context = [Fields.of(value) for value in values], Fields.of(head, "context")
    first = runs[0]
    if first.text("aggregate_name") in _FITTED:
        raise Refused(Reason.DERIVED, f"{first.text('aggregate_name')} is fitted over the sizes of a benchmark")
    name = first.text("run_name") or first.text("name")
    if name is None:
        raise Refused(Reason.MISSING, "it has no name")
    for run in runs:
        if run.values.get("error_occurred") or run.values.get("skipped"):
            said = run.text("error_message") or run.text("skip_message") or "without a word"
            raise Refused(Reason.FAILED, f"it was skipped: {excerpt(said)}")
    measured, notes = _measured(runs)
    readings = [
        Reading("time", "ns", tuple(run.duration("real_time", _unit(run)) for run in measured)),
        Reading("cpu_time", "ns", tuple(run.duration("cpu_time", _unit(run)) for run in measured)),
    ]
    for key, (metric, unit) in _RATES.items():
        if any(run.has(key) for run in measured):
            rates = tuple(run.amount(key) for run in measured)
            readings.append(Reading(metric, unit, rates, Direction.HIGHER))
    executable = portable(context.text("executable") or "").rpartition("/")[2].rpartition("\\")[2]
    created_at, doubts = moment(context.text("date"))
    if context.text("library_build_type") == "debug":
        notes += ("the benchmark library was a debug build",)
    told = next((value for key in _COMMIT_KEYS if isinstance(value := context.values.get(key), str)), None)
    if told and not commit_of(told):
        notes += (no_commit(told),)
    return Row(
        case=name,
        readings=tuple(readings),
        essence={"executable": executable, "name": name},
        machine=_machine(context),
        created_at=created_at,
        commit=commit_of(told),
        notes=notes + doubts,
        left_out=_counters(measured[0].values),
    )


def _measured(runs: list[Fields]) -> tuple[list[Fields], tuple[str, ...]]:
    """The repetitions, or the median of them, and what must be said of it."""
    each = "each value is a mean over the iterations of a repetition"
    repetitions = [run for run in runs if run.text("run_type") != "aggregate"]
    for run in repetitions or runs:
        if run.whole("iterations") == 0:
            raise Refused(Reason.CONTRADICTION, "iterations is 0, and there is a time of one")
    if repetitions:
        _check_repetitions(repetitions, [run for run in runs if run.text("run_type") == "aggregate"])
        return repetitions, (*in_a_row(repetitions), each)
    medians = [run for run in runs if run.text("aggregate_name") == "median"]
    if not medians:
        raise Refused(Reason.MISSING, "neither repetitions nor their median are there")
    return medians[:1], (f"{SUMMARY}, the median of {medians[0].whole('repetitions') or 'its'} repetitions", each)


def _check_repetitions(repetitions: list[Fields], aggregates: list[Fields]) -> None:
    """Refuse repetitions that are not as many as they say, and a mean or median that is not theirs."""
    for run in repetitions:
        told = run.whole("repetitions")  # 0 is what version 1.5 writes where nobody asked for repetitions
        if told and told != len(repetitions):
            raise Refused(Reason.CONTRADICTION, f"{told} repetitions, and {len(repetitions)} are there")
    for aggregate in aggregates:
        name = aggregate.text("aggregate_name")
        for key in ("real_time", "cpu_time"):
            if name not in {"mean", "median"} or not aggregate.has(key):
                continue
            values = [run.duration(key, _unit(run)) for run in repetitions]
            found = median(values) if name == "median" else sum(values, start=Decimal(0)) / len(values)
            expect_same(f"the {name} of {key} in ns", aggregate.duration(key, _unit(aggregate)), found)


def _unit(run: Fields) -> str:
    return run.text("time_unit") or "ns"  # as the library's own default


def _machine(context: Fields) -> dict[str, Any]:
    """What tells machines apart: without the processor's name its caches stand for it; its clock moves."""
    clock, caches = context.whole("mhz_per_cpu"), context.values.get("caches")
    sizes = [
        f"L{one.get('level')} {one.get('type')} {one.get('size')}"
        for one in (caches if isinstance(caches, list) else [])
        if isinstance(one, dict)
    ]
    return {
        "cpu": f"not named, with {', '.join(sizes)}" if sizes else None,
        "cores": context.whole("num_cpus"),
        "clocks": {"cpu": clock * 1_000_000} if clock else {},
    }


def _counters(values: Mapping[str, Any]) -> tuple[LeftOut, ...]:
    why = "a counter of the benchmark's author; the file tells neither its unit nor which way is better"
    return tuple(
        LeftOut(excerpt(key), Reason.UNKNOWN_UNIT, why) for key in values if key not in _OWN_KEYS and key not in _RATES
    )
