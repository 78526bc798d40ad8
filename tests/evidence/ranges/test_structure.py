"""The tree where it changed, and new files with their own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.dossier import Dossier, Ledger
    from tests.conftest import RepoBuilder


def rows(ledger: Ledger) -> dict[str, str]:
    """The rows of the tree with what a new one says of itself."""
    found = (entry for entry in ledger.numbered("tree") if f"{entry}.path" in ledger)
    return {
        ledger.string(f"{entry}.path"): f"{ledger.string(f'{entry}.state')} {ledger.string(f'{entry}.about')}".strip()
        for entry in found
    }


def test_a_new_folder_is_shown_with_its_own_words(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """The way to it is shown too, and a folder that was there says nothing."""
    repo.commit("begin", {"pkg/__init__.py": '"""Old."""\n', "docs/a.md": "# A\n"})
    repo.commit("feat: plugins", {"pkg/plugins/__init__.py": '"""Plugins of others."""\n'})
    ledger = dossier_of(repo, "HEAD~..HEAD").ledger
    assert rows(ledger) == {"pkg/": "", "pkg/plugins/": "new Plugins of others."}


def test_a_folder_that_went_is_named_once(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Of a tree that is gone its top is told."""
    repo.commit("begin", {"a.py": "a\n", "old/x/y.py": "y\n", "old/z.py": "z\n"})
    repo.commit("drop it", {"old/x/y.py": None, "old/z.py": None})
    ledger = dossier_of(repo, "HEAD~..HEAD").ledger
    assert [ledger.string(one) for one in ledger.numbered("tree.gone")] == ["old/"]


def test_a_tree_that_kept_its_folders_is_not_told(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Nor is one that gained folders of tests alone."""
    repo.commit("begin", {"pkg/a.py": "a\n"})
    repo.commit("test: more", {"tests/unit/test_a.py": "def test_a() -> None:\n    pass\n"})
    assert not rows(dossier_of(repo, "HEAD~..HEAD").ledger)


def test_new_files_stand_by_group(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Documentation, code, tests and the rest; what this tool writes is nobody's new file, a README beside it is."""
    repo.commit("begin", {"a.py": "a\n"})
    repo.commit(
        "add",
        {
            "docs/guide.md": "# Guide\n\nHow to do it.\n",
            "pkg/b.py": '"""Reads."""\n',
            "tests/test_b.py": "b\n",
            "Makefile": "all:\n",
            "reports/README.md": "# Runs\n",
            "reports/speed/1.json": "{}\n",
            "patches/patch_1.md": "x\n",
        },
    )
    ledger = dossier_of(repo, "HEAD~..HEAD").ledger
    found = {
        group: [ledger.string(f"{one}.path") for one in ledger.numbered(f"new.{group}.file")]
        for group in ("documentation", "code", "tests", "organization")
    }
    assert found == {
        "documentation": ["docs/guide.md", "reports/README.md"],
        "code": ["pkg/b.py"],
        "tests": ["tests/test_b.py"],
        "organization": ["Makefile"],
    }
    assert ledger.string("new.documentation.file.1.about") == "How to do it."
    assert ledger.number("new.count") == 5


def test_many_new_files_are_counted_by_folder(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Forty modules are two lines, and none is dropped from the count."""
    repo.commit("begin", {"a.py": "a\n"})
    files = {f"pkg/{part}/m{number}.py": f"{part} {number}\n" for part in "xy" for number in range(20)}
    repo.commit("add", files)
    ledger = dossier_of(repo, "HEAD~..HEAD").ledger
    folders = ledger.numbered("new.code.folder")
    assert [(ledger.string(f"{one}.path"), ledger.number(f"{one}.files")) for one in folders] == [
        ("pkg/x/", 20),
        ("pkg/y/", 20),
    ]
    assert ledger.number("new.code.files") == 40


def test_what_tests_read_is_theirs(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """A README among fixtures documents nothing, and many new tests are counted no deeper than two folders."""
    repo.commit("begin", {"a.py": "a\n"})
    files = {f"tests/fixtures/part{number}/README.md": "# It\n" for number in range(12)}
    repo.commit("test: more", files)
    ledger = dossier_of(repo, "HEAD~..HEAD").ledger
    assert "new.documentation.files" not in ledger
    assert ledger.string("new.tests.folder.1.path") == "tests/fixtures/"
    assert ledger.number("new.tests.folder.1.files") == 12
