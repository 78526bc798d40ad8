"""hyperfine: `--export-json FILE`.

One row a command. `times` are the seconds of each run, the start of the shell already taken off by hyperfine (unless it
ran with `-N`); `user` and `system` are means over all runs. A run that ended with another status than 0 fails the row,
also where hyperfine was told to ignore it: what a failing command takes is no measurement of what it should do.

The file has neither time, commit nor machine; `--at`, `--commit` and `--machine` say them.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from banterhearts.api.ingestion.agreement import expect_order, expect_summary
from banterhearts.api.ingestion.fields import Fields, nanoseconds
from banterhearts.api.ingestion.refusal import LeftOut, Reason, Refused
from banterhearts.api.ingestion.row import SUMMARY, Entry, Reading, Row, in_a_row, pointer, portable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from banterhearts.api.ingestion.row import Stated
    from banterhearts.api.ingestion.source import Source

__all__ = ["Hyperfine"]


class Hyperfine:
    """The format."""

    name = "hyperfine"
    suite = "hyperfine"
    needs = "`results`, with a `command` and its `mean`"
    reads_lines = False

    def recognises(self, source: Source) -> bool:
        """By its keys and one command: what is wrong with another is told of its row."""
        results = source.value.get("results") if isinstance(source.value, dict) else None
        if not isinstance(results, list) or len(source.value) != 1:
            return False
        return any(isinstance(one, dict) and {"command", "mean"} <= one.keys() for one in results)

    def entries(self, source: Source, stated: Stated) -> Iterator[Entry]:
        """One a command."""
        del stated
        for number, result in enumerate(source.value["results"]):
            yield Entry(pointer("results", number), [self.name, result], partial(_row, result))


def _row(value: object) -> Row:
    result = Fields.of(value)
    command = result.text("command")
    if command is None:
        raise Refused(Reason.MISSING, "it has no command")
    _refuse_failures(result)
    times = result.durations("times", "s")
    notes: tuple[str, ...] = in_a_row(times) if times else (f"{SUMMARY}, the median",)
    if times:
        expect_summary(result, times, "times")
    else:
        expect_order(result)
    times = times or (result.duration("median", "s"),)
    readings = [Reading("time", "ns", times)]
    left_out: tuple[LeftOut, ...] = ()
    if result.has("user") and result.has("system"):
        mean = result.quantity("user") + result.quantity("system")
        if mean:
            readings.append(Reading("cpu_time", "ns", (nanoseconds(mean, "s"),)))
            notes += ("cpu_time is the sum of hyperfine's means of user and system time",)
        else:
            left_out = (LeftOut("user, system", Reason.FAILURE_AS_ZERO, "both are 0: less than the kernel counts"),)
    if memory := result.amounts("memory_usage_byte"):
        if result.has("times") and len(memory) != len(times):
            raise Refused(Reason.CONTRADICTION, f"{len(times)} times and {len(memory)} of memory_usage_byte")
        readings.append(Reading("peak_memory", "By", memory))
    shown = {"command": portable(command)}
    if result.fields("parameters").values:
        shown["parameters"] = portable(str(sorted(result.fields("parameters").values.items())))
    return Row(
        case=portable(command),
        readings=tuple(readings),
        essence=shown,
        requested=shown,
        effective=shown,
        notes=notes,
        left_out=left_out,
    )


def _refuse_failures(result: Fields) -> None:
    codes = result.values.get("exit_codes")
    if codes is None:
        return
    if not isinstance(codes, list):
        raise Refused(Reason.MALFORMED, "exit_codes is no list")
    failed = [code for code in codes if code != 0]
    if failed:
        how = "a signal" if failed[0] is None else f"status {failed[0]}"
        raise Refused(Reason.FAILED, f"{len(failed)} of {len(codes)} runs ended with another status than 0 ({how})")
    times = result.values.get("times")
    if isinstance(times, list) and len(times) != len(codes):
        raise Refused(Reason.CONTRADICTION, f"{len(times)} times of {len(codes)} runs")
