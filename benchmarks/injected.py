"""Whether `banterhearts history` finds a slowdown that was put into one of ten commits, and clears the others.

    python benchmarks/injected.py [--experiments N] [--percent P] [--milliseconds MS] [--blocks N] [--seed S]

Each experiment makes a scratch repository of ten commits whose command sleeps; from one of them on, drawn by chance,
it sleeps P per cent longer. The whole history is measured for real. A hit is a verdict "slower" at that commit; a
false alarm is "slower" or "faster" at any other of the nine that have a parent. `--percent 0` changes nothing, and
all verdicts that tell of a change are false alarms.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

COMMITS = 10
ENGINE = (sys.executable, "-m", "banterhearts")
AUTHOR = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")


def main() -> None:
    """Print one table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--experiments", type=int, default=5)
    options.add_argument("--percent", type=float, default=5.0)
    options.add_argument("--milliseconds", type=float, default=200.0)
    options.add_argument("--blocks", type=int, default=10)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    chance = random.Random(chosen.seed)  # noqa: S311 - an experiment that can be made again
    print("| experiment | slowed commit | its verdict | ratio | interval | verdicts of the others |")
    print("|---:|---:|---|---:|---|---|")
    hits = alarms = others = 0
    for number in range(1, chosen.experiments + 1):
        guilty = chance.randrange(1, COMMITS)
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder), guilty, chosen.milliseconds / 1e3, chosen.percent / 100, chosen.blocks)
            deltas = measure(Path(folder))
        mine = deltas.pop(guilty)
        rest = [delta["verdict"] for delta in deltas.values()]
        hits += mine["verdict"] == "slower"
        alarms += sum(verdict in {"slower", "faster"} for verdict in rest)
        others += len(rest)
        told = ", ".join(f"{rest.count(verdict)} {verdict}" for verdict in sorted(set(rest)))
        interval = f"{mine['ci_low']:.3f} to {mine['ci_high']:.3f}"
        print(f"| {number} | {guilty} | {mine['verdict']} | {mine['ratio']:.3f} | {interval} | {told} |", flush=True)
    print(f"\nfound {hits} of {chosen.experiments}; {alarms} false alarms at {others} commits")


def make(folder: Path, guilty: int, seconds: float, part: float, blocks: int) -> None:
    """A repository whose command sleeps, longer from the guilty commit on."""
    git(folder, "init", "-q", "-b", "main")
    for number in range(COMMITS):
        nap = seconds * (1 + part) if number >= guilty else seconds
        (folder / "work.py").write_text(f"import time\ntime.sleep({nap})  # {number}\n", encoding="utf-8")
        git(folder, "add", "work.py")
        git(folder, *AUTHOR, "commit", "-q", "-m", f"step {number}")
    suite = f'[suites.nap]\ncommand = ["python", "-S", "-E", "work.py"]\nblocks = {blocks}\n'
    (folder / "banterhearts.toml").write_text(suite, encoding="utf-8")


def measure(folder: Path) -> dict[int, dict[str, float | str]]:
    """The delta of each commit that has a parent, by its number."""
    root = git(folder, "rev-list", "--max-parents=0", "HEAD").strip()
    arguments = [*ENGINE, "-C", str(folder), "history", f"{root}..HEAD", "--suite", "nap", "--json"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    commits = json.loads(done.stdout)["commits"]
    return {int(one["subject"].split()[1]): delta for one in commits for delta in one["deltas"]}


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder."""
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    main()
