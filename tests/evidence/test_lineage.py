"""Lineage: what the ledger says of the time before a commit, and that it says nothing of the time after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.dossier import canonical_json
from chronicles.evidence import lineage

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.dossier import Dossier
    from chronicles.evidence.build import Workshop
    from tests.conftest import RepoBuilder

DAY = 86400
START = datetime(2024, 1, 1, 12, tzinfo=UTC)
GRACE = ("Grace", "grace@example.org")


def day(number: int) -> datetime:
    """Noon of a day, counted from the first of January 2024."""
    return START + timedelta(days=number)


def lines(number: int, word: str = "line") -> str:
    """So many different lines."""
    return "".join(f"{word} {n}\n" for n in range(number))


def test_a_file_that_slept(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Sleep is counted from the last step that changed the file, in time and in steps, and its age from its birth."""
    repo.commit("begin", {"src/a.py": lines(9)}, at=day(0))
    last = repo.commit("second", {"src/a.py": lines(10)}, at=day(10))
    for number in range(3):
        repo.commit("other", {"lib/b.py": lines(number + 1)}, at=day(20 + number))
    repo.commit("wake", {"src/a.py": lines(12)}, at=day(110))
    ledger = dossier_of(repo).ledger
    assert ledger.value("past.1.path") == "src/a.py"
    assert ledger.value("past.1.slept") == 100 * DAY
    assert ledger["past.1.slept"].text == "100 days"
    assert ledger.value("past.1.steps_asleep") == 3
    assert ledger.value("past.1.last") == last
    assert ledger.value("past.1.age") == 110 * DAY
    assert ledger.value("past.1.changes") == 2
    assert (ledger.value("sleep.1.component"), ledger.value("sleep.1.slept")) == ("src/", 100 * DAY)
    assert ledger.value("sleep.1.steps") == 3


def test_age_goes_back_through_renames(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """A renamed file is as old as it was under its first name, which is told."""
    born = repo.commit("begin", {"old.py": lines(30)}, at=day(0))
    repo.commit("move", {"old.py": None, "lib/new.py": lines(30)}, at=day(40))
    repo.commit("edit", {"lib/new.py": lines(31)}, at=day(50))
    ledger = dossier_of(repo).ledger
    assert ledger.value("past.1.age") == 50 * DAY
    assert ledger.value("past.1.born") == born
    assert ledger.value("past.1.changes") == 2
    assert ledger.value("past.1.first_name") == "old.py"
    moved = dossier_of(repo, "HEAD~1").ledger
    assert moved.value("past.1.age") == 40 * DAY
    assert moved.value("past.1.path") == "lib/new.py"


def test_a_file_born_again_is_a_new_one(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Its past begins with its last birth, and its birth itself has none."""
    repo.commit("begin", {"a.py": lines(9), "b.py": "1\n"}, at=day(0))
    repo.commit("drop", {"a.py": None}, at=day(10))
    repo.commit("again", {"a.py": lines(9, "word")}, at=day(20))
    repo.commit("edit", {"a.py": lines(10, "word")}, at=day(25))
    assert not dossier_of(repo, "HEAD~1").ledger.numbered("past")
    ledger = dossier_of(repo).ledger
    assert ledger.value("past.1.age") == 5 * DAY
    assert ledger.value("past.1.changes") == 1


def test_a_streak_is_counted_in_thirty_days(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """The streak is this change and those of the thirty days before, no others."""
    for number, when in enumerate((0, 35, 40, 45, 50)):
        repo.commit("edit", {"a.py": lines(number + 1)}, at=day(when))
    repo.commit("edit", {"a.py": lines(9)}, at=day(66))
    ledger = dossier_of(repo).ledger
    assert ledger.value("past.1.streak") == 4
    assert ledger["past.1.streak"].text == "the fourth change in 30 days"


def test_rank_median_and_the_last_of_its_size(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Peers are the steps of the 90 days before; the last change as big may lie further back."""
    giant = repo.commit("giant", {"old.py": lines(500)}, at=day(0))
    for number, size in enumerate((10, 20, 30, 40)):
        repo.commit("peer", {f"f{number}.py": lines(size)}, at=day(100 + number))
    repo.commit("me", {"me.py": lines(35)}, at=day(110))
    ledger = dossier_of(repo).ledger
    assert ledger.value("lineage.window") == 4
    assert ledger.value("lineage.rank") == 2
    assert ledger["lineage.rank"].text == "the second-largest"
    assert ledger.value("lineage.rank_small") == 4
    assert ledger.value("lineage.median") == 20
    assert ledger.value("lineage.median_ratio") == pytest.approx(35 / 20)
    assert ledger.value("lineage.bigger.steps") == 1
    repo.commit("bigger", {"big.py": lines(100)}, at=day(111))
    after = dossier_of(repo).ledger
    assert after.value("lineage.rank") == 1
    assert after.value("lineage.bigger.sha") == giant
    assert after.value("lineage.bigger.steps") == 6
    assert after.value("lineage.bigger.age") == 111 * DAY
    repo.commit("record", {"huge.py": lines(501)}, at=day(112))
    assert dossier_of(repo).ledger.value("lineage.bigger.none") == 7


def test_silence_and_the_longest_pause_before_it(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """The pause before a commit is told beside the longest of the 90 days before that."""
    for number, when in enumerate((0, 2, 12, 15)):
        repo.commit("step", {"a.py": lines(number + 1)}, at=day(when))
    repo.commit("after", {"a.py": "x\n"}, at=day(40))
    ledger = dossier_of(repo).ledger
    assert ledger.value("lineage.silence") == 25 * DAY
    assert ledger.value("lineage.longest_gap") == 10 * DAY
    assert ledger.value("lineage.median_gap") == 3 * DAY
    assert ledger.value("lineage.age") == 40 * DAY


def test_depth_and_step_count_first_parents(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Commits that a merge brought in are no steps."""
    repo.commit("one", {"a.py": "1\n"})
    repo.branch("topic")
    for number in range(3):
        repo.commit("side", {f"s{number}.py": "1\n"})
    repo.switch("main")
    repo.merge("topic")
    ledger = dossier_of(repo).ledger
    assert (ledger.value("lineage.depth"), ledger.value("lineage.step")) == (1, 2)
    assert ledger["lineage.step"].text == "the second step"


@pytest.mark.parametrize(
    ("author", "new"),
    [
        (("Ada", "ada@work.example"), False),
        (("Countess Lovelace", "ada@example.org"), False),
        (("ada ", "ADA@Example.org"), False),
        (GRACE, True),
    ],
)
def test_who_is_new(
    repo: RepoBuilder,
    dossier_of: Callable[..., Dossier],
    author: tuple[str, str],
    new: bool,  # noqa: FBT001 -- a column
) -> None:
    """A known name with another address is no newcomer, nor a known address with another name."""
    repo.commit("begin", {"a.py": "1\n"})
    repo.commit("next", {"a.py": "2\n"}, author=author)
    ledger = dossier_of(repo).ledger
    assert ("people.newcomers" in ledger) == new
    assert ledger.numbered("people.new") == (["people.new.1"] if new else [])
    assert "people.newcomers" not in dossier_of(repo, "HEAD~1").ledger, "in the root everyone is new"


def test_newcomers_come_with_merges(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """The people of a merge are those whose work it brought in, not who merged."""
    repo.commit("begin", {"a.py": "1\n"})
    repo.branch("topic")
    repo.commit("side", {"b.py": "1\n"}, author=GRACE)
    repo.switch("main")
    repo.merge("topic")
    ledger = dossier_of(repo).ledger
    assert ledger.value("people.count") == 1
    assert ledger.value("people.1") == "Grace"
    assert ledger.value("people.new.1") == "Grace"


@pytest.mark.parametrize(("away", "returned"), [(364, False), (366, True)])
def test_who_comes_back(
    repo: RepoBuilder,
    dossier_of: Callable[..., Dossier],
    away: int,
    returned: bool,  # noqa: FBT001 -- a column
) -> None:
    """Someone is back after a year without a commit here, whatever others did meanwhile."""
    repo.commit("begin", {"a.py": "1\n"}, at=day(0), author=GRACE)
    repo.commit("other", {"b.py": "1\n"}, at=day(away - 1))
    repo.commit("back", {"a.py": "2\n"}, at=day(away), author=GRACE)
    ledger = dossier_of(repo).ledger
    assert (ledger.value("people.returned.name") == "Grace") == returned
    assert ledger.value("people.returned.away") == (away * DAY if returned else None)


def test_firsts_are_the_topmost_new_folder_and_the_new_ending(
    repo: RepoBuilder, dossier_of: Callable[..., Dossier]
) -> None:
    """Of `lib/deep/x.rs` the folder `lib/` is told, and the first `.rs` file; a second one is no first."""
    repo.commit("begin", {"a.py": "1\n", "src/b.py": "1\n"})
    repo.commit("more", {"lib/deep/x.rs": lines(5), "src/c.py": lines(3), "src/sub/d.py": "1\n"})
    ledger = dossier_of(repo).ledger
    firsts = {
        (ledger.value(f"{e}.kind"), ledger.value(f"{e}.name"), ledger.value(f"{e}.path"))
        for e in ledger.numbered("first")
    }
    assert firsts == {
        ("extension", ".rs", "lib/deep/x.rs"),
        ("folder", "lib/", "lib/deep/x.rs"),
        ("folder", "src/sub/", "src/sub/d.py"),
    }
    repo.commit("again", {"lib/deep/y.rs": "1\n"})
    assert not dossier_of(repo).ledger.numbered("first")


def test_new_tests_are_counted(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """New test files are firsts of their own kind; changed ones are not."""
    repo.commit("begin", {"tests/test_a.py": "1\n"})
    repo.commit("more", {"tests/test_a.py": "2\n", "tests/test_b.py": "1\n", "tests/test_c.py": "1\n"})
    assert dossier_of(repo).ledger.value("first.new_test_files") == 2


def test_only_folders_have_a_habit(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Where one folder changes, it is told how many of the steps before went there."""
    for number in range(6):
        repo.commit("step", {("src" if number % 3 == 0 else "lib") + "/a.py": lines(number + 1)}, at=day(number))
    ledger = dossier_of(repo).ledger
    assert (ledger.value("sleep.habit.touched"), ledger.value("sleep.habit.window")) == (3, 5)


def _answers(dossier_of: Callable[..., Dossier], repo: RepoBuilder, shas: list[str], **settings: Any) -> list[str]:
    return [canonical_json(dossier_of(repo, sha, **settings).to_json()) for sha in shas]


@pytest.mark.parametrize("seed", [1, 2])
def test_no_dossier_looks_ahead(
    repo: RepoBuilder,
    wander: Callable[..., list[str]],
    dossier_of: Callable[..., Dossier],
    open_workshop: Callable[..., Workshop],
    seed: int,
) -> None:
    """Later commits change no byte of an earlier dossier, nor does the way in which the index came to its line."""
    wander(repo, seed, 8)
    shas = repo.git("rev-list", "--first-parent", "HEAD", "--").split()[:4]
    before = _answers(dossier_of, repo, shas, shop=open_workshop(repo))
    repo.branch("other", shas[2])
    other = wander(repo, seed + 50, 4)
    repo.switch("main")
    wander(repo, seed + 100, 5)
    assert _answers(dossier_of, repo, shas, shop=open_workshop(repo)) == before
    shop = open_workshop(repo, fresh=False)
    for sha in (shas[1], other[-1], shas[3], repo.head, other[0], shas[0]):
        shop.index.follow(sha)
    assert _answers(dossier_of, repo, shas, shop=shop) == before


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("aaaaaaaaaaaa", "every commit"),
        ("abbbabbbabbb", "one commit in four"),
        ("abbbbabbbbabbb", "more than one commit in five"),
        ("abababxbabab", "one commit in two"),
    ],
)
def test_a_share_is_of_the_whole_history(
    repo: RepoBuilder, dossier_of: Callable[..., Dossier], monkeypatch: pytest.MonkeyPatch, pattern: str, text: str
) -> None:
    """One commit in so many is counted over the whole line, earlier lives included, and says when it is rounded."""
    monkeypatch.setattr(lineage, "_LONG_LINE", 12)
    for number, letter in enumerate(pattern):
        change = {"a": {"a.py": f"{number}\n"}, "b": {"b.py": f"{number}\n"}, "x": {"a.py": None}}[letter]
        repo.commit("step", change)  # type: ignore[arg-type]  # None takes the file out
    repo.commit("last", {"a.py": "end\n"})
    assert dossier_of(repo).ledger["past.1.one_in"].text == text


def test_clocks_that_run_backwards_make_no_pause(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """A step dated months before its parents does not follow them in time, and the next one follows the latest."""
    for day in ("08-01", "08-11", "08-21", "09-10", "09-20"):
        repo.commit(f"fix: on {day}", {"a.py": f"x = '{day}'\n"}, at=f"2024-{day}T12:00:00+00:00")
    skewed = repo.commit("fix: early", {"a.py": "x = 1\n"}, at="2024-05-01T12:00:00+00:00")
    late = repo.commit("fix: late", {"a.py": "x = 2\n"}, at="2024-09-30T12:00:00+00:00")
    ledger = dossier_of(repo, skewed).ledger
    assert not ledger.keys() & {"lineage.silence", "past.1.slept", "past.1.streak"}
    assert dossier_of(repo, late).ledger.value("lineage.silence") == 10 * 86400


def test_a_range_is_what_git_says_between_its_ends(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """A base beside the line, such as a maintenance tag, is compared with and counted from all the same."""
    repo.commit("feat: begin", {"a.py": "a = 1\n"})
    repo.branch("stable")
    fixed = repo.commit("fix: on stable", {"b.py": "b = 1\n"})
    repo.switch("main")
    repo.commit("feat: on main", {"c.py": "c = 1\n"})
    repo.merge("stable")
    repo.commit("feat: after", {"d.py": "d = 1\n"})
    dossier = dossier_of(repo, f"{fixed}..HEAD")
    assert dossier.ledger.value("change.files") == 2
    coverage = dossier.coverage
    counted = coverage.told + coverage.grouped + sum(coverage.excluded.values())
    assert counted == int(repo.git("rev-list", "--count", f"{fixed}..HEAD"))
