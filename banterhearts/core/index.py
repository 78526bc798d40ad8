"""What was read of the records, kept from one run to the next: a cache, which may be deleted at any time.

The index is an SQLite database that is worked on in memory and stored as one file, written whole and moved into place.
So there is nothing to lock: of two processes that store it the later wins, and what the earlier knew is read again. The
file carries a seal over all of its bytes in the two numbers of SQLite's header that are the application's own
(`user_version` and `application_id`); torn, edited, or made by other rules or for another folder, it counts as missing.
Deliberate forgery is found later, where it matters: a record that is loaded is compared with its row.

A row holds for a file as long as size, both times and inode are as they were. A file that was written within
`GRAIN_NS` before it was read may have been written once more within the same tick of its file system's clock, without
a trace; such a row counts as stale until it has been read again later (git calls such a file racily clean).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from banterhearts.core.entry import Entry
from banterhearts.core.files import read_file, write_file
from banterhearts.core.terms import ArmKey, Status
from banterhearts.errors import OutputError, RecordError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["GRAIN_NS", "Index", "Row", "Stamp"]

GRAIN_NS = 2_000_000_000
"""The coarsest clock of a file system in use: FAT counts in steps of two seconds."""
_VERSION = 1
_LARGEST = 2**30
"""What SQLite takes into memory as a database; two million records."""
_RULES = ("entry", "files", "folder", "index", "kinds", "parts", "places", "reading", "record", "terms")
"""The modules that decide what a row says of a file."""
_SEAL = (slice(60, 64), slice(68, 72))
"""Where SQLite's header has `user_version` and `application_id`."""

_TABLES = """
CREATE TABLE made (by TEXT NOT NULL, folder BLOB NOT NULL);
CREATE TABLE runs (
    path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER, inode INTEGER, read_ns INTEGER,
    problem TEXT, line INTEGER, counted INTEGER,
    run_id TEXT, digest TEXT, commit_sha TEXT, dirty INTEGER, status TEXT, created_at TEXT,
    arm INTEGER, sitting TEXT, complete INTEGER, has_placebo INTEGER
) WITHOUT ROWID;
CREATE TABLE arms (
    arm INTEGER PRIMARY KEY, suite TEXT, case_name TEXT, workload TEXT, effective TEXT, fingerprint TEXT,
    UNIQUE (suite, case_name, workload, effective, fingerprint)
);
CREATE INDEX by_run ON runs (run_id);
CREATE INDEX by_commit ON runs (commit_sha);
CREATE INDEX by_sitting ON runs (sitting);
"""
_ENTRY = "run_id, path, digest, commit_sha, dirty, status, created_at, arm, sitting, complete, has_placebo"
_STATUS = {status.value: status for status in Status}
_SETTLED = "SELECT path, size, mtime_ns, ctime_ns, inode FROM runs WHERE max(mtime_ns, ctime_ns) + ? < read_ns"
_UNSETTLED = "SELECT path FROM runs WHERE max(mtime_ns, ctime_ns) + ? >= read_ns"
_PUT = "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ARM = "SELECT arm FROM arms WHERE (suite, case_name, workload, effective, fingerprint) = (?, ?, ?, ?, ?)"
_COUNT = """
UPDATE runs SET counted = problem IS NULL AND run_id NOT IN (
    SELECT run_id FROM runs WHERE run_id IS NOT NULL GROUP BY run_id HAVING count(*) > 1)
"""


Stamp = tuple[int, int, int, int]
"""What the file system says of a file without reading it: size, mtime and ctime in nanoseconds, inode."""


@dataclass(frozen=True, slots=True)
class Row:
    """What reading a file gave."""

    path: str
    """In the store's folder."""
    stamp: Stamp
    read_ns: int
    """When it was read, by this machine's clock; 0 if it could not be."""
    digest: str | None
    entry: Entry | None
    """None if it is no record."""
    problem: str | None = None
    """Why it does not count."""
    line: int | None = None


class Index:
    """The rows of one folder. Use it from one thread at a time, and close it."""

    def __init__(self, folder: Path, file: Path | None) -> None:
        """Take what the file holds, if it can be believed.

        Args:
            folder: Of the records.
            file: Where the index is kept; None to keep it nowhere.
        """
        self._folder = folder
        self._file = file
        self._database = self._loaded() or self._empty()
        self._arms: dict[int, ArmKey] | None = None

    def settled(self) -> dict[str, Stamp]:
        """The stamps of the files that need no reading as long as these hold, by path."""
        rows = self._database.execute(_SETTLED, (GRAIN_NS,))
        return {path: (size, mtime_ns, ctime_ns, inode) for path, size, mtime_ns, ctime_ns, inode in rows}

    def unsettled(self) -> set[str]:
        """The paths of all other files that have a row."""
        return {path for (path,) in self._database.execute(_UNSETTLED, (GRAIN_NS,))}

    def digest_of(self, path: str) -> str | None:
        """The digest that a file had when it was read; None if it has no row."""
        row = self._database.execute("SELECT digest FROM runs WHERE path = ?", (path,)).fetchone()
        return None if row is None else row[0]

    def touch(self, path: str, stamp: Stamp, read_ns: int) -> None:
        """Note that a file was read again and is as it was."""
        statement = "UPDATE runs SET size = ?, mtime_ns = ?, ctime_ns = ?, inode = ?, read_ns = ? WHERE path = ?"
        self._database.execute(statement, (*stamp, read_ns, path))

    def change(self, fresh: Iterable[Row], gone: Iterable[str] = ()) -> None:
        """Put rows in the place of older ones, drop others, and say anew which of all count."""
        self._database.executemany("DELETE FROM runs WHERE path = ?", [(path,) for path in gone])
        for row in fresh:
            head = (row.path, *row.stamp, row.read_ns, row.problem, row.line, 0)
            tail = (None, row.digest, *(None,) * 8) if row.entry is None else self._columns(row.entry)
            self._database.execute(_PUT, (*head, *tail))
        self._database.execute(_COUNT)

    def clear(self) -> None:
        """Forget everything."""
        self._database.execute("DELETE FROM runs")

    def save(self) -> None:
        """Store the index; where that cannot be, the next run reads the records again."""
        if self._file is None:
            return
        self._database.commit()
        with contextlib.suppress(OutputError):
            write_file(self._file, _sealed(self._database.serialize()), durable=False)

    def close(self) -> None:
        """Let go of the memory."""
        self._database.close()

    def entries(self) -> tuple[Entry, ...]:
        """Everything that counts, oldest first."""
        return self._entries("counted")

    def of_commit(self, commit: str) -> tuple[Entry, ...]:
        """What counts of a commit, oldest first."""
        return self._entries("counted AND commit_sha = ?", commit)

    def of_sitting(self, sitting: str) -> tuple[Entry, ...]:
        """What counts of a sitting, oldest first."""
        return self._entries("counted AND sitting = ?", sitting)

    def find(self, run_id: str) -> Entry | None:
        """The run of an id, if it counts."""
        return next(iter(self._entries("counted AND run_id = ?", run_id)), None)

    def commits(self) -> frozenset[str]:
        """The commits that something which counts was measured at."""
        rows = self._database.execute("SELECT DISTINCT commit_sha FROM runs WHERE counted AND commit_sha IS NOT NULL")
        return frozenset(commit for (commit,) in rows)

    def problems(self) -> Iterator[RecordError]:
        """Why what does not count does not, file by file."""
        rows = self._database.execute("SELECT path, problem, line FROM runs WHERE problem IS NOT NULL")
        for path, problem, line in rows.fetchall():
            yield RecordError(self._folder / path, problem, line)
        rows = self._database.execute(
            "SELECT run_id, path FROM runs WHERE problem IS NULL AND NOT counted ORDER BY run_id, path"
        )
        for run_id, path in rows.fetchall():
            others = self._database.execute("SELECT path FROM runs WHERE run_id = ? AND path != ?", (run_id, path))
            named = " and ".join(str(self._folder / other) for (other,) in others)
            problem = f"its run_id {run_id!r} is that of {named}, too; none of them counts until one is left"
            yield RecordError(self._folder / path, problem)

    def _entries(self, condition: str, *values: str) -> tuple[Entry, ...]:
        if self._arms is None:
            self._arms = {arm: ArmKey(*key) for arm, *key in self._database.execute("SELECT * FROM arms")}
        arms = self._arms
        rows = self._database.execute(
            f"SELECT {_ENTRY} FROM runs WHERE {condition} ORDER BY created_at, run_id",  # noqa: S608 - our own text
            values,
        )
        return tuple(
            Entry(
                run_id,
                path,
                digest,
                commit,
                bool(dirty),
                _STATUS[status],
                created_at,
                arms[arm],
                sitting,
                bool(complete),
                bool(has_placebo),
            )
            for run_id, path, digest, commit, dirty, status, created_at, arm, sitting, complete, has_placebo in rows
        )

    def _columns(self, entry: Entry) -> tuple[str | int | None, ...]:
        """What `runs` holds of an entry; its arm is entered if it is new."""
        self._arms = None
        self._database.execute("INSERT OR IGNORE INTO arms VALUES (NULL, ?, ?, ?, ?, ?)", entry.arm)
        (arm,) = self._database.execute(_ARM, entry.arm).fetchone()
        whole = (entry.run_id, entry.digest, entry.commit, entry.dirty, entry.status.value, entry.created_at)
        return (*whole, arm, entry.sitting, entry.complete, entry.has_placebo)

    def _empty(self) -> sqlite3.Connection:
        database = sqlite3.connect(":memory:", check_same_thread=False)
        database.executescript(_TABLES)
        database.execute("INSERT INTO made VALUES (?, ?)", self._made())
        return database

    def _loaded(self) -> sqlite3.Connection | None:
        if self._file is None:
            return None
        try:
            content = read_file(Path(os.path.realpath(self._file)), limit=_LARGEST)[0]
        except RecordError:
            return None
        if content != _sealed(content):
            return None
        database = sqlite3.connect(":memory:", check_same_thread=False)
        try:
            database.deserialize(content)
            if database.execute("SELECT * FROM made").fetchall() == [self._made()]:
                return database
        except sqlite3.Error:
            pass  # sealed, and yet no index of ours: a file that happens to be of zeros
        database.close()
        return None

    def _made(self) -> tuple[str, bytes]:
        # As bytes: a path need not be Unicode, and SQLite's text has to be.
        return _rules(), os.fsencode(os.path.realpath(self._folder))


def _sealed(content: bytes) -> bytes:
    """The same database with the seal over its other bytes."""
    bare = bytearray(content)
    for part in _SEAL:
        bare[part] = bytes(4)
    seal = hashlib.sha256(bare).digest()
    for number, part in enumerate(_SEAL):
        bare[part] = seal[4 * number : 4 * number + 4]
    return bytes(bare)


def _rules() -> str:
    """The digest of the code that decides what a row says, so that an index of other rules is made anew."""
    folder = Path(__file__).parent
    code = hashlib.sha256(b"%d" % _VERSION)
    for name in _RULES:
        code.update((folder / f"{name}.py").read_bytes())
    return code.hexdigest()
