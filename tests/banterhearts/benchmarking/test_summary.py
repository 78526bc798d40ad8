"""Summaries say what the samples are, and nothing that too few of them could support."""

from __future__ import annotations

import numpy as np
import pytest

from banterhearts.benchmarking.bench import MetricSpec
from banterhearts.benchmarking.summary import summarise
from banterhearts.core.record import Arm, Direction, Phase, Sample

TIME = MetricSpec("time", "ns", Direction.LOWER)
LOAD = MetricSpec("load_time", "ns", Direction.LOWER)


def sample(
    block: int, *values: float, metric: str = "time", phase: Phase = Phase.MEASURE, arm: Arm = Arm.MEASURED
) -> Sample:
    """One visit's values."""
    return Sample(metric=metric, unit="ns", values=values, block=block, order=block, phase=phase, arm=arm)


def test_the_median_is_of_measured_values_alone() -> None:
    """Warm-up, cold starts and the placebo leave the median where it is."""
    samples = [
        sample(0, 10.0, 12.0),
        sample(1, 11.0),
        sample(0, 900.0, phase=Phase.WARMUP),
        sample(0, 800.0, phase=Phase.COLD),
        sample(1, 700.0, arm=Arm.PLACEBO),
    ]
    (metric,) = summarise(samples, [TIME])
    assert (metric.name, metric.unit, metric.direction) == ("time", "ns", Direction.LOWER)
    assert (metric.n, metric.median) == (3, 11.0)
    assert metric.method.startswith("median of measured values")


def test_the_interval_needs_six_blocks() -> None:
    """Five block medians bound a median with 94 %, so there is no interval; six do with 97 %."""
    five = [sample(block, 10.0 + block) for block in range(5)]
    (metric,) = summarise(five, [TIME])
    assert (metric.ci_low, metric.ci_high) == (None, None)
    (metric,) = summarise([*five, sample(5, 15.0)], [TIME])
    assert (metric.ci_low, metric.ci_high, metric.ci_level) == (10.0, 15.0, 0.95)


def test_the_interval_holds_the_median_of_unequal_blocks() -> None:
    """A block of many values may pull the median of all out of the block medians' interval; the interval follows."""
    samples = [sample(block, 10.0 + block) for block in range(6)] + [sample(6, *[99.0] * 50)]
    (metric,) = summarise(samples, [TIME])
    assert metric.median == 99.0
    assert metric.ci_low is not None
    assert metric.ci_low <= metric.median == metric.ci_high


@pytest.mark.parametrize(("name", "fewest", "percent"), [("p90", 29, 90), ("p95", 59, 95), ("p99", 299, 99)])
def test_a_percentile_needs_enough_values(name: str, fewest: int, percent: int) -> None:
    """One value fewer than the rule asks for, and the percentile is not told."""
    values = [float(value) for value in range(1, fewest + 1)]
    (enough,) = summarise([sample(0, *values)], [TIME])
    (too_few,) = summarise([sample(0, *values[:-1])], [TIME])
    assert getattr(enough, name) == np.percentile(values, percent, method="inverted_cdf")
    assert getattr(too_few, name) is None


def test_what_happens_once_a_start_is_summarised_from_cold_samples() -> None:
    """`load_time` has no measured values; its summary says that it is of cold starts."""
    samples = [sample(0, 10.0), sample(0, 500.0, metric="load_time", phase=Phase.COLD)]
    time, load = summarise(samples, [TIME, LOAD])
    assert time.median == 10.0
    assert (load.median, load.n) == (500.0, 1)
    assert "cold starts" in load.method


def test_a_metric_without_values_has_no_summary() -> None:
    """What was declared and never seen is left out, and what only the placebo saw is not the run's."""
    assert summarise([], [TIME]) == ()
    samples = [sample(0, 1.0), sample(0, 2.0, metric="load_time", arm=Arm.PLACEBO)]
    assert [metric.name for metric in summarise(samples, [TIME, LOAD])] == ["time"]
