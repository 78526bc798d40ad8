"""A turn tells whether somebody else was there since the last one: another run by the lock, a person by the folder."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from chronicles.documents.turns import Turns
from chronicles.files import hold

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_a_turn_knows_who_was_there(tmp_path: Path) -> None:
    """Nobody, another run, a killed one, a new file and an own one: only what others did is a disturbance."""
    folder, locks = tmp_path / "pages", tmp_path / "locks"
    turns = Turns(folder, lambda: hold(tmp_path, locks=locks, mark="ours"))

    def taken() -> bool:
        with turns.take() as same:
            return same

    assert [taken(), taken()] == [False, True]
    with turns.take():
        folder.mkdir()
        (folder / "ours.md").write_text("x", encoding="utf-8")
    assert taken()
    for mark in ("", "theirs"):
        with hold(tmp_path, locks=locks, mark=mark):
            pass
        assert [taken(), taken()] == [False, True]
    (lock,) = locks.iterdir()
    lock.write_text("4711\n", encoding="utf-8")  # as a run that was killed leaves it
    assert [taken(), taken()] == [False, True]
    (folder / "theirs.md").write_text("x", encoding="utf-8")
    assert [taken(), taken()] == [False, True]
    assert turns.disturbed == 5


def test_a_turn_that_fails_ends(tmp_path: Path) -> None:
    """An error inside goes on outwards, and the folder is looked at first."""
    ended = []

    @contextmanager
    def lock() -> Iterator[bool]:
        try:
            yield True
        finally:
            ended.append("unlocked")

    turns = Turns(tmp_path, lock)

    def fail() -> None:
        with turns.take():
            (tmp_path / "ours.md").write_text("x", encoding="utf-8")
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        fail()
    assert ended == ["unlocked"]
    with turns.take() as same:
        assert same
