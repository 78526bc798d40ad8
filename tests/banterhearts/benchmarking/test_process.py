"""Commands that end, fail, hang, talk too much and leave children behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from banterhearts.benchmarking.bench import MeasureFailed
from banterhearts.benchmarking.process import STDOUT_LIMIT, Ended, run_process
from banterhearts.core.record import Status

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def shell(tmp_path: Path) -> Callable[..., Ended]:
    """Run a line of shell in a folder of its own: `shell("echo hi", limit_sec=5)`."""

    def run(line: str, *, limit_sec: float = 30, **how: Any) -> Ended:
        how.setdefault("env", {"PATH": os.environ["PATH"]})
        return run_process(["/bin/sh", "-c", line], folder=tmp_path, limit_sec=limit_sec, **how)

    return run


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and that nobody has waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def expect_dead(pids: list[int]) -> None:
    """Processes end, if not at once."""
    for _ in range(200):
        if not any(map(is_alive, pids)):
            return
        time.sleep(0.01)  # a signal was sent, and the kernel takes a moment to deliver it
    pytest.fail(f"still alive: {[pid for pid in pids if is_alive(pid)]}")


def test_status_and_output_come_back(shell: Callable[..., Ended]) -> None:
    """Exit status, both outputs and two times."""
    ended = shell("echo out; echo err >&2; exit 3")
    assert (ended.status, ended.stdout, ended.stderr, ended.in_time) == (3, b"out\n", b"err\n", True)
    assert ended.elapsed_ns > 0
    assert 0 <= ended.cpu_ns < ended.elapsed_ns * (os.cpu_count() or 1)


def test_the_time_is_that_of_the_command(shell: Callable[..., Ended]) -> None:
    """Waiting counts as time and not as processor time, computing as both."""
    assert shell("sleep 0.2").elapsed_ns >= 200e6
    assert shell("sleep 0.2").cpu_ns < 100e6
    busy = shell("i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done")
    assert busy.cpu_ns > 10e6


def test_the_time_of_children_counts_as_processor_time(shell: Callable[..., Ended]) -> None:
    """What a command lets a child compute is its own."""
    assert shell("sh -c 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done'; true").cpu_ns > 10e6


def test_a_signal_is_a_negative_status(shell: Callable[..., Ended]) -> None:
    """A command that was killed did not end well."""
    assert shell("kill -SEGV $$").status == -signal.SIGSEGV


def test_nothing_can_be_read_from_stdin(tmp_path: Path) -> None:
    """A command that asks gets the end of its input and does not wait, whatever our own input is."""
    code = (
        "from pathlib import Path\nfrom banterhearts.benchmarking.process import run_process\n"
        "line = 'read line && echo got $line || echo nothing'\n"
        "print(run_process(['/bin/sh', '-c', line], folder=Path(), env={}, limit_sec=9).stdout.decode())"
    )
    done = subprocess.run([sys.executable, "-c", code], input="typed\n", capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "nothing"


def test_the_environment_is_what_was_given(shell: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of ours leaks."""
    monkeypatch.setenv("SECRET", "hunter2")
    ended = shell("env", env={"PATH": os.environ["PATH"], "GIVEN": "yes"})
    assert b"GIVEN=yes" in ended.stdout
    assert b"SECRET" not in ended.stdout


def test_a_hanging_command_is_ended_with_all_its_children(shell: Callable[..., Ended], tmp_path: Path) -> None:
    """At the time limit the command, its child and its grandchild end."""
    ended = shell("sleep 99 & echo $! > child; sh -c 'sleep 99 & echo $! > grandchild; wait' & sleep 99", limit_sec=1.5)
    assert not ended.in_time
    assert ended.status == -signal.SIGTERM
    expect_dead([int((tmp_path / name).read_text(encoding="ascii")) for name in ("child", "grandchild")])


def test_who_does_not_listen_to_a_word_is_killed(shell: Callable[..., Ended], tmp_path: Path) -> None:
    """A command and a child that ignore TERM get KILL."""
    ended = shell(
        "trap '' TERM; (trap '' TERM; while :; do sleep 9; done) & echo $! > child; while :; do sleep 9; done",
        limit_sec=0.3,
    )
    assert (ended.in_time, ended.status) == (False, -signal.SIGKILL)
    expect_dead([int((tmp_path / "child").read_text(encoding="ascii"))])


def test_what_a_command_leaves_behind_is_ended(shell: Callable[..., Ended], tmp_path: Path) -> None:
    """A background process does not disturb the next sample, nor is its pipe waited for."""
    started = time.monotonic()
    ended = shell("sleep 99 & echo $! > child; echo done")
    assert (ended.status, ended.stdout, ended.in_time) == (0, b"done\n", True)
    assert time.monotonic() - started < 60
    expect_dead([int((tmp_path / "child").read_text(encoding="ascii"))])


def test_a_flood_of_output_does_not_fill_memory(shell: Callable[..., Ended]) -> None:
    """The head of stdout and the tail of stderr are kept, and all of it is counted."""
    ended = shell("head -c 100000000 /dev/zero; head -c 1000000 /dev/zero >&2; echo last >&2")
    assert ended.stdout_bytes == 100_000_000
    assert len(ended.stdout) == STDOUT_LIMIT
    assert len(ended.stderr) <= 1 << 16
    assert ended.stderr.endswith(b"last\n")


def test_output_of_the_very_end_is_read(shell: Callable[..., Ended]) -> None:
    """What stands in the pipe when the command is dead already is not lost."""
    assert all(shell("printf 12345").stdout == b"12345" for _ in range(50))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a command enlarge its pipe")
def test_a_large_pipe_is_read_to_its_end(shell: Callable[..., Ended]) -> None:
    """A command that fills a pipe of a megabyte and ends at once is heard in full."""
    # 1031 is F_SETPIPE_SZ; Python's own ending would leave time to read.
    code = "import fcntl, os; fcntl.fcntl(1, 1031, 1 << 20); os.write(1, bytes(1 << 20)); os._exit(0)"
    for _ in range(5):
        assert shell(f"exec {sys.executable} -S -c '{code}'").stdout_bytes == 1 << 20


def test_what_cannot_be_started_has_failed(tmp_path: Path) -> None:
    """No such program, and a NUL in an argument, are failures with the reason."""
    for arguments, reason in ((["/no/such/program"], "No such file"), (["true", "a\0b"], "null byte")):
        with pytest.raises(MeasureFailed, match=reason) as caught:
            run_process(arguments, folder=tmp_path, env={}, limit_sec=1)
        assert caught.value.status is Status.FAILED


def test_a_clock_that_steps_back_gives_no_time(shell: Callable[..., Ended]) -> None:
    """A command measured by a broken clock is invalid, not negative."""
    readings = iter([1_000, *[500] * 1000])
    with pytest.raises(MeasureFailed, match="stepped back") as caught:
        shell("true", clock=lambda: next(readings))
    assert caught.value.status is Status.INVALID


def test_an_interruption_ends_the_command(shell: Callable[..., Ended], tmp_path: Path) -> None:
    """Ctrl-C, even twice, reaches us and not the command, which has a session of its own; so we end it."""
    calls = 0

    def clock() -> int:
        nonlocal calls
        calls += 1
        if calls in {2, 3}:
            raise KeyboardInterrupt
        return 0

    with pytest.raises(KeyboardInterrupt):
        shell("echo $$ > pid; echo now; sleep 99", clock=clock)
    expect_dead([int((tmp_path / "pid").read_text(encoding="ascii"))])


def test_an_interrupted_command_may_clean_up(shell: Callable[..., Ended], tmp_path: Path) -> None:
    """It is asked to end before it is made to."""
    calls = 0

    def clock() -> int:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        return 0

    with pytest.raises(KeyboardInterrupt):
        shell("trap 'echo clean > end; exit' TERM; echo now; while :; do sleep 0.01; done", clock=clock)
    assert (tmp_path / "end").read_text(encoding="ascii") == "clean\n"


def test_an_interruption_while_it_starts_ends_it_too(
    shell: Callable[..., Ended], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal that comes when the command runs and its number is not known yet waits until it is."""

    class Popen(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **how: Any) -> None:
            super().__init__(*args, **how)
            while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text(encoding="ascii"):
                time.sleep(0.01)  # until the command runs
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(subprocess, "Popen", Popen)
    with pytest.raises(KeyboardInterrupt):
        shell("echo $$ > pid; sleep 99")
    expect_dead([int((tmp_path / "pid").read_text(encoding="ascii"))])
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_no_descriptor_is_left_open(shell: Callable[..., Ended]) -> None:
    """Thousands of samples do not run out of descriptors."""
    folder = Path("/proc/self/fd") if sys.platform == "linux" else Path("/dev/fd")
    shell("true")
    before = len(list(folder.iterdir()))
    for _ in range(20):
        shell("echo some")
    assert len(list(folder.iterdir())) == before


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands orphans to whoever asks for them")
@pytest.mark.parametrize("limit_sec", [30, 0.5])
def test_a_daemon_is_ended_with_its_children(shell: Callable[..., Ended], tmp_path: Path, limit_sec: float) -> None:
    """What left the session and heeds no signal that can be ignored does not disturb the next sample."""
    daemon = "trap '' TERM HUP INT; echo $$ > daemon; setsid sleep 99 & echo $! > child; while :; do sleep 9; done"
    (tmp_path / "daemon.sh").write_text(daemon, encoding="ascii")
    wait = "while ! test -s child; do sleep 0.01; done"
    ended = shell(f"setsid sh daemon.sh & {wait}; {'sleep 99' if limit_sec < 1 else ':'}", limit_sec=limit_sec)
    assert ended.in_time == (limit_sec > 1)
    expect_dead([int((tmp_path / name).read_text(encoding="ascii")) for name in ("daemon", "child")])


@pytest.mark.skipif(sys.platform != "linux", reason="as above")
def test_children_of_our_own_are_left_alone(shell: Callable[..., Ended]) -> None:
    """A server that we started before is nobody's orphan, and an orphan that ended by itself is no zombie of ours."""

    def children() -> set[int]:
        return {int(pid) for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text().split()}

    before = children()  # of other tests, such as what multiprocessing keeps for the whole run
    with subprocess.Popen(["sleep", "99"]) as server:
        shell("setsid sh -c 'exit 0' & sleep 0.05")
        assert server.poll() is None
        now = children()
        server.kill()
    assert now == before | {server.pid}


def test_a_daemon_of_no_command_of_ours_stays(shell: Callable[..., Ended], tmp_path: Path) -> None:
    """Between commands nobody's orphans come to us: the one who asks for them takes care of them."""
    shell("true")
    subprocess.run(["/bin/sh", "-c", "sleep 99 & echo $! > pid"], cwd=tmp_path, check=True)
    pid = int((tmp_path / "pid").read_text(encoding="ascii"))
    shell("true")
    assert is_alive(pid)
    os.kill(pid, signal.SIGKILL)
