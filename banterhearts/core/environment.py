"""The machine that a run was measured on, and whether two runs were measured on machines that may be compared.

`probe_environment` asks the kernel, the GPU's management library and Python; it starts no process. Whatever cannot be
read is None. Neither the machine's name nor the user's is asked for, and of a kernel's release only the numbers are
kept, since whoever builds a kernel may write anything behind them.

**The fingerprint** is the digest of what, if it changes, makes two times incomparable and does not change by itself:

    cpu, cores, memory      what the process may use of the machine; memory in steps of an eighth of its power of two,
                            rounded up, because kernels of one machine report a few megabytes more or less
    gpu, driver, cuda,      exact, and only where the suite uses the GPU: a driver's update parts no two runs of a
    power_limit_watts       parser; a card set to 350 W is not the card that may draw 700 W
    torch, triton, runtime  exact: they are what makes the kernels that are timed
    os                      name, architecture and first number of the release

Left out is what moves during a run (clocks), what was measured itself (copy bandwidth: two readings are never the
same), what updates every week (the kernel's patch level), and whether there is a container, which is a guess; what a
container takes away, cores and memory, is counted. Change the list and every stored run loses its baselines.
"""

from __future__ import annotations

import os
import platform
import re
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from banterhearts.core.cgroup import cpu_quota, memory_limit, read_text
from banterhearts.core.record import Environment, digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["machine", "make_environment", "probe_environment", "usable_cores", "usable_memory"]

ROOT = Path("/")
_GIB = 1 << 30
_COMPARABLE = ("cpu", "cores", "gpu", "driver", "cuda", "torch", "triton", "runtime")
_OF_THE_RUNTIME = frozenset({"cuda", "torch", "triton", "runtime"})
_CONTAINER_MARKS = (".dockerenv", "run/.containerenv", "run/systemd/container")
_CONTAINER_GROUPS = ("docker", "kubepods", "containerd", "libpod", "lxc")
_LONGEST = 200


def probe_environment(
    *,
    gpu: bool,
    versions: Mapping[str, str] | None = None,
    copy: Mapping[str, float] | None = None,
    root: Path = ROOT,
) -> Environment:
    """What the machine is, as a run record tells it.

    Args:
        gpu: Whether what is measured uses the GPU. Where it does not, the GPU is not looked at and not in the
            fingerprint.
        versions: What only the runtime can tell: `torch`, `triton`, `cuda` (that it was built for), `runtime`.
        copy: Measured bandwidth in bytes a second, as `bandwidth.measure` gives it.
        root: `/` but in tests.
    """
    fields: dict[str, Any] = {
        "cpu": _cpu(root),
        "cores": usable_cores(root),
        "memory_bytes": usable_memory(root),
        "clocks": _cpu_clock(root),
        "os": _os(),
        "container": _container(root),
        "measured_copy_bytes_per_s": dict(copy or {}),
    }
    if gpu:
        fields |= _gpu(fields["clocks"])
    told = dict(versions or {})
    assert set(told) <= _OF_THE_RUNTIME, sorted(told)
    return make_environment(fields | {name: _line(text) for name, text in told.items()})


def make_environment(fields: Mapping[str, Any]) -> Environment:
    """An environment of these fields with the fingerprint that belongs to them.

    Raises:
        pydantic.ValidationError: For a field that a record does not have, or a value that it cannot hold.
    """
    basis = {name: fields.get(name) for name in _COMPARABLE}
    basis["memory"] = _steps_of_memory(fields.get("memory_bytes"))
    basis["power_limit_watts"] = round(fields.get("power_limit_watts") or 0)
    basis["os"] = _os_family(fields.get("os"))
    return Environment(**{**fields, "fingerprint": digest(basis)})


def machine(environment: Environment) -> str:
    """The machine in one printable line: "2 cores of AMD EPYC, 24 GiB; NVIDIA H100 80GB HBM3"."""
    parts = []
    if environment.cpu or environment.cores:
        model = re.sub(r" \(family[^)]*\)|\((?:R|TM)\)", "", environment.cpu or "an unknown CPU")
        count = environment.cores
        parts.append(model if count is None else f"{count} core{'s' if count != 1 else ''} of {model}")
    gib = _steps_of_memory(environment.memory_bytes)
    if gib:
        parts.append(f"{gib:g} GiB")
    line = ", ".join(parts) or "an unknown machine"
    return _line(f"{line}; {environment.gpu}" if environment.gpu else line) or "an unknown machine"


def usable_cores(root: Path = ROOT) -> int:
    """How many cores the process may keep busy: its affinity, held to the quota of its control group, rounded up."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = cpu_quota(root)
    return cores if quota is None else min(cores, ceil(quota))


def _cpu(root: Path) -> str | None:
    """The processor's name; for x86 with family and model, since a hypervisor may call them all "AMD EPYC"."""
    said: dict[str, str] = {}
    for line in read_text(root / "proc/cpuinfo").splitlines():
        key, _, value = line.partition(":")
        said.setdefault(key.strip(), value.strip())
    if name := said.get("model name"):
        exact = f" (family {said['cpu family']}, model {said['model']})" if {"cpu family", "model"} <= set(said) else ""
        return _line(name + exact)
    if part := said.get("CPU part"):  # Arm names no model
        return _line(f"{platform.machine()} implementer {said.get('CPU implementer', '?')} part {part}")
    return _line(platform.processor() or platform.machine())


def _cpu_clock(root: Path) -> dict[str, int]:
    """The first core's clock in hertz, where the kernel scales it."""
    text = read_text(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq").strip()  # "3400000", in kHz
    return {"cpu": int(text) * 1000} if text.isascii() and text.isdecimal() else {}


def usable_memory(root: Path = ROOT) -> int | None:
    """The bytes that the process may use: the machine's, held to the limit of its control group."""
    found = re.search(r"^MemTotal:\s+(\d+) kB", read_text(root / "proc/meminfo"), re.MULTILINE | re.ASCII)
    sizes = [int(found[1]) * 1024 if found else _physical_memory(), memory_limit(root)]
    return min((size for size in sizes if size), default=None)


def _physical_memory() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf, and not every system these names
        return None


def _os() -> str | None:
    """The system, the numbers of its release, and the architecture: "Linux 6.18.44 x86_64"."""
    release = re.match(r"\d+(?:\.\d+)*(?:-\d+(?:\.\d+)*)?", platform.release(), re.ASCII)
    parts = (platform.system(), release[0] if release else "", platform.machine())
    return _line(" ".join(part for part in parts if part))


def _os_family(text: str | None) -> str | None:
    """Of "Linux 6.18.44 x86_64" what matters: "Linux 6 x86_64"."""
    return None if text is None else re.sub(r"(?<= )(\d+)[\d.-]*", r"\1", text)


def _container(root: Path) -> bool | None:
    """Whether the marks that containers leave are there; None where nobody leaves any."""
    if not (root / "proc/1").exists():
        return None
    groups = read_text(root / "proc/1/cgroup") + read_text(root / "proc/self/cgroup")
    marked = any((root / mark).exists() for mark in _CONTAINER_MARKS)
    return marked or "container" in os.environ or any(word in groups for word in _CONTAINER_GROUPS)


def _gpu(clocks: Mapping[str, int]) -> dict[str, Any]:
    """The fields that the GPU's management library can tell."""
    from banterhearts.core.nvml import open_gpu  # noqa: PLC0415 - loads ctypes, and only for who uses the GPU

    gpu = open_gpu()
    if gpu is None:
        return {}
    return {
        "gpu": _line(gpu.name),
        "driver": _line(gpu.driver),
        "cuda": _line(gpu.cuda),
        "power_limit_watts": gpu.power_limit_watts,
        "clocks": {**clocks, **gpu.clocks_hz},
    }


def _steps_of_memory(size: int | None) -> float | None:
    """Gibibytes, rounded up to an eighth of the power of two below: a kernel keeps a part of what is built in.

    23.54 of 24 built in gives 24, 503.4 of 512 gives 512, and a limit of exactly 8 stays 8.
    """
    if not size:
        return None
    step = 2.0 ** (size.bit_length() - 1) / 8
    return ceil(size / step) * step / _GIB


def _line(text: str | None) -> str | None:
    """One printable line of what somebody else wrote; None for nothing."""
    words: Iterable[str] = (text or "").split()
    kept = "".join(letter for letter in " ".join(words) if letter.isprintable())
    return kept[:_LONGEST] or None
