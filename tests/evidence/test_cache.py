"""The cache of analyses: it saves work and never changes an answer, whatever befalls its file."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from chronicles.dossier import Dossier, canonical_json
from chronicles.evidence import cache as cache_module
from chronicles.evidence.cache import BlobCache

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import RepoBuilder


def counting(value: Any) -> tuple[Callable[[], Any], list[int]]:
    """A function that gives a value, and a list as long as it was asked."""
    asked: list[int] = []

    def make() -> Any:
        asked.append(1)
        return value

    return make, asked


@pytest.mark.parametrize("value", [{"a": [1, None, "ü\udcff"]}, [], None, 0])
def test_a_value_is_made_once(tmp_path: Path, value: Any) -> None:
    """What was found is found again, also by the next run, and nothing at all is a finding too."""
    make, asked = counting(value)
    with BlobCache(tmp_path / "c") as cache:
        assert [cache.get("k", make), cache.get("k", make)] == [value, value]
    with BlobCache(tmp_path / "c") as cache:
        assert cache.get("k", make) == value
    assert len(asked) == 1


def test_without_a_folder_nothing_is_kept(tmp_path: Path) -> None:
    """A cache without a place serves one run only."""
    make, asked = counting(1)
    for _ in range(2):
        with BlobCache() as cache:
            cache.get("k", make)
            cache.get("k", make)
    assert len(asked) == 2
    assert not list(tmp_path.iterdir())


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest value goes when there are too many, and is made again when it is asked for."""
    monkeypatch.setattr(cache_module, "_REMEMBERED", 2)
    make, asked = counting(1)
    with BlobCache() as cache:
        for key in ("a", "b", "a", "c", "a", "b"):
            cache.get(key, make)
        assert len(cache._near) == 2
    assert len(asked) == 4  # a, b, c, and b again


@pytest.mark.parametrize("damage", ["garbage", "torn", "emptied", "a folder", "a file in the way"])
def test_damage_costs_work_and_nothing_else(tmp_path: Path, damage: str) -> None:
    """A cache that is torn, foreign or cannot be made answers all the same."""
    folder = tmp_path / "c"
    with BlobCache(folder) as cache:
        for number in range(300):
            cache.get(f"k{number}", lambda: "v" * 200)
    place = folder / "blobs.sqlite"
    if damage == "garbage":
        place.write_bytes(b"not a database " * 300)
    elif damage == "torn":
        place.write_bytes(place.read_bytes()[:-9000])
    elif damage == "emptied":
        place.write_bytes(b"")
    else:
        place.unlink()
    if damage == "a folder":
        place.mkdir()
    if damage == "a file in the way":
        folder.rename(tmp_path / "old")
        folder.write_text("x", encoding="utf-8")
    make, asked = counting("new")
    with BlobCache(folder) as cache:
        assert {cache.get(f"fresh{number}", make) for number in range(3)} == {"new"}
    assert len(asked) == 3
    if damage in {"garbage", "torn", "emptied"}:
        with BlobCache(folder) as cache:
            assert cache.get("fresh0", make) == "new"
        assert len(asked) == 3, "a cache that was damaged is mended"


def test_pages_that_rot_are_no_answer(tmp_path: Path) -> None:
    """A file that is damaged in the middle is found out while it is read, and the work is done again."""
    folder = tmp_path / "c"
    with BlobCache(folder) as cache:
        for number in range(2000):
            cache.get(f"k{number}", lambda: "v" * 100)
    place = folder / "blobs.sqlite"
    raw = bytearray(place.read_bytes())
    raw[8192:] = b"\xa5" * (len(raw) - 8192)
    place.write_bytes(raw)
    with BlobCache(folder) as cache:
        assert {cache.get(f"k{number}", lambda: "made") for number in range(0, 2000, 50)} == {"made"}


def test_a_disk_that_refuses_to_write_is_no_error(tmp_path: Path) -> None:
    """A read-only database is read and not written."""
    with BlobCache(tmp_path) as cache:
        cache.get("k", lambda: 1)
    with BlobCache(tmp_path) as cache:
        assert cache._db is not None
        cache._db.execute("PRAGMA query_only = 1")
        assert cache.get("k", lambda: 2) == 1
        assert cache.get("other", lambda: 3) == 3


def test_another_run_may_write_at_the_same_time(tmp_path: Path) -> None:
    """Two runs with one cache do not disturb each other."""
    with BlobCache(tmp_path) as one, BlobCache(tmp_path) as two:
        assert one.get("k", lambda: "one") == "one"
        assert one._db is not None
        one._write()
        assert two.get("k", lambda: "two") == "one"
    with sqlite3.connect(tmp_path / "blobs.sqlite") as db:
        assert db.execute("SELECT count(*) FROM found").fetchone() == (1,)
    db.close()


@pytest.mark.parametrize("state", ["warm", "deleted", "torn", "read-only"])
def test_a_dossier_is_the_same_with_any_cache(
    repo: RepoBuilder, dossier_of: Callable[..., Dossier], state: str
) -> None:
    """With a full cache, none, or a broken one, the dossier has the same bytes as a fresh one."""
    for number in range(4):
        body = "".join(f"def f{n}(x):\n    return x + {number}\n\n\n" for n in range(number + 1))
        repo.commit(
            f"feat: step {number}", {"src/a.py": body, "tests/test_a.py": f"def test_{number}():\n    assert 1\n"}
        )
    fresh = canonical_json(dossier_of(repo).to_json())
    assert canonical_json(dossier_of(repo, fresh=False).to_json()) == fresh
    folder = repo.path / ".git" / "chronicles"
    assert {path.name.partition("-")[0] for path in folder.glob("*.sqlite")} == {"index", "blobs.sqlite"}
    if state in {"torn", "deleted", "read-only"}:
        for path in [*folder.iterdir()]:
            if state == "torn" and path.suffix == ".sqlite":
                path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
            else:
                path.unlink()
    if state == "read-only":
        folder.rmdir()
        folder.write_text("nobody may write here", encoding="utf-8")
    assert canonical_json(dossier_of(repo, fresh=False).to_json()) == fresh
