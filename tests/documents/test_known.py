"""What a subject has is what its commits and its trees have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chronicles.documents.foreign import check_mentions, find_mentions
from chronicles.documents.known import known_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.dossier import Dossier
    from chronicles.evidence.build import Workshop
    from tests.conftest import RepoBuilder


def test_a_range_has_what_each_of_its_commits_has(
    repo: RepoBuilder, open_workshop: Callable[..., Workshop], dossier_of: Callable[..., Dossier]
) -> None:
    """Issues, authors, code, days and hashes of merged commits, paths of both trees, tags; and nothing from before."""
    repo.commit("feat: before all (#1)", {"a.py": "A = 1\n", "gone.py": "G = 1\n"}, author=("Zoe", "z@x.org"))
    repo.commit("feat: begin (#2)", {"b.py": "B = 1\n"})
    repo.tag("v1.0")
    repo.branch("side")
    merged = repo.commit(
        "fix: a thing (#12)\n\nIt needs `FROBNICATE=1` now.",
        {"c.py": "C = 1\n"},
        author=("Grace Hopper", "g@x.org"),
        at="2024-02-03T10:00:00+00:00",
    )
    repo.switch("main")
    repo.commit("chore: go", {"gone.py": None})
    repo.merge("side")
    shop = open_workshop(repo)
    known = known_of(dossier_of(repo, "v1.0..HEAD", shop=shop), shop.repository)
    said = (
        f"Since `v1.0`, `Grace Hopper` fixed #12 on 2024-02-03 in `{merged[:7]}`: set `FROBNICATE=1`;"
        " `c.py` is new and `gone.py` is gone."
    )
    assert check_mentions(find_mentions(said), known) == []
    for wrong in ("#1", "#13", "`1234567`", "`Nobody`", "`FROBNICATE=2`", "2024-02-04", "`d.py`"):
        assert check_mentions(find_mentions(f"It is {wrong} here."), known), wrong
