"""What a record says of its machine, and which machines are the same one."""

from __future__ import annotations

import os
import platform
import socket
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from banterhearts.core import environment as subject
from banterhearts.core.cgroup import cpu_quota, memory_limit
from banterhearts.core.environment import machine, make_environment, probe_environment, usable_cores
from banterhearts.core.record import Environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GIB = 1 << 30
CPUINFO = """\
processor\t: 0
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 143
model name\t: Intel(R) Xeon(R) Platinum 8480C
flags\t\t: fpu vme hypervisor

processor\t: 1
model name\t: another
"""
FIELDS: dict[str, Any] = {
    "cpu": "Intel(R) Xeon(R) Platinum 8480C (family 6, model 143)",
    "cores": 16,
    "memory_bytes": 126 * GIB,
    "gpu": "NVIDIA H100 80GB HBM3",
    "driver": "580.159.04",
    "cuda": "13.0",
    "power_limit_watts": 700.0,
    "torch": "2.11.0+cu130",
    "triton": "3.6.0",
    "runtime": "transformers 5.17.0",
    "os": "Linux 6.18.44 x86_64",
    "clocks": {"gpu.sm": 1_980_000_000},
    "container": False,
    "measured_copy_bytes_per_s": {"gpu": 3.0e12},
}


@pytest.fixture
def plant(tmp_path: Path) -> Callable[..., Path]:
    """Write files of a machine under a root: `plant({"proc/meminfo": "…"})`."""

    def make(files: dict[str, str | bytes]) -> Path:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return tmp_path

    return make


def test_this_machine_is_told_without_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A probe of this machine gives its cores, memory and system, and no name of host or user."""
    for name in ("HOSTNAME", "USER", "LOGNAME", "HOME"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setattr(socket, "gethostname", lambda: "secret")
    monkeypatch.setattr(platform, "node", lambda: "secret")
    found = probe_environment(gpu=True)
    assert found.cpu
    assert found.cores == usable_cores() >= 1
    assert found.memory_bytes is None or found.memory_bytes > 1 << 26
    assert found.os is not None
    assert found.os.startswith(platform.system())
    assert "secret" not in found.model_dump_json()
    assert probe_environment(gpu=True).fingerprint == found.fingerprint
    assert Environment.model_validate_json(found.model_dump_json()) == found


def test_a_machine_is_read_from_the_kernel(plant: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Model, clock, memory, release and the marks of a container come from where the kernel keeps them."""
    monkeypatch.setattr(platform, "release", lambda: "5.15.0-91-adas-own")
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.delenv("container", raising=False)
    root = plant(
        {
            "proc/cpuinfo": CPUINFO,
            "proc/meminfo": "MemTotal:       24684096 kB\nMemFree: 1 kB\n",
            "proc/1/cgroup": "0::/\n",
            "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "3400000\n",
        }
    )
    found = probe_environment(gpu=False, versions={"runtime": "a\nb\x1b[31m"}, copy={"cpu": 2.5e10}, root=root)
    assert found.cpu == "Intel(R) Xeon(R) Platinum 8480C (family 6, model 143)"
    assert found.memory_bytes == 24684096 * 1024
    assert found.clocks == {"cpu": 3_400_000_000}
    assert found.os == "Linux 5.15.0-91 x86_64"
    assert found.container is False
    assert found.runtime == "a b[31m"
    assert found.measured_copy_bytes_per_s == {"cpu": 2.5e10}
    (root / ".dockerenv").touch()
    assert probe_environment(gpu=False, root=root).container is True


@pytest.mark.parametrize(
    ("cpuinfo", "expected"),
    [
        ("CPU implementer\t: 0x41\nCPU part\t: 0xd0c\n", "aarch64 implementer 0x41 part 0xd0c"),
        ("model name\t: AMD\u202e  EPYC\x07\n", "AMD EPYC"),
        (b"model name\t: AMD \xff EPYC\n", "AMD \ufffd EPYC"),
        ("", "arm64"),
        ("no colon at all\n", "arm64"),
    ],
)
def test_processors_without_a_model(
    plant: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, cpuinfo: str | bytes, expected: str
) -> None:
    """Arm's numbers stand for a name, odd bytes do no harm, and without any file `platform` is asked."""
    monkeypatch.setattr(platform, "processor", str)
    monkeypatch.setattr(platform, "machine", lambda: "aarch64" if b"0x41" in bytes(str(cpuinfo), "utf-8") else "arm64")
    found = probe_environment(gpu=False, root=plant({"proc/cpuinfo": cpuinfo}))
    assert found.cpu == expected


def test_a_machine_that_tells_nothing(plant: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no file can be read and no call answers, the fields are unknown and nothing is raised."""
    for name in ("processor", "machine", "system", "release"):
        monkeypatch.setattr(platform, name, str)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    monkeypatch.setattr(os, "sysconf", lambda _: (_ for _ in ()).throw(ValueError("unrecognized configuration name")))
    found = probe_environment(gpu=False, root=plant({}))
    assert (found.cpu, found.cores, found.memory_bytes, found.os, found.container) == (None, 1, None, None, None)
    assert machine(found) == "1 core of an unknown CPU"


@pytest.mark.parametrize(
    ("files", "cores", "limit"),
    [
        ({"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/cpu.max": "150000 100000\n"}, 1.5, None),
        (
            {
                "proc/self/cgroup": "0::/a/b\n",
                "sys/fs/cgroup/a/cpu.max": "max 100000\n",
                "sys/fs/cgroup/a/b/cpu.max": "300000 100000\n",
                "sys/fs/cgroup/cpu.max": "50000 100000\n",
                "sys/fs/cgroup/a/b/memory.max": "max\n",
                "sys/fs/cgroup/a/memory.max": "1073741824\n",
            },
            0.5,
            GIB,
        ),
        (
            {
                "proc/self/cgroup": "4:memory:/docker/x\n1:cpu,cpuacct:/docker/x\n0::/\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "200000\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n",
            },
            2.0,
            GIB // 2,
        ),
        (
            {
                "proc/self/cgroup": "4:memory:/\n1:cpu:/\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            },
            None,
            None,
        ),
        ({"proc/self/cgroup": "0::/../../x\n", "sys/fs/cgroup/x/cpu.max": "100000 100000\n"}, 1.0, None),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "100000 0\n"}, None, None),
        ({"proc/self/cgroup": "nonsense\n\n::\n", "sys/fs/cgroup/cpu.max": "a b c\n"}, None, None),
        ({}, None, None),
    ],
)
def test_limits_of_control_groups(
    plant: Callable[..., Path], files: dict[str, str], cores: float | None, limit: int | None
) -> None:
    """The tightest limit on the way up counts, in both versions; what is no limit or no number sets none."""
    root = plant(files)
    assert cpu_quota(root) == cores
    assert memory_limit(root) == limit


def test_a_quota_takes_cores_away(plant: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Usable are the cores of the affinity, held to the quota rounded up, and never none."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    for quota, cores in (("150000", 2), ("1000", 1), ("9900000", 8), ("max", 8)):
        files = {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": f"{quota} 100000\n"}
        assert usable_cores(plant(files)) == cores


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cpu", "Intel(R) Xeon(R) Platinum 8470"),
        ("cores", 8),
        ("memory_bytes", 62 * GIB),
        ("gpu", "NVIDIA H100 PCIe"),
        ("driver", "580.159.05"),
        ("cuda", "12.8"),
        ("power_limit_watts", 350.0),
        ("torch", "2.12.0"),
        ("triton", None),
        ("runtime", "transformers 5.18.0"),
        ("os", "Linux 5.18.44 x86_64"),
        ("os", "Linux 6.18.44 aarch64"),
    ],
)
def test_another_machine_has_another_fingerprint(field: str, value: object) -> None:
    """Each part that makes times incomparable changes the fingerprint."""
    assert make_environment(FIELDS | {field: value}).fingerprint != make_environment(FIELDS).fingerprint


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("memory_bytes", 126 * GIB - 300_000_000),
        ("clocks", {"gpu.sm": 345_000_000}),
        ("container", True),
        ("measured_copy_bytes_per_s", {}),
        ("power_limit_watts", 700),
        ("power_limit_watts", 699.99),
        ("os", "Linux 6.1.0-18 x86_64"),
    ],
)
def test_what_moves_by_itself_is_not_in_the_fingerprint(field: str, value: object) -> None:
    """Clocks, measured bandwidth, a patched kernel and a few megabytes less leave it the same machine."""
    assert make_environment(FIELDS | {field: value}).fingerprint == make_environment(FIELDS).fingerprint


def test_the_fingerprint_is_a_contract() -> None:
    """A digest changed by accident would take every stored run its baseline."""
    expected = "983bc473777748feb2841f8944e72041c5c4ae00f484a5b45cf7cc2a23fe4764"
    assert make_environment(FIELDS).fingerprint == expected


def test_unknown_fields_are_refused() -> None:
    """An environment holds what a record holds, and a runtime tells only its own versions."""
    with pytest.raises(ValidationError):
        make_environment({"hostname": "x"})
    with pytest.raises(AssertionError):
        probe_environment(gpu=False, versions={"cpu": "faster"})


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (FIELDS, "16 cores of Intel Xeon Platinum 8480C, 128 GiB; NVIDIA H100 80GB HBM3"),
        (
            {"cpu": "AMD EPYC (family 26, model 2)", "cores": 2, "memory_bytes": 24684096 * 1024},
            "2 cores of AMD EPYC, 24 GiB",
        ),
        ({"cores": 1}, "1 core of an unknown CPU"),
        ({"memory_bytes": GIB // 2}, "0.5 GiB"),
        ({"gpu": "NVIDIA L4"}, "an unknown machine; NVIDIA L4"),
        ({}, "an unknown machine"),
        ({"gpu": "a\nb\u202e\x00c" + "d" * 999}, "an unknown machine; a bc" + "d" * 176),
    ],
)
def test_a_machine_in_one_line(fields: dict[str, Any], expected: str) -> None:
    """The line for people says cores, memory and GPU, is printable and bounded, whatever a record holds."""
    assert machine(make_environment(fields)) == expected


def test_the_gpu_is_asked_only_for_who_uses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `gpu` the management library is not touched; with it its answers stand in the record."""
    asked = []

    def gpu(clocks: dict[str, int]) -> dict[str, Any]:
        asked.append(clocks)
        return {"gpu": "NVIDIA L4", "cuda": "13.0"}

    monkeypatch.setattr(subject, "_gpu", gpu)
    assert probe_environment(gpu=False).gpu is None
    assert not asked
    found = probe_environment(gpu=True, versions={"cuda": "12.8"})
    assert (found.gpu, found.cuda) == ("NVIDIA L4", "12.8"), "what the runtime was built for goes before the driver's"
