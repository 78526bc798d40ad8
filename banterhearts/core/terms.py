"""The closed words of a run record, and the keys that say which runs are runs of one thing.

They are apart from the models because whoever looks runs up needs the words and not pydantic, which takes longer to
load than a thousand runs take to be found.
"""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import NamedTuple

__all__ = ["Arm", "ArmKey", "Direction", "Flag", "Phase", "Status", "Verdict", "digest"]


class Status(StrEnum):
    """How a run ended."""

    OK = "ok"
    FAILED = "failed"
    """It did not run to its end: no build, an exit status, a time limit."""
    INVALID = "invalid"
    """It ran, and what it printed, when, or what was in effect cannot be taken for the measurement asked for."""
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


class ArmKey(NamedTuple):
    """What two runs must share to be compared."""

    suite: str
    case: str
    workload: str
    """The digest of the workload."""
    effective: str
    """The digest of the effective configuration."""
    fingerprint: str
    """That of the environment."""


def digest(value: object) -> str:
    """The sha256 of a value as canonical JSON: sorted keys, no spaces, UTF-8, no number that is none.

    Raises:
        ValueError: For NaN and infinities.
        TypeError: For what JSON cannot hold.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
