"""Where a series of medians changes its level: candidates, each to be confirmed by a direct comparison.

The medians of a history were measured in different sittings, so a step in them is a suspicion and no verdict. Found are
the neighbours between which the level changes; whether the later is slower than the earlier is for one sitting of
these two to say (`comparison`).

Method: the segmentation of the logarithms of the medians into constant pieces with the least sum of squares plus a
penalty a change (PELT, Killick 2012, as `ruptures` has it, exact). The penalty is

    s² * max(11, 2 ln n)

with n the medians and s their noise, estimated from the smallest three quarters of the differences of neighbours,
which steps in up to a quarter of the commits do not disturb. 2 ln n is Schwarz's price of a place and a level; the
floor pays for s being estimated from few differences. It is set so that at most about one series in twenty without any
step has a candidate (docs/statistics.md has the measured rates): a false candidate costs one sitting, a missed step is
never told.

Not here: a change of the spread, and slow drifts, which come out as several small steps or none.
"""

from __future__ import annotations

import math
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from banterhearts.errors import Missing

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FEWEST", "Step", "find_steps"]

FEWEST = 5
"""Medians below which noise and steps cannot be told apart."""

_PRICE = 11.0
_FINEST = 1e-3
"""Noise is taken for at least this (0.1 %): a series of the same number over and over has no steps of nothing."""
_KEPT = 0.75
_OF_KEPT = 0.607
"""The root mean square of the smallest three quarters of standard normal deviates."""


class Step(NamedTuple):
    """Two neighbours of a series between which its level changes, by their places in the series."""

    before: int
    after: int


def find_steps(medians: Sequence[float | None]) -> tuple[Step, ...]:
    """The candidates of a series in the order of its history, oldest first.

    Args:
        medians: One a commit, in one unit. None, zero and what is no number have no logarithm and are passed over: a
            step beside them has the nearest medians that there are.

    Raises:
        Missing: If the extra `changepoints` is not installed.
    """
    ruptures = _ruptures()
    import numpy as np  # noqa: PLC0415 - numpy is for those who ask

    logs = {place: math.log(median) for place, median in enumerate(medians) if median and 0 < median < math.inf}
    there = list(logs)
    if len(there) < FEWEST:
        return ()
    series = np.array(list(logs.values()))
    smallest = np.sort(np.abs(np.diff(series)))[: math.ceil(_KEPT * (len(there) - 1))]
    noise = max(_FINEST, math.sqrt(float(np.mean(smallest**2)) / 2) / _OF_KEPT)
    penalty = noise**2 * max(_PRICE, 2 * math.log(len(there)))
    found = ruptures.KernelCPD(kernel="linear", min_size=1).fit(series[:, None]).predict(pen=penalty)
    # The last of what ruptures returns is the end of the series.
    return tuple(Step(there[place - 1], there[place]) for place in found[:-1])


def _ruptures() -> Any:  # noqa: ANN401 - a module without annotations
    try:
        return import_module("ruptures")
    except ImportError as error:
        raise Missing("change points need ruptures", "pip install 'chimera-chronicles[changepoints]'") from error
