"""Suites over history: one track an arm, with the verdicts that pages give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from chronicles.evidence import suites
from chronicles.evidence.suites import Suites, digest_of, read_suites

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.evidence.build import Workshop
    from tests.conftest import RepoBuilder

    Read = Callable[[], Suites]


@pytest.fixture
def line(repo: RepoBuilder) -> list[str]:
    """Eight commits, none measured yet."""
    return [repo.commit(f"feat: step {number}", {f"s{number}.py": "X = 1\n"}) for number in range(8)]


@pytest.fixture
def read(repo: RepoBuilder, open_workshop: Callable[..., Any]) -> Read:
    """Read the suites of the repository as it is."""

    def read() -> Suites:
        workshop = open_workshop(repo)
        workshop.index.follow(repo.head)
        return read_suites(workshop)

    return read


@pytest.fixture
def measure(repo: RepoBuilder, line: list[str], invented: Any) -> Callable[..., None]:
    """Add the records of one sitting, commits by their place on the line."""

    def measure(name: str, factors: dict[int, float], **plan: Any) -> None:
        wanted = {line[place]: factor for place, factor in factors.items()}
        invented.store(repo.path / "reports", invented.sitting(name, wanted, invented.Plan(**plan)))

    return measure


def test_points_stand_in_the_order_of_the_line(line: list[str], measure: Callable[..., None], read: Read) -> None:
    """A track's marks are oldest first, each with its interval, and a slower one says since which commit."""
    measure("first", {1: 1.0, 3: 1.0, 5: 1.2})
    found = read()
    assert found.line == (line[1], line[3], line[5])
    (track,) = found.suites[0].tracks
    assert [mark.commit for mark in track.marks] == [line[1], line[3], line[5]]
    first, second, third = track.marks
    assert (first.word, second.word, third.word) == ("no baseline", "no change seen", "slower")
    assert (third.baseline, third.together) == (line[3], True)
    assert third.ratio_low is not None
    assert third.ratio_high is not None
    assert third.ratio is not None
    assert third.ratio_low < third.ratio < third.ratio_high
    assert first.low is not None
    assert first.high is not None
    assert first.low <= first.value <= first.high


def test_a_verdict_is_that_of_the_page(
    repo: RepoBuilder, line: list[str], measure: Callable[..., None], read: Read, dossier_of: Callable[..., Any]
) -> None:
    """What a mark says is what the facts of its commit say, ratio and interval included."""
    measure("first", {2: 1.0, 4: 1.07}, metrics=(("wall", "ns", "lower", 1e8), ("size", "By", "lower", 2e8)))
    ledger = dossier_of(repo, line[4]).ledger
    told = {
        ledger.string(f"{row}.metric"): [
            ledger[f"{row}.verdict"].text,
            *(ledger.value(f"{row}.{part}") for part in ("ratio", "low", "high")),
        ]
        for row in ledger.numbered("performance")
        if f"{row}.metric" in ledger
    }
    tracks = {track.metric: track.marks[-1] for track in read().suites[0].tracks}
    assert told == {name: [mark.word, mark.ratio, mark.ratio_low, mark.ratio_high] for name, mark in tracks.items()}
    assert told["wall"][0] == "slower"
    assert told["size"][0] == "higher"


def test_arms_are_never_joined(line: list[str], measure: Callable[..., None], read: Read) -> None:
    """Another machine or another configuration is another track, whatever its case is called."""
    measure("first", {1: 1.0, 2: 1.0})
    measure("second", {3: 1.0}, machine="loft")
    tracks = read().suites[0].tracks
    assert [len(track.marks) for track in tracks] == [1, 2]
    assert tracks[0].marks[0].commit == line[3], "the one that was measured last comes first"
    assert tracks[0].machine != tracks[1].machine
    assert tracks[0].configuration != tracks[1].configuration


def test_a_step_is_confirmed_by_its_neighbours_alone(measure: Callable[..., None], read: Read) -> None:
    """Where the level changes is a step; it is confirmed where the two were compared and one is slower."""
    measure("first", dict.fromkeys(range(4), 1.0) | dict.fromkeys(range(4, 8), 1.5))
    (track,) = read().suites[0].tracks
    assert [(step.before, step.after, step.confirmed) for step in track.steps] == [(3, 4, True)]


def test_a_step_between_sittings_is_a_suspicion(measure: Callable[..., None], read: Read) -> None:
    """Medians measured apart may differ by the machine's mood: a step of a tenth among them is not confirmed."""
    measure("first", dict.fromkeys(range(4), 1.0))
    measure("second", dict.fromkeys(range(4, 8), 1.09))
    (track,) = read().suites[0].tracks
    assert [step.confirmed for step in track.steps] == [False]


def test_without_ruptures_no_steps_are_told(
    measure: Callable[..., None], read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra may be missing: then nobody is suspected, and the suites say so."""
    measure("first", dict.fromkeys(range(4), 1.0) | dict.fromkeys(range(4, 8), 1.5))
    monkeypatch.setattr(suites, "find_spec", lambda _: None)
    found = read()
    assert not found.looked_for_steps
    assert found.suites[0].tracks[0].steps == ()


def test_a_failure_is_told_and_gives_no_number(
    repo: RepoBuilder, line: list[str], measure: Callable[..., None], invented: Any, read: Read
) -> None:
    """A run that failed has its status and its error and no mark; one that went well later takes its place."""
    measure("first", {1: 1.0})
    plan = invented.Plan()
    for place in (1, 4):
        record = invented.failed(f"f{place}", line[place], plan, "failed", "exit status 3\nand more")
        invented.store(repo.path / "reports", [record])
    (suite,) = read().suites
    assert [(one.commit, one.status, one.error) for one in suite.failures] == [(line[4], "failed", "exit status 3")]
    assert [mark.commit for mark in suite.tracks[0].marks] == [line[1]]


def test_runs_beside_the_line_are_counted(
    repo: RepoBuilder, line: list[str], invented: Any, measure: Callable[..., None], read: Read
) -> None:
    """A run at a commit that is no step of the line stands in no chart, and is counted."""
    measure("first", {1: 1.0})
    repo.branch("topic", line[2])
    aside = repo.commit("topic", {"t.py": "1\n"})
    repo.switch("main")
    invented.store(repo.path / "reports", invented.sitting("second", {aside: 1.0}, invented.Plan()))
    found = read()
    assert found.beside == 1
    assert found.line == (line[1],)


def test_nothing_is_compared_twice(
    repo: RepoBuilder,
    measure: Callable[..., None],
    open_workshop: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was found is kept with the caches: a second reading asks no record."""
    measure("first", {1: 1.0, 3: 1.2})

    def once(workshop: Workshop) -> tuple[str, Suites]:
        workshop.index.follow(repo.head)
        return digest_of(workshop), read_suites(workshop)

    with open_workshop(repo, fresh=False) as workshop:
        first = once(workshop)
    with open_workshop(repo, fresh=False) as workshop:
        monkeypatch.setattr(workshop.runs, "load", lambda _: pytest.fail("a record was read again"))
        assert once(workshop) == first
    measure("second", {5: 1.0})
    with open_workshop(repo, fresh=False) as workshop:
        assert once(workshop)[0] != first[0]


def test_without_runs_there_is_nothing(repo: RepoBuilder, line: list[str], read: Read) -> None:
    """A repository that measures nothing has no suites."""
    found = read()
    assert (found.line, found.suites) == ((), ())
