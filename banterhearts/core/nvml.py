"""NVIDIA's management library, as far as a run record needs it: which GPU this is, and what holds it back.

Read through `ctypes` from the library that comes with the driver, not through a package: the GPU is part of a machine's
fingerprint, and a fingerprint that hangs on what is installed beside would part the runs of one machine. What the
library does not answer is None.

The GPU is the first that CUDA would take: of `CUDA_VISIBLE_DEVICES` where that is set (an index, or the beginning of a
UUID, of a slice of a GPU too), else the first there is. CUDA numbers GPUs of different kinds by speed, this library by
slot; on a machine with several kinds only a UUID, or `CUDA_DEVICE_ORDER=PCI_BUS_ID`, makes an index mean one thing.
"""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache
from typing import Any

__all__ = ["Gpu", "open_gpu"]

_TEXT_BYTES = 96
"""As the header advises for names, versions and UUIDs of version 2."""
_CLOCKS = {"gpu.sm": 1, "gpu.memory": 2}
_POWER_VIOLATION = 74
"""NVML_FI_DEV_PERF_POLICY_POWER."""
_SLOWED = 0x8 | 0x20 | 0x40 | 0x80
"""nvmlClocksEventReason: hardware slowdown, heat by software and by hardware, power brake. Not the power cap, which the
counter tells better, nor what holds nothing back that was wanted (idle, clocks set by a person)."""


class _Field(ctypes.Structure):
    _fields_ = (
        ("id", ctypes.c_uint),
        ("scope", ctypes.c_uint),
        ("timestamp_us", ctypes.c_longlong),
        ("latency_us", ctypes.c_longlong),
        ("kind", ctypes.c_uint),
        ("status", ctypes.c_uint),
        ("value", ctypes.c_ulonglong),
    )


class Gpu:
    """One GPU, or a slice of one."""

    def __init__(self, library: Any, handle: ctypes.c_void_p) -> None:  # noqa: ANN401 - what ctypes loads has no type
        self._library = library
        self._handle = handle

    @property
    def name(self) -> str | None:
        """As NVIDIA sells it: "NVIDIA H100 80GB HBM3"."""
        return self._text("nvmlDeviceGetName", self._handle)

    @property
    def driver(self) -> str | None:
        """The driver's version."""
        return self._text("nvmlSystemGetDriverVersion")

    @property
    def cuda(self) -> str | None:
        """The newest CUDA that the driver runs: "13.0"."""
        number = self._number("nvmlSystemGetCudaDriverVersion_v2", ctypes.c_int)
        return None if number is None else f"{number // 1000}.{number % 1000 // 10}"

    @property
    def power_limit_watts(self) -> float | None:
        """What the card may draw, as set on this machine."""
        milliwatts = self._number("nvmlDeviceGetPowerManagementLimit", ctypes.c_uint, self._handle)
        return milliwatts / 1000 if milliwatts else None

    @property
    def clocks_hz(self) -> dict[str, int]:
        """The clocks as they are now, by name, in hertz."""
        read = {name: self._clock(number) for name, number in _CLOCKS.items()}
        return {name: megahertz * 1_000_000 for name, megahertz in read.items() if megahertz is not None}

    def capped_ns(self) -> int | None:
        """For how long in all, since the driver was loaded, the power limit kept the clocks down; 3 µs on an H100."""
        field = _Field(id=_POWER_VIOLATION)
        failed = _call(self._library, "nvmlDeviceGetFieldValues", self._handle, ctypes.c_int(1), ctypes.byref(field))
        return None if failed or field.status else field.value

    def slowed(self) -> bool | None:
        """Whether heat or a fault keeps the clocks down now; 0.7 µs on an H100, where heat's own counter takes 600."""
        reasons = self._number("nvmlDeviceGetCurrentClocksThrottleReasons", ctypes.c_ulonglong, self._handle)
        return None if reasons is None else bool(reasons & _SLOWED)

    def _clock(self, number: int) -> int | None:
        return self._number("nvmlDeviceGetClockInfo", ctypes.c_uint, self._handle, ctypes.c_int(number))

    def _number(self, call: str, kind: Any, *arguments: Any) -> int | None:  # noqa: ANN401 - a type of ctypes
        value = kind()
        failed = _call(self._library, call, *arguments, ctypes.byref(value))
        return None if failed else int(value.value)

    def _text(self, call: str, *arguments: Any) -> str | None:  # noqa: ANN401 - a type of ctypes
        buffer = ctypes.create_string_buffer(_TEXT_BYTES)
        failed = _call(self._library, call, *arguments, buffer, ctypes.c_uint(_TEXT_BYTES))
        return None if failed else buffer.value.decode("utf-8", "replace") or None


def open_gpu(visible: str | None = None) -> Gpu | None:
    """The GPU that CUDA would take first; None without a driver or without a GPU.

    Args:
        visible: In place of the environment's `CUDA_VISIBLE_DEVICES`.
    """
    library = _library()
    if library is None:
        return None
    wanted = os.environ.get("CUDA_VISIBLE_DEVICES") if visible is None else visible
    first = "0" if wanted is None else wanted.split(",")[0].strip()
    handle = ctypes.c_void_p()
    if first.isdecimal():
        failed = _call(library, "nvmlDeviceGetHandleByIndex_v2", ctypes.c_uint(int(first)), ctypes.byref(handle))
        return None if failed else Gpu(library, handle)
    if first.startswith("MIG-"):
        failed = _call(library, "nvmlDeviceGetHandleByUUID", first.encode(), ctypes.byref(handle))
        return None if failed else Gpu(library, handle)
    return _by_uuid(library, first) if first.startswith("GPU-") else None


def _by_uuid(library: Any, beginning: str) -> Gpu | None:  # noqa: ANN401 - what ctypes loads has no type
    """The GPU whose UUID begins so: CUDA takes an abbreviation, this library none."""
    count = ctypes.c_uint()
    _call(library, "nvmlDeviceGetCount_v2", ctypes.byref(count))
    for index in range(count.value):
        handle = ctypes.c_void_p()
        uuid = ctypes.create_string_buffer(_TEXT_BYTES)
        failed = _call(library, "nvmlDeviceGetHandleByIndex_v2", ctypes.c_uint(index), ctypes.byref(handle))
        failed = failed or _call(library, "nvmlDeviceGetUUID", handle, uuid, ctypes.c_uint(_TEXT_BYTES))
        if not failed and uuid.value.decode("ascii", "replace").startswith(beginning):
            return Gpu(library, handle)
    return None


@cache
def _library() -> Any | None:  # noqa: ANN401 - what ctypes loads has no type
    """The library, initialised once a process; None when there is none or it finds no driver."""
    try:
        library = ctypes.CDLL("nvml.dll" if sys.platform == "win32" else "libnvidia-ml.so.1")
    except OSError:
        return None
    return None if _call(library, "nvmlInit_v2") else library


def _call(library: Any, name: str, *arguments: Any) -> bool:  # noqa: ANN401 - what ctypes loads has no type
    """Whether a call failed; one that this version of the library does not have has failed too."""
    function = getattr(library, name, None)
    return function is None or function(*arguments) != 0
