"""The seam between what can be measured and how it is measured.

A suite makes benches: one a case and a commit (or a configuration). A bench knows how to start its thing, visit it and
end it, and nothing of blocks, orders, placebos or records; a sitting (`sitting`) knows those and nothing of what runs.

    bench.open() ─▶ Opened(effective, model, …)   once; loading and compiling happen here, and are told apart
    bench.visit() ─▶ Visit(values, flags)         again and again; one visit is one run of the workload
    bench.renew()                                 between two blocks: what stays loaded is loaded anew, untimed
    bench.close() ─▶ Closed(attestation, …)       once, whatever happened before
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from banterhearts.core.record import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from banterhearts.core.record import (
        Attestation,
        Direction,
        Flag,
        Model,
        Roofline,
        Subject,
        Workload,
    )

__all__ = ["Bench", "Closed", "MeasureFailed", "MetricSpec", "Opened", "Visit"]


class MeasureFailed(Exception):
    """A bench that gave no measurement; it becomes a record with this status and error, and no number."""

    def __init__(self, problem: str, status: Status = Status.FAILED) -> None:
        self.problem = problem
        self.status = status
        super().__init__(problem)


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """What a bench measures."""

    name: str
    unit: str
    """UCUM; times are whole nanoseconds (`ns`)."""
    direction: Direction


@dataclass(frozen=True, slots=True)
class Visit:
    """What one run of the workload gave."""

    values: Mapping[str, tuple[float, ...]]
    """Metric to its values, in the metric's unit."""
    flags: tuple[Flag, ...] = ()
    """What disturbed it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What is known once the thing runs."""

    effective: Mapping[str, Any]
    """The configuration as the runtime reports it; its digest says which arm this is."""
    model: Model | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    """Fields of `Environment` that only this runtime can tell: `torch`, `triton`, `cuda`, `runtime`."""
    gpu: bool = False
    """Whether it runs on the GPU, which is then part of the machine."""
    copy: Mapping[str, float] = field(default_factory=dict)
    """Measured bandwidth by device, in bytes a second, where the suite measured it."""
    cold: Visit | None = None
    """What starting cost: `load_time`, `compile_time`, `cold_ttft`."""


@dataclass(frozen=True, slots=True)
class Closed:
    """What is known once it is over."""

    attestation: tuple[Attestation, ...] = ()
    roofline: Roofline | None = None
    metrics: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Values that exist once a run (`peak_memory`)."""


class Bench(Protocol):
    """One thing that can be measured, not started yet."""

    @property
    def subject(self) -> Subject:
        """Of which commit."""

    @property
    def workload(self) -> Workload:
        """Which suite and case."""

    @property
    def requested(self) -> Mapping[str, Any]:
        """The configuration asked for."""

    @property
    def metrics(self) -> tuple[MetricSpec, ...]:
        """What a visit, or opening, or closing, may give."""

    def open(self) -> Opened:
        """Start it.

        Raises:
            MeasureFailed: If it cannot be.
        """

    def visit(self) -> Visit:
        """Run the workload once.

        Raises:
            MeasureFailed: If it fails, hangs, or says what cannot be.
        """

    def renew(self) -> None:
        """Begin another block as if anew.

        A process has luck for its whole life: where its memory came to lie, on which core its threads. A bench that
        keeps one draws that luck again here, so that it becomes noise between blocks, which an interval can see.

        Raises:
            MeasureFailed: If it does not come back.
        """

    def close(self) -> Closed:
        """End it and everything it started."""
