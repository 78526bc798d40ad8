"""The engine's one clock for durations: monotonic, in whole nanoseconds, and not believed blindly.

`perf_counter_ns` never steps back by its contract; a virtual machine that was moved, or a fake in a test, may break
it. A duration that came out negative would be a number nobody measured, so it is refused where it arises.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from banterhearts.benchmarking.bench import MeasureFailed
from banterhearts.core.record import Status

__all__ = ["Clock", "elapsed_ns", "perf_clock"]

Clock = Callable[[], int]
"""Says the time in nanoseconds since some moment of its own."""

perf_clock: Clock = time.perf_counter_ns


def elapsed_ns(started: int, ended: int) -> int:
    """The nanoseconds between two readings of one clock.

    Raises:
        MeasureFailed: As invalid, if the clock stepped back.
    """
    if ended < started:
        problem = f"the clock stepped back by {started - ended} ns during the measurement; measure again"
        raise MeasureFailed(problem, Status.INVALID)
    return ended - started
