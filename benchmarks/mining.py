"""How fast a whole history is read, against git itself and against PyDriller.

    python benchmarks/mining.py [--rounds N] [--pydriller] REPOSITORY...

Each row is a ratio of wall times, both sides run by turns in this process tree (A B A, so that a machine that slows
down slows both), the start of Python included, and the median of the rounds. The limit is one
`git log --raw --numstat -M --diff-merges=first-parent`, which does the same counting on one core and keeps nothing.

PyDriller writes into the configuration of the repository it mines, so it is given a shared clone, and is asked for the
fields that a `Commit` has. It runs once: it takes minutes where the others take a second.

The last row is the peak memory of the Python process, to be compared between a short history and a long one.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GIT_LOG = ("log", "--raw", "--numstat", "-M", "--diff-merges=first-parent")

OURS = """
import resource, sys
from chronicles.history import iter_commits
commits = files = 0
for commit in iter_commits(sys.argv[1]):
    commits += 1
    files += len(commit.changes)
print(commits, files, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""

PYDRILLER = """
import sys
from pydriller import Repository
commits = files = 0
for commit in Repository(sys.argv[1]).traverse_commits():
    commits += 1
    (commit.hash, commit.parents, commit.msg, commit.author.name, commit.author.email, commit.author_date,
     commit.committer.name, commit.committer.email, commit.committer_date)
    for change in commit.modified_files:
        files += 1
        (change.old_path, change.new_path, change.change_type, change.added_lines, change.deleted_lines)
print(commits, files)
"""


def main() -> None:
    """Print one table for all repositories named."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("repositories", nargs="+", type=Path, metavar="REPOSITORY")
    options.add_argument("--rounds", type=int, default=7, help="how often each pair is timed (default: 7)")
    options.add_argument("--pydriller", action="store_true", help="time PyDriller too")
    chosen = options.parse_args()
    print("| repository | commits | files | measured | ratio | lowest to highest |")
    print("|---|---:|---:|---|---:|---|")
    for repository in chosen.repositories:
        for measured, ratio, spread, size in rows(repository.resolve(), chosen.rounds, pydriller=chosen.pydriller):
            print(f"| {name(repository)} | {size} | {measured} | {ratio} | {spread} |", flush=True)


def rows(repository: Path, rounds: int, *, pydriller: bool) -> Iterator[tuple[str, str, str, str]]:
    """What the table says of one repository: measured, ratio, spread, size."""
    commits, files, peak_mib = run(ours(repository)).split()
    size = f"{commits} | {files}"
    for measured, cores in (("time / `git log`, all cores", None), ("time / `git log`, one core", {min(cores_here())})):
        with limited_to(cores):
            ratios = [against_git(repository) for _ in range(rounds)]
        yield measured, f"{statistics.median(ratios):.2f}", f"{min(ratios):.2f} to {max(ratios):.2f}", size
    if pydriller:
        with shared_clone(repository) as clone:
            times = [seconds(ours(repository)) for _ in range(rounds)]
            theirs = seconds([sys.executable, "-c", PYDRILLER, str(clone)])
            times += [seconds(ours(repository)) for _ in range(rounds)]
        ratios = sorted(theirs / own for own in times)
        yield (
            "PyDriller's time / time",
            f"{statistics.median(ratios):.1f}",
            f"{ratios[0]:.1f} to {ratios[-1]:.1f}",
            size,
        )
    yield "peak memory of Python", f"{peak_mib} MiB", "", size


def against_git(repository: Path) -> float:
    """Our time over that of `git log`, which is timed before and after."""
    git_log = ["git", "-C", str(repository), *GIT_LOG]
    before, own, after = seconds(git_log), seconds(ours(repository)), seconds(git_log)
    return own / ((before + after) / 2)


def ours(repository: Path) -> list[str]:
    """The command that reads a history with this project."""
    return [sys.executable, "-c", OURS, str(repository)]


def seconds(command: Sequence[str]) -> float:
    """Wall time of a command whose output is thrown away."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def run(command: Sequence[str]) -> str:
    """The output of a command."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def cores_here() -> set[int]:
    """The cores that this process may use; none where the platform does not tell."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else {0}


@contextmanager
def limited_to(cores: set[int] | None) -> Iterator[None]:
    """Let this process and its children use these cores only, where the platform can."""
    before = cores_here()
    if cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, before)


@contextmanager
def shared_clone(repository: Path) -> Iterator[Path]:
    """A clone that borrows the objects and can be written to."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        run(["git", "clone", "--quiet", "--shared", "--no-checkout", str(repository), str(clone)])
        yield clone


def name(repository: Path) -> str:
    """The last part of the path that names something."""
    path = repository.resolve()
    return path.parent.name if path.name in {"repo", ".git"} else path.name


if __name__ == "__main__":
    main()
