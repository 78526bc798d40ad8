"""What the decode suite asks of the machine: its bandwidth and its last cache, each measured once a process."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from banterhearts.core.bandwidth import SMALLEST, cache_bytes, measure

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Machine"]

Place = Literal["cpu", "gpu"]


class Machine:
    """The machine that measures; a test brings one of its own."""

    def bandwidth(self, place: Place, working_set: int | None) -> Mapping[str, float]:
        """As `banterhearts.core.bandwidth.measure` gives it: beyond the caches, and at the size of the weights."""
        return _bandwidth(place, working_set if working_set is not None and working_set >= SMALLEST else None)

    def cache_bytes(self, place: Place) -> int | None:
        """The last cache of all."""
        if place == "cpu":
            return cache_bytes()
        from banterhearts.core.cuda import open_device  # noqa: PLC0415 - loads ctypes, and only for who uses the GPU

        with open_device() as device:
            return device.l2_bytes if device else None


@lru_cache(maxsize=8)  # a second or two, and every arm of a sitting asks
def _bandwidth(place: Place, working_set: int | None) -> Mapping[str, float]:
    return measure(place, () if working_set is None else (working_set,))
