"""Suites over history: every series of stored runs along the line, with the verdicts that pages give them.

A *track* is one metric of one arm: the same case, workload, configuration and machine, so that its points may stand in
one chart. A point is the median of a run with its interval, from the raw samples; its verdict is that of the commit
against the nearest one before it, chosen and compared as for the commit's own page. A step is where the level of the
medians changes. Medians of different sittings were measured apart, so a step is a suspicion until a direct comparison
of its two neighbours says slower or faster.

Comparing costs, and the runs of a commit do not change: what was found is kept with the caches, by the digests of all
records that it was made of.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from chronicles.dossier import SubjectKey
from chronicles.evidence.build import VERSIONS
from chronicles.evidence.facts import clean
from chronicles.evidence.rows import is_speed, load_told, machine_line, rows_of
from chronicles.evidence.runs import choose
from chronicles.evidence.series import has_metric, interval_of, median_of, settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from banterhearts.core.entry import Entry
    from banterhearts.core.record import Metric, RunRecord
    from chronicles.evidence.build import Workshop
    from chronicles.evidence.rows import Row
    from chronicles.evidence.runs import Choice

__all__ = ["Failure", "Mark", "Step", "Suite", "Suites", "Track", "digest_of", "read_suites"]

_VERSION = "1"
"""Raised whenever the same records may be read otherwise."""
_LONGEST = 240
"""Characters of a machine's line, and of an error."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What was measured at one commit."""

    commit: str
    run: str
    value: float
    """The median, in the track's unit."""
    low: float | None
    """Ends of the interval of the median; None where there are too few blocks for one."""
    high: float | None
    blocks: int
    sitting: str
    """Runs of one sitting were measured together; empty where a run names none."""
    word: str = ""
    """What the commit's page says of it, such as `slower` or `no change seen`; empty where no page would tell it."""
    verdict: str = ""
    baseline: str = ""
    """The commit that it was compared with."""
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    together: bool = False
    """Whether it and its baseline were measured in one sitting."""
    measured_at: str = ""
    """When it was measured, in UTC: only to tell which of two series is the later one."""


@dataclass(frozen=True, slots=True)
class Step:
    """Two neighbours of a track between which its level changes, by their places."""

    before: int
    after: int
    confirmed: bool
    """Whether a direct comparison of the two says slower or faster."""


@dataclass(frozen=True, slots=True)
class Track:
    """One metric of one arm, along the line."""

    case: str
    metric: str
    unit: str
    direction: str
    machine: str
    """In one line."""
    configuration: str
    """The first digits of what tells this arm from others of its case: workload, configuration and machine."""
    effect: float
    """The smallest change that counts."""
    marks: tuple[Mark, ...]
    """Oldest first, one a commit."""
    steps: tuple[Step, ...] = ()

    @property
    def is_speed(self) -> bool:
        """Whether it is a time of which less is better, or a rate of which more is."""
        return is_speed(self.unit, self.direction)


@dataclass(frozen=True, slots=True)
class Failure:
    """A case that gave no measurement at a commit."""

    case: str
    commit: str
    status: str
    error: str


@dataclass(frozen=True, slots=True)
class Suite:
    """The tracks of a suite, the one that was measured last first."""

    name: str
    tracks: tuple[Track, ...]
    failures: tuple[Failure, ...]
    """Newest first."""


@dataclass(frozen=True, slots=True)
class Suites:
    """All suites that were measured at commits of a line."""

    line: tuple[str, ...] = ()
    """The measured commits, oldest first."""
    suites: tuple[Suite, ...] = ()
    beside: int = 0
    """Runs at commits that are no steps of the line."""
    looked_for_steps: bool = True
    """Whether change points were looked for; they need `ruptures`."""


def digest_of(workshop: Workshop) -> str:
    """What all suites are made of, as a short digest; empty where there are no runs.

    Raises:
        RunError: If the folder of run records cannot be looked into.
    """
    if workshop.runs is None or not workshop.runs.pool.by_id:
        return ""
    names = sorted(f"{one.run_id} {one.digest}" for one in workshop.runs.pool.by_id.values())
    # A rewritten line has other steps, and with ruptures installed there are change points.
    line = [sha for _, sha in workshop.runs.pool.measured(workshop.index)]
    about = [_VERSION, VERSIONS["performance"], str(_can_find_steps()), *line, *names]
    return hashlib.sha256("\n".join(about).encode()).hexdigest()[:16]


def read_suites(workshop: Workshop) -> Suites:
    """Read every suite whose runs stand at commits of the line that the workshop's index holds.

    Raises:
        RunError: If run records cannot be read.
    """
    runs = workshop.runs
    if runs is None or not runs.pool.by_id:
        return Suites(looked_for_steps=_can_find_steps())
    pool, index = runs.pool, workshop.index
    line = [sha for _, sha in reversed(pool.measured(index))]
    there = set(line)
    reader = _Reader(workshop)
    points: dict[_Arm, list[Mark]] = {}
    failures: dict[str, list[Failure]] = {}
    for sha in line:
        for arm, mark in reader.marks(sha):
            points.setdefault(arm, []).append(mark)
        for suite, failure in reader.failures(sha):
            failures.setdefault(suite, []).append(failure)
    names = sorted({arm.suite for arm in points} | failures.keys())
    return Suites(
        tuple(line),
        tuple(_suite(name, points, failures.get(name, []), line, reader.steps) for name in names),
        sum(one.commit not in there for one in pool.by_id.values()),
        _can_find_steps(),
    )


@dataclass(frozen=True, slots=True)
class _Arm:
    """What the points of a track share."""

    suite: str
    case: str
    metric: str
    unit: str
    direction: str
    configuration: str
    machine: str
    effect: float


class _Reader:
    """Reads commits, with what was found of them before."""

    def __init__(self, workshop: Workshop) -> None:
        assert workshop.runs is not None, "there are no runs"
        self._runs = workshop.runs
        self._index = workshop.index
        self._cache = workshop.cache

    def marks(self, sha: str) -> Iterator[tuple[_Arm, Mark]]:
        """The points of a commit, each with its track; what the commit's page tells comes with its verdict."""
        pool = self._runs.pool
        choices = choose(SubjectKey("commit", (sha,), None), pool, self._index)
        said = {(row["run"], row["metric"]): row for row in self._rows(choices)}
        told = {choice.run.arm: choice.run for choice in choices}
        best: dict[Any, Entry] = {}
        for entry in pool.runs_of(sha):
            if entry.speaks:
                before = best.get(entry.arm)
                best[entry.arm] = max(before or entry, entry, key=lambda one: (one.complete, one.created_at))
        for entry in (told.get(arm, run) for arm, run in sorted(best.items())):
            about = self._about(entry)
            for metric in about["metrics"]:
                arm = _Arm(
                    entry.arm.suite,
                    about["case"],
                    metric["name"],
                    metric["unit"],
                    metric["direction"],
                    about["configuration"],
                    about["machine"],
                    about["effect"],
                )
                value, low, high = metric["value"]
                mark = Mark(
                    sha,
                    entry.run_id,
                    value,
                    low,
                    high,
                    metric["blocks"],
                    entry.sitting or "",
                    measured_at=entry.created_at,
                )
                yield arm, _judged(mark, said.get((entry.run_id, metric["name"])))

    def failures(self, sha: str) -> Iterator[tuple[str, Failure]]:
        """The cases of a commit that gave no measurement there."""
        entries = self._runs.pool.runs_of(sha)
        good = {(one.arm.suite, one.arm.case) for one in entries if one.speaks}
        seen: set[tuple[str, str]] = set()
        for entry in sorted(entries, key=lambda one: one.created_at, reverse=True):
            case = (entry.arm.suite, entry.arm.case)
            if entry.speaks or entry.dirty or case in good or case in seen:
                continue
            seen.add(case)
            about = self._about(entry)
            yield entry.arm.suite, Failure(about["case"], sha, entry.status.value, about["error"])

    def steps(self, marks: Sequence[Mark]) -> Iterator[Step]:
        """Where the level of some marks changes."""
        if not _can_find_steps():
            return
        medians = [mark.value for mark in marks]
        key = f"suite-steps {_VERSION} {VERSIONS['performance']} {version('ruptures')} {medians}"
        for before, after in self._cache.get(key, lambda: _steps(medians)):
            direct = marks[after].baseline == marks[before].commit
            yield Step(before, after, direct and marks[after].verdict in ("slower", "faster"))

    def _about(self, entry: Entry) -> dict[str, Any]:
        """What is known of a run by itself."""
        key = f"suite-run {_VERSION} {entry.digest}"
        return dict(self._cache.get(key, lambda: _about(self._runs.load(entry), entry)))

    def _rows(self, choices: Sequence[Choice]) -> list[dict[str, Any]]:
        """The verdicts of a commit, as its page has them."""
        names = [
            f"{one.digest}" if one else "-"
            for choice in choices
            for one in (choice.run, choice.baseline, choice.placebo)
        ]
        digest = hashlib.sha256(" ".join(names).encode()).hexdigest()
        key = f"suite-rows {_VERSION} {VERSIONS['performance']} {digest}"
        return list(self._cache.get(key, lambda: list(self._made(choices))))

    def _made(self, choices: Sequence[Choice]) -> Iterator[dict[str, Any]]:
        for row in rows_of([load_told(choice, self._runs) for choice in choices]):
            if row.metric is not None:
                yield _row(row)


def _about(record: RunRecord, entry: Entry) -> dict[str, Any]:
    arm = entry.arm
    apart = hashlib.sha256(f"{arm.workload} {arm.effective} {arm.fingerprint}".encode()).hexdigest()
    return {
        "case": clean(record.workload.case) or "(empty)",
        "configuration": apart[:8],
        "machine": _cut(machine_line(record.environment)),
        "effect": record.workload.min_effect,
        "error": _cut((record.error or "").strip().partition("\n")[0]) or "(no word)",
        "metrics": list(_metrics(record)),
    }


def _metrics(record: RunRecord) -> Iterator[dict[str, Any]]:
    for metric in record.metrics if record.error is None else ():
        if has_metric(record, metric):
            middle = settled(median_of(record, metric))
            yield {
                "name": clean(metric.name) or "(empty)",
                "unit": clean(metric.unit),
                "direction": metric.direction.value,
                "value": [middle, *interval_of(record, metric)],
                "blocks": _blocks(record, metric),
            }


def _blocks(record: RunRecord, metric: Metric) -> int:
    from banterhearts.core.blocks import by_metric  # noqa: PLC0415 - numpy, for those who have runs

    return len(by_metric(record.samples)[metric.name])


def _row(row: Row) -> dict[str, Any]:
    delta, baseline = row.delta, row.told.choice.baseline
    found: dict[str, Any] = {
        "run": row.told.run.run_id,
        "metric": clean(row.metric.name) or "(empty)" if row.metric else "",
        "word": row.word,
        "verdict": row.verdict,
    }
    if delta is not None and baseline is not None:
        ratios = (delta.ratio, delta.ci_low, delta.ci_high)
        found |= {
            "baseline": baseline.commit,
            "ratios": [None if one is None else settled(one) for one in ratios],
            "together": delta.paired,
        }
    return found


def _judged(mark: Mark, row: dict[str, Any] | None) -> Mark:
    """A mark with what its commit's page says of it."""
    if row is None:
        return mark
    ratio, low, high = row.get("ratios", (None, None, None))
    return replace(
        mark,
        word=row["word"],
        verdict=row["verdict"],
        baseline=row.get("baseline", ""),
        ratio=ratio,
        ratio_low=low,
        ratio_high=high,
        together=row.get("together", False),
    )


def _suite(
    name: str,
    points: dict[_Arm, list[Mark]],
    failures: Iterable[Failure],
    line: Sequence[str],
    steps: Callable[[Sequence[Mark]], Iterable[Step]],
) -> Suite:
    """The tracks of a suite: by case, of each the one first that goes on longest, and was measured last."""
    places = {sha: place for place, sha in enumerate(line)}
    tracks = [
        Track(
            arm.case,
            arm.metric,
            arm.unit,
            arm.direction,
            arm.machine,
            arm.configuration,
            arm.effect,
            tuple(marks),
            tuple(steps(marks)),
        )
        for arm, marks in points.items()
        if arm.suite == name
    ]
    tracks.sort(key=lambda one: (places[one.marks[-1].commit], one.marks[-1].measured_at), reverse=True)
    tracks.sort(key=lambda one: (one.case, one.metric))
    return Suite(name, tuple(tracks), tuple(reversed(list(failures))))


def _steps(medians: Sequence[float]) -> list[tuple[int, int]]:
    from banterhearts.core.changepoints import find_steps  # noqa: PLC0415 - numpy, for those who have runs

    return [(step.before, step.after) for step in find_steps(medians)]


def _can_find_steps() -> bool:
    return find_spec("ruptures") is not None


def _cut(text: str) -> str:
    flat = " ".join(clean(text).split())
    return flat if len(flat) <= _LONGEST else f"{flat[: _LONGEST - 1]}…"
