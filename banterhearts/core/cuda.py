"""CUDA's driver interface, as far as measuring the memory of a GPU needs it: no torch, no toolkit, only the driver.

A `Device` holds the device's primary context, which it shares with torch when torch is in the same process, and puts
back whatever context was current. Times come from events on the device's own clock, so neither Python nor the launch
stands in them.

Copies are the driver's own (`cuMemcpyDtoDAsync`). Reading alone needs a kernel, which stands here as PTX and is
compiled by the driver: each thread loads 16 bytes four times a round and folds them with exclusive or; it would write
only if the fold gave 1, which it cannot, since the memory is zeros, and the compiler cannot know that.
"""

from __future__ import annotations

import ctypes
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from banterhearts.errors import Missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Device", "open_device"]

_NO_DEVICE = 100
"""CUDA_ERROR_NO_DEVICE: none there, or all hidden by `CUDA_VISIBLE_DEVICES`."""
_MULTIPROCESSORS = 16
_L2_BYTES = 38
_BLOCK = 512
"""Threads."""
_ROUND_BYTES = _BLOCK * 4 * 16
"""What a block of threads reads in one round."""
_READ = b"""
.version 6.0
.target sm_60
.address_size 64
.visible .entry read_all(.param .u64 source, .param .u64 rounds, .param .u64 sink)
{
    .reg .pred %p;
    .reg .b32 %r<6>, %a<4>, %b<4>, %c<4>, %d<4>, %fold;
    .reg .b64 %at, %left, %sink, %stride, %q<3>;
    ld.param.u64 %at, [source];
    ld.param.u64 %left, [rounds];
    ld.param.u64 %sink, [sink];
    cvta.to.global.u64 %at, %at;
    cvta.to.global.u64 %sink, %sink;
    mov.u32 %r0, %ctaid.x;
    mov.u32 %r1, %ntid.x;
    mov.u32 %r2, %tid.x;
    mov.u32 %r3, %nctaid.x;
    mad.lo.u32 %r4, %r0, %r1, %r2;
    mul.lo.u32 %r5, %r3, %r1;
    mul.wide.u32 %stride, %r5, 16;
    mul.wide.u32 %q0, %r4, 16;
    add.u64 %at, %at, %q0;
    mov.u32 %fold, 0;
ROUND:
    setp.eq.u64 %p, %left, 0;
    @%p bra END;
    add.u64 %q0, %at, %stride;
    add.u64 %q1, %q0, %stride;
    add.u64 %q2, %q1, %stride;
    ld.global.nc.v4.u32 {%a0, %a1, %a2, %a3}, [%at];
    ld.global.nc.v4.u32 {%b0, %b1, %b2, %b3}, [%q0];
    ld.global.nc.v4.u32 {%c0, %c1, %c2, %c3}, [%q1];
    ld.global.nc.v4.u32 {%d0, %d1, %d2, %d3}, [%q2];
    add.u64 %at, %q2, %stride;
    xor.b32 %a0, %a0, %a1;
    xor.b32 %a2, %a2, %a3;
    xor.b32 %b0, %b0, %b1;
    xor.b32 %b2, %b2, %b3;
    xor.b32 %c0, %c0, %c1;
    xor.b32 %c2, %c2, %c3;
    xor.b32 %d0, %d0, %d1;
    xor.b32 %d2, %d2, %d3;
    xor.b32 %a0, %a0, %a2;
    xor.b32 %b0, %b0, %b2;
    xor.b32 %c0, %c0, %c2;
    xor.b32 %d0, %d0, %d2;
    xor.b32 %a0, %a0, %b0;
    xor.b32 %c0, %c0, %d0;
    xor.b32 %a0, %a0, %c0;
    xor.b32 %fold, %fold, %a0;
    sub.u64 %left, %left, 1;
    bra ROUND;
END:
    setp.ne.u32 %p, %fold, 1;
    @%p bra DONE;
    st.global.u32 [%sink], %fold;
DONE:
    ret;
}
\0"""


class Device:
    """The first GPU that CUDA sees, with its context current; made by `open_device`."""

    def __init__(self, driver: Any, number: int) -> None:  # noqa: ANN401 - what ctypes loads has no type
        self._driver = driver
        self._number = number

    @property
    def l2_bytes(self) -> int:
        """The size of its last cache."""
        return self._attribute(_L2_BYTES)

    @contextmanager
    def buffer(self, size: int) -> Iterator[int]:
        """So many bytes of zeros in the device's memory, by address.

        Raises:
            Missing: If the device has not so much left.
        """
        address = ctypes.c_uint64()
        self._do("cuMemAlloc_v2", ctypes.byref(address), ctypes.c_size_t(size))
        try:
            self._do("cuMemsetD8_v2", address, ctypes.c_ubyte(0), ctypes.c_size_t(size))
            yield address.value
        finally:
            self._driver.cuMemFree_v2(address)

    def copier(self, target: int, source: int, size: int) -> tuple[Callable[[], None], int]:
        """What copies so many bytes once, and how many bytes it moves: each is read and written."""
        arguments = (ctypes.c_uint64(target), ctypes.c_uint64(source), ctypes.c_size_t(size), None)
        return lambda: self._do("cuMemcpyDtoDAsync_v2", *arguments), 2 * size

    @contextmanager
    def reader(self, source: int, size: int) -> Iterator[tuple[Callable[[], None], int]]:
        """What reads a buffer of zeros once, and how many bytes that is: all but less than a round at the end."""
        module, function = ctypes.c_void_p(), ctypes.c_void_p()
        self._do("cuModuleLoadData", ctypes.byref(module), ctypes.c_char_p(_READ))
        try:
            self._do("cuModuleGetFunction", ctypes.byref(function), module, ctypes.c_char_p(b"read_all"))
            # Four blocks of 512 threads fill a multiprocessor; fewer where the buffer has not a round for each.
            blocks = max(1, min(4 * self._attribute(_MULTIPROCESSORS), size // _ROUND_BYTES))
            rounds = size // (blocks * _ROUND_BYTES)
            values = (ctypes.c_uint64(source), ctypes.c_uint64(rounds), ctypes.c_uint64(source))
            pointers = (ctypes.c_void_p * 3)(*(ctypes.addressof(value) for value in values))
            shape = [ctypes.c_uint(number) for number in (blocks, 1, 1, _BLOCK, 1, 1, 0)]
            yield (
                lambda: self._do("cuLaunchKernel", function, *shape, None, pointers, None),
                rounds * blocks * _ROUND_BYTES,
            )
        finally:
            self._driver.cuModuleUnload(module)

    def seconds(self, work: Callable[[], None], times: int) -> float:
        """How long the device takes to do something so many times, by its own clock."""
        start, end = ctypes.c_void_p(), ctypes.c_void_p()
        taken = ctypes.c_float()
        try:
            for event in (start, end):
                self._do("cuEventCreate", ctypes.byref(event), ctypes.c_uint(0))
            self._do("cuEventRecord", start, None)
            for _ in range(times):
                work()
            self._do("cuEventRecord", end, None)
            self._do("cuEventSynchronize", end)
            self._do("cuEventElapsedTime", ctypes.byref(taken), start, end)
        finally:
            for event in (start, end):
                if event.value:
                    self._driver.cuEventDestroy_v2(event)
        return taken.value / 1000

    def _attribute(self, number: int) -> int:
        value = ctypes.c_int()
        self._do("cuDeviceGetAttribute", ctypes.byref(value), ctypes.c_int(number), ctypes.c_int(self._number))
        return value.value

    def _do(self, call: str, *arguments: Any) -> None:  # noqa: ANN401 - whatever the driver's call takes
        _check(call, getattr(self._driver, call)(*arguments))


@contextmanager
def open_device() -> Iterator[Device | None]:
    """The first GPU that CUDA sees, for the length of a block; None without a driver or a device.

    Raises:
        Missing: If there is a driver and it does not start, or a device that cannot be had.
    """
    driver = _load()
    if driver is None:
        yield None
        return
    status = driver.cuInit(ctypes.c_uint(0))
    if status == _NO_DEVICE:
        yield None
        return
    _check("cuInit", status)
    number, context = ctypes.c_int(), ctypes.c_void_p()
    _check("cuDeviceGet", driver.cuDeviceGet(ctypes.byref(number), ctypes.c_int(0)))
    _check("cuDevicePrimaryCtxRetain", driver.cuDevicePrimaryCtxRetain(ctypes.byref(context), number))
    try:
        _check("cuCtxPushCurrent", driver.cuCtxPushCurrent_v2(context))
        try:
            yield Device(driver, number.value)
        finally:
            driver.cuCtxPopCurrent_v2(ctypes.byref(ctypes.c_void_p()))
    finally:
        driver.cuDevicePrimaryCtxRelease_v2(number)


def _load() -> Any | None:  # noqa: ANN401 - what ctypes loads has no type
    try:
        return ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return None


def _check(call: str, status: int) -> None:
    """Raise what a call of the driver answered, if it is not success."""
    if status:
        what = "has not so much memory left" if status == 2 else f"answers {call} with error {status}"  # noqa: PLR2004 - CUDA_ERROR_OUT_OF_MEMORY
        raise Missing(f"the GPU {what}", "see with `nvidia-smi` what else uses it")
