"""How fast this machine's memory is: measured, not taken from a datasheet.

A model that speaks one token at a time reads all its weights for each, so its speed has a limit: bandwidth by bytes.
The limit is measured on the machine and at the size that the weights have, in two ways, because neither alone is one:

    copy    one buffer into another, bytes read plus bytes written; what STREAM calls copy, and what ENGINE's table
            calls measured copy bandwidth
    read    one buffer, bytes read; decoding writes next to nothing, so this is the nearer limit, but the reading has
            to do something with what it reads (below), and where that costs more than the memory, copy is the larger

`measure` gives both; a claim is impossible when it is above the larger. All figures are the best of several passes
after one that warms up: a limit is what the machine can do, not what it did among its neighbours.

**CPU.** A thread for each usable core, each with buffers of its own that it touched first, so that they lie at its own
memory controller. Copying is `numpy.copyto`, which is the C library's `memmove`; reading is the maximum of 32-bit
integers, the cheapest reduction that numpy has vectorised for every processor. Both let go of the interpreter's lock.
The threads begin a pass together; it lasts from the first's start to the last's end.

**GPU.** `cuda`: the driver's copy between two buffers, and a kernel that only reads; times by the device's events.

A working set is all bytes that a pass touches: both buffers of a copy. The default lies well beyond the last cache; a
smaller one is measured as asked, and tells what the caches give. Under `SMALLEST` the loop in Python would be what is
timed, and nothing is given.
"""

from __future__ import annotations

import re
from pathlib import Path
from time import perf_counter_ns
from typing import TYPE_CHECKING, Literal

from banterhearts.core.cgroup import read_text
from banterhearts.core.environment import usable_cores, usable_memory
from banterhearts.errors import Missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from threading import Barrier

    from banterhearts.core.cuda import Device

__all__ = ["SMALLEST", "cache_bytes", "measure", "measure_copy", "measure_read"]

Kind = Literal["copy", "read"]
Place = Literal["cpu", "gpu"]

SMALLEST = 16 << 20
"""Bytes of the smallest working set that is measured."""
_DEFAULT = 512 << 20
_BEYOND = 8
"""The default working set is at least so many times the last cache."""
_PASSES = 15
_PASS_BYTES = 256 << 20
"""A pass goes over its working set until each core has touched so much: about ten milliseconds, against which the
start of threads, one after the other, weighs little."""
_PASS_BYTES_GPU = 8 << 30
ROOT = Path("/")


def measure(place: Place, working_sets: Iterable[int] = ()) -> dict[str, float]:
    """Bandwidth in bytes a second as a run record holds it; empty where there is no such device.

    Args:
        place: `cpu` or `gpu`.
        working_sets: Sizes in bytes at which to measure too, besides the default.

    Returns:
        `cpu` (copy, as the record's field says) and `cpu.read`; for each size `cpu@SIZE` and `cpu.read@SIZE`.
    """
    found: dict[str, float] = {}
    for size in (None, *working_sets):
        suffix = "" if size is None else f"@{size}"
        for name, measured in (("", measure_copy(place, size)), (".read", measure_read(place, size))):
            if measured is not None:
                found[f"{place}{name}{suffix}"] = measured
    return found


def measure_copy(place: Place = "cpu", working_set: int | None = None, *, passes: int = _PASSES) -> float | None:
    """The best copy in bytes a second, counting bytes read and bytes written.

    Args:
        place: `cpu` or `gpu`.
        working_set: Bytes of both buffers together; by default well beyond the last cache.
        passes: How many are timed.

    Returns:
        None where there is no such device, or where the working set is too small to be timed from here.

    Raises:
        Missing: If the device cannot be had, or has not so much memory left.
    """
    return _measure("copy", place, working_set, passes)


def measure_read(place: Place = "cpu", working_set: int | None = None, *, passes: int = _PASSES) -> float | None:
    """The best read in bytes a second; arguments, answer and errors as for `measure_copy`."""
    return _measure("read", place, working_set, passes)


def cache_bytes(root: Path = ROOT) -> int | None:
    """The last caches of all cores together; None where the kernel does not tell."""
    found: dict[tuple[int, str], int] = {}
    for index in (root / "sys/devices/system/cpu").glob("cpu[0-9]*/cache/index[0-9]*"):
        size = re.fullmatch(r"(\d+)([KM])", read_text(index / "size").strip(), re.ASCII)  # "32768K"
        level = read_text(index / "level").strip()
        if size and level.isdecimal():
            shared = read_text(index / "shared_cpu_list").strip() or str(index)
            found[int(level), shared] = int(size[1]) << (10 if size[2] == "K" else 20)
    last = max((level for level, _ in found), default=0)
    return sum(size for (level, _), size in found.items() if level == last) or None


def _measure(kind: Kind, place: Place, working_set: int | None, passes: int) -> float | None:
    if working_set is not None and working_set < SMALLEST:
        return None
    if place == "cpu":
        return _on_cpu(kind, working_set or _beyond_the_caches(), passes)
    from banterhearts.core.cuda import open_device  # noqa: PLC0415 - loads ctypes, and only for who uses the GPU

    with open_device() as device:
        if device is None:
            return None
        return _on_gpu(device, kind, working_set or max(_DEFAULT * 2, _BEYOND * device.l2_bytes), passes)


def _beyond_the_caches() -> int:
    """The default working set of the CPU: several times its caches, and never a quarter of what memory there is."""
    wanted = max(_DEFAULT, _BEYOND * (cache_bytes() or 0))
    memory = usable_memory()
    return wanted if memory is None else max(SMALLEST, min(wanted, memory // 4))


def _on_cpu(kind: Kind, working_set: int, passes: int) -> float:
    """Run a thread a core over its share of the working set, and time pass by pass."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - 20 ms that only this needs
    from threading import Barrier, BrokenBarrierError  # noqa: PLC0415 - as above

    cores = usable_cores()
    share = working_set // cores // (2 if kind == "copy" else 1) // 4096 * 4096
    repeats = max(1, _PASS_BYTES * cores // working_set)
    barrier = Barrier(cores)
    with ThreadPoolExecutor(cores) as pool:
        threads = [pool.submit(_thread, kind, share, repeats, passes + 1, barrier) for _ in range(cores)]
        try:
            spans = [thread.result() for thread in threads]
        except (MemoryError, BrokenBarrierError) as error:
            what = f"no memory for a working set of {working_set} bytes"
            raise Missing(what, "measure a smaller one") from error
    # A pass begins with its first thread and ends with its last; the first pass warms up.
    best = min(
        max(end for _, end in one) - min(start for start, _ in one) for one in list(zip(*spans, strict=True))[1:]
    )
    moved = share * cores * repeats * (2 if kind == "copy" else 1)
    return float(moved * 1e9 / best)


def _thread(kind: Kind, share: int, repeats: int, passes: int, barrier: Barrier) -> list[tuple[int, int]]:
    """One core's part: make and touch its buffers, copy or read them with the others, and say from when to when.

    Each thread reads the clock itself: one more thread that held the watch would wait for a core, and start late.
    """
    spans = []
    try:
        work = _work(kind, share)
        for _ in range(passes):
            barrier.wait()
            start = perf_counter_ns()
            for _ in range(repeats):
                work()
            spans.append((start, perf_counter_ns()))
    except BaseException:
        barrier.abort()
        raise
    return spans


def _work(kind: Kind, share: int) -> Callable[[], object]:
    import numpy as np  # noqa: PLC0415 - 0.1 s that only this needs

    source = np.ones(share // 4, dtype=np.int32)
    if kind == "read":
        return source.max
    target = np.zeros_like(source)
    return lambda: np.copyto(target, source)


def _on_gpu(device: Device, kind: Kind, working_set: int, passes: int) -> float:
    """Queue the work of a pass between two events, and take the best pass."""
    repeats = max(1, _PASS_BYTES_GPU // working_set)
    with device.buffer(working_set) as address:
        if kind == "copy":
            half = working_set // 2
            work, moved = device.copier(address + half, address, half)
            best = _best(device, work, repeats, passes)
        else:
            with device.reader(address, working_set) as (work, moved):
                best = _best(device, work, repeats, passes)
    return moved * repeats / best


def _best(device: Device, work: Callable[[], None], repeats: int, passes: int) -> float:
    device.seconds(work, repeats)  # warms up
    return min(device.seconds(work, repeats) for _ in range(passes))
