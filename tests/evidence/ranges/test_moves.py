"""Moves are known by content, grouped by their new home, and followed where they were rewritten on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.dossier import Dossier, Ledger
    from tests.conftest import RepoBuilder


def text(name: str, lines: int = 30) -> str:
    """Contents that no other name has."""
    return "".join(f"{name} {number} of {name}\n" for number in range(lines))


def lines_of(ledger: Ledger) -> dict[str, list[str]]:
    """The lines under each home, as `old -> new (files)`."""
    found = {}
    for entry in ledger.numbered("moved"):
        found[ledger.string(f"{entry}.to")] = [
            f"{ledger.string(f'{line}.from')} -> {ledger.string(f'{line}.to')} ({ledger.number(f'{line}.files'):.0f})"
            for line in ledger.numbered(f"{entry}.line")
        ]
    return found


def test_the_home_is_the_topmost_new_folder(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Into a folder that is new, its top is the home; into one that was there, the folder itself."""
    repo.commit("begin", {"a/one.py": text("one"), "a/two.py": text("two"), "c.py": text("c"), "lib/x.py": "x\n"})
    repo.commit(
        "move",
        {"a/one.py": None, "a/two.py": None, "c.py": None}
        | {"old/deep/one.py": text("one"), "old/deep/two.py": text("two"), "lib/c.py": text("c")},
    )
    ledger = dossier_of(repo, "HEAD~..HEAD").ledger
    assert lines_of(ledger) == {"old/": ["a/ -> old/deep/ (2)"], "lib/": ["c.py -> lib/c.py (1)"]}
    assert ledger.number("moved.count") == 3


def test_a_message_moves_nothing(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """What a message calls a move and content does not is no move."""
    repo.commit("begin", {"a.py": text("a")})
    repo.commit("refactor: move a.py to b.py", {"a.py": None, "b.py": text("b")})
    ledger = dossier_of(repo, "HEAD~..HEAD").ledger
    assert "moved.count" not in ledger
    assert ledger.number("impact.gone_files") == 1


def test_a_file_rewritten_after_its_move_has_moved(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """The two trees show a deletion and an addition; the commits between show where it went, over two steps too."""
    repo.commit("begin", {"a.py": text("a"), "keep.py": "k\n"})
    repo.tag("v1")
    repo.commit("move", {"a.py": None, "lib/a.py": text("a")})
    repo.commit("move on", {"lib/a.py": None, "core/a.py": text("a")})
    repo.commit("rewrite", {"core/a.py": text("other")})
    ledger = dossier_of(repo, "v1..HEAD").ledger
    assert lines_of(ledger) == {"core/": ["a.py -> core/a.py (1)"]}
    assert ledger.number("moved.rewritten") == 1
    assert "impact.gone_files" not in ledger
    assert "new.count" not in ledger


def test_a_reason_needs_somebody_who_states_one(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """The message of the commit that moved the files is quoted where it gives a cause, else nothing is."""
    repo.commit("begin", {f"a/{name}.py": text(name) for name in ("one", "two")})
    repo.commit(
        "move\n\nThe demos move away because they need packages that nobody has installed.",
        {f"a/{name}.py": None for name in ("one", "two")} | {f"b/{name}.py": text(name) for name in ("one", "two")},
    )
    ledger = dossier_of(repo, "HEAD~..HEAD").ledger
    assert ledger.string("moved.1.reason").endswith("because they need packages that nobody has installed.")
    assert ledger.string("moved.1.reason_commit") == repo.git("rev-parse", "HEAD")
    repo.commit(
        "back\n\nA second thought.",
        {f"b/{name}.py": None for name in ("one", "two")} | {f"a/{name}.py": text(name) for name in ("one", "two")},
    )
    assert "moved.1.reason" not in dossier_of(repo, "HEAD~..HEAD").ledger


def test_many_folders_are_told_by_their_roots(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """A tree of twenty folders that moves as one is one line."""
    names = [f"part{number}/f.py" for number in range(20)]
    repo.commit("begin", {f"src/{name}": text(name) for name in names})
    repo.commit("move", {f"src/{name}": None for name in names} | {f"lib/{name}": text(name) for name in names})
    ledger = dossier_of(repo, "HEAD~..HEAD").ledger
    assert lines_of(ledger) == {"lib/": ["src/ -> lib/ (20)"]}


def test_a_new_name_in_the_old_folder_is_no_move(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """It is told as renamed, after the moves, and names no home."""
    repo.commit("begin", {"LICENSE.rst": text("licence"), "a/one.py": text("one")})
    repo.commit(
        "rename",
        {"LICENSE.rst": None, "LICENSE.txt": text("licence"), "a/one.py": None, "b/one.py": text("one")},
    )
    ledger = dossier_of(repo, "HEAD~..HEAD").ledger
    assert lines_of(ledger) == {"b/": ["a/one.py -> b/one.py (1)"], "": ["LICENSE.rst -> LICENSE.txt (1)"]}
    assert "moved.2.to" not in ledger


def test_two_empty_files_are_no_move(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Git pairs them by their content, which is none; one that goes along with its package has moved."""
    repo.commit("begin", {"a/__init__.py": "", "a/one.py": text("one"), "gone/__init__.py": ""})
    repo.commit(
        "move",
        {"a/__init__.py": None, "a/one.py": None, "gone/__init__.py": None}
        | {"b/__init__.py": "", "b/one.py": text("one"), "tests/fixtures/x/__init__.py": ""},
    )
    ledger = dossier_of(repo, "HEAD~..HEAD").ledger
    assert lines_of(ledger) == {"b/": ["a/ -> b/ (2)"]}
    assert ledger.number("impact.gone_files") == 1
    assert ledger.number("new.count") == 1


def test_moves_of_tests_concern_nobody_outside(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """They stand last, marked, and are neither the title's nor the overview's."""
    names = [f"test_{number}.py" for number in range(9)]
    repo.commit("begin", {f"tests/{name}": text(name) for name in names} | {"a.py": text("a")})
    repo.commit(
        "move",
        {f"tests/{name}": None for name in names}
        | {f"tests/unit/{name}": text(name) for name in names}
        | {"a.py": None, "lib/a.py": text("a")},
    )
    dossier = dossier_of(repo, "HEAD~..HEAD")
    assert list(lines_of(dossier.ledger)) == ["lib/", "tests/unit/"]
    assert "moved.1.reach" not in dossier.ledger
    assert "moved.2.reach" in dossier.ledger
    assert "span.home" not in {claim.id for claim in dossier.claims}
