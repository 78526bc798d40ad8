"""A back end in a process of its own: its answers, its refusals, and what becomes of it when it breaks."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from banterhearts.benchmarking.bench import MeasureFailed
from banterhearts.benchmarking.decode.backend import Evidence, Prompt, Setup
from banterhearts.benchmarking.decode.memory import peak_resident_bytes
from banterhearts.benchmarking.decode.model import ModelFile
from banterhearts.benchmarking.decode.worker import Remote
from banterhearts.core.record import Status
from banterhearts.errors import Missing, SuiteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SETUP = Setup(model="toy", threads=1, context=8, seed=0)
PROMPT = Prompt(" time", 1, 0)
FAKE = """
    import os, subprocess, sys, time
    from banterhearts.benchmarking.bench import MeasureFailed
    from banterhearts.benchmarking.decode.backend import Chunk, Evidence, Generation
    from banterhearts.core.record import Status
    from banterhearts.errors import Missing, RepositoryError, SuiteError


    class Fake:
        def __init__(self, file, log):
            self.file, self.log = file, log

        def open(self, setup, prompt):
            print("loading", self.file.label, flush=True)
            if setup.model == "missing":
                raise Missing("no library", "install it")
            if setup.model == "wrong":
                raise SuiteError("decode", "unknown option", self.file.path)
            if setup.model == "invalid":
                raise MeasureFailed("counts otherwise", Status.INVALID)
            if setup.model == "repository":
                raise RepositoryError(self.file.path, "is none")
            if setup.model == "raises":
                raise ZeroDivisionError("by nothing")
            return (os.getpid(), os.getsid(0), setup, prompt, self.file, sys.path)

        def generate(self, tokens):
            if tokens == 13:
                print("out of memory", file=sys.stderr, flush=True)
                os._exit(9)
            if tokens == 99:
                self.child = subprocess.Popen(["sleep", "300"])
                print(self.child.pid, flush=True)
                time.sleep(300)
            if tokens == 50:
                time.sleep(1)
            return Generation(1, tokens, (Chunk(5, tokens),), text=self.log.read_text())

        def close(self):
            return Evidence(peak_device_bytes=7)
"""


@pytest.fixture
def remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Remote]]:
    """Make workers of the fake back end, and end them after the test."""
    (tmp_path / "fake_runtime.py").write_text(dedent(FAKE))
    monkeypatch.syspath_prepend(tmp_path)
    made: list[Remote] = []

    def make(limit_sec: float = 30.0) -> Remote:
        file = ModelFile(tmp_path / "toy.gguf", "toy", "gguf", vocabulary={"a": 1})
        made.append(Remote("fake", "fake_runtime:Fake", file, limit_sec))
        return made[-1]

    yield make
    for one in made:
        one._end(patience=0)


def is_over(pid: int) -> bool:
    """Whether a process ended, reaped or not."""
    for _ in range(200):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


def test_what_is_asked_is_answered_from_another_process(remote: Callable[..., Remote]) -> None:
    """Arguments and answers cross the pipe whole; the worker has a session of its own and our paths."""
    worker = remote()
    pid, session, setup, prompt, file, path = worker.open(SETUP, PROMPT)  # type: ignore[misc]  # the fake's own answer
    assert pid == session != os.getpid()
    assert (setup, prompt, file.label, file.vocabulary) == (SETUP, PROMPT, "toy", None)
    assert set(filter(None, sys.path)) <= set(path)
    assert worker.generate(3).text == "loading toy\n", "what it prints is in the log that it is told of"
    assert worker.close() == Evidence(peak_device_bytes=7)
    assert not Path(f"/proc/{pid}").exists()
    assert worker.close() == Evidence(), "closing again is no fault"


@pytest.mark.parametrize(
    ("model", "kind", "said"),
    [
        ("missing", Missing, "no library; install it"),
        ("wrong", SuiteError, "unknown option"),
        ("invalid", MeasureFailed, "counts otherwise"),
        ("repository", MeasureFailed, "is none"),
        ("raises", MeasureFailed, "ZeroDivisionError: by nothing"),
    ],
)
def test_refusals_arrive_as_what_they_are(
    remote: Callable[..., Remote], model: str, kind: type[Exception], said: str
) -> None:
    """Each of our errors keeps its class and facts; any other is a failed measurement."""
    worker = remote()
    with pytest.raises(kind, match=said) as caught:
        worker.open(Setup(model=model, threads=1, context=8, seed=0), PROMPT)
    if isinstance(caught.value, MeasureFailed):
        assert caught.value.status is (Status.INVALID if model == "invalid" else Status.FAILED)
    assert worker.close() == Evidence(peak_device_bytes=7)


def test_a_worker_that_dies_says_what_it_said_last(remote: Callable[..., Remote]) -> None:
    """Its status and its last lines become the error, and closing it is no second one."""
    worker = remote()
    worker.open(SETUP, PROMPT)
    with pytest.raises(MeasureFailed, match=r"fake ended unasked with status 9; .* out of memory"):
        worker.generate(13)
    assert worker.close() == Evidence()


def test_a_worker_that_hangs_is_ended_with_what_it_started(remote: Callable[..., Remote]) -> None:
    """After the limit the whole session is gone, children included."""
    worker = remote(limit_sec=2.0)
    worker.open(SETUP, PROMPT)
    assert worker._log is not None
    with worker._log.open() as log:
        with pytest.raises(MeasureFailed, match="did not answer within 2 s, and was ended"):
            worker.generate(99)
        child = log.read().split()[-1]
    assert worker._process is not None
    assert worker._process.returncode == -9
    assert is_over(int(child))
    assert worker.close() == Evidence()


def test_an_interrupted_wait_does_not_mix_up_answers(remote: Callable[..., Remote]) -> None:
    """An answer that nobody waited for is not taken for that of the next question."""
    worker = remote()
    worker.open(SETUP, PROMPT)
    assert worker._pipe is not None
    worker._pipe.send(("generate", (50,)))
    worker._owed += 1
    assert worker.generate(4).output_tokens == 4
    assert worker.close() == Evidence(peak_device_bytes=7)


def test_peak_memory_is_the_kernels_count(tmp_path: Path) -> None:
    """It is read from the process's status, and None where there is no such file."""
    status = tmp_path / "status"
    status.write_text("Name:\tpython\nVmHWM:\t   1234 kB\nVmRSS:\t   99 kB\n")
    assert peak_resident_bytes(status) == 1234 * 1024
    status.write_text("Name:\tVmHWM\n")
    assert peak_resident_bytes(status) is None
    assert peak_resident_bytes(tmp_path / "none") is None
