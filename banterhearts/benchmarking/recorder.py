"""One arm of a sitting on its way to being a run record.

Samples are collected in the order in which they were taken and become part of the record when their block is finished,
so that what is on disk never ends in the middle of a block. What a bench says is checked here, since a bench may be
anybody's: a metric that it did not declare, a number that is none or a negative one makes the run invalid.

A run that failed keeps its error and loses its samples: a number beside an error would be believed. A run with a
proof that is required and missing is invalid for the same reason, and one that the machine cannot have done is
impossible.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from banterhearts.benchmarking.bench import Closed, MeasureFailed, Opened, Visit
from banterhearts.benchmarking.summary import summarise
from banterhearts.core.kinds import LARGEST_VALUE, LONGEST_NS
from banterhearts.core.record import Arm, Phase, Provenance, RunRecord, Sample, Status, Treatment, digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from banterhearts.benchmarking.bench import Bench
    from banterhearts.core.record import Environment

__all__ = ["Recorder"]

_ERROR = 2000


@dataclass(slots=True)
class Recorder:
    """What is known of one arm so far."""

    bench: Bench
    run_id: str
    created_at: datetime
    sitting: str
    probe: Callable[[Opened], Environment]
    """Says what machine it is, once it is known what runs there."""
    command: str
    """The command line that made it."""
    opened: Opened | None = None
    closed: Closed = field(default_factory=Closed)
    problem: MeasureFailed | None = None
    notes: list[str] = field(default_factory=list)
    _samples: list[Sample] = field(default_factory=list)
    """Of finished blocks."""
    _pending: list[Sample] = field(default_factory=list)
    """Of the block that runs."""

    def add(self, visit: Visit, *, block: int, order: int, phase: Phase, arm: Arm = Arm.MEASURED) -> None:
        """Take in what a visit gave.

        Raises:
            MeasureFailed: As invalid, if it cannot be a measurement.
        """
        units = {metric.name: metric.unit for metric in self.bench.metrics}
        for name, values in visit.values.items():
            if name not in units:
                raise MeasureFailed(f"metric {name}: measured, and not declared", Status.INVALID)
            most = LONGEST_NS if units[name] == "ns" else LARGEST_VALUE
            if not all(0 <= value <= most for value in values):
                problem = f"a value that is negative, no number or beyond {most:g} {units[name]}"
                raise MeasureFailed(f"metric {name}: {problem}", Status.INVALID)
            if values:
                sample = Sample(
                    metric=name,
                    unit=units[name],
                    values=tuple(map(float, values)),
                    block=block,
                    order=order,
                    arm=arm,
                    phase=phase,
                    flags=visit.flags,
                )
                self._pending.append(sample)

    def settle(self) -> None:
        """The block is finished."""
        self._samples += self._pending
        self._pending.clear()

    def drop(self) -> None:
        """The block will not be finished."""
        self._pending.clear()

    def end(self, closed: Closed, *, order: int) -> None:
        """It was closed: take in what is known only then; its values are told as of block 0.

        Raises:
            MeasureFailed: As for `add`.
        """
        self.closed = closed
        self.add(Visit(closed.metrics), block=0, order=order, phase=Phase.MEASURE)
        self.settle()

    def record(self) -> RunRecord | None:
        """The record of what is settled; None where there is nothing to tell yet."""
        problem = self.problem or self._doubt()
        measured = any(sample.phase is Phase.MEASURE for sample in self._samples)
        if not problem and not measured:
            return None
        effective: dict[str, Any] = dict(self.opened.effective if self.opened else self.bench.requested)
        return RunRecord(
            run_id=self.run_id,
            created_at=self.created_at,
            status=problem.status if problem else Status.OK,
            error=problem.problem[:_ERROR] if problem else None,
            subject=self.bench.subject,
            model=self.opened.model if self.opened else None,
            workload=self.bench.workload,
            treatment=Treatment(
                requested=dict(self.bench.requested), effective=effective, effective_digest=digest(effective)
            ),
            environment=self.probe(self.opened or Opened(effective={})),
            attestation=self.closed.attestation,
            samples=() if problem else tuple(self._samples),
            metrics=() if problem else summarise(self._samples, self.bench.metrics),
            roofline=self.closed.roofline,
            provenance=Provenance(command=self.command, sitting=self.sitting, notes=tuple(self.notes)),
        )

    def _doubt(self) -> MeasureFailed | None:
        """Why what was measured may not be told."""
        for proof in self.closed.attestation:
            if proof.required and proof.verdict != "proven":
                told = f"{proof.kind} is {proof.verdict.replace('_', ' ')}: {proof.evidence}"
                return MeasureFailed(told, Status.INVALID)
        roofline = self.closed.roofline
        if roofline and roofline.plausible is False:
            return MeasureFailed(roofline.note or "more than the memory of the machine can give", Status.IMPOSSIBLE)
        return None
