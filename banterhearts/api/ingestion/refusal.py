"""Why a row of another tool's file is not taken for a measurement, and how that travels.

A row is refused whole: what it claims is one claim, and whoever wants the rest of it has the file. Each reason is a
member of `Reason`, so that totals are counted by what happened and not by the wording of a message. A single value of
an otherwise sound row can be left out for the same reasons (`LeftOut`); that is said in the record and counted apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["LeftOut", "Reason", "Refusal", "Refused"]


class Reason(StrEnum):
    """Why a row is refused; docs/importing.md says of each how it is found."""

    FAILED = "failed"
    """The file itself says that it failed, was skipped, or completed nothing."""
    FAILURE_AS_ZERO = "failure-as-zero"
    """A zero stands where a duration should be."""
    LOAD_IN_TTFT = "load-in-ttft"
    """The time to the first token holds a load of the model."""
    WARMUP_IN_MEAN = "warmup-in-mean"
    """One sample more than doubles the mean, and only the mean is there."""
    ALIAS = "alias"
    """Another request for a configuration that an earlier row already stands for."""
    NO_OP = "no-op"
    """A treatment after which everything is as before, to the last digit."""
    IMPOSSIBLE_BANDWIDTH = "impossible-bandwidth"
    """It would take more than the memory of the machine can give."""
    CONTRADICTION = "contradiction"
    """Its own numbers cannot all be true."""
    DUPLICATE = "duplicate"
    """The same row once more."""
    DERIVED = "derived"
    """Computed from other rows of the file."""
    MISSING = "missing"
    """A value that it cannot do without is not there."""
    NOT_A_NUMBER = "not-a-number"
    """NaN, infinite, or beyond what a double holds."""
    NEGATIVE = "negative"
    """A negative time, count or size."""
    UNKNOWN_UNIT = "unknown-unit"
    """A value whose unit, or which direction of it is better, the file does not tell."""
    MALFORMED = "malformed"
    """Not of the format's shape."""
    OTHER_COMMIT = "other-commit"
    """The file names another commit than `--commit`."""
    CONFLICT = "conflict"
    """Already imported, and otherwise than now."""


class Refused(Exception):
    """Raised while a row is read; it becomes a `Refusal` with the row's place."""

    def __init__(self, reason: Reason, why: str) -> None:
        self.reason = reason
        self.why = why
        super().__init__(f"{reason}: {why}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was refused."""

    where: str
    """Behind the file's name: `:17` for a line, `#/benchmarks/3` for a value of a JSON document."""
    reason: Reason
    why: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A value of an imported row that is not in its record."""

    what: str
    """As the file calls it."""
    reason: Reason
    why: str
