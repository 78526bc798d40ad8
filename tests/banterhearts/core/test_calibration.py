"""The engine's own error rates, on simulated sittings whose truth is known; seeds are fixed.

The sittings are those of `benchmarks/calibration.py`: samples in the order of time, mirrored blocks, drift, block
effects, log-normal values. They are judged by the vectorized core of `compare`, and a part of them by `compare`.
"""

from __future__ import annotations

import importlib.util
import math
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from banterhearts.benchmarking.bench import MetricSpec
from banterhearts.benchmarking.summary import summarise
from banterhearts.core.comparison import compare
from banterhearts.core.power import Plan, chances
from banterhearts.core.record import (
    Arm,
    Direction,
    Environment,
    Provenance,
    RunRecord,
    Sample,
    Status,
    Subject,
    Treatment,
    Workload,
    digest,
)
from banterhearts.core.statistics import bootstrap, interval, p_value, paired
from banterhearts.core.verdict import judge

if TYPE_CHECKING:
    from types import ModuleType

SITTINGS = 2000
BLOCKS = 10
EFFECTS = (0.02, 0.01)


@cache
def calibration() -> ModuleType:
    """The script that plays sittings."""
    path = Path(__file__).parents[3] / "benchmarks/calibration.py"
    spec = importlib.util.spec_from_file_location("calibration", path)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    sys.modules["calibration"] = script  # its dataclasses look it up
    spec.loader.exec_module(script)
    return script


@cache
def played(mood: str, slowdown: float) -> tuple[Any, Any]:
    """Estimates and the placebo's reach of 2,000 sittings."""
    script = calibration()
    samples = script.play(SITTINGS, 1000 + round(1000 * slowdown), ratio=1 + slowdown, mood=getattr(script, mood))
    return script.estimates(samples)  # type: ignore[no-any-return]  # a script has no types


@cache
def block_sd(mood: str) -> float:
    """What the sample-size rule is told: from other sittings than those it is held against."""
    script = calibration()
    return float(script.block_sd(getattr(script, mood)))


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("mood", ["USUAL", "LOUD", "HEAVY"])
def test_false_alarms_are_rare(mood: str, effect: float) -> None:
    """Of 2,000 pairs of the same thing at most 5 % are called slower or faster; it is under one."""
    estimate, noise = played(mood, 0.0)
    seen = calibration().rates(estimate, 1.0, effect=effect, noise=noise)
    assert seen.slower + seen.faster <= 0.01


@pytest.mark.parametrize("slowdown", [0.0, 0.01, 0.02, 0.05])
@pytest.mark.parametrize("mood", ["USUAL", "LOUD"])
def test_intervals_cover_what_they_say(mood: str, slowdown: float) -> None:
    """The 95 % interval holds the true ratio in 93 to 97 % of the sittings, and leaves out 1 for no other reason."""
    estimate, noise = played(mood, slowdown)
    seen = calibration().rates(estimate, 1 + slowdown, noise=noise)
    assert 0.93 <= seen.covered <= 0.97
    if not slowdown:
        assert seen.excluded == pytest.approx(1 - seen.covered)


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("slowdown", [0.0, 0.01, 0.02, 0.05])
@pytest.mark.parametrize("mood", ["USUAL", "LOUD"])
def test_slowdowns_are_found_as_often_as_the_rule_predicts(mood: str, slowdown: float, effect: float) -> None:
    """Each verdict's share is the predicted one, within three standard errors of 2,000 sittings and 0.3 %."""
    estimate, noise = played(mood, slowdown)
    seen = calibration().rates(estimate, 1 + slowdown, effect=effect, noise=noise)
    told = chances(1 + slowdown, BLOCKS, Plan(block_sd(mood), effect))
    for verdict in ("slower", "faster", "equivalent"):
        expected = getattr(told, verdict)
        room = 3 * math.sqrt(expected * (1 - expected) / SITTINGS) + 0.003
        assert getattr(seen, verdict) == pytest.approx(expected, abs=room), verdict


def test_the_rule_predicts_something() -> None:
    """The rates that are held against the rule are not all near 0 or 1."""
    told = [chances(1 + s, BLOCKS, Plan(block_sd(mood))).slower for mood in ("USUAL", "LOUD") for s in (0.02, 0.05)]
    assert sum(0.1 < share < 0.9 for share in told) >= 2


def test_equal_within_the_effect_is_said_falsely_at_most_as_often_as_promised() -> None:
    """A true change of exactly the effect is called equivalent in about 5 % of the sittings."""
    estimate, noise = played("USUAL", 0.02)
    assert calibration().rates(estimate, 1.02, noise=noise).equivalent <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / SITTINGS)


def test_the_order_is_random_and_mirrored() -> None:
    """In each block the arms come in some order and then in its mirror image, and all six orders occur."""
    times = calibration()._times(np.random.default_rng(1), 200, BLOCKS, "mirrored")
    assert times.shape == (200, 3, BLOCKS, 2)
    assert (
        np.sort(times.transpose(0, 2, 1, 3).reshape(200, BLOCKS, 6)) == np.arange(6 * BLOCKS).reshape(BLOCKS, 6)
    ).all()
    first, second = times[..., 0] % 6, times[..., 1] % 6
    assert (first + second == 5).all()
    assert len({tuple(order) for order in first.transpose(0, 2, 1).reshape(-1, 3).tolist()}) == 6


def test_one_arm_after_the_other_is_what_goes_wrong() -> None:
    """The same machine without interleaving calls a third of all pairs different: the simulation is not too kind."""
    script = calibration()
    estimate = script._by_blocks(script.play(SITTINGS, 1000, turns="AABB"))
    seen = script.rates(estimate, 1.0)
    assert seen.slower + seen.faster > 0.2
    assert seen.covered < 0.8


def test_the_placebo_catches_what_no_interval_can() -> None:
    """Where each process has luck of its own, intervals are too narrow, and the placebo halves the false alarms."""
    estimate, noise = played("LUCK", 0.0)
    with_it, without = (calibration().rates(estimate, 1.0, noise=reach) for reach in (noise, 0.0))
    assert with_it.covered < 0.8
    assert with_it.slower + with_it.faster < 0.6 * (without.slower + without.faster)


def test_luck_that_is_drawn_for_each_block_is_noise() -> None:
    """A fresh process a block makes the same luck something that an interval sees."""
    estimate, noise = played("RENEWED", 0.0)
    seen = calibration().rates(estimate, 1.0, noise=noise)
    assert 0.93 <= seen.covered <= 0.97
    assert seen.slower + seen.faster <= 0.05


def test_a_family_errs_as_rarely_as_one() -> None:
    """Of 400 families of five equal pairs about one in twenty has any interval that leaves out 1, and no more."""
    estimate, _ = played("USUAL", 0.0)
    p = p_value(estimate).reshape(-1, 5)
    assert np.mean((p < 0.05 / 5).any(axis=-1)) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 400)
    assert np.mean((p < 0.05).any(axis=-1)) > 0.15, "not adjusted it is no family"


def test_the_bootstrap_covers_at_least_what_it_says() -> None:
    """At ten blocks the hierarchical bootstrap is too wide rather than too narrow."""
    script = calibration()
    samples = script.play(300, 5)
    ends = np.array([bootstrap(list(one[script.RUN]), list(one[script.BASELINE])) for one in samples])
    assert np.mean((ends[:, 0] <= 0) & (ends[:, 1] >= 0)) >= 0.96


@pytest.mark.parametrize("mood", ["USUAL", "LOUD", "LUCK"])
@pytest.mark.parametrize("slowdown", [0.0, 0.02])
def test_records_and_arrays_give_the_same_numbers(mood: str, slowdown: float) -> None:
    """Sittings sent through run records and `compare` have the ratio, interval and verdict of the vectorized core."""
    script = calibration()
    samples = script.play(12, 3, ratio=1 + slowdown, mood=getattr(script, mood))
    estimate, noise = script.estimates(samples)
    low, high = interval(estimate, 0.95)
    verdicts = judge(estimate, effect=0.02, alpha=0.05, noise=noise)
    placebo = interval(paired(_logs(samples, script.PLACEBO) - _logs(samples, script.BASELINE)), 0.95)
    for place, sitting in enumerate(samples):
        baseline = record("base", sitting[script.BASELINE], placebo=sitting[script.PLACEBO])
        (delta,) = compare(baseline, record("run", sitting[script.RUN]), placebo=baseline)
        assert (delta.ci_low, delta.ratio, delta.ci_high, delta.p_raw) == pytest.approx(
            (math.exp(low[place]), math.exp(estimate.mean[place]), math.exp(high[place]), p_value(estimate)[place]),
            rel=1e-12,
        )
        assert delta.placebo == pytest.approx(tuple(math.exp(end[place]) for end in placebo), rel=1e-12)
        assert delta.verdict == verdicts[place]


def _logs(samples: Any, arm: int) -> Any:
    return np.log(np.median(samples[:, arm], axis=-1))


def record(run_id: str, values: Any, placebo: Any = None) -> RunRecord:
    """A run of one metric; values are shaped [blocks, two visits of values]."""
    samples = tuple(
        Sample(metric="time", unit="ns", values=tuple(visit.tolist()), block=block, order=6 * block + turn, arm=arm)
        for arm, blocks in ((Arm.MEASURED, values), (Arm.PLACEBO, placebo))
        if blocks is not None
        for block, both in enumerate(blocks)
        for turn, visit in enumerate(np.split(both, 2))
    )
    return RunRecord(
        run_id=run_id,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        status=Status.OK,
        subject=Subject(repo="r", commit_sha="a" * 40, dirty=False, engine_version="1"),
        workload=Workload(suite="suite", case="case", digest="0" * 64, blocks=BLOCKS),
        treatment=Treatment(requested={}, effective={}, effective_digest=digest({})),
        environment=Environment(fingerprint="1" * 64),
        samples=samples,
        metrics=summarise(samples, [MetricSpec("time", "ns", Direction.LOWER)]),
        provenance=Provenance(command="bench", sitting="sitting"),
    )


def test_the_table_of_blocks_in_the_docs_is_what_the_rule_says() -> None:
    """The only table without chance in it is the same on every machine."""
    text = (Path(__file__).parents[3] / "docs/statistics.md").read_text(encoding="utf-8")
    assert "\n".join(calibration().plans(0)) in text
