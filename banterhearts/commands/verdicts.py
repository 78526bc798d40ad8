"""Deltas as rows of a table and as JSON: what `compare`, `history` and `bench run --against` show alike."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from banterhearts.commands.quantities import show_ratio, show_value
from banterhearts.core.delta import Why

if TYPE_CHECKING:
    from banterhearts.core.delta import Delta

__all__ = ["COLUMNS", "delta_json", "delta_row", "say_verdict"]

COLUMNS = ("metric", "before", "after", "ratio", "interval", "blocks", "measured", "placebo", "verdict")
"""The head of what `delta_row` gives."""

_REASONS = {
    Why.PLACEBO: "the placebo differs from itself as much",
    Why.APART: "measured apart, which may differ by more",
    Why.FEW_BLOCKS: "too few blocks",
    Why.FAMILY: "too many comparisons at once for so few blocks",
    Why.STEPS: "rounded to steps as large as the difference",
    Why.NO_RATIO: "no ratio to zero",
    Why.WIDE: "the interval leaves it open",
}


def delta_row(delta: Delta) -> tuple[str, ...]:
    """The cells of a delta, below `COLUMNS`."""
    return (
        delta.metric,
        show_value(delta.baseline_median, delta.unit),
        show_value(delta.median, delta.unit),
        show_ratio(delta.ratio),
        _show_interval(delta.ci_low, delta.ci_high),
        str(delta.blocks),
        "together" if delta.paired else "apart",
        "–" if delta.placebo is None else _show_interval(*delta.placebo),
        say_verdict(delta),
    )


def say_verdict(delta: Delta) -> str:
    """The verdict; of an undecided one why, and how many blocks would decide."""
    if delta.why is None:
        return delta.verdict
    if delta.blocks_needed is None:
        return f"{delta.verdict}: {_REASONS[delta.why]}"
    from banterhearts.core.power import MOST_BLOCKS  # noqa: PLC0415 - scipy, which whoever got here has loaded

    number = f"more than {MOST_BLOCKS}" if delta.blocks_needed > MOST_BLOCKS else f"about {delta.blocks_needed}"
    return f"{delta.verdict}: {_REASONS[delta.why]}; {number} blocks would decide"


def delta_json(delta: Delta) -> dict[str, Any]:
    """All of a delta, `run` and `baseline` as run ids."""
    return asdict(delta)


def _show_interval(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{show_ratio(low)} to {show_ratio(high)}"
