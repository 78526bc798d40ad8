"""Whether something held the processor or the GPU back between two moments.

Read are counters that only ever grow, wherever there are any, so that nothing between the two moments is missed, and a
difference is the answer. Each source is there or not; the files stay open and are read in place, since a sitting asks
around every visit.

    heat of the CPU        /sys/devices/system/cpu/cpu*/thermal_throttle/*_throttle_count (Intel)
    the group's quota      `nr_throttled` of every control group with one
    a busy host            stolen time of /proc/stat, on a virtual machine: more than one part in a hundred of all
                           time since the first moment, and more than one tick, as the kernel counts in ticks of 10 ms
    a GPU's power limit    NVML's time of violation
    a GPU's heat, faults   NVML's reasons at either moment; there is a counter too, but it takes 600 µs to read

Frequency scaling as such is not called throttling: a clock that falls because nothing is to do is no disturbance.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from banterhearts.core.cgroup import read_text, throttle_counters

if TYPE_CHECKING:
    from banterhearts.core.nvml import Gpu

__all__ = ["Reading", "Throttle"]

ROOT = Path("/")
_STOLEN_SHARE = 0.01
_STAT_BYTES = 256
"""Holds the first line of /proc/stat, which sums over all cores."""
_FILE_BYTES = 4096
_STOLEN = 8
"""The field's place: cpu user nice system idle iowait irq softirq steal guest guest_nice."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The counters at one moment."""

    events: tuple[int, ...]
    """Of heat and of quotas, file by file."""
    ticks: int
    """All time of all cores so far, in ticks."""
    stolen: int
    """Of which the host gave to others."""
    gpu_ns: int
    """For how long the GPU's power limit has held it back so far."""
    gpu_slowed: bool
    """Whether heat or a fault holds it back at this moment."""


class Throttle:
    """The counters of this machine, open for reading.

    Args:
        gpu: The GPU to watch, if one is used (`nvml.open_gpu`).
        root: `/` but in tests.
    """

    def __init__(self, gpu: Gpu | None = None, root: Path = ROOT) -> None:
        heat = sorted((root / "sys/devices/system/cpu").glob("cpu[0-9]*/thermal_throttle/*_throttle_count"))
        opened = [_open(path) for path in (*heat, *throttle_counters(root))]
        self._events = tuple(file for file in opened if file is not None)
        stat = root / "proc/stat"
        # Where there is no host, nobody steals, and a read costs the kernel a sum over all interrupts.
        virtual = re.search(r"^flags\b.*\bhypervisor\b", read_text(root / "proc/cpuinfo"), re.MULTILINE)
        self._stat = _open(stat) if virtual or _stolen(read_text(stat, _STAT_BYTES))[1] else None
        self._gpu = gpu if gpu is not None and (gpu.capped_ns(), gpu.slowed()) != (None, None) else None

    def read(self) -> Reading | None:
        """The counters now; None when this machine has none."""
        if not self._events and self._stat is None and self._gpu is None:
            return None
        ticks, stolen = (0, 0) if self._stat is None else _stolen(_read(self._stat, _STAT_BYTES))
        events = tuple(_count(_read(file, _FILE_BYTES)) for file in self._events)
        if self._gpu is None:
            return Reading(events, ticks, stolen, gpu_ns=0, gpu_slowed=False)
        return Reading(events, ticks, stolen, self._gpu.capped_ns() or 0, self._gpu.slowed() or False)

    def since(self, before: Reading | None) -> bool | None:
        """Whether anything was held back since a reading of before; None when nobody knows."""
        now = self.read()
        if now is None or before is None:
            return None
        stolen = now.stolen - before.stolen
        return (
            now.events != before.events
            or now.gpu_ns != before.gpu_ns
            or now.gpu_slowed
            or before.gpu_slowed
            or (stolen > 1 and stolen > _STOLEN_SHARE * (now.ticks - before.ticks))
        )

    def close(self) -> None:
        """Close what was opened."""
        for file in (*self._events, *(() if self._stat is None else (self._stat,))):
            os.close(file)
        self._events, self._stat = (), None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _open(path: Path) -> int | None:
    try:
        return os.open(path, os.O_RDONLY)
    except OSError:
        return None


def _read(file: int, limit: int) -> str:
    """What a file says now; nothing when its core or its group is gone."""
    try:
        return os.pread(file, limit, 0).decode("ascii", "replace")
    except OSError:
        return ""


def _count(content: str) -> int:
    """The count in a file of one number, or behind `nr_throttled` in one of many."""
    words = content.split()
    try:
        return int(words[words.index("nr_throttled") + 1] if len(words) > 1 else words[0])
    except (ValueError, IndexError):
        return 0


def _stolen(stat: str) -> tuple[int, int]:
    """All ticks, and the stolen ones, of the first line of /proc/stat; guests' ticks are in those of users already."""
    words = stat.partition("\n")[0].split()
    numbers = [int(word) for word in words[1 : _STOLEN + 1] if word.isdecimal()]
    return (sum(numbers), numbers[-1]) if words[:1] == ["cpu"] and len(numbers) == _STOLEN else (0, 0)
