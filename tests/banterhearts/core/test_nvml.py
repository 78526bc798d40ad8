"""The GPU's management library is asked for what a record tells, and a stand-in answers where there is no GPU."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import pytest

from banterhearts.core import nvml
from banterhearts.core.nvml import open_gpu

if TYPE_CHECKING:
    from collections.abc import Iterator

UUIDS = (b"GPU-aaaa-1", b"GPU-bbbb-2")
NAMES = {1: b"NVIDIA H100 80GB HBM3", 2: b"NVIDIA L4", 7: b"NVIDIA A100-SXM4-40GB MIG 1g.5gb"}
NOT_SUPPORTED = 3


class Library:
    """Answers as the library does: a status, and values through pointers; a call that it lacks it does not have."""

    def __init__(self) -> None:
        self.capped: int | None = 12
        self.reasons = 0x4
        self.watts = 700

    def nvmlDeviceGetCount_v2(self, count: Any) -> int:  # noqa: N802 - the library's own name, here and below
        """Two of them."""
        count._obj.value = 2
        return 0

    def nvmlDeviceGetHandleByIndex_v2(self, index: Any, handle: Any) -> int:  # noqa: N802
        """Handles 1 and 2."""
        handle._obj.value = index.value + 1
        return 0 if index.value < 2 else 2

    def nvmlDeviceGetHandleByUUID(self, uuid: bytes, handle: Any) -> int:  # noqa: N802
        """The slice, and nothing abbreviated."""
        handle._obj.value = 7
        return 0 if uuid == b"MIG-cccc" else 6

    def nvmlDeviceGetUUID(self, handle: Any, buffer: Any, _size: Any) -> int:  # noqa: N802
        """One a GPU."""
        buffer.value = UUIDS[handle.value - 1]
        return 0

    def nvmlDeviceGetName(self, handle: Any, buffer: Any, _size: Any) -> int:  # noqa: N802
        """One a GPU."""
        buffer.value = NAMES[handle.value]
        return 0

    def nvmlSystemGetDriverVersion(self, buffer: Any, _size: Any) -> int:  # noqa: N802
        """The driver's."""
        buffer.value = b"580.159.04"
        return 0

    def nvmlSystemGetCudaDriverVersion_v2(self, number: Any) -> int:  # noqa: N802
        """As the header packs it."""
        number._obj.value = 12080
        return 0

    def nvmlDeviceGetPowerManagementLimit(self, _handle: Any, milliwatts: Any) -> int:  # noqa: N802
        """Or not supported."""
        milliwatts._obj.value = self.watts * 1000
        return 0 if self.watts else NOT_SUPPORTED

    def nvmlDeviceGetClockInfo(self, _handle: Any, kind: Any, value: Any) -> int:  # noqa: N802
        """The memory's clock alone."""
        value._obj.value = 2619
        return 0 if kind.value == 2 else NOT_SUPPORTED

    def nvmlDeviceGetFieldValues(self, _handle: Any, count: Any, field: Any) -> int:  # noqa: N802
        """The time of the power limit, or a status for this field alone."""
        assert (count.value, field._obj.id) == (1, 74)
        field._obj.status = NOT_SUPPORTED if self.capped is None else 0
        field._obj.value = self.capped or 99
        return 0

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, _handle: Any, reasons: Any) -> int:  # noqa: N802
        """As told."""
        reasons._obj.value = self.reasons
        return 0


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    """Two GPUs and a slice of a third."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    stand_in = Library()
    monkeypatch.setattr(nvml, "_library", lambda: stand_in)
    return stand_in


def test_what_a_record_tells_of_a_gpu(library: Library) -> None:
    """Name, driver, CUDA, clocks and limits are read; what the library does not support is unknown."""
    gpu = open_gpu()
    assert gpu is not None
    assert (gpu.name, gpu.driver, gpu.cuda) == ("NVIDIA H100 80GB HBM3", "580.159.04", "12.8")
    assert gpu.clocks_hz == {"gpu.memory": 2_619_000_000}
    assert gpu.power_limit_watts == 700.0
    library.watts = 0
    assert gpu.power_limit_watts is None
    assert gpu.capped_ns() == 12
    library.capped = None
    assert gpu.capped_ns() is None


@pytest.mark.parametrize(
    ("reasons", "slowed"),
    [(0x0, False), (0x1, False), (0x2, False), (0x4, False), (0x10, False), (0x8, True), (0x24, True), (0x41, True)],
)
def test_what_slows_a_gpu(library: Library, reasons: int, slowed: bool) -> None:  # noqa: FBT001 - a case's answer
    """Heat and faults slow it; to be idle, to have clocks set, and the power limit, which is counted, do not."""
    library.reasons = reasons
    gpu = open_gpu()
    assert gpu is not None
    assert gpu.slowed() is slowed


@pytest.mark.parametrize(
    ("visible", "name"),
    [
        (None, NAMES[1]),
        ("1", NAMES[2]),
        (" 1 ,0", NAMES[2]),
        ("GPU-bbbb", NAMES[2]),
        ("GPU-dddd", None),
        ("MIG-cccc", NAMES[7]),
        ("MIG-dddd", None),
        ("5", None),
        ("", None),
        ("-1", None),
        ("NoDevFiles", None),
    ],
)
def test_the_gpu_is_the_one_that_cuda_would_take(
    library: Library, monkeypatch: pytest.MonkeyPatch, visible: str | None, name: bytes | None
) -> None:
    """The first of `CUDA_VISIBLE_DEVICES` counts, by index or by the beginning of a UUID; it may hide all."""
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    gpu = open_gpu()
    assert (None if gpu is None else gpu.name) == (None if name is None else name.decode())
    if visible is not None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
        assert (open_gpu(visible) is None) == (name is None)


def test_without_a_library_there_is_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without the driver's library, or where it does not start, has no GPU, and nothing is raised."""
    nvml._library.cache_clear()
    monkeypatch.setattr(ctypes, "CDLL", lambda _: (_ for _ in ()).throw(OSError("cannot open shared object file")))
    try:
        assert open_gpu() is None
        nvml._library.cache_clear()
        monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
        assert open_gpu() is None
    finally:
        nvml._library.cache_clear()
