"""Kept replies: nothing is asked twice, and no state of the file is a reason to fail."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import pytest

from chronicles.commands.revoicing import complain
from chronicles.documents.told import Told
from chronicles.writers import kept as module
from chronicles.writers.choosing import Opened
from chronicles.writers.kept import Kept, Key, trim
from chronicles.writers.voiced import VoicedWriter
from tests.writers.scripted import ScriptedModel

if TYPE_CHECKING:
    from pathlib import Path

ASKED = Key("README.md had not changed for 3 days.", "p" * 12, "m" * 64, "q" * 12, "line", 7)


def test_a_reply_outlives_the_run(tmp_path: Path) -> None:
    """What one run kept the next one finds, byte for byte, half a surrogate pair and NUL included."""
    path = tmp_path / "chronicles" / "wordings.sqlite"
    said = 'Ünïcode \ud800 \0 {file}\r\n "quoted" '
    with Kept(path) as first:
        assert first.get(ASKED) is None
        first.put(ASKED, said)
        assert first.get(ASKED) == said
    with Kept(path) as second:
        assert second.get(ASKED) == said
        assert second.problem == ""


@pytest.mark.parametrize("name", [field.name for field in fields(Key)])
def test_whatever_differs_is_asked_anew(tmp_path: Path, name: str) -> None:
    """Another claim, persona, model, prompt, freedom or seed is another question."""
    with Kept(tmp_path / "w.sqlite") as kept:
        kept.put(ASKED, "said")
        other = replace(ASKED, **{name: 8 if name == "seed" else getattr(ASKED, name) + "x"})
        assert kept.get(other) is None
        assert kept.get(ASKED) == "said"


def test_fields_do_not_run_into_each_other() -> None:
    """What moves from the end of one field to the beginning of the next is another question."""
    assert Key("ab", "c", "", "", "", 0).digest != Key("a", "bc", "", "", "", 0).digest


def test_the_last_reply_stands(tmp_path: Path) -> None:
    """A question answered by two runs at once has the later answer, not an error."""
    with Kept(tmp_path / "w.sqlite") as one, Kept(tmp_path / "w.sqlite") as other:
        one.put(ASKED, "first")
        other.put(ASKED, "second")
        assert one.get(ASKED) == "second"


def test_threads_share_it(tmp_path: Path) -> None:
    """Pages drafted at once keep and find their replies."""
    with Kept(tmp_path / "w.sqlite") as kept, ThreadPoolExecutor(8) as pool:

        def turn(number: int) -> str | None:
            asked = replace(ASKED, seed=number)
            kept.put(asked, f"said {number}")
            return kept.get(asked)

        assert list(pool.map(turn, range(400))) == [f"said {number}" for number in range(400)]
        assert kept.problem == ""


def test_a_killed_run_loses_nothing(tmp_path: Path) -> None:
    """A reply is on the disk when `put` returns: a run that is killed then has kept it."""
    path = tmp_path / "w.sqlite"
    script = (
        "import os, signal, sys; from pathlib import Path; from chronicles.writers.kept import Kept, Key\n"
        f"kept = Kept(Path(sys.argv[1])); kept.put({ASKED!r}, 'said'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    with Kept(path) as kept:
        assert kept.get(ASKED) == "said"


@pytest.mark.parametrize("spoilt", [b"no database at all", b"SQLite format 3\0" + b"\xff" * 5000, b"{}" * 4000])
def test_a_damaged_file_is_moved_aside(tmp_path: Path, spoilt: bytes) -> None:
    """A file that is no database stands beside its successor, which works; one line says so."""
    path = tmp_path / "w.sqlite"
    path.write_bytes(spoilt)
    with Kept(path) as kept:
        kept.put(ASKED, "said")
        assert "w.sqlite.damaged" in kept.problem
        assert "\n" not in kept.problem
    assert path.with_name("w.sqlite.damaged").read_bytes() == spoilt
    with Kept(path) as again:
        assert again.get(ASKED) == "said"
        assert again.problem == ""


def test_damage_that_shows_late_is_no_failure(tmp_path: Path) -> None:
    """A file whose pages turn out to be rubbish while it is read is replaced, and the run goes on."""
    path = tmp_path / "w.sqlite"
    with Kept(path) as kept:
        for number in range(500):
            kept.put(replace(ASKED, seed=number), "x" * 400)
    raw = bytearray(path.read_bytes())
    raw[8192:-4096] = b"\x55" * (len(raw) - 8192 - 4096)
    path.write_bytes(raw)
    with Kept(path) as kept:
        assert {kept.get(replace(ASKED, seed=number)) for number in range(500)} <= {None, "x" * 400}
        kept.put(ASKED, "said")
        assert kept.get(ASKED) == "said"
        assert "lost" in kept.problem


def test_another_table_of_its_name_is_damage(tmp_path: Path) -> None:
    """A database whose table has other columns is none of ours."""
    path = tmp_path / "w.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE replies_1 (what TEXT)")
    with Kept(path) as kept:
        kept.put(ASKED, "said")
        assert kept.get(ASKED) == "said"
        assert "lost" in kept.problem


@pytest.mark.parametrize("value", [b"\xff\xfe", 7, "text", None])
def test_what_was_not_written_by_put_is_no_reply(tmp_path: Path, value: object) -> None:
    """A row that somebody else wrote is as good as none."""
    path = tmp_path / "w.sqlite"
    with Kept(path) as kept:
        kept.put(ASKED, "said")
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("ALTER TABLE replies_1 RENAME TO old")
        db.execute("CREATE TABLE replies_1 (key BLOB PRIMARY KEY, said, turn)")
        db.execute("INSERT INTO replies_1 VALUES (?, ?, ?)", (ASKED.digest, value, 2**63 - 1))
    with Kept(path) as kept:
        assert kept.get(ASKED) is None
        kept.put(ASKED, "new")
        assert kept.get(ASKED) == "new"


@pytest.mark.parametrize("kind", ["folder", "file for a folder"])
def test_a_place_that_is_none_is_done_without(tmp_path: Path, kind: str) -> None:
    """Where no file can be, replies live as long as the run, and one line says so."""
    path = tmp_path / "w.sqlite"
    if kind == "folder":
        path.mkdir()
    else:
        (tmp_path / "sub").write_text("a file")
        path = tmp_path / "sub" / "w.sqlite"
    with Kept(path) as kept:
        kept.put(ASKED, "said")
        assert kept.get(ASKED) == "said"
        assert kept.problem.startswith("replies are not kept: ")
        assert "\n" not in kept.problem


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_read_only_folder_is_still_read(tmp_path: Path) -> None:
    """What earlier runs kept is found where nothing can be written any more."""
    path = tmp_path / "kept" / "w.sqlite"
    with Kept(path) as kept:
        kept.put(ASKED, "said")
    path.chmod(0o400)
    path.parent.chmod(0o500)
    try:
        with Kept(path) as kept:
            kept.put(replace(ASKED, seed=8), "more")
            assert kept.get(ASKED) == "said"
            assert "not kept" in kept.problem
    finally:
        path.parent.chmod(0o700)


def test_a_full_disk_is_said_once(tmp_path: Path) -> None:
    """When the place is full, what is there is read on and the first problem is the one that is told."""
    with Kept(tmp_path / "w.sqlite") as kept:
        kept.put(ASKED, "said")
        assert kept._db is not None
        pages = kept._db.execute("PRAGMA page_count").fetchone()[0]
        kept._db.execute(f"PRAGMA max_page_count = {pages}")
        for number in range(100, 160):
            kept.put(replace(ASKED, seed=number), "x" * 4000)
        assert kept.get(ASKED) == "said"
        assert "no longer kept" in kept.problem
        assert "full" in kept.problem


@pytest.mark.parametrize("room", [0, 4096, 16384, 65536])
def test_a_disk_that_takes_no_more_is_no_failure(tmp_path: Path, room: int) -> None:
    """Wherever in its work SQLite is refused a byte, the run goes on and one line says so."""
    resource = pytest.importorskip("resource", reason="only some systems bound what a process writes")
    path = tmp_path / "w.sqlite"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        with Kept(path) as kept:
            for number in range(40):
                kept.put(replace(ASKED, seed=number), "x" * 4000)
                assert kept.get(replace(ASKED, seed=number)) in {None, "x" * 4000}
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "kept: " in kept.problem
    assert not path.with_name("w.sqlite.damaged").exists()


def test_what_was_lost_on_the_way_is_told_at_the_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A place that fills up during the run is named when it is over; one that was named before is not named twice."""
    (tmp_path / "sub").write_text("a file")
    with Kept(tmp_path / "sub" / "w.sqlite") as kept:
        writer = VoicedWriter(ScriptedModel(lambda _question: ""), kept=kept)
        complain(Opened(writer), Told())
        assert capsys.readouterr().err == f"chronicles: {kept.problem}.\n"
        complain(Opened(writer, note=f"so; {kept.problem}"), Told())
        assert capsys.readouterr().err == ""


def test_an_sqlite_that_opens_nothing_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no room for a database in memory either, nothing is kept and nothing fails."""

    def refuse(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("unable to open database file")

    monkeypatch.setattr(sqlite3, "connect", refuse)
    for path in (None, tmp_path / "w.sqlite"):
        with Kept(path) as kept:
            kept.put(ASKED, "said")
            assert kept.get(ASKED) is None
            assert "unable to open" in kept.problem


def test_a_reply_that_comes_after_the_end_harms_nothing(tmp_path: Path) -> None:
    """A thread that outlives its run finds nothing kept, and the file of the run stays where it is."""
    path = tmp_path / "w.sqlite"
    with Kept(path) as kept:
        kept.put(ASKED, "said")
    kept.put(ASKED, "late")
    assert kept.get(ASKED) is None
    with Kept(path) as again:
        assert (again.get(ASKED), again.problem) == ("said", "")


def test_a_file_that_another_run_holds_is_left_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that cannot get at the file in time goes on without, and throws nothing away."""
    monkeypatch.setattr(module, "_WAIT_SEC", 0.05)
    path = tmp_path / "w.sqlite"
    with Kept(path) as kept:
        kept.put(ASKED, "said")
    with closing(sqlite3.connect(path, isolation_level=None)) as holder, Kept(path) as late:
        holder.execute("BEGIN IMMEDIATE")
        late.put(replace(ASKED, seed=8), "more")
        assert "locked" in late.problem
        assert late.get(ASKED) == "said"
        holder.execute("ROLLBACK")
    assert not path.with_name("w.sqlite.damaged").exists()


def test_none_keeps_for_the_run() -> None:
    """Without a path nothing is written, and the run itself still asks nothing twice."""
    with Kept(None) as kept:
        kept.put(ASKED, "said")
        assert kept.get(ASKED) == "said"
        assert kept.problem == ""


def test_a_flood_is_not_kept(tmp_path: Path) -> None:
    """A reply of ten megabytes takes no room."""
    with Kept(tmp_path / "w.sqlite") as kept:
        kept.put(ASKED, "x" * 10_000_000)
        assert kept.get(ASKED) is None
    assert (tmp_path / "w.sqlite").stat().st_size < 100_000


def test_the_longest_unused_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound those replies go that no run has used for the most runs, a tenth of the bound at a time."""
    path = tmp_path / "w.sqlite"
    with Kept(path) as first:
        for number in range(30):
            first.put(replace(ASKED, seed=number), "said")
    with Kept(path) as second:
        for number in range(10):
            assert second.get(replace(ASKED, seed=number)) == "said"
    with Kept(path) as third:
        assert third._db is not None
        trim(third._db, 20)
        left = {number for number in range(30) if third.get(replace(ASKED, seed=number))}
    assert left == {*range(10), *range(22, 30)}
    monkeypatch.setattr(module, "MOST", 10)
    with Kept(path) as fourth:
        assert fourth._db is not None
        assert fourth._db.execute("SELECT count(*) FROM replies_1").fetchone() == (9,)
        monkeypatch.setattr(module, "_TRIM_EVERY", 5)
        for number in range(100, 110):
            fourth.put(replace(ASKED, seed=number), "said")
        assert fourth._db.execute("SELECT count(*) FROM replies_1").fetchone()[0] <= 15
