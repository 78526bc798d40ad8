"""Which commits of a range get a line of their own: what may touch somebody first, in fair shares where it is much."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chronicles.evidence.messages import parse_message
from chronicles.evidence.ranges.salience import choose
from chronicles.evidence.ranges.works import Work
from chronicles.history.commit import Commit, Person

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def works(*subjects: str, author: str = "Ada", churn: int = 1) -> list[Work]:
    """News of these subjects, older ones first."""
    found = []
    for at, subject in enumerate(subjects):
        person = Person(author, "a@example.org")
        commit = Commit(f"{at:040x}", (), person, NOW, person, NOW, f"{subject}\n", ())
        message = parse_message(commit.message)
        found.append(
            Work(
                commit=commit, at=at, type=message.type, breaking=message.breaking_marked, note=None,
                security="CVE-" in subject, issue="", reverts=(), reverts_subject=None, churn=churn, component="a",
                forward=b"", backward=b"", shape=b"", renames=(), rule="",
            )
        )  # fmt: skip
    return found


def renumbered(*parts: list[Work]) -> list[Work]:
    """Several lists as one, each work at a place of its own."""
    return [replace(work, at=at) for at, work in enumerate(work for part in parts for work in part)]


def told(news: list[Work]) -> list[str]:
    """The subjects of what is told."""
    return [work.commit.subject for work in choose(news).told]


def words(count: int) -> list[str]:
    """So many words, no two alike when their digits are taken away."""
    return [f"{chr(97 + n // 26 % 26)}{chr(97 + n % 26)}{'x' * (n // 676)}" for n in range(count)]


def test_what_may_touch_somebody_is_told_before_anything_is_grouped() -> None:
    """More than forty fixes and deprecations leave no line for other work, and not one of them is grouped."""
    mending = [f"fix: {word}" for word in words(45)]
    ending = [f"chore: deprecate {word}" for word in words(5)]
    choice = choose(renumbered(works(*mending, *ending), works("refactor: much", churn=9000)))
    assert Counter(work.type for work in choice.told) == {"fix": 45, "chore": 5}
    assert [work.type for work in choice.rest] == ["refactor"]


@pytest.mark.parametrize(
    ("subjects", "author"),
    [
        (("chore: sources for 8.1", "chore: sources for 8.2"), "Ada"),
        (("chore: back to 1a2b3c4", "chore: back to 2b3c4d5"), "Ada"),
        (("Bump urllib3 from 1.26.3 to 1.26.4",), "Ada"),
        (("update requirements",), "Ada"),
        (("build(deps-dev): pytest",), "Ada"),
        (("[pre-commit.ci] pre-commit autoupdate",), "Ada"),
        (("Merge branch 'main'",), "Ada"),
        (("Merge remote-tracking branch 'up/x'",), "Ada"),
        (("chore: sync",), "renovate[bot]"),
        (("chore: sync",), "pre-commit-ci"),
    ],
)
def test_of_other_work_what_tells_nothing_goes_last(subjects: tuple[str, ...], author: str) -> None:
    """Repeated subjects, bumps, plain merges and machines get a line only where real work leaves one."""
    real, noise = works(*(f"chore: {word}" for word in words(40))), works(*subjects, author=author, churn=999)
    assert told(renumbered(noise, real)) == [work.commit.subject for work in reversed(real)]
    assert told(renumbered(noise, real[1:]))[0] == subjects[-1]


def test_many_share_the_lines() -> None:
    """All of 150; of more in proportion, fifteen of a kind at least, every break, and never a kind that has none."""
    fixes = works(*(f"fix: {word}" for word in words(151)))
    assert [len(told(fixes[:count])) for count in (150, 151)] == [150, 110]
    news = renumbered(works(*(f"fix: {word}" for word in words(600)), *(f"feat: {word}" for word in words(300))))
    assert Counter(work.type for work in choose(news).told) == {"fix": 73, "feat": 36}
    few = works(*(f"perf: {word}" for word in words(12)), *(f"revert: {word}" for word in words(20)))
    assert Counter(work.type for work in choose(renumbered(news, few)).told) == {
        "fix": 55, "feat": 27, "perf": 12, "revert": 15
    }  # fmt: skip
    breaks = works(*(f"chore!: {word}" for word in words(200)))
    shown = choose(renumbered(news, few, breaks)).told
    assert Counter("!" if work.breaking else work.type for work in shown) == {
        "!": 200, "fix": 15, "feat": 15, "perf": 12, "revert": 15
    }  # fmt: skip
    assert all(work.breaking for work in shown[:200])


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_lost_or_starved(seed: int) -> None:
    """Of any mixture all is told or rest, each once; a kind has all its lines, its share or fifteen at least."""
    chance = random.Random(seed)  # noqa: S311 - a test that repeats itself, no secret
    kinds = ("feat", "fix", "perf", "revert", "docs", "chore", "refactor!", "fix(x): CVE-1")
    news = renumbered(
        *(works(*(f"{kind}: {word}" for word in words(chance.choice((0, 3, 30, 300))))) for kind in kinds)
    )
    chance.shuffle(news)
    choice = choose(news)
    assert sorted(work.at for work in (*choice.told, *choice.rest)) == sorted(work.at for work in news)
    assert len(choice.told) <= max(150, 110 + 15 * 5, 15 * 5 + sum(work.breaking for work in news))
    assert not any(work.breaking for work in choice.rest)
    for kind in ("feat", "fix", "perf", "revert"):
        of_kind = [work for work in news if work.type == kind and not work.security and not work.breaking]
        assert sum(work in of_kind for work in choice.told) >= min(15, len(of_kind))
    assert choose(sorted(news, key=lambda work: work.at)) == choice
