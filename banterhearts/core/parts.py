"""The groups of a run record, each as a strict, frozen model.

What a group says against itself is refused where the group is made; what groups say against each other, in `record`.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from banterhearts.core.kinds import (
    TIMES,
    CommitSha,
    Count,
    FileName,
    Line,
    Measured,
    Name,
    Object,
    Positive,
    Repository,
    RunId,
    Sha256,
    Share,
    SuiteName,
    Unit,
    Whole,
    incoherent,
)
from banterhearts.core.terms import Arm, Direction, Flag, Phase, Verdict, digest

__all__ = [
    "Attestation",
    "Comparison",
    "Environment",
    "Interval",
    "Metric",
    "Model",
    "Part",
    "Provenance",
    "Quality",
    "Roofline",
    "Sample",
    "Subject",
    "Treatment",
    "Workload",
]

_PERCENTILES = {"p90": 29, "p95": 59, "p99": 299}
"""Values below which a percentile is not told: of fewer, all lie below it with a chance of more than 5 %.

(29, 59 and 299 are the least n for which 0.9**n, 0.95**n and 0.99**n are below 0.05.)
"""


class Part(BaseModel):
    """What all groups are: strict, frozen, without unknown keys and without numbers that are none."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class Subject(Part):
    """What was measured."""

    repo: Repository
    """The repository by name, never by a path of the machine."""
    commit_sha: CommitSha | None
    """None where a record of another tool does not say."""
    dirty: bool
    """Whether tracked files differed from the commit: then the run tells nothing of it."""
    engine_version: Line


class Model(Part):
    """The model that was run, where there is one."""

    id: Line
    weights_sha256: Sha256 | None
    params: Count | None
    weight_bytes: Count | None
    arch: Line | None
    weights: Literal["real", "random"]


class Workload(Part):
    """What it was made to do."""

    suite: SuiteName
    case: Name
    digest: Sha256
    """Of everything that makes two workloads the same one: the command, the prompt, the lengths, the seed."""
    blocks: Annotated[Count, Field(ge=1)] | None = None
    """Planned; an interrupted run has samples of fewer. None where the blocks are not ours."""
    min_effect: Annotated[float, Field(gt=0, le=1)] = 0.02
    """The smallest change worth a verdict, set before the run: 0.02 is two per cent."""
    prompt_tokens: Count | None = None
    output_tokens: Count | None = None
    batch: Count | None = None
    concurrency: Count | None = None
    context_depth: Count | None = None
    seed: Whole | None = None


class Treatment(Part):
    """What was done to it: asked for, and in effect."""

    requested: Object
    effective: Object
    """As the runtime reports it."""
    effective_digest: Sha256
    baseline_run: RunId | None = None
    """The run that it was measured against, where it was."""

    @model_validator(mode="after")
    def _the_digest_is_of_what_it_names(self) -> Self:
        if self.effective_digest != digest(self.effective):
            raise incoherent("is not the digest of `effective`", "effective_digest")
        return self


class Environment(Part):
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
    clocks: dict[Name, Count] = {}
    """Hertz, by clock, at the start."""
    power_limit_watts: Positive | None = None
    os: Line | None = None
    container: bool | None = None
    measured_copy_bytes_per_s: dict[Name, Positive] = {}
    """By device (`cpu`, `gpu`): the best of a read-and-write copy, counting both."""
    fingerprint: Sha256
    """Of what makes two runs comparable; `banterhearts.core.environment` says of what."""


class Attestation(Part):
    """One proof that a treatment happened."""

    kind: Name
    required: bool
    evidence: Line
    verdict: Literal["proven", "not_proven", "refuted"]


class Sample(Part):
    """The values of one metric in one visit to one arm."""

    metric: Name
    unit: Unit
    values: Annotated[tuple[Measured, ...], Field(min_length=1)]
    """At least one: a visit that gave none is no sample."""
    block: Count
    order: Count
    """The visit's place in the whole sitting: the order in which things truly ran."""
    arm: Arm = Arm.MEASURED
    phase: Phase = Phase.MEASURE
    flags: tuple[Flag, ...] = ()


class Metric(Part):
    """What a metric is, and a summary of its measured samples for the eye: no number is derived from it."""

    name: Name
    unit: Unit
    direction: Direction
    n: Annotated[Count, Field(ge=1)]
    """Values summarised; never more than the samples hold."""
    median: float
    ci_low: float | None
    """None, with `ci_high`, where there are too few blocks for an interval."""
    ci_high: float | None
    ci_level: Share
    method: Line
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None

    @model_validator(mode="after")
    def _it_is_a_summary(self) -> Self:
        if (self.ci_low is None) != (self.ci_high is None):
            raise incoherent("an interval with one end", "ci_low" if self.ci_low is None else "ci_high")
        if self.ci_low is not None and self.ci_high is not None and not self.ci_low <= self.ci_high:
            raise incoherent("the interval's ends are the wrong way round", "ci_low")
        if self.unit in TIMES and self.direction is Direction.HIGHER:
            raise incoherent("a time of which more is better", "direction")
        for name, least in _PERCENTILES.items():
            if getattr(self, name) is not None and self.n < least:
                raise incoherent(f"is told of {self.n} values; it takes {least}", name)
        return self


class Comparison(Part):
    """A verdict as it was reached when the runs were made, for the eye."""

    metric: Name
    baseline_run: RunId
    ratio: Positive
    """The run's value over the baseline's, as are the interval's ends."""
    ci_low: Positive
    ci_high: Positive
    p_raw: Share
    p_adjusted: Share
    family: Line
    min_effect: Positive
    verdict: Verdict

    @model_validator(mode="after")
    def _the_verdict_can_be_of_the_interval(self) -> Self:
        if not self.ci_low <= self.ci_high:
            raise incoherent("the interval's ends are the wrong way round", "ci_low")
        if self.verdict in {Verdict.FASTER, Verdict.SLOWER} and self.ci_low <= 1 <= self.ci_high:
            raise incoherent(f"{self.verdict}, and the interval holds 1", "verdict")
        return self


class Interval(Part):
    """An estimate and its confidence interval."""

    value: float
    ci_low: float
    ci_high: float

    @model_validator(mode="after")
    def _the_value_lies_inside(self) -> Self:
        if not self.ci_low <= self.value <= self.ci_high:
            raise incoherent("lies outside its own interval", "value")
        return self


class Quality(Part):
    """Drift against the unmodified model on the same tokens."""

    dataset_sha256: Sha256
    n: Count
    ppl_ratio: Interval
    kld_mean: Interval
    same_top_p: Interval
    gate: Literal["pass", "fail", "undecided"]


class Roofline(Part):
    """Whether the machine can do what was measured."""

    bytes_per_token: Positive | None
    achieved_bytes_per_s: Positive | None
    mbu_measured: Positive | None
    """Achieved over measured copy bandwidth."""
    plausible: bool | None
    """None where the rule does not apply."""
    note: Line | None = None
    """Why it does not."""

    @model_validator(mode="after")
    def _not_applicable_says_why(self) -> Self:
        if self.plausible is None and not self.note:
            raise incoherent("the rule does not apply, and the note does not say why", "note")
        return self


class Provenance(Part):
    """Where the record comes from."""

    command: Line
    """The command that made it."""
    files: dict[FileName, Sha256] = {}
    """Raw files it was read from, by base name."""
    sitting: RunId | None = None
    """Shared by the runs whose blocks were interleaved in one go."""
    notes: tuple[Line, ...] = ()
    """What a reader of an imported record must know."""
