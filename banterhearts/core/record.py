"""The run record `banterhearts.run/1`: what one run measured, of what, on which machine, and how it is proven.

One JSON file a run, written whole, read by anybody. The raw samples are the record; `metrics` and `comparison` are made
of them and stand beside for the reader's eye, so that whoever doubts a median counts again. Times are nanoseconds, the
rest SI base units; each metric carries its unit (UCUM) and which direction is better. Unknown keys are refused, so are
numbers that are none. A failure has a status and an error, and no samples.

Status `ok` is a claim about the whole run: every required attestation is proven and the roofline does not call it
impossible. Whoever makes a record that falls short of it gives another status, says why in `error`, and leaves the
numbers out.

Two runs may stand beside each other when suite, case, workload digest, effective digest and environment fingerprint
are the same (`RunRecord.arm`). They were measured together, block by block, when they name the same sitting
(`provenance.sitting`): only then is the machine's mood of the day no part of their ratio.

Not here: the groups of a record (`parts`), reading (`reading`) and finding files (`store`), and anything that computes
(`statistics`, `comparison`).
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from banterhearts.core.kinds import (
    LONGEST_NS,
    CommitSha,
    Instant,
    Line,
    Name,
    RunId,
    Sha256,
    SuiteName,
    Unit,
    incoherent,
)
from banterhearts.core.parts import (
    Attestation,
    Comparison,
    Environment,
    Interval,
    Metric,
    Model,
    Part,
    Provenance,
    Quality,
    Roofline,
    Sample,
    Subject,
    Treatment,
    Workload,
)
from banterhearts.core.terms import Arm, ArmKey, Direction, Flag, Phase, Status, Verdict, digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic_core import PydanticCustomError

__all__ = [
    "SCHEMA",
    "Arm",
    "ArmKey",
    "Attestation",
    "CommitSha",
    "Comparison",
    "Direction",
    "Environment",
    "Flag",
    "Interval",
    "Line",
    "Metric",
    "Model",
    "Name",
    "Phase",
    "Provenance",
    "Quality",
    "Roofline",
    "RunId",
    "RunRecord",
    "Sample",
    "Sha256",
    "Status",
    "Subject",
    "SuiteName",
    "Treatment",
    "Unit",
    "Verdict",
    "Workload",
    "digest",
]

SCHEMA: Literal["banterhearts.run/1"] = "banterhearts.run/1"

_TABLES = frozenset({"attestation", "samples", "metrics", "comparison"})
"""Groups that are stored a row a line."""


class RunRecord(Part):
    """One measured run."""

    schema_: Literal["banterhearts.run/1"] = Field(default=SCHEMA, alias="schema")
    run_id: RunId
    created_at: Instant
    """With an offset; kept in UTC."""
    status: Status
    error: Line | None = None
    subject: Subject
    model: Model | None = None
    workload: Workload
    treatment: Treatment
    environment: Environment
    attestation: tuple[Attestation, ...] = ()
    samples: tuple[Sample, ...] = ()
    metrics: tuple[Metric, ...] = ()
    comparison: tuple[Comparison, ...] = ()
    quality: Quality | None = None
    roofline: Roofline | None = None
    provenance: Provenance

    model_config = ConfigDict(populate_by_name=True)

    @model_validator(mode="after")
    def _it_holds_together(self) -> Self:
        for problem in _problems(self):
            raise problem
        return self

    @property
    def arm(self) -> ArmKey:
        """What a run must share with this one to be compared with it."""
        return ArmKey(
            self.workload.suite,
            self.workload.case,
            self.workload.digest,
            self.treatment.effective_digest,
            self.environment.fingerprint,
        )

    @property
    def missing_blocks(self) -> tuple[int, ...]:
        """The planned blocks that no measured sample is of; empty where none were planned by us."""
        done = {one.block for one in self.samples if one.phase is Phase.MEASURE and one.arm is Arm.MEASURED}
        return tuple(block for block in range(self.workload.blocks or 0) if block not in done)

    @property
    def has_placebo(self) -> bool:
        """Whether the placebo of its sitting doubled this run, and its samples stand here."""
        return any(one.arm is Arm.PLACEBO and one.phase is Phase.MEASURE for one in self.samples)

    def to_json(self) -> str:
        """The record as it is stored: keys in the schema's order; each sample, metric and proof on one line.

        So a record with a block more differs by that block's lines. Numbers are written as short as they can be read
        back (`1200` for 1200.0).
        """
        stored = self.model_dump(mode="json", by_alias=True)
        return "{\n" + ",\n".join(_group(key, value) for key, value in stored.items()) + "\n}\n"


def _group(key: str, value: Any) -> str:  # noqa: ANN401 - a value of JSON is of many types
    if key in _TABLES and value:
        rows = ",\n".join(f"  {_json(_shortened(row))}" for row in value)
        return f' "{key}": [\n{rows}\n ]'
    return _json({key: value}, indent=1)[2:-2]  # {\n "key": value\n} without its braces


def _json(value: object, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)


def _shortened(value: Any) -> Any:  # noqa: ANN401 - as above
    """Whole floats as integers, as far as these are the same number; only for fields that are floats by their type."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= LONGEST_NS:
        return int(value)
    if isinstance(value, list):
        return [_shortened(one) for one in value]
    if isinstance(value, dict):
        return {key: _shortened(one) for key, one in value.items()}
    return value


def _problems(record: RunRecord) -> Iterator[PydanticCustomError]:
    """What the groups of a record say against each other."""
    yield from _of_status(record)
    yield from _of_samples(record)
    yield from _of_metrics(record)
    if record.treatment.baseline_run == record.run_id:
        yield incoherent("a run is not its own baseline", "treatment", "baseline_run")
    for number, row in enumerate(record.comparison):
        if row.baseline_run == record.run_id:
            yield incoherent("a run is not its own baseline", "comparison", number, "baseline_run")
        if row.metric not in {metric.name for metric in record.metrics}:
            yield incoherent(f"compares {row.metric!r}, which is not among the metrics", "comparison", number)


def _of_status(record: RunRecord) -> Iterator[PydanticCustomError]:
    status = record.status
    if status is not Status.OK:
        if not record.error:
            yield incoherent(f"status {status} without an error", "status")
        # The roofline may stay: it is the reason where a run is impossible, and nothing is told of it.
        for name in ("samples", "metrics", "comparison", "quality"):
            if getattr(record, name):
                yield incoherent(f"status {status} with numbers", name)
        return
    if record.error is not None:
        yield incoherent("status ok with an error", "error")
    if not record.samples:
        yield incoherent("status ok without samples", "samples")
    for number, proof in enumerate(record.attestation):
        if proof.required and proof.verdict != "proven":
            yield incoherent(f"status ok, and a required proof is {proof.verdict}", "attestation", number)
    if record.roofline is not None and record.roofline.plausible is False:
        yield incoherent("status ok, and the roofline says that it cannot be", "roofline", "plausible")


def _of_samples(record: RunRecord) -> Iterator[PydanticCustomError]:
    planned = record.workload.blocks
    visits: set[tuple[object, ...]] = set()
    for number, sample in enumerate(record.samples):
        visit = (sample.metric, sample.block, sample.order, sample.arm, sample.phase)
        if visit in visits:
            yield incoherent(
                "a visit told twice: metric, block, order, arm and phase of an earlier row", "samples", number
            )
        visits.add(visit)
        if planned is not None and sample.block >= planned:
            yield incoherent(f"block {sample.block} of {planned}, counted from 0", "samples", number, "block")
        if sample.unit == "ns" and max(sample.values) > LONGEST_NS:
            yield incoherent("longer than 104 days", "samples", number, "values")
        if sample.arm is Arm.PLACEBO and record.provenance.sitting is None:
            yield incoherent("a placebo without a sitting", "samples", number, "arm")


def _of_metrics(record: RunRecord) -> Iterator[PydanticCustomError]:
    declared = {metric.name: metric for metric in record.metrics}
    values: dict[str, list[float]] = {}
    for number, sample in enumerate(record.samples):
        metric = declared.get(sample.metric)
        if metric is None:
            yield incoherent(f"a sample of {sample.metric!r}, which is not among the metrics", "samples", number)
        elif sample.unit != metric.unit:
            problem = f"{sample.metric!r} in {sample.unit!r} and in {metric.unit!r}"
            yield incoherent(problem, "samples", number, "unit")
        values.setdefault(sample.metric, []).extend(sample.values)
    counted = Counter(metric.name for metric in record.metrics)
    for number, metric in enumerate(record.metrics):
        seen = values.get(metric.name, ())
        if counted[metric.name] > 1:
            yield incoherent(f"{metric.name!r} is told twice", "metrics", number)
        elif metric.n > len(seen):
            yield incoherent(f"{metric.n} values, and the samples hold {len(seen)}", "metrics", number, "n")
        elif not min(seen) <= metric.median <= max(seen):
            yield incoherent("lies outside of what the samples hold", "metrics", number, "median")
