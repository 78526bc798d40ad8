"""The run record `banterhearts.run/1`: what one run measured, of what, on which machine, and how it is proven.

One JSON file a run, written once, read by anybody. The raw samples are the record; `metrics` and `comparison` are made
of them and stand beside for the reader's eye, so that whoever doubts a median counts again. Times are whole
nanoseconds, the rest SI base units; each metric carries its unit (UCUM) and which direction is better. Unknown keys are
refused, so are numbers that are none. A failure has a status and an error, and no samples.

Two runs may stand beside each other when suite, case, workload digest, effective digest and environment fingerprint
are the same (`RunRecord.arm`). They were measured together, block by block, when they name the same sitting
(`provenance.sitting`): only then is the machine's mood of the day no part of their ratio.

Not here: reading and finding files (`store`), and anything that computes (`statistics`, `comparison`).
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime  # noqa: TC003 - pydantic reads the annotations
from enum import StrEnum
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

__all__ = [
    "SCHEMA",
    "Arm",
    "ArmKey",
    "Attestation",
    "Comparison",
    "Direction",
    "Environment",
    "Flag",
    "Metric",
    "Model",
    "Phase",
    "Provenance",
    "Quality",
    "Roofline",
    "RunRecord",
    "Sample",
    "Status",
    "Subject",
    "Treatment",
    "Verdict",
    "Workload",
    "digest",
]

SCHEMA: Literal["banterhearts.run/1"] = "banterhearts.run/1"

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
CommitSha = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]
RunId = Annotated[str, StringConstraints(pattern=r"^[0-9a-z][0-9a-z_.-]{0,99}$")]
"""Part of a file's name, so of letters that no file system and no shell reads anything into."""
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.,:=+()/@%-]{0,199}$")]
"""A suite, case or metric: one printable line of ASCII."""
SuiteName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
"""A folder of `reports/`."""
Line = Annotated[str, StringConstraints(max_length=4000)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=0)]


class Status(StrEnum):
    """How a run ended."""

    OK = "ok"
    FAILED = "failed"
    """It did not run to its end: no build, an exit status, a time limit."""
    INVALID = "invalid"
    """It ran, and what it printed or when cannot be taken for a measurement."""
    IMPOSSIBLE = "impossible"
    """It measured what the machine cannot do."""


class Direction(StrEnum):
    """Which way is better."""

    LOWER = "lower"
    HIGHER = "higher"


class Verdict(StrEnum):
    """What may be said of two runs."""

    FASTER = "faster"
    SLOWER = "slower"
    EQUIVALENT = "equivalent"
    UNDECIDED = "undecided"


class Phase(StrEnum):
    """What a sample was taken in."""

    COLD = "cold"
    WARMUP = "warmup"
    MEASURE = "measure"


class Arm(StrEnum):
    """Which arm of an interleaved sitting a sample belongs to."""

    MEASURED = "measured"
    PLACEBO = "placebo"
    """The same thing once more under another name: what a treatment that does nothing would show."""


class Flag(StrEnum):
    """What may have disturbed a sample; it is kept all the same."""

    THROTTLE = "throttle"
    RECOMPILE = "recompile"
    RELOAD = "reload"
    OOM = "oom"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Subject(_Part):
    """What was measured."""

    repo: Line
    """The repository by name, never by a path of the machine."""
    commit_sha: CommitSha | None
    """None where a record of another tool does not say."""
    dirty: bool
    """Whether tracked files differed from the commit: then the run tells nothing of it."""
    engine_version: Line


class Model(_Part):
    """The model that was run, where there is one."""

    id: Line
    weights_sha256: Sha256 | None
    params: Count | None
    weight_bytes: Count | None
    arch: Line | None
    weights: Literal["real", "random"]


class Workload(_Part):
    """What it was made to do."""

    suite: SuiteName
    case: Name
    digest: Sha256
    """Of everything that makes two workloads the same one: the command, the prompt, the lengths, the seed."""
    blocks: Annotated[int, Field(ge=1)] | None = None
    """Planned; an interrupted run has samples of fewer. None where the blocks are not ours."""
    min_effect: Positive = 0.02
    """The smallest change worth a verdict, set before the run: 0.02 is two per cent."""
    prompt_tokens: Count | None = None
    output_tokens: Count | None = None
    batch: Count | None = None
    concurrency: Count | None = None
    context_depth: Count | None = None
    seed: int | None = None


class Treatment(_Part):
    """What was done to it: asked for, and in effect."""

    requested: dict[str, Any]
    effective: dict[str, Any]
    """As the runtime reports it."""
    effective_digest: Sha256
    baseline_run: RunId | None = None
    """The run that it was measured against, where it was."""

    @model_validator(mode="after")
    def _the_digest_is_of_what_it_names(self) -> Self:
        if self.effective_digest != digest(self.effective):
            msg = "effective_digest is not the digest of effective"
            raise ValueError(msg)
        return self


class Environment(_Part):
    """The machine; what is not known is null."""

    cpu: Line | None = None
    cores: Count | None = None
    """Those that the process may use."""
    memory_bytes: Count | None = None
    gpu: Line | None = None
    """The exact name."""
    driver: Line | None = None
    cuda: Line | None = None
    torch: Line | None = None
    triton: Line | None = None
    runtime: Line | None = None
    """What else the numbers hang on: llama.cpp's or Ollama's version, an interpreter."""
    clocks: dict[str, int] = {}
    """Hertz, by clock, at the start."""
    power_limit_watts: Positive | None = None
    os: Line | None = None
    container: bool | None = None
    measured_copy_bytes_per_s: dict[str, Positive] = {}
    """By device (`cpu`, `gpu`): the best of a read-and-write copy, counting both."""
    fingerprint: Sha256
    """Of what makes two runs comparable; `banterhearts.core.environment` says of what."""


class Attestation(_Part):
    """One proof that a treatment happened."""

    kind: Name
    required: bool
    evidence: Line
    verdict: Literal["proven", "not_proven", "refuted"]


class Sample(_Part):
    """The values of one metric in one visit to one arm."""

    metric: Name
    unit: Line
    values: tuple[Annotated[float, Field(ge=0)], ...]
    block: Count
    order: Count
    """The visit's place in the whole sitting: the order in which things truly ran."""
    arm: Arm = Arm.MEASURED
    phase: Phase = Phase.MEASURE
    flags: tuple[Flag, ...] = ()


class Metric(_Part):
    """What a metric is, and a summary of its measured samples for the eye: no number is derived from it."""

    name: Name
    unit: Line
    direction: Direction
    n: Count
    median: float
    ci_low: float | None
    ci_high: float | None
    ci_level: float
    method: Line
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None


class Comparison(_Part):
    """A verdict as it was reached when the runs were made, for the eye."""

    metric: Name
    baseline_run: RunId
    ratio: Positive
    ci_low: Positive
    ci_high: Positive
    p_raw: float
    p_adjusted: float
    family: Line
    min_effect: Positive
    verdict: Verdict


class Interval(_Part):
    """An estimate and its confidence interval."""

    value: float
    ci_low: float
    ci_high: float


class Quality(_Part):
    """Drift against the unmodified model on the same tokens."""

    dataset_sha256: Sha256
    n: Count
    ppl_ratio: Interval
    kld_mean: Interval
    same_top_p: Interval
    gate: Literal["pass", "fail", "undecided"]


class Roofline(_Part):
    """Whether the machine can do what was measured."""

    bytes_per_token: Positive | None
    achieved_bytes_per_s: Positive | None
    mbu_measured: Positive | None
    """Achieved over measured copy bandwidth."""
    plausible: bool | None
    """None where the rule does not apply."""
    note: Line | None = None
    """Why it does not."""


class Provenance(_Part):
    """Where the record comes from."""

    command: Line
    """The command that made it."""
    files: dict[str, Sha256] = {}
    """Raw files it was read from, by base name."""
    sitting: RunId | None = None
    """Shared by the runs whose blocks were interleaved in one go."""
    notes: tuple[Line, ...] = ()
    """What a reader of an imported record must know."""


class ArmKey(NamedTuple):
    """What two runs must share to be compared."""

    suite: str
    case: str
    workload: str
    effective: str
    fingerprint: str


class RunRecord(_Part):
    """One measured run."""

    schema_: Literal["banterhearts.run/1"] = Field(default=SCHEMA, alias="schema")
    run_id: RunId
    created_at: datetime
    """With an offset."""
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

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, populate_by_name=True)

    @model_validator(mode="after")
    def _it_holds_together(self) -> Self:
        problem = _problem(self)
        if problem:
            raise ValueError(problem)
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

    def to_json(self) -> str:
        """The record as it is stored: keys in the schema's order, one a line, samples' values on one."""
        return json.dumps(self.model_dump(mode="json", by_alias=True), ensure_ascii=False, indent=1) + "\n"


def digest(value: object) -> str:
    """The sha256 of a value as canonical JSON: sorted keys, no spaces, UTF-8, no number that is none.

    Raises:
        ValueError: For NaN and infinities.
        TypeError: For what JSON cannot hold.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _problem(record: RunRecord) -> str | None:
    """What a record says that cannot be so."""
    ok = record.status is Status.OK
    units = {(part.metric, part.unit) for part in record.samples} | {(part.name, part.unit) for part in record.metrics}
    named = [metric.name for metric in record.metrics]
    problems = (
        (record.created_at.tzinfo is None, "created_at has no offset"),
        (ok == bool(record.error), f"status {record.status} {'with' if record.error else 'without'} an error"),
        (not ok and bool(record.metrics or record.comparison), f"status {record.status} with numbers"),
        (ok and not record.samples, "status ok without samples"),
        (len(units) != len({name for name, _ in units}), "a metric in two units"),
        (len(set(named)) != len(named), "a metric told twice"),
        (
            not {part.metric for part in record.samples} <= set(named) and ok,
            "a sample of a metric that is not declared",
        ),
    )
    return next((problem for wrong, problem in problems if wrong), None)
