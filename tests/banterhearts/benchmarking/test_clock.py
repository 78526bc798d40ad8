"""Durations between two readings of a clock that may be wrong."""

from __future__ import annotations

import pytest

from banterhearts.benchmarking.bench import MeasureFailed
from banterhearts.benchmarking.clock import elapsed_ns, perf_clock
from banterhearts.core.record import Status


def test_a_duration_is_the_difference_of_two_readings() -> None:
    """Whole nanoseconds, nothing included."""
    assert elapsed_ns(1_000, 1_250) == 250


def test_no_time_at_all_is_a_duration() -> None:
    """A coarse clock may read the same twice."""
    assert elapsed_ns(5, 5) == 0


def test_a_clock_that_steps_back_gives_no_number() -> None:
    """A negative duration is refused as invalid, with by how much."""
    with pytest.raises(MeasureFailed, match="stepped back by 3 ns") as caught:
        elapsed_ns(10, 7)
    assert caught.value.status is Status.INVALID


def test_the_engines_clock_goes_on() -> None:
    """The clock that is used never steps back, in whole nanoseconds."""
    readings = [perf_clock() for _ in range(1000)]
    assert readings == sorted(readings)
    assert all(isinstance(reading, int) for reading in readings)
