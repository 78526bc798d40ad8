"""Invent run records for commits, to try what is told of them; no one ever measured these.

    python benchmarks/invented_runs.py REPOSITORY COMMITS [SEED]

Writes records for the newest COMMITS first-parent commits into REPOSITORY/reports: two cases in one sitting, one of
which becomes 6 % slower half-way, and one that nothing changes. Noise is log-normal, and each block has a mood that all
runs of a sitting share. What it prints is what is true by construction, for comparing with what pages say.
"""

from __future__ import annotations

import math
import random
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from banterhearts.core.record import (
    Arm,
    Direction,
    Environment,
    Metric,
    Provenance,
    RunRecord,
    Sample,
    Status,
    Subject,
    Treatment,
    Workload,
    digest,
)
from banterhearts.core.store import RecordStore

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Plan", "failed", "sitting", "store"]

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sitting measures."""

    suite: str = "speed"
    case: str = "help"
    definition: str = ""
    """What the case does, of which the workload's digest is made."""
    metrics: tuple[tuple[str, str, str, float], ...] = (("wall", "ns", "lower", 1e8),)
    """Name, unit, better direction, and the value of a commit with factor 1."""
    blocks: int = 12
    planned: int | None = None
    noise: float = 0.002
    """Standard deviation of a value's logarithm."""
    machine: str = "box"
    config: str = "default"
    min_effect: float = 0.02
    placebo: bool = True
    day: int = 1
    """On which it is run: a later one wins."""
    placebo_noise: float | None = None
    """Of the placebo's block, where it shall differ from that of the others."""


def sitting(name: str, factors: Mapping[str, float], plan: Plan | None = None, *, seed: int = 0) -> list[RunRecord]:
    """The records of one sitting.

    Args:
        name: Its id; run ids begin with it.
        factors: Commit to what its cost is multiplied by; the last commit is the one that the placebo doubles.
        plan: What is measured.
        seed: The same seed invents the same values.
    """
    plan = plan or Plan()
    chance = random.Random(f"{name} {seed} {plan.suite} {plan.case}")  # noqa: S311 - repeats itself, no secret
    moods = [chance.gauss(0, 0.02) for _ in range(plan.blocks)]
    doubled = list(factors)[-1]
    return [
        _record(
            f"{name}.{plan.suite}.{plan.case}.{sha[:9]}",
            sha,
            name,
            _samples(plan, chance, moods, factor, place, sha == doubled),
            plan,
        )
        for place, (sha, factor) in enumerate(factors.items())
    ]


def failed(
    name: str, sha: str, plan: Plan | None = None, status: str = "failed", error: str = "exit status 1"
) -> RunRecord:
    """A record of a run that gave no number."""
    return _record(f"{name}.{sha[:9]}", sha, None, [], plan or Plan(), status=Status(status), error=error)


def store(folder: Path, records: Iterable[RunRecord]) -> list[Path]:
    """Write records into a folder of run records."""
    with RecordStore(folder) as place:
        return [place.write(record) for record in records]


def _samples(
    plan: Plan,
    chance: random.Random,
    moods: Sequence[float],
    factor: float,
    place: int,
    doubled: bool,  # noqa: FBT001 - one caller
) -> list[Sample]:
    found = []
    for block, mood in enumerate(moods):
        for arm in (Arm.MEASURED, Arm.PLACEBO) if doubled and plan.placebo else (Arm.MEASURED,):
            noise = plan.placebo_noise if arm is Arm.PLACEBO and plan.placebo_noise is not None else plan.noise
            shift = chance.gauss(0, noise)
            for metric, unit, direction, level in plan.metrics:
                cost = mood + math.log(factor) + shift
                sign = 1 if direction == "lower" else -1
                values = tuple(
                    float(
                        round(level * math.exp(sign * (cost + chance.gauss(0, plan.noise))), 0 if unit == "ns" else 3)
                    )
                    for _ in range(2)
                )
                found.append(
                    Sample(
                        metric=metric,
                        unit=unit,
                        values=values,
                        block=block,
                        order=1000 * block + 2 * place + (arm is Arm.PLACEBO),
                        arm=arm,
                    )
                )
    return found


def _record(
    run_id: str,
    sha: str,
    sat: str | None,
    samples: Sequence[Sample],
    plan: Plan,
    *,
    status: Status = Status.OK,
    error: str | None = None,
) -> RunRecord:
    return RunRecord(
        run_id=re.sub(r"[^0-9a-z_.-]", "_", run_id.lower()),
        created_at=_EPOCH + timedelta(days=plan.day),
        status=status,
        error=error,
        subject=Subject(repo="invented", commit_sha=sha, dirty=False, engine_version="0"),
        workload=Workload(
            suite=plan.suite,
            case=plan.case,
            digest=digest([plan.suite, plan.case, *([plan.definition] if plan.definition else [])]),
            blocks=plan.planned or plan.blocks,
            min_effect=plan.min_effect,
        ),
        treatment=Treatment(
            requested={}, effective={"config": plan.config}, effective_digest=digest({"config": plan.config})
        ),
        environment=Environment(
            cpu=f"Invented CPU of {plan.machine}",
            cores=2,
            memory_bytes=8 * 2**30,
            os="Linux",
            fingerprint=digest(plan.machine),
        ),
        samples=tuple(samples),
        metrics=tuple(_metric(samples, *metric[:3]) for metric in plan.metrics) if samples else (),
        provenance=Provenance(command="invented", sitting=sat),
    )


def _metric(samples: Sequence[Sample], name: str, unit: str, direction: str) -> Metric:
    values = [value for one in samples if one.metric == name and one.arm is Arm.MEASURED for value in one.values]
    return Metric(
        name=name, unit=unit, direction=Direction(direction), n=len(values), median=median(values),
        ci_low=None, ci_high=None, ci_level=0.95, method="median",
    )  # fmt: skip


def main(arguments: list[str]) -> int:
    """Write the records and print what is true of them."""
    repository, number, *seed = arguments
    command = ["git", "-C", repository, "rev-list", "--first-parent", f"--max-count={number}", "HEAD"]
    shas = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    half = len(shas) // 2
    start = dict.fromkeys(shas[:half], 1.06) | dict.fromkeys(shas[half:], 1.0)
    memory = Plan(case="pages", metrics=(("wall", "ns", "lower", 2e9), ("peak_memory", "By", "lower", 64 * 2**20)))
    records = sitting("invented", start, seed=int(*seed or [0]))
    records += sitting("invented", dict.fromkeys(shas, 1.0), memory, seed=int(*seed or [0]))
    store(Path(repository) / "reports", records)
    print(f"speed/help is 1.06 times slower from {shas[half - 1][:7]} on; speed/pages does not change")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
