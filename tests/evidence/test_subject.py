"""What a page tells: how steps are divided into subjects, and that no step is lost on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chronicles.dossier import SubjectKey
from chronicles.evidence.complexity import complexity_score
from chronicles.evidence.subject import exclusion, load_subject, plan, utc_day
from chronicles.history.index import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chronicles.dossier import Dossier
    from chronicles.evidence.build import Workshop
    from tests.conftest import RepoBuilder

DAY = 86400


def step(depth: int, at: int, *, files: int = 1, churn: int = 5, left_out: int = 0, skipped: bool = False) -> Step:
    """A step of which only size, time and marks matter."""
    return Step(depth, f"{depth:040x}", at, "Ada", "s", files, churn, 0, 0, left_out, skipped)


def parent(depth: int) -> str | None:
    """The commit before a step of these tests."""
    return f"{depth - 1:040x}" if depth else None


def depths(keys: Sequence[SubjectKey]) -> list[list[int]]:
    """The depths that each subject tells, oldest first."""
    return [[int(sha, 16) for sha in reversed(key.commits)] for key in keys]


STEPS = st.lists(
    st.tuples(
        st.integers(0, 3 * DAY), st.sampled_from([0, 1, 60]), st.sampled_from([0, 0, 1]), st.sampled_from([0, 0, 0, 1])
    ),
    max_size=25,
)


@given(STEPS, st.sampled_from(["commit", "day", "tag"]), st.none() | st.integers(0, 100), st.sets(st.integers(0, 24)))
def test_no_step_is_lost_and_none_is_told_twice(
    rows: list[tuple[int, int, int, int]], group_by: str, fold: int | None, tagged: set[int]
) -> None:
    """Told and excluded steps are all steps, in order; a subject is a run of neighbours that stands on its parent."""
    at, steps = 0, []
    for depth, (later, files, left_out, skipped) in enumerate(rows):
        at += later
        steps.append(step(depth, at, files=files, churn=files * 9, left_out=left_out, skipped=bool(skipped)))
    tags = [f"{depth:040x}" for depth in tagged]
    keys, excluded = plan(steps, parent=parent, group_by=group_by, fold_below=fold, tags=tags)  # type: ignore[arg-type] # drawn
    told = [depth for run in depths(keys) for depth in run]
    assert len(told) + sum(excluded.values()) == len(steps)
    assert told == sorted(set(told))
    for key, run in zip(keys, depths(keys), strict=True):
        assert run == list(range(run[0], run[-1] + 1))
        assert key.base == parent(run[0])
        assert key.kind == ("commit" if len(run) == 1 else "group")
        assert not any(steps[depth].skipped for depth in run)
        if group_by == "day" or (group_by == "commit" and len(run) > 1):
            assert len({utc_day(steps[depth].at) for depth in run}) == 1
        if group_by == "commit" and len(run) > 1:
            assert fold is not None
            assert all(complexity_score(steps[d].files, steps[d].churn) < fold for d in run)


def test_a_day_is_a_run_of_neighbours() -> None:
    """A clock that goes back makes a day of its own, since a subject has one tree before it and one after."""
    steps = [step(0, 0), step(1, 10), step(2, DAY), step(3, 20), step(4, 30)]
    keys, _ = plan(steps, parent=parent, group_by="day")
    assert depths(keys) == [[0, 1], [2], [3, 4]]


def test_a_day_ends_at_midnight_in_utc() -> None:
    """The day is the committer's date in UTC, on every machine."""
    keys, _ = plan([step(0, DAY - 1), step(1, DAY)], parent=parent, group_by="day")
    assert depths(keys) == [[0], [1]]
    assert [utc_day(DAY - 1), utc_day(DAY), utc_day(-1)] == ["1970-01-01", "1970-01-02", "1969-12-31"]
    assert utc_day(10**15) == f"day {10**15 // DAY}"


def test_tags_close_a_run_and_the_rest_waits() -> None:
    """Each tag tells the steps since the one before; what no tag holds yet is said to be left."""
    steps = [step(number, number) for number in range(6)]
    keys, excluded = plan(steps, parent=parent, group_by="tag", tags=[f"{1:040x}", f"{3:040x}"])
    assert depths(keys) == [[0, 1], [2, 3]]
    assert excluded == {"no tag yet": 2}


def test_small_steps_fold_into_their_day() -> None:
    """Below the threshold neighbours of a day share a page; a big one between them stands alone."""
    small, big = {"files": 1, "churn": 2}, {"files": 30, "churn": 3000}
    steps = [step(0, 0, **small), step(1, 1, **small), step(2, 2, **big), step(3, 3, **small), step(4, DAY, **small)]
    assert depths(plan(steps, parent=parent, fold_below=20)[0]) == [[0, 1], [2], [3], [4]]
    assert depths(plan(steps, parent=parent)[0]) == [[0], [1], [2], [3], [4]]


def test_what_asks_to_be_skipped_splits_its_day() -> None:
    """A skipped step is in no page, and the steps on either side of it are in two."""
    steps = [step(0, 0), step(1, 1, skipped=True), step(2, 2)]
    keys, excluded = plan(steps, parent=parent, group_by="day")
    assert depths(keys) == [[0], [2]]
    assert keys[1].base == f"{1:040x}"
    assert excluded == {"trailer `Chronicle: skip`": 1}


def test_our_own_output_has_no_page() -> None:
    """A step of output alone is left out; a mixed one is told, and an empty commit too."""
    own, mixed, empty = step(0, 0, files=0, left_out=3), step(1, 1, left_out=3), step(2, 2, files=0)
    keys, excluded = plan([own, mixed, empty], parent=parent)
    assert depths(keys) == [[1], [2]]
    assert excluded == {"only our own output": 1}
    assert [exclusion(one) for one in (own, mixed, empty)] == ["only our own output", None, None]


def test_a_commit_of_pages_joins_no_group_that_it_ends() -> None:
    """A group ends with work, or the commit of its page would make that page stale, and so on for ever."""
    steps = [
        step(0, 0, files=0, left_out=2),
        *(step(1, 1), step(2, 2, files=0, left_out=2), step(3, 3)),
        step(4, 4, files=0, left_out=2),
    ]
    for options in ({"group_by": "day"}, {"fold_below": 50}):
        keys, excluded = plan(steps, parent=parent, **options)  # type: ignore[arg-type] # as the settings have them
        assert depths(keys) == [[1, 2, 3]]
        assert keys[0].base == parent(1)
        assert excluded == {"only our own output": 2}
        grown, _ = plan([*steps, step(5, 5)], parent=parent, **options)  # type: ignore[arg-type] # as above
        assert depths(grown) == [[1, 2, 3, 4, 5]]
    keys, excluded = plan(steps, parent=parent, group_by="tag", tags=[parent(5) or ""])
    assert depths(keys) == [[0, 1, 2, 3, 4]]
    assert excluded == {}


@pytest.mark.parametrize("group_by", ["commit", "day"])
def test_coverage_is_the_number_of_commits(
    repo: RepoBuilder,
    wander: Callable[..., list[str]],
    dossier_of: Callable[..., Dossier],
    open_workshop: Callable[..., Workshop],
    group_by: str,
) -> None:
    """Told, grouped and excluded of all pages, and what the plan left out, are all commits that git counts."""
    from chronicles.evidence.build import build_dossier  # noqa: PLC0415 -- fixtures open what this needs

    wander(repo, 17, 20)
    repo.commit("chore: pages", {"episodes/one.md": "x\n"})
    repo.commit("chore: quiet\n\nChronicle: skip", {"a.txt": "x\n"})
    repo.branch("unsung")
    repo.commit("chore: unsung", {"unsung.txt": "x\n"})
    repo.switch("main")
    repo.merge("unsung", message="Merge unsung\n\nChronicle: skip\n")
    shop = open_workshop(repo)
    depth = shop.index.follow(repo.head)
    keys, left = plan(shop.index.steps(0, depth), parent=shop.parent, group_by=group_by, reading="quick")  # type: ignore[arg-type] # drawn
    total = sum(left.values())
    for key in keys:
        coverage = build_dossier(shop, key).coverage
        assert coverage.told + sum(coverage.excluded.values()) == len(key.commits)
        total += coverage.told + coverage.grouped + sum(coverage.excluded.values())
    assert total == int(repo.git("rev-list", "--count", "HEAD", "--"))


def test_a_merge_is_told_in_the_words_of_what_it_merged(
    repo: RepoBuilder, open_workshop: Callable[..., Workshop]
) -> None:
    """A forge's merge has the title of its request as message, and the body of the one commit that it brought."""
    repo.commit("begin", {"a.py": "1\n"})
    repo.branch("topic")
    repo.commit("feat: more\n\nBecause it was missing.", {"b.py": "1\n"}, author=("Grace", "grace@example.org"))
    repo.switch("main")
    tip = repo.merge("topic", message="Merge pull request #12 from grace/topic\n\nfeat: add more")
    repository = open_workshop(repo).repository
    subject = load_subject(repository, SubjectKey("commit", (tip,), repo.git("rev-parse", "HEAD~1")))
    assert subject.message == "feat: add more (#12)\n\nBecause it was missing."
    assert [commit.author.name for commit in subject.authors] == ["Grace"]
    assert len(subject.brought) == 1
