"""Sittings of fake benches: who is visited when, what is kept, and what becomes of arms that fail."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from banterhearts.benchmarking.bench import Closed, MeasureFailed, MetricSpec, Opened, Visit
from banterhearts.benchmarking.sitting import Outcome, Seat, Setting, sit
from banterhearts.benchmarking.suites import Plan
from banterhearts.core.environment import probe_environment
from banterhearts.core.record import (
    Arm,
    Attestation,
    Direction,
    Flag,
    Phase,
    Roofline,
    RunRecord,
    Status,
    Subject,
    Workload,
    digest,
)

if TYPE_CHECKING:
    from collections.abc import Callable

MACHINE = probe_environment(gpu=False)


@dataclass(eq=False)
class Fake:
    """A bench that says what a test wants, and remembers what was done to it."""

    name: str
    log: list[str] = field(default_factory=list)
    answer: Callable[[int], dict[str, tuple[float, ...]]] = lambda _number: {"time": (10.0,)}
    opening: Exception | None = None
    renewing: Exception | None = None
    cold: dict[str, tuple[float, ...]] | None = None
    closed: Closed = field(default_factory=Closed)
    blocks: int = 4
    gpu: bool = False
    visits: int = 0
    is_open: bool = False

    @property
    def subject(self) -> Subject:
        """A commit of its own."""
        return Subject(repo="scratch", commit_sha=digest(self.name)[:40], dirty=False, engine_version="0")

    @property
    def workload(self) -> Workload:
        """The same for all."""
        return Workload(suite="fake", case="one", digest=digest("one"), blocks=self.blocks)

    @property
    def requested(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    @property
    def metrics(self) -> tuple[MetricSpec, ...]:
        """A time, and two that exist once a run."""
        names = (("time", "ns"), ("load_time", "ns"), ("peak_memory", "By"))
        return tuple(MetricSpec(name, unit, Direction.LOWER) for name, unit in names)

    def open(self) -> Opened:
        """Open, or refuse."""
        self.log.append(f"open {self.name}")
        self.is_open = True
        if self.opening:
            raise self.opening
        return Opened(effective={}, gpu=self.gpu, cold=Visit(self.cold) if self.cold else None)

    def visit(self) -> Visit:
        """Answer."""
        self.log.append(self.name)
        self.visits += 1
        return Visit(self.answer(self.visits - 1))

    def renew(self) -> None:
        """Come up anew, or say why not."""
        self.log.append(f"renew {self.name}")
        if self.renewing:
            raise self.renewing

    def close(self) -> Closed:
        """Close."""
        self.log.append(f"close {self.name}")
        self.is_open = False
        return self.closed


class Calm:
    """A machine that nothing holds back, or always something."""

    def __init__(self, *, held_back: bool = False) -> None:
        self.held_back = held_back

    def read(self) -> None:
        """No counters."""

    def since(self, _before: None) -> bool:
        """As it was made."""
        return self.held_back

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class Table:
    """Seats around one log, and what was kept."""

    log: list[str] = field(default_factory=list)
    kept: list[RunRecord] = field(default_factory=list)
    benches: list[Fake] = field(default_factory=list)
    watched: list[bool] = field(default_factory=list)
    """Whether a GPU was to be watched, each time something was."""

    def seat(self, name: str, **how: Any) -> Seat:
        """A seat, whose double goes by the name in capitals."""
        double = how.pop("double", {})
        return Seat(self._fake(name, how), lambda: self._fake(name.upper(), {**how, **double}), name)

    def sit(self, *seats: Seat, blocks: int = 4, warmups: int = 0, **how: Any) -> Outcome:
        """Hold a sitting."""
        calm: Any = Calm(held_back=how.pop("held_back", False))

        def watch(gpu: bool) -> Any:  # noqa: FBT001 - a callback's only argument
            self.watched.append(gpu)
            return calm

        setting = Setting(lambda _opened: MACHINE, self._keep, "banterhearts bench run fake", watch)
        return sit(seats, Plan(blocks, warmups), setting, seed=how.pop("seed", 7))

    def _fake(self, name: str, how: dict[str, Any]) -> Fake:
        self.benches.append(Fake(name, self.log, **how))
        return self.benches[-1]

    def _keep(self, record: RunRecord) -> Path:
        self.kept.append(record)
        return Path(record.run_id)


@pytest.fixture
def table() -> Table:
    """An empty table."""
    return Table()


def fail_at(number: int, problem: Exception) -> Callable[[int], dict[str, tuple[float, ...]]]:
    """An answer that fails at one visit."""

    def answer(visit: int) -> dict[str, tuple[float, ...]]:
        if visit == number:
            raise problem
        return {"time": (10.0,)}

    return answer


def visits(log: list[str]) -> list[str]:
    """The visits of a log, without openings and closings."""
    return [entry for entry in log if " " not in entry]


def test_each_block_visits_every_arm_twice_there_and_back(table: Table) -> None:
    """A block is an order of all arms and the placebo, followed by its mirror image."""
    table.sit(*(table.seat(name, blocks=8) for name in "abc"), blocks=8)
    made = visits(table.log)
    blocks = [made[start : start + 8] for start in range(0, len(made), 8)]
    assert len(blocks) == 8
    for block in blocks:
        assert sorted(block[:4]) == ["A", "a", "b", "c"]
        assert block[4:] == block[3::-1]
    assert len({tuple(block) for block in blocks}) > 2, "the order is drawn anew for each block"


def test_every_arm_is_renewed_between_blocks(table: Table) -> None:
    """Before each block but the first all arms, the placebo too, begin as if anew; an arm that does not is out."""
    table.sit(table.seat("a", blocks=3), table.seat("b", blocks=3), blocks=3, warmups=0)
    made = [entry for entry in table.log if not entry.startswith(("open", "close"))]
    renewals = ["renew a", "renew b", "renew A"]
    assert (made[6:9], made[15:18]) == (renewals, renewals)
    assert sum(entry.startswith("renew") for entry in made) == 6

    again = Table()
    outcome = again.sit(again.seat("a"), again.seat("b", renewing=MeasureFailed("it did not come back")))
    assert [kept.record.status for kept in outcome.kept] == [Status.OK, Status.FAILED]
    assert outcome.kept[1].record.error == "it did not come back"
    assert visits(again.log).count("b") == 2, "the first block alone"


def test_the_order_is_a_matter_of_the_seed(table: Table) -> None:
    """One seed draws one order, another another, and the record tells both the seed and the order."""
    outcome = table.sit(table.seat("a"), table.seat("b"), seed=3)
    again, other = Table(), Table()
    again.sit(again.seat("a"), again.seat("b"), seed=3)
    other.sit(other.seat("a"), other.seat("b"), seed=4)
    assert again.log == table.log != other.log
    assert any("seed 3" in note for note in outcome.kept[0].record.provenance.notes)
    told = {
        sample.order: "A" if sample.arm is Arm.PLACEBO else name
        for name, kept in zip("ab", outcome.kept, strict=True)
        for sample in kept.record.samples
    }
    assert [told[place] for place in sorted(told)] == visits(table.log)


def test_the_placebo_is_the_baseline_once_more(table: Table) -> None:
    """A second bench of the first seat is visited as often as the others; its samples stand in the first record."""
    outcome = table.sit(table.seat("a"), table.seat("b"))
    first, second = (kept.record for kept in outcome.kept)
    assert Counter(sample.arm for sample in first.samples) == {Arm.MEASURED: 8, Arm.PLACEBO: 8}
    assert {sample.arm for sample in second.samples} == {Arm.MEASURED}
    assert first.provenance.sitting == second.provenance.sitting
    assert first.run_id != second.run_id
    assert first.metrics[0].n == 8, "the summary is of the measured arm"


def test_warm_up_and_cold_start_are_phases_of_their_own(table: Table) -> None:
    """Warm-ups come before the first block, an opening's cost is cold, and neither is summarised as measured."""
    outcome = table.sit(table.seat("a", cold={"load_time": (5.0,)}), table.seat("b"), warmups=3)
    record = outcome.kept[0].record
    phases = Counter((sample.phase, sample.arm) for sample in record.samples)
    assert phases[Phase.WARMUP, Arm.MEASURED] == phases[Phase.WARMUP, Arm.PLACEBO] == 3
    assert phases[Phase.COLD, Arm.MEASURED] == phases[Phase.COLD, Arm.PLACEBO] == 1
    last_warm_up = max(sample.order for sample in record.samples if sample.phase is Phase.WARMUP)
    assert last_warm_up < min(sample.order for sample in record.samples if sample.phase is Phase.MEASURE)
    assert {metric.name: metric.n for metric in record.metrics} == {"time": 8, "load_time": 1}


def test_records_are_written_after_each_block(table: Table) -> None:
    """What is on disk after a block is a whole record of the blocks so far, of the same run."""
    table.sit(table.seat("a"))
    assert [max(sample.block for sample in record.samples) for record in table.kept] == [0, 1, 2, 3, 3]
    assert len({record.run_id for record in table.kept}) == 1
    assert all(record.workload.blocks == 4 for record in table.kept)


def test_an_interruption_keeps_the_finished_blocks(table: Table) -> None:
    """Ctrl-C in the third block leaves two, says so, and leaves no bench open."""
    outcome = table.sit(table.seat("a"), table.seat("b", answer=fail_at(5, KeyboardInterrupt())))
    assert outcome.interrupted
    assert (outcome.blocks, outcome.planned) == (2, 4)
    for kept in outcome.kept:
        assert kept.record.status is Status.OK
        assert {sample.block for sample in kept.record.samples} == {0, 1}
    assert not [bench.name for bench in table.benches if bench.is_open]


def test_an_interruption_before_the_first_block_leaves_nothing(table: Table) -> None:
    """Without one finished block there is nothing to tell, and no file."""
    outcome = table.sit(table.seat("a", answer=fail_at(1, KeyboardInterrupt())))
    assert outcome.interrupted
    assert outcome.kept == ()
    assert table.kept == []


def test_an_arm_that_fails_is_recorded_and_the_others_go_on(table: Table) -> None:
    """A failure in the middle of a block is a status and an error without a number; the block goes on without it."""
    outcome = table.sit(table.seat("a"), table.seat("b", answer=fail_at(3, MeasureFailed("it broke"))), table.seat("c"))
    a, b, c = (kept.record for kept in outcome.kept)
    assert (b.status, b.error, b.samples, b.metrics) == (Status.FAILED, "it broke", (), ())
    assert a.status is c.status is Status.OK
    assert len([sample for sample in c.samples if sample.phase is Phase.MEASURE]) == 8
    assert visits(table.log).count("b") == 4, "it is not visited again"


def test_an_arm_that_fails_in_its_warm_up_is_visited_no_more(table: Table) -> None:
    """One time limit is waited for, and not one a round."""
    broken = fail_at(0, MeasureFailed("it hangs"))
    outcome = table.sit(table.seat("a"), table.seat("b", answer=broken), warmups=3)
    assert outcome.kept[1].record.error == "it hangs"
    assert visits(table.log).count("b") == 1


def test_a_baseline_that_does_not_start_gives_the_placebo_to_the_next(table: Table) -> None:
    """The placebo doubles the first arm that runs."""
    broken = MeasureFailed("the set-up ended with status 1")
    outcome = table.sit(table.seat("a", opening=broken), table.seat("b"), table.seat("c"))
    a, b, c = (kept.record for kept in outcome.kept)
    assert a.status is Status.FAILED
    assert "A" not in visits(table.log)
    assert {sample.arm for sample in b.samples} == {Arm.MEASURED, Arm.PLACEBO}
    assert {sample.arm for sample in c.samples} == {Arm.MEASURED}
    assert "close a" in table.log, "what was half opened is closed too"


def test_a_baseline_that_fails_takes_its_placebo_along(table: Table) -> None:
    """The placebo of a failed arm is visited no more, since its samples have no record to stand in."""
    seat = table.seat(
        "a", answer=fail_at(3, MeasureFailed("it broke")), double={"answer": lambda _number: {"time": (1.0,)}}
    )
    outcome = table.sit(seat, table.seat("b"))
    assert outcome.kept[0].record.status is Status.FAILED
    assert visits(table.log).count("A") <= 4
    assert visits(table.log)[-1] == "b"
    assert len(outcome.kept[1].record.samples) == 8


def test_a_placebo_that_fails_harms_nobody_and_is_told(table: Table) -> None:
    """Without its placebo a run is still a run; the record says what became of it."""
    double = {"answer": fail_at(0, MeasureFailed("it broke"))}
    outcome = table.sit(table.seat("a", double=double), table.seat("b"))
    record = outcome.kept[0].record
    assert record.status is Status.OK
    assert not record.has_placebo
    assert any("placebo" in note and "it broke" in note for note in record.provenance.notes)


def test_a_sitting_ends_when_every_arm_has_failed(table: Table) -> None:
    """Nothing is left to visit, and each failure is on record."""
    outcome = table.sit(table.seat("a", opening=MeasureFailed("no")), table.seat("b", opening=MeasureFailed("none")))
    assert [kept.record.error for kept in outcome.kept] == ["no", "none"]
    assert visits(table.log) == []


@pytest.mark.parametrize(
    "values",
    [
        {"time": (math.nan,)},
        {"time": (-1.0,)},
        {"time": (math.inf,)},
        {"time": (2.0**53 + 2,)},
        {"peak_memory": (2e150,)},
        {"speed": (1.0,)},
    ],
)
def test_what_a_bench_says_is_checked(table: Table, values: dict[str, tuple[float, ...]]) -> None:
    """A number that is none, a negative one or a metric that nobody declared makes the run invalid."""
    outcome = table.sit(table.seat("a", answer=lambda _number: values))
    record = outcome.kept[0].record
    assert record.status is Status.INVALID
    assert record.samples == ()


def test_a_treatment_without_its_proof_gives_no_number(table: Table) -> None:
    """A required attestation that is not proven makes a finished run invalid, one that is optional does not."""

    def closed(*, required: bool) -> Closed:
        return Closed(
            attestation=(Attestation(kind="compile", required=required, evidence="no graph", verdict="refuted"),)
        )

    outcome = table.sit(table.seat("a", closed=closed(required=True)), table.seat("b", closed=closed(required=False)))
    a, b = (kept.record for kept in outcome.kept)
    assert (a.status, a.samples) == (Status.INVALID, ())
    assert a.error == "compile is refuted: no graph"
    assert b.status is Status.OK


def test_what_the_machine_cannot_do_is_impossible(table: Table) -> None:
    """A roofline that is not plausible takes the numbers away."""
    roofline = Roofline(
        bytes_per_token=1e9, achieved_bytes_per_s=2e12, mbu_measured=1.47, plausible=False, note="147 %"
    )
    record = table.sit(table.seat("a", closed=Closed(roofline=roofline))).kept[0].record
    assert (record.status, record.error, record.samples) == (Status.IMPOSSIBLE, "147 %", ())


def test_values_that_exist_once_a_run_are_kept(table: Table) -> None:
    """What only closing tells becomes a sample of its own, of the measured arm."""
    record = table.sit(table.seat("a", closed=Closed(metrics={"peak_memory": (1e6,)}))).kept[0].record
    found = [sample for sample in record.samples if sample.metric == "peak_memory"]
    assert [(sample.values, sample.arm) for sample in found] == [((1e6,), Arm.MEASURED)]


def test_a_visit_that_was_held_back_is_flagged_and_kept(table: Table) -> None:
    """Throttling is a flag on the sample, which still counts."""
    record = table.sit(table.seat("a"), held_back=True).kept[0].record
    assert all(Flag.THROTTLE in sample.flags for sample in record.samples)
    assert record.metrics[0].n == 8


def test_a_gpu_is_watched_where_one_is_used(table: Table) -> None:
    """One arm on it is enough; without any it is left alone."""
    table.sit(table.seat("a"), table.seat("b", gpu=True))
    table.sit(table.seat("a"), table.seat("b"))
    assert table.watched == [True, False]


def test_a_bug_in_a_bench_closes_the_others(table: Table) -> None:
    """An error that nobody expected is not swallowed, and leaves nothing running."""
    with pytest.raises(ZeroDivisionError):
        table.sit(table.seat("a"), table.seat("b", answer=fail_at(2, ZeroDivisionError())))
    assert not [bench.name for bench in table.benches if bench.is_open]
