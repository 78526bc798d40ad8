"""What words claim of a document's sections is held to its ledger, and so is a title that somebody gives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from chronicles.documents.patch_claims import find_contradicted
from chronicles.dossier import Fact, Ledger, Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran, RepoBuilder

_DENIALS = [
    "No breaking changes.",
    "**No** known breaking changes",
    "Without any breaking changes, this is safe.",
    "There are zero breaking changes",
    "Nothing breaks for you",
    "It doesn’t break anything",
    "Fully backwards compatible",
    "Breaking changes: none",
    "free of breakage",
    "no failed checks",
    "No checks failed",
    "not a single failing test",
    "Nothing failed.",
    "All checks pass",
    "all of the tests have passed",
    "every check is green",
    "No files moved",
    "nothing was moved",
    "no renames",
]


def _ledger(*facts: tuple[str, str]) -> Ledger:
    return Ledger([Fact(key, value, "name", value, value, Source.GIT, "true") for key, value in facts])


_ALL = _ledger(("broken.1.kind", "removed"), ("check.1.result", "failed"), ("moved.1.to", "b/"))
_NONE = _ledger(("check.1.result", "passed"))


@pytest.mark.parametrize("line", _DENIALS)
def test_a_denial_is_held_to_the_ledger(line: str) -> None:
    """It is false where the document tells what it denies, and true where there is none."""
    assert list(find_contradicted(line, _ALL))
    assert not list(find_contradicted(line, _NONE))


@pytest.mark.parametrize(
    "line",
    [
        "There are breaking changes: see below.",
        "No more than this, and breaking news",
        "The failed checks are being mended",
        "Not all tests ran",
        "`no breaking changes` is a setting",
        "A change of 2² and 10⁹, in ① and ②",
        "Nobody moved",
        "Breaking changes: no longer only in `a`",
    ],
)
def test_what_denies_nothing(line: str) -> None:
    """Words alike that say something else."""
    assert not list(find_contradicted(line, _ALL))


def test_that_all_passed_wants_a_record() -> None:
    """Where no check ran, or one did not, nobody can say so."""
    assert list(find_contradicted("all tests passed", _ledger()))
    assert list(find_contradicted("all tests passed", _ledger(("check.1.result", "not run"))))


def test_a_fraction_is_no_fact(repo: RepoBuilder, run: Callable[..., Ran]) -> None:
    """One sign is a number too, and a denial beside it is found on the page whoever signs it."""
    page = _begin(repo, run)
    text = page.read_text("utf-8")
    page.write_text(text.replace("## Overview\n", "## Overview\n\n½ of the commits; all tests pass.\n"), "utf-8")
    run(repo.path, "adopt", str(page), "--name", "Ann")
    found = run(repo.path, "verify")
    assert found.code == 1
    assert "signed by Ann, but no fact is a fraction" in found.out
    assert "not every check ran and passed" in found.out


def _begin(repo: RepoBuilder, run: Callable[..., Ran]) -> Path:
    repo.commit("feat: begin", {"a.py": "A = 1\n"})
    repo.tag("v1.0")
    repo.commit("feat: add b", {"b.py": "B = 1\n"})
    assert run(repo.path, "patch").code == 0
    return repo.path / "patches/patch_1.md"


@pytest.mark.parametrize(
    "title",
    [
        "99 % faster",
        "Much slower, alas",
        "The regression release",
        "12 Breaking Changes",
        "Two new files",
        "all 412 tests passed",
        "All checks pass",
        "`99 % faster`",
        "<!-- 7 commits -->",
        "½ of it",
        "✅ done",
        "All of core/gone.py",
    ],
)
def test_a_title_is_held_like_a_signed_line(repo: RepoBuilder, run: Callable[..., Ran], title: str) -> None:
    """`patch --title` says at once what `verify` will call false, and the sidecar's title is as false."""
    page = _begin(repo, run)
    told = run(repo.path, "patch", "--title", title)
    assert told.code == 0
    assert "the title says" in told.err
    found = run(repo.path, "verify")
    assert found.code == 1
    assert "the title that somebody gave it" in found.out
    assert json.loads(page.with_suffix(".json").read_text("utf-8"))["episode"]["patch"]["title"] == title


@pytest.mark.parametrize(
    "title",
    ["A new home", "v2.0", "2.0", "2.0 release", "Release 7", "Spring 2024", "Python 3.13", "May 2024", "b.py and more",
     "One new file", "1 commit by Ada", "No breaking changes", "Regression tests"],
)  # fmt: skip
def test_a_plain_name_passes(repo: RepoBuilder, run: Callable[..., Ran], title: str) -> None:
    """Names, versions and days say nothing of the repository; what is true may be said."""
    _begin(repo, run)
    told = run(repo.path, "patch", "--title", title)
    assert "the title says" not in told.err, told.err
    assert run(repo.path, "verify", "--strict").code == 0
