"""What the worker has measured before it writes: the new commits and the one before them, if it may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from chronicles.commands import hook_suite
from chronicles.commands.hook_suite import measure
from chronicles.config import HookSettings, Settings
from chronicles.dossier import SubjectKey
from chronicles.hook.suite import allow_suite

if TYPE_CHECKING:
    from pathlib import Path

A, B, C = ("a" * 40, "b" * 40, "c" * 40)
SETTINGS = Settings(reports="bench/runs", hook=HookSettings(suite="start"))


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What was asked of an engine that fails; the suite is allowed."""
    found: list[tuple[Any, ...]] = []

    def run_suite(folder: Path, suite: str, revisions: str, **options: Any) -> str:
        found.append((folder, suite, revisions, options["records"]))
        return "it was stopped"

    monkeypatch.setattr(hook_suite, "run_suite", run_suite)
    (tmp_path / "banterhearts.toml").write_text('[suites.start]\ncommand = "true"\n', "utf-8")
    allow_suite(tmp_path, tmp_path, "start")
    return found


def measured(folder: Path, *keys: SubjectKey, settings: Settings = SETTINGS) -> str:
    """Measure; the hook's folder is the work tree's."""
    return measure(folder, folder, settings, keys, stopped=lambda: False)


def test_all_that_is_new_is_measured_with_what_was_before(tmp_path: Path, asked: list[tuple[Any, ...]]) -> None:
    """Several subjects are one range, from the commit before the oldest, and failure is one sentence."""
    keys = SubjectKey("commit", (B,), A, "full"), SubjectKey("commit", (C,), B, "full")
    assert measured(tmp_path, *keys) == "suite start did not measure: it was stopped"
    assert asked == [(tmp_path, "start", f"{A}..{C}", "bench/runs")]


def test_a_first_commit_has_nothing_before_it(tmp_path: Path, asked: list[tuple[Any, ...]]) -> None:
    """A root is measured alone, and is what later ones are compared with."""
    root = SubjectKey("commit", (A,), None, "full")
    measured(tmp_path, root)
    measured(tmp_path, root, SubjectKey("commit", (B,), A, "full"))
    assert [one[2] for one in asked] == [A, f"{A}..{B}"]


def test_nothing_runs_unasked(tmp_path: Path, asked: list[tuple[Any, ...]]) -> None:
    """Without a suite, without a commit, or without permission the engine is not started."""
    key = SubjectKey("commit", (B,), A, "full")
    assert measured(tmp_path) == ""
    assert measured(tmp_path, key, settings=Settings()) == ""
    (tmp_path / "suite.json").unlink()
    assert "was not there when the hook was installed" in measured(tmp_path, key)
    assert asked == []
