"""What holds a machine back between two moments is seen, and what does not is not."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from banterhearts.core.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable

HEAT = "sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count"
QUOTA = "sys/fs/cgroup/a/cpu.stat"
VIRTUAL = {"proc/cpuinfo": "flags\t\t: fpu hypervisor\n"}
ALL = {
    **VIRTUAL,
    HEAT: "3\n",
    "proc/self/cgroup": "0::/a\n",
    QUOTA: "usage_usec 5\nnr_periods 10\nnr_throttled 2\nthrottled_usec 7\n",
    "proc/stat": "cpu  1000 0 0 9000 0 0 0 50 7 7\ncpu0 1 1 1 1 1 1 1 9999\n",
}


class StandIn:
    """A GPU that says for how long it was capped and whether it is slowed."""

    def __init__(self, capped: int | None, *, slow: bool | None) -> None:
        self.capped = capped
        self.slow = slow

    def capped_ns(self) -> int | None:
        """As told."""
        return self.capped

    def slowed(self) -> bool | None:
        """As told."""
        return self.slow


@pytest.fixture
def plant(tmp_path: Path) -> Callable[..., Path]:
    """Write files of a machine under a root."""

    def make(files: dict[str, str]) -> Path:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return tmp_path

    return make


@pytest.mark.parametrize(
    ("name", "content", "held_back"),
    [
        (HEAT, "4\n", True),
        (HEAT, "3\n", False),
        (QUOTA, "nr_periods 11\nnr_throttled 3\n", True),
        (QUOTA, "usage_usec 99999\nnr_periods 11\nnr_throttled 2\nthrottled_usec 7\n", False),
        ("proc/stat", "cpu  1900 0 0 9100 0 0 0 62 7 7\n", True),
        ("proc/stat", "cpu  1900 0 0 9100 0 0 0 60 900 7\n", False),
        ("proc/stat", "cpu  1001 0 0 9001 0 0 0 51 7 7\n", False),
        ("proc/stat", "cpu  1900 0 0 9100 0 0 0 50 7 7\n", False),
    ],
)
def test_a_counter_that_grows_is_seen(
    plant: Callable[..., Path],
    name: str,
    content: str,
    held_back: bool,  # noqa: FBT001 - a parameter of the cases
) -> None:
    """Heat, a quota and more than one part in a hundred stolen are seen; time that passes alone is not."""
    root = plant(ALL)
    with Throttle(root=root) as throttle:
        before = throttle.read()
        assert throttle.since(before) is False
        plant({name: content})
        assert throttle.since(before) is held_back
        assert throttle.since(throttle.read()) is False


def test_a_gpu_that_was_held_back_is_seen(plant: Callable[..., Path]) -> None:
    """A power limit between two moments counts, and heat at either; a GPU that tells neither is no source."""
    gpu: Any = StandIn(100, slow=False)
    with Throttle(gpu, root=plant({})) as throttle:
        before = throttle.read()
        assert throttle.since(before) is False
        gpu.capped = 101
        assert throttle.since(before) is True
        before = throttle.read()
        gpu.slow = True
        assert throttle.since(before) is True
        before = throttle.read()
        gpu.slow = False
        assert throttle.since(before) is True
        assert throttle.since(throttle.read()) is False
    for capped, slow, known in ((None, None, False), (None, False, True), (5, None, True)):
        gpu = StandIn(capped, slow=slow)
        with Throttle(gpu, root=plant({})) as throttle:
            assert (throttle.read() is not None) is known
            assert throttle.since(throttle.read()) is (False if known else None)


def test_stolen_time_tells_of_a_host(plant: Callable[..., Path]) -> None:
    """Where time was ever stolen there is a host, whatever the flags of the processor say."""
    with Throttle(root=plant({"proc/stat": "cpu  1 0 0 9 0 0 0 3 0 0\n", "proc/cpuinfo": "flags: fpu\n"})) as throttle:
        before = throttle.read()
        assert before is not None
        assert (before.ticks, before.stolen) == (13, 3)


def test_nobody_knows_without_counters(plant: Callable[..., Path]) -> None:
    """A machine without counters answers None, not "no", and so does a reading that was never taken."""
    with Throttle(root=plant({"proc/stat": "cpu  1 0 0 9 0 0 0 0 0 0\n", "proc/cpuinfo": "flags: fpu\n"})) as throttle:
        assert throttle.read() is None
        assert throttle.since(None) is None
    root = plant({"proc/self/cgroup": "0::/a\n", QUOTA: "usage_usec 5\n"})
    with Throttle(root=root) as throttle:
        assert throttle.read() is None, "a group without a quota counts nothing"
    with Throttle(root=plant(ALL)) as throttle:
        assert throttle.since(None) is None


@pytest.mark.parametrize("content", ["", "nonsense\n", "nr_throttled\n", "nr_throttled x\n", "cpu 1 2 3\n"])
def test_files_that_make_no_sense_do_no_harm(plant: Callable[..., Path], content: str) -> None:
    """What is no counter counts as nothing and raises nothing."""
    files = dict.fromkeys((HEAT, QUOTA, "proc/stat"), content)
    with Throttle(root=plant({**ALL, **files})) as throttle:
        assert throttle.since(throttle.read()) is False


def test_files_are_opened_once_and_closed(plant: Callable[..., Path]) -> None:
    """Reading opens nothing anew, since it stands around every visit, and closing leaves nothing open."""
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("no list of open files here")
    before = len(list(folder.iterdir()))
    with Throttle(root=plant(ALL)) as throttle:
        opened = len(list(folder.iterdir()))
        assert opened == before + 3
        for _ in range(50):
            throttle.read()
        assert len(list(folder.iterdir())) == opened
    assert len(list(folder.iterdir())) == before
    assert throttle.read() is None


def test_a_core_that_goes_away_raises_nothing(plant: Callable[..., Path]) -> None:
    """A file that cannot be read any more counts as nothing."""
    with Throttle(root=plant(ALL)) as throttle:
        before = throttle.read()
        assert before is not None
        spare = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(spare, throttle._events[0])
        finally:
            os.close(spare)
        assert throttle.read() == replace(before, events=(0, before.events[1]))


def test_this_machine_can_be_asked() -> None:
    """On the machine that runs the tests a reading is taken, or nobody knows."""
    with Throttle() as throttle:
        assert throttle.since(throttle.read()) in (True, False, None)
