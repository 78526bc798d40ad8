"""Whatever ends a worker or refuses it: after the next drain every page is there and true."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import RepoBuilder

KILLS = 100
TELLING_SEC = (0.03, 0.15)
"""How long a page or two take, on a fast machine and on a slow one."""
NOBODY = 65534
QUIETLY = ("-c", "core.hooksPath=/dev/null")
"""A wake-up that never comes."""
CHRONICLES = (sys.executable, "-m", "chronicles")


def commit(repo: RepoBuilder, name: str, *options: str) -> str:
    """One small commit."""
    with (repo.path / "a.py").open("a", encoding="ascii") as stream:
        stream.write(f"def {name}(value):\n    return value\n\n\n")
    repo.git("add", "a.py")
    repo.git(*options, "commit", "-q", "-m", f"feat: {name}", env=repo.identity(None, None, ("Ada", "a@x"), None))
    return repo.head


NURSERY = """
import os, sys
from dataclasses import replace
from pathlib import Path
import chronicles.commands.draining, chronicles.evidence.build, sqlite3, logging.handlers
from chronicles.commands import hook_drain
hook_drain.BACKGROUND = replace(hook_drain.BACKGROUND, quiet=0.05)
os.chdir(Path(sys.argv[1]) / ".git" / "chronicles-hook")
for line in sys.stdin:
    worker = os.fork()
    if not worker:
        hook_drain._in_background(Path(sys.argv[1]))
        os._exit(0)
    print(worker, flush=True)
    sys.stdin.readline()
    print(os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]), flush=True)
"""
"""Gives birth to workers that have everything imported already, so that more kills meet one at its work."""


class Workers:
    """Starts workers and kills them.

    Args:
        repo: Where they work.
    """

    def __init__(self, repo: RepoBuilder) -> None:
        self._repo = repo
        command = (sys.executable, "-c", NURSERY, str(repo.path))
        self._nursery = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def close(self) -> None:
        """End the nursery."""
        self._nursery.communicate()

    def kill(self, after_sec: float, *, warm: bool, telling: bool = False) -> tuple[int, int]:
        """Start a worker and kill it a while after its birth, or after it began to tell; its process and its end."""
        if not warm:
            command = (*CHRONICLES, "-C", str(self._repo.path), "hook", "drain", "--background")
            state = self._repo.path / ".git" / "chronicles-hook"
            worker = subprocess.Popen(command, cwd=state, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(after_sec)
            worker.kill()
            return worker.pid, worker.wait(timeout=60)
        number = int(self._ask())
        hand = self._repo.path / ".git" / "chronicles-hook" / "hand"
        until = time.monotonic() + 60
        while telling and not hand.exists() and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(after_sec)
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
        return number, int(self._ask())

    def _ask(self) -> str:
        assert self._nursery.stdin
        assert self._nursery.stdout
        self._nursery.stdin.write("\n")
        self._nursery.stdin.flush()
        return self._nursery.stdout.readline()

    def life_sec(self, *, warm: bool) -> float:
        """How long a worker lives that nobody kills."""
        commit(self._repo, f"warm_{warm}", *QUIETLY)
        began = time.monotonic()
        if warm:
            self._ask()
            assert int(self._ask()) == 0
        else:
            self.kill(0, warm=False)
            command = (*CHRONICLES, "-C", str(self._repo.path), "hook", "drain", "--background")
            began = time.monotonic()
            subprocess.run(command, cwd=self._repo.path, check=True, stderr=subprocess.DEVNULL)
        return time.monotonic() - began


def moment(repo: RepoBuilder, worker: int) -> str:
    """What a worker that has just been killed was at, by what it has left."""
    state = repo.path / ".git" / "chronicles-hook"
    if list(repo.path.glob("episodes/.*")):
        return "putting pages into place"
    if (state / "hand").exists():
        return "telling"
    with suppress(OSError, ValueError):
        if int((state / "worker.pid").read_text("ascii")) == worker:
            return "at work"
    return "starting"


def test_killed_at_any_moment(hooked: RepoBuilder, hooks: Any) -> None:
    """A hundred kills, spread over a worker's whole life, lose no commit and leave no half of a page."""
    chance = random.Random(6)  # noqa: S311 - a test that repeats itself, no secret
    before = hooked.head
    hit: Counter[str] = Counter()
    with closing(Workers(hooked)) as workers:
        life_sec = {warm: workers.life_sec(warm=warm) for warm in (False, True)}
        for number in range(KILLS):
            for part in range(chance.choice((1, 1, 2))):
                commit(hooked, f"step_{number}_{part}", *QUIETLY)
            warm, telling = number % 8 > 0, number % 8 > 4
            after_sec = chance.uniform(0, chance.choice(TELLING_SEC) if telling else 1.1 * life_sec[warm])
            worker, end = workers.kill(after_sec, warm=warm, telling=telling)
            if end == -signal.SIGKILL:
                hit[moment(hooked, worker)] += 1
            for sidecar in hooked.path.glob("episodes/episode_*.json"):
                json.loads(sidecar.read_bytes())
            for page in hooked.path.glob("episodes/episode_*.md"):
                assert page.read_bytes().endswith(b"\n")
    print(dict(hit), life_sec)  # noqa: T201 - what the figures of this test are
    assert hit.total() >= KILLS * 0.6, hit
    assert hit.total() - hit["starting"] >= KILLS * 0.5, hit
    assert hit["telling"] + hit["putting pages into place"] >= KILLS * 0.2, hit
    done = hooks.run(hooked.path, "hook", "drain")
    assert done.code == 0, done.err
    line = hooked.git("rev-list", "--first-parent", "--reverse", f"{before}..main").split()
    assert sorted(hooks.told(hooked.path)) == sorted(line)
    assert not list(hooked.path.glob("episodes/.*"))
    state = hooked.path / ".git" / "chronicles-hook"
    assert not {"hand", "woken", "worker.pid"} & {path.name for path in state.iterdir()}
    assert json.loads((state / "worker.json").read_bytes())["failures"] == {}
    hooks.verify(hooked.path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk that is soon full."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)), capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"this user may mount no small disk: {mounted.stderr.strip()}")
    yield place
    subprocess.run(("umount", "-l", str(place)), check=True)


def fill(disk: Path) -> Path:
    """Leave no room on a disk."""
    filler = disk / "filler"
    with filler.open("ab", buffering=0) as stream, suppress(OSError):
        while True:
            stream.write(b"x" * 4096)
    return filler


def test_a_full_disk(small_disk: Path, make_repo: Callable[..., RepoBuilder], hooks: Any) -> None:
    """It is said, no commit is blamed for it, and once there is room every page is there."""
    repo = make_repo("disk/repo")
    repo.commit("feat: begin", {"a.py": "a = 1\n"})
    hooks.install(repo.path)
    before = repo.head
    commit(repo, "one")
    hooks.settle()
    for number in range(5):
        commit(repo, f"step_{number}", *QUIETLY)
    filler = fill(small_disk)
    done = subprocess.run((*CHRONICLES, "hook", "drain"), cwd=repo.path, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "no space left on device" in done.stderr.lower() or "full" in done.stderr.lower()
    for page in repo.path.glob("episodes/episode_*.md"):
        assert page.read_bytes().endswith(b"\n")
    status = hooks.run(repo.path, "hook", "status")
    assert status.code == 1
    assert "Next: mend this: " in status.out
    worker = subprocess.Popen(
        (*CHRONICLES, "-C", str(repo.path), "hook", "drain", "--background"),
        cwd=repo.path / ".git" / "chronicles-hook",
        stdin=subprocess.DEVNULL,
    )
    time.sleep(1.5)  # it is refused at first, and rests
    filler.unlink()
    assert worker.wait(timeout=120) == 0
    line = repo.git("rev-list", "--first-parent", "--reverse", f"{before}..main").split()
    assert hooks.told(repo.path) == line
    assert hooks.run(repo.path, "hook", "status").code == 0
    hooks.verify(repo.path)


def held_by_modes(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as somebody for whom the modes of files hold: root does without its right to pass them."""
    plainly = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
    command = (*plainly, *CHRONICLES, "-C", str(path), *arguments)
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("refused", ["episodes", ".git", ".git/chronicles-hook", ".git/chronicles"])
def test_nothing_may_be_written(hooked: RepoBuilder, hooks: Any, refused: str) -> None:
    """A folder that is read-only: it is said what to do, nobody is blamed, and afterwards every page is there."""
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("root passes all modes, and no setpriv is there to forbid it")
    before = hooked.head
    commit(hooked, "one")
    hooks.settle()
    commit(hooked, "two", *QUIETLY)
    folder = hooked.path / refused
    modes = {path: path.stat().st_mode for path in (folder, *folder.rglob("*")) if not path.is_symlink()}
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    try:
        worker = held_by_modes(hooked.path, "hook", "drain")
        status = held_by_modes(hooked.path, "hook", "status")
    finally:
        for path, mode in modes.items():
            path.chmod(mode)
    said = worker.stderr + status.stderr
    assert "Traceback" not in said
    if refused == ".git/chronicles":
        assert worker.returncode == 0, said  # a cache, which a run does without
    else:
        assert worker.returncode == 2, said
        assert "permission denied" in said.lower()
        assert status.returncode == 1
        assert "Next: " in status.stdout
    done = hooks.run(hooked.path, "hook", "drain")
    assert done.code == 0, done.err
    line = hooked.git("rev-list", "--first-parent", "--reverse", f"{before}..main").split()
    assert hooks.told(hooked.path) == line
    assert hooks.run(hooked.path, "hook", "status").code == 0
    hooks.verify(hooked.path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be root in a repository of somebody else")
def test_root_leaves_nothing_in_somebody_elses_repository(
    hooked: RepoBuilder, hooks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root's commit is left to the owner: nothing of root's but git's own, a wake-up, and word of who should go on."""
    before = hooked.head
    commit(hooked, "one")
    hooks.settle()
    state = hooked.path / ".git" / "chronicles-hook"
    for path in (hooked.path, *hooked.path.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    for name, value in {"COUNT": "1", "KEY_0": "safe.directory", "VALUE_0": "*"}.items():
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    (state / "complaints").unlink(missing_ok=True)
    commit(hooked, "two")
    hooks.wait_for(lambda: (state / "woken").exists() and (state / "woken").stat().st_uid == NOBODY)
    hooks.settle()
    strange = [path for path in (hooked.path / "episodes", state) for path in path.rglob("*") if not path.stat().st_uid]
    assert strange == []
    assert hooks.told(hooked.path) == [hooked.git("rev-parse", "HEAD~1")]
    done = hooks.run(hooked.path, "hook", "drain")
    assert done.code == 2
    assert "nobody" in done.err
    status = hooks.run(hooked.path, "hook", "status")
    assert status.code == 1
    assert "as nobody, whose repository this is" in status.out
    for path in (hooked.path, *hooked.path.rglob("*")):
        os.chown(path, 0, 0, follow_symlinks=False)
    assert hooks.run(hooked.path, "hook", "drain").code == 0
    line = hooked.git("rev-list", "--first-parent", "--reverse", f"{before}..main").split()
    assert hooks.told(hooked.path) == line


def test_a_wake_up_that_never_came(hooked: RepoBuilder, hooks: Any) -> None:
    """Commits made without the hook are told with the next one that has it, in their order."""
    before = hooked.head
    for number in range(3):
        commit(hooked, f"quiet_{number}", *QUIETLY)
    hooks.settle()
    assert not (hooked.path / "episodes").exists()
    status = hooks.run(hooked.path, "hook", "status")
    assert status.code == 0
    assert "Untold: 3" in status.out
    commit(hooked, "loud")
    hooks.settle()
    line = hooked.git("rev-list", "--first-parent", "--reverse", f"{before}..main").split()
    assert hooks.told(hooked.path) == line
    hooks.verify(hooked.path)
