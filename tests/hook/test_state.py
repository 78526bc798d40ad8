"""What the hook remembers: whole files or none, whatever lies in their places."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from chronicles.files import own_folder
from chronicles.hook.state import Installed, Parked, Report, State

if TYPE_CHECKING:
    from pathlib import Path

A, B, C, D = (letter * 40 for letter in "abcd")
SOUND = {
    "schema": "chronicles.hook/1",
    "began_at": 1.0,
    "ended_at": 2.0,
    "pages": 1,
    "written": ["episode_001.md"],
    "waiting": "",
    "failure": "",
    "notes": [],
    "failures": {A: {"tries": 2, "what": "no"}},
}
GARBAGE = {
    "nothing": b"",
    "noise": os.urandom(2000),
    "a torn file": json.dumps(SOUND).encode()[:80],
    "a list": b"[1, 2]",
    "a number": b"1e999",
    "another schema": json.dumps(SOUND | {"schema": "chronicles.hook/2"}).encode(),
    "depth": b"[" * 100_000,
    "a time that is none": json.dumps(SOUND | {"ended_at": float("nan")}).encode(),
    "a time without end": json.dumps(SOUND | {"began_at": float("inf")}).encode(),
    "names that are none": json.dumps(SOUND | {"written": 7}).encode(),
    "failures that are none": json.dumps(SOUND | {"failures": [1]}).encode(),
    "a failure that is none": json.dumps(SOUND | {"failures": {A: 3}}).encode(),
    "tries that are none": json.dumps(SOUND | {"failures": {A: {"tries": "many", "what": ""}}}).encode(),
    "lone surrogates": b'{"schema": "chronicles.hook/1", "branch": "\\ud800", "since": null}',
    "a branch of several lines": b'{"schema": "chronicles.hook/1", "branch": "a\\nb", "since": null}',
    "an abbreviated commit": b'{"schema": "chronicles.hook/1", "branch": "main", "since": "abc1234"}',
    "an option": b'{"schema": "chronicles.hook/1", "branch": "main", "since": "--all"}',
    "too much": b" " * (2 << 20) + json.dumps(SOUND).encode(),
}


@pytest.fixture
def state(tmp_path: Path) -> State:
    """The state of an installed hook, with a temporary folder of the test's own for what goes aside."""
    (tmp_path / "git" / "chronicles-hook" / "rewritten").mkdir(parents=True)
    return State(tmp_path / "git")


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))


def test_what_is_written_is_read(state: State) -> None:
    """All of it comes back, and nothing is left beside it."""
    assert (state.installed(), state.report()) == (None, Report())
    report = Report(1.0, 2.0, 3, ("x.md",), "a rebase", "full", ("a note",), {A: Parked(2, "ünï\n\ud800")})
    state.install(Installed("topic/ü", A))
    state.tell(report)
    assert state.installed() == Installed("topic/ü", A)
    assert state.report() == report
    assert state.problems == []
    assert sorted(path.name for path in state.folder.iterdir()) == ["installed.json", "rewritten", "worker.json"]


@pytest.mark.parametrize("content", GARBAGE.values(), ids=GARBAGE)
def test_garbage_counts_as_absent_and_is_named(state: State, content: bytes) -> None:
    """Whatever lies there stops nobody, is named once, and gives way to the next writing."""
    for name in ("installed.json", "worker.json"):
        (state.folder / name).write_bytes(content)
    assert state.installed() is None
    assert state.report() == Report()
    assert state.report() == Report()
    named = "\n".join(state.problems)
    assert str(state.folder / "installed.json") in named
    if b'"branch"' not in content:
        assert str(state.folder / "worker.json") in named
    assert len(state.problems) <= 2
    state.tell(Report(pages=7))
    assert State(state.folder.parent).report().pages == 7


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_nobody_waits_for_a_pipe_or_follows_a_folder(state: State) -> None:
    """A pipe would have its reader wait for ever; a folder and a link into nowhere are no files either."""
    os.mkfifo(state.folder / "worker.json")
    (state.folder / "installed.json").mkdir()
    (state.folder / "rewritten" / "1").mkdir()
    os.mkfifo(state.folder / "rewritten" / "2")
    (state.folder / "hand").symlink_to("nowhere")
    (state.folder / "missing").mkdir()
    assert state.installed() is None
    assert state.report() == Report()
    assert state.rewritten() == {}
    assert state.in_hand is None
    assert state.missing == ""
    assert len(state.problems) == 2


def test_times_and_tries_have_limits(state: State) -> None:
    """A number that is one, but absurd, is cut to what can be shown and counted on."""
    value = SOUND | {"failures": {A: {"tries": 10**30, "what": "x"}, B: {"tries": -3, "what": 5}, "no": {}}}
    value |= {"written": ["x"] * 1000, "pages": -5}
    (state.folder / "worker.json").write_text(json.dumps(value), "utf-8")
    report = state.report()
    assert report.failures[A].tries < 10**7
    assert report.failures[B] == Parked(0, "5")
    assert set(report.failures) == {A, B}
    assert len(report.written) < 100
    assert report.pages == 0


def test_a_report_that_the_folder_refuses_goes_aside(state: State, tmp_path: Path) -> None:
    """It is found there as long as the folder refuses newer ones; a repository that is gone gets none."""
    state.tell(Report(pages=1))
    place = state.folder / "worker.json"
    place.unlink()
    place.mkdir()  # what nobody can write over, root neither
    state.tell(Report(failure="refused"))
    assert State(state.folder.parent).report().failure == "refused"
    (aside,) = own_folder().iterdir()
    assert aside.stat().st_mode & 0o077 == 0 or own_folder().stat().st_mode & 0o077 == 0
    place.rmdir()
    state.tell(Report(pages=2))
    assert State(state.folder.parent).report().pages == 2
    assert not aside.exists()
    state.folder.parent.rename(tmp_path / "moved")
    state.tell(Report(failure="too late"))
    assert list(own_folder().iterdir()) == []
    assert not state.folder.parent.exists()


def test_reading_makes_nothing(state: State, tmp_path: Path) -> None:
    """Who only looks leaves neither a file nor a folder."""
    before = sorted(tmp_path.rglob("*"))
    state.report()
    state.installed()
    state.rewritten()
    assert sorted(tmp_path.rglob("*")) == before


def test_pairs_come_in_the_order_of_the_rewritings(state: State) -> None:
    """Files by their time, garbage left out, and what is still being written left alone."""
    folder = state.folder / "rewritten"
    (folder / "9").write_text(f"{A} {B}\n{A}\nnot a commit {B}\n{B} {C} extra words\n\x00\xff", "latin-1")
    (folder / "10").write_text(f"{C} {D}\n", "ascii")
    (folder / "11.new").write_text(f"{D} {A}\n", "ascii")
    for number, name in enumerate(("9", "10")):
        os.utime(folder / name, ns=(number, number))
    assert list(state.rewritten().items()) == [(folder / "9", ((A, B), (B, C))), (folder / "10", ((C, D),))]


def test_pairs_that_came_since_are_kept(state: State) -> None:
    """Only the very files that were read are forgotten, not ones that have taken their names."""
    folder = state.folder / "rewritten"
    for name in ("1", "2"):
        (folder / name).write_text(f"{A} {B}\n", "ascii")
    read = state.rewritten()
    (folder / "new").write_text(f"{B} {C}\n", "ascii")
    (folder / "new").replace(folder / "2")
    (folder / "3").write_text(f"{C} {D}\n", "ascii")
    state.forget(read)
    assert sorted(path.name for path in folder.iterdir()) == ["2", "3"]


def test_what_is_in_hand_is_noted(state: State) -> None:
    """One commit by its name, several by none, garbage as several, and nothing when it is put down."""
    assert state.in_hand is None
    state.take_in_hand(A)
    assert state.in_hand == A
    state.take_in_hand("")
    assert state.in_hand == ""
    (state.folder / "hand").write_bytes(b"\xff--all")
    assert state.in_hand == ""
    state.put_down()
    assert state.in_hand is None


def test_a_folder_in_the_place_of_ours_is_anothers(state: State, tmp_path: Path) -> None:
    """Of a folder that was put where ours was nothing is deleted, and nothing is written to it."""
    assert not state.gone
    state.folder.rename(tmp_path / "old")
    assert state.gone
    state.folder.mkdir()
    for name in ("woken", "hand", "missing"):
        (state.folder / name).touch()
    assert state.gone
    state.take_wake()
    state.put_down()
    state.tidy()
    state.take_in_hand(A)
    assert sorted(path.name for path in state.folder.iterdir()) == ["hand", "missing", "woken"]
    assert (state.folder / "hand").read_bytes() == b""


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can give a folder to others")
def test_root_knows_whose_repository_it_is(state: State) -> None:
    """Root asks for its owner; nobody else does, and in its own repository root is at home."""
    assert state.owner == ""
    os.chown(state.folder.parent, 54321, 54321)
    assert state.owner == "user 54321"
    os.chown(state.folder.parent, 0, 0)
    os.chown(state.folder, 1, 1)
    assert state.owner


def test_what_killed_workers_left_is_removed(state: State) -> None:
    """Half-written files go, unless somebody may be writing them right now, whatever the clock says."""
    for name, age in (("old", 3600), ("young", 0), ("from the future", -3600)):
        path = state.folder / f".chronicles-{name}.tmp"
        path.touch()
        os.utime(path, (path.stat().st_atime, path.stat().st_mtime - age))
    (state.folder / "missing").touch()
    (state.folder / "wake").touch()
    state.tidy()
    assert sorted(path.name for path in state.folder.iterdir()) == [".chronicles-young.tmp", "rewritten", "wake"]
