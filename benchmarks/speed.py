"""How long a person waits: for help, for the page of HEAD, and for a backfill.

    python benchmarks/speed.py [--rounds N] [--pages N] REPOSITORY [DEEP_REPOSITORY]

Start-up is `chronicles --help` over `python -c "import click"`. Growth is `chronicles generate` for HEAD in the deep
repository over the same in a copy that has only its newest 3,000 first-parent steps: same trees, same messages, same
times, so that history's length is all that differs; both have been told once before. Both are medians of paired
runs. The backfill rows run on one core over the newest pages of REPOSITORY and print pages a second over the
rate that a person should be able to count on: 50 from stored dossiers, 5 with symbols and blame.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mining import cores_here, limited_to, name, run, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

CHRONICLES = (sys.executable, "-m", "chronicles")
SHALLOW_STEPS = 3000
STORED_PER_SEC, FULL_PER_SEC = 50, 5


def main() -> None:
    """Print one table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("repository", type=Path)
    options.add_argument("deep", type=Path, nargs="?", help="a repository with a long history; default: the same")
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--pages", type=int, default=200)
    chosen = options.parse_args()
    print("| measured | on | ratio | lowest to highest |")
    print("|---|---|---:|---|")
    print(f"| `chronicles --help` / `import click` | | {startup(chosen.rounds)} |", flush=True)
    deep = (chosen.deep or chosen.repository).resolve()
    measured = f"page of HEAD, whole history / newest {SHALLOW_STEPS:,} steps"
    print(f"| {measured} | {name(deep)} | {growth(deep, chosen.rounds)} |", flush=True)
    for what, found, bar in backfill(chosen.repository.resolve(), chosen.pages):
        on = name(chosen.repository)
        print(f"| {what}: pages a second / {bar} | {on} | {found / bar:.2f} | {found:.1f} a second |", flush=True)


def startup(rounds: int) -> str:
    """Help over the import of the library that makes it."""
    click = [sys.executable, "-c", "import click"]
    own = [str(Path(sys.executable).with_name("chronicles")), "--help"]
    return spread([seconds(own) / ((seconds(click) + seconds(click)) / 2) for _ in range(rounds * 3)])


def growth(repository: Path, rounds: int) -> str:
    """The page of HEAD in a long history over the same page in a short one."""
    with tempfile.TemporaryDirectory() as place, shallow_copy(repository) as short, whole_copy(repository) as long:
        ratios = []
        for number in range(rounds + 1):
            times = []
            for kind, path in (("short", short), ("long", long), ("again", short)):
                output = Path(place) / f"{kind}{number}"
                times.append(seconds([*CHRONICLES, "-C", str(path), "generate", "--output", str(output)]))
            ratios.append(times[1] / ((times[0] + times[2]) / 2))
    return spread(ratios[1:])  # the first run of each makes its index


def backfill(repository: Path, pages: int) -> Iterator[tuple[str, float, int]]:
    """Pages a second on one core: from stored dossiers, full, and quick."""
    with limited_to({min(cores_here())}), whole_copy(repository) as copy, tempfile.TemporaryDirectory() as place:
        pages = min(pages, int(run(["git", "-C", str(copy), "rev-list", "--count", "--first-parent", "HEAD"])) - 1)
        tell = [*CHRONICLES, "-C", str(copy), "generate"]
        chosen = f"HEAD~{pages}..HEAD"
        run([*tell, "HEAD", "--quick", "--output", f"{place}/warm"])  # the index is made once, not once a page
        yield "full dossiers", rate([*tell, chosen, "--output", f"{place}/full"], pages), FULL_PER_SEC
        yield "quick dossiers", rate([*tell, chosen, "--quick", "--output", f"{place}/quick"], pages), STORED_PER_SEC
        yield "stored dossiers", rate([*tell, chosen, "--revoice", "--output", f"{place}/full"], pages), STORED_PER_SEC


def rate(command: list[str], pages: int) -> float:
    """Pages a second of one run, Python's start included."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return pages / (time.perf_counter() - start)


@contextmanager
def whole_copy(repository: Path) -> Iterator[Path]:
    """A clone of a repository that borrows its objects, so that no cache of ours is left in the original."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone.git"
        run(["git", "clone", "--quiet", "--shared", "--bare", str(repository), str(clone)])
        yield clone


@contextmanager
def shallow_copy(repository: Path) -> Iterator[Path]:
    """A repository of the newest steps alone, the oldest of them made a root; nothing else about them differs."""
    with whole_copy(repository) as copy:
        form = "%T%x00%an <%ae> %ad%x00%cn <%ce> %cd%x00%B"
        log = ["log", "-z", "--first-parent", f"-{SHALLOW_STEPS}", "--reverse", "--date=raw", f"--format={form}"]
        said = subprocess.run(["git", "-C", str(copy), *log], capture_output=True, check=True).stdout
        fields = said.split(b"\0")
        stream = bytearray()
        for tree, author, committer, message in zip(*(fields[start::4] for start in range(4)), strict=False):
            stream += b"commit refs/heads/short\nauthor %s\ncommitter %s\n" % (author, committer)
            stream += b'data %d\n%s\nM 040000 %s ""\n\n' % (len(message), message, tree)
        subprocess.run(["git", "-C", str(copy), "fast-import", "--quiet", "--force"], input=bytes(stream), check=True)
        run(["git", "-C", str(copy), "symbolic-ref", "HEAD", "refs/heads/short"])
        yield copy


def spread(ratios: list[float]) -> str:
    """Median and range, as two cells."""
    return f"{statistics.median(ratios):.2f} | {min(ratios):.2f} to {max(ratios):.2f}"


if __name__ == "__main__":
    main()
