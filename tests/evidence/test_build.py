"""Dossiers as a whole: pure, complete, and marked by what made them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from chronicles.claims import versions
from chronicles.dossier import SubjectKey, canonical_json
from chronicles.evidence.build import VERSIONS, build_dossier

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.dossier import Dossier
    from chronicles.evidence.build import Workshop
    from tests.conftest import RepoBuilder


def test_the_order_of_building_is_no_matter(
    repo: RepoBuilder,
    wander: Callable[..., list[str]],
    dossier_of: Callable[..., Dossier],
    open_workshop: Callable[..., Workshop],
) -> None:
    """Forwards or backwards, with or without a cache, alone or in one run, a dossier has the same bytes."""
    wander(repo, 41, 10)
    shas = repo.git("rev-list", "--first-parent", "HEAD", "--").split()

    def texts(order: list[str], shop: Workshop | None) -> dict[str, str]:
        return {sha: canonical_json(dossier_of(repo, sha, shop=shop).to_json()) for sha in order}

    expected = texts(shas, open_workshop(repo))
    assert texts(shas[::-1], open_workshop(repo)) == expected
    assert texts(shas[::3], open_workshop(repo, fresh=False)).items() <= expected.items()
    assert texts(shas, open_workshop(repo, fresh=False)) == expected
    assert texts(shas[-2:], None).items() <= expected.items()


def test_nothing_is_written_by_a_fresh_workshop(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Verification reads no cache and leaves none, and no reading touches the work tree or the index."""
    repo.commit("begin", {"a.py": "1\n"})
    before = {path: path.stat().st_mtime_ns for path in repo.path.rglob("*") if path.is_file()}
    dossier_of(repo)
    assert {path: path.stat().st_mtime_ns for path in repo.path.rglob("*") if path.is_file()} == before
    dossier_of(repo, fresh=False)
    new = [path for path in repo.path.rglob("*") if path.is_file() and path not in before]
    assert new
    assert all(path.parent.name == "chronicles" for path in new)


def test_made_by_names_every_family_and_the_rules(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Versions of facts, claims and tools are carried, and other rules are told from these."""
    repo.commit("begin", {"a/x.py": "1\n"})
    dossier = dossier_of(repo)
    assert VERSIONS.keys() | versions().keys() | {"rules"} == dossier.made_by.keys()
    assert {fact.family for fact in dossier.ledger.values()} <= VERSIONS.keys()
    python = f"python {sys.version_info.major}.{sys.version_info.minor}"
    assert {key for key, made in dossier.made_by.items() if python in made} == {"symbol", "api", "import"}
    other = dossier_of(repo, components=("a/*",))
    assert {key for key in other.made_by if other.made_by[key] != dossier.made_by[key]} == {"rules"}


def test_a_quick_reading_is_part_of_the_full_one(
    repo: RepoBuilder,
    wander: Callable[..., list[str]],
    dossier_of: Callable[..., Dossier],
    open_workshop: Callable[..., Workshop],
) -> None:
    """What a quick reading does tell is what the full one tells, its redactions apart, and it says that it is quick."""
    wander(repo, 42, 10)
    shop = open_workshop(repo)
    for sha in repo.git("rev-list", "--first-parent", "HEAD", "--").split():
        quick, full = (dossier_of(repo, sha, shop=shop, reading=reading) for reading in ("quick", "full"))
        assert (quick.subject.reading, full.subject.reading) == ("quick", "full")
        for fact_id, fact in quick.ledger.items():
            assert full.ledger[fact_id] == fact or fact_id == "commit.redactions"
        extra = {fact.family for fact_id, fact in full.ledger.items() if fact_id not in quick.ledger}
        assert extra <= {"symbol", "api", "import", "rewrite"}
        assert not {"symbol", "api", "import", "rewrite"} & {fact.family for fact in quick.ledger.values()}


@pytest.mark.parametrize(
    ("place", "line"),
    [(".gitattributes", "made/* linguist-generated"), ("made/.gitattributes", "*.py linguist-generated")],
)
def test_marks_are_read_from_the_commits_own_tree(
    repo: RepoBuilder, dossier_of: Callable[..., Dossier], place: str, line: str
) -> None:
    """A linguist mark holds as the commit has it, whatever the work tree says now."""
    repo.commit("begin", {place: f"{line}\n", "made/a.py": "x = 1\n" * 30})
    marked = repo.head
    repo.commit("unmark", {place: "\n", "made/a.py": "x = 2\n" * 30})
    assert dossier_of(repo, marked).ledger.value("kind.generated.files") == 1
    assert "kind.generated.files" not in dossier_of(repo).ledger


def test_an_empty_commit_has_a_dossier(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """A commit without changes counts none and claims nothing of sizes."""
    repo.commit("begin", {"a.py": "1\n"})
    repo.commit("chore: nothing")
    dossier = dossier_of(repo)
    assert [dossier.ledger.value(f"change.{what}") for what in ("files", "insertions", "deletions")] == [0, 0, 0]
    assert dossier.ledger.value("change.complexity_score") == 0
    assert not [claim for claim in dossier.claims if claim.family in {"size", "kind", "reading"}]


def test_a_group_says_what_it_tells_and_groups(repo: RepoBuilder, open_workshop: Callable[..., Workshop]) -> None:
    """Steps are told, what merges brought is grouped, and steps that asked to be skipped are excluded by that rule."""
    base = repo.commit("begin", {"a.py": "1\n"})
    repo.branch("topic")
    repo.commit("side", {"b.py": "1\n"})
    repo.commit("side too", {"b.py": "2\n"})
    repo.switch("main")
    repo.merge("topic")
    repo.commit("chore: quiet\n\nChronicle: skip", {"c.py": "1\n"})
    repo.commit("chore: page", {"episodes/x.md": "1\n"})
    shop = open_workshop(repo)
    shop.index.follow(repo.head)
    steps = tuple(repo.git("rev-list", "--first-parent", f"{base}..HEAD").split())
    coverage = build_dossier(shop, SubjectKey("group", steps, base)).coverage
    assert (coverage.told, coverage.grouped) == (1, 2)
    assert coverage.excluded == {"trailer `Chronicle: skip`": 1, "only our own output": 1}


def test_submodules_links_and_cases_are_told(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """A submodule has no content to read, a link is its target, and names that differ in case are two."""
    first = repo.commit("begin", {"Case.py": "a = 1\n", "case.py": "b = 1\n"})
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{first},sub")
    repo.write({"link.py": repo.path.__class__("Case.py")})
    repo.commit("odd ones")
    ledger = dossier_of(repo).ledger
    assert ledger.value("change.files") == 2
    assert ledger.value("change.insertions") == 2
    assert dossier_of(repo, "HEAD~1").ledger.value("change.files") == 2
