"""Bandwidth is measured at the size that is asked for, on the CPU and on a GPU, and unknown where it cannot be."""

from __future__ import annotations

import ctypes
import threading
from typing import TYPE_CHECKING, Any

import pytest

from banterhearts.core import bandwidth, cuda
from banterhearts.core.bandwidth import SMALLEST, cache_bytes, measure, measure_copy, measure_read
from banterhearts.core.environment import make_environment
from banterhearts.errors import Missing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MIB = 1 << 20


class Driver:
    """A GPU with so much memory that copies 100 GB/s and reads 200 GB/s, and notes what is left open."""

    def __init__(self, memory: int = 1 << 34, status: int = 0) -> None:
        self.status = status
        self.left = memory
        self.clock = 0.0
        self.held: dict[int, int] = {}
        self.open: list[str] = []
        self.launched: tuple[int, int] | None = None
        self.marks: dict[int, float] = {}

    def __getattr__(self, call: str) -> Callable[..., int]:
        def done(*_: object) -> int:
            return 0

        if call.startswith("__"):
            raise AttributeError(call)
        return done

    def cuInit(self, _flags: Any) -> int:  # noqa: N802 - the driver's own name, here and below
        """As told."""
        return self.status

    def cuDevicePrimaryCtxRetain(self, context: Any, _number: Any) -> int:  # noqa: N802
        """Counted."""
        context._obj.value = 77
        self.open.append("context")
        return 0

    def cuDevicePrimaryCtxRelease_v2(self, _number: Any) -> int:  # noqa: N802
        """Counted."""
        self.open.remove("context")
        return 0

    def cuCtxPushCurrent_v2(self, context: Any) -> int:  # noqa: N802
        """Counted."""
        assert context.value == 77
        self.open.append("current")
        return 0

    def cuCtxPopCurrent_v2(self, _context: Any) -> int:  # noqa: N802
        """Counted."""
        self.open.remove("current")
        return 0

    def cuDeviceGetAttribute(self, value: Any, attribute: Any, _number: Any) -> int:  # noqa: N802
        """132 multiprocessors and 50 MiB of L2."""
        value._obj.value = {16: 132, 38: 50 * MIB}[attribute.value]
        return 0

    def cuMemAlloc_v2(self, address: Any, size: Any) -> int:  # noqa: N802
        """Until it is used up."""
        if size.value > self.left:
            return 2
        address._obj.value = 1 << 40
        self.held[1 << 40] = size.value
        self.left -= size.value
        return 0

    def cuMemFree_v2(self, address: Any) -> int:  # noqa: N802
        """Given back."""
        self.left += self.held.pop(address.value)
        return 0

    def cuMemcpyDtoDAsync_v2(self, target: Any, source: Any, size: Any, _stream: Any) -> int:  # noqa: N802
        """Inside what was allocated, without overlap."""
        ((start, length),) = self.held.items()
        assert start <= source.value < source.value + size.value <= target.value
        assert target.value + size.value <= start + length
        self.clock += 2 * size.value / 100e9
        return 0

    def cuModuleLoadData(self, module: Any, image: Any) -> int:  # noqa: N802
        """PTX ends with a zero."""
        assert image.value.startswith(b"\n.version 6.0")
        module._obj.value = 5
        self.open.append("module")
        return 0

    def cuModuleUnload(self, _module: Any) -> int:  # noqa: N802
        """Counted."""
        self.open.remove("module")
        return 0

    def cuLaunchKernel(self, _function: Any, *arguments: Any) -> int:  # noqa: N802
        """Reads inside what was allocated."""
        blocks, _, _, threads = (number.value for number in arguments[:4])
        pointers = arguments[8]
        source, rounds = (ctypes.c_uint64.from_address(pointers[index]).value for index in range(2))
        ((start, length),) = self.held.items()
        size = blocks * threads * 64 * rounds
        assert source == start
        assert 0 < size <= length
        self.launched = (blocks, rounds)
        self.clock += size / 200e9
        return 0

    def cuEventCreate(self, event: Any, _flags: Any) -> int:  # noqa: N802
        """Counted."""
        event._obj.value = len(self.marks) + 1
        self.marks[event._obj.value] = 0.0
        self.open.append("event")
        return 0

    def cuEventDestroy_v2(self, _event: Any) -> int:  # noqa: N802
        """Counted."""
        self.open.remove("event")
        return 0

    def cuEventRecord(self, event: Any, _stream: Any) -> int:  # noqa: N802
        """At the device's clock."""
        self.marks[event.value] = self.clock
        return 0

    def cuEventElapsedTime(self, taken: Any, start: Any, end: Any) -> int:  # noqa: N802
        """In milliseconds."""
        taken._obj.value = (self.marks[end.value] - self.marks[start.value]) * 1000
        return 0


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Driver]:
    """Stand a driver in: `gpu(memory=…, status=…)`."""

    def make(**kwargs: int) -> Driver:
        driver = Driver(**kwargs)
        monkeypatch.setattr(cuda, "_load", lambda: driver)
        return driver

    return make


def test_the_cpu_is_measured() -> None:
    """Copy and read give bytes a second that some machine could have, at the default and at a given size."""
    found = measure("cpu", [SMALLEST])
    assert list(found) == ["cpu", "cpu.read", f"cpu@{SMALLEST}", f"cpu.read@{SMALLEST}"]
    assert all(1e8 < value < 1e14 for value in found.values())
    assert make_environment({"measured_copy_bytes_per_s": found}).measured_copy_bytes_per_s == found


@pytest.mark.parametrize(("kind", "per_pass"), [("copy", 2), ("read", 1)])
def test_bytes_are_counted_as_they_are_touched(monkeypatch: pytest.MonkeyPatch, kind: str, per_pass: int) -> None:
    """Over a pass of known length, a copy counts bytes read and written and a read each byte once, on all cores."""
    touched: list[int] = []
    lock = threading.Lock()

    def work(_kind: str, share: int) -> Callable[[], None]:
        def once() -> None:
            with lock:
                touched.append(share * per_pass)

        return once

    ticks = iter(range(0, 10**12, 1_000_000))  # a millisecond between any two looks at the clock

    def clock() -> int:
        with lock:
            return next(ticks)

    monkeypatch.setattr(bandwidth, "usable_cores", lambda: 1)
    monkeypatch.setattr(bandwidth, "_work", work)
    monkeypatch.setattr(bandwidth, "perf_counter_ns", clock)
    size = 64 * MIB
    measured = {"copy": measure_copy, "read": measure_read}[kind]("cpu", size, passes=2)
    assert measured == pytest.approx(sum(touched) / 3 / 1e-3)
    assert set(touched) == {size}, "a working set is both buffers of a copy"
    assert len(touched) == 3 * 4, "a warm-up and two passes, each over 256 MiB"


def test_a_pass_ends_with_its_last_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads share the work, each on its own buffers, and the slowest tells how long a pass took."""
    spans = {0: [(0, 5), (100, 200), (1000, 1400)], 1: [(0, 5), (150, 500), (1100, 1300)]}
    numbers = iter(range(2))
    monkeypatch.setattr(bandwidth, "usable_cores", lambda: 2)
    monkeypatch.setattr(bandwidth, "_thread", lambda *_: spans[next(numbers)])
    # The first pass warms up; the others last 400 and 400 ns; all of it is read once.
    assert measure_read("cpu", 1 << 30, passes=2) == pytest.approx((1 << 30) / 400e-9)


def test_too_small_is_not_measured() -> None:
    """A working set of which the loop would be timed gives nothing, on either device."""
    assert measure_copy("cpu", SMALLEST - 1) is None
    assert measure_read("gpu", 0) is None


def test_memory_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A working set beyond the memory is refused with what to do, and no thread waits for one that died."""
    numbers = iter(range(2))

    def work(_kind: str, _share: int) -> Callable[[], None]:
        if next(numbers):
            raise MemoryError
        return lambda: None

    monkeypatch.setattr(bandwidth, "usable_cores", lambda: 2)
    monkeypatch.setattr(bandwidth, "_work", work)
    with pytest.raises(Missing, match="no memory for a working set of 33554432 bytes; measure a smaller one"):
        measure_copy("cpu", 32 * MIB)
    assert not [thread for thread in threading.enumerate() if "ThreadPool" in thread.name]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {
                "cpu0/cache/index0": ("1", "48K", "0"),
                "cpu0/cache/index3": ("3", "32768K", "0-1"),
                "cpu1/cache/index3": ("3", "32768K", "0-1"),
                "cpu2/cache/index3": ("3", "16M", "2-3"),
            },
            48 * MIB,
        ),
        ({"cpu0/cache/index0": ("x", "48K", "0"), "cpu0/cache/index1": ("2", "lots", "0")}, None),
        ({}, None),
    ],
)
def test_the_last_caches_are_summed(
    tmp_path: Path, files: dict[str, tuple[str, str, str]], expected: int | None
) -> None:
    """Each cache of the last level counts once, however many cores share it."""
    for folder, texts in files.items():
        path = tmp_path / "sys/devices/system/cpu" / folder
        path.mkdir(parents=True)
        for name, text in zip(("level", "size", "shared_cpu_list"), texts, strict=True):
            (path / name).write_text(text + "\n")
    assert cache_bytes(tmp_path) == expected


def test_the_default_lies_beyond_the_caches_and_inside_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight times the caches, at least 512 MiB, and at most a quarter of the memory."""
    cases = ((None, None, 512), (32, 1 << 16, 512), (256, 1 << 16, 2048), (256, 4096, 1024), (None, 16, 16))
    for cache, memory, expected in cases:
        monkeypatch.setattr(bandwidth, "cache_bytes", lambda cache=cache: cache and cache * MIB)
        monkeypatch.setattr(bandwidth, "usable_memory", lambda memory=memory: memory and memory * MIB)
        assert bandwidth._beyond_the_caches() == expected * MIB


def test_without_a_driver_there_is_no_gpu(gpu: Callable[..., Driver], monkeypatch: pytest.MonkeyPatch) -> None:
    """No library and no device both mean that nothing is known, and nothing is raised."""
    monkeypatch.setattr(ctypes, "CDLL", lambda _: (_ for _ in ()).throw(OSError("cannot open shared object file")))
    assert measure("gpu") == {}
    gpu(status=100)
    assert measure_copy("gpu") is None


def test_a_driver_that_does_not_start_is_said(gpu: Callable[..., Driver]) -> None:
    """A driver without its kernel module is a fault with a next step, not an unknown."""
    gpu(status=999)
    with pytest.raises(Missing, match="the GPU answers cuInit with error 999; see with `nvidia-smi`"):
        measure_copy("gpu")


@pytest.mark.parametrize("working_set", [None, SMALLEST, 2_471_600_128, (1 << 30) + 12_345])
def test_a_gpu_is_measured_by_its_own_clock(gpu: Callable[..., Driver], working_set: int | None) -> None:
    """A copy counts both ways and a read once, inside the buffer at every size; all is given back after."""
    driver = gpu()
    assert measure_copy("gpu", working_set) == pytest.approx(100e9, rel=1e-4)
    assert measure_read("gpu", working_set) == pytest.approx(200e9, rel=1e-4)
    assert (driver.open, driver.held, driver.left) == ([], {}, 1 << 34)
    assert driver.launched is not None
    assert driver.launched[0] <= 528


def test_a_gpu_without_memory_gives_everything_back(gpu: Callable[..., Driver]) -> None:
    """A full device is a fault with a next step, and its context is let go."""
    driver = gpu(memory=1 << 20)
    with pytest.raises(Missing, match="the GPU has not so much memory left"):
        measure("gpu")
    assert (driver.open, driver.held) == ([], {})


def test_a_gpu_agrees_with_torch() -> None:
    """On a machine with a GPU, our copy is within a tenth of the same copy through torch."""
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no GPU here")
    ours = measure_copy("gpu", 1 << 30)
    source = torch.zeros(1 << 29, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    theirs = 0.0
    for _ in range(5):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        for _ in range(20):
            target.copy_(source)
        end.record()
        end.synchronize()
        theirs = max(theirs, 20 * (1 << 30) / start.elapsed_time(end) * 1e3)
    assert ours == pytest.approx(theirs, rel=0.1)
    assert measure_read("gpu", 1 << 30) > 0.5 * ours
