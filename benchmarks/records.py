"""How long it takes to find a commit's runs among many records.

    python benchmarks/records.py [--records N] [--rounds N]

The records are ten runs of each of many commits, 80 samples each, as a sitting of ten blocks with a placebo and two
metrics leaves them. Every round is a fresh process. With a warm index it opens the store and asks for the runs of one
commit, then for all runs, then loads those of the commit; the limit beside is a look at the same files that reads none
of them (`os.scandir` and `stat`), which no index that is not trusted blindly can do without. Without an index every
record is read strictly, over `json.loads` of the same files. Wall times are given too, because a person waits for
those, and processor times, because a machine may be busy; the bar is 200 ms of wall time at 10,000 records.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

RUNS_PER_COMMIT = 10
BLOCKS = 10
BAR_MS = 200
LIMITS = {"limit": "`scandir` and `stat`", "decoded": "`json.loads` of all"}

ROUND = """
import json, os, sys, time
from pathlib import Path
reports, index, commit = Path(sys.argv[1]), Path(sys.argv[2]) if sys.argv[2] else None, sys.argv[3]

def limit():
    start, seen = time.perf_counter(), []
    for suite in os.scandir(reports):
        seen += [(file.path, file.stat(follow_symlinks=False)) for file in os.scandir(suite.path)]
    return time.perf_counter() - start, [path for path, _ in seen]

def parsed(paths):
    start = time.perf_counter()
    for path in paths:
        with open(path, "rb") as stream:
            json.loads(stream.read())
    return time.perf_counter() - start

before, paths = limit()
decoded = None if index else parsed(paths)
times, work = [time.perf_counter()], [time.process_time()]

def lap():
    times.append(time.perf_counter())
    work.append(time.process_time())

from banterhearts.core.store import RecordStore
lap()
with RecordStore(reports, index) as store:
    runs = store.runs_of(commit)
    lap()
    entries = store.entries()
    lap()
    loaded = [store.load(run.run_id) for run in runs]
    lap()
    assert not store.problems()
heavy = sorted({"pydantic", "numpy", "scipy"} & sys.modules.keys())
assert heavy == ["pydantic"], heavy
after, _ = limit()
print(json.dumps({
    "counts": [len(runs), len(entries), len(loaded)],
    "steps": [later - earlier for earlier, later in zip(times, times[1:])],
    "work": [later - earlier for earlier, later in zip(work, work[1:])],
    "limit": (before + after) / 2,
    "decoded": decoded,
}))
"""


def main() -> None:
    """Print one table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--records", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=7)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as place:
        reports, index = Path(place) / "reports", Path(place) / "index.sqlite"
        size = make_records(reports, chosen.records)
        print(f"{chosen.records:,} records, {size / 1e6:.0f} MB\n")
        print("| measured | ms | CPU ms | limit | ratio | lowest to highest |")
        print("|---|---:|---:|---|---:|---|")
        commit = f"{chosen.records // RUNS_PER_COMMIT // 2:040x}"
        cold = [asked(reports, None, commit) for _ in range(2)]
        row("every record read, no index", cold, slice(1, 2), "decoded")
        time.sleep(2.1)  # until no file could have been written within the tick of its reading
        asked(reports, index, commit)
        warm = [asked(reports, index, commit) for _ in range(chosen.rounds)]
        row("a commit's runs, imports included", warm, slice(0, 2), "limit")
        waited = row("and the entries of all runs", warm, slice(0, 3), "limit")
        row(f"and {RUNS_PER_COMMIT} records loaded (imports pydantic)", warm, slice(0, 4), "limit")
        verdict = "met" if waited < BAR_MS else "NOT met"
        print(f"\nThe bar of {BAR_MS} ms for a commit's runs and all entries is {verdict}.")


def row(what: str, rounds: list[dict[str, Any]], steps: slice, limit: str) -> float:
    """Print a row of medians, the ratio with its extremes; return the wall time in milliseconds."""
    times = [sum(one["steps"][steps]) for one in rounds]
    ratios = [took / one[limit] for took, one in zip(times, rounds, strict=True)]
    wall, work = (1000 * statistics.median(sum(one[kind][steps]) for one in rounds) for kind in ("steps", "work"))
    spread = f"{statistics.median(ratios):.2f} | {min(ratios):.2f} to {max(ratios):.2f}"
    print(f"| {what} | {wall:.0f} | {work:.0f} | {LIMITS[limit]} | {spread} |", flush=True)
    return wall


def asked(reports: Path, index: Path | None, commit: str) -> dict[str, Any]:
    """What one fresh process measured."""
    command = [sys.executable, "-c", ROUND, str(reports), str(index or ""), commit]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    assert found["counts"][0] == found["counts"][2] == RUNS_PER_COMMIT, found
    return dict(found)


def make_records(reports: Path, count: int) -> int:
    """Write records that differ in id, commit, suite, sitting and time; return their size in bytes."""
    from banterhearts.core.record import Arm, Direction, RunRecord, Status, digest  # noqa: PLC0415 - rounds import too

    effective = {"threads": 2}
    metrics, samples = [], []
    for name, unit, value in (("wall", "ns", 1_234_567_890.0), ("peak_memory", "By", 734_003_200.0)):
        metrics.append(
            {"name": name, "unit": unit, "direction": Direction.LOWER, "n": 2 * BLOCKS, "median": value}
            | {"ci_low": value, "ci_high": value, "ci_level": 0.95, "method": "median of measured values"}
        )
        samples += [
            {"metric": name, "unit": unit, "values": (value,), "block": order // 4, "order": order}
            | {"arm": (Arm.MEASURED, Arm.PLACEBO)[order % 2]}
            for order in range(4 * BLOCKS)
        ]
    template = RunRecord.model_validate(
        {
            "run_id": "run-id",
            "created_at": datetime(2025, 1, 1, tzinfo=UTC),
            "status": Status.OK,
            "subject": {"repo": "x", "commit_sha": "f" * 40, "dirty": False, "engine_version": "1"},
            "workload": {"suite": "suite-name", "case": "case", "digest": "b" * 64, "blocks": BLOCKS},
            "treatment": {"requested": {}, "effective": effective, "effective_digest": digest(effective)},
            "environment": {"cpu": "A CPU", "cores": 2, "fingerprint": "c" * 64},
            "samples": tuple(samples),
            "metrics": tuple(metrics),
            "provenance": {"command": "banterhearts bench run", "sitting": "sitting-id"},
        }
    ).to_json()
    size = 0
    for number in range(count):
        changes = {
            "run-id": f"run-{number:06d}",
            "f" * 40: f"{number // RUNS_PER_COMMIT:040x}",
            "suite-name": f"suite-{number % 4}",
            "sitting-id": f"sitting-{number // 4:06d}",
            "2025-01-01T00:00:00Z": f"{datetime(2025, 1, 1) + timedelta(minutes=number):%Y-%m-%dT%H:%M:%SZ}",  # noqa: DTZ001 - written as UTC
        }
        text = template
        for old, new in changes.items():
            text = text.replace(old, new)
        path = reports / f"suite-{number % 4}" / f"run-{number:06d}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        size += path.write_bytes(text.encode("utf-8"))
    return size


if __name__ == "__main__":
    main()
