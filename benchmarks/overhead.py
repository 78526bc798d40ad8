"""What the engine adds to what it measures, per sample.

    python benchmarks/overhead.py [--rounds N] [REPORTS]

A command: the time that the engine sees of `true` less the time of the cheapest start there is, `os.posix_spawn` and
`os.wait4` without pipes, by turns in one process that has loaded all that the engine loads. Both include starting and
ending `true`; what is left is the engine's: a session, two pipes, reading them, noticing the end. In a process: a
visit that does nothing, between two readings of the clock. The overhead stands over the median of the shortest case of
each suite that has records in REPORTS; the bar is 1 %.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path

import numpy  # noqa: F401, ICN001 - a large process starts others more slowly; the engine is one
import scipy.stats  # noqa: F401 - as above

from banterhearts.benchmarking.clock import elapsed_ns, perf_clock
from banterhearts.benchmarking.process import run_process
from banterhearts.core.record import Status
from banterhearts.core.store import RecordStore

TRUE = "/bin/true"
ENV = {"PATH": "/usr/bin:/bin"}
HERE = Path(__file__).parent.parent


def main() -> None:
    """Print one table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("reports", type=Path, nargs="?", default=HERE / "reports")
    options.add_argument("--rounds", type=int, default=1000)
    chosen = options.parse_args()
    pairs = [
        (engine_seen(), cheapest()) if turn % 2 else (cheapest(), engine_seen())[::-1] for turn in range(chosen.rounds)
    ]
    added = sorted(seen - bare for seen, bare in pairs)
    bare = statistics.median(pair[1] for pair in pairs)
    middle, high = statistics.median(added), added[int(0.95 * len(added))]
    empty = statistics.median(nothing() for _ in range(chosen.rounds))
    print(f"start and end of `true`, cheapest: {bare / 1e3:.0f} µs; the engine adds {middle / 1e3:.0f} µs")
    print(f"(95 of 100 samples below {high / 1e3:.0f} µs); a visit that does nothing takes {empty:.0f} ns\n")
    print("| on | measured | ratio | bar |")
    print("|---|---|---:|---|")
    print(f"| `true` | seen by the engine / cheapest start | {1 + middle / bare:.2f} | |")
    for name, shortest in sorted(shortest_cases(chosen.reports).items()):
        print(f"| {name} | added / its time of {shortest / 1e6:.0f} ms | {middle / shortest:.4f} | ≤ 0.01 |")
    print(f"| a case of {100 * middle / 1e6:.0f} ms | added / its time, the shortest within the bar | 0.0100 | |")


def engine_seen() -> int:
    """What the engine says that `true` takes."""
    return run_process([TRUE], folder=HERE, env=ENV, limit_sec=10).elapsed_ns


def cheapest() -> int:
    """What `true` takes with nothing around it."""
    started = time.perf_counter_ns()
    pid = os.posix_spawn(TRUE, [TRUE], ENV)
    os.wait4(pid, 0)
    return time.perf_counter_ns() - started


def nothing() -> int:
    """What a visit in this process takes that does nothing."""
    started = perf_clock()
    return elapsed_ns(started, perf_clock())


def shortest_cases(reports: Path) -> dict[str, float]:
    """The shortest median time of each suite, by its name and case; suites of models measure no commands."""
    found: dict[str, tuple[float, str]] = {}
    with RecordStore(reports) as store:
        for entry in store.entries():
            if entry.status is Status.OK:
                record = store.load(entry.run_id).record
                times = [metric.median for metric in record.metrics if metric.name == "time" and metric.unit == "ns"]
                told = found.get(entry.arm.suite)
                if times and (told is None or times[0] < told[0]):
                    found[entry.arm.suite] = (times[0], f"{entry.arm.suite}, {entry.arm.case}")
    return {name: shortest for shortest, name in found.values()}


if __name__ == "__main__":
    main()
