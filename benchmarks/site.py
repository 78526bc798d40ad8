"""What a site costs: staging its pages, building them, memory, and what one new commit changes.

    python benchmarks/site.py [--group-by day] [--rounds N] [--keep FOLDER] REPOSITORY
    python benchmarks/site.py --commits 10000 [--rounds N] [--keep FOLDER]

With `--commits` the history is made up: so many commits of one to four files of sixty, by nine people, ten a day, from
a seed, written by `git fast-import`. Either way it is told by `chronicles generate --all` first, which is not measured;
`--keep` keeps that clone for another run.

Staging and building take turns in this process tree. A builder's own time is that of the staged pages without any
plugin of ours, its caches deleted. Time is that of the clock, and in brackets that of all processors together: the
second tells on a busy machine what the first does on an idle one. Memory is the peak of the largest process. The last
rows add one commit, tell it, and stage again.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BUILDERS = ("mkdocs", "zensical")
EPOCH = 1_500_000_000
PAUSE_SEC = 8_640
"""Ten commits a day."""
FILES = [
    f"{folder}/part_{at:02d}.py" for folder in ("core", "api", "cli", "docs", "tests", "tools") for at in range(10)
]
PEOPLE = ("Ada", "Grace", "Edsger", "Barbara", "Donald", "Frances", "Ken", "Radia", "Tony")
VERBS = ("fix", "feat", "docs", "refactor", "test", "perf", "chore")
WORDS = "parser cache index writer reader hook site page ledger clock queue lock table graph token model".split()  # noqa: SIM905 - a sentence of words


class Cost(NamedTuple):
    """What a command took."""

    clock_sec: float
    processor_sec: float
    peak_mib: int
    said: str


def main() -> None:
    """Print one table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("repository", type=Path, nargs="?")
    options.add_argument("--commits", type=int, help="make up a history of so many commits")
    options.add_argument("--group-by", choices=["commit", "day"], default="commit")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--keep", type=Path, help="where the told clone is, or is kept for another run")
    chosen = options.parse_args()
    if (chosen.repository is None) == (chosen.commits is None):
        options.error("name a repository, or a number of commits")
    print("| measured | value | of the builder's own time |")
    print("|---|---:|---:|")
    with told(chosen) as clone:
        for row in rows(clone, chosen.rounds):
            print(f"| {' | '.join(row)} |", flush=True)


@contextmanager
def told(chosen: argparse.Namespace) -> Iterator[Path]:
    """A repository with all of its pages."""
    with tempfile.TemporaryDirectory() as folder:
        clone = chosen.keep or Path(folder) / "told"
        if not (clone / "episodes").is_dir():
            if chosen.commits:
                make_up(clone, chosen.commits)
            else:
                borrowed = ["git", "clone", "--quiet", "--shared", str(chosen.repository.resolve()), str(clone)]
                subprocess.run(borrowed, check=True)
            (clone / "mkdocs.yml").unlink(missing_ok=True)
            chronicles(clone, "init")
            chronicles(clone, "generate", "--all", "--group-by", chosen.group_by, "--writer", "plain", "--jobs", "2")
        yield clone


def make_up(folder: Path, commits: int) -> None:
    """Write a history by `git fast-import`; the same one each time."""
    subprocess.run(["git", "init", "--quiet", "-b", "main", str(folder)], check=True)
    stream = "".join(history(commits)).encode()
    subprocess.run(["git", "fast-import", "--quiet"], cwd=folder, input=stream, check=True)
    subprocess.run(["git", "checkout", "--quiet", "--force", "main"], cwd=folder, check=True)


def history(commits: int) -> Iterator[str]:
    """The stream: each commit writes anew one to four files, most of whose lines stay."""
    chance = random.Random(7)  # noqa: S311 - a history, no secret
    contents = {file: [f"def start_{at}(value):", "    return value", ""] for at, file in enumerate(FILES)}
    for at in range(commits):
        verb, what, person = chance.choice(VERBS), " ".join(chance.sample(WORDS, 2)), chance.choice(PEOPLE)
        message = f"{verb}: {what} {at}\n\nBecause the {chance.choice(WORDS)} was slow.\n"
        when = f"{person} <{person.lower()}@example.org> {EPOCH + at * PAUSE_SEC} +0000"
        yield f"commit refs/heads/main\nmark :{at + 1}\nauthor {when}\ncommitter {when}\n"
        yield f"data {len(message.encode())}\n{message}"
        yield f"from :{at}\n" if at else ""
        for file in chance.sample(FILES, chance.choice((1, 1, 1, 2, 2, 3, 4))):
            lines = contents[file]
            place = chance.randrange(len(lines) + 1)
            gone = chance.randrange(4) if len(lines) > 60 else 0
            lines[place : place + gone] = [
                f"    step_{at}_{n} = {chance.randrange(999)}" for n in range(chance.randrange(1, 6))
            ]
            text = "\n".join(lines) + "\n"
            yield f"M 100644 inline {file}\ndata {len(text.encode())}\n{text}"
        yield "\n"


def rows(clone: Path, rounds: int) -> Iterator[tuple[str, str, str]]:
    """What the table says."""
    staging, again = [], []
    building: dict[str, list[Cost]] = {builder: [] for builder in BUILDERS}
    for _ in range(rounds):
        forget(clone)
        staging.append(chronicles(clone, "site", "stage"))
        again.append(chronicles(clone, "site", "stage"))
        for builder in BUILDERS:
            building[builder].append(build(clone, builder))
    pages = int(re.search(r"([\d,]+) pages staged", staging[0].said)[1].replace(",", ""))  # type: ignore[index]
    yield "pages", f"{pages:,}", ""
    yield "staging, first time", shown(staging), ""
    yield "- a page", f"{1000 * middle(staging).processor_sec / pages:.1f} ms of a processor", ""
    yield "- peak memory", f"{middle(staging).peak_mib} MiB", ""
    yield "staging again, nothing new", shown(again), ""
    for builder, costs in building.items():
        own = middle(costs)
        yield f"{builder}, its own time", shown(costs), ""
        yield "- a page", f"{1000 * own.clock_sec / pages:.1f} ms ({1000 * own.processor_sec / pages:.1f} ms)", ""
        yield "- peak memory", f"{own.peak_mib} MiB", ""
        clock = statistics.median(one.clock_sec / two.clock_sec for one, two in zip(staging, costs, strict=True))
        work = statistics.median(one.processor_sec / two.processor_sec for one, two in zip(staging, costs, strict=True))
        yield "- staging adds", "", f"{100 * clock:.0f} % ({100 * work:.0f} %)"
    whole = chronicles(clone, "site", "build")
    yield "`chronicles site build` by MkDocs, published too", shown([whole]), ""
    yield "search index", f"{(clone / 'site/search/search_index.json').stat().st_size / 2**20:.1f} MiB", ""
    yield from after_one_commit(clone, middle(staging))


def after_one_commit(clone: Path, full: Cost) -> Iterator[tuple[str, str, str]]:
    """What one new commit costs, against staging everything."""
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]
    (clone / "news.txt").write_text(f"{time.time_ns()}\n", "utf-8")
    for command in (["add", "-f", "news.txt"], ["commit", "--quiet", "--no-verify", "-m", "feat: news"]):
        subprocess.run(["git", *identity, *command], cwd=clone, check=True)
    chronicles(clone, "generate", "--writer", "plain")
    one = chronicles(clone, "site", "stage")
    written = re.search(r"([\d,]+) written", one.said)
    assert written is not None, one.said
    yield "staging after one commit", shown([one]), ""
    yield "- files written", written[1], ""
    share = f"{100 * one.clock_sec / full.clock_sec:.0f} % ({100 * one.processor_sec / full.processor_sec:.0f} %)"
    yield "- of the full staging", share, ""


def forget(clone: Path) -> None:
    """Take away all that was staged, and the memory of it."""
    for page in (clone / ".chronicles" / "pages").iterdir():
        shutil.rmtree(page) if page.is_dir() else page.unlink() if page.name != ".gitignore" else None
    for memory in (clone / ".git" / "chronicles").glob("staged-*"):
        memory.unlink()


def build(clone: Path, builder: str) -> Cost:
    """Build the staged pages by a builder alone: without our plugin and without what it has cached."""
    for cache in (".cache", "site"):
        shutil.rmtree(clone / cache, ignore_errors=True)
    settings = clone / "alone.yml"
    text = (clone / "mkdocs.yml").read_text("utf-8")
    settings.write_text(text.replace("  - chronicles\n", ""), "utf-8")
    try:
        return cost(clone, "-m", builder, "build", "-f", str(settings))
    finally:
        settings.unlink()


def chronicles(clone: Path, *arguments: str) -> Cost:
    """Run the narrator in a repository."""
    return cost(clone, "-m", "chronicles", *arguments)


def cost(folder: Path, *arguments: str) -> Cost:
    """Run Python with arguments, and say what it took."""
    with tempfile.TemporaryFile("w+") as said:
        start = time.perf_counter()
        environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"}
        call = [sys.executable, "-P", *arguments]
        child = subprocess.Popen(call, cwd=folder, stdout=said, stderr=said, env=environment)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        clock = time.perf_counter() - start
        said.seek(0)
        text = said.read()
    assert child.returncode == 0, f"{arguments} ended with {child.returncode}:\n{text[-3000:]}"
    return Cost(clock, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024, text)


def middle(costs: Sequence[Cost]) -> Cost:
    """The run in the middle, by the work of the processors."""
    return sorted(costs, key=lambda one: one.processor_sec)[len(costs) // 2]


def shown(costs: Sequence[Cost]) -> str:
    """The times of the run in the middle."""
    one = middle(costs)
    return f"{one.clock_sec:.1f} s ({one.processor_sec:.1f} s)"


if __name__ == "__main__":
    main()
