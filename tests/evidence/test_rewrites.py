"""Whose lines a change removes: blame of the removed lines, in ten files at most."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.dossier import Dossier
    from tests.conftest import RepoBuilder

DAY = 86400
START = datetime(2024, 1, 1, 12, tzinfo=UTC)
GRACE = ("Grace", "grace@example.org")


def day(number: int) -> datetime:
    """Noon of a day, counted from the first of January 2024."""
    return START + timedelta(days=number)


def lines(first: int, last: int, word: str = "line") -> str:
    """Different lines, numbered."""
    return "".join(f"{word} {n}\n" for n in range(first, last))


def test_removed_lines_lead_to_the_steps_that_brought_them(
    repo: RepoBuilder, dossier_of: Callable[..., Dossier]
) -> None:
    """Lines, ages, shares and authors of the sources, the greatest first; of them the oldest and the median."""
    one = repo.commit("one", {"a.py": lines(0, 10)}, at=day(0))
    two = repo.commit("two", {"a.py": lines(0, 10) + lines(10, 13, "word")}, at=day(60), author=GRACE)
    repo.commit("change", {"a.py": lines(0, 3) + "new\n"}, at=day(80))
    ledger = dossier_of(repo).ledger
    assert ledger.value("rewrite.lines") == 10
    assert ledger.value("rewrite.sources") == 2
    assert [ledger.value(f"rewrite.source.{n}.sha") for n in (1, 2)] == [one, two]
    assert [ledger.value(f"rewrite.source.{n}.lines") for n in (1, 2)] == [7, 3]
    assert [ledger.value(f"rewrite.source.{n}.age") for n in (1, 2)] == [80 * DAY, 20 * DAY]
    assert [ledger.value(f"rewrite.source.{n}.share") for n in (1, 2)] == [70, 30]
    assert [ledger.value(f"rewrite.source.{n}.author") for n in (1, 2)] == ["Ada", "Grace"]
    assert [ledger.value(f"rewrite.source.{n}.brought") for n in (1, 2)] == [10, 3]
    assert ledger.value("rewrite.oldest.sha") == one
    assert ledger.value("rewrite.oldest.lines") == 7
    assert ledger.value("rewrite.median_age") == 80 * DAY
    assert ledger.value("rewrite.own_lines") == 7
    assert ledger.value("rewrite.young_lines") == 3


def test_the_sum_of_the_sources_is_what_git_removed(
    repo: RepoBuilder, wander: Callable[..., list[str]], dossier_of: Callable[..., Dossier]
) -> None:
    """Where no file is left out, blame accounts for every removed line written by hand."""
    wander(repo, 21, 14)
    kept = ("src/a.py", "src/b.py")
    repo.commit("base", {name: lines(0, 40, name) for name in kept})
    repo.commit("edit", {kept[0]: lines(5, 40, kept[0]), kept[1]: lines(0, 20, kept[1]) + lines(30, 40, kept[1])})
    ledger = dossier_of(repo).ledger
    assert ledger.value("rewrite.lines") == ledger.value("change.deletions") == 15


def test_pure_additions_rewrite_nothing(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Neither a root nor a change that only adds has facts of rewriting."""
    repo.commit("one", {"a.py": lines(0, 5)})
    assert not [key for key in dossier_of(repo).ledger if key.startswith("rewrite.")]
    repo.commit("two", {"a.py": lines(0, 9)})
    assert not [key for key in dossier_of(repo).ledger if key.startswith("rewrite.")]


def test_ten_files_are_read_and_the_rest_is_said(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Blame reads the ten files with the most removed lines; how many it left out is a fact."""
    names = [f"src/m{chr(97 + n)}.py" for n in range(13)]
    repo.commit("one", {name: lines(0, 5 + n, name) for n, name in enumerate(names)})
    repo.commit("two", dict.fromkeys(names))
    ledger = dossier_of(repo).ledger
    assert ledger.value("rewrite.files_left_out") == 3
    assert ledger.value("rewrite.lines") == sum(5 + n for n in range(3, 13))
    assert ledger["rewrite.files_left_out"].text == "three files"


def test_lines_of_a_merge_are_the_merges(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """A line is traced to the step of this line that brought it, whose page tells it, and to nobody's hand."""
    repo.commit("one", {"a.py": "keep\n"})
    repo.branch("topic")
    repo.commit("side", {"b.py": lines(0, 9)}, author=GRACE)
    repo.switch("main")
    merge = repo.merge("topic")
    repo.commit("three", {"b.py": lines(0, 4)})
    ledger = dossier_of(repo).ledger
    assert ledger.value("rewrite.source.1.sha") == merge
    assert "rewrite.source.1.author" not in ledger
    assert ledger.value("rewrite.own_lines") == 0


def test_a_renamed_file_keeps_its_lines(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Lines removed while a file moves are looked up under its old name."""
    one = repo.commit("one", {"old name.py": lines(0, 20)})
    repo.commit("move", {"old name.py": None, "lib/new.py": lines(2, 20)})
    ledger = dossier_of(repo).ledger
    assert ledger.value("change.renamed_files") == 1
    assert ledger.value("rewrite.source.1.sha") == one
    assert ledger.value("rewrite.lines") == 2


@pytest.mark.parametrize("name", ["poetry.lock", "vendor/lib.js", "dist/app.min.js"])
def test_nobody_wrote_generated_lines(repo: RepoBuilder, dossier_of: Callable[..., Dossier], name: str) -> None:
    """Lock, vendored and generated files are not blamed."""
    repo.commit("one", {name: lines(0, 20)})
    repo.commit("two", {name: lines(0, 5)})
    assert "rewrite.lines" not in dossier_of(repo).ledger


def test_a_quick_reading_blames_nobody_and_says_so(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Without blame there is no fact of it, and the subject carries the reading."""
    repo.commit("one", {"a.py": lines(0, 20)})
    repo.commit("two", {"a.py": lines(0, 5)})
    quick = dossier_of(repo, reading="quick")
    assert not [key for key in quick.ledger if key.startswith(("rewrite.", "symbol.", "api.", "import."))]
    assert quick.subject.reading == "quick"
    assert quick.to_json()["subject"]["reading"] == "quick"
    assert "rewrite.lines" in dossier_of(repo).ledger


def test_a_submodule_is_no_file_to_blame(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """The commit that a submodule stood at is a removed line of the patch, and no blame can trace it."""
    repo.commit("feat: begin", {"a.txt": "a\n"})
    for digit in ("a", "b"):
        repo.git("update-index", "--add", "--cacheinfo", f"160000,{digit * 40},sub")
        repo.commit(f"build: sub at {digit}")
    assert "rewrite.lines" not in dossier_of(repo, "HEAD").ledger
