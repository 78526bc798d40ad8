"""What tests of the hook share: a `wake` that only says that it was reached, and what a folder holds to the byte."""

from __future__ import annotations

import stat
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
