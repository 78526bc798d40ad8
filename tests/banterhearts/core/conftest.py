"""A run record that holds together, to be changed one thing at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from banterhearts.core.record import RunRecord


@pytest.fixture
def make_record() -> Callable[..., RunRecord]:
    """Make records: `make_record("r1", commit="a" * 40, suite="speed", blocks=3, planned=10, status="failed")`."""
    from banterhearts.core.record import RunRecord  # noqa: PLC0415 - tests measure what is imported

    return lambda *arguments, **settings: RunRecord.model_validate(_fields(*arguments, **settings))


def _fields(
    run_id: str = "r1",
    *,
    commit: str | None = "a" * 40,
    dirty: bool = False,
    suite: str = "speed",
    case: str = "mining",
    status: str = "ok",
    blocks: int = 3,
    planned: int | None = 3,
    effective: dict[str, Any] | None = None,
    created_at: datetime = datetime(2025, 1, 31, 12, tzinfo=UTC),
    sitting: str | None = "s1",
    placebo: bool = False,
    **groups: Any,
) -> dict[str, Any]:
    """The groups of a record, as Python has them; `groups` stand in the place of whole ones."""
    from banterhearts.core.record import Arm, Direction, Status, digest  # noqa: PLC0415 - as above

    effective = {"threads": 2} if effective is None else effective
    arms = (Arm.MEASURED, Arm.PLACEBO) if placebo else (Arm.MEASURED,)
    samples = tuple(
        {
            "metric": "wall",
            "unit": "ns",
            "values": (1000.0 + block + order,),
            "block": block,
            "order": order,
            "arm": arm,
        }
        for block in range(blocks)
        for order, arm in enumerate(arms, start=block * len(arms))
    )
    metric = {"name": "wall", "unit": "ns", "direction": Direction.LOWER, "n": blocks, "median": 1000.0 + blocks - 1}
    metric |= {"ci_low": None, "ci_high": None, "ci_level": 0.95, "method": "median of measured values"}
    ok = status == "ok"
    return {
        "run_id": run_id,
        "created_at": created_at,
        "status": Status(status),
        "error": None if ok else "it did not build",
        "subject": {"repo": "chimera", "commit_sha": commit, "dirty": dirty, "engine_version": "1.0"},
        "workload": {"suite": suite, "case": case, "digest": "b" * 64, "blocks": planned},
        "treatment": {"requested": {}, "effective": effective, "effective_digest": digest(effective)},
        "environment": {"cpu": "A CPU", "cores": 2, "fingerprint": "c" * 64},
        "samples": samples if ok else (),
        "metrics": (metric,) if ok else (),
        "provenance": {"command": "banterhearts bench run speed", "sitting": sitting},
        **groups,
    }
