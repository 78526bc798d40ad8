"""Several runs of `generate` at once, with a model that takes its time: nobody waits for it who need not."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.commands import session as commands_session
from chronicles.commands.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder

NAMED = ("--writer", "ollama", "--model", "tiny")
CHRONICLES = (sys.executable, "-m", "chronicles")


def pages(folder: Path) -> dict[str, bytes]:
    """All files of a folder of pages, by name."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def asked(server: Any) -> Counter[str]:
    """How often each question was asked."""
    bodies = (body for _, path, body, _ in server.requests if path == "/api/chat")
    return Counter(json.dumps([body["messages"], body["options"]["seed"], body["format"]]) for body in bodies)


@pytest.fixture
def four(repo: RepoBuilder) -> RepoBuilder:
    """Four commits of some size."""
    for number in ("one", "two", "three", "four"):
        code = "".join(f"def {number}_{at}(value):\n    if value:\n        return {at}\n\n\n" for at in range(9))
        repo.commit(f"feat: part {number}\n\nBecause part {number} was missed.", {f"core/{number}.py": code})
    return repo


@pytest.fixture
def thinking(four: RepoBuilder, ollama: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A run over the first two commits whose model thinks about its first question until `ollama.go` is set."""
    said, ollama.go, ollama.there = ollama.say, Event(), Event()

    def say(body: Any) -> Any:
        if not ollama.there.is_set():
            ollama.there.set()
            ollama.go.wait(60)
        return said(body)

    ollama.say = say
    command = (*CHRONICLES, "generate", "HEAD~3", "HEAD~2", *NAMED)
    process = subprocess.Popen(command, cwd=four.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert ollama.there.wait(60)
    yield process
    ollama.go.set()
    process.communicate(timeout=60)


def test_nobody_waits_for_a_model(
    four: RepoBuilder, run: Callable[..., Ran], ollama: Any, thinking: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one is asked, other commits are told, pages verified and mended, prompts shown and pages printed."""
    monkeypatch.setattr(commands_session, "_WAIT_SEC", 0.0)
    for arguments in (
        ("generate", "--writer", "plain"),
        ("generate", "HEAD", "--force", *NAMED),
        ("verify", "--fix"),
        ("generate", "HEAD~3", "--show-prompt", *NAMED),
        ("generate", "HEAD~3", "--dry-run", "--writer", "plain"),
        ("dossier", "HEAD~3"),
    ):
        done = run(four.path, *arguments)
        assert done.code == 0, (arguments, done.err)
    assert thinking.poll() is None
    ollama.go.set()
    _, err = thinking.communicate(timeout=60)
    assert thinking.returncode == 0, err
    told = [json.loads(path.read_bytes()) for path in sorted((four.path / "episodes").glob("*.json"))]
    shas = four.git("rev-list", "--reverse", "HEAD").split()
    assert [page["dossier"]["subject"]["commits"] for page in told] == [[shas[3]], [shas[0]], [shas[1]]]
    assert run(four.path, "verify", "--strict").code == 0


def test_what_writes_nothing_waits_for_nobody(
    four: RepoBuilder, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--show-prompt` and `--dry-run` read beside a run that writes, once the index has what they read."""
    monkeypatch.setattr(commands_session, "_WAIT_SEC", 0.0)
    prompt, page = ("generate", "--show-prompt"), ("generate", "--dry-run", "--writer", "plain")
    with Session(four.path) as other, other.alone():
        assert run(four.path, *prompt).code == 2  # the index is empty, and to fill it the lock is needed
    first = [run(four.path, *arguments).out for arguments in (prompt, page)]
    with Session(four.path) as other, other.alone():
        again = [run(four.path, *arguments) for arguments in (prompt, page)]
    assert [(done.code, done.out) for done in again] == [(0, out) for out in first]
    assert not (four.path / "episodes").exists()


@pytest.mark.parametrize("parallel", ["1", "3"])
def test_two_runs_ask_nothing_twice(
    four: RepoBuilder, run: Callable[..., Ran], ollama: Any, monkeypatch: pytest.MonkeyPatch, parallel: str
) -> None:
    """Of two runs over the same history one goes behind the other: the pages and questions are those of one run."""
    monkeypatch.setenv("OLLAMA_NUM_PARALLEL", parallel)
    said = ollama.say

    def say(body: Any) -> Any:
        time.sleep(0.03)  # so that both are at work at the same time
        return said(body)

    ollama.say = say
    command = (*CHRONICLES, "generate", "--all", "--jobs", parallel, *NAMED)
    both = [subprocess.Popen(command, cwd=four.path, stderr=subprocess.PIPE) for _ in range(2)]
    ends = [(process.communicate(timeout=120)[1].decode(), process.returncode) for process in both]
    assert [code for _, code in ends] == [0, 0], ends
    assert max(asked(ollama).values()) == 1
    together, questions = pages(four.path / "episodes"), asked(ollama)
    assert run(four.path, "verify", "--strict").code == 0
    ollama.requests.clear()
    (four.path / ".git/chronicles/wordings.sqlite").unlink()
    (four.path / "episodes").rename(four.path / ".git/together")
    assert run(four.path, "generate", "--all", *NAMED).code == 0
    assert asked(ollama) == questions
    assert pages(four.path / "episodes").keys() == together.keys()
    if parallel == "1":  # of several pages at once the numbers follow the order of writing
        assert pages(four.path / "episodes") == together


def test_who_waits_for_a_page_goes_on_where_the_other_was_killed(
    four: RepoBuilder, run: Callable[..., Ran], ollama: Any, thinking: Any
) -> None:
    """A second run says that it waits for the page that the first has in hand, and words it when that is gone."""
    command = (*CHRONICLES, "generate", "--all", *NAMED)
    second = subprocess.Popen(command, cwd=four.path, stderr=subprocess.PIPE, text=True)
    assert second.stderr
    lines = []
    while "waiting for it" not in (lines[-1] if lines else ""):
        lines.append(second.stderr.readline())
        assert lines[-1], lines
    assert not (four.path / "episodes").exists() or not list((four.path / "episodes").iterdir())
    thinking.kill()
    thinking.wait()
    ollama.go.set()
    _, err = second.communicate(timeout=60)
    assert second.returncode == 0, err
    assert "4 written, 0 unchanged" in err
    assert run(four.path, "verify", "--strict").code == 0
