"""Dossiers by several processes."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from chronicles.dossier import SubjectKey
from chronicles.evidence import parallel

if TYPE_CHECKING:
    from collections.abc import Callable

    from chronicles.evidence.build import Workshop
    from tests.conftest import RepoBuilder


def keys_of(repo: RepoBuilder, shop: Workshop) -> list[SubjectKey]:
    """More subjects than one process is given, and the index that holds them."""
    for number in range(26):
        repo.commit(f"fix: step {number}", {f"part{number % 3}.py": f"def f{number}():\n    return {number}\n"})
    last = shop.index.follow(repo.head)
    steps = [step.sha for step in shop.index.steps(0, last)]
    return [SubjectKey("commit", (sha,), shop.parent(depth), "full") for depth, sha in enumerate(steps)]


def test_what_processes_analyse_is_kept(repo: RepoBuilder, open_workshop: Callable[..., Workshop]) -> None:
    """Each process writes to the cache what it found before it ends."""
    shop = open_workshop(repo, fresh=False)
    list(parallel.build_dossiers(shop, keys_of(repo, shop), jobs=2))
    db = sqlite3.connect(shop.caches / "blobs.sqlite")
    (kept,) = db.execute("SELECT count(*) FROM found").fetchone()
    db.close()
    assert kept == 26


def test_an_index_in_memory_is_read_by_one_process(
    repo: RepoBuilder, open_workshop: Callable[..., Workshop], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the repository cannot hold an index, the other processes, which would have none, are not started."""
    monkeypatch.setattr(parallel, "ProcessPoolExecutor", lambda *_args, **_named: pytest.fail("a pool was started"))
    (repo.path / ".git" / "chronicles").write_text("in the way", encoding="utf-8")
    shop = open_workshop(repo, fresh=False)
    keys = keys_of(repo, shop)
    assert [dossier.subject for dossier in parallel.build_dossiers(shop, keys, jobs=2)] == keys
