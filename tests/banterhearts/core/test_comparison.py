"""What is said of two runs: a verdict where the samples carry one, else undecided and why."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest

from banterhearts.benchmarking.bench import MetricSpec
from banterhearts.benchmarking.summary import summarise
from banterhearts.core.comparison import APART, Delta, Pair, Why, compare, compare_pairs
from banterhearts.core.power import MOST_BLOCKS
from banterhearts.core.record import (
    Arm,
    Direction,
    Environment,
    Flag,
    Phase,
    Provenance,
    RunRecord,
    Sample,
    Status,
    Subject,
    Treatment,
    Verdict,
    Workload,
    digest,
)
from banterhearts.errors import NotComparable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Values = Mapping[str, Sequence[Sequence[float]]]
    """Metric to its values by block."""

MACHINE, OTHER = "1" * 64, "2" * 64


def record(
    run_id: str,
    values: Values,
    *,
    placebo: Values | None = None,
    sitting: str | None = "sitting",
    unit: str = "ns",
    direction: Direction = Direction.LOWER,
    machine: str = MACHINE,
    case: str = "case",
    effective: str = "plain",
    min_effect: float = 0.02,
    planned: int | None = 5000,
) -> RunRecord:
    """A run of given values; empty blocks are blocks it never finished."""
    samples = tuple(
        Sample(metric=name, unit=unit, values=tuple(map(float, block)), block=number, order=number, arm=arm)
        for arm, metrics in ((Arm.MEASURED, values), (Arm.PLACEBO, placebo or {}))
        for name, blocks in metrics.items()
        for number, block in enumerate(blocks)
        if len(block)
    )
    return RunRecord(
        run_id=run_id,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        status=Status.OK,
        subject=Subject(repo="r", commit_sha="a" * 40, dirty=False, engine_version="1"),
        workload=Workload(suite="suite", case=case, digest="0" * 64, min_effect=min_effect, blocks=planned),
        treatment=Treatment(requested={}, effective={"kind": effective}, effective_digest=digest({"kind": effective})),
        environment=Environment(fingerprint=machine),
        samples=samples,
        metrics=summarise(samples, [MetricSpec(name, unit, direction) for name in values]),
        provenance=Provenance(command="bench", sitting=sitting),
    )


def noisy(ratio: float = 1.0, *, blocks: int = 10, sd: float = 0.01, seed: int = 0) -> list[list[float]]:
    """Blocks of four values in nanoseconds around `ratio` milliseconds."""
    rng = np.random.default_rng(seed)
    return np.round(1e6 * ratio * rng.lognormal(0, sd, (blocks, 4))).tolist()


def one(run: RunRecord, baseline: RunRecord, placebo: RunRecord | None = None) -> Delta:
    """The only delta of a pair."""
    (delta,) = compare_pairs([Pair(run, baseline, placebo)])
    return delta


BASE = record("base", {"time": noisy()}, placebo={"time": noisy(seed=9)})


def test_the_ratio_is_the_geometric_mean_of_block_ratios() -> None:
    """Block medians are paired, whatever the blocks themselves do, and the ratio is run over baseline."""
    baseline = record("base", {"time": [[100, 101, 99], [200, 200], [400, 404, 396, 400]]})
    run = record("run", {"time": [[110, 150, 20], [220, 220], [480, 480]]})
    delta = one(run, baseline)
    assert delta.ratio == pytest.approx((1.1 * 1.1 * 1.2) ** (1 / 3))
    assert (delta.blocks, delta.paired) == (3, True)
    assert (delta.run, delta.baseline, delta.metric, delta.unit) == ("run", "base", "time", "ns")
    assert (delta.median, delta.baseline_median) == (220.0, 200.0)


@pytest.mark.parametrize(
    ("ratio", "verdict"), [(1.1, Verdict.SLOWER), (0.9, Verdict.FASTER), (1.0, Verdict.EQUIVALENT)]
)
def test_a_clear_difference_has_its_verdict(ratio: float, verdict: Verdict) -> None:
    """Ten per cent of quiet samples are told, either way, and so is no difference."""
    delta = one(record("run", {"time": noisy(ratio, seed=1)}), BASE, BASE)
    assert (delta.verdict, delta.why, delta.blocks_needed) == (verdict, None, None)
    assert delta.ci_low is not None
    assert delta.ci_high is not None
    assert delta.ci_low < ratio < delta.ci_high
    assert delta.ci_level == 0.95
    assert delta.placebo is not None
    assert delta.placebo[0] < 1 < delta.placebo[1]


@pytest.mark.parametrize(("ratio", "verdict"), [(1.1, Verdict.FASTER), (0.9, Verdict.SLOWER)])
def test_more_is_better_where_the_direction_says_so(ratio: float, verdict: Verdict) -> None:
    """Of a rate the ratio stays run over baseline, and the verdict turns round."""
    rate = {"unit": "{token}/s", "direction": Direction.HIGHER}
    baseline = record("base", {"rate": noisy()}, **rate)  # type: ignore[arg-type]  # the keywords of `record`
    delta = one(record("run", {"rate": noisy(ratio, seed=1)}, **rate), baseline)  # type: ignore[arg-type]  # as above
    assert delta.verdict is verdict
    assert delta.ratio == pytest.approx(ratio, rel=0.02)


@pytest.mark.parametrize("ratio", [1.1, 1.03, 1.0, 0.95])
def test_turning_a_pair_round_turns_its_verdict_round(ratio: float) -> None:
    """The baseline against the run gives the inverse ratio and the opposite verdict."""
    run, baseline = record("run", {"time": noisy(ratio, seed=1)}), record("base", {"time": noisy()})
    there, back = one(run, baseline), one(baseline, run)
    assert there.ratio is not None
    assert back.ratio == pytest.approx(1 / there.ratio)
    assert there.p_raw == pytest.approx(back.p_raw)
    opposite = {Verdict.SLOWER: Verdict.FASTER, Verdict.FASTER: Verdict.SLOWER}
    assert back.verdict is opposite.get(there.verdict, there.verdict)


def test_a_small_difference_is_no_verdict_however_certain() -> None:
    """One per cent, certain beyond doubt, is equivalent within two per cent and never slower."""
    delta = one(record("run", {"time": noisy(1.01, sd=0.001, seed=1)}), record("base", {"time": noisy(sd=0.001)}))
    assert delta.ci_low is not None
    assert delta.ci_low > 1
    assert delta.verdict is Verdict.EQUIVALENT
    finer = [record(name, {"time": noisy(ratio, sd=0.001, seed=seed)}, min_effect=0.005)
             for name, ratio, seed in (("run", 1.01, 1), ("base", 1.0, 0))]  # fmt: skip
    assert one(*finer).verdict is Verdict.SLOWER


def test_the_larger_of_two_effects_holds() -> None:
    """Where the two runs were planned with different effects, the coarser promise is kept."""
    run = record("run", {"time": noisy(1.01, sd=0.001, seed=1)}, min_effect=0.005)
    assert one(run, record("base", {"time": noisy(sd=0.001)})).min_effect == 0.02


def test_blocks_that_one_side_lacks_are_left_out() -> None:
    """An interrupted run is compared in the blocks that both finished."""
    whole = noisy(blocks=12)
    run = noisy(1.1, blocks=12, seed=1)
    run[3] = run[11] = []
    delta = one(record("run", {"time": run}), record("base", {"time": whole}))
    kept = [block for block in range(12) if block not in {3, 11}]
    logs = [math.log(np.median(run[block]) / np.median(whole[block])) for block in kept]
    assert delta.blocks == 10
    assert delta.ratio == pytest.approx(math.exp(np.mean(logs)))


def test_only_measured_samples_count() -> None:
    """Warm-up and cold starts are no part of a comparison; flagged samples are."""
    run = record("run", {"time": noisy(seed=1)})
    extra = [
        Sample(metric="time", unit="ns", values=(9e9,), block=block, order=99 + block, phase=phase)
        for block in range(10)
        for phase in (Phase.WARMUP, Phase.COLD)
    ]
    louder = run.model_copy(update={"samples": (*run.samples, *extra)})
    assert one(louder, BASE) == one(run, BASE)
    flagged = [sample.model_copy(update={"flags": (Flag.THROTTLE,)}) for sample in run.samples]
    assert one(run.model_copy(update={"samples": tuple(flagged)}), BASE) == one(run, BASE)


def test_a_change_that_the_placebo_shows_as_well_is_no_change() -> None:
    """Five per cent that the baseline also differs from itself by are undecided, in either direction."""
    for drift in (1.06, 1 / 1.06):
        base = record("base", {"time": noisy()}, placebo={"time": noisy(drift, seed=9)})
        for ratio in (1.05, 1 / 1.05):
            delta = one(record("run", {"time": noisy(ratio, seed=1)}), base, base)
            assert (delta.verdict, delta.why) == (Verdict.UNDECIDED, Why.PLACEBO)
            assert delta.blocks_needed is None, "more blocks do not mend a bench that differs from itself"
        assert one(record("run", {"time": noisy(1.2, seed=1)}), base, base).verdict is Verdict.SLOWER


def test_the_placebo_may_stand_in_the_runs_own_record() -> None:
    """The placebo's interval is of its own record's two arms, whichever side of the pair that is."""
    run = record("run", {"time": noisy(1.05, seed=1)}, placebo={"time": noisy(1.05 * 1.06, seed=2)})
    delta = one(run, record("base", {"time": noisy()}), run)
    assert delta.placebo is not None
    assert delta.placebo[0] < 1.06 < delta.placebo[1]
    assert delta.why is Why.PLACEBO


def test_a_loud_placebo_may_be_decided_by_more_blocks() -> None:
    """Where the placebo's interval is wide and holds 1, the number of blocks that would do is told."""
    base = record("base", {"time": noisy()}, placebo={"time": noisy(sd=0.3, seed=9)})
    delta = one(record("run", {"time": noisy(1.04, seed=1)}), base, base)
    assert delta.why is Why.PLACEBO
    assert delta.blocks_needed is not None
    assert delta.blocks_needed > 10


def test_a_placebo_leaves_equivalence_alone() -> None:
    """A wide placebo makes no equal run undecided: it cannot be the cause of a difference that is not there."""
    base = record("base", {"time": noisy()}, placebo={"time": noisy(1.2, seed=9)})
    assert one(record("run", {"time": noisy(seed=1)}), base, base).verdict is Verdict.EQUIVALENT


def test_runs_measured_apart_need_more_than_ten_per_cent() -> None:
    """Between sittings a small difference is undecided and a factor of two is not; ten per cent stand on each side."""
    small = one(record("run", {"time": noisy(1.05, seed=1)}, sitting="later"), BASE)
    assert (small.paired, small.verdict, small.why, small.blocks_needed) == (False, Verdict.UNDECIDED, Why.APART, None)
    assert (small.bootstrap_low, small.p_wilcoxon) == (None, None)
    large = one(record("run", {"time": noisy(2, seed=1)}, sitting="later"), BASE)
    assert large.verdict is Verdict.SLOWER
    assert large.ci_low is not None
    assert large.ratio is not None
    assert math.log(large.ratio / large.ci_low) > APART
    same = one(record("run", {"time": noisy(sd=1e-4, seed=1)}, sitting="later"), BASE)
    assert same.verdict is Verdict.UNDECIDED, "apart, nothing is known to two per cent"


def test_runs_without_a_sitting_are_apart() -> None:
    """Two records that name no sitting were not measured together, even though both name none."""
    delta = one(
        record("run", {"time": noisy(1.05, seed=1)}, sitting=None), record("b", {"time": noisy()}, sitting=None)
    )
    assert not delta.paired


def test_runs_apart_may_differ_in_blocks() -> None:
    """Welch's interval takes as many block medians as each side has; the fewer are told."""
    delta = one(record("run", {"time": noisy(3, blocks=7, seed=1)}, sitting="later"), BASE)
    assert (delta.blocks, delta.verdict) == (7, Verdict.SLOWER)


@pytest.mark.parametrize("sitting", ["sitting", "later"])
@pytest.mark.parametrize("blocks", [1, 2])
def test_fewer_than_three_blocks_have_no_interval(blocks: int, sitting: str) -> None:
    """One or two blocks have a ratio, no interval and no verdict, and it is told how many would do."""
    baseline = record("base", {"time": noisy(blocks=blocks)})
    delta = one(record("run", {"time": noisy(2, blocks=blocks)}, sitting=sitting), baseline)
    assert delta.ratio == pytest.approx(2, rel=1e-3)
    assert (delta.ci_low, delta.p_raw, delta.p_adjusted) == (None, None, None)
    assert (delta.verdict, delta.why) == (Verdict.UNDECIDED, Why.FEW_BLOCKS)
    assert delta.blocks_needed == (6 if sitting == "sitting" else 4)


def test_what_is_told_once_a_run_is_not_helped_by_blocks() -> None:
    """Peak memory has one value a run: undecided, without a number of blocks, and no part of the family."""
    baseline = record("base", {"time": noisy(), "peak_memory": [[4096]]})
    run = record("run", {"time": noisy(1.1, seed=1), "peak_memory": [[8192]]})
    time, memory = compare(baseline, run)
    assert (time.verdict, time.family) == (Verdict.SLOWER, 1)
    assert (memory.ratio, memory.verdict, memory.why) == (2.0, Verdict.UNDECIDED, Why.FEW_BLOCKS)
    assert memory.blocks_needed is None


def test_no_block_in_common_is_no_ratio() -> None:
    """Two arms of one sitting that finished no block together have medians and nothing else."""
    delta = one(record("run", {"time": [[], [], [7.0]]}), record("base", {"time": [[5.0], [6.0]]}))
    assert (delta.blocks, delta.ratio, delta.median, delta.baseline_median) == (0, None, 7.0, 5.5)
    assert (delta.verdict, delta.why) == (Verdict.UNDECIDED, Why.FEW_BLOCKS)


def test_nobody_is_asked_for_more_blocks_of_another_tool() -> None:
    """A run whose blocks are not ours is undecided for too few of them, without a number that would not help."""
    values = {"time": noisy(2, blocks=3)}
    delta = one(record("run", values, planned=None), record("base", values))
    assert (delta.verdict, delta.why, delta.blocks_needed) == (Verdict.UNDECIDED, Why.FEW_BLOCKS, None)


@pytest.mark.parametrize("blocks", [3, 5])
def test_too_few_blocks_for_any_test_are_told_as_such(blocks: int) -> None:
    """Three to five blocks have an interval, and ranks that could not decide anything; six could."""
    delta = one(
        record("run", {"time": noisy(2, blocks=blocks)}), record("base", {"time": noisy(blocks=blocks, seed=1)})
    )
    assert delta.ci_low is not None
    assert (delta.verdict, delta.why, delta.blocks_needed) == (Verdict.UNDECIDED, Why.FEW_BLOCKS, 6)


def test_a_family_too_large_is_refused_with_the_blocks_it_needs() -> None:
    """Ten blocks carry 25 comparisons and not 26; then it is told that 11 would."""
    baseline = record("base", {f"time {number}": noisy(seed=number) for number in range(26)})
    run = record("run", {f"time {number}": noisy(2, seed=100 + number) for number in range(26)})
    refused = compare_pairs([Pair(run, baseline, None)])
    assert {(delta.verdict, delta.why, delta.blocks_needed, delta.family) for delta in refused} == {
        (Verdict.UNDECIDED, Why.FAMILY, 11, 26)
    }
    fewer = run.model_copy(update={"metrics": run.metrics[:25]})
    kept = compare_pairs([Pair(fewer, baseline, None)])
    assert {(delta.verdict, delta.family) for delta in kept} == {(Verdict.SLOWER, 25)}


def test_all_pairs_are_one_family() -> None:
    """Intervals and p-values are adjusted for every comparison that was asked for together."""
    run = record("run", {"time": noisy(1.03, seed=1)})
    others = [record(f"run-{seed}", {"time": noisy(seed=seed)}) for seed in range(2, 6)]
    alone = one(run, BASE)
    together = compare_pairs([Pair(other, BASE, None) for other in [run, *others]])
    first = together[0]
    assert [delta.run for delta in together] == ["run", "run-2", "run-3", "run-4", "run-5"]
    assert (alone.family, first.family) == (1, 5)
    assert first.ci_level == pytest.approx(0.99)
    assert alone.ci_low is not None
    assert first.ci_low is not None
    assert first.ci_low < alone.ci_low
    assert first.p_raw == alone.p_raw == alone.p_adjusted
    assert first.p_adjusted == pytest.approx(5 * first.p_raw)  # type: ignore[operator]  # it has one
    assert (first.bootstrap_low, first.p_wilcoxon) == (alone.bootstrap_low, alone.p_wilcoxon)


def test_what_has_no_interval_does_not_swell_the_family() -> None:
    """A metric of zeros is no test, and the others are not adjusted for it."""
    baseline = record("base", {"time": noisy(), "errors": [[0]] * 10})
    run = record("run", {"time": noisy(1.1, seed=1), "errors": [[0]] * 10})
    time, errors = compare(baseline, run)
    assert (time.family, time.verdict) == (1, Verdict.SLOWER)
    assert (errors.why, errors.ratio) == (Why.NO_RATIO, None)


def test_a_wide_interval_says_how_many_blocks_would_decide() -> None:
    """Noise as large as the difference leaves it undecided, with the number of blocks that would do."""
    baseline = record("base", {"time": noisy(sd=0.1)})
    delta = one(record("run", {"time": noisy(1.05, sd=0.1, seed=4)}), baseline)
    assert (delta.verdict, delta.why) == (Verdict.UNDECIDED, Why.WIDE)
    assert delta.blocks_needed is not None
    assert 10 < delta.blocks_needed <= MOST_BLOCKS


def test_a_hopeless_number_of_blocks_is_told_as_more_than_the_most() -> None:
    """Noise of a hundred times the difference asks for more blocks than are asked of anybody."""
    delta = one(record("run", {"time": noisy(sd=3, seed=4)}), record("base", {"time": noisy(sd=3)}))
    assert delta.why is Why.WIDE
    assert delta.blocks_needed == MOST_BLOCKS + 1


@pytest.mark.parametrize(
    ("run", "baseline"),
    [
        ([[0]] * 10, [[5]] * 10),
        ([[5]] * 10, [[0]] * 10),
        ([[0]] * 10, [[0]] * 10),
        ([[5]] * 9 + [[0]], [[5]] * 10),
        ([[1e150]] * 10, [[1e-300]] * 10),
        ([[5e-324]] * 10, [[1e150]] * 10),
    ],
)
@pytest.mark.parametrize("sitting", ["sitting", "later"])
def test_a_ratio_to_nothing_is_no_ratio(run: list[list[float]], baseline: list[list[float]], sitting: str) -> None:
    """A median of zero, or two that are worlds apart, is undecided for that reason, never an infinity."""
    delta = one(record("run", {"x": run}, unit="1", sitting=sitting), record("base", {"x": baseline}, unit="1"))
    assert (delta.verdict, delta.why, delta.ratio, delta.ci_low, delta.p_raw) == (
        Verdict.UNDECIDED, Why.NO_RATIO, None, None, None,
    )  # fmt: skip


@pytest.mark.parametrize("size", [1e-300, 1e149])
def test_numbers_at_the_ends_of_what_a_record_holds_are_numbers(size: float) -> None:
    """Tiny and huge values have ratios as others have."""
    baseline = record("base", {"x": [[size, size * 1.01]] * 6}, unit="1")
    delta = one(record("run", {"x": [[size * 1.1 * (1 + n / 1e3), size * 1.1] for n in range(6)]}, unit="1"), baseline)
    assert delta.ratio == pytest.approx(1.096, abs=0.002)
    assert delta.verdict is Verdict.SLOWER
    assert math.isfinite(delta.median)


def test_a_zero_beside_the_middle_costs_the_bootstrap_alone() -> None:
    """Blocks whose medians are above zero have a ratio; their resamples might not, so there is no bootstrap."""
    run = record("run", {"x": [[0, 6, 6 + n / 10] for n in range(10)]}, unit="1")
    delta = one(run, record("base", {"x": [[5, 5]] * 10}, unit="1"))
    assert delta.ratio == pytest.approx(1.2)
    assert delta.ci_low is not None
    assert delta.bootstrap_low is None


def test_an_interval_beyond_doubles_stays_finite() -> None:
    """Three blocks that disagree by hundreds of orders of magnitude have a wide interval of finite ends."""
    run = record("run", {"x": [[1e-150], [1.0], [1e150]]}, unit="1")
    delta = one(run, record("base", {"x": [[1.0]] * 3}, unit="1"))
    assert delta.ci_low is not None
    assert delta.ci_high is not None
    assert 0 < delta.ci_low < 1 < delta.ci_high < math.inf


def test_counts_are_exact() -> None:
    """Bytes that are the same in every block are told to the byte, with Wilcoxon's p since t has no scale."""
    same = one(record("run", {"x": [[4096]] * 10}, unit="By"), record("base", {"x": [[4096]] * 10}, unit="By"))
    assert (same.verdict, same.ratio, same.p_raw) == (Verdict.EQUIVALENT, 1.0, 1.0)
    more = one(record("run", {"x": [[5000]] * 10}, unit="By"), record("base", {"x": [[4000]] * 10}, unit="By"))
    assert (more.verdict, more.ci_low, more.ci_high) == (Verdict.SLOWER, pytest.approx(1.25), pytest.approx(1.25))
    assert more.p_raw == more.p_wilcoxon == pytest.approx(2**-9)
    calls = one(record("run", {"x": [[102]] * 10}, unit="{call}"), record("base", {"x": [[100]] * 10}, unit="{call}"))
    assert calls.verdict is Verdict.SLOWER, "exactly the effect is the effect"


def test_a_time_that_never_varies_was_rounded() -> None:
    """Ticks of a coarse clock that differ by one in every block decide nothing: the truth may lie between them."""
    ticks = one(record("run", {"x": [[359_375_000]] * 10}), record("base", {"x": [[343_750_000]] * 10}))
    assert (ticks.verdict, ticks.why) == (Verdict.UNDECIDED, Why.STEPS)
    assert ticks.ci_low is not None
    assert ticks.ci_low <= 1
    far = one(record("run", {"x": [[0.3], [0.4]] * 5}, unit="s"), record("base", {"x": [[0.3]] * 10}, unit="s"))
    assert far.why is Why.STEPS


def test_printed_digits_bound_what_is_known() -> None:
    """A `0.3 s` on both sides may be 0.26 and 0.34, and a `0.312 s` may not."""
    coarse = one(record("run", {"x": [[0.3]] * 10}, unit="s"), record("base", {"x": [[0.3]] * 10}, unit="s"))
    assert (coarse.verdict, coarse.why) == (Verdict.UNDECIDED, Why.STEPS)
    fine = one(record("run", {"x": [[0.312]] * 10}, unit="s"), record("base", {"x": [[0.312]] * 10}, unit="s"))
    assert fine.verdict is Verdict.EQUIVALENT


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"machine": OTHER}, "machine"),
        ({"case": "other"}, "case"),
        ({"effective": "other"}, "effective configuration"),
        ({"unit": "s"}, "time is in s with lower as better, and in ns"),
        ({"unit": "1", "direction": Direction.HIGHER}, "higher"),
    ],
)
def test_what_is_not_the_same_thing_is_not_compared(change: dict[str, str], told: str) -> None:
    """Another machine, case, configuration, unit or direction has no ratio, and the message names it."""
    with pytest.raises(NotComparable, match=told):
        compare(BASE, record("run", {"time": noisy()}, **change))  # type: ignore[arg-type]  # keywords of `record`


def test_treatments_may_differ_within_a_pair() -> None:
    """A pair may hold two configurations of one workload, which is how a treatment is judged."""
    delta = one(record("run", {"time": noisy(0.5)}, effective="compiled"), BASE)
    assert delta.verdict is Verdict.FASTER


def test_a_failed_run_is_compared_with_nothing() -> None:
    """A run without numbers has no ratio; its status and error are in the message."""
    failed = BASE.model_copy(update={"status": Status.FAILED, "error": "exit status 2", "samples": (), "metrics": ()})
    with pytest.raises(NotComparable, match="failed: exit status 2"):
        compare(BASE, failed)
    with pytest.raises(NotComparable, match="exit status 2"):
        compare(failed, BASE)


def test_metrics_of_one_side_are_left_out() -> None:
    """A metric that only one run measured has no delta; nothing in common is nothing to tell."""
    run = record("run", {"new": noisy(), "time": noisy()})
    assert [delta.metric for delta in compare(BASE, run)] == ["time"]
    assert compare(BASE, record("run", {"new": noisy()})) == ()
    assert compare_pairs([]) == ()


def test_a_run_against_itself_is_equivalent() -> None:
    """The same record on both sides is the same thing."""
    delta = one(BASE, BASE, BASE)
    assert (delta.ratio, delta.verdict) == (1.0, Verdict.EQUIVALENT)


def test_the_same_records_give_the_same_deltas() -> None:
    """Neither chance nor the order of samples in the file is part of a delta."""
    run = record("run", {"time": noisy(1.03, sd=0.05, seed=1)})
    backwards = run.model_copy(update={"samples": run.samples[::-1]})
    assert one(run, BASE, BASE) == one(backwards, BASE, BASE) == one(run, BASE, BASE)
    assert one(run, BASE, BASE) != replace(one(run, BASE, BASE), ratio=1.0)
