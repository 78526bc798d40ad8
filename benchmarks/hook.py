"""What the hook adds to a `git commit`.

    python benchmarks/hook.py [--rounds N] [--cases NAME,...] REPOSITORY...

In a clone of each repository, real edits of a tracked file are committed in rounds of three, in an order drawn by
chance: without a hook, with an empty post-commit hook (`#!/bin/sh` and `:`), and with ours. A commit is timed from the
start of `git commit -q -m` to its end and to the end of its output, since graphical clients wait for both. What is
printed are medians: the time without a hook, the paired difference with ours, its 95 % interval (bootstrap), the paired
ratio, and the difference that the empty hook makes, which is what git and the shell take for any hook at all.

The cases:

- `idle`: no worker runs. Each commit with the hook starts one, and the next commit waits until that has ended, so that
  its work is in nobody's time.
- `busy`: a worker is writing the pages of earlier commits all the while, beside commits of all three kinds. It loads
  the machine for all alike; what it costs them shows in the time without a hook.
- `ollama idle`, `ollama busy`: the same where the writer is a model of an Ollama server (one of our own that speaks the
  protocol and thinks a tenth of a second about each answer).
- `branch`: HEAD is on another branch than the published one, so that the worker finds nothing to do.

Linux alone tells which processes are left, so it runs there.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from mining import name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

ROOT = Path(__file__).parents[1]
CASES = ("idle", "busy", "ollama idle", "ollama busy", "branch")
ARMS = ("none", "empty", "ours")
EMPTY = b"#!/bin/sh\n:\n"
BACKLOG = 1500
"""Commits that a busy worker has to tell; more than it gets done."""
THINKING_SEC = 0.1
PATIENCE_SEC = 1800


def main() -> None:
    """Print one table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("repositories", type=Path, nargs="+")
    options.add_argument("--rounds", type=int, default=50)
    options.add_argument("--cases", default=",".join(CASES), help=f"some of {', '.join(CASES)}; default: all")
    chosen = options.parse_args()
    print(
        "| repository | commits | case | without, ms | more with the hook, ms | interval | ratio | an empty hook, ms |"
    )
    print("|---|---:|---|---:|---:|---|---:|---:|")
    for repository in chosen.repositories:
        with Clone(repository.resolve()) as clone:
            for case in chosen.cases.split(","):
                print(row(clone, case.strip(), chosen.rounds), flush=True)


def row(clone: Clone, case: str, rounds: int) -> str:
    """Measure a case: one line of the table."""
    with clone.arranged(case) as ready:
        times = measure(clone, rounds, ready)
    none, empty, ours = (times[arm] for arm in ARMS)
    more = [with_it - without for with_it, without in zip(ours, none, strict=True)]
    low, high = interval(more)
    ratio = statistics.median(with_it / without for with_it, without in zip(ours, none, strict=True))
    shell = statistics.median(with_it - without for with_it, without in zip(empty, none, strict=True))
    told = f"{statistics.median(none):.1f} | {statistics.median(more):+.2f} | {low:+.2f} to {high:+.2f} | {ratio:.3f}"
    return f"| {clone.name} | {clone.commits:,} | {case} | {told} | {shell:+.2f} |"


def measure(clone: Clone, rounds: int, ready: Callable[[], None]) -> dict[str, list[float]]:
    """Milliseconds of commits, by arm, in rounds."""
    chance = random.Random(1)  # noqa: S311 - an order, no secret
    times: dict[str, list[float]] = {arm: [] for arm in ARMS}
    for _ in range(rounds):
        for arm in chance.sample(ARMS, len(ARMS)):
            ready()
            times[arm].append(clone.commit(arm))
    return times


def interval(values: list[float]) -> tuple[float, float]:
    """The 95 % interval of a median."""
    chance = random.Random(1)  # noqa: S311 - as above
    medians = sorted(statistics.median(chance.choices(values, k=len(values))) for _ in range(2000))
    return medians[50], medians[-51]


class Clone:
    """A clone of a repository that borrows its objects, with the hook installed; a context manager."""

    def __init__(self, repository: Path) -> None:
        self.name = name(repository)
        self._source = repository
        self._count = 0

    def __enter__(self) -> Self:
        """Make it, and have its first commit told, which reads the history once."""
        self._place = Path(tempfile.mkdtemp(prefix="hook-bench-"))
        self.path = self._place / "clone"
        subprocess.run(["git", "clone", "--quiet", "--shared", str(self._source), str(self.path)], check=True)
        for key, value in (("user.name", "Ada"), ("user.email", "ada@example.org"), ("gc.auto", "0")):
            self.git("config", key, value)
        (self.path / ".git/info/exclude").write_text("episodes/\nchronicles.toml\n", "utf-8")
        self.commits = int(self.git("rev-list", "--count", "HEAD"))
        sizes = [(path.stat().st_size, path) for path in self._tracked() if path.is_file() and not path.is_symlink()]
        self._file = sorted(sizes)[len(sizes) // 2][1]
        self._hook = self.path / ".git/hooks/post-commit"
        self._state = self.path / ".git/chronicles-hook"
        self._environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        self._environment["CHRONICLES_STATE"] = str(self._place / "models")
        self._settings("plain")
        self._install("HEAD")
        self.commit("ours")
        self.wait()
        return self

    def __exit__(self, *_: object) -> None:
        """Remove it."""
        self._stop()
        shutil.rmtree(self._place, ignore_errors=True)

    def git(self, *words: str) -> str:
        """Run git in it."""
        done = subprocess.run(["git", *words], cwd=self.path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, arm: str) -> float:
        """Edit a file and commit it; the milliseconds that the commit took."""
        if arm == "none":
            self._hook.unlink(missing_ok=True)
        else:
            self._hook.write_bytes(EMPTY if arm == "empty" else self._ours)
            self._hook.chmod(0o755)
        self._count += 1
        with self._file.open("a", encoding="utf-8") as stream:
            stream.write(f"line {self._count}\n")
        self.git("add", str(self._file))
        command = ("git", "commit", "-q", "-m", f"feat: line {self._count}")
        pipe = subprocess.PIPE
        begun = time.perf_counter()
        with subprocess.Popen(command, cwd=self.path, env=self._environment, stdout=pipe, stderr=pipe) as process:
            _, complaint = process.communicate()
        took = time.perf_counter() - begun
        assert process.returncode == 0, complaint
        return took * 1e3

    @contextmanager
    def arranged(self, case: str) -> Iterator[Callable[[], None]]:
        """Arrange a case; what is given is called before each commit, and waits until it may be made."""
        with served() if case.startswith("ollama") else plain() as host:
            self._environment["OLLAMA_HOST"] = host
            self._settings("ollama" if case.startswith("ollama") else "plain")
            if case == "branch":
                self.git("switch", "-q", "-c", "elsewhere")
            if case.endswith("busy"):
                self._install(f"HEAD~{min(BACKLOG, self._depth() - 1)}")
                yield self._keep_busy
            else:
                self._install("HEAD")
                yield self.wait
                self.wait()
                told = any((self.path / "episodes").glob("episode_*.md"))
                assert told == (case != "branch"), "the worker has not done what is measured here"
            self._stop()
        if case == "branch":
            self.git("switch", "-q", "-")

    def wait(self) -> None:
        """Wait until nobody is at work in the clone."""
        deadline = time.monotonic() + PATIENCE_SEC
        seen = 0
        while seen < 3:  # a shell may be on its way to becoming a worker
            seen = 0 if self._processes() else seen + 1
            assert time.monotonic() < deadline, "the worker does not end"
            time.sleep(0.03)

    def _keep_busy(self) -> None:
        """See to it that a worker is writing pages."""
        pages = self.path / "episodes"
        if self._worker() is None:
            shutil.rmtree(pages, ignore_errors=True)
            self.commit("ours")
        deadline = time.monotonic() + PATIENCE_SEC
        while self._worker() is None or not any(pages.glob("episode_*.md")):
            assert time.monotonic() < deadline, "the worker does not begin"
            time.sleep(0.05)

    def _worker(self) -> int | None:
        with suppress(OSError, ValueError):
            number = int((self._state / "worker.pid").read_text("ascii"))
            os.kill(number, 0)
            return number
        return None

    def _stop(self) -> None:
        """End the worker, if one is left, and forget what it wrote."""
        if number := self._worker():
            os.kill(number, signal.SIGTERM)
        self.wait()
        shutil.rmtree(self.path / "episodes", ignore_errors=True)

    def _install(self, since: str) -> None:
        command = [sys.executable, "-m", "chronicles", "-C", str(self.path), "hook", "install", "--since", since]
        subprocess.run(command, check=True, env=self._environment, capture_output=True)
        self._ours = self._hook.read_bytes()

    def _settings(self, writer: str) -> None:
        text = f'writer = "{writer}"\nmodel = "slow"\n' if writer == "ollama" else f'writer = "{writer}"\n'
        (self.path / "chronicles.toml").write_text(text, "utf-8")

    def _depth(self) -> int:
        return int(self.git("rev-list", "--count", "--first-parent", "HEAD"))

    def _tracked(self) -> Iterator[Path]:
        for path in self.git("ls-files", "-z").split("\0"):
            if path:
                yield self.path / path

    def _processes(self) -> list[str]:
        """What works in the clone: by its folder or its words, beside us."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal() and entry.name != str(os.getpid()):
                with suppress(OSError):
                    words = (entry / "cmdline").read_bytes()
                    here = (entry / "cwd").readlink().is_relative_to(self.path)
                    if words and (here or os.fsencode(self.path) in words):
                        found.append(entry.name)
        return found


@contextmanager
def plain() -> Iterator[str]:
    """Where no server is."""
    yield "http://127.0.0.1:9"


@contextmanager
def served() -> Iterator[str]:
    """A server in a process of its own, so that its work is not that of the clock."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    yield ours.recv()
    process.terminate()
    process.join()


def _serve(told: Connection) -> None:
    place = ROOT / "tests/ollama_server"
    spec = spec_from_file_location(place.name, place / "__init__.py", submodule_search_locations=[str(place)])
    assert spec is not None
    assert spec.loader is not None
    module: Any = module_from_spec(spec)
    sys.modules[place.name] = module
    spec.loader.exec_module(module)
    slow = module.ModelFile("slow:latest", lambda *found: module.FakeRunner(*found, load_sec=0.0))

    def answer(body: dict[str, Any]) -> str:
        del body
        time.sleep(THINKING_SEC)
        return '{"line": "Well."}'

    with module.OllamaServer(slow) as server:
        server.say = answer
        told.send(server.host)
        signal.pause()


if __name__ == "__main__":
    main()
