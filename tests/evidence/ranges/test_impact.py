"""What went by component, what moved files kept, and modules that nothing imports any longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.dossier import Dossier
    from tests.conftest import RepoBuilder


def test_what_went_is_summed_by_component(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Files and lines of deletions, the biggest component first; a moved file is not among them."""
    moved = "".join(f"line {number} of it\n" for number in range(20))
    repo.commit("begin", {"a/x.py": "1\n2\n3\n", "b/y.py": "1\n", "b/z.py": moved, "keep.py": "k\n"})
    repo.commit("drop", {"a/x.py": None, "b/y.py": None, "b/z.py": None, "c/z.py": moved + "new\n"})
    ledger = dossier_of(repo, "HEAD~..HEAD").ledger
    assert (ledger.number("impact.gone_files"), ledger.number("impact.gone_lines")) == (2, 4)
    assert [ledger.string(f"{one}.component") for one in ledger.numbered("impact.gone")] == ["a", "b"]
    assert (ledger.number("impact.kept_files"), ledger.number("impact.kept_lines")) == (1, 20)


def test_a_module_that_lost_its_last_importer_is_named(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """One that another still imports is not, nor one that nobody ever imported."""
    repo.commit(
        "begin",
        {
            "pkg/__init__.py": "",
            "pkg/old.py": "x = 1\n",
            "pkg/shared.py": "y = 1\n",
            "pkg/lone.py": "z = 1\n",
            "pkg/user.py": "from pkg import old, shared\n",
            "pkg/other.py": "from pkg.shared import y\n",
        },
    )
    repo.commit("use no more", {"pkg/user.py": "pass\n"})
    ledger = dossier_of(repo, "HEAD~..HEAD").ledger
    assert [ledger.string(one) for one in ledger.numbered("impact.unreferenced")] == ["pkg/old.py"]


def test_a_module_imported_from_elsewhere_is_not_lost(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """A move with its importers adapted leaves nothing unreferenced."""
    text = "".join(f"name_{number} = {number}\n" for number in range(20))
    repo.commit("begin", {"pkg/__init__.py": "", "pkg/a.py": text, "pkg/user.py": "from pkg import a\n"})
    repo.commit("move", {"pkg/a.py": None, "pkg/b.py": text, "pkg/user.py": "from pkg import b\n"})
    assert not dossier_of(repo, "HEAD~..HEAD").ledger.numbered("impact.unreferenced")
