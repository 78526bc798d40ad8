"""Mean, spread and extremes of a row that keeps no samples: whether they can be true, and of what they are the mean.

**They can be true** only if min <= mean <= max and the variance is at most (max - mean) (mean - min), which it reaches
when all samples lie at the two ends (Bhatia and Davis 2000).

**A warm-up inside the mean.** Let one of n samples be the largest, M, and the others have the mean r:

    mean = (M + (n - 1) r) / n                    so   r = (n mean - M) / (n - 1)

Where the row does not say n, its standard deviation s bounds it: n >= 1 + ((M - mean) / s)^2, and only if all others
are equal is n just that (Samuelson 1968). Put in, r = mean - s^2 / (M - mean). The row is refused when the mean is
more than twice r: one sample then says more about the mean than all others together, as a first call does that
compiles, allocates or loads. In a row of mean 24.6157, s 73.1575, max 244.0879 the bound is 10.0 samples, and r is
0.23: the "mean of ten" is one warm-up, divided by ten. Should n be larger than the bound, then as large a share of
the samples, one in ten, makes the mean.

A row with the median needs none of this: one sample of ten does not move it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from banterhearts.api.ingestion.refusal import Reason, Refused

if TYPE_CHECKING:
    from decimal import Decimal

    from banterhearts.api.ingestion.fields import Fields

__all__ = ["Summary", "milliseconds"]

_ROUNDING = 1e-6
"""Relative; summaries are printed in full, and computed in another order than here."""
_LONE = 0.9
"""Of n: from there on Samuelson's bound says that one sample stands apart and the others are alike."""
_NOTED = 1.02


@dataclass(frozen=True, slots=True)
class Summary:
    """What is left of samples; all in one unit."""

    mean: Decimal
    std: Decimal
    low: Decimal
    high: Decimal
    n: int | None
    """None where the row does not say of how many."""

    def check(self, unit: str) -> tuple[str, ...]:
        """Refuse what cannot be true or is no mean of anything; else what a reader must know of the mean.

        Args:
            unit: For the message.

        Raises:
            Refused: As a contradiction, or for a warm-up inside the mean.
        """
        mean, std, high = float(self.mean), float(self.std), float(self.high)
        self._can_be_true(unit)
        if not std:
            return ()
        bound = 1 + ((high - mean) / std) ** 2
        n = self.n or bound
        others = (n * mean - high) / (n - 1) if n > 1 else mean
        if mean > 2 * others:
            counted = f"{self.n}" if self.n else f"{bound:.1f} (by Samuelson's bound, since the file does not tell)"
            raise Refused(
                Reason.WARMUP_IN_MEAN,
                f"the largest sample of {counted}, {high:g} {unit}, makes {high / (n * mean):.0%} of the mean "
                f"{mean:g} {unit}; the others average {others:.3g} {unit}",
            )
        if bound >= _LONE * n and self.n and mean > _NOTED * others:
            apart = f"one of {self.n} samples stands apart: {high:g} {unit}; "
            return (apart + f"without it the mean would be {others:.4g} {unit} instead of {mean:.4g} {unit}",)
        return ()

    def _can_be_true(self, unit: str) -> None:
        mean, low, high, variance = float(self.mean), float(self.low), float(self.high), float(self.std) ** 2
        slack = 1 + _ROUNDING
        if not low <= mean * slack or not mean <= high * slack:
            problem = f"the mean {mean:g} {unit} lies outside of min {low:g} and max {high:g}"
            raise Refused(Reason.CONTRADICTION, problem)
        # Divided by n - 1 instead of n, a variance is larger by n / (n - 1): twice at most.
        factor = self.n / (self.n - 1) if self.n and self.n > 1 else 2
        if variance > (high - mean) * (mean - low) * factor * slack + (_ROUNDING * mean) ** 2:
            problem = f"no samples between {low:g} and {high:g} {unit} with mean {mean:g} spread by {float(self.std):g}"
            raise Refused(Reason.CONTRADICTION, problem)


def milliseconds(stats: Fields, n: int | None) -> Summary:
    """The original engine's four numbers.

    Raises:
        Refused: If one is missing or none, or one but the spread is 0.
    """
    mean, low, high = (stats.amount(f"{name}_time_ms") for name in ("mean", "min", "max"))
    return Summary(mean, stats.quantity("std_time_ms"), low, high, n)
