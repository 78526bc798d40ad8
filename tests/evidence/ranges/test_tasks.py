"""What is left to do, in the repository's own words and with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.dossier import Dossier, Ledger
    from tests.conftest import RepoBuilder


def tasks(ledger: Ledger) -> list[tuple[str, str]]:
    """Text and place of each task."""
    found = []
    for entry in (one for one in ledger.numbered("task") if f"{one}.text" in ledger):
        place = ledger.string(f"{entry}.commit")[:7] or (
            f"{ledger.string(f'{entry}.path')}:{ledger.number(f'{entry}.line'):.0f}"
        )
        found.append((ledger.string(f"{entry}.text"), place))
    return found


def test_trailers_boxes_and_notes_are_tasks(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Each is quoted with where it stands; a ticked box, an older note and a note that went are none."""
    repo.commit("begin", {"a.py": "# TODO: an older one\n", "b.py": "# FIXME soon gone\n"})
    sha = repo.commit(
        "feat: go on\n\nNext: write the guide",
        {
            "a.py": "# TODO: an older one\nx = 1  # FIXME: speed this up\n",
            "b.py": "y = 2\n",
            "ROADMAP.md": "# Plan\n\n- [x] begin\n- [ ] end it\n",
        },
    )
    late = repo.commit(
        "fix: b\n\nIt was wrong.\n\nRefs: #12\nRefs: 50bfe239e327\nSigned-off-by: Ada", {"b.py": "y = 3\n"}
    )
    assert tasks(dossier_of(repo, "HEAD~2..HEAD").ledger) == [
        ("write the guide", sha[:7]),
        ("Refs: #12", late[:7]),
        ("end it", "ROADMAP.md:4"),
        ("FIXME: speed this up", "a.py:2"),
    ]


def test_nothing_is_concluded(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Without such words there is no next step."""
    repo.commit("begin", {"a.py": "a\n"})
    repo.commit("refactor: a, more to come", {"a.py": "todo = []\n"})
    assert not tasks(dossier_of(repo, "HEAD~..HEAD").ledger)


def test_too_many_notes_are_counted(repo: RepoBuilder, dossier_of: Callable[..., Dossier]) -> None:
    """Fifteen are named and the others counted."""
    repo.commit("begin", {"a.py": "a\n"})
    repo.commit("notes", {"a.py": "".join(f"# TODO number {word}\n" for word in "abcdefghijklmnopqrst")})
    ledger = dossier_of(repo, "HEAD~..HEAD").ledger
    assert len(tasks(ledger)) == 15
    assert ledger.number("task.left_out_note") == 5
