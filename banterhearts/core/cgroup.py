"""What the kernel's control groups leave to this process, of all that the machine has.

A container sees the host's cores and memory in `/proc` and is held to less by its control group, or by one that
encloses it. So every group on the way up is read, in both versions of the interface, and the tightest limit counts:

    version 2    /sys/fs/cgroup/<path>/cpu.max              "150000 100000": 1.5 cores; "max 100000": no limit
                 /sys/fs/cgroup/<path>/memory.max           bytes, or "max"
    version 1    /sys/fs/cgroup/cpu/<path>/cpu.cfs_quota_us and cpu.cfs_period_us, -1 for no limit
                 /sys/fs/cgroup/memory/<path>/memory.limit_in_bytes, about 2^63 for no limit

What cannot be read sets no limit. `root` is `/` but in tests.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["cpu_quota", "memory_limit", "read_text", "throttle_counters"]

ROOT = Path("/")
_NO_LIMIT = 1 << 60
"""Version 1 writes 2^63 less a page for none; no machine has an exbibyte."""


def cpu_quota(root: Path = ROOT) -> float | None:
    """How many cores' worth of time the process gets; None when it is not limited."""
    quotas = [_quota(folder) for folder in _folders(root, "cpu")]
    return min((quota for quota in quotas if quota is not None), default=None)


def memory_limit(root: Path = ROOT) -> int | None:
    """How many bytes the process and its siblings may use together; None when they are not limited."""
    names = ("memory.max", "memory.limit_in_bytes")
    limits = [_number(folder / name) for folder in _folders(root, "memory") for name in names]
    return min((limit for limit in limits if limit is not None and 0 < limit < _NO_LIMIT), default=None)


def throttle_counters(root: Path = ROOT) -> tuple[Path, ...]:
    """The files that count how often a quota stopped the process (`nr_throttled`), nearest group first."""
    files = [folder / "cpu.stat" for folder in _folders(root, "cpu")]
    return tuple(path for path in files if "nr_throttled" in read_text(path))


def read_text(path: Path, limit: int = 1 << 16) -> str:
    """The beginning of a file of the kernel's; nothing when it cannot be read, and no care for the locale."""
    try:
        with path.open("rb") as file:
            return file.read(limit).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""


def _folders(root: Path, controller: str) -> Iterator[Path]:
    """The process's group of a controller and every group around it, nearest first, in both versions."""
    mounts = root / "sys/fs/cgroup"
    for line in read_text(root / "proc/self/cgroup").splitlines():
        number, controllers, path = (*line.split(":", 2), "", "")[:3]
        if controller in controllers.split(","):
            base = mounts / controller
        elif number == "0" and not controllers:
            base = mounts
        else:
            continue
        # A group outside the namespace shows as "/../other", and one of the host's as a path that is not here.
        parts = [part for part in path.split("/") if part not in ("", "..")]
        for length in range(len(parts), -1, -1):
            yield base.joinpath(*parts[:length])


def _quota(folder: Path) -> float | None:
    both = read_text(folder / "cpu.max").split()
    if not both:
        both = [read_text(folder / f"cpu.cfs_{name}_us").strip() for name in ("quota", "period")]
    try:
        quota, period = (int(part) for part in both)
    except ValueError:
        return None
    return quota / period if quota > 0 and period > 0 else None


def _number(path: Path) -> int | None:
    text = read_text(path).strip()
    return int(text) if text.isascii() and text.isdecimal() else None
