"""What tests of the hook share: a `wake` that only says that it was reached, a folder's bytes, and real workers."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran, RepoBuilder

_PATIENCE_SEC = 20.0
"""How long something may take that happens in the background; far more than it ever needs."""


def _wait_for(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SEC
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


@pytest.fixture
def wait_for() -> Callable[[Callable[[], object], str], None]:
    """Wait until something holds: `wait_for(path.exists, "nobody made it")`."""
    return _wait_for


class Waking:
    """A `wake` in the place of ours that leaves a mark, so that a test sees whether a hook has reached it."""

    def __init__(self, state: Path) -> None:
        """Put it into a state folder, which need not be there yet."""
        self.state = state
        (state / "rewritten").mkdir(parents=True, exist_ok=True)
        (state / "wake").write_text('printf x >>"$dir/chronicles-hook/reached"\n', "ascii")
        self._reached = state / "reached"

    def forget(self) -> None:
        """Forget what was."""
        self._reached.unlink(missing_ok=True)

    def assert_reached(self) -> None:
        """Wait for the mark, and forget it."""
        _wait_for(self._reached.exists, "no hook has reached `wake`")
        self.forget()

    @property
    def reached(self) -> bool:
        """Whether the mark is there, which takes a moment to be sure of where it is not."""
        deadline = time.monotonic() + 0.5
        while not self._reached.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        return self._reached.exists()

    def pairs(self) -> list[bytes]:
        """What was kept of post-rewrite's input."""
        return [path.read_bytes() for path in (self.state / "rewritten").iterdir() if path.name.isdecimal()]


@pytest.fixture
def waking() -> type[Waking]:
    """The class; `waking(repo.path / ".git/chronicles-hook")` takes the place of what an installation put there."""
    return Waking


def _contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    found = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        content = path.read_bytes() if path.is_file() else b""
        found[str(path.relative_to(folder))] = (mode, bytes(path.readlink()) if stat.S_ISLNK(mode) else content)
    return found


@pytest.fixture
def contents() -> Callable[[Path], dict[str, tuple[int, bytes]]]:
    """Everything below a folder with its mode and its bytes, or a link's target."""
    return _contents


LONG_SEC = 120.0
"""Longer than anything takes here on a machine that is busy with something else."""
QUIET_SEC = 0.3
QUIET_LOOKS = 5
"""How many looks in a row have to find nobody: on a busy machine a single one takes longer than `QUIET_SEC`."""


class Hooks:
    """What the tests of the hook ask of a repository.

    Args:
        home: A folder that all of them lie in.
        run: The command line.
    """

    def __init__(self, home: Path, run: Callable[..., Ran]) -> None:
        self.home = home
        self.run = run

    def install(self, path: Path) -> None:
        """Install the hook."""
        done = self.run(path, "hook", "install")
        assert done.code == 0, done.err

    def workers(self) -> list[int]:
        """The processes that are at work below the home, or about to be: the shell of a hook stands in there."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = os.fsdecode((folder / "cmdline").read_bytes()).split("\0")
                place = (folder / "cwd").readlink()
            except OSError:
                continue
            woken = "drain" in words and any(word.startswith(str(self.home)) for word in words)
            if woken or place.is_relative_to(self.home):
                found.append(int(folder.name))
        return found

    def settle(self) -> None:
        """Wait until no worker has been at work for a moment."""
        quiet_since, looks = time.monotonic(), 0
        until = quiet_since + LONG_SEC
        while looks < QUIET_LOOKS or time.monotonic() - quiet_since < QUIET_SEC:
            looks += 1
            if self.workers():
                looks, quiet_since = 0, time.monotonic()
            assert time.monotonic() < until, "a worker does not end"
            time.sleep(0.02)

    def wait_for(self, condition: Callable[[], object]) -> None:
        """Wait until something holds that a worker brings about."""
        until = time.monotonic() + LONG_SEC
        while not condition():
            assert time.monotonic() < until, "the worker did not do it"
            time.sleep(0.02)

    def told(self, path: Path, folder: str = "episodes") -> list[str]:
        """The commits that complete pages tell, one page each, by the pages' numbers."""
        sidecars = [json.loads(one.read_bytes()) for one in sorted((path / folder).glob("episode_*.json"))]
        pages = sorted(one.name for one in (path / folder).glob("episode_*.md"))
        assert len(pages) == len(sidecars)
        subjects = [one["dossier"]["subject"]["commits"] for one in sidecars]
        assert all(len(commits) == 1 for commits in subjects)
        return [commits[0] for commits in subjects]

    def log(self, path: Path) -> str:
        """What the workers of a repository have written down."""
        log = path / ".git" / "chronicles-hook" / "log"
        return log.read_text("utf-8") if log.exists() else ""

    def verify(self, path: Path) -> None:
        """Have every page checked against history."""
        command = (sys.executable, "-m", "chronicles", "verify", "--strict")
        done = subprocess.run(command, cwd=path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def hooks(tmp_path: Path, run: Callable[..., Ran]) -> Hooks:
    """What can be asked; no worker outlives its test."""
    if not Path("/proc/self/cmdline").exists():
        pytest.skip("only /proc tells which workers there are")
    return Hooks(tmp_path, run)


@pytest.fixture
def hooked(repo: RepoBuilder, hooks: Hooks) -> RepoBuilder:
    """A repository of one commit, in which the hook was installed after it."""
    repo.commit("feat: before the hook", {"a.txt": "a\n"})
    hooks.install(repo.path)
    return repo
