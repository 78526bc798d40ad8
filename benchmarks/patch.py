"""How long the patch document of a long range takes, against git's reading of it, and how much memory.

    python benchmarks/patch.py [--rounds N] [--sizes 500 5000] REPOSITORY

For each size the range is the shortest one of HEAD's first-parent line that has so many commits. Time is
`chronicles patch --dry-run BASE..HEAD`, Python's start included, over one
`git log --raw --numstat -M --diff-merges=first-parent BASE..HEAD`, which reads the same commits and keeps nothing; both
by turns in this process tree (A B A), the median of the rounds. History has been indexed once before, as it is after
the first command in a repository; that first run, which reads all steps from the root on, has a row of its own.

Memory is the peak of the Python process. The last rows hold the document to what it must be: its coverage is what
`git rev-list --count` says, and it stays readable, which is said in lines.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mining import name, run, seconds, shared_clone

if TYPE_CHECKING:
    from collections.abc import Iterator

GIT_LOG = ("log", "--raw", "--numstat", "-M", "--diff-merges=first-parent")

OURS = """
import resource, sys
from chronicles.cli import main
try:
    main()
finally:
    print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)
"""


class Made(NamedTuple):
    """A document that was made for its measures."""

    seconds: float
    peak_mib: int
    text: str


def main() -> None:
    """Print one table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("repository", type=Path)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--sizes", type=int, nargs="+", default=[500, 5000], metavar="COMMITS")
    chosen = options.parse_args()
    print("| repository | commits | measured | value | lowest to highest |")
    print("|---|---:|---|---:|---|")
    with shared_clone(chosen.repository.resolve()) as clone:
        for size, measured, value, spread in rows(clone, chosen.sizes, chosen.rounds):
            print(f"| {name(chosen.repository)} | {size:,} | {measured} | {value} | {spread} |", flush=True)


def rows(clone: Path, sizes: list[int], rounds: int) -> Iterator[tuple[int, str, str, str]]:
    """What the table says: size, measured, value, spread."""
    first = made(clone, ranged(clone, min(sizes)))
    yield (
        count(clone, ranged(clone, min(sizes))),
        "first run, with the index of all history",
        f"{first.seconds:.0f} s",
        "",
    )
    for wanted in sizes:
        asked = ranged(clone, wanted)
        size = count(clone, asked)
        git_log = ["git", "-C", str(clone), *GIT_LOG, asked]
        ratios, ours = [], []
        for _ in range(rounds):
            before, own, after = seconds(git_log), made(clone, asked), seconds(git_log)
            ratios.append(own.seconds / ((before + after) / 2))
            ours.append(own)
        times = [one.seconds for one in ours]
        yield size, "time / `git log`", f"{statistics.median(ratios):.2f}", f"{min(ratios):.2f} to {max(ratios):.2f}"
        yield size, "time", f"{statistics.median(times):.1f} s", f"{min(times):.1f} to {max(times):.1f}"
        yield size, "peak memory of Python", f"{max(one.peak_mib for one in ours)} MiB", ""
        yield size, "lines of the document", f"{len(ours[0].text.splitlines())}", ""
        yield size, "sum of its coverage", f"{covered(ours[0].text):,}", ""


def ranged(clone: Path, wanted: int) -> str:
    """The shortest range of HEAD's first-parent line with so many commits, or all of it."""
    line = run(["git", "-C", str(clone), "rev-list", "--first-parent", "HEAD"]).split()
    low, high = 1, len(line) - 1
    while low < high:
        middle = (low + high) // 2
        if count(clone, f"{line[middle]}..HEAD") < wanted:
            low = middle + 1
        else:
            high = middle
    return f"{line[low]}..HEAD"


def count(clone: Path, asked: str) -> int:
    """How many commits git counts in a range."""
    return int(run(["git", "-C", str(clone), "rev-list", "--count", asked]))


def made(clone: Path, asked: str) -> Made:
    """Have the document of a range printed, and measure that."""
    command = [sys.executable, "-c", OURS, "-C", str(clone), "patch", "--dry-run", asked]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    elapsed = time.perf_counter() - start
    peak = re.search(r"^peak (\d+)$", done.stderr, re.MULTILINE)
    assert peak is not None, done.stderr
    return Made(elapsed, int(peak[1]), done.stdout)


def covered(text: str) -> int:
    """The sum of the parts of a document's coverage, by its own line; held to its total."""
    line = re.search(
        r"^([\d,]+) commits? = ([\d,]+) told \+ ([\d,]+) grouped \+ ([\d,]+) excluded\.$", text, re.MULTILINE
    )
    assert line is not None, text[-2000:]
    total, *parts = (int(number.replace(",", "")) for number in line.groups())
    assert total == sum(parts), line[0]
    return sum(parts)


if __name__ == "__main__":
    main()
