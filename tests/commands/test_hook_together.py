"""The hook's worker and `generate` by hand in one repository, with a model that takes its time."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran, RepoBuilder

CHRONICLES = (sys.executable, "-m", "chronicles")
SETTINGS = '[tool.chronicles]\nwriter = "ollama"\nmodel = "tiny"\n'


def code(name: str) -> str:
    """A file of some size."""
    return "".join(f"def {name}_{at}(value):\n    if value:\n        return {at}\n\n\n" for at in range(9))


@pytest.fixture
def hooked(repo: RepoBuilder, run: Callable[..., Ran]) -> RepoBuilder:
    """A repository whose hook has four commits to tell, in the words of a model, and was not woken yet."""
    repo.commit("build: settings", {"pyproject.toml": SETTINGS})
    assert run(repo.path, "hook", "install").code == 0
    repo.git("config", "core.hooksPath", "/dev/null")
    for name in ("one", "two", "three", "four"):
        repo.commit(f"feat: part {name}\n\nBecause part {name} was missed.", {f"core/{name}.py": code(name)})
    repo.git("config", "--unset", "core.hooksPath")
    return repo


def start_worker(repo: RepoBuilder) -> subprocess.Popen[bytes]:
    """Wake the worker as the hook does."""
    command = (*CHRONICLES, "-C", str(repo.path), "hook", "drain", "--background")
    return subprocess.Popen(command, cwd=repo.path / ".git" / "chronicles-hook", stdin=subprocess.DEVNULL)


def asked(server: Any) -> Counter[str]:
    """How often each question was asked."""
    bodies = (body for _, path, body, _ in server.requests if path == "/api/chat")
    return Counter(json.dumps([body["messages"], body["options"]["seed"], body["format"]]) for body in bodies)


def told(repo: RepoBuilder) -> list[str]:
    """The commits of the pages, by number."""
    pages = [json.loads(path.read_bytes()) for path in sorted((repo.path / "episodes").glob("*.json"))]
    return [commit for page in pages for commit in page["dossier"]["subject"]["commits"]]


def steps(repo: RepoBuilder) -> list[str]:
    """What the hook has to tell, oldest first."""
    return repo.git("rev-list", "--reverse", "HEAD").split()[1:]


def test_the_worker_and_a_run_by_hand(hooked: RepoBuilder, run: Callable[..., Ran], ollama: Any) -> None:
    """Started together over the same commits they write each page once, and ask a model nothing twice."""
    said = ollama.say

    def say(body: Any) -> Any:
        time.sleep(0.03)  # so that both are at work at the same time
        return said(body)

    ollama.say = say
    worker = start_worker(hooked)
    since = hooked.git("rev-list", "--max-parents=0", "HEAD")
    by_hand = subprocess.run(
        (*CHRONICLES, "generate", f"{since}..HEAD"), cwd=hooked.path, capture_output=True, check=False
    )
    assert by_hand.returncode == 0, by_hand.stderr
    assert worker.wait(timeout=120) == 0
    assert told(hooked) == steps(hooked)
    assert max(asked(ollama).values()) == 1
    assert run(hooked.path, "verify", "--strict").code == 0
    status = json.loads(run(hooked.path, "hook", "status", "--json").out)
    assert (status["failed"], status["untold"]["number"]) == ([], 0)
    assert status["last_run"]["failure"] == ""


def test_nobody_waits_for_the_workers_model(hooked: RepoBuilder, run: Callable[..., Ran], ollama: Any) -> None:
    """While it thinks, others write other pages, ask for the status, and end it; what it had in hand is told later."""
    said, go, there = ollama.say, Event(), Event()

    def say(body: Any) -> Any:
        if not there.is_set():
            there.set()
            go.wait(60)
        return said(body)

    ollama.say = say
    worker = start_worker(hooked)
    assert there.wait(60)
    try:
        assert run(hooked.path, "generate", "--writer", "plain").code == 0
        assert told(hooked) == [hooked.head]
        status = run(hooked.path, "hook", "status")
        assert status.code == 0
        assert f"Worker: process {worker.pid} is at work" in status.out
        assert "Untold: 3" in status.out
        began = time.monotonic()
        worker.terminate()
        assert worker.wait(timeout=60) == 143
        assert time.monotonic() - began < 20  # it does not wait for the model's answer
    finally:
        go.set()
    assert not (hooked.path / ".git" / "chronicles-hook" / "hand").exists()
    assert run(hooked.path, "hook", "drain").code == 0
    assert sorted(told(hooked)) == sorted(steps(hooked))
    assert told(hooked)[1:] == steps(hooked)[:-1]
    assert run(hooked.path, "verify", "--strict").code == 0


def test_by_hand_it_waits_for_a_worker(hooked: RepoBuilder, run: Callable[..., Ran], ollama: Any) -> None:
    """It says so, and then finds everything told."""
    said, there = ollama.say, Event()

    def say(body: Any) -> Any:
        there.set()
        time.sleep(0.05)
        return said(body)

    ollama.say = say
    worker = start_worker(hooked)
    assert there.wait(60)
    done = run(hooked.path, "hook", "drain")
    assert done.code == 0, done.err
    assert f"a worker (process {worker.pid}) is at work; waiting for it" in done.err
    assert worker.wait(timeout=60) == 0
    assert told(hooked) == steps(hooked)
    assert max(asked(ollama).values()) == 1
