"""What a tool says of its own samples, computed again: a mean, a median or an extreme that is none contradicts them.

Tools print doubles in full, and add them up in another order than here; that moves the last digits of a sum and no
more. A standard deviation is a small difference of large numbers, and so may be off by as much of the mean.
"""

from __future__ import annotations

from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING

from banterhearts.api.ingestion.refusal import Reason, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from banterhearts.api.ingestion.fields import Fields

__all__ = ["expect_order", "expect_same", "expect_summary"]

_SAME = Decimal("1e-9")
_SAME_SPREAD = Decimal("1e-6")


def expect_same(name: str, told: Decimal, found: Decimal, *, slack: Decimal | None = None) -> None:
    """A number of the file is what was computed of others.

    Args:
        name: Of the number, and of what it was computed, for the message.
        told: By the file.
        found: Computed, in the same unit.
        slack: By how much they may differ; None for the last digits of a double.

    Raises:
        Refused: As a contradiction.
    """
    if abs(told - found) > (found * _SAME if slack is None else slack):
        raise Refused(Reason.CONTRADICTION, f"{name} is told as {told:.6g}, and is {found:.6g}")


def expect_summary(stats: Fields, values: Sequence[Decimal], key: str) -> None:
    """What `stats` has of mean, median, min, max, total and stddev, in seconds, is that of its samples.

    Args:
        stats: May lack any of them.
        values: At least one sample, in nanoseconds.
        key: What the file calls the samples.

    Raises:
        Refused: If it is not, or is no such number.
    """
    total = sum(values, start=Decimal(0))
    mean = total / len(values)
    computed = {"mean": mean, "median": median(values), "min": min(values), "max": max(values), "total": total}
    for name, found in computed.items():
        if stats.has(name):
            expect_same(f"the {name} of {key} in ns", stats.duration(name, "s"), found)
    if stats.has("stddev"):
        squares = sum(((value - mean) ** 2 for value in values), start=Decimal(0))
        spread = (squares / max(len(values) - 1, 1)).sqrt()
        slack = spread * _SAME_SPREAD + mean * _SAME
        expect_same(f"the stddev of {key} in ns", stats.quantity("stddev").scaleb(9), spread, slack=slack)


def expect_order(stats: Fields) -> None:
    """Where no samples are kept, mean and median still lie between min and max.

    Raises:
        Refused: If they do not, or one of them is no time.
    """
    told = {name: stats.duration(name, "s") for name in ("min", "mean", "median", "max") if stats.has(name)}
    for low, high in (("min", "mean"), ("min", "median"), ("mean", "max"), ("median", "max"), ("min", "max")):
        if low in told and high in told and told[low] > told[high] * (1 + _SAME):
            problem = f"the {low} {told[low]:.6g} ns is above the {high} {told[high]:.6g} ns"
            raise Refused(Reason.CONTRADICTION, problem)
