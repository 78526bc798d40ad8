"""Play sittings out whose truth is known, and count how often the engine is wrong about them.

    python benchmarks/calibration.py [SITTINGS]

Each simulated sitting is that of `banterhearts bench`: in every block the arms (baseline, run, placebo) are visited in
a random order and then in the mirrored one, and samples are made in the order of time, so that drift falls on
them as it would. A value is

    size * ratio * exp(drift(time) + block + visit + value noise), rounded to whole nanoseconds

with the sizes of `Mood`. The block log-medians then go through the vectorized core of `compare`
(`statistics.paired`, `verdict.reach`, `verdict.judge`); `tests/banterhearts/core/test_calibration.py` sends a part of
them through records and `compare` itself and finds the same numbers. What the sample-size rule (`power`) predicts
stands beside: it is told the standard deviation of a block log-ratio, from other sittings of the same kind.

The tables of docs/statistics.md go to stdout. Seeds are fixed.
"""

from __future__ import annotations

import importlib.util
import math
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from banterhearts.core.changepoints import Step, find_steps
from banterhearts.core.power import Plan, blocks_needed, chances
from banterhearts.core.record import Verdict
from banterhearts.core.statistics import Estimate, bootstrap, interval, p_value, paired, welch, wilcoxon_p
from banterhearts.core.verdict import judge, reach

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = [
    "BASELINE",
    "HEAVY",
    "LOUD",
    "LUCK",
    "PLACEBO",
    "RUN",
    "USUAL",
    "Mood",
    "Rates",
    "block_sd",
    "estimates",
    "play",
    "rates",
]

BASELINE, RUN, PLACEBO = range(3)
_ARMS = 3
_SIZE_NS = 20e6
"""A workload of 20 ms."""
_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Mood:
    """How a machine behaves: standard deviations of logarithms, so that 0.01 is one per cent."""

    slope: float = 0.05
    """Of the change from the first visit to the last, as a machine that warms up has it."""
    walk: float = 0.002
    """Of the step that drift takes from one visit to the next."""
    block: float = 0.03
    """Of what all visits of a block share."""
    visit: float = 0.01
    """Of what all values of a visit share."""
    value: float = 0.03
    """Of values within a visit: these are log-normal."""
    tails: float = 0.0
    """How often a visit is disturbed, by an amount without a mean (Pareto's, of exponent 1.2, from 2 % on)."""
    luck: float = 0.0
    """Of what all visits of an arm share for the whole sitting, such as where a process lies in memory."""
    renewed: bool = False
    """Whether that is drawn again for each block, as by a fresh process a block."""


USUAL = Mood()
LOUD = Mood(slope=0.1, walk=0.006, block=0.05, visit=0.03, value=0.1)
HEAVY = Mood(tails=0.1)
LUCK = Mood(luck=0.01)
RENEWED = Mood(luck=0.01, renewed=True)


def play(
    sittings: int,
    seed: int,
    *,
    ratio: float = 1.0,
    blocks: int = 10,
    values: int = 5,
    mood: Mood = USUAL,
    turns: str = "mirrored",
) -> Array:
    """The samples of simulated sittings, in nanoseconds.

    Args:
        sittings: How many.
        seed: Of the random numbers.
        ratio: The run's true time over the baseline's.
        blocks: Of each sitting.
        values: Of each visit; an arm has two visits a block.
        mood: Of the machine.
        turns: `mirrored` as the engine does it; `AABB` is all visits of an arm, then all of the next.

    Returns:
        Shaped [sittings, arms, blocks, 2 * values].
    """
    rng = np.random.default_rng(seed)
    times = _times(rng, sittings, blocks, turns)  # [sittings, arms, blocks, 2]
    visits = 2 * _ARMS * blocks
    drift = mood.slope * rng.standard_normal((sittings, 1)) * np.linspace(0, 1, visits)
    drift += mood.walk * rng.standard_normal((sittings, visits)).cumsum(axis=-1)
    visit = mood.visit * rng.standard_normal((sittings, visits))
    if mood.tails:
        disturbed = rng.random((sittings, visits)) < mood.tails
        visit += np.where(disturbed, np.log1p(0.02 * (1 + rng.pareto(1.2, (sittings, visits)))), 0.0)
    shared = np.take_along_axis((drift + visit)[:, None, :], times.reshape(sittings, 1, -1), axis=-1)
    # What a block shares belongs to its time, not to its number: with AABB an arm's third block is another time.
    of_time = mood.block * rng.standard_normal((sittings, blocks))
    shared += np.take_along_axis(of_time[:, None, :], times.reshape(sittings, 1, -1) // (2 * _ARMS), axis=-1)
    logs = shared.reshape(times.shape)[..., None] + mood.value * rng.standard_normal((*times.shape, values))
    logs += mood.luck * rng.standard_normal((sittings, _ARMS, blocks if mood.renewed else 1, 1, 1))
    logs[:, RUN] += math.log(ratio)
    return np.rint(_SIZE_NS * np.exp(logs)).reshape(sittings, _ARMS, blocks, 2 * values)


def _times(rng: np.random.Generator, sittings: int, blocks: int, turns: str) -> NDArray[np.intp]:
    """When each visit takes place, counted from 0 over the sitting: [sittings, arms, blocks, 2]."""
    if turns == "AABB":
        times = np.arange(2 * _ARMS * blocks).reshape(_ARMS, blocks, 2)
        return np.broadcast_to(times, (sittings, *times.shape))
    # The place of each arm in a random order, and in its mirror image: A B P P B A.
    place = rng.random((sittings, blocks, _ARMS)).argsort(axis=-1).transpose(0, 2, 1)
    start = 2 * _ARMS * np.arange(blocks)
    return np.stack([start + place, start + 2 * _ARMS - 1 - place], axis=-1)


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of the sittings."""

    slower: float
    faster: float
    equivalent: float
    excluded: float
    """Whose interval leaves out 1."""
    covered: float
    """Whose interval holds the true ratio."""


def estimates(samples: Array) -> tuple[Estimate, Array]:
    """What `compare` makes of each sitting: the run's estimate, and how far its placebo reaches."""
    logs = np.log(np.median(samples, axis=-1))  # [sittings, arms, blocks]
    middle = np.median(samples.reshape(*samples.shape[:2], -1), axis=-1)
    # Whole nanoseconds: half of one on either side of either median.
    rounding = 0.5 / middle[:, RUN] + 0.5 / middle[:, BASELINE]
    noise = reach(paired(logs[:, PLACEBO] - logs[:, BASELINE]), _LEVEL)
    return paired(logs[:, RUN] - logs[:, BASELINE], rounding), noise


def rates(
    estimate: Estimate, ratio: float, *, effect: float = 0.02, family: int = 1, noise: Array | float = 0.0
) -> Rates:
    """How often each verdict is given, and the interval right, for a true ratio."""
    alpha = (1 - _LEVEL) / family
    verdicts = judge(estimate, effect=effect, alpha=alpha, noise=noise)
    low, high = interval(estimate, 1 - alpha)
    return Rates(
        *(float(np.mean(verdicts == verdict)) for verdict in (Verdict.SLOWER, Verdict.FASTER, Verdict.EQUIVALENT)),
        excluded=float(np.mean((low > 0) | (high < 0))),
        covered=float(np.mean((low <= math.log(ratio)) & (math.log(ratio) <= high))),
    )


def block_sd(mood: Mood, *, seed: int = 999) -> float:
    """The standard deviation of a block log-ratio, from 5,000 sittings of their own."""
    logs = np.log(np.median(play(5000, seed, mood=mood), axis=-1))
    return float((logs[:, RUN] - logs[:, BASELINE]).std())


def main(arguments: Sequence[str]) -> None:
    """Print the tables."""
    sittings = int(arguments[0]) if arguments else 2000
    for table in (verdicts, ways, moods, families, checks, plans, steps):
        for line in table(sittings):
            print(line, flush=True)
        print()


def verdicts(sittings: int) -> Iterator[str]:
    """What is said of slowdowns that are there, beside what the sample-size rule predicts."""
    yield (
        "| noise of a block | true slowdown | effect | slower | predicted | equivalent | predicted | faster "
        "| interval holds the truth |"
    )
    yield "|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    for mood in (USUAL, LOUD):
        sd = block_sd(mood)
        for slowdown in (0.0, 0.01, 0.02, 0.05):
            estimate, noise = estimates(play(sittings, _seed(slowdown), ratio=1 + slowdown, mood=mood))
            for effect in (0.02, 0.01):
                seen = rates(estimate, 1 + slowdown, effect=effect, noise=noise)
                told = chances(1 + slowdown, 10, Plan(sd, effect))
                yield (
                    f"| {sd:.1%} | {slowdown:.0%} | {effect:.0%} | {seen.slower:.1%} | {told.slower:.1%} "
                    f"| {seen.equivalent:.1%} | {told.equivalent:.1%} | {seen.faster:.2%} | {seen.covered:.1%} |"
                )


def ways(sittings: int) -> Iterator[str]:
    """The same machine, measured and reckoned in other ways."""
    yield (
        "| how | A/A called different (p < 0.05) | A/A called slower or faster | 5 % found slower "
        "| interval holds the truth |"
    )
    yield "|---|---:|---:|---:|---:|"
    for turns, how in (("mirrored", "interleaved and mirrored"), ("AABB", "one arm after the other")):
        same, slower = (play(sittings, _seed(slowdown), ratio=1 + slowdown, turns=turns) for slowdown in (0.0, 0.05))
        for reckoned, reckon in _WAYS.items():
            none, five = rates(reckon(same), 1.0), rates(reckon(slower), 1.05)
            yield (
                f"| {how}; {reckoned} | {none.excluded:.1%} | {none.slower + none.faster:.1%} | {five.slower:.1%} "
                f"| {none.covered:.1%} |"
            )


def _by_blocks(samples: Array) -> Estimate:
    logs = np.log(np.median(samples, axis=-1))
    return paired(logs[:, RUN] - logs[:, BASELINE])


def _unpaired(samples: Array) -> Estimate:
    logs = np.log(np.median(samples, axis=-1))
    return welch(logs[:, RUN], logs[:, BASELINE])


def _by_values(samples: Array) -> Estimate:
    logs = np.log(samples).reshape(*samples.shape[:2], -1)
    return welch(logs[:, RUN], logs[:, BASELINE])


_WAYS = {
    "blocks paired": _by_blocks,
    "blocks not paired": _unpaired,
    "every value a witness": _by_values,
}
"""Ways to reckon with the same samples, none of them with a placebo."""


def moods(sittings: int) -> Iterator[str]:
    """Machines that behave otherwise than the interval assumes, with and without the placebo."""
    yield (
        "| machine | placebo | A/A called slower or faster | 5 % found slower | predicted | interval holds the truth |"
    )
    yield "|---|---|---:|---:|---:|---:|"
    for mood, name in (
        (USUAL, "usual"),
        (HEAVY, "heavy tails"),
        (LUCK, "luck of the process"),
        (RENEWED, "luck of a block"),
    ):
        sd = block_sd(mood)
        (same, reach_same), (slower, reach_slower) = (
            estimates(play(sittings, _seed(slowdown), ratio=1 + slowdown, mood=mood)) for slowdown in (0.0, 0.05)
        )
        for placebo in (True, False):
            none = rates(same, 1.0, noise=reach_same if placebo else 0.0)
            five = rates(slower, 1.05, noise=reach_slower if placebo else 0.0)
            told = chances(1.05, 10, Plan(sd, placebo=placebo))
            yield (
                f"| {name} | {'yes' if placebo else 'no'} | {none.slower + none.faster:.2%} | {five.slower:.1%} "
                f"| {told.slower:.1%} | {none.covered:.1%} |"
            )


def families(sittings: int) -> Iterator[str]:
    """How often a family in which nothing differs has any interval that leaves out 1."""
    yield "| comparisons | blocks | any interval leaves out 1 | the same, not adjusted |"
    yield "|---:|---:|---:|---:|"
    for family, blocks in ((5, 10), (25, 10), (100, 12)):
        # One member of each family at a time: the smallest p of a family decides whether it has an alarm.
        smallest = np.ones(sittings)
        for member in range(family):
            samples = play(sittings, 1000 * family + member, blocks=blocks, values=1)
            smallest = np.minimum(smallest, p_value(estimates(samples)[0]))
        alarms = [float(np.mean(smallest < alpha)) for alpha in (0.05 / family, 0.05)]
        yield f"| {family} | {blocks} | {alarms[0]:.1%} | {alarms[1]:.1%} |"


def checks(sittings: int) -> Iterator[str]:
    """The two checks that stand beside the interval: coverage of the bootstrap, level of Wilcoxon's test."""
    yield "| blocks | t interval holds the truth | bootstrap holds the truth | Wilcoxon p < 0.05 on A/A |"
    yield "|---:|---:|---:|---:|"
    for blocks in (6, 10, 20):
        samples = play(sittings, blocks, blocks=blocks)
        covered = rates(estimates(samples)[0], 1.0).covered
        ends = np.array([bootstrap(list(sitting[RUN]), list(sitting[BASELINE])) for sitting in samples])
        logs = np.log(np.median(samples, axis=-1))
        alarms = np.mean([wilcoxon_p(log) < 0.05 for log in logs[:, RUN] - logs[:, BASELINE]])
        held = np.mean((ends[:, 0] <= 0) & (ends[:, 1] >= 0))
        yield f"| {blocks} | {covered:.1%} | {held:.1%} | {alarms:.1%} |"


def plans(_: int) -> Iterator[str]:
    """The blocks that reach a verdict with 80 %, as the sample-size rule has it."""
    sds = (0.005, 0.01, 0.02, 0.05)
    yield f"| true slowdown | effect | {' | '.join(f'noise {sd:.1%}' for sd in sds)} |"
    yield "|---|---|" + "---:|" * len(sds)
    for slowdown, effect in (
        (0.0, 0.02),
        (0.01, 0.02),
        (0.03, 0.02),
        (0.05, 0.02),
        (0.1, 0.02),
        (0.0, 0.01),
        (0.02, 0.01),
    ):
        needed = [blocks_needed(1 + slowdown, Plan(sd, effect)) for sd in sds]
        told = " | ".join(f"{blocks}" if blocks else "> 1,000" for blocks in needed)
        yield f"| {slowdown:.0%} | {effect:.0%} | {told} |"


def steps(sittings: int) -> Iterator[str]:
    """Change points: how often noise alone has a candidate, and a step of 5 % its own."""
    if importlib.util.find_spec("ruptures") is None:
        yield "Change points are not measured: ruptures is in the extra `changepoints`."
        return
    noises = (0.005, 0.01, 0.02)
    yield f"| commits | any candidate, no step | {' | '.join(f'5 % named, noise {noise:.1%}' for noise in noises)} |"
    yield "|---:|---:|" + "---:|" * len(noises)
    for commits in (5, 6, 8, 10, 20, 50, 200, 1000):
        rng = np.random.default_rng(commits)
        alarms = np.mean(
            [bool(find_steps(np.exp(0.01 * rng.standard_normal(commits)).tolist())) for _ in range(sittings)]
        )
        found = [np.mean([_named(rng, commits, noise) for _ in range(sittings // 2)]) for noise in noises]
        yield f"| {commits:,} | {alarms:.1%} | {' | '.join(f'{share:.0%}' for share in found)} |"


def _named(rng: np.random.Generator, commits: int, noise: float) -> bool:
    place = int(rng.integers(1, commits))
    logs = noise * rng.standard_normal(commits)
    logs[place:] += math.log(1.05)
    return Step(place - 1, place) in find_steps(np.exp(logs).tolist())


def _seed(slowdown: float) -> int:
    return 1000 + round(1000 * slowdown)


if __name__ == "__main__":
    main(sys.argv[1:])
