"""Which arm of a sitting deserves to be measured again."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from banterhearts.benchmarking.screen import screen
from banterhearts.core.environment import make_environment
from banterhearts.core.record import (
    Arm,
    Direction,
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

BLOCKS = 10


def run(name: str, level: float, *, noise: float = 0.002, placebo: float | None = None) -> RunRecord:
    """A run of the sitting whose latency is around a level, the placebo's around another."""
    chance = random.Random(name)  # noqa: S311 - noise that is the same each time
    sides = [(Arm.MEASURED, level)] + ([(Arm.PLACEBO, placebo)] if placebo else [])
    samples = tuple(
        Sample(
            metric="e2e_latency",
            unit="ns",
            values=tuple(float(round(at * 1e9 * chance.lognormvariate(0, noise))) for _ in range(2)),
            block=block,
            order=block,
            arm=arm,
        )
        for block in range(BLOCKS)
        for arm, at in sides
    )
    values = [value for sample in samples if sample.arm is Arm.MEASURED for value in sample.values]
    metric = Metric(
        name="e2e_latency",
        unit="ns",
        direction=Direction.LOWER,
        n=len(values),
        median=sorted(values)[len(values) // 2],
        ci_low=None,
        ci_high=None,
        ci_level=0.95,
        method="none",
    )
    return RunRecord(
        run_id=name,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        status=Status.OK,
        subject=Subject(repo="r", commit_sha="a" * 40, dirty=False, engine_version="1"),
        workload=Workload(suite="ollama-sweep", case="grid", digest=digest("w"), blocks=BLOCKS),
        treatment=Treatment(requested={}, effective={"arm": name}, effective_digest=digest({"arm": name})),
        environment=make_environment({"cpu": "c", "cores": 2}),
        samples=samples,
        metrics=(metric,),
        provenance=Provenance(command="bench run", sitting="s"),
    )


def chosen(*records: RunRecord) -> str | None:
    """The run id of the winner."""
    winner = screen(records, "e2e_latency", alpha=0.05).winner
    return winner.run_id if winner else None


def test_the_best_of_those_that_pass_wins() -> None:
    """20 % faster beats 10 % faster; slower ones pass nothing."""
    plain = run("plain", 1.0, placebo=1.0)
    assert chosen(plain, run("ten", 0.9), run("twenty", 0.8), run("slow", 1.3)) == "twenty"


def test_noise_has_no_winner() -> None:
    """Of sixty noisy arms that are no faster, the luckiest is not measured again, which alone would have passed."""
    plain, *arms = run("plain", 1.0, placebo=1.0), *(run(f"same{number}", 1.0, noise=0.1) for number in range(60))
    assert chosen(plain, *arms) is None
    assert any(chosen(plain, arm) for arm in arms)


def test_a_lead_that_is_noise_is_no_lead() -> None:
    """10 % faster on the median, and as often slower: the p-value says so, and the placebo would not."""
    assert chosen(run("plain", 1.0, placebo=1.0), run("chance", 0.9, noise=0.5)) is None


def test_a_difference_below_the_effect_is_not_worth_a_second_look() -> None:
    """1 % is certain, and less than the 2 % that were set before."""
    screened = screen([run("plain", 1.0, placebo=1.0), run("one", 0.99)], "e2e_latency", alpha=0.05)
    assert screened.winner is None
    assert "of 1 arms 0 passed; there is no winner" in screened.note


def test_a_placebo_that_differs_as_much_disarms_a_winner() -> None:
    """The plain configuration differs from itself by 10 %, whichever way round."""
    assert chosen(run("plain", 1.0, placebo=1.1), run("arm", 0.92)) is None
    assert chosen(run("plain", 1.0, placebo=0.9), run("arm", 0.92)) is None
    assert chosen(run("plain", 1.0, placebo=1.1), run("arm", 0.6)) == "arm"


def test_what_failed_is_left_out() -> None:
    """An arm without a measurement, and a sitting without a plain one."""
    empty = {"status": Status.FAILED, "error": "e", "samples": (), "metrics": ()}
    plain, arm = run("plain", 1.0, placebo=1.0), run("arm", 0.8)
    broken = run("broken", 0.5).model_copy(update=empty)
    assert chosen(plain, broken, arm) == "arm"
    assert chosen(plain, broken) is None
    assert "plain configuration is failed" in screen([plain.model_copy(update=empty), arm], "x", alpha=0.05).note
