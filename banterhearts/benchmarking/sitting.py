"""A sitting: several arms measured together, block by block, so that they share the machine's mood.

A machine is never twice the same: it warms up, its neighbours come and go, its memory fills. Two arms measured one
after the other carry that in their ratio. So each block visits every arm twice, in an order drawn by chance and then
mirrored (A B P P B A): what drifts evenly through a block weighs on all alike, and what comes and goes hits each arm
as likely as the next.

One arm is a placebo (P): the baseline once more, opened a second time on its own. It shows how much two things differ
here that do not differ, and its samples stand beside those of the arm that it doubles. It is chosen after the warm-up,
because a baseline that does not even start has nothing to double.

An arm that fails is recorded as failed and the others go on. Records are written after each block, whole; a sitting
that is interrupted ends its benches and keeps the finished blocks.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from banterhearts.benchmarking.bench import MeasureFailed
from banterhearts.benchmarking.recorder import Recorder
from banterhearts.core.record import Arm, Flag, Phase, Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from banterhearts.benchmarking.bench import Bench, Opened
    from banterhearts.benchmarking.suites import Plan
    from banterhearts.core.record import Environment, RunRecord
    from banterhearts.core.throttle import Throttle

__all__ = ["Advance", "Kept", "Outcome", "Seat", "Setting", "sit"]

Advance = Callable[[int, int, str], None]
"""Told the visits made, how many there will be, and whose turn it is."""


@dataclass(frozen=True, slots=True)
class Seat:
    """What takes part in a sitting."""

    bench: Bench
    double: Callable[[], Bench]
    """Makes it a second time, for the placebo."""
    label: str
    """By which progress calls it."""
    moved: Callable[[Arm], str | None] = lambda _arm: None
    """Says what happened to the tree that the bench, or its double, runs in; None if nothing did."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a sitting takes place."""

    probe: Callable[[Opened], Environment]
    """Says what machine it is, once it is known what runs there."""
    keep: Callable[[RunRecord], Path]
    """Writes a record, over an earlier state of the same run."""
    command: str
    """The command line, as the records tell it."""
    throttle: Callable[[bool], Throttle]
    """Opens what tells whether a visit was held back; asked with whether a GPU is used."""
    advance: Advance = lambda _done, _total, _label: None


class Kept(NamedTuple):
    """A record that was written."""

    record: RunRecord
    path: Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a sitting left."""

    kept: tuple[Kept, ...]
    """One a seat, in their order; without those of which an interruption left nothing to tell."""
    blocks: int
    """Finished."""
    planned: int
    interrupted: bool


def sit(seats: Sequence[Seat], plan: Plan, setting: Setting, *, seed: int | None = None) -> Outcome:
    """Measure seats together; the first is the baseline.

    Args:
        seats: What is measured, the oldest commit or the plain configuration first.
        plan: How often.
        setting: Where, and where to.
        seed: Of the order; drawn when not given.

    Returns:
        The records as they were written. An interruption (KeyboardInterrupt) is an outcome, and no exception.

    Raises:
        OutputError: If a record cannot be written.
    """
    course = _Course(seats, plan, setting, secrets.randbits(32) if seed is None else seed)
    interrupted = False
    try:
        course.begin()
        while course.visitors and course.finished < plan.blocks:
            course.run_block()
            course.write()
    except KeyboardInterrupt:
        interrupted = True
    finally:
        course.close()
    kept = course.write()
    return Outcome(tuple(kept), course.finished, plan.blocks, interrupted)


@dataclass(slots=True, eq=False)
class _Visitor:
    """An arm that runs: a bench, and where its samples go."""

    bench: Bench
    recorder: Recorder
    arm: Arm
    label: str
    moved: Callable[[Arm], str | None]


class _Course:
    """What happens in a sitting."""

    def __init__(self, seats: Sequence[Seat], plan: Plan, setting: Setting, seed: int) -> None:
        planned = {seat.bench.workload.blocks for seat in seats}
        assert planned == {plan.blocks}, (planned, plan)
        now = datetime.now(UTC).replace(microsecond=0)
        self.sitting = f"{now:%Y%m%dt%H%M%Sz}-{secrets.token_hex(4)}"
        self.seats, self.plan, self.setting = seats, plan, setting
        self.chance = random.Random(seed)  # noqa: S311 - an order that can be drawn again, no secret
        self.recorders = [self._recorder(place, seat.bench, now, seed) for place, seat in enumerate(seats)]
        self.visitors: list[_Visitor] = []
        self.finished = 0
        self._to_close: list[_Visitor] = []
        self._throttle: Throttle | None = None
        self._order = 0
        self._planned = (len(seats) + 1) * (plan.warmups + 2 * plan.blocks)

    def begin(self) -> None:
        """Open the seats and warm them up, then the placebo of the first that runs."""
        for seat, recorder in zip(self.seats, self.recorders, strict=True):
            self._open(_Visitor(seat.bench, recorder, Arm.MEASURED, seat.label, seat.moved))
        self._throttle = self.setting.throttle(any(one.opened and one.opened.gpu for one in self.recorders))
        self._warm_up(self.visitors)
        self._expect_unmoved(list(self.visitors))
        if self.visitors:
            baseline = self.visitors[0]
            seat = self.seats[self.recorders.index(baseline.recorder)]
            self._open(_Visitor(seat.double(), baseline.recorder, Arm.PLACEBO, "placebo", seat.moved))
            self._warm_up(self.visitors[-1:] if self.visitors[-1].arm is Arm.PLACEBO else [])

    def run_block(self) -> None:
        """Visit every arm twice: in an order drawn by chance, and back."""
        if self.finished:
            self._renew()
        order = list(self.visitors)
        self.chance.shuffle(order)
        self._planned = self._order + 2 * len(order) * (self.plan.blocks - self.finished)
        for visitor in (*order, *reversed(order)):
            if visitor in self.visitors:
                self._visit(visitor, self.finished, Phase.MEASURE)
        self._expect_unmoved(order)
        for recorder in self.recorders:
            recorder.settle()
        self.finished += 1

    def write(self) -> list[Kept]:
        """Write the records of what is finished."""
        records = [record for recorder in self.recorders if (record := recorder.record())]
        return [Kept(record, self.setting.keep(record)) for record in records]

    def close(self) -> None:
        """End every bench that was opened, and drop the block that was not finished."""
        fault: BaseException | None = None
        if self._throttle:
            self._throttle.close()
        for recorder in self.recorders:
            recorder.drop()
        while self._to_close:
            visitor = self._to_close.pop()
            try:
                closed = visitor.bench.close()
                if visitor.arm is Arm.MEASURED:
                    visitor.recorder.end(closed, order=self._order)
            except MeasureFailed as problem:
                self._fail(visitor, problem)
            except BaseException as error:  # noqa: BLE001 - raised again, once all the others are closed too
                fault = fault or error
        if fault:
            raise fault

    def _recorder(self, place: int, bench: Bench, now: datetime, seed: int) -> Recorder:
        return Recorder(
            bench=bench,
            run_id=f"{self.sitting}-{place:02d}",
            created_at=now,
            sitting=self.sitting,
            probe=self.setting.probe,
            command=self.setting.command,
            notes=[f"the order of the visits was drawn with seed {seed}"],
        )

    def _open(self, visitor: _Visitor) -> None:
        self.setting.advance(self._order, self._planned, visitor.label)
        self._to_close.append(visitor)
        try:
            opened = visitor.bench.open()
            self.visitors.append(visitor)
            if visitor.arm is Arm.MEASURED:
                visitor.recorder.opened = opened
            if opened.cold:
                visitor.recorder.add(opened.cold, block=0, order=self._order, phase=Phase.COLD, arm=visitor.arm)
        except MeasureFailed as problem:
            self._fail(visitor, problem)

    def _renew(self) -> None:
        """Let every arm begin the block as if anew."""
        for visitor in list(self.visitors):
            if visitor in self.visitors:
                self.setting.advance(self._order, self._planned, visitor.label)
                try:
                    visitor.bench.renew()
                except MeasureFailed as problem:
                    self._fail(visitor, problem)

    def _warm_up(self, visitors: Sequence[_Visitor]) -> None:
        """Visit arms as often as the plan wants it warm; the rounds are numbered like blocks."""
        for number in range(self.plan.warmups):
            order = list(visitors)
            self.chance.shuffle(order)
            for visitor in order:
                if visitor in self.visitors:
                    self._visit(visitor, number, Phase.WARMUP)

    def _visit(self, visitor: _Visitor, block: int, phase: Phase) -> None:
        self.setting.advance(self._order, self._planned, visitor.label)
        assert self._throttle is not None, "opened before the first visit"
        before = self._throttle.read()
        try:
            visit = visitor.bench.visit()
            if self._throttle.since(before):
                visit = replace(visit, flags=(*visit.flags, Flag.THROTTLE))
            visitor.recorder.add(visit, block=block, order=self._order, phase=phase, arm=visitor.arm)
        except MeasureFailed as problem:
            self._fail(visitor, problem)
        self._order += 1

    def _expect_unmoved(self, visitors: Sequence[_Visitor]) -> None:
        """Make runs invalid whose tree, or whose placebo's tree, is not what the record would say.

        Before the samples of a block are settled: what is on disk was looked at, whenever we are killed. Also those
        that failed in the block, since a placebo leaves its samples to another.
        """
        for visitor in visitors:
            if problem := visitor.moved(visitor.arm):
                whose = "the placebo's tree: " if visitor.arm is Arm.PLACEBO else ""
                invalid = MeasureFailed(f"{whose}{problem}", Status.INVALID)
                visitor.recorder.problem = visitor.recorder.problem or invalid
        self.visitors = [one for one in self.visitors if not one.recorder.problem]

    def _fail(self, visitor: _Visitor, problem: MeasureFailed) -> None:
        """An arm is out. The placebo takes only itself along; a baseline takes its placebo too."""
        if visitor.arm is Arm.PLACEBO:
            visitor.recorder.notes.append(f"the placebo {problem.status}: {problem.problem}"[:2000])
        else:
            visitor.recorder.problem = visitor.recorder.problem or problem
        gone = [
            one
            for one in self.visitors
            if one is visitor or (one.recorder is visitor.recorder and visitor.arm is Arm.MEASURED)
        ]
        self.visitors = [one for one in self.visitors if one not in gone]
